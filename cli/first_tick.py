"""The words for a stack in its first hours: before the first tick, or without a schedule."""

from cli.presentation.words import age
from cli.stack import Stack
from tally.domain.model.ticks import Ticks

DISABLED = (
    "The schedule is disabled, so that no tick comes by itself: deploy again with ScheduleState "
    "ENABLED, or have one tick planned with `tally sync`."
)


def before_first_tick(stack: Stack) -> str:
    """Say that no tick has run yet, and what comes next; "" once one has."""
    return no_tick_yet(stack) if stack.ledger().ticks() is None else ""


def no_tick_yet(stack: Stack) -> str:
    """Say of a stack without a tick what comes next."""
    coming = (
        "The schedule brings the first one, or have one planned now with `tally sync`."
        if stack.scheduled()
        else DISABLED
    )
    return (
        f"No tick has run yet, so that Tally knows no company. {coming} `tally doctor` shows what "
        "is still to be set up."
    )


def nobody_known(stack: Stack, ticks: Ticks | None) -> str:
    """Say of a ledger without any company why it has none, and what comes next."""
    if ticks is None:
        return no_tick_yet(stack)
    disabled = "" if stack.scheduled() else f" {DISABLED}"
    return (
        f"Tally knows no company: the newest tick, {age(ticks.newest, now=stack.clock.now())} ago, "
        f"found nobody to bill. `tally doctor` says why.{disabled}"
    )
