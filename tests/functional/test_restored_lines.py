"""SAFE-8 where a month has more lines than its own: a ledger restored to an earlier point finds
them all.
"""

from datetime import date, datetime
from itertools import combinations
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.invoicing import LateUsage
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState, UsageRecord
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED
from tests.functional.restoring import backup, restore

pytestmark = pytest.mark.slow

WHO = {"by": "mira", "why": "agreed with the customer"}
INVOICED_ON_THE_1ST = {"nextInvoiceDate": "2026-11-01T00:00:00Z"}


def _october(world: World, harbor: Customer) -> UsageRecord:
    record = world.record(harbor, "2026-10")
    assert record is not None
    return record


def _lines(record: UsageRecord) -> list[tuple[int, LineState, int | None]]:
    return [(line.number, line.state, line.pushed) for line in record.lines]


def _of_october(world: World) -> list[int]:
    """The quantities of all Additions whose text names October, in the order they were made."""
    additions = world.connectwise.truth.additions(deleted=False)
    return [int(each.quantity) for each in additions if "October" in each.text]


def _happened(world: World, harbor: Customer) -> list[str]:
    return [entry.what for entry in world.ledger.history(_october(world, harbor).key)]


def _a_world(*, fields: dict[str, Any] | None = None, **settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    world = World(clock=VirtualClock(gmt("2026-09-30 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields=fields or INVOICED_ON_THE_1ST)
    world.play(gmt("2026-09-30 00:05"))
    return world, harbor


def _invoice(world: World, harbor: Customer) -> None:
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)


@pytest.mark.parametrize("late_usage", LateUsage)
def test_restored_to_before_an_invoiced_month(late_usage: LateUsage) -> None:
    """SAFE-8: what was invoiced before the restore is found as the month's own line, and nobody is
    asked or billed for it again.
    """
    world, harbor = _a_world(late_usage=late_usage)
    world.play(gmt("2026-09-30 23:50"))
    kept = backup(world)
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-31 23:00"))
    _invoice(world, harbor)
    world.play(gmt("2026-11-01 09:15"))
    restore(world, kept)
    world.play(gmt("2026-11-01 10:15"))
    assert _lines(_october(world, harbor)) == [(0, LineState.FROZEN, 7)]
    assert world.standing(harbor).shown.notices == ()
    world.play(gmt("2026-11-01 10:30"), gmt("2026-11-02 00:20"))
    record = _october(world, harbor)
    assert (_lines(record), record.state) == ([(0, LineState.FINAL, 7)], RecordState.CLOSED)
    assert _of_october(world) == [7]
    assert not any(what.startswith("held") for what in _happened(world, harbor))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-10 00:05"))
    if late_usage is LateUsage.HOLD:
        world.answers().approve(_october(world, harbor).key, **WHO)
        world.play(gmt("2026-11-10 00:20"))
    assert _of_october(world) == [7, 2]


def _with_two_late_lines() -> tuple[World, Customer, dict[str, dict[str, object]]]:
    """October was invoiced at 7; 2 were approved at the close, 3 more after it. With what the
    ledger knew on the way.
    """
    world, harbor = _a_world()
    kept = {"before line 0": backup(world)}
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    kept["open"] = backup(world)
    world.play(gmt("2026-10-31 23:00"))
    _invoice(world, harbor)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-01 12:00"))
    kept["frozen"] = backup(world)
    world.play(gmt("2026-11-02 00:05"))
    kept["asked"] = backup(world)
    world.answers().approve(_october(world, harbor).key, **WHO)
    world.play(gmt("2026-11-02 00:20"))
    kept["first late one"] = backup(world)
    world.check_in(harbor, 3, at=gmt("2026-10-31 21:00"))
    world.play(gmt("2026-11-09 00:05"))
    # The second reading of a closed month comes on the 10th.
    world.play(gmt("2026-11-10 00:05"))
    kept["asked again"] = backup(world)
    world.answers().approve(_october(world, harbor).key, **WHO)
    world.play(gmt("2026-11-10 00:20"))
    assert _of_october(world) == [7, 2, 3]
    return world, harbor, kept


@pytest.mark.parametrize("point", ["open", "frozen", "asked", "first late one", "asked again"])
def test_restored_to_before_late_lines(point: str) -> None:
    """SAFE-8: every late line is found, whichever of them the ledger has forgotten; nobody is asked
    and nothing is written.
    """
    world, harbor, kept = _with_two_late_lines()
    restore(world, kept[point])
    world.play(gmt("2026-11-11 01:05"), gmt("2026-11-11 01:20"), gmt("2026-11-12 00:05"))
    record = _october(world, harbor)
    final = [(0, LineState.FINAL, 7), (1, LineState.FINAL, 2), (2, LineState.FINAL, 3)]
    assert (_lines(record), record.state, record.count) == (final, RecordState.CLOSED, 12)
    assert record.hold is None
    assert _of_october(world) == [7, 2, 3]
    asked_before = (
        1 if point == "asked" else 2 if point == "asked again" else int(point == "first late one")
    )
    assert _happened(world, harbor).count("held: late") == asked_before


def test_restored_to_before_all_lines() -> None:
    """SAFE-8: the month's own line and its late ones are found at once, while the month may still
    be opened.
    """
    world, harbor = _a_world(late_usage=LateUsage.BILL)
    kept = backup(world)
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-31 23:00"))
    _invoice(world, harbor)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-02 00:05"))
    assert _of_october(world) == [7, 2]
    restore(world, kept)
    world.play(gmt("2026-11-02 01:05"), gmt("2026-11-02 01:20"))
    record = _october(world, harbor)
    assert (_lines(record), record.state) == (
        [(0, LineState.FINAL, 7), (1, LineState.FINAL, 2)],
        RecordState.CLOSED,
    )
    assert _of_october(world) == [7, 2]
    assert "found again" in _happened(world, harbor)
    told = next(each for each in world.ledger.history(record.key) if each.what == "found again")
    assert "line 0 is Addition" in told.why
    assert "restored" in told.why


@pytest.mark.parametrize("fields", [{"nextInvoiceDate": None}, INVOICED_ON_THE_1ST])
def test_restored_to_before_the_late_line_of_a_closed_month(fields: dict[str, Any]) -> None:
    """SAFE-8: the month's own line is not raised by what a late line bills already, whether
    invoices have dates or not.
    """
    world, harbor = _a_world(fields=fields, late_usage=LateUsage.BILL)
    world.check_in(harbor, 5, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    kept = backup(world)
    world.check_in(harbor, 2, at=gmt("2026-10-20 00:00"))
    world.play(gmt("2026-10-20 00:05"), gmt("2026-11-02 00:05"))
    world.check_in(harbor, 3, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-10 00:05"), gmt("2026-11-10 00:20"))
    assert _of_october(world) == [7, 3]
    restore(world, kept)
    world.play(gmt("2026-11-10 01:05"), gmt("2026-11-10 01:20"))
    record = _october(world, harbor)
    assert (_lines(record), record.hold) == (
        [(0, LineState.FINAL, 7), (1, LineState.FINAL, 3)],
        None,
    )
    assert _of_october(world) == [7, 3]
    assert not any(what.startswith("held") for what in _happened(world, harbor))


def test_restored_to_before_a_line_was_voided() -> None:
    """SAFE-8, OPEN-1: the successor is found at the right customer; the one at 0 is void, and stays
    so.
    """
    world, harbor = _a_world()
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    agreement = world.add_agreement(right)
    world.set_up().link(harbor.id, right, **WHO)
    kept = backup(world)
    world.answers().void(_october(world, harbor).key, **WHO)
    world.play(gmt("2026-10-21 00:05"))
    assert _of_october(world) == [0, 7]
    restore(world, kept)
    world.check_in(harbor, 1)
    world.play(gmt("2026-10-22 00:05"), gmt("2026-10-22 00:20"))
    record = _october(world, harbor)
    assert _lines(record) == [(0, LineState.VOID, 0), (1, LineState.OPEN, 8)]
    assert [
        int(each.quantity) for each in world.connectwise.truth.additions(agreement_id=agreement)
    ] == [8]
    assert not any(what.startswith("held") for what in _happened(world, harbor))


def test_restored_to_before_an_approved_growth() -> None:
    """SAFE-8, FOLLOW-4: a month that a person has let grow is found at what it was opened with, and
    not asked for again.
    """
    world, harbor = _a_world(fields={"nextInvoiceDate": None})
    world.check_in(harbor, 5, at=gmt("2026-09-30 00:00"))
    world.play(gmt("2026-09-30 00:05"))
    kept = backup(world)
    world.check_in(harbor, 60, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    hold = _october(world, harbor).hold
    assert hold is not None
    assert hold.kind == "growth"
    world.answers().approve(_october(world, harbor).key, **WHO)
    world.play(gmt("2026-10-01 00:20"))
    assert _of_october(world) == [60]
    restore(world, kept)
    world.play(gmt("2026-10-01 01:05"), gmt("2026-10-02 01:05"))
    assert _lines(_october(world, harbor)) == [(0, LineState.OPEN, 60)]
    assert not any(what.startswith("held") for what in _happened(world, harbor))


def test_a_copy_of_a_forgotten_line_is_held() -> None:
    """SAFE-8, FOLLOW-3: of two Additions with one forgotten reference neither is chosen; the other
    gone, ours is found.
    """
    world, harbor = _a_world(late_usage=LateUsage.BILL)
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-31 23:00"))
    _invoice(world, harbor)
    world.play(gmt("2026-11-01 09:15"))
    kept = backup(world)
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-02 00:05"))
    late = world.connectwise.truth.additions(agreement_id=harbor.agreement_id)[-1]
    people = world.connectwise.people
    assert late.effective is not None
    copied = people.add_addition(
        harbor.agreement_id,
        late.product,
        quantity=2,
        effective=late.effective,
        cancelled=late.cancelled,
        fields={"invoiceDescription": late.text},
    )
    restore(world, kept)
    world.play(gmt("2026-11-02 01:05"))
    hold = _october(world, harbor).hold
    assert hold is not None
    assert hold.kind in CHANGED
    assert "all carry our reference" in hold.why
    people.delete_addition(copied)
    world.play(gmt("2026-11-02 01:20"), gmt("2026-11-02 01:35"))
    record = _october(world, harbor)
    assert (_lines(record), record.hold) == (
        [(0, LineState.FINAL, 7), (1, LineState.FINAL, 2)],
        None,
    )


MOMENTS = [
    gmt("2026-10-01 00:05"),
    gmt("2026-10-20 00:05"),
    gmt("2026-11-01 00:05"),
    gmt("2026-11-01 09:15"),
    gmt("2026-11-02 00:05"),
    gmt("2026-11-02 00:20"),
    gmt("2026-11-03 00:05"),
    gmt("2026-11-10 00:05"),
    gmt("2026-11-10 00:20"),
    gmt("2026-11-12 00:05"),
]
BY_THE_TENTH = 7
"""The moment from which no month before is opened any more (OPEN-9)."""


RENEWED = {"renewed at the month's end": 2, "renewed after the close": 7}
UNLIKE_BOTH = [
    (agreements, 1, restored)
    for agreements, when in {
        "one": (3, 4),
        "renewed at the month's end": (3,),
        "renewed after the close": (3, 4),
    }.items()
    for restored in when
]
"""Where 7 stand, a ledger kept on the 20th knows of 5, and 9 are counted before it can look: that
is asked (FOLLOW-3).
"""
RESTORED = [
    (agreements, kept, restored)
    for agreements in ("one", *RENEWED)
    for kept, restored in combinations(range(len(MOMENTS)), 2)
    if kept > 0
    or restored < BY_THE_TENTH  # forgotten whole, it is not opened any more by then (OPEN-9)
]


@pytest.mark.parametrize(
    ("agreements", "kept_before", "restored_at"),
    [each for each in RESTORED if each not in UNLIKE_BOTH],
)
def test_a_ledger_restored_around_an_invoice_goes_on(
    agreements: str, kept_before: int, restored_at: int
) -> None:
    """SAFE-8: restored from any point to any, around invoice, close and second reading, on one
    agreement or the one after it.

    Each line stands once, at what it stood at; nobody is asked.
    """
    world, harbor = _restored(agreements, kept_before, restored_at)
    _goes_on(world, harbor)
    assert not any(what.startswith("held") for what in _happened(world, harbor))


@pytest.mark.parametrize(("agreements", "kept_before", "restored_at"), UNLIKE_BOTH)
def test_an_invoiced_number_that_nobody_knows_is_asked(
    agreements: str, kept_before: int, restored_at: int
) -> None:
    """SAFE-8, FOLLOW-3: what stands on the invoice is neither what the ledger knows nor the count:
    nothing is billed before an answer.
    """
    world, harbor = _restored(agreements, kept_before, restored_at, until=MOMENTS[6])
    hold = _october(world, harbor).hold
    assert hold is not None
    assert (hold.kind in CHANGED, hold.stands, sum(_of_october(world))) == (True, 7, 7)
    world.answers().approve(_october(world, harbor).key, by="mira", why="seven are on the invoice")
    for moment in MOMENTS[7:]:
        if moment == MOMENTS[RENEWED.get(agreements, 0)]:
            _renew(world, harbor, agreements)
        _live(world, harbor, moment)
        world.play(moment)
    _goes_on(world, harbor)


def _restored(
    agreements: str, kept_before: int, restored_at: int, *, until: datetime = MOMENTS[-1]
) -> tuple[World, Customer]:
    world, harbor = _a_world(late_usage=LateUsage.BILL)
    world.check_in(harbor, 5, at=gmt("2026-10-01 00:00"))
    kept = None
    for number, moment in enumerate(MOMENTS):
        if number == kept_before:
            kept = backup(world)
        if number == RENEWED.get(agreements):
            _renew(world, harbor, agreements)
        _live(world, harbor, moment)
        if number == restored_at:
            assert kept is not None
            restore(world, kept)
        world.play(moment)
        if moment == until:
            break
    return world, harbor


def _renew(world: World, harbor: Customer, agreements: str) -> None:
    on = date(2026, 11, 1) if agreements == "renewed at the month's end" else date(2026, 11, 6)
    world.connectwise.people.renew_agreement(
        harbor.agreement_id, on=on, next_invoice=date(2026, 12, 1)
    )


def _goes_on(world: World, harbor: Customer) -> None:
    """The month closes with what was counted, each line once."""
    world.play(gmt("2026-11-12 00:20"), gmt("2026-11-13 00:05"))
    record = _october(world, harbor)
    assert (record.state, record.count, record.stands, record.hold) == (
        RecordState.CLOSED,
        12,
        12,
        None,
    )
    assert sum(_of_october(world)) == 12
    assert len(_of_october(world)) == len(record.lines)
    assert not world.failures


def _live(world: World, harbor: Customer, moment: datetime) -> None:
    """What happens before the tick: machines that check in late, and an invoice."""
    if moment == MOMENTS[1]:
        world.check_in(harbor, 2, at=gmt("2026-10-19 00:00"))
    if moment == MOMENTS[3]:
        _invoice(world, harbor)
        world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    if moment == MOMENTS[7]:
        world.check_in(harbor, 3, at=gmt("2026-10-31 21:00"))
