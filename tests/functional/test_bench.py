"""Guards of what docs/performance.md promises that do not depend on the machine: counts, and memory
by tracemalloc.
"""

import tracemalloc
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from tests.functional.instants import gmt
from verification.bench import calls, evidence, memory, pulse, tickets
from verification.bench.agenda import Agenda
from verification.bench.cold_start import BARE, HANDLERS, FirstMoment, first_moments
from verification.bench.planner_scene import TICK, planner
from verification.bench.timeline import Timeline

# The tracer that counts branches would be measured too.
pytestmark = pytest.mark.no_cover

SMALL, LARGE = 500, 2_500
AT_ONCE = 100
BYTES_A_COMPANY = 1_500
"""What the planner holds of each at most; it was measured at 1,180."""
HEAVY = {
    *("moto", "cli", "typer", "rich", "arabic_reshaper", "bidi", "reportlab", "PIL", "uharfbuzz"),
    *(
        "tally.domain.reporting.digest",
        "tally.reporter.report",
        "tally.people.hold_answers",
        "tally.people.company_setup",
        "tally.people.read_statements",
        "tally.domain.statement",
        "tally.domain.book",
        "tally.publishing",
        "tally.statements",
        "tally.evidence",
        "tally.domain.evidence",
        "tally.ledger.evidence",
        "tally.gravityzone.inventory",
        "tally.runtime.parts.evidence",
        "tally.asking",
        "tally.domain.asking",
        "tally.ledger.asking",
        "tally.connectwise.tickets",
        "tally.runtime.parts.tickets",
        "tally.runtime.parts.book",
    ),
}
"""What no first tick or job may import: another's work, or a machine's for development."""
OF_THE_OTHER = {
    "planner": {
        "tally.worker.sync",
        "tally.worker.rounds",
        "tally.domain.decision",
        "tally.domain.texts",
    },
    "worker": {
        "tally.planner.plan",
        "tally.planner.connectwise_catalog",
        "tally.domain.planning.tick_context",
        "tally.domain.linking.matching",
    },
}
"""What is the other function's alone: a value class of ours costs half a millisecond."""
MODULES, DATACLASSES = {"planner": 121, "worker": 122}, {"planner": 99, "worker": 83}
"""Ours, at most, that a first invocation imports."""


@pytest.mark.slow
def test_no_call_more_than_is_needed() -> None:
    """FOLLOW-2, design 3: a steady company is one licensing call, a change two calls to
    ConnectWise, an opening three, a close one.

    FOLLOW-5: on a quiet day each is looked at once, spread over the day. READ-3: on a month's last
    day each licence is asked for once, and the opening after it is one licensing call.
    """
    figures = list(calls.measure(companies=40))
    assert [figure.what for figure in figures if not figure.kept] == []
    assert sum(figure.bound is not None for figure in figures) == 10


@pytest.mark.slow
def test_the_planners_memory_is_linear() -> None:
    """Design 3: twice the companies, twice the memory; of those that have gone by no more is held
    than their jobs.
    """
    held = {}
    for size in (SMALL, LARGE):
        plan, queue = planner(size)
        plan = replace(plan, companies_at_once=AT_ONCE)
        tracemalloc.start()
        plan(TICK)
        held[size] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert queue.jobs == size
    assert (held[LARGE] - held[SMALL]) / (LARGE - SMALL) < BYTES_A_COMPANY


@pytest.mark.slow
def test_a_workers_memory_is_flat() -> None:
    """Design 3: a container that lives for days holds no more after thousands of jobs than after
    the first.
    """
    assert memory.worker_growth(jobs=2_000) < memory.FLAT_KB


@pytest.fixture(scope="module")
def first() -> Mapping[str, tuple[FirstMoment, Sequence[str]]]:
    """What each handler and each bare program imports in its first moments, and what it asks."""
    with first_moments() as moments:
        return {
            module: (moments.run(function, module), moments.answers.forgotten())
            for function, module in (*HANDLERS.items(), *BARE.items())
        }


@pytest.mark.slow
@pytest.mark.parametrize("function", ["planner", "worker"])
def test_a_first_invocation_imports_nothing_that_it_does_not_use(
    first: Mapping[str, tuple[FirstMoment, Sequence[str]]], function: str
) -> None:
    """Design 3: what a cold start pays for is what the function uses, up to the end of its first
    tick or job.
    """
    moment, _ = first[HANDLERS[function]]
    assert not {*moment.modules} & (HEAVY | OF_THE_OTHER[function])
    assert sum(each.startswith("tally.") for each in moment.modules) <= MODULES[function]
    assert moment.dataclasses <= DATACLASSES[function]


