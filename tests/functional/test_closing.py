"""The end of a month: late reports, the last push, the read-back, and the silence after it."""

from datetime import timedelta

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState
from testing.world import Customer, World
from tests.functional.instants import every, gmt
from tests.functional.october import october

OCTOBER = ("2026-10-01", "2026-10-31")
LAST_DAY, CLOSE = gmt("2026-10-31 12:00"), gmt("2026-11-02 00:00")
READ, PATCH, LIST = "getMonthlyUsage", "PATCH additions/{id}", "GET additions"
pytestmark = pytest.mark.world(at=LAST_DAY)


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer with four machines in October."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 4)
    world.play(LAST_DAY)
    return customer


def octobers_addition(world: World, customer: Customer) -> tuple[int, str, str]:
    """October's Addition, of which there is one."""
    (found,) = [each for each in world.additions(customer) if each[1:] == OCTOBER]
    return found


def test_a_month_stays_open_after_its_end(world: World, harbor: Customer) -> None:
    """CLOSE-1: the 1st is not the end: the record is open until the 2nd, 00:00 GMT, and then
    closed.
    """
    world.play(gmt("2026-10-31 23:45"), gmt("2026-11-01 00:00"), gmt("2026-11-01 23:45"))
    assert october(world, harbor).state is RecordState.OPEN
    world.play(CLOSE)
    record = october(world, harbor)
    assert record.state is RecordState.CLOSED
    assert (record.count, record.floor) == (4, 0)
    assert record.newest is not None
    assert record.newest.state is LineState.FINAL
    assert octobers_addition(world, harbor) == (4, *OCTOBER)


@pytest.mark.slow
def test_first_seen_at_ten_to_midnight(world: World, harbor: Customer) -> None:
    """CLOSE-1: a machine that connects for the first time at 23:50 on the last day is billed in
    that month.
    """
    world.check_in(harbor, 1, at=gmt("2026-10-31 23:50"))
    world.play(*every(timedelta(minutes=15), "2026-10-31 23:30", "2026-11-02 00:15"))
    assert octobers_addition(world, harbor) == (5, *OCTOBER)
    assert october(world, harbor).count == 5
    assert world.additions(harbor)[1:] == [(0, "2026-11-01", "2026-11-30")]


def test_first_seen_at_midnight(world: World, harbor: Customer) -> None:
    """CLOSE-1: a machine of 00:00 on the 1st is the new month's alone."""
    world.check_in(harbor, 1, at=gmt("2026-11-01 00:00"))
    world.play(*every(timedelta(minutes=15), "2026-10-31 23:30", "2026-11-02 00:15"))
    assert octobers_addition(world, harbor) == (4, *OCTOBER)
    assert world.additions(harbor)[1:] == [(1, "2026-11-01", "2026-11-30")]


@pytest.mark.parametrize(
    ("counted", "final"),
    [("2026-11-01 00:10", 6), ("2026-11-01 23:59", 6), ("2026-11-02 00:00", 6)],
)
def test_late_reports_are_counted(world: World, harbor: Customer, counted: str, final: int) -> None:
    """CLOSE-1, CLOSE-2: what GravityZone counts late, up to the close's own last read, is pushed
    before the close.
    """
    seen = gmt("2026-10-31 20:00")
    world.gravityzone.tenant.check_in_new(harbor.id, 2, at=seen, lag=gmt(counted) - seen)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), CLOSE)
    assert octobers_addition(world, harbor) == (final, *OCTOBER)
    assert october(world, harbor).count == final


def test_last_read_pushed_read_back_closed(world: World, harbor: Customer) -> None:
    """CLOSE-2: at the close the count is read once more, pushed, seen in ConnectWise at that
    quantity, and then final.
    """
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-01 23:45"))
    world.gravityzone.tenant.check_in_new(
        harbor.id, 2, at=gmt("2026-10-31 20:00"), lag=timedelta(hours=28)
    )
    world.tick(CLOSE)
    world.connectwise.calls.clear()
    world.work()
    made = [call.operation for call in world.connectwise.calls if call.operation in {LIST, PATCH}]
    assert made == [LIST, PATCH, LIST]
    assert october(world, harbor).state is RecordState.CLOSED
    history = [entry.what for entry in world.ledger.history(october(world, harbor).key)]
    assert history == ["post intended", "opened", "patch intended", "pushed", "closed"]


