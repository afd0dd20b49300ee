"""Holds for what ConnectWise shows: ours was changed, or others bill the same product beside it."""

from dataclasses import dataclass, replace
from typing import ClassVar

from tally.domain.record.lines import LAID_DOWN, Line, LineState
from tally.domain.record.rulings import Person, Said
from tally.domain.record.usage_record import Hold, UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Hold):
    """Somebody else wrote another quantity on the line that follows the count (FOLLOW-3).

    ``stands`` is what is shown there, ``total`` what would be billed in all.
    """

    kind: ClassVar[str] = "edited"
    needs_look: ClassVar[bool] = True
    total: int
    stands: int

    @property
    def quantity(self) -> int:
        """What would be billed in all."""
        return self.total

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Write our number over it."""
        return self._as_it_stands(record).ruled(person.says(Said.LOWER, self.total))

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Let it stand."""
        # The word decides when the count is followed again: above all that was written, or beyond
        # the limits of growth.
        fewer = record.beside + self.stands > self.total
        said = Said.KEEP_FALLEN if fewer else Said.KEEP_GROWN
        return self._as_it_stands(record).ruled(person.says(said, self.total))

    def after_approval(self, record: UsageRecord) -> str:
        """Say that it is written over."""
        line = record.newest
        assert line is not None  # what was edited stands
        ours = self.total - record.beside
        return (
            f"Addition {line.addition_id} is set to {ours} again, over what somebody else wrote "
            "there."
        )

    def after_rejection(self, record: UsageRecord) -> str:
        """Say what stays."""
        return f"{record.beside + self.stands} stay billed, until the count goes further."

    def _as_it_stands(self, record: UsageRecord) -> UsageRecord:
        assert record.newest is not None  # as above
        return record.with_line(standing_at(record.newest, self.stands))


def standing_at(line: Line, quantity: int) -> Line:
    """Return the line with the quantity that somebody else wrote taken for its own."""
    written = replace(line.written, quantity=quantity, unsure=(), echoes=())
    return replace(line, written=written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken(Hold):
    """Ours is gone, there twice, or changed as no answer settles (FOLLOW-3, OPEN-3)."""

    kind: ClassVar[str] = "broken"
    needs_look: ClassVar[bool] = True
    total: int

    @property
    def quantity(self) -> int:
        """What would be billed in all."""
        return self.total


@dataclass(frozen=True, slots=True, kw_only=True)
class Altered(Hold):
    """Somebody else changed ours in a way that a person may leave so (FOLLOW-3).

    What differs is whether the customer is billed at all, or the day on which a customer left.
    ``line`` is its number, ``shown`` what is shown, in words that stay the same as long as it is
    so.
    """

    kind: ClassVar[str] = "altered"
    needs_look: ClassVar[bool] = True
    total: int
    line: int
    shown: str

    @property
    def quantity(self) -> int:
        """What would be billed in all."""
        return self.total

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Leave it as it is shown."""
        return record.ruled(person.says(Said.AS_SEEN, self.total, about=(self.shown,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledEdited(Hold):
    """A line that can no longer grow is not as we left it (LATE-1, LATE-2).

    ``line`` is its number, ``shown`` how ConnectWise shows it, in words that stay the same as long
    as it does; ``stands`` the quantity shown, None where nobody can say which one counts.
    """

    kind: ClassVar[str] = "settled-edited"
    needs_look: ClassVar[bool] = True
    total: int
    line: int
    shown: str
    stands: int | None = None

    @property
    def quantity(self) -> int:
        """What would be billed in all."""
        return self.total

    def approved(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Take what is shown for what was billed; a closed month keeps what it closed with."""
        line = record.line(self.line)
        if line.state in LAID_DOWN:
            closed = f"{record.key} is {record.state}, and what it closed with stays"
            void = f"Addition {line.addition_id} was voided, and nothing is billed by it"
            why = void if line.state is LineState.VOID else closed
            return f"{why}: reject it, or put it right. {self.why}"
        if self.stands is None:
            return self._put_right(record, "approved")
        return self._left_so(record.with_line(standing_at(line, self.stands)), person)

    def rejected(self, record: UsageRecord, person: Person) -> UsageRecord | str:
        """Leave it as it is shown, with our quantity as what was billed."""
        return self._left_so(record, person)

    def after_rejection(self, record: UsageRecord) -> str:
        """Say what stays."""
        stays = record.stands if self.stands is None else record.beside + self.stands
        return f"{stays} stay billed, until the count goes further."

    def _left_so(self, record: UsageRecord, person: Person) -> UsageRecord:
        return record.ruled(person.says(Said.AS_SEEN, self.total, about=(self.shown,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Strangers(Hold):
    """Other Additions bill the product in the month, so the customer would pay twice (OPEN-6).

    ``additions`` are those that a person may give to us or keep apart, by id; ``wanted`` is what
    ours would bill.
    """

    kind: ClassVar[str] = "foreign"
    needs_look: ClassVar[bool] = True
    wanted: int
    additions: tuple[int, ...]

    @property
    def quantity(self) -> int:
        """What ours would bill."""
        return self.wanted

    @property
    def foreign(self) -> tuple[int, ...]:
        """Those that a person may give to us or keep apart."""
        return self.additions

    def _put_right(self, record: UsageRecord, what: str) -> str:
        return f"{record.key} cannot be {what}: it is no number that is held. {self.why}"
