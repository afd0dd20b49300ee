"""A usage record as plain data (text, whole numbers, lists, maps) and back, and its history in those terms.

What is None or empty is left out. Written by hand, field by field: an item lives for years, so a renamed attribute of a
class must not rename what is stored.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tally.domain.company import Mapping, MappingChange
from tally.domain.record import (
    Answer,
    Credit,
    HistoryEntry,
    Hold,
    HoldKind,
    Intent,
    IntentKind,
    Line,
    LineState,
    RecordKey,
    RecordState,
    Refusal,
    Transition,
    UsageRecord,
    Verdict,
)
from tally.domain.terms import OtherTerms, Terms

type Plain = dict[str, Any]


def instant_text(instant: datetime) -> str:
    """An aware instant as ISO 8601 text in UTC; texts sort as their instants do. Raises ValueError for a naive one.

    The offset is written ``+00:00`` for the order's sake: a ``Z`` would sort after the point of a fraction.
    """
    if instant.tzinfo is None:
        raise ValueError(f"the ledger keeps instants with their time zone, and {instant.isoformat()} has none")
    return instant.astimezone(UTC).isoformat()


@lru_cache(maxsize=1024)
def instant(text: str) -> datetime:
    """The instant of such a text. Raises ValueError for a text without a time zone.

    Most are ticks, of which thousands of companies have the same.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def optional_instant(text: str | None) -> datetime | None:
    """The instant of such a text, or None where there is none."""
    return None if text is None else instant(text)


def optional_instant_text(at: datetime | None) -> str | None:
    """Such a text, or None where there is no instant."""
    return None if at is None else instant_text(at)


def without_none(fields: Plain) -> Plain:
    """The fields that say something: neither None nor an empty collection or text."""
    return {name: value for name, value in fields.items() if value is not None and value not in ("", [], {})}


def record_fields(record: UsageRecord) -> Plain:
    """Everything that a record holds but its key and version."""
    fields = without_none(
        {
            "state": record.state.value,
            "seen_tick": instant_text(record.seen_tick),
            "count": record.count,
            "floor": record.floor,
            "lines": [_line_fields(line) for line in record.lines],
            "hold": None if record.hold is None else _hold_fields(record.hold),
            "refusal": None if record.refusal is None else _refusal_fields(record.refusal),
            "notices": list(record.notices),
            "baseline": record.baseline,
            "answer": None if record.answer is None else _answer_fields(record.answer),
            "given": record.given,
            "late": record.late,
            "credit": None if record.credit is None else _credit_fields(record.credit),
            "credited": record.credited or None,
            "reread": "yes" if record.reread else None,
            "left_so": list(record.left_so),
            "asked": "yes" if record.asked else None,
        }
    )
    return _with_children(fields, record.children)


def record_of(key: RecordKey, version: int, fields: Plain) -> UsageRecord:
    """The record of such fields. Raises one of several errors where they are not what we write."""
    hold, refusal, answer, credit = (fields.get(name) for name in ("hold", "refusal", "answer", "credit"))
    return UsageRecord(
        key=key,
        version=version,
        seen_tick=instant(fields["seen_tick"]),
        state=RecordState(fields["state"]),
        lines=tuple(_line(line) for line in fields.get("lines", ())),
        hold=None if hold is None else _hold(hold),
        refusal=None if refusal is None else _refusal(refusal),
        notices=tuple(fields.get("notices", ())),
        count=fields.get("count"),
        floor=fields.get("floor"),
        baseline=fields.get("baseline"),
        answer=None if answer is None else _answer(answer),
        given=fields.get("given"),
        late=fields.get("late"),
        credit=None if credit is None else _credit(credit),
        credited=fields.get("credited", 0),
        reread="reread" in fields,
        left_so=tuple(fields.get("left_so", ())),
        asked="asked" in fields,
        children=_children(fields),
    )


def check(transition: Transition) -> None:
    """Raise ValueError for a transition whose record does not follow on the one that it was made from."""
    before, after = transition.before, transition.after
    if after.version != transition.expected_version + 1 or (before is not None and before.key != after.key):
        raise ValueError(
            f"version {after.version} of {after.key} does not follow on version {transition.expected_version}"
        )


