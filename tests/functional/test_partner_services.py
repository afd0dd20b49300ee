"""READ-4 with READ-6: a partner's own count of every service, each by itself."""

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.partner_world import add_partner, set_up
from tests.functional.services_world import (
    EDR,
    EMAIL,
    add_edr_agreement,
    options_of,
    setting,
    use,
)

FIRST, SECOND, THIRD = (gmt(f"2026-11-01 00:{minute}") for minute in ("05", "20", "35"))
EMAIL_COUNTER, EDR_COUNTER = str(EMAIL["counter"]), str(EDR["counter"])
pytestmark = pytest.mark.world(**options_of(setting(email=EMAIL, edr=EDR)))


@pytest.fixture
def partner(world: World) -> Customer:
    """Summit Peak IT with 2 mailboxes and 3 sensors of its own, above Juniper Law with 5 and 4."""
    partner = add_partner(world, "Summit Peak IT")
    juniper = world.add_customer("Juniper Law", parent_id=partner.id)
    for company, mailboxes, sensors in ((partner, 2, 3), (juniper, 5, 4)):
        add_edr_agreement(world, company)
        use(world, company, EMAIL_COUNTER, mailboxes)
        use(world, company, EDR_COUNTER, sensors, product_type=3)
    world.play(FIRST)
    set_up(world, partner)
    world.play(SECOND)
    return partner


def child(world: World) -> str:
    return world.gravityzone.truth.company_id("Juniper Law")


def record(world: World, partner: Customer, service: str) -> UsageRecord:
    found = world.ledger.record(
        RecordKey(company_id=partner.id, month=Month(2026, 11), service=service)
    )
    assert found is not None
    return found


def pushed(world: World, partner: Customer) -> dict[str, int | None]:
    return {
        service: None if (line := record(world, partner, service).newest) is None else line.pushed
        for service in ("endpoints", "email", "edr")
    }


def test_every_service_without_the_children(world: World, partner: Customer) -> None:
    """READ-4, READ-6: each counter is the partner's less its children's, whichever call tells it;
    two calls a company.
    """
    assert pushed(world, partner) == {"endpoints": 2, "email": 2, "edr": 3}
    world.gravityzone.calls.clear()
    world.play(THIRD)
    counts = world.gravityzone.calls.counts
    partners_and_childs_jobs = 2 + 1
    assert (
        counts["getMonthlyUsage"]
        == counts["getMonthlyUsagePerProductType"]
        == partners_and_childs_jobs
    )


def test_a_call_that_fails_stops_what_it_tells_alone(world: World, partner: Customer) -> None:
    """SAFE-5, READ-4: a child's usage per product type fails: the partner's sensors wait, its
    mailboxes are followed.
    """
    use(world, partner, EMAIL_COUNTER, 1)
    use(world, partner, EDR_COUNTER, 1, product_type=3)
    world.gravityzone.faults.add(
        Fault(
            kind=FaultKind.STATUS, operation="getMonthlyUsagePerProductType", contains=child(world)
        )
    )
    world.play(THIRD)
    assert pushed(world, partner) == {"endpoints": 3, "email": 3, "edr": 3}


def test_a_counter_that_is_missing_stops_its_service_alone(world: World, partner: Customer) -> None:
    """READ-2, READ-4: a child without one counter makes that one unknown for the partner, and no
    other.
    """
    use(world, partner, EMAIL_COUNTER, 1)
    world.gravityzone.tenant.override_counter(child(world), "2026-11", EMAIL_COUNTER, None)
    world.play(THIRD)
    assert pushed(world, partner) == {"endpoints": 3, "email": 2, "edr": 3}


def test_each_service_is_held_and_answered_by_itself(world: World, partner: Customer) -> None:
    """READ-4: a child that goes holds each service's record, and an answer to one is none to
    another.
    """
    world.gravityzone.tenant.move_company(child(world), world.gravityzone.tenant.own.id)
    use(world, partner, EMAIL_COUNTER, 1)
    world.play(THIRD)
    holds = [record(world, partner, service).hold for service in ("endpoints", "email", "edr")]
    assert [each and each.kind for each in holds] == ["children"] * 3
    world.answers().approve(record(world, partner, "email").key, by="ann", why="the move is right")
    world.play(gmt("2026-11-01 00:50"))
    assert pushed(world, partner) == {"endpoints": 2, "email": 3, "edr": 3}
    assert record(world, partner, "email").hold is None
    assert record(world, partner, "endpoints").hold is not None
