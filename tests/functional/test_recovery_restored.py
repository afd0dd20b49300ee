"""SAFE-8: a ledger restored to a point before the month was opened, and what of people's words is
lost with it.
"""

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState
from testing.audit import audit
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.recovery_world import Backup

BACKED_UP = gmt("2026-10-28 12:00")
NOVEMBER = (gmt("2026-11-01 00:05"), gmt("2026-11-02 00:05"), gmt("2026-11-12 08:05"))
RESTORED, NEXT = gmt("2026-11-12 09:05"), gmt("2026-11-12 09:20")
END = (gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05"))
WHO = {"by": "mira", "why": "agreed with the customer"}


def billed_in_october(*names: str, **settings: int) -> tuple[World, list[Customer]]:
    """Customers that are billed in October, four machines each."""
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), **settings)  # type: ignore[arg-type]
    customers = [world.add_customer(name) for name in names]
    for customer in customers:
        world.check_in(customer, 4)
    world.play(gmt("2026-10-01 00:05"), BACKED_UP)
    return world, customers


def key(customer: Customer, month: str = "2026-11") -> RecordKey:
    return RecordKey(company_id=customer.id, month=Month.parse(month), service="endpoints")


@pytest.mark.parametrize("more", [0, 2], ids=["the count is the same", "the count has risen"])
def test_restored_to_before_the_month_opened(more: int) -> None:
    """SAFE-8: the month's Additions are found by their references; nothing is doubled, held, or
    written but a risen count.

    October, which was open then and has been closed since, is closed again at what stands.
    """
    world, customers = billed_in_october("Harbor Dental", "Lakeside Library", "Old Mill Bakery")
    backup = Backup.of(world.ledger)
    for customer in customers:
        world.check_in(customer, 5, at=NOVEMBER[0])
    world.play(*NOVEMBER)
    before = [world.additions(customer) for customer in customers]
    for customer in customers:
        world.check_in(customer, more)

    backup.restore_to(world.ledger)
    world.connectwise.calls.clear()
    world.play(RESTORED, NEXT)

    assert world.connectwise.calls.count("POST additions") == 0
    assert world.connectwise.calls.count("PATCH additions/{id}") == (3 if more else 0)
    for customer, stood in zip(customers, before, strict=True):
        assert world.additions(customer)[0] == stood[0]
        assert world.additions(customer)[1] == (stood[1][0] + more, *stood[1][1:])
        assert world.standing(customer).shown.state is StandingState.BILLING
        assert audit(world, customer, "2026-10", closed=True) == []
        assert audit(world, customer, "2026-11") == []
        record = world.record(customer, "2026-11")
        assert record is not None
        assert "by its reference" in " ".join(
            entry.why for entry in world.ledger.history(record.key)
        )

    world.play(*END)
    for customer in customers:
        assert audit(world, customer, "2026-11", closed=True) == []
        assert audit(world, customer, "2026-12") == []


def test_restored_in_the_outage_that_the_loss_was() -> None:
    """SAFE-8, CLOSE-3: lost on the 30th, restored on the 3rd: the month that nobody closed
    meanwhile is closed, the new one opened.
    """
    world, [harbor] = billed_in_october("Harbor Dental")
    backup = Backup.of(world.ledger)
    world.play(*NOVEMBER)
    world.check_in(harbor, 3, at=gmt("2026-11-30 20:00"))
    backup.restore_to(world.ledger)
    world.play(gmt("2026-12-03 09:05"), gmt("2026-12-03 09:20"))
    assert audit(world, harbor, "2026-11", closed=True) == []
    assert audit(world, harbor, "2026-12") == []


def test_a_customer_linked_by_hand_since_is_unlinked_again() -> None:
    """SAFE-8, MATCH-1: what a person linked since is asked for again; the Addition stands
    meanwhile, and goes on afterwards.
    """
    world, _ = billed_in_october("Harbor Dental")
    backup = Backup.of(world.ledger)
    world.clock.set(NOVEMBER[0])
    lake = world.add_customer("Lakeside Library", connectwise_name="Lakeside Public Library")
    world.check_in(lake, 3)
    world.play(NOVEMBER[0])
    world.set_up().link(lake.id, lake.connectwise_id, **WHO)
    world.play(*NOVEMBER[1:])
    assert world.additions(lake) == [(3, "2026-11-01", "2026-11-30")]

    backup.restore_to(world.ledger)
    world.check_in(lake, 1)
    world.play(RESTORED)
    shown = world.standing(lake).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "No ConnectWise company is named 'Lakeside Library'" in shown.reason
    assert world.additions(lake) == [(3, "2026-11-01", "2026-11-30")]

    world.set_up().link(lake.id, lake.connectwise_id, **WHO)
    world.play(NEXT)
    assert audit(world, lake, "2026-11") == []


def test_an_exclusion_said_since_is_forgotten() -> None:
    """SAFE-8, CLOSE-5: an exclusion is not seen in ConnectWise: said again before the first tick,
    it holds; else it is billed.
    """
    world, [harbor, lake] = billed_in_october("Harbor Dental", "Lakeside Library")
    backup = Backup.of(world.ledger)
    for customer in (harbor, lake):
        world.set_up().exclude(customer.id, **WHO)
    world.play(*NOVEMBER)
    assert [len(world.additions(customer)) for customer in (harbor, lake)] == [1, 1], (
        "October's alone"
    )

    backup.restore_to(world.ledger)
    world.set_up().exclude(harbor.id, **WHO)
    world.play(RESTORED)
    assert [len(world.additions(customer)) for customer in (harbor, lake)] == [1, 2]


def test_an_approved_growth_stands() -> None:
    """SAFE-8, FOLLOW-4: a number that a person approved stands in ConnectWise already, and is not
    asked for again.
    """
    world, [harbor] = billed_in_october("Harbor Dental", growth_seats=5)
    backup = Backup.of(world.ledger)
    world.play(NOVEMBER[0])
    world.check_in(harbor, 30)
    world.play(NOVEMBER[1])
    assert world.standing(harbor).shown.state is StandingState.HELD
    world.answers().approve(key(harbor), **WHO)
    world.play(NOVEMBER[2])

    backup.restore_to(world.ledger)
    world.play(RESTORED, NEXT)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is None
    assert audit(world, harbor, "2026-11") == []


def test_a_rejection_is_asked_for_again() -> None:
    """SAFE-8, FOLLOW-4: a number that a person rejected is asked about again, and not written
    meanwhile.
    """
    world, [harbor] = billed_in_october("Harbor Dental", growth_seats=5)
    backup = Backup.of(world.ledger)
    world.play(NOVEMBER[0])
    world.check_in(harbor, 30)
    world.play(NOVEMBER[1])
    world.answers().reject(key(harbor), **WHO)
    world.play(NOVEMBER[2])
    stood = world.additions(harbor)

    backup.restore_to(world.ledger)
    world.play(RESTORED, NEXT)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert (record.hold.quantity, record.state) == (30, RecordState.OPEN)
    assert world.additions(harbor) == stood
