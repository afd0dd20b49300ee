"""READ-4: how a partner's own count is read, and when it is not: order, failures, lists, calls and
pace.
"""

import pytest

from simulators.core import Request
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.domain.record.partner import MOST_CHILDREN
from tally.domain.record.usage_record import RecordState
from tally.errors import IncompletePlanError
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.partner_world import Summit

SECOND, NEXT_DAY, CLOSE = "2026-11-01 00:20", "2026-11-02 00:05", "2026-12-02 00:05"
LISTS = "getCompaniesList"
USAGE = "getMonthlyUsage"


@pytest.fixture
def start() -> Summit:
    return Summit.at_the_start()


@pytest.fixture
def summit() -> Summit:
    return Summit.billed()


def quantities(world: World, customer: Customer) -> list[int]:
    return [each[0] for each in world.additions(customer)]


class TestReading:
    def test_the_parent_is_read_first(self, summit: Summit) -> None:
        """READ-4: a child's machine that checks in between the reads is never billed to the partner
        as well.

        One that reads the children first sees it in the parent's sum alone.
        """
        world, reads = summit.world, 0

        def between(request: Request, operation: str) -> None:
            nonlocal reads
            about_summit = any(
                each.id.encode() in request.body
                for each in (summit.partner, summit.juniper, summit.harbor)
            )
            if operation == USAGE and about_summit and (reads := reads + 1) % 2 == 0:
                world.check_in(summit.juniper, 1)
                world.check_in(summit.harbor, 1)

        world.gravityzone.faults.chooser = between
        for tick in ("2026-11-02 00:05", "2026-11-02 00:20", "2026-11-02 00:35"):
            summit.play(tick)
            assert summit.quantities() == [12]
            assert world.standing(summit.partner).shown.state is StandingState.BILLING
        assert reads > 6
        world.gravityzone.faults.chooser = None
        summit.check_in(summit.partner, 1, "2026-11-02 00:40")
        summit.play("2026-11-02 00:50")
        assert summit.quantities() == [13]

    def test_its_count_rises_to_the_truth_at_the_next_read(self, summit: Summit) -> None:
        """READ-4: while children's machines check in, its own new ones may be seen later; they are
        not lost.
        """
        world = summit.world
        summit.check_in(summit.partner, 2, "2026-11-02 00:00")

        def between(request: Request, operation: str) -> None:
            if operation == USAGE and summit.harbor.id.encode() in request.body:
                world.check_in(summit.harbor, 1)

        world.gravityzone.faults.chooser = between
        summit.play("2026-11-02 00:05")
        assert 12 <= summit.quantities()[0] < 14
        world.gravityzone.faults.chooser = None
        summit.play("2026-11-02 00:20")
        assert summit.quantities() == [14]

    def test_its_calls(self, summit: Summit) -> None:
        """READ-4, FOLLOW-2: one call for it and one for each child; two lists more a tick; nothing
        of ConnectWise's additions.
        """
        calls = summit.world.gravityzone.calls
        calls.clear()
        summit.world.connectwise.calls.clear()
        summit.play("2026-11-01 00:35")
        partners_job = 1 + 2
        assert calls.count(USAGE) == partners_job + 2
        assert calls.count("getLicenseInfo") == 0
        lists_of_two_parents = 4
        assert calls.count(LISTS) == lists_of_two_parents + 2
        assert summit.world.connectwise.calls.count("GET additions") == 0

    def test_nothing_more_is_listed_where_nobody_is_billed(self, start: Summit) -> None:
        """READ-4: for partners that are not opted in a tick makes no call more."""
        start.play("2026-11-01 00:05")
        start.world.gravityzone.calls.clear()
        start.play(SECOND)
        assert start.world.gravityzone.calls.count(LISTS) == 4

    def test_a_childs_reading_fails(self, summit: Summit) -> None:
        """READ-2, READ-4: without one child's count there is none of its own: the job fails,
        nothing is written, others go on.
        """
        summit.check_in(summit.partner, 3, "2026-11-02 00:00")
        summit.check_in(summit.juniper, 2, "2026-11-02 00:00")
        world, before = summit.world, summit.record()
        world.gravityzone.faults.add(
            Fault(kind=FaultKind.STATUS, operation=USAGE, contains=summit.harbor.id)
        )
        summit.play(NEXT_DAY)
        assert summit.record() == before
        assert summit.quantities() == [12]
        assert world.standing(summit.partner).shown.state is StandingState.FAILING
        assert summit.harbor.id in summit.reason()
        assert quantities(world, summit.juniper) == [7]
        world.gravityzone.faults.clear()
        summit.play("2026-11-02 00:20")
        assert summit.quantities() == [15]
        assert world.standing(summit.partner).shown.state is StandingState.BILLING

    @pytest.mark.parametrize("value", [None, -1, "7"])
    def test_a_childs_counter_is_no_count(self, summit: Summit, value: object) -> None:
        """READ-2, READ-4: a child that answers no count makes the partner's unknown."""
        before = summit.record()
        summit.check_in(summit.partner, 3, "2026-11-02 00:00")
        summit.world.gravityzone.tenant.override_counter(
            summit.harbor.id, "2026-11", "endpointMonthlyUsage", value
        )  # type: ignore[arg-type]
        summit.play(NEXT_DAY)
        assert summit.record() == before
        assert summit.world.standing(summit.partner).shown.state is StandingState.FAILING

    def test_less_than_nothing_is_left(self, summit: Summit) -> None:
        """READ-4, READ-2: the children count more than the whole: unknown, said so, and nothing is
        written; never 0.
        """
        before = summit.record()
        summit.world.gravityzone.tenant.override_counter(
            summit.harbor.id, "2026-11", "endpointMonthlyUsage", 40
        )
        summit.play(NEXT_DAY, CLOSE)
        assert summit.record() == before
        assert summit.world.standing(summit.partner).shown.state is StandingState.FAILING
        assert "24 for the partner and 45 for the companies directly below it" in summit.reason()

    def test_a_real_fall_is_held(self, summit: Summit) -> None:
        """READ-7, READ-4: with nothing checking in meanwhile, a lower own count is a fall like a
        customer's.
        """
        summit.world.gravityzone.tenant.override_counter(
            summit.harbor.id, "2026-11", "endpointMonthlyUsage", 9
        )
        summit.play(NEXT_DAY)
        assert summit.world.standing(summit.partner).shown.state is StandingState.HELD
        assert "counts 10 endpoints for Summit Peak IT" in summit.reason()


