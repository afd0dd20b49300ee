"""Scopes of a standing's causes: values in the domain, texts in the ledger."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.month import Month
from tally.domain.model.standing import (
    WHOLE_COMPANY,
    Cause,
    RecordScope,
    Scope,
    Standing,
    StandingState,
)
from tally.domain.record.record_key import RecordKey
from tally.ledger import items
from tally.ledger.form import record_scope, scope, scope_text
from tests.unit.drawn_scopes import RECORD_SCOPES, SCOPES

NOVEMBER = Month(2026, 11)
TEXTS = {
    WHOLE_COMPANY: "company",
    Scope(service="email"): "company/email",
    Scope(NOVEMBER): "2026-11",
    Scope(NOVEMBER, "email"): "2026-11/email",
    RecordScope(NOVEMBER, "email"): "2026-11 email",
}


@pytest.mark.parametrize("of", TEXTS, ids=str)
def test_the_stored_texts(of: Scope) -> None:
    """Ledgers hold these texts, so they stay as they are."""
    assert scope_text(of) == TEXTS[of]
    assert scope(TEXTS[of]) == of


@given(SCOPES)
def test_a_stored_scope_is_a_round_trip(of: Scope) -> None:
    """What is read is what was written, a record's scope and the planner's told apart."""
    read = scope(scope_text(of))
    assert (read, type(read)) == (of, type(of))


@given(RECORD_SCOPES)
def test_a_stored_scope_of_a_record_is_a_round_trip(of: RecordScope) -> None:
    """Where only records are looked at, only their scopes are read."""
    assert record_scope(scope_text(of)) == of


@given(st.sets(SCOPES))
def test_scopes_sort_as_their_texts_do(some: set[Scope]) -> None:
    """SAFE-7: of equal causes the same one shows whoever sorts, and notices keep their order."""
    assert [scope_text(each) for each in sorted(some)] == sorted(map(scope_text, some))


@given(st.text())
def test_no_other_text_is_a_scope(text: str) -> None:
    """A text is refused, or it is the very one that its scope is stored as."""
    try:
        read = scope(text)
    except ValueError:
        return
    assert scope_text(read) == text


@pytest.mark.parametrize(
    "text",
    ["", "companies", "company email", "2026-13", "2026-11-01", "2026-11-01 email", "1999-12/edr"],
)
def test_texts_of_no_scope(text: str) -> None:
    """A month that is none, or anything else in front of the service."""
    with pytest.raises(ValueError, match=" month"):
        scope(text)


@pytest.mark.parametrize("of", [each for each in TEXTS if not isinstance(each, RecordScope)])
def test_only_a_record_is_looked_at(of: Scope) -> None:
    """FOLLOW-5: a text that names no record is refused there."""
    with pytest.raises(ValueError, match="is the scope of no record"):
        record_scope(scope_text(of))


def test_a_record_and_what_the_planner_says_beside_it() -> None:
    """SAFE-7: the planner's word on a service takes no place of its record's, nor the reverse."""
    of = RecordKey(company_id="c", month=NOVEMBER, service="email").scope
    assert of == RecordScope(NOVEMBER, "email")
    assert of.planners == (Scope(NOVEMBER), Scope(NOVEMBER, "email"))
    assert of not in of.planners


def test_a_cause_of_an_unknown_scope_is_left_out() -> None:
    """SAFE-5: a scope of another version makes the standing unreadable; its other causes stay."""
    held = Cause(state=StandingState.HELD, reason="so many")
    item = items.standing_item(
        Standing(
            company_id="gz-1",
            company_name="A",
            tick=datetime(2026, 11, 3, tzinfo=UTC),
            causes={RecordScope(NOVEMBER, "email"): held},
        )
    )
    stored = item["causes"]["S"].replace("{", '{"next month": {"state": "held"}, ', 1)
    read = items.standing_or_salvage({**item, "causes": {"S": stored}})
    assert read.causes == {RecordScope(NOVEMBER, "email"): held}
    assert "next month" in read.unreadable
    assert read.shown.state is StandingState.FAILING