def test_the_read_back_waits_for_the_list(world: World, harbor: Customer) -> None:
    """CLOSE-2: while ConnectWise's list still shows what stood there before, nothing is closed;
    then it is.
    """
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.check_in_new(
        harbor.id, 2, at=gmt("2026-10-31 20:00"), lag=timedelta(hours=28)
    )
    world.connectwise.options.list_lag = timedelta(minutes=3)
    world.tick(CLOSE)
    world.work(until=timedelta(minutes=1))
    assert october(world, harbor).state is RecordState.OPEN
    world.work(until=timedelta(minutes=12))
    assert october(world, harbor).state is RecordState.CLOSED
    assert octobers_addition(world, harbor) == (6, *OCTOBER)
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_nothing_closes_without_its_addition_in_sight(world: World, harbor: Customer) -> None:
    """CLOSE-2: as long as ConnectWise does not show the Addition, the month stays open, its count
    known or not.
    """
    world.play(gmt("2026-11-01 00:00"))
    world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation=LIST, status=500))
    world.play(CLOSE, gmt("2026-11-03 00:00"))
    assert october(world, harbor).state is RecordState.OPEN
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.connectwise.faults.clear()
    world.play(gmt("2026-11-03 06:00"))
    assert october(world, harbor).state is RecordState.CLOSED


def test_a_month_whose_addition_was_changed_does_not_close(world: World, harbor: Customer) -> None:
    """CLOSE-2, FOLLOW-3: the read-back finds a quantity that is not ours: held, open, and closed
    once it is put right.
    """
    (made,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_quantity(made.id, 40)
    world.play(gmt("2026-11-01 00:00"), CLOSE, gmt("2026-11-05 00:00"))
    assert october(world, harbor).state is RecordState.OPEN
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert "jlee" in shown.reason
    world.connectwise.people.set_quantity(made.id, 4)
    world.play(gmt("2026-11-06 00:00"))
    assert october(world, harbor).state is RecordState.CLOSED
    assert octobers_addition(world, harbor) == (4, *OCTOBER)


def test_a_month_with_a_fall_does_not_close(world: World, harbor: Customer) -> None:
    """CLOSE-2, READ-7: a hold on the push keeps the month open beyond its close, until the count is
    back.
    """
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 2)
    world.play(gmt("2026-11-01 00:00"), CLOSE, gmt("2026-11-05 00:00"))
    assert october(world, harbor).state is RecordState.OPEN
    assert world.standing(harbor).shown.state is StandingState.HELD
    world.gravityzone.tenant.clear_overrides()
    world.play(gmt("2026-11-05 00:15"))
    assert october(world, harbor).state is RecordState.CLOSED


