"""Terms of an Addition, compared with those of the month before: laws, and what an accountant reads
(OPEN-5).
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tally.domain.model.terms import OtherTerms, Terms, described, differing
from tests.unit.rig import overlaid

AMOUNTS = st.sampled_from(
    [None, Decimal(0), Decimal("3.9"), Decimal("3.90"), Decimal("4.50"), Decimal(5)]
)
TERMS = st.builds(
    Terms,
    unit_price=AMOUNTS,
    less_included=AMOUNTS,
    taxable=st.sampled_from([None, True, False]),
    bill_customer=st.sampled_from([None, "Billable", "NoCharge", "DoNotBill"]),
)
NAMES = ("unit_price", "less_included", "taxable", "bill_customer")
CATALOG = Terms(
    unit_price=Decimal("4.50"), less_included=Decimal(0), taxable=True, bill_customer="Billable"
)
AGREED = Terms(
    unit_price=Decimal("3.90"), less_included=Decimal(5), taxable=False, bill_customer="NoCharge"
)


def other(**fields: Any) -> OtherTerms:  # noqa: ANN401 - any field
    """Catalog terms where others were agreed in the month before."""
    found = differing(CATALOG, AGREED)
    assert found is not None
    return replace(found, **fields)


@given(TERMS)
def test_no_difference_no_notice(terms: Terms) -> None:
    """OPEN-5: an Addition whose terms are those of the month before gives nothing to tell."""
    assert differing(terms, terms) is None


@given(TERMS, TERMS)
def test_what_is_not_shown_is_not_compared(now: Terms, before: Terms) -> None:
    """OPEN-5: a term counts where ConnectWise shows it on both sides and the two are not equal, and
    nowhere else.
    """
    pairs = {name: (getattr(now, name), getattr(before, name)) for name in NAMES}
    expected = {
        name: pair for name, pair in pairs.items() if None not in pair and pair[0] != pair[1]
    }
    found = differing(now, before)
    got = (
        {}
        if found is None
        else {name: (getattr(found.now, name), getattr(found.before, name)) for name in NAMES}
    )
    assert {name: pair for name, pair in got.items() if pair != (None, None)} == expected
    assert (found is None) is (not expected)


@given(TERMS, TERMS)
def test_carried_over_nothing_is_left(now: Terms, before: Terms) -> None:
    """OPEN-5: once the terms of before have been put in the place of those that differ, none
    differ.
    """
    found = differing(now, before)
    assume(found is not None)
    assert found is not None
    after = overlaid(now, found.before)
    assert differing(after, before) is None
    assert found.seen(after) is None


@given(TERMS, TERMS, st.booleans(), st.sampled_from(["", "no"]))
def test_seen_again_unchanged_it_is_the_same(
    now: Terms, before: Terms, asked: bool, refused: str
) -> None:
    """OPEN-5: looked at again, a difference that stands is the same one, also where some terms are
    not shown this time.
    """
    found = differing(now, before)
    assume(found is not None)
    assert found is not None
    told = replace(found, asked=asked, refused=refused)
    assert told.seen(now) == told
    assert told.seen(Terms()) == told


def test_put_right_in_part() -> None:
    """OPEN-5: what somebody has set as it was before is no difference any more; for the rest, what
    was asked stands.
    """
    left = other(asked=True).seen(replace(CATALOG, unit_price=Decimal("3.9"), taxable=False))
    assert left is not None
    assert left.asked
    assert left.now == Terms(less_included=Decimal(0), bill_customer="Billable")


def test_what_somebody_agreed_meanwhile_is_not_replaced_unasked() -> None:
    """OPEN-5: a price of neither side was agreed after a person had asked: it is shown, and that
    person is asked anew.
    """
    left = other(asked=True, refused="no").seen(replace(CATALOG, unit_price=Decimal("3.50")))
    assert left is not None
    assert (left.now.unit_price, left.before.unit_price) == (Decimal("3.50"), Decimal("3.90"))
    assert (left.asked, left.refused) == (False, "")


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (
            {"unit_price": Decimal("4.5")},
            {"unit_price": Decimal("3.9")},
            "unit price 4.50 instead of 3.90",
        ),
        (
            {"unit_price": Decimal(4)},
            {"unit_price": Decimal("3.9125")},
            "unit price 4.00 instead of 3.9125",
        ),
        (
            {"unit_price": Decimal("1E+3")},
            {"unit_price": Decimal("0E-9")},
            "unit price 1000.00 instead of 0.00",
        ),
        (
            {"less_included": Decimal("0.0")},
            {"less_included": Decimal("2.50")},
            "less included 0 instead of 2.5",
        ),
        ({"taxable": True}, {"taxable": False}, "taxable yes instead of no"),
        (
            {"bill_customer": "Billable"},
            {"bill_customer": "NoCharge"},
            "bill customer Billable instead of NoCharge",
        ),
    ],
)
def test_in_words(now: dict[str, Any], before: dict[str, Any], said: str) -> None:
    """OPEN-5: each term is named with both values; a price has its cents, a number of units no
    empty decimals.
    """
    assert described(Terms(**now), Terms(**before)) == said


def test_several_in_words() -> None:
    """OPEN-5: all four in one sentence."""
    assert described(CATALOG, AGREED) == (
        "unit price 4.50 instead of 3.90, less included 0 instead of 5, taxable yes instead of no "
        "and bill customer Billable instead of NoCharge"
    )
