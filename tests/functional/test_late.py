"""Usage that the month's own Addition can carry no more: LATE-1, LATE-2, LATE-3 and CLOSE-4, over
the simulators.
"""

import copy

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.invoicing import Invoicing, LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.scopes import of_record
from testing.world import TYPE_ID, Customer, World
from tests.functional.instants import gmt
from tests.functional.october import OCTOBER, a_world, invoiced_early, october

NOVEMBER = ("2026-11-01", "2026-11-30")
DECEMBER = ("2026-12-01", "2026-12-31")
BOOKS = {"by": "mira", "why": "agreed with the customer"}


def invoiced(world: World, harbor: Customer, month: str) -> float:
    """What the agreement's invoices bill of Additions whose text names the month."""
    truth = world.connectwise.truth
    return sum(
        line.quantity
        for invoice in truth.invoices(agreement_id=harbor.agreement_id)
        for line in invoice.lines
        if month in truth.addition(line.addition_id).text
    )


def test_an_invoiced_line_is_frozen() -> None:
    """LATE-1: once the invoice is made, nothing more is written to the line, though ConnectWise
    would take it.
    """
    world, harbor = invoiced_early()
    assert world.additions(harbor)[0] == (7, *OCTOBER)
    line = october(world, harbor).newest
    assert line is not None
    assert line.state is LineState.FROZEN
    assert not any(
        change.by == "TallyAPI" for change in world.connectwise.truth.additions()[0].changes[1:]
    )


def test_late_usage_is_told_until_the_close_and_then_asked() -> None:
    """LATE-2: what the invoice has left out is a notice until the count is final, and then a person
    is asked.
    """
    world, harbor = invoiced_early()
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.BILLING
    assert any("9 endpoints in October 2026, 2 more" in notice for notice in shown.notices)
    world.play(gmt("2026-11-02 00:05"))
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == ("late", 9)
    for part in (
        "counts 9 endpoints for Harbor Dental in October 2026",
        "7 of them",
        "other 2",
        "2026-11-01 to 2026-11-30",
        "reject",
    ):
        assert part in hold.why
    assert len(world.additions(harbor)) == 2


