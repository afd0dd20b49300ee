"""`make demo`: play two months of a small MSP on the deployed template, and check every Addition.

Exit status: 0 all Additions are right; 1 some are not, or playing failed; 2 the stack could not be
started; 130 Ctrl-C.
"""

import argparse
import contextlib
import io
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from operator import itemgetter

from botocore.exceptions import BotoCoreError, ClientError

from local.checkout import ROOT, STATE
from local.demo_book import write_book
from local.demo_check import Comparison, compare, expected_additions
from local.demo_ledger import read_ledger
from local.demo_play import Player, instants, invoicing_day, last_walk
from local.demo_question import answered, asked_and_read, faults
from local.demo_report import report
from local.desk import DESK_PARAMETERS, make_desk
from local.errors import LocalError
from local.simulator_clients import ConnectWiseControls, GravityZoneControls
from local.stack import DEMO_PARAMETERS, Stack
from simulators.demo_scenario import (
    DEMO_AGREEMENT_TYPE,
    DEMO_PRODUCT,
    demo_agreements,
    demo_months,
    demo_scenario,
)
from tally.domain.model.month import Month
from tally.errors import TallyError

ALL_RIGHT, WRONG, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130

_NAME = "demo"
_FAILURES = (LocalError, TallyError, BotoCoreError, ClientError, OSError)


def main() -> int:
    """Play, show and compare; answers the exit status."""
    argparse.ArgumentParser(
        prog="python -m local.demo", description=__doc__.partition("\n")[0]
    ).parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # An arrow must not end the demo where the output's encoding has none.
        sys.stdout.reconfigure(errors="replace")
    began = time.monotonic()
    try:
        status = _demo(datetime.now(UTC).date())
    except KeyboardInterrupt:
        _say("\nInterrupted: all that was started has been ended.\n")
        return INTERRUPTED
    _say(f"\nLogs: {(STATE / _NAME).relative_to(ROOT)}/. Took {time.monotonic() - began:.0f} s.\n")
    return status


def _demo(present: date) -> int:
    first = date.fromisoformat(f"{demo_months(present)[0]}-01")
    clock = ["--now", f"{first}T00:00:00Z"]
    stack = Stack(
        _NAME,
        parameters={**DEMO_PARAMETERS, **DESK_PARAMETERS},
        simulators={"gravityzone": clock, "connectwise": clock},
        say=lambda step: _say(f"  {step}\n"),
    )
    with contextlib.ExitStack() as ending:
        try:
            _say("Setting up\n")
            ending.enter_context(stack)
        except _FAILURES as error:
            return _failed("The stack could not be started", error, NOT_STARTED)
        try:
            comparison = _play(stack, present)
        except _FAILURES as error:
            ended = [child.name for child in stack.children if child.process.poll() is not None]
            return _failed(
                f"\nThe demo stopped{f' ({", ".join(ended)} ended)' if ended else ''}", error, WRONG
            )
        finally:
            with contextlib.suppress(*_FAILURES):
                _keep_function_logs(stack)
    _say(_summary(comparison))
    return WRONG if comparison.differences else ALL_RIGHT


def _play(stack: Stack, present: date) -> Comparison:
    scenario = demo_scenario(present)
    months = [Month.parse(month) for month in demo_months(present)]
    gravityzone = GravityZoneControls(stack.simulator_urls["gravityzone"])
    connectwise = ConnectWiseControls(stack.simulator_urls["connectwise"])
    player = Player(
        stack=stack,
        gravityzone=gravityzone,
        connectwise=connectwise,
        names={company.id: company.name for company in scenario.connectwise.companies},
        say=_say,
    )
    _say(
        f"\nPlaying {months[0].label} and {months[1].label}: some ticks of the schedule, and what "
        "each changed (GMT)\n"
    )
    make_desk(connectwise.act)
    first, second = months[0].first, months[1].first
    invoice = partial(player.invoice, agreements=demo_agreements(scenario))
    steps: list[tuple[datetime, Callable[[datetime], None]]] = [
        *((at, player.tick) for at in instants(first, second)),
        (last_walk(second), player.walk),
        (invoicing_day(second), invoice),
        *((at, player.ask) for at in asked_and_read(second)),
        (answered(second), player.answer),
    ]
    for at, step in sorted(steps, key=itemgetter(0)):
        step(at)
    _say("The schedule itself, at the present time\n")
    player.fire_schedule()
    if datetime.now(UTC).date().replace(day=1) != months[2].first:
        raise LocalError("The month has turned since the demo began. Run it again.")
    counted, additions = gravityzone.companies(), connectwise.additions()
    _say("\nActive endpoints in GravityZone, Additions in ConnectWise, standings in Tally\n\n")
    _say(f"{report(counted, additions, read_ledger(stack), months)}\n")
    expected = expected_additions(
        scenario, counted, demo_months(present), agreement_type=DEMO_AGREEMENT_TYPE, today=present
    )
    compared = compare(scenario, expected, additions, product=DEMO_PRODUCT)
    letters = [
        f"A message ended in the dead-letter queue of {queue}: {body}"
        for queue in ("jobs", "schedule", "planner", "evidence")
        for body in stack.dead_letters(queue)
    ]
    index, unproven = write_book(stack, months[1], stack.directory / "book")
    _say(
        f"\nA statement of {months[1].label} for each customer, with the machines behind its "
        f"number: open {index.relative_to(ROOT)}\n"
    )
    asked = faults(connectwise.tickets(), connectwise.mails())
    differences = [*compared.differences, *letters, *asked, *unproven]
    return Comparison(compared=compared.compared, differences=differences)


def _summary(comparison: Comparison) -> str:
    subject = (
        f"{comparison.compared} Additions compared with what the scenario and GravityZone's "
        "machines say they must be"
    )
    if not comparison.differences:
        return f"\n{subject}: no difference.\n"
    number = len(comparison.differences)
    lines = "".join(f"  {each}\n" for each in comparison.differences)
    return f"\n{subject}: {number} difference{'' if number == 1 else 's'}.\n{lines}"


def _keep_function_logs(stack: Stack) -> None:
    """Write down what MiniStack would take with it."""
    for function in ("planner", "reporter", "worker", "book", "tickets"):
        (stack.directory / f"{function}.log").write_text("\n".join(stack.log_lines(function)))


def _failed(what: str, error: Exception, status: int) -> int:
    sys.stdout.flush()
    print(f"{what}: {error}".replace(f"{ROOT}/", ""), file=sys.stderr)
    return status


def _say(text: str) -> None:
    print(text, end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
