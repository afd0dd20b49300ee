"""Taking over from Bitdefender's classic integration, which keeps one Addition without an end on
each agreement.
"""

from datetime import date

import pytest

from simulators.connectwise.billing_truth import AdditionTruth
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey
from testing.audit import gaps
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

INSTALLED = gmt("2026-11-12 09:05")
ANSWERED, LATER = gmt("2026-11-12 09:20"), gmt("2026-11-20 09:05")
NEXT = (gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05"))
WHO = {"by": "mira", "why": "Tally takes over from the classic integration"}
BITDEFENDER = "bitdefender"
pytestmark = pytest.mark.world(at=gmt("2026-11-12 09:00"))


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer whose agreement is invoiced on the 1st for the month before; it uses five machines
    in November.
    """
    customer = world.add_customer(
        "Harbor Dental", fields={"nextInvoiceDate": "2026-12-01T00:00:00Z"}
    )
    world.check_in(customer, 5, at=gmt("2026-11-02 08:00"))
    return customer


def classic(world: World, customer: Customer, quantity: int) -> AdditionTruth:
    """The Addition that the integration keeps: of the product, since March, without an end."""
    added = world.connectwise.people.add_addition(
        customer.agreement_id,
        PRODUCT,
        quantity=quantity,
        effective=date(2026, 3, 1),
        cancelled=None,
        by=BITDEFENDER,
        fields={"invoiceDescription": "Bitdefender GravityZone"},
    )
    return world.connectwise.truth.addition(added)


def november(customer: Customer) -> RecordKey:
    return RecordKey(company_id=customer.id, month=Month(2026, 11), service="endpoints")


def invoiced(world: World, customer: Customer) -> list[float]:
    """What each invoice bills in all."""
    invoices = world.connectwise.truth.invoices(agreement_id=customer.agreement_id)
    return [sum(line.quantity for line in invoice.lines) for invoice in invoices]


def test_taken_over_in_mid_month(world: World, harbor: Customer) -> None:
    """OPEN-6: the customer sees one line for November, the old one at the month's true count, and
    Tally's from December on.
    """
    old = classic(world, harbor, quantity=4)
    world.play(INSTALLED)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert f"Addition {old.id} (quantity 4, 2026-03-01 to open-ended)" in shown.reason
    assert world.connectwise.truth.made_by_api() == []

    world.answers().take_over(november(harbor), old.id, **WHO)
    world.play(ANSWERED)
    world.check_in(harbor, 2)
    world.play(LATER, *NEXT)
    world.connectwise.people.run_invoice(harbor.agreement_id)
    assert (old.quantity, old.effective, old.cancelled) == (7, date(2026, 3, 1), date(2026, 11, 30))
    assert old.text.startswith("Bitdefender GravityZone [TLY-")
    [december] = world.connectwise.truth.made_by_api()
    assert (december.quantity, december.effective, december.cancelled) == (
        0,
        date(2026, 12, 1),
        date(2026, 12, 31),
    )
    assert invoiced(world, harbor) == [7], "one line's worth, not both"
    assert list(gaps(world.ledger.history(november(harbor)))) == []


def test_the_integration_was_left_on(world: World, harbor: Customer) -> None:
    """FOLLOW-3: a quantity that the integration goes on writing is held with its name and never
    fought over.
    """
    old = classic(world, harbor, quantity=5)
    world.play(INSTALLED)
    world.answers().take_over(november(harbor), old.id, **WHO)
    world.play(ANSWERED)
    world.connectwise.people.set_quantity(old.id, 12, by=BITDEFENDER)
    world.check_in(harbor, 1)
    world.play(LATER)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert BITDEFENDER in shown.reason
    assert old.quantity == 12


def test_more_stands_than_was_counted(world: World, harbor: Customer) -> None:
    """OPEN-6, READ-7: what the integration billed beyond the count stands until a person accepts
    the lower number.
    """
    old = classic(world, harbor, quantity=9)
    world.play(INSTALLED)
    world.answers().take_over(november(harbor), old.id, **WHO)
    world.play(ANSWERED)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity, old.quantity) == ("fall", 5, 9)
    world.answers().approve(november(harbor), **WHO)
    world.play(LATER)
    assert old.quantity == 5


def test_a_clean_cut_at_the_months_end(world: World, harbor: Customer) -> None:
    """OPEN-8: with the next month as the first one, the integration bills November to its end, and
    nobody is asked anything.
    """
    world.first_month = Month(2026, 12)
    world.plan = world.planner()
    old = classic(world, harbor, quantity=5)
    world.play(INSTALLED, LATER)
    assert world.standing(harbor).shown.state is StandingState.WAITING
    world.connectwise.people.cancel_addition(old.id, date(2026, 11, 30))
    world.play(*NEXT)
    assert [
        (int(each.quantity), str(each.effective)) for each in world.connectwise.truth.made_by_api()
    ] == [(0, "2026-12-01")]
    assert world.connectwise.truth.foreign_changed_by_api() == []
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_clean_cut_that_forgot_the_end(world: World, harbor: Customer) -> None:
    """OPEN-6: an old Addition that was left without an end holds December, which is billed by it
    alone until a person answers.
    """
    world.first_month = Month(2026, 12)
    world.plan = world.planner()
    classic(world, harbor, quantity=5)
    world.play(INSTALLED, *NEXT)
    assert world.connectwise.truth.made_by_api() == []
    assert world.standing(harbor).shown.state is StandingState.HELD
