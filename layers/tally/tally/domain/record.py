"""The usage record: everything the ledger knows of one (company, month, service).

A record is ``open`` until the month's close. Each of its lines stands for one Addition that is known
to exist: line 0 is the month's own, further ones carry what line 0 can no longer carry. The newest
line follows the count. What is only about to be written is no line: it is the record's one *claim*.
A *hold* waits for a person, and a person's words are *rulings*.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, NamedTuple

from tally.domain.month import Month
from tally.domain.screen import keep_brief
from tally.domain.terms import OtherTerms

TALLY = "tally"
"""The author of a transition that no person made."""

MOST_LINES = 10
"""How many lines a record may have: their references are recognised even by a ledger that knows none."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RecordKey:
    """What a usage record is of."""

    company_id: str
    month: Month
    service: str

    def __str__(self) -> str:
        return f"{self.company_id} {self.month} {self.service}"


class RecordState(StrEnum):
    """``open``: followed · ``closed``: the month is over · ``waived``: not billed (OPEN-6)."""

    OPEN = "open"
    CLOSED = "closed"
    WAIVED = "waived"


class LineState(StrEnum):
    """States of a line.

    ``open``: it may be written · ``frozen``: what is written there now is billed to nobody (LATE-1) ·
    ``voiding``: a person wants it at 0 · ``void``: it stands at 0, and the next line takes its place
    (OPEN-1) · ``final``: never written again (CLOSE-4).
    """

    OPEN = "open"
    FROZEN = "frozen"
    VOIDING = "voiding"
    VOID = "void"
    FINAL = "final"


SETTLED = frozenset({LineState.FROZEN, LineState.FINAL})
"""States of a line that can no longer grow. Extra usage goes onto a new line."""

