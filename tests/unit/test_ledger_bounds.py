"""Bounds of what the ledger's items hold: what nobody can calculate with cannot be read."""

import json
from datetime import date

import pytest

from tally.domain.model.company import first_link
from tally.domain.model.month import Month
from tally.domain.record.lines import Place
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ContractError
from tally.ledger import items
from tally.ledger.form import AMOUNT
from tally.ledger.history_entry import entry_of_change
from tally.ledger.record_codec import PLACE
from tests.unit.ledger_values import A_LINK, TICK

NOVEMBER = UsageRecord(
    key=RecordKey(company_id="gz-1", month=Month(2026, 11), service="endpoints"),
    version=1,
    seen_tick=TICK,
)
A_PLACE = Place(
    agreement_id=31, product_id=52, effective=date(2026, 11, 1), cancelled=date(2026, 11, 30)
)

_AT_THE_ENDS = [
    "9999-12-31T23:59:59-23:59",
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+00:00",
    "1970-01-01T00:00:00+00:00",
]


@pytest.mark.parametrize("at", _AT_THE_ENDS)
def test_an_instant_at_the_calendars_ends_is_none(at: str) -> None:
    """SAFE-10: such an instant has no other zone and no day after: an item with one cannot be read,
    rather than stop whoever calculates with it.
    """
    record = {**items.record_item(NOVEMBER), "seen_tick": {"S": at}}
    with pytest.raises(ContractError, match="cannot be read"):
        items.record_from(record)  # type: ignore[arg-type]
    claim = f'{{"write": {{"kind": "patch"}}, "at": "{at}"}}'
    with pytest.raises(ContractError, match="cannot be read"):
        items.record_from({**items.record_item(NOVEMBER), "claim": {"S": claim}})


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31"])
def test_a_day_at_the_calendars_ends_is_none(day: str) -> None:
    """SAFE-10: so with the days of a line's place."""
    place = PLACE.write(A_PLACE)
    with pytest.raises(ValueError, match="none of the years"):
        PLACE.read({**place, "cancelled": day})


@pytest.mark.parametrize("text", ["1E+999999", "1E-999999", "0E-999999", "-1E+15", "NaN", "1e400"])
def test_an_amount_that_cannot_be_told_in_figures_is_none(text: str) -> None:
    """SAFE-10: a price of a million digits is none."""
    with pytest.raises(ValueError, match="no amount"):
        AMOUNT.read(text)


@pytest.mark.parametrize("value", ["x", "4", 4.0, True, [4], {"a": 4}])
@pytest.mark.parametrize("path", ["lines.0.written.quantity", "lines.1.pushed"])
def test_a_quantity_of_the_history_is_a_whole_number(path: str, value: object) -> None:
    """PROOF-5, SAFE-5: a statement is drawn up from these: an entry with another value cannot be
    read.
    """
    entry = entry_of_change(first_link(A_LINK))
    item = items.link_history_item("gz-1", entry, transaction="t")
    damaged = {**item, "changes": {"S": json.dumps({path: [None, value]})}}
    with pytest.raises(ContractError, match="cannot be read"):
        items.entry_from(damaged)
    told = {**item, "changes": {"S": json.dumps({path: [None, 4], "why": ["x", value]})}}
    assert items.entry_from(told).changes[path] == (None, 4)
