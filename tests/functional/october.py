"""A customer's October: used, invoiced, and its record."""

from typing import Any

from simulators.clock import VirtualClock
from tally.domain.record.usage_record import UsageRecord
from testing.world import Customer, World
from tests.functional.instants import gmt

OCTOBER = ("2026-10-01", "2026-10-31")


def a_world(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """A customer with seven machines in October, whose agreement is invoiced on the 1st for the
    month before.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-20 00:05"))
    return world, harbor


def invoiced_early(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - as above
    """October was invoiced on the 1st at nine, before its close; two machines reported
    afterwards.
    """
    world, harbor = a_world(**settings)
    world.play(gmt("2026-11-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-01 12:00"))
    return world, harbor


def october(world: World, customer: Customer) -> UsageRecord:
    """Return the customer's record of October."""
    record = world.record(customer, "2026-10")
    assert record is not None
    return record
