"""Compare an Addition of ours with what we wrote, field by field (OPEN-3, FOLLOW-3).

This is the one place that does. It is asked of the answer to each write, at every look, and at the
close. What ConnectWise computes itself, such as a price, is not compared.
"""

from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from tally.domain.model.agreement import Addition
from tally.domain.model.month import Month
from tally.domain.record.lines import Line, Place
from tally.domain.record.usage_record import UsageRecord


class Field(StrEnum):
    """Fields of an Addition that we write, in the words of ConnectWise's own window."""

    EFFECTIVE = "effective date"
    CANCELLED = "cancelled date"
    PRODUCT = "product"
    AGREEMENT = "agreement"
    BILL_CUSTOMER = "bill customer"
    REFERENCE = "invoice description"
    QUANTITY = "quantity"


class Difference(NamedTuple):
    """One field that ConnectWise shows otherwise than we wrote it."""

    field: Field
    shown: str
    written: str

    def __str__(self) -> str:
        """Tell it as a person finds it in ConnectWise."""
        return f"{self.field} {self.shown} instead of {self.written}"

    def of(self, line: Line) -> str:
        """Name what is seen of a line, in words that stay the same as long as it is the same."""
        return f"line {line.number} has {self.field} {self.shown}"


type Differences = tuple[Difference, ...]


def differences(line: Line, it: Addition, *, month: Month) -> Differences:
    """Return the fields that are shown otherwise than we wrote them.

    One that a person made in place of ours may stand on another agreement, from another day of ours
    on.
    """
    place = line.place
    # A person who restores a deleted Addition makes a new one: our reference in its text is then
    # all that tells it is ours.
    if it.id != line.addition_id:
        place = as_found(place, line.number, it, month, mark=line.reference)
    pairs = (
        (Field.EFFECTIVE, it.effective, place.effective),
        (Field.CANCELLED, it.cancelled, place.cancelled),
        (Field.PRODUCT, it.product_id, place.product_id),
        (Field.AGREEMENT, it.agreement_id, place.agreement_id),
    )
    found = [
        Difference(name, str(shown or "none"), str(ours))
        for name, shown, ours in pairs
        if shown != ours
    ]
    return (*found, *_flag(line, it), *_reference(line, it), *_quantity(line, it))


def _flag(line: Line, it: Addition) -> Differences:
    """Compare the flag where it is shown and known.

    That of the month before is no difference: a person was told of it (OPEN-5), and may have set
    it.
    """
    shown, ours = it.terms.bill_customer, line.written.flag
    agreed = None if line.terms is None else line.terms.before.bill_customer
    # Not every answer shows the flag, and a record from before it was noted has none.
    if shown is None or not ours or shown in (ours, agreed):
        return ()
    return (Difference(Field.BILL_CUSTOMER, shown, ours),)


def _reference(line: Line, it: Addition) -> Differences:
    # The mark alone counts: a person may word the rest of the text anew.
    if line.reference in it.text:
        return ()
    return (Difference(Field.REFERENCE, "without our reference", f"with [{line.reference}]"),)


def _quantity(line: Line, it: Addition) -> Differences:
    # Compared unrounded: quantities are doubles in ConnectWise, and 4.5 is none that we write.
    if it.quantity == line.pushed:
        return ()
    return (Difference(Field.QUANTITY, f"{it.quantity.normalize():f}", str(line.pushed)),)


def untold(record: UsageRecord, line: Line, it: Addition) -> Differences:
    """Return the differences without those that a person lets be."""
    # A person lets be what was shown, in those words. Anything else that changes is asked anew.
    return tuple(
        each
        for each in differences(line, it, month=record.key.month)
        if each.of(line) not in record.left_so
    )


def beside_quantity(found: Differences) -> Differences:
    """Leave the quantity out, which may lawfully be another one of ours."""
    return tuple(each for each in found if each.field is not Field.QUANTITY)


def may_be_of_before(found: Differences) -> bool:
    """Return True if a list may still show it as it was before we took it over or set its terms."""
    return any(each.field in (Field.REFERENCE, Field.BILL_CUSTOMER) for each in found)


def as_found(place: Place, number: int, it: Addition, month: Month, *, mark: str) -> Place:
    """Return the place of an Addition that was found by its reference.

    A restored ledger does not know on which agreement and for which days the line was opened, so
    both are the Addition's own; ``place`` keeps the days where we cannot have written those. One
    that was taken over has others' first day, and is known by others' text.
    """
    place = replace(place, agreement_id=it.agreement_id)
    effective, cancelled = it.effective, it.cancelled
    if effective is None or cancelled is None or effective > cancelled:
        return place
    # Only a text that we wrote whole names the month before the mark: one of others that was taken
    # over keeps its own text, and its own first day.
    made_by_us = f"{month.label} [{mark}]" in " ".join(it.text.split())
    if made_by_us and effective < month.first:
        return place
    shown = replace(place, effective=effective, cancelled=cancelled)
    own_days = cancelled == month.last
    return shown if own_days or (number > 0 and _is_of_a_period(shown, place)) else place


def _is_of_a_period(shown: Place, meant: Place) -> bool:
    """Return True if a further line ends with the meant period, or stands in another one."""
    if shown.cancelled == meant.cancelled:
        return True
    return shown.cancelled < meant.effective or shown.effective > meant.cancelled


def is_offboarded(line: Line, it: Addition) -> bool:
    """Return True if it was cancelled together with its agreement, as when a customer leaves."""
    early = it.cancelled is not None and it.cancelled < line.place.cancelled
    return early and it.agreement_status == _CANCELLED


def may_be_left(line: Line, it: Addition, found: Differences) -> bool:
    """Return True if a person may leave the differences: a flag, or the day a customer left."""
    fields = {each.field for each in found}
    return fields == {Field.BILL_CUSTOMER} or (
        fields == {Field.CANCELLED} and is_offboarded(line, it)
    )


_CANCELLED = "Cancelled"
"""ConnectWise's word for an agreement that was cancelled."""
