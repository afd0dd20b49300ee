"""Fourth question: what does stand? Each line as left, lagging, arrived, changed, gone or doubled;
and what is beside them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.facts.job_facts import When
from tally.domain.facts.sighting import (
    Arrived,
    AsLeft,
    Changed,
    Doubled,
    Gone,
    Lagging,
    Looked,
    Seen,
    Sighting,
    additions_of,
    by_number,
    sight,
)
from tally.domain.model.agreement import Addition
from tally.domain.model.terms import Terms
from tally.domain.record.record_key import MOST_LINES, reference
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Claim, Create, SetQuantity, TakeOver
from tests.unit.rig import (
    KEY,
    MONTH,
    PLACE,
    PRODUCT_ID,
    SETTLE,
    TICK,
    UNOPENED,
    a_line,
    a_record,
    addition,
    facts,
)

WHEN = facts().when
JUST_NOW = TICK - timedelta(seconds=30)
OTHER_AGREEMENT = 32


def see(record: UsageRecord, *there: Addition, when: When = WHEN, **looked: Any) -> Sighting:  # noqa: ANN401 - fields of Looked
    """What is seen of the record where these Additions are listed."""
    return sight(record, Looked(additions=there, **looked), when, product_id=PRODUCT_ID)


def of_line(line: Any, *there: Addition, **told: Any) -> Seen:  # noqa: ANN401 - a line, and fields of Looked
    """What is seen of the month's line."""
    return see(a_record(line), *there, **told).lines[0]


def late_mark(months: int, number: int = 1) -> str:
    """A reference of the company's usage of so many months ago."""
    month = MONTH
    for _ in range(months):
        month = month.previous
    return f"[{reference(replace(KEY, month=month), number)}]"


