"""Hours and days in which Tally, GravityZone, ConnectWise or DynamoDB do not work, and what is true
afterwards.
"""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.connectwise.billing_truth import API
from simulators.faults import Fault, FaultKind, Garble
from tally.domain.model.month import Month
from tally.domain.model.standing import Scope, StandingState
from tally.errors import (
    AmbiguousError,
    ConflictError,
    IncompletePlanError,
    TallyError,
    TransientError,
)
from testing.audit import audit
from testing.effects import Effects
from testing.ledger import MemoryLedger
from testing.world import Customer, World
from tests.functional.instants import every, gmt

pytestmark = pytest.mark.slow

FIRST, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-03 00:00")
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
FAULTS = [
    Fault(kind=FaultKind.STATUS, status=500),
    Fault(kind=FaultKind.STATUS, status=401),
    Fault(kind=FaultKind.TIMEOUT_BEFORE),
    Fault(kind=FaultKind.REFUSED),
    Fault(kind=FaultKind.GARBLED, garble=Garble.HTML),
    Fault(kind=FaultKind.THROTTLED, seconds=3600),
]


@pytest.fixture
def customers(world: World) -> list[Customer]:
    """Three customers with 4, 5 and 6 machines."""
    made = [world.add_customer(name) for name in ("Harbor Dental", "North Quay", "Old Mill")]
    for machines, customer in enumerate(made, start=4):
        world.check_in(customer, machines)
    return made


def problems(
    world: World, customers: Sequence[Customer], month: str, *, closed: bool = False
) -> list[str]:
    return [each for customer in customers for each in audit(world, customer, month, closed=closed)]


def states(world: World, customers: Sequence[Customer]) -> set[StandingState]:
    return {world.standing(customer).shown.state for customer in customers}


def all_goes_on(world: World, customers: Sequence[Customer]) -> None:
    """November goes by, with machines that connect on its last evening and others on the first days
    of December.
    """
    world.play(FIRST, gmt("2026-11-15 00:00"), gmt("2026-11-30 11:45"))
    for customer in customers:
        world.check_in(customer, 2, at=gmt("2026-11-30 23:50"))
        world.check_in(customer, 3, at=gmt("2026-12-01 09:00"))


class TestThreeDaysAcrossTheEndOfAMonth:
    def test_no_ticks(self, world: World, customers: list[Customer]) -> None:
        """CLOSE-3, OPEN-4: without any tick from the 30th to the 3rd, both months are right at the
        first tick after.
        """
        all_goes_on(world, customers)
        world.play(gmt("2026-12-03 12:00"))
        assert problems(world, customers, "2026-11", closed=True) == []
        assert problems(world, customers, "2026-12") == []
        assert states(world, customers) == {StandingState.BILLING}

    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.status}")
    def test_everything_fails(self, world: World, customers: list[Customer], fault: Fault) -> None:
        """CLOSE-3, SAFE-5: with every call failing for three days, both months are right soon
        after.
        """
        all_goes_on(world, customers)
        world.gravityzone.faults.add(fault)
        world.connectwise.faults.add(fault)
        world.play(*every(3 * HOUR, "2026-11-30 12:00", "2026-12-03 12:00"))
        world.gravityzone.faults.clear()
        world.connectwise.faults.clear()
        world.play(gmt("2026-12-03 12:00"), gmt("2026-12-03 12:15"), gmt("2026-12-03 12:30"))
        assert problems(world, customers, "2026-11", closed=True) == []
        assert problems(world, customers, "2026-12") == []
        world.play(gmt("2026-12-03 14:00"))
        assert states(world, customers) == {StandingState.BILLING}

    @pytest.mark.parametrize("which", ["gravityzone", "connectwise"])
    def test_one_of_them_fails(self, world: World, customers: list[Customer], which: str) -> None:
        """CLOSE-3: so they are with only one of the two away, and nothing wrong is written
        meanwhile.
        """
        all_goes_on(world, customers)
        faults = getattr(world, which).faults
        faults.add(Fault(kind=FaultKind.STATUS, status=503))
        world.play(*every(3 * HOUR, "2026-11-30 12:00", "2026-12-03 12:00"))
        faults.clear()
        world.play(gmt("2026-12-03 12:00"), gmt("2026-12-03 12:15"), gmt("2026-12-03 12:30"))
        assert problems(world, customers, "2026-11", closed=True) == []
        assert problems(world, customers, "2026-12") == []

    @pytest.mark.parametrize("seed", range(4))
    def test_a_third_of_all_calls_fails(
        self, world: World, customers: list[Customer], seed: int
    ) -> None:
        """SAFE-2, SAFE-6: nor do calls that fail now and then, with effect or without, for three
        days.
        """
        chaos = random.Random(seed)
        kinds = [
            FaultKind.TIMEOUT_AFTER,
            FaultKind.TIMEOUT_BEFORE,
            FaultKind.STATUS,
            FaultKind.GARBLED,
        ]

        def chooser(_request: object, _operation: str) -> Fault | None:
            if chaos.random() > 0.33:
                return None
            return Fault(
                kind=chaos.choice(kinds),
                status=500,
                effect=chaos.random() < 0.5,
                garble=Garble.TRUNCATED,
            )

        world.connectwise.options.list_lag = timedelta(minutes=2)
        all_goes_on(world, customers)
        world.gravityzone.faults.chooser = world.connectwise.faults.chooser = chooser
        world.play(*every(3 * HOUR, "2026-11-30 12:00", "2026-12-03 12:00"))
        world.gravityzone.faults.chooser = world.connectwise.faults.chooser = None
        world.play(gmt("2026-12-03 12:00"), gmt("2026-12-03 12:15"), gmt("2026-12-03 12:30"))
        assert problems(world, customers, "2026-11", closed=True) == []
        assert problems(world, customers, "2026-12") == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.kind}-{fault.status}")
