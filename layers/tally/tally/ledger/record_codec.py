"""The stored form of a usage record: its fields as plain data, with the number of the schema."""

from dataclasses import MISSING, fields
from typing import Any

from tally.domain import holds
from tally.domain.model.terms import OtherTerms, Terms
from tally.domain.record.history import is_pushed
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import Closing, Credit, Hold, RecordState, UsageRecord
from tally.domain.record.writes import (
    Claim,
    Create,
    Refusal,
    SetQuantity,
    SetTerms,
    TakeOver,
    Write,
)
from tally.ledger.form import (
    AMOUNT,
    DAY,
    INSTANT,
    TEXT,
    TRUTH,
    WHOLE,
    Form,
    many,
    one_of,
    shape,
    word,
)
from tally.ledger.upgrade import upgraded

SCHEMA = 1
"""The schema that is written. A record of a later one is not read: its company is failing."""

PLACE = shape(Place, agreement_id=WHOLE, product_id=WHOLE, effective=DAY, cancelled=DAY, late=TRUTH)
WRITTEN = shape(
    Written, quantity=WHOLE, at=INSTANT, unsure=many(WHOLE), echoes=many(WHOLE), flag=TEXT
)
TERMS = shape(Terms, unit_price=AMOUNT, less_included=AMOUNT, taxable=TRUTH, bill_customer=TEXT)
OTHER_TERMS = shape(OtherTerms, before=TERMS, now=TERMS, asked=TRUTH, refused=TEXT)
LINE = shape(
    Line,
    number=WHOLE,
    state=word(LineState),
    place=PLACE,
    reference=TEXT,
    addition_id=WHOLE,
    written=WRITTEN,
    terms=OTHER_TERMS,
)
WRITE: Form[Write] = one_of(
    "write",
    {
        "post": (Create, shape(Create, number=WHOLE, place=PLACE, quantity=WHOLE)),
        "take-over": (
            TakeOver,
            shape(TakeOver, number=WHOLE, place=PLACE, quantity=WHOLE, addition_id=WHOLE),
        ),
        "patch": (SetQuantity, shape(SetQuantity, number=WHOLE, quantity=WHOLE)),
        "terms": (SetTerms, shape(SetTerms, number=WHOLE)),
    },
)
CLAIM = shape(Claim, write=WRITE, at=INSTANT)
REFUSAL = shape(Refusal, why=TEXT, at=INSTANT, write=WRITE, version=TEXT, total=WHOLE)
RULING = shape(Ruling, said=word(Said), number=WHOLE, by=TEXT, at=INSTANT, about=many(TEXT))
CREDIT = shape(Credit, billed=WHOLE, counted=WHOLE, unit_price=AMOUNT)
CLOSING = shape(Closing, count=WHOLE, floor=WHOLE, credit=CREDIT, credited=WHOLE, reread=TRUTH)


def _hold[H: Hold](of: type[H], **own: Form[Any]) -> tuple[str, tuple[type[H], Form[H]]]:
    return of.kind, (of, shape(of, why=TEXT, since=INSTANT, **own))


HOLD: Form[Hold] = one_of(
    "kind",
    dict(
        (
            _hold(holds.Fallen, counted=WHOLE),
            _hold(holds.Grown, agreed=WHOLE),
            _hold(holds.Moved, counted=WHOLE, children=many(TEXT), grown=TRUTH),
            _hold(holds.LateUsage, total=WHOLE),
            _hold(holds.Unwritten, number=WHOLE),
            _hold(holds.Unplaced, total=WHOLE),
            _hold(holds.Edited, total=WHOLE, stands=WHOLE),
            _hold(holds.Broken, total=WHOLE),
            _hold(holds.Altered, total=WHOLE, line=WHOLE, shown=TEXT),
            _hold(holds.SettledEdited, total=WHOLE, line=WHOLE, shown=TEXT, stands=WHOLE),
            _hold(holds.Strangers, wanted=WHOLE, additions=many(WHOLE)),
        )
    ),
)

_RECORD: dict[str, Form[Any]] = {
    "seen_tick": INSTANT,
    "state": word(RecordState),
    "lines": many(LINE),
    "claim": CLAIM,
    "hold": HOLD,
    "rulings": many(RULING),
    "refusal": REFUSAL,
    "notices": many(TEXT),
    "children": many(TEXT),
    "closing": CLOSING,
}
_LEFT_OUT = {each.name: each.default for each in fields(UsageRecord) if each.name != "state"}
"""Defaults, which are left out; but ``children`` keeps (), which is not None.

A partner without children is another thing than a customer.
"""


def record_fields(record: UsageRecord) -> dict[str, Any]:
    """Return all that a record holds but its key and version; nothing if it was never stored."""
    if record.version == 0:
        return {}
    values = {name: getattr(record, name) for name in _RECORD}
    said = {name: value for name, value in values.items() if value != _LEFT_OUT.get(name, MISSING)}
    return {"schema": SCHEMA, **{name: _RECORD[name].write(value) for name, value in said.items()}}


def record_of(key: RecordKey, version: int, plain: dict[str, Any]) -> UsageRecord:
    """Read such fields, or those that a version without a schema wrote.

    Raises KeyError, TypeError or ValueError if no version wrote them, or a later one did.
    """
    if "schema" not in plain:
        plain = upgraded(plain, month=str(key.month))
    schema = plain["schema"]
    if schema != SCHEMA:
        raise ValueError(f"its schema is {schema}, and this version of Tally knows {SCHEMA}")
    found = {name: form.read(plain[name]) for name, form in _RECORD.items() if name in plain}
    return UsageRecord(key=key, version=version, **found)


def changes_of(plain: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """Read the changes of a history entry: each path with its values before and after.

    Raises TypeError or ValueError for others, and for a quantity that is none: a statement is drawn
    up from those.
    """
    found = {path: (before, after) for path, (before, after) in plain.items()}
    for path, values in found.items():
        if is_pushed(path):
            for each in values:
                _ = None if each is None else WHOLE.read(each)
    return found