LAID_DOWN = frozenset({LineState.FINAL, LineState.VOID})
"""States of a line that is never written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a line stands, and for which days, both included.

    ``late``: it is for usage that the month's own line cannot carry (LATE-2).
    """

    agreement_id: int
    product_id: int
    effective: date
    cancelled: date
    late: bool = False

    def is_beside(self, other: "Place") -> bool:
        """Return True if both are on the same agreement as the same product."""
        return (self.agreement_id, self.product_id) == (other.agreement_id, other.product_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What stands by our doing.

    ``quantity`` is the last one that ConnectWise confirmed, ``at`` an instant of the wall clock.
    ``unsure`` are quantities sent since then whose answer never came: any of them may stand there.
    ``echoes`` stood there before: ConnectWise's lists may show them for the settle time. ``flag`` says
    whether the customer is billed, in ConnectWise's word; empty where it was not noted.
    """

    quantity: int
    at: datetime
    unsure: tuple[int, ...] = ()
    echoes: tuple[int, ...] = ()
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One Addition of ours. ``terms`` are those that differ from the month before's (OPEN-5)."""

    number: int
    state: LineState
    place: Place
    reference: str
    addition_id: int
    written: Written
    terms: OtherTerms | None = None

    @property
    def agreement_id(self) -> int:
        """The agreement that it stands on."""
        return self.place.agreement_id

    @property
    def pushed(self) -> int:
        """The last quantity that ConnectWise confirmed."""
        return self.written.quantity

    @property
    def highest(self) -> int:
        """The highest quantity that may stand in ConnectWise by our doing."""
        return max(self.written.quantity, *self.written.unsure, 0)


class Create(NamedTuple):
    """POST an Addition: the line of that number."""

    number: int
    place: Place
    quantity: int


class TakeOver(NamedTuple):
    """PATCH text and cancelled date of an Addition of others, which becomes the line (OPEN-6).

    No quantity is written; ``quantity`` is what was to be billed at that time.
    """

    number: int
    place: Place
    quantity: int
    addition_id: int


class SetQuantity(NamedTuple):
    """PATCH the line's quantity; a voided line's is 0."""

    number: int
    quantity: int


class SetTerms(NamedTuple):
    """PATCH the line's terms to those of the month before (OPEN-5); its quantity stays."""

    number: int


type Write = Create | TakeOver | SetQuantity | SetTerms
"""The four calls that change ConnectWise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The one write to ConnectWise that may be under way; ``at`` is of the wall clock (SAFE-1)."""

    write: Write
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """ConnectWise refused the content of a write (400).

    The same write is tried again when the agreement's ``version`` or the GMT day of the tick ``at``
    has changed (SAFE-2). ``total`` is what all lines would bill with it.
    """

    why: str
    at: datetime
    write: Write
    version: str
    total: int

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A record waits for a person: ``why`` is one sentence for an accountant, ``since`` a tick.

    A kind of hold adds its own fields, its ``kind`` (the stored name), what each answer does, and what
    the person is told will follow. What is not answered by a number keeps the defaults.
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

    def approved(self, record: "UsageRecord", person: "Person") -> "UsageRecord | str":  # noqa: ARG002
        """Return the record once the number is approved; a text says why that cannot be."""
        return self._put_right(record, "approved")

    def rejected(self, record: "UsageRecord", person: "Person") -> "UsageRecord | str":  # noqa: ARG002
        """Return the record once the number is rejected; a text says why that cannot be."""
        return self._put_right(record, "rejected")

    def after_approval(self, record: "UsageRecord") -> str:
        """Say what is written at the next tick once it is approved."""
        return f"{record.will_be_set(self.quantity)}."

    def after_rejection(self, record: "UsageRecord") -> str:
        """Say what stays once it is rejected."""
        return f"{record.stands} stay billed, until the count goes further."

    def _put_right(self, record: "UsageRecord", what: str) -> str:
        return f"{record.key} cannot be {what}: put it right in ConnectWise, and the hold lifts itself. {self.why}"

    def same_as(self, other: "Hold | None") -> bool:
        """Return True if it asks what ``other`` asks, since when aside."""
        return other is not None and type(other) is type(self) and replace(other, since=self.since) == self


class Said(StrEnum):
    """What a person can say of a number.

    ``grow``: so many are right, growth is measured from here · ``late``: so many may be billed, some
    of them late · ``lower``: it may be lowered to this, once · ``keep-fallen``: too few, what stands
    stays · ``keep-grown``: too many, what stands stays · ``leave-out``: late ones are not billed ·
    ``keep-children``: what stands stays while these stand below the partner · ``waive``: nothing is
    billed · ``give``: that Addition of others becomes ours · ``as-seen``: a line that can no longer
    grow is left as ConnectWise shows it · ``asked``: nothing yet, but a person was asked, or
    ConnectWise refused it, before anything stood: the day after which nothing is opened is not for
    this month (OPEN-9).
    """

    GROW = "grow"
    LATE = "late"
    LOWER = "lower"
    KEEP_FALLEN = "keep-fallen"
    KEEP_GROWN = "keep-grown"
    LEAVE_OUT = "leave-out"
    KEEP_CHILDREN = "keep-children"
    WAIVE = "waive"
    GIVE = "give"
    AS_SEEN = "as-seen"
    ASKED = "asked"


LAST_WORDS = frozenset(
    {
        Said.LOWER,
        Said.KEEP_FALLEN,
        Said.KEEP_GROWN,
        Said.LEAVE_OUT,
        Said.KEEP_CHILDREN,
        Said.WAIVE,
    }
)
"""Words of which the newest takes the place of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A person's word: what was said of which number, by whom, when (wall clock).

    ``number`` is an Addition's id where one was given. ``about`` names what else it depends on: the
    children of a partner, or how ConnectWise shows a line.
    """

    said: Said
    number: int = 0
    by: str
    at: datetime
    about: tuple[str, ...] = ()


class Person(NamedTuple):
    """Who answers, why, and when (wall clock)."""

    by: str
    why: str
    at: datetime

    def says(self, said: Said, number: int, *, about: tuple[str, ...] = ()) -> Ruling:
        """Return the person's word on a number."""
        return Ruling(said=said, number=number, by=self.by, at=self.at, about=about)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """More was billed than GravityZone counts at last: a person lowers it, never we (LATE-3).

    ``unit_price`` is the Addition's, in the MSP's currency; None where it could not be seen.
    """

    billed: int
    counted: int
    unit_price: Decimal | None = None

    @property
    def quantity(self) -> int:
        """How many were billed too much."""
        return self.billed - self.counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What a month closed with.

    ``count`` and ``floor`` are GravityZone's, after a person's word. ``credited`` is what a person has
    given back since. ``reread``: it was read once more (CLOSE-4).
    """

    count: int
    floor: int | None = None
    credit: Credit | None = None
    credited: int = 0
    reread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """One (company, month, service). One that the ledger does not have is of version 0, without lines.

    ``version`` counts its transitions from 1; ``seen_tick`` is the newest tick whose job recorded an
    outcome (SAFE-4). ``children`` are the companies below a partner that its count is taken with,
    sorted; None: it is a customer's (READ-4).
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
        """What a person has given back after the close."""
        return 0 if self.closing is None else self.closing.credited

    @property
    def credit(self) -> Credit | None:
        """What is still to be given back."""
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
        """What its Additions bill in all, as ConnectWise confirmed it, less what was credited."""
        return sum(line.pushed for line in self.lines) - self.credited

    @property
    def beside(self) -> int:
        """What its lines bill but for the newest one."""
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
        """True if the month's next line is still to be opened: it has none, or the newest was voided."""
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
        """How its lines are shown that a person lets be, in the words of the questions that were answered."""
        return frozenset(words for each in self.rulings if each.said is Said.AS_SEEN for words in each.about)

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
        """The person's last word on a number that was held; None if nobody said one that still counts."""
        return self.ruling(*LAST_WORDS)

    def ruled(self, ruling: Ruling) -> "UsageRecord":
        """Return the record with the ruling, in place of those that it makes needless."""
        replaced = {ruling.said} - {Said.AS_SEEN}
        if ruling.said in LAST_WORDS or ruling.said in (Said.GROW, Said.LATE):
            replaced |= LAST_WORDS
        kept = self.without(*replaced)
        return replace(kept, rulings=(*kept.rulings, ruling))

    def without(self, *said: Said) -> "UsageRecord":
        """Return the record without the rulings that say one of these."""
        return replace(self, rulings=tuple(each for each in self.rulings if each.said not in said))

    def with_line(self, line: Line) -> "UsageRecord":
        """Return the record with ``line`` in place of the one with its number, or beside the others."""
        others = (each for each in self.lines if each.number != line.number)
        lines = sorted((*others, line), key=lambda each: each.number)
        return replace(self, lines=tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of a record: what it was, what it becomes, and why.

    The ledger writes both or neither (SAFE-1).
    """

    before: UsageRecord
    after: UsageRecord
    what: str
    why: str
    at: datetime
    tick: datetime
    by: str = TALLY

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "what", "why", "by")

    @property
    def expected_version(self) -> int:
        """The version that the ledger must still hold; 0 if there must be no record yet."""
        return self.before.version


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One transition as the ledger remembers it.

    ``changes`` maps each changed field to its values before and after.
    """

    version: int
    what: str
    why: str
    by: str
    at: datetime
    tick: datetime
    changes: dict[str, tuple[object, object]]


def unopened(key: RecordKey, tick: datetime) -> UsageRecord:
    """Return the record of a month that the ledger does not have."""
    return UsageRecord(key=key, version=0, seen_tick=tick)


def reference(key: RecordKey, line: int) -> str:
    """Return the mark by which we recognise an Addition as ours, whatever the ledger says (OPEN-1).

    It follows from company, month, service and line alone, so a ledger restored from a backup derives
    the same one. 60 bits: the chance that two of a million lines share one is below one in a million.
    """
    text = "\n".join((key.company_id, str(key.month), key.service, str(line)))
    digest = hashlib.sha256(text.encode()).digest()
    return f"TLY-{base64.b32encode(digest[:10])[:12].decode()}"
