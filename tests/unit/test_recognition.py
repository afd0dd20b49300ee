"""Telling ours from others."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tally.domain.month import Month
from tally.domain.recognition import customer_text, described, recognise
from tally.domain.record import RecordKey, reference
from tests.unit.rig import KEY, MONTH, PRODUCT_ID, addition, open_record

KEYS = st.builds(
    RecordKey,
    company_id=st.sampled_from(["a" * 24, "b" * 24, "c" * 24]),
    month=st.builds(Month, st.integers(2025, 2028), st.integers(1, 12)),
    service=st.sampled_from(["endpoints", "mailboxes"]),
)


@given(KEYS, KEYS, st.integers(0, 3), st.integers(0, 3))
def test_references_are_distinct_and_stable(one: RecordKey, other: RecordKey, first: int, second: int) -> None:
    """OPEN-1: company, month, service and line give the reference, and no other four of these give the same."""
    same = (one, first) == (other, second)
    assert (reference(one, first) == reference(other, second)) is same


def test_a_reference_never_changes() -> None:
    """OPEN-1: what stands on invoices is derived in the same way for ever."""
    key = RecordKey(company_id="5a3b9c1d2e4f5a6b7c8d9e0f", month=Month(2026, 11), service="endpoints")
    assert reference(key, 0) == "TLY-CP73QPZZG2UP"
    assert reference(key, 1) != reference(key, 0)


@given(KEYS)
def test_a_text_carries_its_reference(key: RecordKey) -> None:
    """OPEN-1: first what the customer reads, then the reference, by which ours is recognised and no other month's."""
    text = customer_text("Active endpoints", month=key.month, mark=reference(key, 0))
    assert text.startswith(f"Active endpoints, {key.month.label}")
    found = recognise([addition(text=text)], key=key, record=None, product_id=PRODUCT_ID)
    assert [each.id for each in found.ours] == [900]
    other = replace(key, month=key.month.next)
    assert recognise([addition(text=text)], key=other, record=None, product_id=PRODUCT_ID).ours == ()


def test_a_reference_survives_what_people_write_around_it() -> None:
    """OPEN-1: an edited text is ours as long as the reference stands in it."""
    edited = addition(text=f"per Ms Lee: agreed ({reference(KEY, 0)}) 5 Nov")
    assert recognise([edited], key=KEY, record=None, product_id=PRODUCT_ID).ours == (edited,)


def test_ours_by_its_id() -> None:
    """FOLLOW-3: with its text rewritten, it is ours by the id that the ledger has."""
    rig, record = open_record()
    (made,) = rig.additions
    rewritten = replace(made, text="")
    assert recognise([rewritten], key=KEY, record=record, product_id=PRODUCT_ID).ours == (rewritten,)
    assert recognise([rewritten], key=KEY, record=None, product_id=PRODUCT_ID).foreign == (rewritten,)


def test_foreign_is_of_the_product_and_covers_the_month() -> None:
    """OPEN-6: another product, or another time, is not foreign but none of our business."""
    mine = addition(1, text="a person's")
    others = [
        addition(2, text="", product_id=999),
        addition(3, text="", cancelled=date(2026, 10, 31), effective=date(2026, 1, 1)),
        addition(4, text="", effective=date(2026, 12, 1), cancelled=None),
    ]
    assert recognise([mine, *others], key=KEY, record=None, product_id=PRODUCT_ID).foreign == (mine,)


def test_a_line_before_the_newest_is_ours_and_not_in_question() -> None:
    """OPEN-1: the Addition of an earlier line of the same record is neither the newest's nor foreign."""
    rig, record = open_record()
    (first,) = rig.additions
    assert record.line is not None
    second = replace(record.line, number=1, reference=reference(KEY, 1), addition_id=901)
    two = record.with_line(second)
    newer = addition(901, text=f"x [{reference(KEY, 1)}]")
    found = recognise([first, newer], key=KEY, record=two, product_id=PRODUCT_ID)
    assert (found.ours, found.foreign) == ((newer,), ())
    assert recognise([replace(first, text="")], key=KEY, record=two, product_id=PRODUCT_ID).foreign == ()


def test_described() -> None:
    """OPEN-6: a person finds the Addition by its id, quantity and dates, written without an exponent."""
    shown = described(
        [addition(5, quantity=Decimal("1E+2"), effective=None, cancelled=None), addition(6, quantity=Decimal("2.50"))]
    )
    assert "Addition 5 (quantity 100, no effective date to open-ended)" in shown
    assert f"Addition 6 (quantity 2.5, {MONTH.first} to {MONTH.last})" in shown
