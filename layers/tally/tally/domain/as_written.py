"""Is an Addition of ours as we wrote it? The one place that compares, field by field: rules OPEN-3 and FOLLOW-3.

Asked of the answer to each write, at every look, and at the close. ConnectWise shows dates as days, quantities as doubles, and
may set other text around our reference; what it computes itself, such as a price, is not compared.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tally.domain.agreement import Addition
from tally.domain.month import Month
from tally.domain.recognition import changed_by, plain
from tally.domain.record import Hold, HoldKind, Line, UsageRecord
from tally.domain.situation import Situation
from tally.domain.target import quantity_of


class Field(StrEnum):
    """What we write of an Addition, in the words of ConnectWise's own window."""

    EFFECTIVE = "effective date"
    CANCELLED = "cancelled date"
    PRODUCT = "product"
    AGREEMENT = "agreement"
    BILL_CUSTOMER = "bill customer"
    REFERENCE = "invoice description"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that ConnectWise shows otherwise than we wrote it."""

    field: Field
    shown: str
    written: str

    def __str__(self) -> str:
        """Tell it as a person finds it in ConnectWise."""
        return f"{self.field} {self.shown} instead of {self.written}"


def differences(line: Line, addition: Addition, *, month: Month) -> tuple[Difference, ...]:
    """Compare an Addition with what we wrote; empty if it is as we wrote it.

    One that a person has made in place of ours may stand on another agreement, from another day of ours on.
    The bill-customer flag is compared where it is shown and the ledger knows what was written. That of the month before is
    no difference: a person has been told of it (OPEN-5), and may have set it.
    """
    if line.addition_id not in (None, addition.id):
        line = as_found(line, addition, month)
    pairs = (
        (Field.EFFECTIVE, addition.effective, line.effective),
        (Field.CANCELLED, addition.cancelled, line.cancelled),
        (Field.PRODUCT, addition.product_id, line.product_id),
        (Field.AGREEMENT, addition.agreement_id, line.agreement_id),
    )
    found = [
        Difference(field=name, shown=str(shown or "none"), written=str(written))
        for name, shown, written in pairs
        if shown != written
    ]
    flag, written = addition.terms.bill_customer, line.bill_customer
    agreed = None if line.terms is None else line.terms.before.bill_customer
    if flag is not None and written and flag not in (written, agreed):
        found.append(Difference(field=Field.BILL_CUSTOMER, shown=flag, written=written))
    if line.reference not in addition.text:
        found.append(
            Difference(field=Field.REFERENCE, shown="without our reference", written=f"with [{line.reference}]")
        )
    if addition.quantity != line.pushed:
        found.append(Difference(field=Field.QUANTITY, shown=plain(addition.quantity), written=str(line.pushed)))
    return tuple(found)


def untold(record: UsageRecord, line: Line, addition: Addition) -> tuple[Difference, ...]:
    """Compare an Addition with what we wrote, and leave out what a person lets be."""
    found = differences(line, addition, month=record.key.month)
    return tuple(each for each in found if _seen(line, each) not in record.left_so)


def beside_quantity(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Leave the quantity out, which may lawfully be another one of ours."""
    return tuple(each for each in found if each.field is not Field.QUANTITY)


def may_be_of_before(found: Iterable[Difference]) -> bool:
    """Tell whether a list may still show what stood there before it was taken over, or before terms were carried over."""
    return any(each.field in (Field.REFERENCE, Field.BILL_CUSTOMER) for each in found)


