"""READ-7: a fall that a person has accepted, and the falls after it; and what is said of a fall
below what was invoiced.
"""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.invoicing import LateUsage
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "Bitdefender corrected it"}
pytestmark = pytest.mark.world(at=gmt("2026-10-01 00:00"), settings={"late_usage": LateUsage.BILL})


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer that stands at seven, and whose fall to five a person has just accepted."""
    customer = world.add_customer(
        "Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"}
    )
    world.check_in(customer, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    counts(world, customer, 5)
    world.answers().approve(october(world, customer).key, **BOOKS)
    return customer


def counts(world: World, harbor: Customer, count: int) -> None:
    """GravityZone's next answer, and a job that reads it."""
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", count)
    again(world)


def again(world: World) -> None:
    world.play(world.clock.now() + timedelta(hours=1))


@pytest.mark.parametrize(
    ("between", "last"),
    [
        ([5], 4),  # below the accepted number
        ([5, 20], 6),  # risen far above it, and back
        ([5, 6], 5),  # risen above it, and back to it
        ([6], 5),  # risen before it was written, and back
        ([7], 5),  # back at what stands before it was written, and down again
        ([9], 5),
    ],
)
def test_an_accepted_fall_is_no_licence_for_the_next(
    world: World, harbor: Customer, between: Sequence[int], last: int
) -> None:
    """READ-7: what was accepted is that number, once: a further fall is held, and so is one back to
    it after a rise.
    """
    for count in between:
        counts(world, harbor, count)
        assert (october(world, harbor).stands, october(world, harbor).hold) == (count, None)
    counts(world, harbor, last)
    record = october(world, harbor)
    assert record.hold is not None
    assert (record.stands, record.hold.kind, record.hold.quantity) == (between[-1], "fall", last)


def test_an_accepted_fall_is_written_though_the_answer_is_lost(
    world: World, harbor: Customer
) -> None:
    """READ-7, SAFE-2: the licence lasts until the write is known to have arrived."""
    world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="PATCH additions/{id}")
    )
    again(world)
    world.connectwise.faults.clear()
    again(world)
    assert (october(world, harbor).stands, october(world, harbor).hold) == (5, None)


def test_an_accepted_fall_ends_where_the_line_is_invoiced(world: World, harbor: Customer) -> None:
    """READ-7, LATE-1: invoiced before it could be written, it licences no fall of the late line
    that comes after.
    """
    world.connectwise.people.run_invoice(harbor.agreement_id)
    counts(world, harbor, 9)
    again(world)
    assert [line.pushed for line in october(world, harbor).lines] == [7, 2]
    counts(world, harbor, 8)
    record = october(world, harbor)
    assert record.hold is not None
    assert (record.stands, record.hold.kind) == (9, "fall")
