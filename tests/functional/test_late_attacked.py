"""Late lines, credits and voids under attack: sequences that went wrong once, over the
simulators.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.holds import SettledEdited
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "agreed with the customer"}


def a_world(machines: int = 7, **settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """A customer with so many machines in October, whose agreement is invoiced on the 1st for the
    month before.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, machines, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    return world, harbor


def invoice(world: World, harbor: Customer, at: str, *, times: int = 1) -> None:
    """The bookkeeper's run."""
    world.clock.set(gmt(at))
    for _ in range(times):
        world.connectwise.people.run_invoice(harbor.agreement_id)


def move_to_the_right_customer(world: World, harbor: Customer) -> int:
    """The company was linked to the wrong one: a person links it right, and has October's line
    voided; the right agreement.
    """
    lag, world.connectwise.options.list_lag = world.connectwise.options.list_lag, timedelta()
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    agreement = world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.connectwise.options.list_lag = lag
    return agreement


def quantities(world: World, agreement_id: int) -> list[int]:
    return [
        int(each.quantity) for each in world.connectwise.truth.additions(agreement_id=agreement_id)
    ]


def test_what_an_invoice_has_billed_is_not_taken_over() -> None:
    """OPEN-6, LATE-1: given to us after its month was invoiced, an open-ended Addition is left
    alone, and a person is asked.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    theirs = world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=12, effective=date(2026, 1, 1)
    )
    world.check_in(harbor, 12, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    invoice(world, harbor, "2026-11-01 09:00")
    world.answers().take_over(october(world, harbor).key, theirs, **BOOKS)
    world.play(gmt("2026-11-01 12:00"), gmt("2026-11-02 00:05"), gmt("2026-11-02 00:20"))
    assert world.connectwise.truth.addition(theirs).cancelled is None
    assert world.connectwise.truth.made_by_api() == []
    assert october(world, harbor).hold is not None


def test_voiding_believes_no_lagging_list() -> None:
    """OPEN-1, SAFE-2: where the list still shows the 0 from before our own push, the line is looked
    at again, and set to 0.
    """
    world, harbor = a_world(machines=0)
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.clock.set(gmt("2026-10-01 01:00"))
    world.check_in(harbor, 7)
    world.tick(gmt("2026-10-01 01:05"))
    world.clock.set(gmt("2026-10-01 01:18"))
    world.work(until=timedelta())
    right = move_to_the_right_customer(world, harbor)
    world.play(gmt("2026-10-01 01:20"), gmt("2026-10-01 01:35"))
    assert quantities(world, harbor.agreement_id) == [0]
    assert quantities(world, right) == [7]


def test_voiding_looks_at_what_others_wrote() -> None:
    """OPEN-1: a line that we left at 0 may have been changed by hand: it is looked at, and set to
    0.
    """
    world, harbor = a_world(machines=0)
    world.connectwise.people.set_quantity(1, 5)
    right = move_to_the_right_customer(world, harbor)
    world.check_in(harbor, 7, at=gmt("2026-10-01 01:00"))
    world.play(gmt("2026-10-02 00:05"))
    assert quantities(world, harbor.agreement_id) == [0]
    assert quantities(world, right) == [7]


def test_voiding_sets_every_copy_to_0() -> None:
    """OPEN-1: somebody has copied the line; void, it is billed by none of the copies."""
    world, harbor = a_world(machines=7)
    world.connectwise.people.copy_addition(1)
    right = move_to_the_right_customer(world, harbor)
    world.play(gmt("2026-10-02 00:05"))
    assert quantities(world, harbor.agreement_id) == [0, 0]
    assert quantities(world, right) == [7]


def raised_again() -> tuple[World, Customer, int]:
    """A line was voided and has its successor, and then somebody raises it again."""
    world, harbor = a_world(machines=7)
    right = move_to_the_right_customer(world, harbor)
    world.play(gmt("2026-10-01 12:05"))
    assert quantities(world, right) == [7]
    world.connectwise.people.set_quantity(1, 5)
    world.play(gmt("2026-10-02 00:05"), gmt("2026-10-02 00:20"))
    return world, harbor, right


def test_a_voided_line_that_bills_again_is_told_within_a_day() -> None:
    """FOLLOW-5, OPEN-1: it bears our reference, so no search for strangers would find it."""
    world, harbor, _ = raised_again()
    hold = october(world, harbor).hold
    assert isinstance(hold, SettledEdited)
    assert "it stands at 5 until 2026-10-31, we left it at 0" in hold.why
    assert "approve" not in hold.why
    world.connectwise.people.set_quantity(1, 0)
    world.play(gmt("2026-10-03 00:05"))
    assert october(world, harbor).hold is None


def test_a_voided_line_may_be_left_as_it_is() -> None:
    """FOLLOW-5: a person lets it be, and it is asked of no more; there is nothing to approve."""
    world, harbor, right = raised_again()
    with pytest.raises(SetupError, match="was voided, and nothing is billed by it"):
        world.answers().approve(october(world, harbor).key, **BOOKS)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.check_in(harbor, 2, at=gmt("2026-10-03 00:00"))
    world.play(gmt("2026-10-03 00:05"), gmt("2026-11-02 00:05"))
    assert (october(world, harbor).hold, quantities(world, right)[0]) == (None, 9)
    assert october(world, harbor).state is RecordState.CLOSED


def test_a_copy_that_no_list_showed_as_its_line_was_voided_is_told_within_a_day() -> None:
    """OPEN-1, SAFE-2: the lists lagged behind whoever copied it right before."""
    world, harbor = a_world(machines=7)
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.clock.set(gmt("2026-10-02 00:00"))
    move_to_the_right_customer(world, harbor)
    world.clock.set(gmt("2026-10-02 00:04"))
    copy = world.connectwise.people.copy_addition(1)
    world.play(gmt("2026-10-02 00:05"), gmt("2026-10-03 00:05"))
    hold = october(world, harbor).hold
    assert hold is not None
    assert f"Addition {copy} (quantity 7" in hold.why
    assert "It was voided, so nothing is written there." in hold.why
    world.connectwise.people.set_quantity(copy, 0)
    world.play(gmt("2026-10-04 00:05"))
    assert october(world, harbor).hold is None


def test_a_list_that_lags_raises_no_voided_line() -> None:
    """SAFE-2: what stood there before our own 0 is no change of somebody else's."""
    world, harbor = a_world(machines=7)
    right = move_to_the_right_customer(world, harbor)
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.play(gmt("2026-10-02 00:05"))
    assert (quantities(world, harbor.agreement_id), quantities(world, right)) == ([0], [7])
    assert october(world, harbor).hold is None


