"""What a restored ledger does not know of a record, as a pure function of what is in sight (SAFE-8)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.adoption import adopt
from tally.domain.agreement import Addition
from tally.domain.reading import Count
from tally.domain.record import HoldKind, Line, LineState, UsageRecord, reference
from tally.domain.situation import Continue, Finished, Situation
from tests.unit.rig import AGREEMENT, KEY, MONTH, PRODUCT_ID, TICK, addition, situation

OTHER = 32
INVOICED = replace(AGREEMENT, next_invoice=date(2027, 1, 1))


def shown(number: int, quantity: int, *, at: int = AGREEMENT.id, changed: datetime | None = None) -> Addition:
    """The Addition of a line as ConnectWise lists it."""
    mark = reference(KEY, number)
    return addition(
        900 + number, agreement_id=at, quantity=Decimal(quantity), text=f"Active [{mark}]", updated_at=changed
    )


def known(number: int, pushed: int, state: LineState = LineState.OPEN) -> Line:
    """The line as the ledger has it."""
    return Line(
        number=number,
        state=state,
        agreement_id=AGREEMENT.id,
        product_id=PRODUCT_ID,
        reference=reference(KEY, number),
        effective=MONTH.first,
        cancelled=MONTH.last,
        addition_id=900 + number,
        pushed=pushed,
    )


def record(*lines: Line) -> UsageRecord | None:
    """The record with these lines; none without any."""
    return UsageRecord(key=KEY, version=3, seen_tick=TICK, lines=lines) if lines else None


def adopted(met: Situation) -> list[tuple[int, LineState, int | None]]:
    """What the record's lines are afterwards."""
    step = adopt(met)
    assert isinstance(step, Continue)
    return [(line.number, line.state, line.pushed) for line in step.transition.after.lines]


@pytest.mark.parametrize(
    ("lines", "seen", "expected"),
    [
        ([], [shown(0, 4)], [(0, LineState.OPEN, 4)]),
        ([], [shown(1, 4)], [(1, LineState.OPEN, 4)]),
        ([], [shown(0, 4), shown(1, 2)], [(0, LineState.FROZEN, 4), (1, LineState.OPEN, 2)]),
        ([known(0, 4)], [shown(0, 4), shown(1, 2)], [(0, LineState.FROZEN, 4), (1, LineState.OPEN, 2)]),
        ([known(0, 3)], [shown(0, 4), shown(1, 2)], [(0, LineState.FROZEN, 4), (1, LineState.OPEN, 2)]),
        ([known(1, 2)], [shown(0, 4), shown(1, 2)], [(0, LineState.FROZEN, 4), (1, LineState.OPEN, 2)]),
        ([known(0, 4, LineState.FINAL)], [shown(0, 4), shown(1, 2)], [(0, LineState.FINAL, 4), (1, LineState.OPEN, 2)]),
        ([known(0, 4, LineState.FROZEN)], [shown(2, 2)], [(0, LineState.FROZEN, 4), (2, LineState.OPEN, 2)]),
        ([], [shown(0, 0, at=OTHER), shown(1, 4)], [(0, LineState.VOID, 0), (1, LineState.OPEN, 4)]),
        ([], [shown(0, 0), shown(1, 4)], [(0, LineState.FROZEN, 0), (1, LineState.OPEN, 4)]),
        ([], [shown(0, 0)], [(0, LineState.OPEN, 0)]),
        ([], [shown(9, 1)], [(9, LineState.OPEN, 1)]),
    ],
)
def test_what_is_found(lines: list[Line], seen: list[Addition], expected: list[tuple[int, LineState, int]]) -> None:
    """SAFE-8: all but the highest line are frozen, or void where they stand at 0 and no higher one at the same place."""
    assert adopted(situation(record=record(*lines), additions=seen)) == expected


def test_the_highest_is_frozen_where_it_was_invoiced() -> None:
    """SAFE-8, LATE-1: what is found after its invoice is written no more, and there is nothing to doubt about it."""
    met = situation(additions=[shown(0, 4)], agreement=INVOICED, expected_agreement=INVOICED)
    assert adopted(met) == [(0, LineState.FROZEN, 4)]


def test_on_another_agreement_the_next_job_goes_on() -> None:
    """SAFE-8, LATE-1: this job does not know whether the other agreement has been invoiced, so it writes nothing there."""
    step = adopt(situation(additions=[], elsewhere=[shown(0, 4, at=OTHER)]))
    assert isinstance(step, Finished)
    assert step.transition is not None
    assert [(line.agreement_id, line.pushed) for line in step.transition.after.lines] == [(OTHER, 4)]


def test_one_without_an_end_is_held() -> None:
    """SAFE-8, OPEN-3: a line that would bill beside the next month's is held as soon as it is found."""
    step = adopt(situation(additions=[replace(shown(0, 4), cancelled=None)]))
    assert isinstance(step, Finished)
    assert step.transition is not None
    assert step.transition.after.hold is not None
    assert step.transition.after.hold.kind is HoldKind.CHANGED


@pytest.mark.parametrize(
    ("counted", "changed", "found"),
    [
        (6, datetime(2026, 11, 20, 8, tzinfo=UTC), True),
        (7, datetime(2026, 11, 20, 8, tzinfo=UTC), False),
        (6, datetime(2026, 12, 1, 10, tzinfo=UTC), False),
        (6, None, False),
    ],
)
def test_a_frozen_line_at_what_is_counted(counted: int, changed: datetime | None, found: bool) -> None:
    """SAFE-8, FOLLOW-3: taken as it stands where that was before any invoice of it and is the count; anything else asks a person."""
    frozen = record(known(0, 4, LineState.FROZEN))
    met = situation(record=frozen, additions=[shown(0, 6, changed=changed)], reading=Count(counted))
    assert (adopt(met) is not None) is found


def test_a_frozen_line_at_a_fraction_asks_a_person() -> None:
    """SAFE-8, FOLLOW-3: a fraction is none of our quantities, so it is not taken for the whole number below it, again and again."""
    theirs = replace(shown(0, 6, changed=datetime(2026, 11, 20, 8, tzinfo=UTC)), quantity=Decimal("6.5"))
    met = situation(record=record(known(0, 6, LineState.FROZEN)), additions=[theirs], reading=Count(6))
    assert adopt(met) is None


@given(
    st.dictionaries(st.integers(0, 9), st.integers(0, 5)),
    st.dictionaries(st.integers(0, 9), st.integers(0, 5)),
    st.sampled_from([AGREEMENT.id, OTHER]),
)
def test_found_once_is_found(seen: dict[int, int], ledger: dict[int, int], at: int) -> None:
    """SAFE-8: what was found is known, nothing that was known is lost, and only the highest line is followed."""
    lines = [known(number, pushed) for number, pushed in sorted(ledger.items())]
    met = situation(record=record(*lines), additions=[shown(number, each, at=at) for number, each in seen.items()])
    step = adopt(met)
    if step is None:
        assert seen.keys() <= ledger.keys()
        return
    assert not isinstance(step, Finished) or step.transition is not None
    assert step.transition is not None
    after = step.transition.after
    assert {line.number for line in after.lines} == seen.keys() | ledger.keys()
    assert all(line.state in (LineState.FROZEN, LineState.VOID) for line in after.lines[:-1])
    assert all(line.pushed == seen[line.number] for line in after.lines[:-1] if line.number in seen)
    assert adopt(replace(met, record=after)) is None