class TestConnectWiseAwayAtTheStartOfAMonth:
    def test_opened_late_and_right(
        self, world: World, customers: list[Customer], fault: Fault
    ) -> None:
        """OPEN-3, OPEN-4: refused from the 1st to the 3rd, the month is opened late, from its 1st,
        at its true count.
        """
        all_goes_on(world, customers)
        world.play(gmt("2026-11-30 23:55"))
        world.connectwise.faults.add(fault)
        world.play(*every(3 * HOUR, "2026-12-01 00:00", "2026-12-03 00:00"))
        world.connectwise.faults.clear()
        assert all(len(world.additions(customer)) == 1 for customer in customers)
        world.play(gmt("2026-12-03 00:00"), gmt("2026-12-03 00:15"))
        assert problems(world, customers, "2026-11", closed=True) == []
        assert problems(world, customers, "2026-12") == []

    def test_standings_say_so(self, world: World, customers: list[Customer], fault: Fault) -> None:
        """SAFE-7: on the 1st nobody is shown as billing whose new month cannot be opened; the
        standing says why, and since when.
        """
        all_goes_on(world, customers)
        world.play(gmt("2026-11-30 23:55"))
        world.connectwise.faults.add(fault)
        world.play(*every(3 * HOUR, "2026-12-01 00:00", "2026-12-01 12:00"))
        assert StandingState.BILLING not in states(world, customers)
        causes = [world.standing(customer).causes[Scope(Month(2026, 12))] for customer in customers]
        assert {cause.since for cause in causes} == {gmt("2026-12-01 00:00")}
        assert all("ConnectWise" in world.standing(customer).shown.reason for customer in customers)


def test_first_tick_ever_without_connectwise(world: World, customers: list[Customer]) -> None:
    """SAFE-5, SAFE-7: a first tick without ConnectWise's lists links and opens nothing, and says of
    each that it waits.
    """
    world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, status=500))
    with pytest.raises(IncompletePlanError, match="ConnectWise"):
        world.tick(FIRST)
    assert list(world.ledger.all_links()) == []
    assert world.queue.backlog() == 0
    assert StandingState.BILLING not in states(world, customers)
    world.connectwise.faults.clear()
    world.play(FIRST + QUARTER)
    assert problems(world, customers, "2026-11") == []


LEDGER_STORIES = {"opening": FIRST, "rise": THIRD, "close": gmt("2026-12-02 00:00")}
LEDGER_ERRORS = [ConflictError("held"), TransientError("busy"), AmbiguousError("no answer")]