@pytest.mark.slow
def test_a_first_invocation_and_its_bare_program_make_the_same_calls(
    first: Mapping[str, tuple[FirstMoment, Sequence[str]]],
) -> None:
    """Design 3: what a cold start is measured against does what the handler does, and the handler
    leaves nothing out.
    """
    asked = {module: calls for module, (_, calls) in first.items()}
    for function, handler in HANDLERS.items():
        assert asked[handler] == asked[BARE[function]]
        assert "GetSecretValue" in asked[handler]
    assert "SendMessageBatch" in asked[HANDLERS["planner"]]


@pytest.mark.slow
def test_a_small_month_keeps_what_the_pulse_promises() -> None:
    """PULSE: fresher by minutes. Few companies have more samples and looks each, so calls and
    money are those of a thousand alone.
    """
    figures = list(pulse.measure(companies=60, few=20, days=9))
    missed = [each.what for each in figures if not each.kept]
    assert [each for each in missed if "calls" not in each and "variable" not in each] == []
    assert sum(each.bound is not None for each in figures) == 8


@pytest.mark.slow
def test_a_small_month_of_evidence_asks_about_each_machine_once() -> None:
    """PROOF-1: few customers share a walk's pages, so its calls are those of a thousand alone."""
    figures = list(evidence.measure(customers=40))
    missed = [each.what for each in figures if not each.kept]
    assert set(missed) <= {"walks, calls a customer"}
    assert sum(each.bound is not None for each in figures) == 4


def test_a_run_of_tickets_reads_its_own_alone() -> None:
    """ASK-8: two calls an open question and run and a few beside, however many customers there are;
    none where none is open.
    """
    quiet = tickets.TicketScene(companies=30, questions=0)
    assert [quiet.run() for _ in range(3)] == [0, 0, 0]
    asked = tickets.TicketScene(companies=30, questions=4)
    asked.run()
    assert asked.open == 4
    made = [asked.run() for _ in range(3)]
    assert max(made) <= 4 * tickets.CALLS_A_QUESTION + tickets.CALLS_BESIDE
    assert min(made) >= 4 * tickets.CALLS_A_QUESTION


def test_what_is_of_tickets_is_told_from_the_rest() -> None:
    """The figure of imports counts the rooms of tickets, and nothing that only sounds like them."""
    assert tickets.of_asking(["tally.asking.round", "tally.worker.sync", "tickets"]) == [
        "tally.asking.round"
    ]


def test_time_goes_on_while_somebody_waits() -> None:
    """What is due meanwhile happens at its own instant, and may wait itself."""
    start = gmt("2026-11-01 00:00")
    agenda, seen = Agenda(start), []

    def wait() -> None:
        seen.append(agenda.now().second)
        agenda.wait_until(agenda.now() + timedelta(seconds=30))
        seen.append(agenda.now().second)

    agenda.add(start + timedelta(seconds=5), wait)
    agenda.add(start + timedelta(seconds=8), lambda: seen.append(agenda.now().second))
    agenda.wait_until(start + timedelta(seconds=10))
    assert seen == [5, 8, 35]
    assert agenda.now() == start + timedelta(seconds=10)


def test_actors_take_turns_by_virtual_time() -> None:
    """Whoever's time comes first goes on, however they were started; at one instant, whoever waited
    first.
    """
    timeline, seen = Timeline(VirtualClock(gmt("2026-11-01 00:00"))), []

    def actor(name: str, seconds: float) -> None:
        for _ in range(3):
            timeline.wait(seconds)
            seen.append((name, timeline.clock.now().second))

    timeline.run([lambda: actor("slow", 3), lambda: actor("fast", 1)])
    assert seen == [("fast", 1), ("fast", 2), ("slow", 3), ("fast", 3), ("slow", 6), ("slow", 9)]


def test_actors_that_one_has_begun_are_waited_for() -> None:
    """Whoever begins others comes back at the moment at which the last of them ends."""
    timeline, seen = Timeline(VirtualClock(gmt("2026-11-01 00:00"))), []

    def begin() -> None:
        timeline.together([lambda: timeline.wait(2), lambda: timeline.wait(5)])
        seen.append(timeline.clock.now().second)

    timeline.run([begin, lambda: timeline.wait(9)])
    assert seen == [5]


def test_an_actor_that_fails_ends_all() -> None:
    """A failure is raised where the actors were started, and nobody is left waiting."""
    timeline = Timeline(VirtualClock(gmt("2026-11-01 00:00")))

    def fail() -> None:
        timeline.wait(1)
        raise LookupError("in the first second")

    with pytest.raises(LookupError, match="first second"):
        timeline.run([fail, lambda: timeline.wait(60)])
    with pytest.raises(LookupError, match="first second"):
        timeline.run([lambda: timeline.together([fail, lambda: timeline.wait(60)])])
