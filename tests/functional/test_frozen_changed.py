"""Additions that can carry no more and that somebody changed in ConnectWise: FOLLOW-3, LATE-1 and
LATE-2, over the simulators.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import SetupError
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "looked it up on the invoice"}
CLOSE, NEXT, LATER = gmt("2026-11-02 00:05"), gmt("2026-11-02 00:20"), gmt("2026-11-02 00:35")
REREAD, AFTER_REREAD = gmt("2026-11-10 00:05"), gmt("2026-11-10 00:20")


def a_world(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """A customer with seven machines in October, whose agreement is invoiced on the 1st for the
    month before.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    return world, harbor


def invoiced(world: World, harbor: Customer, *, machines: int = 2) -> None:
    """October is invoiced on the 1st at nine; more machines report afterwards."""
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, machines, at=gmt("2026-10-31 20:00"))


def renewed(world: World, harbor: Customer) -> int:
    """The agreement has ended within the month, and two more machines stand on the one that follows
    it.
    """
    successor = world.connectwise.people.renew_agreement(harbor.agreement_id, on=date(2026, 10, 25))
    world.check_in(harbor, 2, at=gmt("2026-10-26 00:00"))
    world.play(gmt("2026-10-26 00:05"), gmt("2026-10-26 00:20"))
    return successor


def reason(world: World, harbor: Customer) -> str:
    """What the customer is held for."""
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    return shown.reason


def pushed(record: UsageRecord) -> list[int | None]:
    return [line.pushed for line in record.lines]


def late_ones(world: World) -> list[float]:
    """The further lines that were made."""
    made = world.connectwise.truth.made_by_api()
    return [each.quantity for each in made[1:] if "October" in each.text]


def test_a_frozen_addition_is_looked_at_before_late_usage_is_asked() -> None:
    """FOLLOW-3, LATE-2: nobody is asked of two late ones beside seven that an accountant has set to
    nine.
    """
    world, harbor = a_world()
    world.clock.set(gmt("2026-11-01 08:00"))
    world.connectwise.people.set_quantity(1, 9, by="mkeller")
    invoiced(world, harbor)
    world.play(CLOSE)
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind in CHANGED, hold.stands, hold.quantity) == (True, 9, 9)
    for part in (
        "Addition 1 was changed in ConnectWise by mkeller",
        "it stands at 9",
        "we left it at 7",
        "GravityZone counts 9 endpoints for Harbor Dental in October 2026",
        "Reject",
        "approve, if 9 was billed",
    ):
        assert part in reason(world, harbor)


def test_a_frozen_addition_is_looked_at_before_a_further_line_is_made() -> None:
    """FOLLOW-3, LATE-2: where late usage flows, a frozen Addition that was raised by hand is not
    billed beside once more.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    world.clock.set(gmt("2026-11-01 08:00"))
    world.connectwise.people.set_quantity(1, 9)
    invoiced(world, harbor)
    world.play(gmt("2026-11-01 12:00"), CLOSE)
    assert late_ones(world) == []
    assert "we left it at 7" in reason(world, harbor)
    assert pushed(october(world, harbor)) == [7]


def test_a_frozen_addition_is_looked_at_before_an_approved_line_is_made() -> None:
    """FOLLOW-3, LATE-2: it was right when the person was asked, and was changed before the
    answer.
    """
    world, harbor = a_world()
    invoiced(world, harbor)
    world.play(CLOSE)
    world.connectwise.people.set_quantity(1, 9)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(NEXT)
    assert late_ones(world) == []
    assert "it stands at 9" in reason(world, harbor)


def test_a_frozen_addition_is_looked_at_where_the_rest_has_no_place() -> None:
    """FOLLOW-3, LATE-2: also where no agreement runs for late usage, what is asked starts from what
    was seen.
    """
    world, harbor = a_world()
    world.clock.set(gmt("2026-11-01 08:00"))
    world.connectwise.people.set_quantity(1, 9)
    invoiced(world, harbor)
    world.connectwise.people.cancel_agreement(harbor.agreement_id, date(2026, 11, 1))
    world.play(CLOSE)
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind in CHANGED, hold.stands) == (True, 9)


def test_a_frozen_addition_on_another_agreement_is_looked_at_before_a_push() -> None:
    """FOLLOW-3: before the further line is raised, the Additions of the agreement that ended are
    listed too.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    renewed(world, harbor)
    world.connectwise.people.set_quantity(1, 9)
    world.check_in(harbor, 1, at=gmt("2026-10-27 00:00"))
    world.play(gmt("2026-10-27 00:05"))
    assert "it stands at 9" in reason(world, harbor)
    assert late_ones(world) == [2]


