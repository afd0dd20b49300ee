"""`make up` and `make down`: the demo's stack, left running to play with."""

import argparse
import json
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from local.checkout import ROOT, STATE
from local.deployment import REGION, STACK_NAME
from local.errors import LocalError
from local.processes import answers, command_line, end_groups, host_of, port_of
from local.stack import DEMO_PARAMETERS, Stack

NAME = "up"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """A stack that is up: its addresses, and its process groups with the command of each."""

    endpoint: str
    region: str
    gravityzone: str
    connectwise: str
    groups: dict[str, str]

    @classmethod
    def read(cls, name: str = NAME) -> "RunningStack | None":
        """Return the stack that was left running under a name, if MiniStack still answers there."""
        if not _record(name).exists():
            return None
        running = cls(**json.loads(_record(name).read_text()))
        return (
            running if answers(port_of(running.endpoint), host=host_of(running.endpoint)) else None
        )


def up() -> RunningStack:
    """Start the stack, its schedule firing each minute, and leave it running.

    Raises LocalError if one is up.
    """
    if RunningStack.read():
        raise LocalError("a stack is up already; `make down` ends it")
    down()
    stack = Stack(
        NAME,
        parameters={**DEMO_PARAMETERS, "ScheduleExpression": "rate(1 minute)"},
        simulators={"gravityzone": ["--running"], "connectwise": ["--running"]},
        say=print,
    )
    with stack:
        return leave(stack)


def leave(stack: Stack) -> RunningStack:
    """Let a running stack outlive this program; `down` ends it, by the name of its directory."""
    running = RunningStack(
        endpoint=stack.endpoint,
        region=REGION,
        gravityzone=stack.simulator_urls["gravityzone"],
        connectwise=stack.simulator_urls["connectwise"],
        groups={
            str(child.process.pid): command_line(child.process.pid) for child in stack.children
        },
    )
    _record(stack.directory.name).write_text(json.dumps(asdict(running), indent=2))
    stack.leave_running()
    return running


def down(name: str = NAME) -> bool:
    """End the stack that was left running, and return True if there was one.

    Only processes that still run the same command are ended.
    """
    record = _record(name)
    if not record.exists():
        return False
    running = RunningStack(**json.loads(record.read_text()))
    end_groups(
        int(group)
        for group, command in running.groups.items()
        if command_line(int(group)) == command
    )
    shutil.rmtree(STATE / name / "files", ignore_errors=True)
    record.unlink()
    return True


def _record(name: str) -> Path:
    return STATE / f"{name}.json"


def main() -> int:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m local.up", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("up", "down"), default="up")
    try:
        if parser.parse_args().what == "down":
            print("ended" if down() else "nothing was up")
        else:
            print(_told(up()))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing is left running", file=sys.stderr)
        return 130
    return 0


def _told(running: RunningStack) -> str:
    return f"""
Up, with the schedule firing each minute. `make down` ends it.
  GravityZone simulator  {running.gravityzone}   control calls under /_sim/
  ConnectWise simulator  {running.connectwise}   control calls under /_sim/
  AWS (MiniStack)        {running.endpoint}   region {REGION}, stack {STACK_NAME}
                         any AWS client with these set:
                         AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID=test, AWS_SECRET_ACCESS_KEY=test
  logs                   {(STATE / NAME).relative_to(ROOT)}"""


if __name__ == "__main__":
    sys.exit(main())
