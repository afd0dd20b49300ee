"""Telling our Additions from others on an agreement: rules OPEN-1, OPEN-6 and FOLLOW-3."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tally.domain.agreement import Addition
from tally.domain.month import Month
from tally.domain.record import Line, RecordKey, UsageRecord, reference

_OF_TALLY = re.compile(r"\bTLY-[A-Z2-7]{12}\b")
_MONTHS_LATE, _MOST_LINES = 13, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The agreement's Additions that matter to one record: those of its newest line, and others of the product."""

    ours: tuple[Addition, ...]
    foreign: tuple[Addition, ...]


def recognise(
    additions: Iterable[Addition],
    *,
    key: RecordKey,
    record: UsageRecord | None,
    product_id: int,
    kept_apart: Collection[int] = (),
    number: int | None = None,
) -> Recognised:
    """Sort the Additions. Ours bear the line's reference in their text, or the id that the ledger has for it.

    The line is the newest one, or the one ``number`` that is yet to be opened.

    Foreign ones are of the same product and cover the month: beside ours, the customer would pay twice. Those in
    ``kept_apart`` are nobody's business, as a person has said.
    """
    lines: Sequence[Line] = () if record is None else record.lines
    ids = {line.addition_id for line in lines if line.addition_id is not None}
    references = {reference(key, each) for each in range(_MOST_LINES)}
    newest = lines[-1] if lines else None
    if newest is None or (number is not None and number != newest.number):
        wanted, wanted_id = reference(key, number or 0), None
    else:
        wanted, wanted_id = newest.reference, newest.addition_id
    ours, foreign = [], []
    for addition in additions:
        if addition.id == wanted_id or (wanted in addition.text and addition.id not in kept_apart):
            ours.append(addition)
        elif addition.id in ids or any(each in addition.text for each in references) or addition.id in kept_apart:
            continue
        elif addition.quantity == 0 and addition.cancelled is not None and _of_tally(addition):
            continue  # voided at the wrong place: it bills nothing, in this month and after it
        elif addition.product_id == product_id and addition.covers(key.month) and not _is_late_line(addition, key):
            foreign.append(addition)
    return Recognised(ours=tuple(ours), foreign=tuple(foreign))


def by_line(additions: Iterable[Addition], *, key: RecordKey) -> dict[int, tuple[Addition, ...]]:
    """The Additions that bear a reference of the record, by the number of the line that it is of (OPEN-1)."""
    found: dict[int, tuple[Addition, ...]] = {}
    marks = {number: reference(key, number) for number in range(_MOST_LINES)}
    for addition in additions:
        for number, mark in marks.items():
            if mark in addition.text:
                found[number] = (*found.get(number, ()), addition)
    return found


def _is_late_line(addition: Addition, key: RecordKey) -> bool:
    """Whether it carries late usage of an earlier month of the same company, which belongs beside this month's (LATE-2)."""
    found = _OF_TALLY.search(addition.text)
    if found is None:
        return False
    month = key.month
    for _ in range(_MONTHS_LATE):
        month = month.previous
        earlier = replace(key, month=month)
        if any(found[0] == reference(earlier, number) for number in range(1, _MOST_LINES)):
            return True
    return False


def beside(
    foreign: Sequence[Addition], *, company: str, month: Month, wanted: int, ours: int | None, counted: int | None
) -> str:
    """What to tell where another Addition of the product covers the month: beside ours, the customer would pay twice."""
    stands = "nothing of ours stands there" if ours is None else f"ours stands at {ours}"
    seen = f"{described(foreign)} bills the same product to {company} in {month.label}"
    wish = f"{_counted(counted, wanted)} would be written beside it; {stands}"
    if not of_others(foreign):
        return (
            f"{seen}: Tally's own, of another month or customer. {wish}. Set its cancelled date right in ConnectWise."
        )
    if ours is not None:
        return f"{seen}, and is not ours. {wish}. Keep it apart and bill ours beside it, or cancel it in ConnectWise."
    return (
        f"{seen}, and is not ours. {wish}. Take it over, keep it apart and bill ours beside it, or do not bill this month; "
        "or cancel it in ConnectWise."
    )


def _counted(counted: int | None, wanted: int) -> str:
    if counted is None:
        return f"{wanted}"
    return (
        f"GravityZone counts {counted}, which"
        if counted == wanted
        else f"GravityZone counts {counted}, and {wanted} of them"
    )


def of_others(foreign: Iterable[Addition]) -> tuple[int, ...]:
    """Those that a person may give to us or keep apart, by id: not Tally's own of another month or customer."""
    return tuple(addition.id for addition in foreign if not _of_tally(addition))


def _of_tally(addition: Addition) -> bool:
    return _OF_TALLY.search(addition.text) is not None


def with_copies(
    ours: Sequence[Addition], elsewhere: Iterable[Addition], line: Line, *, kept_apart: Collection[int]
) -> Sequence[Addition]:
    """The line's Addition and its copies, also those on the customer's other agreements, and at 0 too: another Tally may follow one.

    Where the line's own is gone, what bears its reference on its agreement takes its place.
    """
    own = [each for each in ours if each.id == line.addition_id]
    if not own:
        return ours
    far = [each for each in elsewhere if line.reference in each.text and each.id not in kept_apart]
    return [*own, *(each for each in (*ours, *far) if each.id != line.addition_id)]


def doubled(ours: Sequence[Addition], mark: str, *, known: int | None = None) -> str:
    """What to tell where several Additions carry one reference: somebody has copied one; ``known`` is the one that is ours."""
    own = [each for each in ours if each.id == known]
    copies = [each for each in ours if each.id != known]
    if not own or not copies:
        return f"{described(ours)} all carry our reference {mark}: one is a copy of the other. Delete all but one."
    told = " and ".join(
        f"{described([each])} on agreement {each.agreement_id}, last changed by {changed_by(each)}," for each in copies
    )
    verb = "is a copy" if len(copies) == 1 else "are copies"
    return (
        f"{told} {verb} of ours, {described(own)} on agreement {own[0].agreement_id}, with its reference {mark}: both would be billed. Delete "
        "the copy, and the hold lifts itself."
    )


def described(additions: Sequence[Addition]) -> str:
    """The Additions as a person finds them in ConnectWise."""
    return ", ".join(
        f"Addition {addition.id} (quantity {plain(addition.quantity)}, {addition.effective or 'no effective date'} to "
        f"{addition.cancelled or 'open-ended'})"
        for addition in additions
    )


def marked_text(addition: Addition, *, text: str, month: Month, mark: str) -> str:
    """What is to stand in the text of an Addition that is taken over: what stands there, and our reference after it."""
    return f"{addition.text} [{mark}]" if addition.text.strip() else customer_text(text, month=month, mark=mark)


def customer_text(text: str, *, month: Month, mark: str) -> str:
    """What stands in ``invoiceDescription``: first what the customer reads, then the reference."""
    return f"{text}, {month.label} [{mark}]"


def changed_by(addition: Addition) -> str:
    """Who changed it last, and when, as ConnectWise shows it."""
    when = "" if addition.updated_at is None else f" on {addition.updated_at:%Y-%m-%d %H:%M} GMT"
    return f"{addition.updated_by or 'somebody'}{when}"


def plain(quantity: Decimal) -> str:
    """A quantity as a person writes it."""
    return f"{quantity.normalize():f}"