def test_no_late_line_before_its_month() -> None:
    """LATE-2: where invoicing is far behind, late usage does not go onto an invoice of a month
    before it.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"late_usage": LateUsage.BILL}
    )
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2020-02-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-02 00:05"))
    world.check_in(harbor, 3, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-10 00:05"))
    late = world.connectwise.truth.additions()[-1]
    assert (int(late.quantity), str(late.effective), str(late.cancelled)) == (
        3,
        "2026-10-01",
        "2026-10-31",
    )


def test_no_late_line_after_its_agreement() -> None:
    """LATE-2: an Addition dated after the agreement's end would be on no invoice: it waits for the
    next agreement.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    world.connectwise.people.expire_agreement(harbor.agreement_id, date(2026, 11, 30))
    world.play(gmt("2026-11-02 00:05"))
    invoice(world, harbor, "2026-11-05 09:00", times=2)
    world.check_in(harbor, 3, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-10 00:05"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert "ends on 2026-11-30, before its next invoice" in shown.reason
    successor = world.connectwise.people.renew_agreement(harbor.agreement_id, on=date(2026, 12, 1))
    world.play(gmt("2026-12-01 00:05"))
    assert 3 in quantities(world, successor)


def test_an_emptied_invoice_date_thaws_nothing() -> None:
    """LATE-1: that an agreement has no next invoice date any more says nothing of the invoices
    before.
    """
    world, harbor = a_world()
    invoice(world, harbor, "2026-11-01 09:00")
    world.play(gmt("2026-11-01 09:15"))
    world.connectwise.people.edit_agreement(harbor.agreement_id, {"nextInvoiceDate": None})
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-01 12:00"))
    record = october(world, harbor)
    assert [(line.state, line.pushed) for line in record.lines] == [(LineState.FROZEN, 7)]


def test_left_out_is_left_out_up_to_that_number() -> None:
    """LATE-2, CLOSE-4: who rejects two late ones is asked anew when there are twenty more, within
    the growth limits or not.
    """
    world, harbor = a_world()
    invoice(world, harbor, "2026-11-01 09:00")
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-02 00:05"))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    world.check_in(harbor, 20, at=gmt("2026-10-31 21:00"))
    world.play(gmt("2026-11-10 00:05"))
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == ("late", 29)


def test_a_notice_of_the_second_reading_is_seen() -> None:
    """LATE-1, SAFE-7: pushed at the close, after the invoice was made: the doubt is in the
    standing, not in the ledger alone.
    """
    world, harbor = a_world()
    world.tick(gmt("2026-11-01 23:59"))
    world.check_in(harbor, 1, at=gmt("2026-10-31 20:00"))
    world.tick(gmt("2026-11-02 00:00"))
    invoice(world, harbor, "2026-11-02 00:01")
    world.work()
    world.play(gmt("2026-11-10 00:05"), gmt("2026-11-10 00:20"))
    assert any(
        "see whether the invoice bills 8" in notice
        for notice in world.standing(harbor).shown.notices
    )


def test_a_floor_is_no_growth() -> None:
    """FOLLOW-4, CLOSE-2: what the contract adds to a count at the close is asked as late, not for
    growing too fast.
    """
    world, harbor = a_world(bill_minimum=True, growth_seats=2, growth_percent=10)
    world.play(gmt("2026-11-02 00:05"))
    world.check_in(harbor, 7, at=gmt("2026-11-03 00:00"))
    world.play(gmt("2026-11-04 00:05"))
    invoice(world, harbor, "2026-12-01 09:00", times=2)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 50
    world.play(gmt("2026-12-01 09:15"), gmt("2026-12-02 00:05"))
    november = world.record(harbor, "2026-11")
    assert november is not None
    assert november.hold is not None
    assert (november.hold.kind, november.hold.quantity) == ("late", 50)
    assert "counts 7 endpoints" in november.hold.why
    assert "50 are billed at least by its contract" in november.hold.why


def test_a_month_that_is_left_out_whole_closes_with_nothing() -> None:
    """OPEN-9, LATE-2: a month whose period was invoiced before it could be opened, and that a
    person leaves out, asks no more.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.connectwise.people.cancel_agreement(harbor.agreement_id, date(2026, 9, 1))
    world.check_in(harbor, 3, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    world.clock.set(gmt("2026-11-04 12:00"))
    fields = {
        "cancelledFlag": False,
        "dateCancelled": None,
        "nextInvoiceDate": "2026-12-01T00:00:00Z",
    }
    world.connectwise.people.edit_agreement(harbor.agreement_id, fields)
    world.play(gmt("2026-11-05 00:05"))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-05 00:20"), gmt("2026-11-10 00:05"), gmt("2026-11-10 00:20"))
    record = october(world, harbor)
    assert (str(record.state), record.lines, record.hold, record.settled) == (
        "closed",
        (),
        None,
        True,
    )
    assert world.standing(harbor).shown.state is StandingState.BILLING