class TestLists:
    def test_its_children_cannot_be_listed(self, summit: Summit) -> None:
        """SAFE-5, READ-4: nothing is read or written for the partner at this tick; its customers
        are followed as before.
        """
        world, before = summit.world, summit.record()
        summit.check_in(summit.partner, 3, "2026-11-02 00:00")
        summit.check_in(summit.juniper, 2, "2026-11-02 00:00")
        customers_below = f'"{summit.partner.id}","filters":{{"companyType":1}}'
        world.gravityzone.faults.add(
            Fault(kind=FaultKind.STATUS, operation=LISTS, contains=customers_below)
        )
        world.gravityzone.calls.clear()
        with pytest.raises(IncompletePlanError, match=summit.partner.id):
            world.tick(gmt("2026-11-01 00:35"))
        world.work()
        assert summit.record() == before
        assert all(summit.partner.id not in str(each) for each in world.gravityzone.calls.of(USAGE))
        assert world.standing(summit.partner).shown.state is StandingState.FAILING
        assert "could not be listed" in summit.reason()
        world.gravityzone.faults.clear()
        summit.play(NEXT_DAY)
        assert summit.quantities() == [15]
        assert quantities(world, summit.juniper) == [7]

    def test_nothing_can_be_listed(self, summit: Summit) -> None:
        """SAFE-5, READ-4: without GravityZone's tree customers are followed by their ids, and a
        partner is not read.
        """
        before = summit.record()
        summit.check_in(summit.partner, 3, "2026-11-01 00:30")
        summit.check_in(summit.juniper, 2, "2026-11-01 00:30")
        summit.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation=LISTS))
        summit.play("2026-11-01 00:35")
        assert summit.record() == before
        assert quantities(summit.world, summit.juniper) == [7]
        assert summit.world.standing(summit.partner).shown.state is StandingState.FAILING

    def test_a_hold_is_still_told_meanwhile(self, summit: Summit) -> None:
        """SAFE-7: what a month is held for stays in the standing while the partner cannot be
        read.
        """
        summit.move(summit.harbor)
        summit.play("2026-11-01 00:35")
        summit.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation=LISTS))
        summit.play("2026-11-01 00:50")
        states = {cause.state for cause in summit.world.standing(summit.partner).causes.values()}
        assert states == {StandingState.FAILING, StandingState.HELD}

    def test_it_moves_out_of_the_lists(self, summit: Summit) -> None:
        """READ-4, SAFE-5: a partner that exists and is in no list is not read: who stands below it
        is not known.
        """
        before = summit.record()
        summit.world.gravityzone.tenant.folders["f" * 24] = summit.world.gravityzone.tenant.own.id
        summit.move(summit.partner, "f" * 24)
        summit.check_in(summit.partner, 3, "2026-11-02 00:00")
        summit.play(NEXT_DAY)
        assert summit.record() == before
        assert summit.world.standing(summit.partner).shown.state is StandingState.FAILING

    def test_it_is_deleted(self, summit: Summit) -> None:
        """CLOSE-5, READ-4: a partner that is gone closes with what stands, as a customer does."""
        summit.move(summit.juniper)
        summit.move(summit.harbor)
        summit.world.gravityzone.tenant.delete_company(summit.partner.id)
        summit.play(NEXT_DAY, CLOSE)
        assert (summit.record().state, summit.record().count) == (RecordState.CLOSED, 12)

    def test_twenty_children(self, summit: Summit) -> None:
        """READ-4: 20 are read, one more needs set-up with both numbers, and what stands stays open
        until they are fewer.
        """
        world = summit.world
        extra = [
            world.add_customer(f"Branch {each}", parent_id=summit.partner.id)
            for each in range(MOST_CHILDREN - 2)
        ]
        summit.play(NEXT_DAY)
        world.answers().approve(summit.november, by="ann", why="new branches")
        summit.check_in(summit.partner, 1, "2026-11-02 00:10")
        world.gravityzone.calls.clear()
        summit.play("2026-11-02 00:20")
        assert summit.quantities() == [13]
        assert world.gravityzone.calls.count(USAGE) == MOST_CHILDREN + 1 + MOST_CHILDREN
        one_more = world.add_customer("Branch 20", parent_id=summit.partner.id)
        summit.check_in(summit.partner, 1, "2026-11-02 00:30")
        summit.play("2026-11-02 00:35", CLOSE)
        assert world.standing(summit.partner).shown.state is StandingState.NEEDS_SETUP
        assert "has 21 companies directly below it, and 20 are the most" in summit.reason()
        assert (summit.record().state, summit.quantities()) == (RecordState.OPEN, [13])
        assert all(quantities(world, each) for each in (*extra, one_more))
        summit.move(one_more)
        summit.play("2026-12-02 00:20")
        assert (summit.record().state, summit.record().count) == (RecordState.CLOSED, 14)


def test_its_jobs_are_paced_by_what_they_read(summit: Summit) -> None:
    """READ-4: jobs become visible at GravityZone's pace, for which a partner's job is as long as
    its children are many.
    """
    world = summit.world
    for each in range(18):
        world.add_customer(f"Branch {each}", parent_id=summit.partner.id)
    summit.play(NEXT_DAY)  # what is to be opened comes first
    world.tick(world.clock.now())
    last = max(_delays(world))
    # 1 + 20 calls for the partner and 20 for its customers, at 5 a second.
    assert last == 8


def _delays(world: World) -> list[int]:
    """Whole seconds until each message of the last tick can be seen."""
    delays = []
    began = world.clock.now()
    while True:
        delays += [int((world.clock.now() - began).total_seconds()) for _ in world.queue.receive()]
        following = world.queue.next_change()
        if following is None or (following - began).total_seconds() > 60:
            return delays
        world.clock.set(max(following, world.clock.now()))
