"""Questions in tickets: calls of a day, time and memory of a run, and dollars of a month (ASK-8).

The peak is of a process that has the function's imports and clients, a thousand customers and the
simulators: more than the function itself has.
"""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

from simulators.clock import VirtualClock
from simulators.connectwise.desk.example import BOARD, CLOSED, OPEN, example_desk
from tally.asking.round import MOST_OPEN, Round
from tally.domain.asking.tickets_port import DeskNames
from tally.domain.model.month import Month
from tally.ledger.asking.ticket_codec import TICKET
from tally.ledger.items import link_item, record_item, standing_item
from testing.asking import MemoryAsking, asking_round
from testing.world import World
from verification.bench.cold_start import HANDLERS, first_moments
from verification.bench.figure import Figure
from verification.bench.load_scene import CONNECTWISE_LATENCY, LEDGER_LATENCY
from verification.bench.peak import peak_megabytes

GROUP = "Tickets: 1,000 customers, 20 open questions"
COMPANIES, QUESTIONS, RUNS_A_DAY, DAYS = 1000, 20, 96, 30.4
CALLS_A_QUESTION, CALLS_BESIDE = 2, 8
"""Calls of a run: the ticket and its notes; and the names of the desk, all of them set."""
IMPORTS = (
    "tally.asking",
    "tally.domain.asking",
    "tally.connectwise.tickets",
    "tally.ledger.asking",
)
"""Rooms that planner and worker do not import."""