def test_who_billed_what_was_changed_approves_it() -> None:
    """FOLLOW-3, LATE-2: nine stood there when the invoice was made: they are what was billed, and
    nothing is late.
    """
    world, harbor = a_world()
    world.clock.set(gmt("2026-11-01 08:00"))
    world.connectwise.people.set_quantity(1, 9)
    invoiced(world, harbor)
    world.play(CLOSE)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(NEXT, REREAD, AFTER_REREAD)
    record = october(world, harbor)
    assert (record.state, record.count, pushed(record)) == (RecordState.CLOSED, 9, [9])
    assert late_ones(world) == []
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_who_billed_what_we_left_rejects_it() -> None:
    """FOLLOW-3, LATE-2: changed after the invoice, it is left as it is; seven were billed, and the
    other two are asked.
    """
    world, harbor = a_world()
    invoiced(world, harbor)
    world.connectwise.people.set_quantity(1, 9)
    world.play(CLOSE)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(NEXT)
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == ("late", 9)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(LATER, REREAD, AFTER_REREAD)
    record = october(world, harbor)
    assert (record.state, record.count, pushed(record), record.hold) == (
        RecordState.CLOSED,
        9,
        [7, 2],
        None,
    )
    assert world.connectwise.truth.addition(1).quantity == 9


def test_what_is_left_so_is_held_again_when_it_is_changed_again() -> None:
    """FOLLOW-3: the answer is on what was seen: another quantity is another question."""
    world, harbor = a_world()
    invoiced(world, harbor, machines=0)
    world.connectwise.people.set_quantity(1, 9)
    world.play(CLOSE)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.connectwise.people.set_quantity(1, 12)
    world.play(NEXT)
    assert "it stands at 12" in reason(world, harbor)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(LATER)
    record = october(world, harbor)
    assert (record.state, record.count, pushed(record)) == (RecordState.CLOSED, 7, [7])


def test_an_answer_to_it_keeps_the_one_on_late_usage() -> None:
    """FOLLOW-3, LATE-2: who has left two late ones out is not asked of them again for what is
    answered of the Addition.
    """
    world, harbor = a_world()
    invoiced(world, harbor)
    world.play(CLOSE)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.connectwise.people.set_quantity(1, 9)
    world.play(NEXT)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(LATER)
    record = october(world, harbor)
    assert (record.state, record.hold, pushed(record)) == (RecordState.CLOSED, None, [7])


@pytest.mark.parametrize("put_right", [True, False])
def test_a_frozen_addition_that_is_gone(put_right: bool) -> None:
    """FOLLOW-3: what an invoice has billed and is gone is held; put right or rejected, the month
    closes with what was billed.
    """
    world, harbor = a_world()
    invoiced(world, harbor, machines=0)
    reference = october(world, harbor).lines[0].reference
    world.connectwise.people.delete_addition(1)
    world.play(CLOSE)
    for part in (
        "Addition 1 is gone",
        "where it stood at 7",
        f"[{reference}]",
        "Reject",
        "approve, if nothing was billed",
    ):
        assert part in reason(world, harbor)
    if put_right:
        world.connectwise.people.allow_invoiced_periods(harbor.agreement_id)
        world.connectwise.people.add_addition(
            harbor.agreement_id,
            PRODUCT,
            quantity=7,
            effective=date(2026, 10, 1),
            cancelled=date(2026, 10, 31),
            fields={"invoiceDescription": f"Endpoints [{reference}]"},
        )
    else:
        world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(NEXT, LATER)
    record = october(world, harbor)
    assert (record.state, record.hold, pushed(record)) == (RecordState.CLOSED, None, [7])


def test_a_copied_frozen_addition_can_be_left_so() -> None:
    """FOLLOW-3, OPEN-1: of two with our reference nobody can say which stands; a person may leave
    both.
    """
    world, harbor = a_world()
    invoiced(world, harbor, machines=0)
    reference = october(world, harbor).lines[0].reference
    world.connectwise.people.allow_invoiced_periods(harbor.agreement_id)
    world.connectwise.people.add_addition(
        harbor.agreement_id,
        PRODUCT,
        quantity=7,
        effective=date(2026, 10, 1),
        cancelled=date(2026, 10, 31),
        fields={"invoiceDescription": f"Endpoints [{reference}]"},
    )
    world.play(CLOSE)
    assert "is a copy of ours, Addition 1" in reason(world, harbor)
    with pytest.raises(SetupError, match="cannot be approved"):
        world.answers().approve(october(world, harbor).key, **BOOKS)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(NEXT)
    assert october(world, harbor).state is RecordState.CLOSED