LINES: dict[str, tuple[Any, Sequence[Addition], type]] = {
    "as we left it": (a_line(), [addition()], AsLeft),
    "not listed yet": (a_line(at=JUST_NOW), [], Lagging),
    "gone": (a_line(), [], Gone),
    "an earlier quantity of ours": (
        a_line(quantity=6, at=JUST_NOW, echoes=(4,)),
        [addition()],
        Lagging,
    ),
    "an earlier quantity, long after": (a_line(quantity=6, echoes=(4,)), [addition()], Changed),
    "one whose answer was lost": (a_line(quantity=2, unsure=(4,)), [addition()], Arrived),
    "another quantity": (a_line(), [addition(quantity=Decimal(9))], Changed),
    "another quantity, just after our write": (
        a_line(at=JUST_NOW),
        [addition(quantity=Decimal(9))],
        Changed,
    ),
    "a fraction": (a_line(), [addition(quantity=Decimal("4.5"))], Changed),
    "another end": (a_line(), [addition(cancelled=date(2026, 11, 20))], Changed),
    "no end": (a_line(), [addition(cancelled=None)], Changed),
    "another beginning": (a_line(), [addition(effective=date(2026, 10, 31))], Changed),
    "another product": (a_line(), [addition(product_id=999)], Changed),
    "without our text": (a_line(), [addition(text="mine")], Changed),
    "without our text yet": (a_line(at=JUST_NOW), [addition(text="theirs")], Lagging),
    "twice": (a_line(), [addition(), addition(901)], Doubled),
    "twice, one at 0": (a_line(), [addition(), addition(901, quantity=Decimal(0))], Doubled),
    "another in its place": (a_line(), [addition(901)], AsLeft),
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_seen_of_a_line(name: str) -> None:
    """FOLLOW-3, SAFE-2, OPEN-1: ours is as left, lagging, arrived, changed, gone or doubled."""
    line, there, seen = LINES[name]
    assert type(of_line(line, *there)) is seen


def test_what_was_claimed_may_have_arrived() -> None:
    """SAFE-2: a PATCH whose answer was lost is recognised by its quantity."""
    claim = Claim(write=SetQuantity(number=0, quantity=6), at=TICK - SETTLE * 2)
    assert isinstance(
        see(a_record(a_line(), claim=claim), addition(quantity=Decimal(6))).lines[0], Arrived
    )
    assert isinstance(
        see(a_record(a_line(), claim=claim), addition(quantity=Decimal(7))).lines[0], Changed
    )


def test_a_changed_date_is_no_echo() -> None:
    """FOLLOW-3: an earlier quantity of ours excuses no other field."""
    line = a_line(quantity=6, at=JUST_NOW, echoes=(4,))
    seen = of_line(line, addition(cancelled=date(2026, 11, 20)))
    assert isinstance(seen, Changed)
    assert [each.field for each in seen.found] == ["cancelled date"]


def test_a_flag_is_compared_where_it_is_known() -> None:
    """OPEN-5, FOLLOW-3: whether the customer is billed is a field like any other; what was never
    noted is not compared.
    """
    free = addition(terms=Terms(bill_customer="DoNotBill"))
    noted = replace(a_line(), written=replace(a_line().written, flag="Billable"))
    assert isinstance(of_line(noted, free), Changed)
    assert isinstance(of_line(a_line(), free), AsLeft)


def test_what_a_person_lets_be_is_as_left() -> None:
    """FOLLOW-3: in the very words in which it was told."""
    noted = replace(a_line(), written=replace(a_line().written, flag="Billable"))
    let_be = Ruling(
        said=Said.AS_SEEN, by="ann", at=TICK, about=("line 0 has bill customer DoNotBill",)
    )
    there = addition(terms=Terms(bill_customer="DoNotBill"))
    assert isinstance(see(a_record(noted, rulings=(let_be,)), there).lines[0], AsLeft)
    other = addition(terms=Terms(bill_customer="NoCharge"))
    assert isinstance(see(a_record(noted, rulings=(let_be,)), other).lines[0], Changed)


def test_the_line_is_known_by_id_or_reference() -> None:
    """OPEN-1: whatever the ledger says of ids; but not where a person keeps the other one apart."""
    assert isinstance(of_line(a_line(), addition(901), kept_apart=[901]), Gone)
    assert isinstance(of_line(a_line(), addition(), addition(901), kept_apart=[901]), AsLeft)


def test_a_copy_on_another_agreement_counts_beside_its_original() -> None:
    """OPEN-1: it bills the customer once more; where ours is gone, a copy elsewhere does not take
    its place.
    """
    copy = addition(901, agreement_id=OTHER_AGREEMENT)
    assert isinstance(of_line(a_line(), addition(), elsewhere=[copy]), Doubled)
    assert isinstance(of_line(a_line(), elsewhere=[copy]), Gone)


OPENING = a_record(
    claim=Claim(write=Create(number=0, place=PLACE, quantity=4), at=TICK - SETTLE * 2)
)
GIVEN = a_record(
    claim=Claim(
        write=TakeOver(number=0, place=PLACE, quantity=4, addition_id=70), at=TICK - SETTLE * 2
    ),
)


@pytest.mark.parametrize("record", [OPENING, GIVEN])
@pytest.mark.parametrize(
    ("there", "seen"), [([], Gone), ([addition()], Arrived), ([addition(), addition(901)], Doubled)]
)
def test_what_is_seen_of_an_opening(
    record: UsageRecord, there: Sequence[Addition], seen: type
) -> None:
    """SAFE-2: a POST, or a take-over, whose answer never came is found by its reference; and it is
    no unknown line.
    """
    found = see(record, *there)
    assert type(found.opening) is seen
    assert (found.unknown, found.strangers) == ({}, ())


STRANGERS: dict[str, tuple[Addition, bool]] = {
    "a person's": (addition(70, text="a person's"), True),
    "one without an end": (addition(70, text="", cancelled=None, effective=None), True),
    "one at 0": (addition(70, text="", quantity=Decimal(0)), True),
    "of another product": (addition(70, text="", product_id=999), False),
    "of another month": (addition(70, text="", cancelled=date(2026, 10, 31)), False),
    "Tally's, of another customer": (addition(70, text="[TLY-AAAABBBBCCCC]"), True),
    "Tally's at 0, with an end": (
        addition(70, text="[TLY-AAAABBBBCCCC]", quantity=Decimal(0)),
        False,
    ),
    "Tally's at 0, without an end": (
        addition(70, text="[TLY-AAAABBBBCCCC]", quantity=Decimal(0), cancelled=None),
        True,
    ),
    "late usage of the month before": (addition(70, text=late_mark(1)), False),
    "late usage of a year ago": (addition(70, text=late_mark(12)), False),
    "the month's own of the month before": (addition(70, text=late_mark(1, number=0)), True),
}


@pytest.mark.parametrize("name", STRANGERS)
def test_who_is_a_stranger(name: str) -> None:
    """OPEN-6: what bills the product in the month and is none of ours, unless a person keeps it
    apart.
    """
    there, strange = STRANGERS[name]
    assert bool(see(UNOPENED, there).strangers) is strange
    assert see(a_record(a_line()), addition(), there, kept_apart=[70]).strangers == ()


@pytest.mark.parametrize("number", range(MOST_LINES))
def test_lines_that_the_ledger_does_not_know(number: int) -> None:
    """SAFE-8: a restored ledger lacks lines of ours; each is found by its reference, on any
    agreement of the customer.
    """
    it = addition(70, text=f"ours [{reference(KEY, number)}]")
    assert see(UNOPENED, it).unknown == {number: (it,)}
    assert see(UNOPENED, elsewhere=[it]).unknown == {number: (it,)}
    assert see(UNOPENED, it).strangers == ()
    assert set(see(a_record(a_line()), addition(), it).unknown) == {number} - {0}


@given(
    st.permutations(
        [
            addition(),
            addition(70, text=""),
            addition(71, text=late_mark(1)),
            addition(72, product_id=999),
        ]
    )
)
def test_the_order_of_a_list_does_not_matter(there: list[Addition]) -> None:
    """MATCH-4: lists come in any order."""
    ordered = see(a_record(a_line()), *sorted(there, key=lambda each: each.id))
    found = see(a_record(a_line()), *there)
    assert (found.lines, found.strangers, found.unknown) == (
        ordered.lines,
        ordered.strangers,
        ordered.unknown,
    )


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.integers(0, 9), max_size=2),
    st.lists(st.integers(0, 9), max_size=2),
)
def test_after_the_settle_time_nothing_lags(
    shown: int, pushed: int, unsure: list[int], echoes: list[int]
) -> None:
    """SAFE-2: a list is believed when it is older than the settle time; and what we wrote is never
    somebody's change.
    """
    line = a_line(quantity=pushed, unsure=tuple(unsure), echoes=tuple(echoes))
    seen = of_line(line, addition(quantity=Decimal(shown)))
    expected = AsLeft if shown == pushed else Arrived if shown in unsure else Changed
    assert type(seen) is expected
    assert [each.id for each in additions_of(seen)] == [900]


@given(st.integers(0, 9), st.integers(0, 9), st.lists(st.integers(0, 9), max_size=2))
def test_within_the_settle_time_absence_means_nothing(
    shown: int, pushed: int, echoes: list[int]
) -> None:
    """SAFE-2, FOLLOW-3: what is absent, or at an earlier quantity of ours, may come yet."""
    line = a_line(quantity=pushed, at=JUST_NOW, echoes=tuple(echoes))
    assert isinstance(of_line(line), Lagging)
    seen = of_line(line, addition(quantity=Decimal(shown)))
    assert isinstance(seen, Lagging) == (shown != pushed and shown in echoes)


def test_references_of_another_record_are_none_of_this_one() -> None:
    """OPEN-1: company, month, service and line make the reference; another's is no line of ours."""
    others = [
        replace(KEY, company_id="d" * 24),
        replace(KEY, month=MONTH.next),
        replace(KEY, service="edr"),
    ]
    assert (
        by_number(KEY, [addition(70 + n, text=reference(each, 0)) for n, each in enumerate(others)])
        == {}
    )
