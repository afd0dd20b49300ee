"""Late usage of a customer of whom no count is to be had any more: CLOSE-5 and LATE-2, over the
simulators.
"""

from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.holds import Hold
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "agreed with the customer"}
CLOSE, REREAD = "2026-11-02", "2026-11-10"


def asked(day: str, **settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """October was invoiced with seven machines, two more reported: asked at its close, or when it
    is read once more.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-01 00:05"))
    if day == REREAD:
        world.play(gmt("2026-11-02 00:05"))
    world.clock.set(gmt("2026-11-02 12:00") if day == REREAD else gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt(f"{day} 00:05"))
    return world, harbor


def hold_of(world: World, harbor: Customer) -> Hold:
    hold = october(world, harbor).hold
    assert hold is not None
    assert world.standing(harbor).shown.state is StandingState.HELD
    return hold


def refuse(world: World, operation: str, *, times: int | None = 1) -> None:
    world.connectwise.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=400,
            operation=operation,
            body='{"code":"InvalidObject","message":"addition object is invalid","errors":[]}',
            content_type="application/json",
            times=times,
        )
    )


@pytest.mark.parametrize("day", [CLOSE, REREAD])
def test_approved_late_usage_is_not_left_out_without_a_word(day: str) -> None:
    """CLOSE-5, LATE-2: nine were approved, seven stand, and the customer is gone: held with both
    numbers until it is rejected.
    """
    world, harbor = asked(day)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt(f"{day} 00:20"), gmt(f"{day} 00:35"))
    hold = hold_of(world, harbor)
    assert (hold.kind, hold.quantity, october(world, harbor).stands) == ("unwritten", 9, 7)
    for part in (
        "9 endpoints of Harbor Dental in October 2026 were approved",
        "7 stand in ConnectWise",
        "the other 2 were never written",
        "no longer lists a monthly subscription",
        "Reject it, and the month closes with 7",
        "bill the other 2 by hand",
    ):
        assert part in hold.why
    before = october(world, harbor).version
    world.play(gmt(f"{day} 00:50"))
    assert october(world, harbor).version == before
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt(f"{day} 01:05"), gmt("2026-11-12 00:05"), gmt("2026-11-12 00:20"))
    record = october(world, harbor)
    assert (record.state, record.count, record.stands, record.hold) == (
        RecordState.CLOSED,
        7,
        7,
        None,
    )
    assert record.settled
    assert world.standing(harbor).shown.state is StandingState.WAITING


def test_it_cannot_be_approved_without_a_count() -> None:
    """CLOSE-5: nothing is written without a count, so to approve it once more is refused, with what
    can be done.
    """
    world, harbor = asked(CLOSE)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-11-02 00:20"))
    with pytest.raises(SetupError, match="no count is to be had"):
        world.answers().approve(october(world, harbor).key, **BOOKS)


def test_it_goes_on_where_a_count_is_to_be_had_again() -> None:
    """CLOSE-5, LATE-2: the customer's subscription was changed for a day: what was approved is
    written after all.
    """
    world, harbor = asked(CLOSE)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-02 00:20"))
    assert (hold_of(world, harbor).kind, october(world, harbor).stands) == ("unwritten", 7)
    world.gravityzone.tenant.change_subscription(harbor.id, 3)
    world.play(gmt("2026-11-02 00:35"))
    record = october(world, harbor)
    assert (record.state, record.count, [line.pushed for line in record.lines]) == (
        RecordState.CLOSED,
        9,
        [7, 2],
    )


def test_approved_growth_is_not_left_out_without_a_word() -> None:
    """CLOSE-5, FOLLOW-4: neither is a number that a person approved within the month, before the
    customer went.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")),
        settings={"growth_seats": 2, "growth_percent": 10},
    )
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-02 00:05"))
    world.check_in(harbor, 12, at=gmt("2026-11-03 00:00"))
    world.play(gmt("2026-11-03 00:05"))
    november = world.record(harbor, "2026-11")
    assert november is not None
    world.answers().approve(november.key, **BOOKS)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-11-03 00:20"), gmt("2026-12-02 00:05"))
    november = world.record(harbor, "2026-11")
    assert november is not None
    assert november.hold is not None
    assert (november.hold.kind, november.hold.quantity) == ("unwritten", 12)


def test_growth_that_nobody_answered_stays_held_without_a_count() -> None:
    """CLOSE-5, FOLLOW-4: twelve are asked about, GravityZone answers nonsense, then the customer
    goes: the question stands at twelve.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")),
        settings={"growth_seats": 2, "growth_percent": 10},
    )
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-02 00:05"))
    world.check_in(harbor, 12, at=gmt("2026-11-03 00:00"))
    world.play(gmt("2026-11-03 00:05"))
    asked_about = world.standing(harbor).shown
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", -1)
    world.play(gmt("2026-11-03 00:20"))
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-11-03 00:35"), gmt("2026-12-02 00:05"))
    november = world.record(harbor, "2026-11")
    assert november is not None
    assert november.hold is not None
    assert (november.state, november.hold.kind, november.hold.quantity) == (
        RecordState.OPEN,
        "growth",
        12,
    )
    shown = world.standing(harbor).shown
    assert (shown.state, shown.reason) == (StandingState.HELD, asked_about.reason)


def test_a_refused_late_line_ends_where_no_count_is_to_be_had() -> None:
    """CLOSE-5, SAFE-2: ConnectWise has refused the late line, and the customer is gone: a person
    ends it.
    """
    world, harbor = _closed_and_refused()
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-11-10 00:20"))
    hold = hold_of(world, harbor)
    assert (hold.kind, hold.quantity, october(world, harbor).stands) == ("unwritten", 9, 7)
    assert "ConnectWise refused it" in hold.why
    assert "addition object is invalid" in hold.why
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-10 00:35"))
    record = october(world, harbor)
    assert (record.stands, record.hold, record.refusal, record.settled) == (7, None, None, True)


def _closed_and_refused() -> tuple[World, Customer]:
    """Two late ones flow onto a further line when October is read once more, and ConnectWise
    refuses it.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"late_usage": LateUsage.BILL}
    )
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-02 00:05"))
    world.clock.set(gmt("2026-11-03 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    refuse(world, "POST additions")
    world.play(gmt("2026-11-10 00:05"))
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP
    return world, harbor


def test_a_refused_push_ends_where_no_count_is_to_be_had() -> None:
    """CLOSE-5, SAFE-2: so does a push of the month's own Addition that was refused; until the close
    it is to be set up.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    world.check_in(harbor, 2, at=gmt("2026-10-20 00:00"))
    refuse(world, "PATCH additions/{id}")
    world.play(gmt("2026-10-20 00:05"))
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-10-20 00:20"))
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP
    world.play(gmt("2026-11-02 00:05"))
    hold = hold_of(world, harbor)
    assert (hold.kind, hold.quantity, october(world, harbor).stands) == ("unwritten", 9, 7)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    record = october(world, harbor)
    assert (record.state, record.count, record.refusal) == (RecordState.CLOSED, 7, None)