@pytest.mark.parametrize("gone", ["agreement", "Addition"])
def test_an_ended_agreement_may_be_deleted(gone: str) -> None:
    """FOLLOW-3, LATE-1: with the agreement that ended its Addition is gone; a person says that it
    was billed, and the month closes.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    renewed(world, harbor)
    if gone == "agreement":
        world.connectwise.people.delete_agreement(harbor.agreement_id)
    else:
        world.connectwise.people.delete_addition(1)
    world.play(CLOSE, NEXT)
    assert "Addition 1 is gone" in reason(world, harbor)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(LATER)
    record = october(world, harbor)
    assert (record.state, record.count, pushed(record)) == (RecordState.CLOSED, 9, [7, 2])


def test_a_deleted_agreement_hides_no_others() -> None:
    """FOLLOW-3: its Addition was put on the agreement that follows, by its reference: found there,
    though its own is gone.
    """
    world, harbor = a_world(late_usage=LateUsage.BILL)
    successor = world.connectwise.people.renew_agreement(harbor.agreement_id, on=date(2026, 10, 25))
    world.play(gmt("2026-10-26 00:05"), gmt("2026-10-26 00:20"))
    world.connectwise.people.delete_agreement(harbor.agreement_id)
    world.play(CLOSE)
    assert "Addition 1 is gone" in reason(world, harbor)
    reference = october(world, harbor).lines[0].reference
    world.connectwise.people.add_addition(
        successor,
        PRODUCT,
        quantity=7,
        effective=date(2026, 10, 25),
        cancelled=date(2026, 10, 31),
        fields={"invoiceDescription": f"Endpoints [{reference}]"},
    )
    world.play(NEXT)
    record = october(world, harbor)
    assert (record.state, record.hold, pushed(record)) == (RecordState.CLOSED, None, [7])


@pytest.mark.parametrize("answer", ["kept apart", "deleted"])
def test_another_addition_on_the_agreement_that_follows(answer: str) -> None:
    """OPEN-6, FOLLOW-3: on the agreement that runs by now it bills the month of the one that ended
    a second time: held until answered.
    """
    world, harbor = a_world()
    successor = world.connectwise.people.renew_agreement(harbor.agreement_id, on=date(2026, 10, 25))
    other = world.connectwise.people.add_addition(
        successor, PRODUCT, quantity=2, effective=date(2026, 10, 1), cancelled=date(2026, 10, 31)
    )
    world.play(gmt("2026-10-26 00:05"), CLOSE)
    record = october(world, harbor)
    assert (record.state, record.lines[0].state) == (RecordState.OPEN, LineState.FROZEN)
    assert record.hold is not None
    assert (record.hold.kind, record.hold.foreign) == ("foreign", (other,))
    assert f"Addition {other} (quantity 2" in reason(world, harbor)
    if answer == "deleted":
        world.connectwise.people.delete_addition(other)
    else:
        world.answers().keep_apart(record.key, **BOOKS)
    world.play(NEXT, LATER)
    record = october(world, harbor)
    assert (record.state, record.hold, pushed(record)) == (RecordState.CLOSED, None, [7])


def test_what_a_month_closed_with_is_looked_at_before_late_usage_is_asked() -> None:
    """FOLLOW-3, CLOSE-4: changed since the close, it is held; what it closed with stays, so it can
    be left so, not taken over.
    """
    world, harbor = a_world()
    world.play(CLOSE)
    world.connectwise.people.set_quantity(1, 9)
    world.clock.set(gmt("2026-11-03 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 3, at=gmt("2026-10-31 20:00"))
    world.play(REREAD)
    assert "it stands at 9" in reason(world, harbor)
    assert "approve" not in reason(world, harbor)
    with pytest.raises(SetupError, match="what it closed with stays"):
        world.answers().approve(october(world, harbor).key, **BOOKS)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(AFTER_REREAD)
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == ("late", 10)
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-10 00:35"))
    record = october(world, harbor)
    assert (pushed(record), record.settled) == ([7, 3], True)


def test_a_lagging_list_is_no_change_of_a_frozen_addition() -> None:
    """FOLLOW-3, SAFE-2: frozen within the settle time of our own last write, what the list shows
    from before it means wait.
    """
    world, harbor = a_world()
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.tick(gmt("2026-11-01 23:50"))
    world.clock.set(gmt("2026-11-01 23:59"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.clock.set(gmt("2026-11-02 00:03"))
    world.work(until=timedelta())
    assert pushed(october(world, harbor)) == [9]
    world.clock.set(CLOSE)
    world.tick(CLOSE)
    world.work(until=timedelta())
    record = october(world, harbor)
    assert (record.lines[0].state, record.hold) == (LineState.FROZEN, None)
    world.work()
    record = october(world, harbor)
    assert (record.state, record.count) == (RecordState.CLOSED, 9)
    assert "held: changed" not in [entry.what for entry in world.ledger.history(record.key)]
