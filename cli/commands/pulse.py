"""`tally pulse`: shows whether totals of partners are believed, and switches the pulse on again."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from cli.command import Session, UsageError, Yes, command
from cli.exit_codes import DONE, FINDINGS
from cli.presentation.documents import Document
from cli.presentation.words import age, instant, minute
from cli.pulse_state import PulseState
from tally.domain.pulse.schedule import Circumstances, full_because, next_full_sweep
from tally.domain.pulse.state import NEEDED, Pulse, Trust


class Switch(StrEnum):
    """The one thing that a person does to the pulse."""

    ON = "on"


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "pulse")(pulse)


def pulse(
    session: Session,
    switch: Annotated[
        Switch | None,
        typer.Argument(help="Switch it on again, after it was switched off by a contradiction."),
    ] = None,
    *,
    yes: Yes = False,
) -> int:
    """Show whether totals of partners are believed, and when all companies are read next.

    With `on`, the pulse is switched on again. It has to prove itself anew. Exits with 1 while it is
    switched off.
    """
    state = PulseState.of(session.stack)
    if switch is not None:
        state = _switched_on(session, state, yes=yes)
    now = session.stack.clock.now()
    if session.output.as_json:
        session.output.document(_document(state, now))
    else:
        _print(session, state, now)
    return FINDINGS if state.is_switched_off else DONE


def _switched_on(session: Session, state: PulseState, *, yes: bool) -> PulseState:
    """Let it prove itself anew, if it was switched off.

    Raises:
        UsageError: It is not switched off.
    """
    if not state.is_switched_off:
        raise UsageError(
            f"Nothing was written: only a contradiction is undone so. {state.sentence}"
        )
    stack = session.stack
    session.agree(
        state.sentence,
        f"Switched on again, it has to prove itself anew: until {NEEDED} complete sweeps in a row "
        "agree, every company is still read at every tick.",
        yes=yes,
    )
    who, now = stack.who(), stack.clock.now().replace(microsecond=0)
    stack.pulse().change(
        # Decided on the memory that is written over: another person may have been first.
        lambda known: known.switched_on(now, by=who) if known.proof.trust is Trust.OFF else known
    )
    return PulseState.of(stack)


def _document(state: PulseState, now: datetime) -> Document:
    memory = state.memory
    at_once = _at_next_tick(memory, now)
    return {
        "state": state.word,
        "since": instant(memory.proof.since),
        "why": memory.proof.why,
        "agreed": memory.proof.agreed,
        "needed": NEEDED,
        "rise_seen": memory.proof.rise_seen,
        "last_full_sweep": instant(memory.swept),
        "last_search": instant(memory.searches.last),
        "next_full_sweep": instant(_at_latest(memory, now)),
        "next_full_sweep_because": at_once,
    }


def _print(session: Session, state: PulseState, now: datetime) -> None:
    out, memory = session.output, state.memory
    out.paragraph(state.sentence)
    if state.word == "off by setting":
        return
    for what, at in (("full sweep", memory.swept), ("search", memory.searches.last)):
        when = "none yet" if at is None else f"{minute(at)} GMT, {age(at, now=now)} ago"
        out.say(f"Last {what}: {when}.")
    latest = _at_latest(memory, now)
    out.paragraph(
        f"Next full sweep: at the next tick: {_at_next_tick(memory, now)}."
        if latest is None
        else f"Next full sweep: at the latest with the first tick from {minute(latest)} GMT on."
    )
    if state.is_switched_off:
        out.paragraph(_agreed_since(memory))
        out.paragraph(
            "docs/pulse.md tells how to find out what the totals leave out. When they are right, "
            "`tally pulse on` lets them prove themselves anew; until then nothing is lost but "
            "minutes."
        )


def _agreed_since(memory: Pulse) -> str:
    if not memory.proof.agreed:
        return "Totals have not agreed with a full sweep since then."
    # The count stops there.
    most = "at least " if memory.proof.agreed == NEEDED else ""
    return f"Totals have agreed with the last full sweeps since then, {most}{memory.proof.agreed}."


def _at_next_tick(memory: Pulse, now: datetime) -> str:
    """Return why the next tick reads every company; "" if totals may spare some.

    A deployment, or a list of companies that has changed, is seen by the tick alone.
    """
    # The planner's code is not known here: the memory's own stands for "as at the last tick".
    return full_because(memory, Circumstances(tick=now, code=memory.code, basis=memory.basis))


def _at_latest(memory: Pulse, now: datetime) -> datetime | None:
    """Return the time of the next full sweep at the latest; None if the next tick makes one."""
    if memory.swept is None or _at_next_tick(memory, now):
        return None
    return next_full_sweep(memory.swept, now)
