"""Holds on a count: it fell, it grew too fast, or others stand below the partner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from tally.domain.model.reading import Count, Reading
from tally.domain.record.lines import SETTLED
from tally.domain.record.partner import Children
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import LAST_WORDS, Person, Said
from tally.domain.record.usage_record import Hold, UsageRecord

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen(Hold):
    """The count is below what was pushed, which within a month cannot be (READ-7)."""

    kind: ClassVar[str] = "fall"
    counted: int

    @property
    def quantity(self) -> int:
        """The lower count."""
        return self.counted

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Let it be lowered, once."""
        return record.ruled(person.says(Said.LOWER, self.counted))

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Keep what stands."""
        return record.ruled(person.says(Said.KEEP_FALLEN, self.counted))

    def after_approval(self, record: UsageRecord) -> str:
        """Say that it becomes lower."""
        lower = f"which is lower than the {record.stands} of now"
        return f"{record.will_be_set(self.counted)}, {lower}."


def fall_question(record: UsageRecord, company: str, *, counted: int) -> str:
    """Ask about a fallen count: what was billed, and what counts now."""
    line = record.newest
    assert line is not None  # only what stands can fall
    seen = (
        f"GravityZone counts {counted} {record.key.service} for {company} in "
        f"{record.key.month.label}, after {record.highest}; within a month the count only rises."
    )
    if not record.is_carried_on:
        return (
            f"{seen} The Addition stands at {line.pushed}. Approve {counted} to accept the lower "
            f"number, which is written then; or reject it, and {line.pushed} stays."
        )
    billed = (
        f"{record.beside} are on Additions that can be changed no more, and {line.pushed} on "
        f"Addition {line.addition_id}"
    )
    wish = f"that goes from {line.pushed} to {max(counted - record.beside, 0)}"
    over = record.beside - counted
    if over > 0:
        wish = (
            f"{wish}, and the {over} billed too many are shown at the close, to be credited by "
            "hand: Tally credits nothing itself"
        )
    return (
        f"{seen} {billed}. Approve {counted}, and {wish}; or reject it, and {record.stands} stay "
        "billed."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown(Hold):
    """The count is beyond its baseline by more than the settings allow (FOLLOW-4, READ-8)."""

    kind: ClassVar[str] = "growth"
    agreed: int

    @property
    def quantity(self) -> int:
        """The count, after a person's earlier word."""
        return self.agreed

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Measure growth from here on by this number, and let it be billed late."""
        late = record.ruling(Said.LATE)
        # What was allowed before is not taken back by a lower number.
        allowed = max(self.agreed, 0 if late is None else late.number)
        grown = record.ruled(person.says(Said.GROW, self.agreed))
        return grown.ruled(person.says(Said.LATE, allowed))

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Keep what stands, until the count exceeds this number by the same margin."""
        return record.ruled(person.says(Said.KEEP_GROWN, self.agreed))

    def after_approval(self, record: UsageRecord) -> str:
        """Say what growth is measured by afterwards."""
        measured = f"further growth is measured from {self.agreed}"
        return f"{record.will_be_set(self.agreed)}, and {measured}."

    def after_rejection(self, record: UsageRecord) -> str:
        """Say how long what stands stays."""
        return (
            f"{record.stands} stay billed. Tally asks again if the count goes beyond {self.agreed} "
            "by the same margin."
        )


def growth_question(
    record: UsageRecord, company: str, *, agreed: int, month_before: int | None, first_month: int
) -> str:
    """Ask about a count beyond its baseline: an approved number, or what the month before gave.

    ``first_month`` is the most that is not asked of where there is no month before.
    """
    key, allowed = record.key, record.ruling(Said.GROW)
    if allowed is not None:
        before = f"{allowed.number} was approved"
    elif month_before is not None:
        before = f"{key.month.previous.label} gave {month_before}"
    else:
        before = (
            f"no month came before by which it could be measured, and more than {first_month} are "
            "asked of (setting FirstMonthSeats)"
        )
    return (
        f"GravityZone counts {agreed} active {key.service} for {company} in {key.month.label}; "
        f"{before}. {_stands(record)}{_as_a_line(record, agreed)}. Approve {agreed}, or reject it "
        "and check the company in GravityZone."
    )


def _stands(record: UsageRecord) -> str:
    if not record.lines:
        return "No Addition is there yet"
    several = sum(bool(line.pushed) for line in record.lines) > 1
    return f"{'The Additions say' if several else 'The Addition says'} {record.stands}"


def _as_a_line(record: UsageRecord, agreed: int) -> str:
    """Say that the rest goes onto a line of its own, which the approval opens."""
    if record.newest is None or record.newest.state not in SETTLED:
        return ""
    rest = agreed - record.stands
    return f" and can carry no more: the other {rest} would be a line of their own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(Hold):
    """Others stand below the partner than those that its count was taken with (READ-4).

    ``counted`` is the own count with the children of now, or what stands where it is unknown.
    ``grown``: it is beyond the limits of growth too, so that to approve it is to approve that.
    """

    kind: ClassVar[str] = "children"
    counted: int
    children: tuple[str, ...]
    grown: bool = False

    @property
    def quantity(self) -> int:
        """The own count by the children of now."""
        return self.counted

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Go on with the children of now, and with the number that was shown with them."""
        # Earlier words were about a count that was taken with other companies.
        moved = replace(record.without(*LAST_WORDS), children=self.children)
        if self.grown:
            moved = moved.ruled(person.says(Said.GROW, self.counted))
        # Without this leave the lower number would be asked about once more, as a fall (READ-7).
        if self.counted < record.highest:
            moved = moved.ruled(person.says(Said.LOWER, self.counted))
        return moved

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Keep what stands as long as these children are there."""
        return record.ruled(person.says(Said.KEEP_CHILDREN, self.counted, about=self.children))

    def after_approval(self, record: UsageRecord) -> str:
        """Say with whom it is counted."""
        how = "counted with the companies that stand below the partner now"
        return f"{record.will_be_set(self.counted)}, {how}."

    def after_rejection(self, record: UsageRecord) -> str:
        """Say how long what stands stays."""
        return f"{record.stands} stay billed, until the companies below the partner change again."


def moved_question(
    key: RecordKey, record: UsageRecord, company: str, reading: Reading, children: Children
) -> str:
    """Ask about others below a partner: who came, who went, and what the count would be."""
    billed = record.stands
    approve = f"Approve {reading.value}" if isinstance(reading, Count) else "Approve"
    return (
        f"The companies directly below {company} are not those of the last count for "
        f"{key.month.label}: {_moves(record.children or (), children)}. Of its own it had {billed} "
        f"{key.service}; {_by_now(reading)}. The Addition says {billed}. {approve} to go on with "
        f"the companies as they are, or reject to keep {billed} as long as they are; if they "
        "become the same again, the hold lifts itself."
    )


def _moves(before: Sequence[str], children: Children) -> str:
    came = [each for each in children.ids if each not in before]
    went = [each for each in before if each not in children.ids]
    pairs = ((came, "came"), (went, "went"))
    return " and ".join(f"{_named(ids, children.names)} {verb}" for ids, verb in pairs if ids)


def _by_now(reading: Reading) -> str:
    if isinstance(reading, Count):
        return f"now it would have {reading.value}"
    return f"how many now cannot be told: {reading.why.rstrip('.')}"


def _named(ids: Sequence[str], names: Mapping[str, str]) -> str:
    shown = ", ".join(names.get(each, each) for each in ids[:_MOST_NAMED])
    rest = len(ids) - _MOST_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