_GB, _GB_SECOND, _INVOCATION = 0.25, 0.0000133334, 0.20e-6
_READ_UNIT, _LOG_GB = 0.125e-6, 0.50
_LINE = 1_500
"""Bytes that a run logs, with CloudWatch's own."""
_PART_OF_A_PROCESSOR = _GB * 1024 / 1769
"""Lambda gives a whole one at 1,769 MB."""
_SECONDS_AT_MOST, _PEAK_MB, _DOLLARS = 840, 256, 0.30
_MOST_SEATS = 5
_NOVEMBER = Month(2026, 11)
_PROGRAM = """
import boto3, tickets.handler  # its imports and clients; nothing is called here
of_aws = [boto3.client(each, region_name="eu-west-1") for each in ("dynamodb", "secretsmanager")]
from verification.bench.tickets import run_once
run_once()
"""
_NAMES = DeskNames(
    board=BOARD,
    open_status=OPEN,
    closed_status=CLOSED,
    type="Billing",
    priority="Priority 4 - Low",
    team="Billing team",
    source="Integration",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """Counts the calls of a port by method."""

    port: Any
    calls: Counter[str]

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the port has
        """Return the port's attribute; a method is counted when it is called."""
        found = getattr(self.port, name)
        return partial(self._called, name, found) if callable(found) else found

    def _called(self, name: str, method: Any, *given: object, **named: object) -> Any:  # noqa: ANN401
        self.calls[name] += 1
        return method(*given, **named)


@dataclass(slots=True, kw_only=True)
class TicketScene:
    """An MSP some of whose customers are held, and the function that asks about them."""

    companies: int
    questions: int
    world: World = field(init=False)
    memory: MemoryAsking = field(default_factory=MemoryAsking)
    ledger_calls: Counter[str] = field(default_factory=Counter)
    round: Round = field(init=False)

    def __post_init__(self) -> None:
        """Play the month's first ticks: counts beyond what a first month may have are held."""
        clock = VirtualClock(_NOVEMBER.starts)
        self.world = World(clock=clock, settings={"first_month_seats": _MOST_SEATS})
        example_desk(self.world.connectwise.desk_people)
        for number in range(self.companies):
            customer = self.world.add_customer(f"Customer {number}")
            self.world.check_in(customer, _MOST_SEATS + (number < self.questions))
        self.world.play(*(_NOVEMBER.starts + timedelta(minutes=each) for each in (5, 20)))
        asked = asking_round(self.world, self.memory)
        self.round = replace(
            asked, names=_NAMES, ledger=Counting(port=self.world.ledger, calls=self.ledger_calls)
        )

    def run(self) -> int:
        """Have one run a quarter of an hour later; return its calls to ConnectWise."""
        self.world.clock.advance(timedelta(minutes=15))
        self.world.connectwise.calls.clear()
        self.ledger_calls.clear()
        done = self.round()
        assert done.failures == {}
        return len(self.world.connectwise.calls)

    @property
    def open(self) -> int:
        """The questions that are open in tickets."""
        return len(list(self.memory.all_open_tickets()))

    def index_units(self) -> float:
        """Read units of a run's queries of the index: half of one for each 4 kB."""
        ledger = self.world.ledger
        records = list(ledger.all_open_records())
        items: list[Mapping[str, object]] = list(map(record_item, records))
        if any(each.hold for each in records):
            items += map(standing_item, ledger.all_standings())
            items += map(link_item, ledger.all_links())
        items += map(TICKET.write, self.memory.all_open_tickets())
        return sum(len(json.dumps(each, default=str)) for each in items) / 4096 / 2


def measure(*, companies: int = COMPANIES, questions: int = QUESTIONS) -> Iterable[Figure]:
    """Yield calls, time, memory and money of a scene, and what planner and worker import of it."""
    quiet = TicketScene(companies=companies, questions=0)
    calls = sum(quiet.run() for _ in range(RUNS_A_DAY))
    yield _figure("calls to ConnectWise a day, none open", calls, bound=0)
    asked = TicketScene(companies=companies, questions=questions)
    asked.run()
    assert asked.open == questions
    # The first run makes tickets; those of a day look at them.
    of_runs = [asked.run() for _ in range(RUNS_A_DAY)]
    most = CALLS_A_QUESTION * questions + CALLS_BESIDE
    yield _figure("calls to ConnectWise a day", sum(of_runs), bound=most * RUNS_A_DAY)
    yield _figure("the most in a run", max(of_runs), bound=most)
    yield from _time_and_money(asked, quiet)
    full = TicketScene(companies=MOST_OPEN, questions=MOST_OPEN)
    full.run()
    assert full.open == MOST_OPEN
    what = f"time of a run with {MOST_OPEN} open, on virtual latencies"
    yield _figure(what, _seconds(full, full.run()), bound=_SECONDS_AT_MOST, unit="s")
    yield from _imports()


def _time_and_money(asked: TicketScene, quiet: TicketScene) -> Iterable[Figure]:
    began = time.process_time()
    calls = asked.run()
    own = time.process_time() - began
    yield _figure("processor time of a run, simulators included", 1000 * own, unit="ms")
    seconds = _seconds(asked, calls) + own / _PART_OF_A_PROCESSOR
    yield _figure("time of a run, on virtual latencies", seconds, unit="s")
    yield _figure("peak of a process, simulators included", _peak(), bound=_PEAK_MB, unit="MB")
    busy = _dollars(asked, seconds)
    quiet.run()
    idle = _dollars(quiet, _seconds(quiet, 0) + own / _PART_OF_A_PROCESSOR)
    yield _figure("dollars a month", busy, bound=_DOLLARS, unit="$")
    yield _figure("the same, none open", idle, unit="$")


def _seconds(scene: TicketScene, calls: int) -> float:
    """Return a run's waiting: each call to ConnectWise, and each of the ledger's."""
    return calls * CONNECTWISE_LATENCY + scene.ledger_calls.total() * LEDGER_LATENCY


def _dollars(scene: TicketScene, seconds: float) -> float:
    one_by_one = sum(
        count for name, count in scene.ledger_calls.items() if not name.startswith("all_")
    )
    a_run = (
        seconds * _GB * _GB_SECOND
        + _INVOCATION
        + (scene.index_units() + one_by_one) * _READ_UNIT
        + _LINE / 1e9 * _LOG_GB
    )
    return RUNS_A_DAY * DAYS * a_run


def _imports() -> Iterable[Figure]:
    with first_moments() as moments:
        for function, handler in HANDLERS.items():
            found = of_asking(moments.run(function, handler).modules)
            what = f"modules of it that the {function}'s first invocation imports"
            yield _figure(what, len(found), bound=0)


def of_asking(modules: Iterable[str]) -> Sequence[str]:
    """Return those modules that are about questions in tickets."""
    return [each for each in modules if each.startswith(IMPORTS)]


def _peak() -> float:
    done = subprocess.run(  # noqa: S603 - a program of ours
        [sys.executable, "-c", _PROGRAM],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _figure(what: str, figure: float, *, bound: float | None = None, unit: str = "") -> Figure:
    return Figure(group=GROUP, what=what, figure=figure, bound=bound, unit=unit)


def run_once() -> None:
    """Ask and look once, and print the peak of this process."""
    scene = TicketScene(companies=COMPANIES, questions=QUESTIONS)
    scene.run()
    scene.run()
    sys.stdout.write(str(peak_megabytes()))