def described(found: Iterable[Difference]) -> str:
    """Tell the differences in one breath."""
    parts = [str(each) for each in found]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def question(
    situation: Situation,
    record: UsageRecord,
    line: Line,
    addition: Addition,
    found: Sequence[Difference],
    *,
    wanted: int,
) -> Hold:
    """Make the hold of an Addition that is not as we wrote it: what, by whom, when, and what a person can do.

    A quantity can be answered for; a flag that bills the customer nothing can be left, and the day that a customer left. All else is
    put right in ConnectWise, as it would be billed in other months, or not found again.
    """
    told = _counted(situation, line, wanted)
    fields = {each.field for each in found}
    stands, number, seen = None, None, ""
    if fields == {Field.QUANTITY}:
        stands = addition.seats
        why = (
            f"Addition {addition.id} was changed in ConnectWise by {changed_by(addition)}: it stands at {plain(addition.quantity)}, we left it "
            f"at {line.pushed}. It was not overwritten. {told} Restore {line.pushed} in ConnectWise, and the hold lifts itself"
            f"{_answers(situation, record, stands, wanted=wanted)}."
        )
    else:
        leave = ""
        if fields == {Field.BILL_CUSTOMER} or (fields == {Field.CANCELLED} and _is_offboarded(line, addition)):
            number, seen, leave = line.number, _seen(line, found[0]), "; or reject, and it is left so"
        why = (
            f"Addition {addition.id} {changed(line, addition)} in ConnectWise by {changed_by(addition)}: {described(found)}. It was "
            f"not overwritten. {told} {_put_right(line, found)}, and the hold lifts itself{leave}."
        )
    return Hold(
        kind=HoldKind.CHANGED,
        why=why,
        quantity=wanted,
        since=situation.tick,
        stands=stands,
        line=number,
        seen=seen,
    )


def as_found(line: Line, addition: Addition, month: Month) -> Line:
    """Give the line the place of the Addition that was found by its reference, and its days, if they are such as we could have written.

    A restored ledger does not know where, from which day on, and in which period, the line was opened before; nor that one of others
    was taken over, whose first day is theirs: its text is.
    """
    line = replace(line, agreement_id=addition.agreement_id)
    effective, cancelled = addition.effective, addition.cancelled
    if effective is None or cancelled is None or effective > cancelled:
        return line
    made_by_us = f"{month.label} [{line.reference}]" in " ".join(addition.text.split())
    if made_by_us and effective < month.first:
        return line
    apart = cancelled < line.effective or effective > line.cancelled
    of_a_period = cancelled == month.last or (line.number > 0 and (cancelled == line.cancelled or apart))
    return replace(line, effective=effective, cancelled=cancelled) if of_a_period else line


def changed(line: Line, addition: Addition) -> str:
    """Say what happened to an Addition: a customer was offboarded, where it ends early with its agreement."""
    if _is_offboarded(line, addition):
        return f"was cancelled together with its agreement (id {addition.agreement_id})"
    return "was changed"


def _is_offboarded(line: Line, addition: Addition) -> bool:
    early = addition.cancelled is not None and addition.cancelled < line.cancelled
    return early and addition.agreement_status == _CANCELLED


_CANCELLED = "Cancelled"
"""ConnectWise's word for an agreement that was cancelled."""


def _put_right(line: Line, found: Sequence[Difference]) -> str:
    if len(found) > 1:
        return "Set that back in ConnectWise"
    if found[0].field is Field.REFERENCE:
        return f"Put [{line.reference}] back into its invoice description"
    return f"Set it back to {found[0].written} in ConnectWise"


def _seen(line: Line, difference: Difference) -> str:
    """Name what is seen: the same words as long as it is the same."""
    return f"line {line.number} has {difference.field} {difference.shown}"


def _counted(situation: Situation, line: Line, wanted: int) -> str:
    month = situation.key.month.label
    if situation.count is None:
        return f"No count is to be had; our last number for {situation.company} in {month} is {line.pushed}."
    billed = "" if wanted == situation.count else f", and {wanted} are to be billed"
    return f"GravityZone counts {situation.count} {situation.key.service} for {situation.company} in {month}{billed}."


def _answers(situation: Situation, record: UsageRecord, stands: int | None, *, wanted: int) -> str:
    """Tell what a person can say of a quantity that somebody else wrote; of one that is no count, nothing."""
    if stands is None:
        return ""
    if situation.count is None:
        return f"; or approve or reject, and {stands} stays"
    return f"; or approve, and {quantity_of(record, wanted)} is written over it; or reject, and {stands} stays"
