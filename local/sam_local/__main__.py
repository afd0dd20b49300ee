"""`make sam-local`: run each event through `sam local invoke`, and compare its outcome.

`make sam-local-up` leaves the stack running, to invoke by hand; `make sam-local-down` ends it.
"""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from local.checkout import STATE
from local.demo_ledger import read_ledger
from local.errors import LocalError
from local.sam_local.engine import address_for_containers
from local.sam_local.event_scene import BEGINS, opt_the_partner_in, scenario, seen
from local.sam_local.events import EVENTS, Event, differences, walk_of_today
from local.sam_local.invoke import command, invoke, write_environment
from local.simulator_clients import ConnectWiseControls, GravityZoneControls
from local.stack import DEMO_PARAMETERS, Stack
from local.up import down, leave
from simulators.scenario import dump_scenario
from tally.ledger.dynamodb import DynamoDBLedger

NAME = "sam-local"
ENVIRONMENT = STATE / f"{NAME}-environment.json"
NO_ENGINE = (
    "No Docker engine answers, and `sam local invoke` needs one: start it, or install one (make "
    "test does without)."
)

_FINDINGS, _SET_UP = 1, 2


@contextmanager
def prepared(address: str) -> Iterator[Stack]:
    """Yield the stack that containers reach, with the story's MSP in place.

    Its own workers take no jobs, since ours are to do them.
    """
    STATE.mkdir(exist_ok=True)
    story = STATE / f"{NAME}-scenario.json"
    story.write_bytes(dump_scenario(scenario()))
    options = ("--scenario", str(story), "--now", BEGINS.isoformat())
    with Stack(
        NAME,
        parameters=DEMO_PARAMETERS,
        simulators={"gravityzone": options, "connectwise": options},
        for_containers=address,
        say=lambda step: print(f"  {step}", flush=True),
    ) as stack:
        name = stack.function_name("worker")
        for each in stack.functions.list_event_source_mappings(FunctionName=name)[
            "EventSourceMappings"
        ]:
            stack.functions.update_event_source_mapping(UUID=each["UUID"], Enabled=False)
        opt_the_partner_in(DynamoDBLedger(stack.dynamodb, stack.outputs["LedgerTable"]))
        write_environment(stack, ENVIRONMENT)
        yield stack


def play(stack: Stack, event: Event) -> list[str]:
    """Invoke one event at its time, and answer what is not as it must be."""
    connectwise = ConnectWiseControls(stack.simulator_urls["connectwise"])
    for simulator in (connectwise, GravityZoneControls(stack.simulator_urls["gravityzone"])):
        simulator.set_clock(event.at, backwards=True)
    answer = invoke(event, environment=ENVIRONMENT, log=stack.directory / f"{event.name}.log")
    error = answer.get("errorMessage", "") if isinstance(answer, dict) else ""
    outcome = seen(
        answer, error=error, additions=connectwise.additions(), records=read_ledger(stack).records
    )
    print(f"    {_shortened(error or json.dumps(answer))}")
    return differences(event.outcome, outcome)


def _story() -> Iterator[Event]:
    """Yield each event as it is played now: containers have this machine's clock."""
    for event in EVENTS:
        yield event.at_wall_clock(datetime.now(UTC))
    yield walk_of_today(datetime.now(UTC), STATE)


def run(address: str) -> int:
    """Play all events; answers the exit code."""
    began = time.monotonic()
    print("Setting up", flush=True)
    with prepared(address) as stack:
        print("\nInvoking each event", flush=True)
        for event in _story():
            started = time.monotonic()
            print(f"  {event.name} ({event.function}, {event.at:%Y-%m-%d %H:%M} GMT)", flush=True)
            wrong = play(stack, event)
            print(
                (
                    f"    {'as expected' if not wrong else 'WRONG'}, "
                    f"{time.monotonic() - started:.0f} s"
                ),
                flush=True,
            )
            if wrong:
                print(
                    "\n".join(
                        [
                            "",
                            *wrong,
                            (
                                f"The log is {stack.directory / event.name}.log; what follows "
                                "would differ too."
                            ),
                        ]
                    )
                )
                return _FINDINGS
    print(
        f"\n{len(EVENTS) + 1} events invoked in {time.monotonic() - began:.0f} s; each came to "
        "what it must."
    )
    return 0


def up(address: str) -> int:
    """Leave the stack running, and say how to invoke; answers the exit code."""
    down(NAME)
    with prepared(address) as stack:
        standing = leave(stack)
    print(
        f"\nUp, the clocks at {BEGINS:%Y-%m-%d %H:%M} GMT; `make sam-local-down` ends it. For "
        "example:\n"
    )
    for event in EVENTS[:1]:
        for url in (standing.gravityzone, standing.connectwise):
            print(
                f"  curl -s -X PUT {url}/_sim/clock -d "
                f"'{json.dumps({'now': event.at.isoformat()})}'"
            )
        print(f"  {shlex.join(command(event, environment=ENVIRONMENT))}")
    return 0


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m local.sam_local", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("run", "up", "down"), default="run")
    what = parser.parse_args().what
    try:
        if what == "down":
            print("ended" if down(NAME) else "nothing was up")
            return 0
        address = address_for_containers()
        if address is None:
            print(NO_ENGINE, file=sys.stderr)
            return _SET_UP
        return up(address) if what == "up" else run(address)
    except LocalError as error:
        print(error, file=sys.stderr)
        return _FINDINGS
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130


def _shortened(text: str, width: int = 150) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


if __name__ == "__main__":
    sys.exit(main())
