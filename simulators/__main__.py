"""The simulators as programs: `python -m simulators gravityzone --port 8801`."""

import argparse
import re
import socket
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from simulators.clock import VirtualClock
from simulators.connectwise import (
    CONNECTWISE_HELP,
    ConnectWiseOptions,
    ConnectWiseSimulator,
    Credentials,
)
from simulators.control_calls import CONTROL_HELP
from simulators.core import Simulator
from simulators.demo_scenario import demo_scenario
from simulators.gravityzone import GRAVITYZONE_HELP, GravityZoneSimulator, RateLimits
from simulators.rate_limits import Limit
from simulators.scenario import Scenario, load_scenario
from simulators.server import SimulatorServer, serve

_BURST = RateLimits().licensing.burst
_RATE_LIMIT = re.compile(r"(?P<rate>\d+(?:\.\d+)?)/(?P<unit>s|min)")
_REQUESTS_PER_MINUTE = 1000
"""The requests a minute that ConnectWise is said to bear."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one simulator until it is told to stop."""
    parser = _parser()
    options = parser.parse_args(arguments)
    present = datetime.now(UTC)
    clock = VirtualClock(options.now or present, running=options.running)
    try:
        # The demo's months come before the real present one, whatever time the simulators are set
        # to.
        scenario = (
            demo_scenario(present.date())
            if options.scenario == "demo"
            else load_scenario(Path(options.scenario))
        )
        simulator: Simulator = options.make(options, scenario, clock)
    except (OSError, ValidationError, LookupError, ValueError) as error:
        parser.error(f"--scenario {options.scenario}: {error}")
    try:
        listener = None if options.listener is None else socket.socket(fileno=options.listener)
        server = SimulatorServer(simulator, host=options.host, port=options.port, listener=listener)
    except OSError as error:
        where = (
            f"{options.host}:{options.port}"
            if options.listener is None
            else f"--listener {options.listener}"
        )
        parser.error(f"{where}: {error.strerror or error}")
    serve(server, lambda line: print(line, flush=True))


def _gravityzone(options: argparse.Namespace, scenario: Scenario, clock: VirtualClock) -> Simulator:
    limit: Limit | str = options.rate_limit
    limits = RateLimits() if limit == "on" else None
    if isinstance(limit, Limit):
        limits = RateLimits(licensing=limit)
    return GravityZoneSimulator(
        clock,
        scenario.gravityzone,
        api_key=options.api_key,
        rate_limits=limits,
        seconds=time.monotonic,
        queue_delays=True,
        latency=options.latency,
    )


def _connectwise(options: argparse.Namespace, scenario: Scenario, clock: VirtualClock) -> Simulator:
    keys = (options.public_key, options.private_key)
    credentials = None
    if any(keys) or options.client_id:
        if not all(keys):
            raise ValueError("--public-key and --private-key come together, and with --client-id")
        credentials = Credentials(
            public_key=options.public_key,
            private_key=options.private_key,
            client_id=options.client_id,
        )
    limit: Limit | str = options.rate_limit
    per_minute = (
        {"on": _REQUESTS_PER_MINUTE, "off": None}.get(limit)
        if isinstance(limit, str)
        else limit.rate * 60
    )
    settings = ConnectWiseOptions(
        company=options.company,
        credentials=credentials,
        requests_per_minute=None if per_minute is None else max(1, round(per_minute)),
        real_time_limit=True,
    )
    return ConnectWiseSimulator(clock, scenario.connectwise, settings, latency=options.latency)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators",
        description="Simulators of the APIs that Tally reads and writes.",
    )
    programs = parser.add_subparsers(required=True, metavar="gravityzone|connectwise")
    gravityzone = _program(programs, "gravityzone", _gravityzone, help_text=GRAVITYZONE_HELP)
    gravityzone.add_argument(
        "--api-key", help="the only API key that is right (default: any, with an empty password)"
    )
    connectwise = _program(programs, "connectwise", _connectwise, help_text=CONNECTWISE_HELP)
    connectwise.add_argument(
        "--company", help="the only login company that is right (default: any)"
    )
    connectwise.add_argument(
        "--public-key", help="the only public key that is right (default: any well-formed)"
    )
    connectwise.add_argument("--private-key", help="its private key")
    connectwise.add_argument("--client-id", help="the only client id that is right (default: any)")
    return parser


def _program(
    programs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    make: Callable[[argparse.Namespace, Scenario, VirtualClock], Simulator],
    *,
    help_text: str,
) -> argparse.ArgumentParser:
    program = programs.add_parser(
        name,
        epilog=f"{CONTROL_HELP}\n{help_text}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        help=f"the {name} API on a port of this machine",
    )
    program.set_defaults(make=make)
    program.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default %(default)s)"
    )
    program.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    program.add_argument(
        "--listener",
        type=int,
        metavar="NUMBER",
        help="listen on an inherited socket that is bound already, by its number",
    )
    program.add_argument(
        "--scenario", default="demo", metavar="demo|FILE.json", help="who is there (default demo)"
    )
    program.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="2026-10-01T00:00:00Z: where the clock starts (default now)",
    )
    program.add_argument(
        "--running", action="store_true", help="the clock runs on in real time; else it stands"
    )
    program.add_argument(
        "--latency", type=float, default=0.0, metavar="SECONDS", help="of every answer (default 0)"
    )
    program.add_argument(
        "--rate-limit",
        type=_limit,
        default="on",
        metavar="on|off|RATE",
        help="by real time: as documented, none, or e.g. 5/s or 10/min (default on)",
    )
    return program


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} needs its time zone, e.g. a Z at its end")
    return instant


def _limit(text: str) -> Limit | str:
    if text in {"on", "off"}:
        return text
    found = _RATE_LIMIT.fullmatch(text)
    if found is None or not float(found["rate"]):
        raise argparse.ArgumentTypeError(f"{text} is not on, off, or a rate such as 5/s")
    rate = float(found["rate"]) / (60 if found["unit"] == "min" else 1)
    return Limit(rate, _BURST)


if __name__ == "__main__":
    main()