@pytest.mark.parametrize("error", LEDGER_ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
class TestLedger:
    @pytest.mark.parametrize("story", LEDGER_STORIES)
    def test_worker(self, *, error: TallyError, after: bool, story: str) -> None:
        """SAFE-1, SAFE-2: whichever write fails, with effect or without, nothing is doubled and the
        job ends right.
        """
        tick = LEDGER_STORIES[story]
        for number in range(8):
            world, harbor = up_to(story)
            world.tick(tick)
            for operation in ("save", "save_standing"):
                fail_at(world, operation, number, error, after=after)
            world.work(until=HOUR)
            world.play(*(tick + step * QUARTER for step in range(4, 7)))
            assert (number, audit(world, harbor, "2026-11", closed=story == "close")) == (
                number,
                [],
            )
            assert world.standing(harbor).shown.state is StandingState.BILLING

    def test_planner(
        self, world: World, customers: list[Customer], *, error: TallyError, after: bool
    ) -> None:
        """SAFE-4, MATCH-1: nor does a failing write of the planner link or open anything twice."""
        for operation in ("begin_tick", "add_link", "save_standing", "note_lists", "finish_tick"):
            world.ledger.fail_next(operation, error, after=after)
        world.play(*(FIRST + number * QUARTER for number in range(4)))
        assert problems(world, customers, "2026-11") == []
        assert len(list(world.ledger.all_links())) == 3


def up_to(story: str) -> tuple[World, Customer]:
    """The story up to its tick."""
    world = World(clock=VirtualClock(FIRST))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    if story != "opening":
        world.play(FIRST, THIRD - QUARTER)
        world.check_in(harbor, 5, at=THIRD - QUARTER)
    return world, harbor


def fail_at(world: World, operation: str, number: int, error: TallyError, *, after: bool) -> None:
    """Let the calls of a write pass unharmed until the one of that number fails."""
    method = getattr(world.ledger, operation)
    calls = iter(range(1000))

    def failing(*args: object) -> object:
        if next(calls) == number:
            world.ledger.fail_next(operation, error, after=after)
        return method(*args)

    setattr(world.ledger, operation, failing)


@pytest.mark.parametrize("operation", ["record", "ticks", "link", "standing"])
def test_ledger_that_cannot_be_read(
    world: World, customers: list[Customer], operation: str
) -> None:
    """SAFE-6: a read of the ledger that fails is tried again with the job, and nothing was called
    twice for it.
    """
    world.tick(FIRST)
    world.ledger.fail_next(operation, TransientError("busy"), times=2)
    world.work()
    assert problems(world, customers, "2026-11") == []
    assert len([each for each in world.connectwise.truth if each.created_by == API]) == 3


def test_order_of_a_job(world: World) -> None:
    """SAFE-3, FOLLOW-2: load, read, write the intent, look, write there, record the outcome; a
    quiet job only reads.
    """
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.tick(FIRST)
    opening, quiet = Effects(), Effects()
    world.work(deliver=world.worker(wrap=opening.wrap))
    told = [name for name in opening.names if name not in {"ledger ticks", "ledger link"}]
    assert told == [
        "ledger record",
        "gravityzone.test POST",  # getMonthlyUsage
        "ledger standing",  # the licence may have been seen within a day
        "gravityzone.test POST",  # getLicenseInfo
        "ledger record",  # the month before, for FOLLOW-4's baseline
        "ledger save",
        "connectwise.test GET",  # companyinfo
        "connectwise.test GET",  # the agreement
        "connectwise.test GET",  # its Additions
        "connectwise.test POST",
        "ledger save",
        "ledger standing",
        "ledger save_standing",
    ]
    world.tick(FIRST + QUARTER)
    world.work(deliver=world.worker(wrap=quiet.wrap))
    assert quiet.names == ["ledger record", "gravityzone.test POST"]


class TestWhatStoodBeforeTheLists:
    """A month that could not be opened, and then a tick at which a list fails."""

    @pytest.fixture(params=["refused for now", "refused content", "held"])
    def harbor(self, world: World, request: pytest.FixtureRequest) -> Customer:
        """A customer whose month is not open, for each of the reasons that only ConnectWise can
        give.
        """
        harbor = world.add_customer("Harbor Dental")
        world.check_in(harbor, 12)
        if request.param == "held":
            world.connectwise.people.add_addition(
                harbor.agreement_id, "GZ-ENDPOINT", quantity=9, effective=FIRST.date()
            )
        else:
            status = 400 if request.param == "refused content" else 403
            world.connectwise.faults.add(
                Fault(kind=FaultKind.STATUS, operation="POST additions", status=status, times=1)
            )
        world.play(FIRST)
        assert world.standing(harbor).shown.state in {
            StandingState.FAILING,
            StandingState.NEEDS_SETUP,
            StandingState.HELD,
        }
        return harbor

    @pytest.mark.parametrize("which", ["connectwise", "gravityzone", "both"])
    def test_is_not_forgotten(self, world: World, harbor: Customer, which: str) -> None:
        """SAFE-7: nobody is shown as billing whose month is not open, because a list fails on top
        of what stopped it.
        """
        simulators = {"connectwise": world.connectwise, "gravityzone": world.gravityzone}
        for name, simulator in simulators.items():
            if which in {name, "both"}:
                simulator.faults.add(
                    Fault(kind=FaultKind.STATUS, operation="*agreements", status=500)
                )
                simulator.faults.add(
                    Fault(kind=FaultKind.STATUS, operation="getCompaniesList", status=500)
                )
        world.play(FIRST + QUARTER, FIRST + 2 * QUARTER)
        assert world.failures
        assert world.additions(harbor) in ([], [(9, "2026-11-01", "")])
        assert world.standing(harbor).shown.state is not StandingState.BILLING


def test_ledger_whose_index_lags(world: World) -> None:
    """CLOSE-3, MATCH-1: the planner's bulk reads may lag by more than a tick: nothing is linked,
    opened or closed twice.
    """
    world.ledger = MemoryLedger(now=world.clock.now, index_lag=timedelta(minutes=20))
    world.plan = world.planner()
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.play(*(FIRST + number * QUARTER for number in range(4)))
    assert audit(world, harbor, "2026-11") == []
    assert world.standing(harbor).shown.state is StandingState.BILLING
    world.play(*every(QUARTER, "2026-11-30 23:30", "2026-12-01 01:00"))
    world.play(*every(QUARTER, "2026-12-01 23:30", "2026-12-02 01:00"))
    assert audit(world, harbor, "2026-11", closed=True) == []
    assert audit(world, harbor, "2026-12") == []
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert len(world.connectwise.truth.made_by_api()) == 2
