"""The usage record: what the ledger knows of one (company, month, service), and how it may change.

A record is ``open`` until the month's close. It has lines, each standing for one Addition: line 0 is the month's own,
further ones carry what it can carry no more. The newest line follows the count. An intent belongs to a line, a hold to
the record; neither is a state.
"""

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from tally.domain.month import Month
from tally.domain.screen import keep_brief
from tally.domain.terms import OtherTerms

TALLY = "tally"
"""Who a transition is by when no person made it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RecordKey:
    """What a usage record is of."""

    company_id: str
    month: Month
    service: str

    def __str__(self) -> str:
        return f"{self.company_id} {self.month} {self.service}"


class RecordState(StrEnum):
    """``open``: followed · ``closed``: the month is over · ``waived``: a person does not want the month billed (OPEN-6)."""

    OPEN = "open"
    CLOSED = "closed"
    WAIVED = "waived"


class LineState(StrEnum):
    """``opening``: its Addition is not known to exist · ``open``: it exists, and may be written.

    ``frozen``: what is written there now would be billed to nobody (LATE-1) · ``voiding``: a person wants it at 0 ·
    ``void``: it stands at 0, and the next line takes its place (OPEN-1) · ``final``: never written again (CLOSE-4).
    """

    OPENING = "opening"
    OPEN = "open"
    FROZEN = "frozen"
    VOIDING = "voiding"
    VOID = "void"
    FINAL = "final"


LAID_DOWN = frozenset({LineState.FINAL, LineState.VOID})
"""The states of a line that is never written again."""

CARRY_NO_MORE = frozenset({LineState.FROZEN, LineState.FINAL})
"""The states of a line that bills what it does, and of which usage beyond it goes onto a further one."""


class IntentKind(StrEnum):
    """The calls that change ConnectWise; ``take-over`` is the PATCH by which an Addition of others becomes ours.

    ``terms`` is the PATCH that carries the terms of the month before over.
    """

    POST = "post"
    PATCH = "patch"
    TAKE_OVER = "take-over"
    TERMS = "terms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A write to ConnectWise that was about to be made at ``at`` (wall clock) and whose outcome is not known (SAFE-1).

    A take-over writes no quantity: its ``quantity`` is the count of then. Nor do terms: it is what stands there.
    """

    kind: IntentKind
    quantity: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One Addition of ours.

    ``pushed`` is the last quantity that ConnectWise confirmed, at ``pushed_at`` (wall clock). ``unconfirmed`` are
    quantities sent since then whose answer never came: any of them may stand there. ``echoes`` are quantities
    that stood
    there before ``pushed``: ConnectWise's lists may still show them for the settle time. ``terms`` are those that are not
    the month before's (OPEN-5). ``bill_customer`` is whether the customer is billed, in ConnectWise's word, as we wrote it;
    empty where an earlier version has not noted it.
    """

    number: int
    state: LineState
    agreement_id: int
    product_id: int
    reference: str
    effective: date
    cancelled: date
    addition_id: int | None = None
    pushed: int | None = None
    pushed_at: datetime | None = None
    unconfirmed: tuple[int, ...] = ()
    echoes: tuple[int, ...] = ()
    intent: Intent | None = None
    terms: OtherTerms | None = None
    bill_customer: str = ""

    @property
    def highest(self) -> int:
        """The highest quantity that may stand in ConnectWise by our doing."""
        return max(self.pushed or 0, *self.unconfirmed, 0)


class HoldKind(StrEnum):
    """Why a record waits for a person; ``unplaced``: what its lines do not bill has no place to be billed at."""

    FALL = "fall"
    GROWTH = "growth"
    CHANGED = "changed"
    FOREIGN = "foreign"
    LATE = "late"
    UNPLACED = "unplaced"
    CHILDREN = "children"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What a person has to answer: the kind, one sentence for an accountant, and the quantity that would be written.

    ``stands`` is the quantity that somebody else wrote, where that is what is held; of late usage, all that is billed of it
    where no count is to be had for more (CLOSE-5). ``line`` is the number of a line of which a person may say that it is to be
    left as it is, and ``seen`` how ConnectWise shows it (FOLLOW-3, LATE-1). ``foreign`` are the Additions of others
    that bill the product, by id, where that is what is held. ``children`` are the companies that stand below a partner
    instead of those that its count was taken with, where that is what is held (READ-4); ``grown`` tells that the quantity is
    beyond FOLLOW-4's limits too, so that to approve it is to approve that.
    """

    kind: HoldKind
    why: str
    quantity: int
    since: datetime
    stands: int | None = None
    line: int | None = None
    seen: str = ""
    foreign: tuple[int, ...] = ()
    children: tuple[str, ...] | None = None
    grown: bool = False

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "why", "seen")


