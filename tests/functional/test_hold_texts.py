"""What a person reads where a month waits for an answer: what was seen, what stands, what would be
written, what can be said (LATE-2, READ-7).
"""

from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.invoicing import LateUsage
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "agreed with the customer"}
COUNTS = "GravityZone counts {} endpoints for Harbor Dental in October 2026"


def a_world(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """A customer with seven machines in October, whose agreement is invoiced on the 1st for the
    month before.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    return world, harbor


def invoiced_early(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - as above
    """October was invoiced with seven before its close."""
    world, harbor = a_world(**settings)
    world.play(gmt("2026-11-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"))
    return world, harbor


def with_a_late_line(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - as above
    """Beside the seven, two stand on a late line, Addition 3."""
    world, harbor = invoiced_early(late_usage=LateUsage.BILL, **settings)
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-01 12:00"))
    assert [line.pushed for line in october(world, harbor).lines] == [7, 2]
    return world, harbor


def counts(world: World, harbor: Customer, count: int, at: str) -> None:
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", count)
    world.play(gmt(at))


def asked(world: World, harbor: Customer) -> str:
    hold = october(world, harbor).hold
    assert hold is not None
    return hold.why


def test_late_usage_without_a_line_of_its_own() -> None:
    """LATE-2: it becomes one, and the sentence says where and when that is billed."""
    world, harbor = invoiced_early()
    counts(world, harbor, 9, "2026-11-02 00:05")
    assert asked(world, harbor) == (
        f"{COUNTS.format(9)}; 7 of them are on Additions that can carry no more, since that period "
        "has been invoiced or its agreement has ended. Approve 9, and the other 2 become a line "
        "of their own for October 2026 on agreement 'Managed security' (id 1), dated 2026-11-01 "
        "to 2026-11-30; or reject it, and 7 stay."
    )


def test_more_late_usage_than_the_line_that_is_there() -> None:
    """LATE-2: a late line that is still open takes more: no word of a further one, nor that it
    could carry no more.
    """
    world, harbor = with_a_late_line()
    world.settings = {"late_usage": LateUsage.HOLD}
    counts(world, harbor, 10, "2026-11-02 00:05")
    assert asked(world, harbor) == (
        f"{COUNTS.format(10)}; 9 of them are billed, 2 on Addition 3 for late ones. Approve 10, "
        "and that goes from 2 to 3; or reject it, and 9 stay."
    )
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    assert [line.pushed for line in october(world, harbor).lines] == [7, 3]


def test_a_fall_of_the_only_addition() -> None:
    """READ-7: the plain case."""
    world, harbor = a_world()
    counts(world, harbor, 5, "2026-10-02 00:05")
    assert asked(world, harbor) == (
        f"{COUNTS.format(5)}, after 7; within a month the count only rises. The Addition stands at "
        "7. Approve 5 to accept the lower number, which is written then; or reject it, and 7 "
        "stays."
    )


@pytest.mark.parametrize(
    ("count", "becomes", "credit"),
    [
        (8, 1, ""),
        (
            5,
            0,
            (
                ", and the 2 billed too many are shown at the close, to be credited by hand: Tally "
                "credits nothing itself"
            ),
        ),
    ],
)
def test_a_fall_beside_what_was_invoiced(count: int, becomes: int, credit: str) -> None:
    """READ-7, LATE-3: only the open line can be lowered; what was billed beyond that is shown, and
    nobody credits it but a person.
    """
    world, harbor = with_a_late_line()
    counts(world, harbor, count, "2026-11-01 13:00")
    assert asked(world, harbor) == (
        f"{COUNTS.format(count)}, after 9; within a month the count only rises. 7 are on Additions "
        f"that can be changed no more, and 2 on Addition 3. Approve {count}, and that goes from 2 "
        f"to {becomes}{credit}; or reject it, and 9 stay billed."
    )
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-01 13:20"), gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert [line.pushed for line in record.lines] == [7, becomes]
    assert (record.credit is not None) == bool(credit)


def test_a_fall_below_what_was_invoiced_is_told() -> None:
    """LATE-3, SAFE-7: nothing can be lowered any more, so nobody is asked; what becomes of it is
    told until the close.
    """
    world, harbor = invoiced_early()
    counts(world, harbor, 5, "2026-11-01 13:00")
    assert october(world, harbor).hold is None
    (notice,) = world.standing(harbor).shown.notices
    assert notice == (
        "GravityZone counts 5 endpoints in October 2026 now, 2 fewer than the 7 on Additions that "
        "can be changed no more: what was billed too much is shown when the month closes, to be "
        "credited by hand."
    )
    world.play(gmt("2026-11-02 00:05"))
    (notice,) = world.standing(harbor).shown.notices
    assert (
        "October 2026 billed 7 endpoints to Harbor Dental, and GravityZone counts 5 now: 2 too many"
        in notice
    )


def test_a_credit_above_the_contracts_floor() -> None:
    """LATE-3, CLOSE-2: where the floor is billed it is no count: both numbers are told."""
    world, harbor = invoiced_early(bill_minimum=True)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 6
    counts(world, harbor, 5, "2026-11-02 00:05")
    (notice,) = world.standing(harbor).shown.notices
    assert (
        "and GravityZone counts 5 now, of which its contract bills 6 at least: 1 too many" in notice
    )


@pytest.mark.parametrize(("answer", "becomes"), [("approve", 8), ("reject", 4)])
def test_an_addition_changed_by_somebody(answer: str, becomes: int) -> None:
    """FOLLOW-3: each answer is named with what stands after it, and so it is."""
    world, harbor = a_world()
    world.connectwise.people.set_quantity(1, 4)
    counts(world, harbor, 8, "2026-10-02 00:05")
    assert "we left it at 7. It was not overwritten. " in asked(world, harbor)
    assert asked(world, harbor).endswith(
        f"{COUNTS.format(8)}. Restore 7 in ConnectWise, and the hold lifts itself; or approve, and "
        "8 is written over it; or reject, and 4 stays."
    )
    getattr(world.answers(), answer)(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-02 00:20"))
    assert october(world, harbor).stands == becomes


def test_an_addition_that_bills_too_long() -> None:
    """FOLLOW-3, OPEN-3: what only ConnectWise can put right offers no other answer."""
    world, harbor = a_world()
    world.connectwise.people.edit_addition(1, {"cancelledDate": None})
    counts(world, harbor, 8, "2026-10-02 00:05")
    assert "approve" not in asked(world, harbor)
    assert asked(world, harbor).endswith(
        "Set it back to 2026-10-31 in ConnectWise, and the hold lifts itself."
    )


def test_growth_beside_what_was_invoiced() -> None:
    """FOLLOW-4, LATE-2: to approve the number is to approve a line for the rest, so the sentence
    says so.
    """
    world, harbor = a_world(growth_seats=2)
    world.play(gmt("2026-11-02 00:05"))
    world.clock.set(gmt("2026-11-03 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 7, at=gmt("2026-11-04 00:00"))
    world.play(gmt("2026-11-04 00:05"), gmt("2026-12-01 00:05"))
    world.clock.set(gmt("2026-12-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 30, at=gmt("2026-11-30 20:00"))
    world.play(gmt("2026-12-01 09:15"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert record.hold.why == (
        "GravityZone counts 37 active endpoints for Harbor Dental in November 2026; October 2026 "
        "gave 7. The Addition says 7 and can carry no more: the other 30 would be a line of their "
        "own. Approve 37, or reject it and check the company in GravityZone."
    )


def test_a_voided_line_0_can_be_waived() -> None:
    """OPEN-1: where nothing of the month stands, the sentence names that way out, too."""
    world, harbor = a_world()
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-02 00:05"))
    assert world.standing(harbor).shown.reason.endswith(
        "or pin the right agreement; or do not bill this month."
    )
    world.answers().waive(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-02 00:20"), gmt("2026-11-02 00:05"))
    assert world.connectwise.truth.addition(1).quantity == 0
    assert world.connectwise.truth.addition(1).cancelled == date(2026, 10, 31)