def test_an_approved_rest_becomes_a_line_of_its_own() -> None:
    """LATE-2: on the agreement active now, in the period open now, with the usage month in its
    text; the lines add up.
    """
    world, harbor = invoiced_early()
    world.play(gmt("2026-11-02 00:05"))
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    record = october(world, harbor)
    assert (record.state, record.count, [line.pushed for line in record.lines]) == (
        RecordState.CLOSED,
        9,
        [7, 2],
    )
    late = world.connectwise.truth.additions()[-1]
    assert (late.quantity, str(late.effective), str(late.cancelled)) == (2, *NOVEMBER)
    assert "October 2026" in late.text
    world.clock.set(gmt("2026-12-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    assert invoiced(world, harbor, "October 2026") == 9


def test_a_rejected_rest_is_left_out() -> None:
    """LATE-2: a person may let it be; then the month closes with what was invoiced."""
    world, harbor = invoiced_early()
    world.play(gmt("2026-11-02 00:05"))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-10 00:05"), gmt("2026-11-10 00:20"))
    record = october(world, harbor)
    assert (record.state, record.stands, record.hold, record.settled) == (
        RecordState.CLOSED,
        7,
        None,
        True,
    )
    assert world.standing(harbor).shown.notices == ()


def test_late_usage_flows_where_the_setting_says_so() -> None:
    """LATE-2: with `bill` nobody is asked; the further line follows the count until the close."""
    world, harbor = invoiced_early(late_usage=LateUsage.BILL)
    assert [line.pushed for line in october(world, harbor).lines] == [7, 2]
    world.check_in(harbor, 1, at=gmt("2026-10-31 21:00"))
    world.play(gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert (record.state, record.count, [line.pushed for line in record.lines]) == (
        RecordState.CLOSED,
        10,
        [7, 3],
    )


def test_late_usage_asks_beyond_the_growth_limits() -> None:
    """LATE-2, FOLLOW-4: with `bill`, too, a count far beyond the month before waits for a
    person.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL, growth_seats=2)
    world.play(gmt("2026-11-02 00:05"), gmt("2026-11-20 00:05"))
    world.check_in(harbor, 7, at=gmt("2026-11-20 01:00"))
    world.play(gmt("2026-11-21 00:05"))
    world.clock.set(gmt("2026-12-01 09:00"))
    for _ in range(2):
        world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 30, at=gmt("2026-11-30 20:00"))
    world.play(gmt("2026-12-01 09:15"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert record.hold.kind == "growth"
    assert len(record.lines) == 1


def test_the_next_month_is_not_held_by_a_late_line() -> None:
    """OPEN-6: our own late line of October stands in November beside November's Addition, and holds
    nothing.
    """
    world, harbor = invoiced_early(late_usage=LateUsage.BILL)
    world.check_in(harbor, 4, at=gmt("2026-11-02 12:00"))
    world.play(gmt("2026-11-03 00:05"), gmt("2026-12-02 00:05"))
    november = world.record(harbor, "2026-11")
    assert november is not None
    assert (november.state, november.hold, november.count) == (RecordState.CLOSED, None, 4)


def test_a_month_is_read_once_more_and_what_is_more_is_asked() -> None:
    """CLOSE-4: at the day after which none is opened, the closed month is read again; its lines
    stay as they closed.
    """
    world, harbor = a_world()
    world.play(gmt("2026-11-02 00:05"))
    assert october(world, harbor).state is RecordState.CLOSED
    world.clock.set(gmt("2026-11-03 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 3, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-09 23:50"))
    assert october(world, harbor).hold is None
    world.play(gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity, record.state) == (
        "late",
        10,
        RecordState.CLOSED,
    )
    assert world.standing(harbor).shown.state is StandingState.HELD
    world.answers().approve(record.key, **BOOKS)
    world.play(gmt("2026-11-10 00:20"), gmt("2026-11-10 00:35"))
    record = october(world, harbor)
    assert ([line.pushed for line in record.lines], record.count, record.settled) == (
        [7, 3],
        10,
        True,
    )
    assert world.additions(harbor) == [(7, *OCTOBER), (0, *NOVEMBER), (3, *NOVEMBER)]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_an_unchanged_month_is_read_once_more_and_no_more_after_that() -> None:
    """CLOSE-4: one reading for it at that day, and none at the ticks that follow."""
    world, harbor = a_world()
    world.play(gmt("2026-11-02 00:05"))
    for tick, readings in (
        ("2026-11-09 00:05", 1),
        ("2026-11-10 00:05", 2),
        ("2026-11-10 00:20", 1),
    ):
        world.gravityzone.calls.clear()
        world.play(gmt(tick))
        assert world.gravityzone.calls.counts["getMonthlyUsage"] == readings
    assert october(world, harbor).settled


def test_less_than_billed_is_told_until_a_person_marks_it_done() -> None:
    """LATE-3: what was billed too much is never lowered by us; the notice names it until a person
    has credited it.
    """
    world, harbor = a_world()
    world.play(gmt("2026-11-02 00:05"))
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-10 00:05"), gmt("2026-12-15 00:05"))
    record = october(world, harbor)
    assert record.credit is not None
    assert record.credit.quantity == 2
    (notice,) = world.standing(harbor).shown.notices
    for part in (
        "October 2026 billed 7",
        "Harbor Dental",
        "counts 5",
        "2 too many, 9.00 at 4.50 each",
        "mark it done",
    ):
        assert part in notice
    assert world.additions(harbor)[0] == (7, *OCTOBER)
    world.answers().credit_done(record.key, **BOOKS)
    world.play(gmt("2026-12-15 00:20"))
    assert world.standing(harbor).shown.notices == ()
    assert world.ledger.history(record.key)[-1].by == "mira"


def test_a_doubtful_push_is_told() -> None:
    """LATE-1: a quantity written between the last tick before the invoice and the invoice may be on
    it or not: a notice.
    """
    world, harbor = a_world()
    world.play(gmt("2026-10-31 23:00"))
    world.check_in(harbor, 1, at=gmt("2026-10-31 23:01"))
    world.tick(gmt("2026-10-31 23:15"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.work()
    world.play(gmt("2026-10-31 23:30"))
    (notice,) = october(world, harbor).notices
    assert "Addition 1 was set to 8" in notice
    assert "see whether the invoice bills 8" in notice


def test_a_push_well_before_the_invoice_is_not_doubted() -> None:
    """LATE-1: what was written at an earlier tick is on the invoice for certain."""
    world, harbor = invoiced_early()
    assert october(world, harbor).notices == ()


def test_an_ended_agreement_carries_no_more() -> None:
    """LATE-1: a line whose agreement has ended is frozen, and the rest goes onto the one that runs
    now.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    successor = world.connectwise.people.renew_agreement(
        harbor.agreement_id, on=gmt("2026-10-25 00:00").date()
    )
    world.check_in(harbor, 2, at=gmt("2026-10-26 00:00"))
    world.play(gmt("2026-10-26 00:05"), gmt("2026-10-26 00:20"), gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert [(line.agreement_id, line.pushed) for line in record.lines] == [
        (harbor.agreement_id, 7),
        (successor, 2),
    ]
    assert record.state is RecordState.CLOSED


def test_what_is_found_on_an_invoiced_agreement_is_not_raised() -> None:
    """LATE-1, SAFE-2: an Addition whose answer was lost is found after its agreement was invoiced
    and renewed: the rest goes onto the next.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"late_usage": LateUsage.BILL}
    )
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    lost = Fault(operation="POST additions", kind=FaultKind.TIMEOUT_AFTER, times=1)
    down = Fault(
        operation="GET agreements/{id}", kind=FaultKind.STATUS, status=503, effect=False, after=1
    )
    for fault in (lost, down):
        world.connectwise.faults.add(fault)
    world.play(gmt("2026-10-01 00:05"))
    successor = world.connectwise.people.renew_agreement(
        harbor.agreement_id, on=gmt("2026-11-01 00:00").date()
    )
    world.check_in(harbor, 2, at=gmt("2026-10-26 00:00"))
    world.play(gmt("2026-10-26 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-02 00:05"))
    (record,) = [october(world, harbor)]
    assert (record.lines, record.claim is not None) == ((), True)
    world.connectwise.faults.clear()
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-02 00:35"))
    record = october(world, harbor)
    assert [(line.agreement_id, line.pushed) for line in record.lines] == [
        (harbor.agreement_id, 7),
        (successor, 2),
    ]
    assert invoiced(world, harbor, "October 2026") == 7
    assert record.state is RecordState.CLOSED


def test_an_old_job_meets_an_agreement_that_is_another_by_now() -> None:
    """LATE-1, OPEN-7: of an agreement that was invoiced and made one of another type since the job
    was planned, what it is now counts.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.tick(gmt("2026-11-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.connectwise.people.edit_agreement(harbor.agreement_id, {"type": {"id": TYPE_ID + 1}})
    world.work()
    assert world.failures == []
    (line,) = october(world, harbor).lines
    assert (line.state, line.pushed) == (LineState.FROZEN, 7)


def test_an_agreement_that_ends_before_its_next_invoice_has_no_place() -> None:
    """LATE-2: nothing is written that no invoice would bill; the agreement that follows takes it
    once it runs.
    """
    settings = {"invoicing": Invoicing.ADVANCE, "late_usage": LateUsage.BILL}
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    successor = world.connectwise.people.renew_agreement(
        harbor.agreement_id, on=gmt("2026-10-20 00:00").date()
    )
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-19 00:05"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert shown.reason == (
        "What October 2026 has used beyond its invoice has no place: agreement 'Managed security' "
        f"(id {harbor.agreement_id}) ends on 2026-10-19, before its next invoice. The agreement "
        "that follows it is taken once it runs: make one if there is none, or bill the rest by "
        "hand."
    )
    assert world.connectwise.truth.made_by_api() == []
    world.play(gmt("2026-10-20 00:05"))
    assert [(line.agreement_id, line.pushed) for line in october(world, harbor).lines] == [
        (successor, 7)
    ]


def test_what_could_not_be_billed_is_not_forgotten_while_a_list_fails() -> None:
    """SAFE-7, LATE-2: usage whose line failed is told still by a tick that may open none, as its
    lists cannot be read.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST additions", status=403)
    )
    world.play(gmt("2026-11-01 12:00"))
    said = world.standing(harbor).causes[of_record("2026-10")]
    assert said.state is StandingState.FAILING
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getCompaniesList", status=500)
    )
    world.play(gmt("2026-11-01 12:15"), gmt("2026-11-01 12:30"))
    assert world.failures
    assert world.standing(harbor).causes[of_record("2026-10")] == said


def test_an_invoice_taken_back_thaws_the_line() -> None:
    """LATE-1: where ConnectWise shows the old invoice date again, the line follows the count as
    before; history says so.
    """
    world, harbor = invoiced_early()
    world.connectwise.people.edit_agreement(
        harbor.agreement_id, {"nextInvoiceDate": "2026-11-01T00:00:00Z"}
    )
    world.play(gmt("2026-11-01 13:00"), gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert (record.state, [line.pushed for line in record.lines]) == (RecordState.CLOSED, [9])
    assert "no longer frozen" in [entry.what for entry in world.ledger.history(record.key)]


def test_in_advance_needs_set_up_unless_late_lines_are_accepted() -> None:
    """LATE-1: an agreement that is invoiced before its period cannot be billed for what nobody
    knows yet.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"invoicing": Invoicing.ADVANCE}
    )
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.play(gmt("2026-10-01 00:05"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "Use an agreement type that is invoiced after the month's close" in shown.reason
    assert world.additions(harbor) == []


def test_in_advance_with_late_lines_bills_the_month_on_the_next_invoice() -> None:
    """LATE-1, OPEN-9: where the period has been invoiced, the usage is a late line without a line
    0.
    """
    settings = {"invoicing": Invoicing.ADVANCE, "late_usage": LateUsage.BILL}
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 3, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert [line.number for line in record.lines] == [1]
    assert (record.state, record.count) == (RecordState.CLOSED, 3)
    assert world.additions(harbor)[0] == (3, *NOVEMBER)


def test_a_refusal_as_already_invoiced_needs_set_up() -> None:
    """LATE-1: ConnectWise's own word for it counts as well, and the standing says what to do."""
    world = World(clock=VirtualClock(gmt("2026-10-10 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.people.mark_invoiced(harbor.agreement_id, gmt("2026-10-31 00:00").date())
    world.play(gmt("2026-10-10 00:05"), gmt("2026-10-10 00:20"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "already been invoiced" in shown.reason
    assert "LateUsage" in shown.reason


def test_a_refusal_as_already_invoiced_becomes_a_late_line() -> None:
    """LATE-1: with late lines accepted, the Addition goes into the first period that ConnectWise
    takes.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-10 00:00")), settings={"late_usage": LateUsage.BILL}
    )
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 3)
    world.connectwise.people.mark_invoiced(harbor.agreement_id, gmt("2026-10-31 00:00").date())
    world.play(gmt("2026-10-10 00:05"), gmt("2026-10-10 00:20"), gmt("2026-10-10 00:35"))
    assert world.additions(harbor) == [(3, *NOVEMBER)]


def test_a_month_opened_after_its_invoice_is_asked() -> None:
    """OPEN-9, LATE-2: an agreement made late whose period was invoiced: a person is asked before a
    late line is made.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.connectwise.people.cancel_agreement(harbor.agreement_id, gmt("2026-09-01 00:00").date())
    world.check_in(harbor, 3, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    fields = {
        "cancelledFlag": False,
        "dateCancelled": None,
        "nextInvoiceDate": "2026-12-01T00:00:00Z",
    }
    world.clock.set(gmt("2026-11-04 12:00"))
    world.connectwise.people.edit_agreement(harbor.agreement_id, fields)
    world.play(gmt("2026-11-05 00:05"))
    record = october(world, harbor)
    assert record.hold is not None
    assert (record.hold.kind, record.lines) == ("late", ())
    assert "none of them are billed" in record.hold.why
    world.answers().approve(record.key, **BOOKS)
    world.play(gmt("2026-11-05 00:20"))
    record = october(world, harbor)
    assert [(line.number, line.pushed) for line in record.lines] == [(1, 3)]
    assert record.state is RecordState.CLOSED


def test_a_restored_ledger_finds_its_late_line() -> None:
    """SAFE-8: restored to before the late line, it is found by its reference: not doubled, and
    nobody is asked.
    """
    world, harbor = invoiced_early()
    world.play(gmt("2026-11-02 00:05"))
    backup = copy.deepcopy(
        {name: value for name, value in vars(world.ledger).items() if name not in {"_lock", "_now"}}
    )
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    assert len(world.additions(harbor)) == 3
    vars(world.ledger).update(backup)
    world.play(gmt("2026-11-02 01:00"), gmt("2026-11-02 01:15"))
    assert len(world.additions(harbor)) == 3


@pytest.mark.parametrize("state", ["closed", "frozen"])
def test_what_has_been_invoiced_cannot_be_voided(state: str) -> None:
    """OPEN-1, CLOSE-4: what an invoice has taken, or a month closed with, is credited by hand; the
    text says so.
    """
    world, harbor = invoiced_early() if state == "frozen" else a_world()
    if state == "closed":
        world.play(gmt("2026-11-02 00:05"))
    with pytest.raises(SetupError, match="by hand"):
        world.answers().void(october(world, harbor).key, **BOOKS)


def test_a_line_at_the_wrong_customer_is_voided() -> None:
    """OPEN-1: its Addition is set to 0 and kept, and the next line stands at the right customer,
    with the whole count.
    """
    world, harbor = a_world()
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    agreement = world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"))
    record = october(world, harbor)
    assert [(line.state, line.pushed) for line in record.lines] == [
        (LineState.VOID, 0),
        (LineState.OPEN, 7),
    ]
    assert [
        each.quantity
        for each in world.connectwise.truth.additions(agreement_id=harbor.agreement_id)
    ] == [0]
    assert [
        each.quantity for each in world.connectwise.truth.additions(agreement_id=agreement)
    ] == [7]
    world.check_in(harbor, 1)
    world.play(gmt("2026-10-22 00:05"), gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert (record.state, record.count) == (RecordState.CLOSED, 8)
    assert [line.state for line in record.lines] == [LineState.VOID, LineState.FINAL]


def test_a_voided_line_does_not_hold_the_customer_where_it_stood() -> None:
    """OPEN-6: at the customer that it was wrongly billed to, the voided Addition at 0 stands beside
    nothing.
    """
    world, harbor = a_world()
    north = world.gravityzone.tenant.add_company("Harbor Dental North")
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental Main")
    world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"))
    world.set_up().link(north, harbor.connectwise_id, **BOOKS)
    world.play(gmt("2026-10-22 00:05"))
    assert world.additions(harbor) == [(0, *OCTOBER), (0, *OCTOBER)]


def test_nothing_is_made_again_where_it_was_voided() -> None:
    """OPEN-1: as long as the company is linked to where its line was voided, the standing says what
    to do, and nothing is made.
    """
    world, harbor = a_world()
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"), gmt("2026-10-21 00:20"))
    assert world.additions(harbor) == [(0, *OCTOBER)]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "Link the company to the right one" in shown.reason


def test_what_was_invoiced_before_it_could_be_voided_is_told() -> None:
    """OPEN-1, LATE-1: an invoice between a person's word and the next job has taken the quantity: a
    notice to credit it.
    """
    world, harbor = a_world()
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-10-21 00:05"))
    (notice,) = october(world, harbor).notices
    assert "Addition 1 is voided, but agreement" in notice
    assert "see whether 7 must be credited there by hand" in notice