def test_a_month_with_another_addition_does_not_close(world: World, harbor: Customer) -> None:
    """CLOSE-2, OPEN-6: a foreign Addition that covers the month is met at the read-back too."""
    world.connectwise.people.add_addition(
        harbor.agreement_id, "GZ-ENDPOINT", quantity=4, effective=gmt("2026-10-01 00:00").date()
    )
    world.play(gmt("2026-11-01 00:00"), CLOSE)
    assert october(world, harbor).state is RecordState.OPEN
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_a_missed_close_happens_later(world: World, harbor: Customer) -> None:
    """CLOSE-3: after days without a tick the open month is found in the ledger and closed, and the
    new one opened.
    """
    world.gravityzone.tenant.check_in_new(harbor.id, 1, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-17 09:00"))
    assert october(world, harbor).state is RecordState.CLOSED
    assert world.additions(harbor) == [(5, *OCTOBER), (0, "2026-11-01", "2026-11-30")]


def test_a_close_missed_for_months(world: World, harbor: Customer) -> None:
    """CLOSE-3: however long nothing ran, the record that is open is closed with its own month's
    count.
    """
    world.check_in(harbor, 9, at=gmt("2026-11-15 09:00"))
    world.play(gmt("2027-01-20 09:00"))
    assert october(world, harbor).state is RecordState.CLOSED
    assert world.additions(harbor) == [(4, *OCTOBER), (0, "2027-01-01", "2027-01-31")]


def test_a_closed_record_is_never_written_again(world: World, harbor: Customer) -> None:
    """CLOSE-4: reports that come in after the close change nothing that it closed with; they are
    asked of a person.
    """
    world.gravityzone.tenant.check_in_new(
        harbor.id, 3, at=gmt("2026-10-31 20:00"), lag=timedelta(days=4)
    )
    world.play(gmt("2026-11-01 00:00"), CLOSE)
    before = october(world, harbor)
    (made, _) = world.connectwise.truth.made_by_api()
    changed = list(made.changes)
    world.play(*every(timedelta(hours=6), "2026-11-02 06:00", "2026-11-12 00:00"))
    after = october(world, harbor)
    assert (after.state, after.lines, after.count) == (before.state, before.lines, before.count)
    assert after.hold is not None
    assert after.hold.kind == "late"
    assert made.changes == changed
    assert octobers_addition(world, harbor) == (4, *OCTOBER)


def test_an_old_job_finds_it_closed(world: World, harbor: Customer) -> None:
    """CLOSE-4, SAFE-4: a job of an open month that comes after the close asks nobody and writes
    nothing.
    """
    world.tick(gmt("2026-11-01 00:00"))
    (job,) = [message for message in world.queue.receive() if message.job.month == Month(2026, 10)]
    world.queue.delete(job)
    world.work()
    world.play(CLOSE)
    before = october(world, harbor)
    world.gravityzone.calls.clear()
    world.connectwise.calls.clear()
    world.queue.repeat(job)
    world.work()
    assert october(world, harbor) == before
    assert len(world.gravityzone.calls) == len(world.connectwise.calls) == 0


def test_the_floor_is_recorded_and_not_billed(world: World) -> None:
    """CLOSE-2: the floor that the customer committed to stands beside the count; the quantity is
    the count's.
    """
    company = world.gravityzone.tenant.add_company("Lakeside Library", minimum_usage=10)
    connectwise_id = world.connectwise.people.add_company("Lakeside", "Lakeside Library")
    lakeside = Customer(
        name="Lakeside Library",
        id=company,
        connectwise_id=connectwise_id,
        agreement_id=world.add_agreement(connectwise_id),
    )
    world.check_in(lakeside, 3)
    world.play(LAST_DAY, CLOSE)
    record = october(world, lakeside)
    assert (record.count, record.floor) == (3, 10)
    assert octobers_addition(world, lakeside) == (3, *OCTOBER)


def test_no_floor_is_no_floor(world: World) -> None:
    """CLOSE-2: where GravityZone tells no floor, none is recorded."""
    lakeside = world.add_customer("Lakeside Library")
    world.gravityzone.tenant.company(lakeside.id).minimum_usage = None
    world.play(LAST_DAY, CLOSE)
    assert october(world, lakeside).floor is None


@pytest.mark.parametrize("gone", ["deleted", "another licence"])
def test_a_company_without_a_reading_closes_with_its_last(
    world: World, harbor: Customer, gone: str
) -> None:
    """CLOSE-5: gone or without its subscription, the open month keeps its last number and closes
    with it, with a notice.
    """
    if gone == "deleted":
        world.gravityzone.tenant.delete_company(harbor.id)
    else:
        world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-01 00:00"))
    assert october(world, harbor).state is RecordState.OPEN
    world.play(CLOSE)
    record = october(world, harbor)
    assert (record.state, record.count, record.floor) == (RecordState.CLOSED, 4, None)
    assert any("last count" in notice for notice in record.notices)
    assert world.additions(harbor) == [(4, *OCTOBER)]


def test_a_zero_without_a_licence_is_no_last_count(world: World) -> None:
    """READ-3, CLOSE-5: at the close a 0 is a count only while the subscription is monthly, also
    where lists cannot be read.
    """
    lakeside = world.add_customer("Lakeside Library")
    world.play(LAST_DAY)
    world.check_in(lakeside, 3)
    world.gravityzone.tenant.change_subscription(lakeside.id, 2)
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation="getCompaniesList"))
    world.play(CLOSE)
    record = october(world, lakeside)
    assert (record.state, record.count, record.floor) == (RecordState.CLOSED, 0, None)
    assert any("last count" in notice for notice in record.notices)


def test_a_company_without_a_reading_is_held_if_its_number_does_not_stand(
    world: World, harbor: Customer
) -> None:
    """CLOSE-5: nothing can be read and ConnectWise shows another number: held, not closed."""
    (made,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_quantity(made.id, 40)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(CLOSE)
    assert october(world, harbor).state is RecordState.OPEN
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_a_company_without_a_reading_stays_held_by_a_fall(world: World, harbor: Customer) -> None:
    """CLOSE-5, CLOSE-2: a fall that waits for its answer keeps the month open, though nothing can
    be read any more.
    """
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 2)
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(CLOSE)
    assert october(world, harbor).state is RecordState.OPEN
    assert world.standing(harbor).shown.state is StandingState.HELD
