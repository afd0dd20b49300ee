"""READ-4: a partner whose own machines a person has billed, from its set-up to its close."""

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import WHOLE_COMPANY, StandingState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError, TallyError
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.partner_world import FIRST, Summit, add_partner, set_up

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


class TestCounting:
    def test_its_own_machines_only(self, summit: Summit) -> None:
        """READ-4: GravityZone answers 24 for the partner; 12 are its own, and its customers are
        billed for theirs once.
        """
        world = summit.world
        assert world.gravityzone.truth.total(summit.partner.id, "2026-11") == 24
        assert summit.quantities() == [12]
        assert quantities(world, summit.juniper) == [5]
        assert quantities(world, summit.harbor) == [7]
        assert world.standing(summit.partner).shown.state is StandingState.BILLING

    def test_it_is_followed_to_its_close(self, summit: Summit) -> None:
        """READ-4, CLOSE-2: its own machines and its customers' come and go; each is on one
        Addition, and the month closes so.
        """
        summit.check_in(summit.partner, 3, "2026-11-10 08:00")
        summit.check_in(summit.juniper, 4, "2026-11-11 08:00")
        summit.play("2026-11-12 00:05", "2026-11-30 00:05", "2026-12-01 00:05", CLOSE)
        record = summit.record()
        assert (record.state, record.count, summit.quantities()) == (
            RecordState.CLOSED,
            15,
            [15, 0],
        )
        assert quantities(summit.world, summit.juniper) == [9, 0]

    def test_partners_below_partners(self, start: Summit) -> None:
        """READ-4: a partner below counts with all that is below it, and is taken off as a whole; it
        may be billed itself.
        """
        world = start.world
        ridge = add_partner(world, "Ridge Line IT", parent_id=start.partner.id)
        cedar = world.add_customer("Cedar Vets", parent_id=ridge.id)
        world.check_in(ridge, 4)
        world.check_in(cedar, 30)
        world.play(FIRST)
        set_up(world, start.partner)
        set_up(world, ridge)
        start.play(SECOND)
        assert world.gravityzone.truth.total(start.partner.id, "2026-11") == 58
        assert [quantities(world, each) for each in (start.partner, ridge, cedar)] == [
            [12],
            [4],
            [30],
        ]

    def test_children_of_every_licence(self, start: Summit) -> None:
        """READ-4: a child without a monthly subscription stands in the set, answers 0, and takes
        nothing off.
        """
        world, tenant = start.world, start.world.gravityzone.tenant
        yearly = tenant.add_company("Yearly", parent_id=start.partner.id, subscription_type=2)
        tenant.check_in_new(yearly, 9)
        trial = tenant.add_company("On trial", parent_id=start.partner.id, subscription_type=5)
        tenant.check_in_new(trial, 2)
        world.play(FIRST)
        set_up(world, start.partner)
        start.play(SECOND)
        assert start.quantities() == [12]
        assert set(start.record().children or ()) == {
            start.juniper.id,
            start.harbor.id,
            yearly,
            trial,
        }

    def test_the_floor_is_the_partners_own(self, start: Summit) -> None:
        """READ-4, CLOSE-2: what the partner has committed to is recorded with its own count, and
        its children's with theirs.
        """
        start.world.gravityzone.tenant.company(start.partner.id).minimum_usage = 20
        start.world.play(FIRST)
        set_up(start.world, start.partner)
        start.play(SECOND, "2026-12-01 00:05", CLOSE)
        assert (start.record().count, start.record().floor) == (12, 20)

    def test_no_children_at_all(self, start: Summit) -> None:
        """READ-4: without anybody below it, all that GravityZone counts is its own, and that nobody
        is there is remembered.
        """
        lone = add_partner(start.world, "Lone Star IT")
        start.world.check_in(lone, 6)
        start.world.play(FIRST)
        set_up(start.world, lone)
        start.play(SECOND)
        assert quantities(start.world, lone) == [6]
        record = start.world.record(lone, "2026-11")
        assert record is not None
        assert record.children == ()

    def test_a_trial_is_not_opened(self, start: Summit) -> None:
        """READ-3, READ-4: listed as monthly, a partner on trial has no month opened either."""
        start.world.gravityzone.tenant.change_subscription(start.partner.id, 5)
        start.world.play(FIRST)
        set_up(start.world, start.partner)
        start.play(SECOND)
        assert start.quantities() == []
        assert "a trial is not billed" in start.reason()

    def test_without_a_monthly_subscription(self, start: Summit) -> None:
        """READ-2, READ-4: a yearly partner answers 0, of which nothing can be taken off: it waits,
        and is not read at all.
        """
        start.world.gravityzone.tenant.change_subscription(start.partner.id, 2)
        start.world.play(FIRST)
        set_up(start.world, start.partner)
        start.play(SECOND)
        assert start.world.standing(start.partner).shown.state is StandingState.WAITING
        assert "no monthly subscription" in start.reason()
        assert start.world.gravityzone.calls.of("getLicenseInfo")[2:] == []

    def test_it_loses_its_subscription(self, summit: Summit) -> None:
        """CLOSE-5, READ-4: what stands, stays, and the month closes with it and a notice."""
        summit.world.gravityzone.tenant.change_subscription(summit.partner.id, 2)
        summit.play(NEXT_DAY, CLOSE)
        record = summit.record()
        assert (record.state, record.count) == (RecordState.CLOSED, 12)
        assert "last count that could be read" in record.notices[0]


