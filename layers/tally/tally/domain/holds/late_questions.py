"""Holds on usage that no line carries: late, never written, or without a place."""

from dataclasses import dataclass, replace
from typing import ClassVar

from tally.domain.model.agreement import Agreement
from tally.domain.record.lines import Place
from tally.domain.record.rulings import Person, Said
from tally.domain.record.usage_record import Hold, UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class LateUsage(Hold):
    """More is counted than was invoiced: it becomes a line of its own, or is left out (LATE-2)."""

    kind: ClassVar[str] = "late"
    total: int

    @property
    def quantity(self) -> int:
        """What would be billed in all."""
        return self.total

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Let so many be billed, some of them late."""
        return record.ruled(person.says(Said.LATE, self.total))

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Leave the late ones out."""
        return _left_out(record, self.total, person)

    def after_approval(self, record: UsageRecord) -> str:
        """Say how many become a further line."""
        more = self.total - record.stands
        return f"{more} more become a line of their own; {self.total} are billed in all."

    def after_rejection(self, record: UsageRecord) -> str:
        """Say that late ones are billed to nobody."""
        return f"{record.stands} stay billed, and the late usage is billed to nobody."


def _left_out(record: UsageRecord, number: int, person: Person) -> UsageRecord:
    # The refusal goes too: what was refused is not to be written any more.
    return replace(
        record.without(Said.LATE).ruled(person.says(Said.LEAVE_OUT, number)), refusal=None
    )


def late_question(
    record: UsageRecord,
    company: str,
    *,
    counted: int,
    total: int,
    agreement: Agreement | None,
    place: Place | None,
) -> str:
    """Ask about late usage: what was counted, what is billed, what would be, and what can be said.

    ``agreement`` and ``place`` are where a further line would stand; None where it can be told of
    none.
    """
    month, stands, head = record.key.month.label, record.stands, record.head
    floor = "" if counted == total else f", and {total} are billed at least by its contract"
    if head is not None:
        billed = (
            f"{stands} of them are billed, {head.pushed} on Addition {head.addition_id} for late "
            "ones"
        )
        wish = f"that goes from {head.pushed} to {max(total - record.beside, 0)}"
    else:
        there = (
            f"{stands} of them are on Additions that can carry no more"
            if stands
            else "none of them are billed"
        )
        billed = f"{there}, since that period has been invoiced or its agreement has ended"
        those = f"the other {total - stands}" if stands else "they"
        wish = f"{those} become a line of their own for {month} {_where(agreement, place)}"
    stay = f"{stands} stay" if stands else "none are billed"
    return (
        f"GravityZone counts {counted} {record.key.service} for {company} in {month}{floor}; "
        f"{billed}. Approve {total}, and {wish}; or reject it, and {stay}."
    )


def _where(agreement: Agreement | None, place: Place | None) -> str:
    if agreement is None:
        return "on the agreement that runs by then (none does at present)"
    dates = "" if place is None else f", dated {place.effective} to {place.cancelled}"
    return f"on agreement {agreement.named}{dates}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten(Hold):
    """More was approved or refused than is billed, and nothing counts it now (CLOSE-5)."""

    kind: ClassVar[str] = "unwritten"
    number: int

    @property
    def quantity(self) -> int:
        """The number that was never written."""
        return self.number

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:  # noqa: ARG002
        """Say that without a count nothing is written."""
        return f"{record.key} cannot be approved: no count is to be had for it. {self.why}"

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Close with what stands."""
        return _left_out(record, self.number, person)

    def after_rejection(self, record: UsageRecord) -> str:
        """Say that late ones are billed to nobody."""
        return f"{record.stands} stay billed, and the late usage is billed to nobody."


def unwritten_question(record: UsageRecord, company: str, *, number: int, why: str) -> str:
    """Ask about a number that stands nowhere and can be counted no more."""
    key, stands, refusal = record.key, record.stands, record.refusal
    allowed = record.ruling(Said.LATE)
    approved = allowed is not None and allowed.number == number
    said = "were approved" if approved else "were to be billed"
    rest = f"the other {number - stands} were" if number > stands else "that was"
    refused = "" if refusal is None else f" ConnectWise refused it: {refusal.why}."
    by_hand = (
        f"; bill the other {number - stands} by hand if they are to be paid"
        if number > stands
        else ""
    )
    return (
        f"{number} {key.service} of {company} in {key.month.label} {said}, {stands} stand in "
        f"ConnectWise, and {rest} never written.{refused} No count is to be had any more, without "
        f"which nothing is written: {why} Reject it, and the month closes with {stands}{by_hand}."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced(Hold):
    """What the lines do not bill has no place to be billed at, and the month is over (LATE-2)."""

    kind: ClassVar[str] = "unplaced"
    total: int

    @property
    def quantity(self) -> int:
        """What would be billed in all."""
        return self.total

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Close with what stands."""
        return _left_out(record, self.total, person)


def unplaced_question(
    record: UsageRecord, company: str, *, counted: int, total: int, missing: str
) -> str:
    """Ask about usage that is on no Addition; ``missing`` says what has to be set up for it."""
    month, stands = record.key.month.label, record.stands
    floor = "" if total == counted else f", and {total} are billed at least by its contract"
    return (
        f"GravityZone counts {counted} {record.key.service} for {company} in {month}{floor}, and "
        f"{stands} are billed; the other {total - stands} are on no Addition: {missing} Once that "
        f"is set up, the hold lifts itself; or reject it, and {month} closes with {stands}."
    )


def nothing_in_its_place(record: UsageRecord, company: str, *, why: str) -> str:
    """Ask about a voided line without a successor, where no count tells whether one is missing."""
    month, stands = record.key.month.label, record.stands
    return (
        f"{why} {stands} {record.key.service} are billed to {company} for {month}; another line "
        f"was voided, and nothing has taken its place. Reject it, and {month} closes with {stands}."
    )