class Verdict(StrEnum):
    """A person's word on a held number.

    ``rejected``: too many, what stands stays · ``left-out``: late ones are not billed
    · ``kept``: too few, what stands stays · ``accepted``: lower it ·
    ``waived``: nothing is billed · ``stands``: what stands stays, as long as the same companies are below the partner.
    """

    REJECTED = "rejected"
    LEFT_OUT = "left-out"
    KEPT = "kept"
    ACCEPTED = "accepted"
    WAIVED = "waived"
    STANDS = "stands"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The newest verdict on the record, the number that it was on, and whose it is; of ``stands`` also the children (READ-4)."""

    verdict: Verdict
    quantity: int
    by: str
    at: datetime
    children: tuple[str, ...] | None = None


TAKE_OVER = "take over"
"""What the fingerprint of a refused take-over begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """ConnectWise refused the content of a write (400). It is tried again when ``fingerprint`` is another one (SAFE-2).

    ``total`` is what the record's lines would bill with it.
    """

    why: str
    fingerprint: str
    since: datetime
    total: int | None = None

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "why")

    @property
    def of_take_over(self) -> bool:
        """Whether it is an Addition of others that could not be taken over: the person who gave it is told."""
        return self.fingerprint.startswith(TAKE_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """More was billed than GravityZone counts at last: nothing of ours lowers it, a person does (LATE-3).

    ``unit_price`` is the Addition's in ConnectWise, in the MSP's currency; None where it could not be seen.
    """

    billed: int
    counted: int
    unit_price: Decimal | None = None

    @property
    def quantity(self) -> int:
        """How many were billed too much."""
        return self.billed - self.counted


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """The ledger's item for one (company, month, service).

    ``version`` counts its transitions from 1; ``seen_tick`` is the newest tick whose job recorded an outcome (SAFE-4);
    ``count`` and ``floor`` are what GravityZone said at the close, after a person's word; what is billed stands
    on the lines; ``baseline`` is a number that a person has approved. ``given`` is the id of an Addition of others
    that a person has given to us, until it is taken over (OPEN-6). ``children`` are the companies below a partner that its
    count is taken with, sorted; None where it is a customer's (READ-4). ``late`` is the count up to which a person lets
    usage be billed on further lines (LATE-2); ``credited`` is what a person has given back (LATE-3); ``reread``: the closed
    record has been read once more (CLOSE-4). ``left_so`` is how ConnectWise shows lines that can carry no more, where a
    person has said that it is to be left so. ``asked``: before it had any Addition, a person was asked or ConnectWise refused
    one, so that the day after which none is opened is not for it (OPEN-9).
    """

    key: RecordKey
    version: int
    seen_tick: datetime
    state: RecordState = RecordState.OPEN
    lines: tuple[Line, ...] = ()
    hold: Hold | None = None
    refusal: Refusal | None = None
    notices: tuple[str, ...] = ()
    count: int | None = None
    floor: int | None = None
    baseline: int | None = None
    answer: Answer | None = None
    given: int | None = None
    children: tuple[str, ...] | None = None
    late: int | None = None
    credit: Credit | None = None
    credited: int = 0
    reread: bool = False
    left_so: tuple[str, ...] = ()
    asked: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be done or told of it: no tick needs to know it."""
        return self.state is RecordState.WAIVED or (
            self.state is RecordState.CLOSED and self.reread and self.credit is None
        )

    @property
    def held_by_connectwise(self) -> bool:
        """Whether it is held for what stands in ConnectWise, so that only a look there can lift it."""
        return self.hold is not None and self.hold.kind in (HoldKind.CHANGED, HoldKind.FOREIGN)

    @property
    def held_uncounted(self) -> bool:
        """Whether it is held for more than stands, of which no count is to be had any more (CLOSE-5)."""
        return self.hold is not None and self.hold.kind is HoldKind.LATE and self.hold.stands is not None

    @property
    def stands(self) -> int:
        """What its Additions bill in all, as ConnectWise confirmed it, less what a person has credited since."""
        return sum(line.pushed or 0 for line in self.lines) - self.credited

    @property
    def highest(self) -> int:
        """The highest number that may stand in ConnectWise by our doing."""
        return self.beside + (0 if self.line is None else self.line.highest)

    @property
    def beside(self) -> int:
        """What its lines bill but for the newest one."""
        return sum(line.pushed or 0 for line in self.lines[:-1]) - self.credited

    @property
    def has_addition(self) -> bool:
        """Whether any Addition of it is known to exist."""
        return any(line.state is not LineState.OPENING for line in self.lines)

    @property
    def is_standing(self) -> bool:
        """Whether any Addition of it is known to exist that is not voided."""
        return any(line.state not in (LineState.OPENING, LineState.VOID) for line in self.lines)

    @property
    def line(self) -> Line | None:
        """The line that follows the count: the newest one."""
        return self.lines[-1] if self.lines else None

    def with_line(self, line: Line) -> "UsageRecord":
        """The same record with ``line`` in place of the one with its number, or added after the others."""
        others = tuple(each for each in self.lines if each.number != line.number)
        return replace(self, lines=tuple(sorted((*others, line), key=lambda each: each.number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of a record: what it was, what it becomes, and why. The ledger writes both or neither (SAFE-1)."""

    before: UsageRecord | None
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
        return 0 if self.before is None else self.before.version


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One transition as the ledger remembers it. ``changes`` maps each changed field to its values before and after."""

    version: int
    what: str
    why: str
    by: str
    at: datetime
    tick: datetime
    changes: dict[str, tuple[object, object]]


def is_carried_on(record: UsageRecord | None) -> bool:
    """Whether usage of the month goes onto a further line: one before it can carry no more."""
    return record is not None and any(line.state in CARRY_NO_MORE for line in record.lines)


def reference(key: RecordKey, line: int) -> str:
    """The mark by which we recognise an Addition as ours, whatever the ledger says (OPEN-1).

    It follows from company, month, service and line alone, so a ledger restored from a backup derives the same one.
    60 bits: the chance that two of a million lines share one is below one in a million.
    """
    text = "\n".join((key.company_id, str(key.month), key.service, str(line)))
    digest = hashlib.sha256(text.encode()).digest()
    return f"TLY-{base64.b32encode(digest[:10])[:12].decode()}"