class TestSetUp:
    def test_a_partner_is_not_billed_by_itself(self, start: Summit) -> None:
        """READ-4, MATCH-1: never linked by its name, not billed when it is only linked, and the
        link's text says what is missing.
        """
        start.world.play(FIRST)
        assert start.world.ledger.link(start.partner.id) is None
        assert start.world.standing(start.partner).shown.state is StandingState.NEEDS_SETUP
        said = start.world.set_up().link(
            start.partner.id, start.partner.connectwise_id, by="ann", why="ours"
        )
        assert "It is a partner: its own machines are billed once a person says so." in said
        start.play(SECOND)
        assert start.quantities() == []
        assert start.world.standing(start.partner).shown.state is StandingState.NEEDS_SETUP

    def test_billed_first_and_linked_later(self, start: Summit) -> None:
        """READ-4, MATCH-1: opted in before it is linked, it waits for the link, says so, and is not
        linked by its name.
        """
        start.world.play(FIRST)
        said = start.world.set_up().bill_partner(start.partner.id, by="ann", why="their laptops")
        assert "link it by hand" in said
        start.play(SECOND)
        assert start.quantities() == []
        shown = start.world.standing(start.partner).shown
        assert (shown.state, "link it by hand" in shown.reason) == (StandingState.NEEDS_SETUP, True)
        said = start.world.set_up().link(
            start.partner.id, start.partner.connectwise_id, by="ann", why="ours"
        )
        assert "once a person says so" not in said
        start.play("2026-11-01 00:35")
        assert start.quantities() == [12]

    def test_who_and_why(self, summit: Summit) -> None:
        """READ-4, SAFE-1: the link's history says who opted it in and out, when and why."""
        summit.world.set_up().unbill_partner(summit.partner.id, by="bob", why="they left")
        history = summit.world.ledger.link_history(summit.partner.id)
        assert [(each.what, each.by, each.why) for each in history] == [
            ("tied", "ann", "they pay for their own laptops"),
            ("partner billed", "ann", "they pay for their own laptops"),
            ("partner unbilled", "bob", "they left"),
        ]
        assert "own_billed_since" in history[1].changes

    def test_a_customer_cannot_be_billed_as_a_partner(self, start: Summit) -> None:
        """READ-4: a customer is billed for its machines anyway."""
        start.world.play(FIRST)
        with pytest.raises(SetupError, match="was not a partner"):
            start.world.set_up().bill_partner(start.juniper.id, by="ann", why="a mistake")
        with pytest.raises(SetupError, match="are not billed"):
            start.world.set_up().unbill_partner(start.juniper.id, by="ann", why="a mistake")

    def test_twice_is_told(self, summit: Summit) -> None:
        """READ-4: what is billed already says since when."""
        with pytest.raises(SetupError, match="have been billed since 2026-11-01"):
            summit.world.set_up().bill_partner(summit.partner.id, by="ann", why="again")

    def test_opted_out_with_the_next_month(self, summit: Summit) -> None:
        """READ-4, CLOSE-5: the open month is followed to its close, the next is not opened, and the
        command says what stays.
        """
        said = summit.world.set_up().unbill_partner(summit.partner.id, by="bob", why="they left")
        assert "November 2026 (endpoints) goes on" in said
        summit.check_in(summit.partner, 3, "2026-11-10 08:00")
        summit.check_in(summit.juniper, 1, "2026-11-10 08:00")
        summit.play("2026-11-11 00:05")
        assert summit.quantities() == [15]
        summit.play("2026-12-01 00:05")
        assert set(summit.world.standing(summit.partner).causes) == {
            WHOLE_COMPANY,
            of_record("2026-11"),
        }
        summit.play(CLOSE)
        assert (summit.record().state, summit.record().count) == (RecordState.CLOSED, 15)
        assert summit.world.record(summit.partner, "2026-12") is None
        summit.play("2026-12-02 00:20")
        assert "its own machines are not" in summit.reason()

    def test_opted_out_while_its_job_waits(self, start: Summit) -> None:
        """READ-4: a job that was planned before opens nothing afterwards: the worker reads the link
        itself.
        """
        start.world.play(FIRST)
        set_up(start.world, start.partner)
        start.world.tick(gmt(SECOND))
        start.world.set_up().unbill_partner(start.partner.id, by="bob", why="not yet")
        start.world.work()
        assert start.quantities() == []

    def test_months_before_are_not_opened(self, start: Summit) -> None:
        """READ-4, OPEN-9: opted in on the 3rd, it is billed from that month on, though the last
        could still be opened.
        """
        start.world.play(FIRST)
        start.play("2026-11-30 00:05", "2026-12-01 00:05")
        start.world.clock.set(gmt("2026-12-03 00:00"))
        set_up(start.world, start.partner)
        start.play("2026-12-03 00:05")
        assert [each[1] for each in start.world.additions(start.partner)] == ["2026-12-01"]

    def test_months_between_are_not_opened(self, start: Summit) -> None:
        """READ-4, OPEN-9: opted in, out and in again, it is not billed for the month in between
        that was never opened.
        """
        world = start.world
        world.connectwise.people.cancel_agreement(
            start.partner.agreement_id, gmt("2026-09-01 00:00").date()
        )
        world.play(FIRST)
        set_up(world, start.partner)
        start.play("2026-11-20 00:05")
        world.set_up().unbill_partner(start.partner.id, by="bob", why="not yet")
        start.play("2026-12-01 00:05")
        world.clock.set(gmt("2026-12-03 00:00"))
        world.set_up().bill_partner(start.partner.id, by="ann", why="from now on")
        agreement = world.add_agreement(start.partner.connectwise_id, name="New")
        start.play("2026-12-03 00:05")
        assert [
            str(each.effective)
            for each in world.connectwise.truth.additions(agreement_id=agreement)
        ] == ["2026-12-01"]

    def test_linked_to_another(self, summit: Summit) -> None:
        """READ-4, MATCH-1: unlinked and linked to another ConnectWise company, it stays one whose
        own machines are billed.
        """
        world = summit.world
        other = world.connectwise.people.add_company("SummitPeakGmbH", "Summit Peak GmbH")
        agreement = world.add_agreement(other)
        world.set_up().unlink(summit.partner.id, by="ann", why="the wrong one")
        world.set_up().link(summit.partner.id, other, by="ann", why="the right one")
        summit.play("2026-12-01 00:05")
        assert [
            int(each.quantity) for each in world.connectwise.truth.additions(agreement_id=agreement)
        ] == [0]

    def test_excluded(self, summit: Summit) -> None:
        """CLOSE-5, READ-4: an exclusion counts for a partner as for a customer."""
        summit.world.set_up().exclude(summit.partner.id, by="bob", why="a favour")
        summit.play("2026-12-01 00:05", CLOSE)
        assert len(summit.quantities()) == 1
        assert "Excluded" in summit.reason()

    def test_excluded_after_it_was_opted_out(self, summit: Summit) -> None:
        """CLOSE-5, READ-4, SAFE-7: while its last month is open, too, it is said that nobody below
        it is billed, and not that its customers are.
        """
        world = summit.world
        world.set_up().unbill_partner(summit.partner.id, by="bob", why="no more")
        world.set_up().exclude(summit.partner.id, by="bob", why="another distributor's")
        summit.play("2026-11-10 00:05")
        assert summit.record().state is RecordState.OPEN
        assert "Excluded" in summit.reason()
        assert "with all companies below it" in summit.reason()

    @pytest.mark.parametrize("without_parent", [False, True])
    def test_below_one_that_is_excluded(self, start: Summit, without_parent: bool) -> None:
        """CLOSE-5, READ-4, MATCH-1: below an excluded partner its open month goes on to its close,
        and no other is opened.
        """
        world = start.world
        ridge = add_partner(world, "Ridge Line IT", parent_id=start.partner.id)
        cedar = world.add_customer("Cedar Vets", parent_id=ridge.id)
        world.check_in(ridge, 4)
        world.check_in(cedar, 30)
        world.gravityzone.options.without_parent = without_parent
        world.play(FIRST)
        set_up(world, ridge)
        start.play(SECOND)
        world.set_up().exclude(start.partner.id, by="bob", why="another distributor's")
        world.check_in(ridge, 2)
        start.play("2026-11-10 00:05")
        assert quantities(world, ridge) == [6]
        start.play("2026-12-01 00:05", CLOSE, "2026-12-03 00:05")
        record = world.record(ridge, "2026-11")
        assert record is not None
        assert (record.state, quantities(world, ridge), quantities(world, cedar)) == (
            RecordState.CLOSED,
            [6],
            [30],
        )
        shown = world.standing(ridge).shown
        assert (shown.state, "below a partner that is excluded" in shown.reason) == (
            StandingState.WAITING,
            True,
        )
        assert world.failures == []

    def test_below_one_that_is_excluded_unread(self, start: Summit) -> None:
        """SAFE-5: whose children cannot be read now is not read itself: it says so, the tick has
        not failed, and the next one is right.
        """
        world = start.world
        ridge = add_partner(world, "Ridge Line IT", parent_id=start.partner.id)
        world.check_in(ridge, 4)
        world.play(FIRST)
        set_up(world, ridge)
        start.play(SECOND)
        world.set_up().exclude(start.partner.id, by="bob", why="another distributor's")
        world.check_in(ridge, 2)
        world.gravityzone.faults.add(
            Fault(kind=FaultKind.STATUS, operation=LISTS, contains=ridge.id, status=500)
        )
        start.play("2026-11-10 00:05")
        shown = world.standing(ridge).shown
        assert (shown.state, "could not be listed" in shown.reason) == (StandingState.FAILING, True)
        assert world.failures == []
        assert quantities(world, ridge) == [4]
        world.gravityzone.faults.clear()
        start.play("2026-11-10 00:20")
        assert quantities(world, ridge) == [6]
        assert world.standing(ridge).shown.state is StandingState.WAITING


def test_no_failure_but_those_that_were_ordered(summit: Summit) -> None:
    """SAFE-7: in a quiet life nothing fails."""
    summit.play("2026-11-15 00:05", "2026-12-01 00:05", CLOSE, "2026-12-11 00:05")
    assert not [each for each in summit.world.failures if isinstance(each, TallyError)]