def entry_of(transition: Transition) -> HistoryEntry:
    """What the history keeps of a transition."""
    before, after = transition.before, transition.after
    return HistoryEntry(
        version=after.version,
        what=transition.what,
        why=transition.why,
        by=transition.by,
        at=transition.at.astimezone(UTC),
        tick=transition.tick.astimezone(UTC),
        changes=changes({} if before is None else record_fields(before), record_fields(after)),
    )


def mapping_fields(mapping: Mapping) -> Plain:
    """Everything that a mapping holds but its company and version."""
    return without_none(
        {
            "company_name": mapping.company_name,
            "connectwise_id": mapping.connectwise_id,
            "connectwise_name": mapping.connectwise_name,
            "tied_by": mapping.tied_by,
            "tied_at": instant_text(mapping.tied_at),
            "pinned_agreement_id": mapping.pinned_agreement_id,
            "excluded_since": optional_instant_text(mapping.excluded_since),
            "kept_apart": list(mapping.kept_apart),
            "own_billed_since": optional_instant_text(mapping.own_billed_since),
        }
    )


def check_change(change: MappingChange) -> None:
    """Raise ValueError for a change whose mapping does not follow on the one that it was made from."""
    before, after = change.before, change.after
    if after.version != change.expected_version + 1 or (before is not None and before.company_id != after.company_id):
        raise ValueError(
            f"version {after.version} of the mapping of {after.company_id} does not follow on version {change.expected_version}"
        )


def entry_of_change(change: MappingChange) -> HistoryEntry:
    """What the history keeps of a change of a mapping; it has no tick, so its own time stands for it."""
    at = change.at.astimezone(UTC)
    return HistoryEntry(
        version=change.after.version,
        what=change.what,
        why=change.why,
        by=change.by,
        at=at,
        tick=at,
        changes=changes({} if change.before is None else mapping_fields(change.before), mapping_fields(change.after)),
    )


