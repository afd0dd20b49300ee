"""The usage record: everything the ledger knows of one (company, month, service).

A record is ``open`` until the month's close. Each of its lines is one Addition that is known to
exist. Line 0 is the month's own; further lines carry what line 0 can no longer carry. The newest
line follows the count. A write that is only about to happen is no line: it is the record's one
*claim*. A *hold* waits for a person, and a person's words are *rulings*.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from tally.domain.model.screen import keep_brief
from tally.domain.record.lines import LAID_DOWN, SETTLED, Line, LineState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import LAST_WORDS, Person, Ruling, Said
from tally.domain.record.writes import Claim, Refusal


class RecordState(StrEnum):
    """``open``: followed · ``closed``: the month is over · ``waived``: not billed (OPEN-6)."""

    OPEN = "open"
    CLOSED = "closed"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A question that a record waits for a person to answer.

    ``why`` is one sentence for an accountant, ``since`` a tick. A kind of hold adds its own fields,
    its ``kind`` (the stored name), the effect of each answer, and the text about what follows. A
    hold that a number does not answer keeps the defaults.
    """

    why: str
    since: datetime

    kind: ClassVar[str]
    needs_look: ClassVar[bool] = False
    """True if only a look at ConnectWise can lift it."""

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "why")

    @property
    def quantity(self) -> int:
        """The number that would be billed in all, or that is asked about."""
        raise NotImplementedError

    @property
    def foreign(self) -> tuple[int, ...]:
        """The Additions of others that hold the record, by id."""
        return ()

    def approved(
        self,
        record: "UsageRecord",
        person: "Person",  # noqa: ARG002
    ) -> "UsageRecord | str":
        """Return the record once the number is approved; a text says why that cannot be."""
        return self._put_right(record, "approved")

    def rejected(
        self,
        record: "UsageRecord",
        person: "Person",  # noqa: ARG002
    ) -> "UsageRecord | str":
        """Return the record once the number is rejected; a text says why that cannot be."""
        return self._put_right(record, "rejected")

    def after_approval(self, record: "UsageRecord") -> str:
        """Say what is written at the next tick once it is approved."""
        return f"{record.will_be_set(self.quantity)}."

    def after_rejection(self, record: "UsageRecord") -> str:
        """Say what stays once it is rejected."""
        return f"{record.stands} stay billed, until the count goes further."

    def _put_right(self, record: "UsageRecord", what: str) -> str:
        return (
            f"{record.key} cannot be {what}: put it right in ConnectWise, and the hold lifts "
            f"itself. {self.why}"
        )

    def same_as(self, other: "Hold | None") -> bool:
        """Return True if it asks the same as ``other``, whatever their ``since``."""
        return (
            other is not None
            and type(other) is type(self)
            and replace(other, since=self.since) == self
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """More was billed than GravityZone counts at last: a person lowers it, never we (LATE-3).

    ``unit_price`` is the Additions', in the MSP's currency; None where it could not be seen, or
    where they have several.
    """

    billed: int
    counted: int
    unit_price: Decimal | None = None

    @property
    def quantity(self) -> int:
        """The number that was billed too much."""
        return self.billed - self.counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """The result of a month's close.

    ``count`` and ``floor`` are GravityZone's, after a person's word. ``credited`` is the number
    that a person has given back since. ``reread``: it was read once more (CLOSE-4).
    """

    count: int
    floor: int | None = None
    credit: Credit | None = None
    credited: int = 0
    reread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """Everything known of one (company, month, service).

    A record that the ledger does not have is of version 0, without lines. ``version`` counts its
    transitions from 1. ``seen_tick`` is the newest tick whose job recorded an outcome (SAFE-4).
    ``children`` are the companies below a partner that its count is taken with, sorted; None for a
    customer (READ-4).
    """

    key: RecordKey
    version: int
    seen_tick: datetime
    state: RecordState = RecordState.OPEN
    lines: tuple[Line, ...] = ()
    claim: Claim | None = None
    hold: Hold | None = None
    rulings: tuple[Ruling, ...] = ()
    refusal: Refusal | None = None
    notices: tuple[str, ...] = ()
    children: tuple[str, ...] | None = None
    closing: Closing | None = None

    @property
    def is_plain(self) -> bool:
        """True if its one Addition follows the count, and nothing waits or was said of it."""
        said = self.hold or self.claim or self.refusal or self.rulings
        return (
            self.state is RecordState.OPEN
            and len(self.lines) == 1
            and self.lines[0].state is LineState.OPEN
            and not (said or self.lines[0].written.unsure)
        )

    @property
    def newest(self) -> Line | None:
        """The line with the highest number."""
        return self.lines[-1] if self.lines else None

    @property
    def head(self) -> Line | None:
        """The line that follows the count: the newest one, while it may be written."""
        newest = self.newest
        return newest if newest is not None and newest.state is LineState.OPEN else None

    @property
    def credited(self) -> int:
        """The number that a person has given back after the close."""
        return 0 if self.closing is None else self.closing.credited

    @property
    def credit(self) -> Credit | None:
        """The credit that is still to be given back."""
        return None if self.closing is None else self.closing.credit

    @property
    def count(self) -> int | None:
        """GravityZone's count at the close, after a person's word; None before."""
        return None if self.closing is None else self.closing.count

    @property
    def floor(self) -> int | None:
        """The contract's floor at the close; None before, or if there is none."""
        return None if self.closing is None else self.closing.floor

    @property
    def stands(self) -> int:
        """The quantity that its Additions bill, as ConnectWise confirmed it, less credits."""
        return sum(line.pushed for line in self.lines) - self.credited

    @property
    def beside(self) -> int:
        """The quantity that its lines bill without the newest one."""
        return sum(line.pushed for line in self.lines[:-1]) - self.credited

    @property
    def highest(self) -> int:
        """The highest number that may stand in ConnectWise by our doing."""
        return self.beside + (0 if self.newest is None else self.newest.highest)

    @property
    def is_standing(self) -> bool:
        """True if any Addition of it is known to exist that is not voided."""
        return any(line.state is not LineState.VOID for line in self.lines)

    @property
    def is_carried_on(self) -> bool:
        """True if usage goes onto a further line, as one before it can no longer grow."""
        return any(line.state in SETTLED for line in self.lines)

    @property
    def was_voided(self) -> bool:
        """True if the newest line was voided, and nothing has taken its place yet."""
        return self.newest is not None and self.newest.state is LineState.VOID

    @property
    def lacks_line(self) -> bool:
        """True if the month's next line is not open yet: there is none, or it was voided."""
        return not self.lines or self.was_voided

    @property
    def is_over(self) -> bool:
        """True if it is closed with no write left: only a second reading can add to it."""
        laid_down = all(line.state in LAID_DOWN for line in self.lines)
        return self.state is RecordState.CLOSED and self.claim is None and laid_down

    @property
    def settled(self) -> bool:
        """True if nothing more is to be done or told of it: no tick needs to know it."""
        closing = self.closing
        told = closing is not None and closing.reread and closing.credit is None
        return self.state is RecordState.WAIVED or (self.state is RecordState.CLOSED and told)

    @property
    def left_so(self) -> frozenset[str]:
        """The answered questions' words for lines left as ConnectWise shows them."""
        return frozenset(
            words for each in self.rulings if each.said is Said.AS_SEEN for words in each.about
        )

    @property
    def held_by_connectwise(self) -> bool:
        """True if it is held for what stands in ConnectWise: only a look there can lift that."""
        return self.hold is not None and self.hold.needs_look

    def will_be_set(self, total: int) -> str:
        """Say what becomes of the newest Addition so that all of them bill ``total``."""
        if self.newest is None or not self.is_standing:
            return f"an Addition of {total} is made"
        return f"Addition {self.newest.addition_id} is set to {total - self.beside}"

    def line(self, number: int) -> Line:
        """The line of that number. Raises StopIteration if there is none."""
        return next(each for each in self.lines if each.number == number)

    def ruling(self, *said: Said) -> Ruling | None:
        """The ruling that says one of these; None if there is none."""
        return next((each for each in self.rulings if each.said in said), None)

    @property
    def last_word(self) -> Ruling | None:
        """The person's last word on a number that was held; None if no word still counts."""
        return self.ruling(*LAST_WORDS)

    def ruled(self, ruling: Ruling) -> "UsageRecord":
        """Return the record with the ruling, in place of those that it makes needless."""
        replaced = {ruling.said} - {Said.AS_SEEN}  # each line left as seen has its own
        if ruling.said in LAST_WORDS or ruling.said in (Said.GROW, Said.LATE):
            replaced |= LAST_WORDS
        kept = self.without(*replaced)
        return replace(kept, rulings=(*kept.rulings, ruling))

    def without(self, *said: Said) -> "UsageRecord":
        """Return the record without the rulings that say one of these."""
        return replace(self, rulings=tuple(each for each in self.rulings if each.said not in said))

    def with_line(self, line: Line) -> "UsageRecord":
        """Return the record with ``line`` in place of the one with its number, or added."""
        others = (each for each in self.lines if each.number != line.number)
        lines = sorted((*others, line), key=lambda each: each.number)
        return replace(self, lines=tuple(lines))


def unopened(key: RecordKey, tick: datetime) -> UsageRecord:
    """Return the record of a month that the ledger does not have."""
    return UsageRecord(key=key, version=0, seen_tick=tick)