def changes(before: Plain, after: Plain) -> dict[str, tuple[object, object]]:
    """The paths whose values differ, each with its value before and after; None where there is none.

    Played in order from nothing, a record's changes give the paths of its present fields. A line's path has its
    number: ``lines.0.intent.quantity``.
    """
    old, new = dict(paths(before)), dict(paths(after))
    return {
        path: (old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    }


def paths(fields: Plain, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Each value of nested fields under its path."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{name}.")
        elif name == "lines":
            for line in value:
                yield from paths(line, f"{prefix}lines.{line['number']}.")
        else:
            yield f"{prefix}{name}", value


def _line_fields(line: Line) -> Plain:
    return without_none(
        {
            "number": line.number,
            "state": line.state.value,
            "agreement_id": line.agreement_id,
            "product_id": line.product_id,
            "reference": line.reference,
            "effective": line.effective.isoformat(),
            "cancelled": line.cancelled.isoformat(),
            "addition_id": line.addition_id,
            "pushed": line.pushed,
            "pushed_at": optional_instant_text(line.pushed_at),
            "unconfirmed": list(line.unconfirmed),
            "echoes": list(line.echoes),
            "intent": None if line.intent is None else _intent_fields(line.intent),
            "terms": None if line.terms is None else _other_terms_fields(line.terms),
            "bill_customer": line.bill_customer,
        }
    )


def _line(fields: Plain) -> Line:
    intent, terms = fields.get("intent"), fields.get("terms")
    return Line(
        number=fields["number"],
        state=LineState(fields["state"]),
        agreement_id=fields["agreement_id"],
        product_id=fields["product_id"],
        reference=fields.get("reference", ""),
        effective=date.fromisoformat(fields["effective"]),
        cancelled=date.fromisoformat(fields["cancelled"]),
        addition_id=fields.get("addition_id"),
        pushed=fields.get("pushed"),
        pushed_at=optional_instant(fields.get("pushed_at")),
        unconfirmed=tuple(fields.get("unconfirmed", ())),
        echoes=tuple(fields.get("echoes", ())),
        intent=None if intent is None else _intent(intent),
        terms=None if terms is None else _other_terms(terms),
        bill_customer=fields.get("bill_customer", ""),
    )


def _intent_fields(intent: Intent) -> Plain:
    return {"kind": intent.kind.value, "quantity": intent.quantity, "at": instant_text(intent.at)}


def _intent(fields: Plain) -> Intent:
    return Intent(kind=IntentKind(fields["kind"]), quantity=fields["quantity"], at=instant(fields["at"]))


def _other_terms_fields(terms: OtherTerms) -> Plain:
    return without_none(
        {
            "before": _terms_fields(terms.before),
            "now": _terms_fields(terms.now),
            "asked": terms.asked or None,
            "refused": terms.refused,
        }
    )


def _other_terms(fields: Plain) -> OtherTerms:
    return OtherTerms(
        before=_terms(fields["before"]),
        now=_terms(fields["now"]),
        asked=fields.get("asked", False),
        refused=fields.get("refused", ""),
    )


def _terms_fields(terms: Terms) -> Plain:
    """Amounts as text, so that they are read back as they were."""
    return without_none(
        {
            "unit_price": None if terms.unit_price is None else str(terms.unit_price),
            "less_included": None if terms.less_included is None else str(terms.less_included),
            "taxable": terms.taxable,
            "bill_customer": terms.bill_customer,
        }
    )


def _terms(fields: Plain) -> Terms:
    return Terms(
        unit_price=_amount(fields.get("unit_price")),
        less_included=_amount(fields.get("less_included")),
        taxable=fields.get("taxable"),
        bill_customer=fields.get("bill_customer"),
    )


def _hold_fields(hold: Hold) -> Plain:
    fields = without_none(
        {
            "kind": hold.kind.value,
            "why": hold.why,
            "quantity": hold.quantity,
            "since": instant_text(hold.since),
            "stands": hold.stands,
            "line": hold.line,
            "seen": hold.seen,
            "foreign": list(hold.foreign),
            "grown": True if hold.grown else None,
        }
    )
    return _with_children(fields, hold.children)


def _hold(fields: Plain) -> Hold:
    return Hold(
        kind=HoldKind(fields["kind"]),
        why=fields.get("why", ""),
        quantity=fields["quantity"],
        since=instant(fields["since"]),
        stands=fields.get("stands"),
        line=fields.get("line"),
        seen=fields.get("seen", ""),
        foreign=tuple(fields.get("foreign", ())),
        children=_children(fields),
        grown=fields.get("grown", False),
    )


def _credit_fields(credit: Credit) -> Plain:
    price = None if credit.unit_price is None else str(credit.unit_price)
    return without_none({"billed": credit.billed, "counted": credit.counted, "unit_price": price})


def _credit(fields: Plain) -> Credit:
    return Credit(billed=fields["billed"], counted=fields["counted"], unit_price=_amount(fields.get("unit_price")))


def _amount(text: str | None) -> Decimal | None:
    if text is None:
        return None
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(f"{text} is no amount")
    return amount


def _answer_fields(answer: Answer) -> Plain:
    fields = {
        "verdict": answer.verdict.value,
        "quantity": answer.quantity,
        "by": answer.by,
        "at": instant_text(answer.at),
    }
    return _with_children(fields, answer.children)


def _answer(fields: Plain) -> Answer:
    return Answer(
        verdict=Verdict(fields["verdict"]),
        quantity=fields["quantity"],
        by=fields["by"],
        at=instant(fields["at"]),
        children=_children(fields),
    )


def _with_children(fields: Plain, children: tuple[str, ...] | None) -> Plain:
    """A partner without children is another thing than a customer: an empty list of them is not left out."""
    return fields if children is None else {**fields, "children": list(children)}


def _children(fields: Plain) -> tuple[str, ...] | None:
    return tuple(fields["children"]) if "children" in fields else None


def _refusal_fields(refusal: Refusal) -> Plain:
    fields = {"why": refusal.why, "fingerprint": refusal.fingerprint, "since": instant_text(refusal.since)}
    return fields if refusal.total is None else {**fields, "total": refusal.total}


def _refusal(fields: Plain) -> Refusal:
    return Refusal(
        why=fields["why"],
        fingerprint=fields["fingerprint"],
        since=instant(fields["since"]),
        total=fields.get("total"),
    )
