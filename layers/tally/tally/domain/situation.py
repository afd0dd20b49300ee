"""What a decision is made from, and what it can say. All of it is data."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from tally.domain.agreement import Addition, Agreement, NewAddition
from tally.domain.partner import Children
from tally.domain.policy import Policy
from tally.domain.reading import Count, Reading
from tally.domain.record import Line, LineState, RecordKey, Refusal, Transition, UsageRecord
from tally.domain.standing import Cause
from tally.domain.terms import Terms

_STALE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningFacts:
    """What is looked up only when a month may have to be opened: consistent reads, and GravityZone's licence."""

    newest_tick: datetime
    tied_to: int | None
    excluded: bool
    monthly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that is known when a decision is made.

    ``additions`` is None until ConnectWise has been looked at, which happens only after the record's intent is in the
    ledger. ``agreement`` is the planner's copy until then and, for an opening, a fresh one afterwards; None if the
    lists do not have it, which counts only if ``directory_read``. ``baseline`` is what the month before gives
    (FOLLOW-4). ``kept_apart`` are Additions of others that a person wants beside ours, known as soon as ``additions``
    are (OPEN-6). ``before`` is our line of the month before, and ``terms_before`` its Addition's terms of this
    moment, known with the ``additions`` that a month is opened on; a text says why they could not be read (OPEN-5).
    ``children`` are a partner's, as the tick's lists have them (READ-4). ``others`` are the company's further agreements
    of the type, and ``elsewhere`` what stands there, as far as it was looked at: only lines of this very record matter
    there, of which a restored ledger knows nothing (SAFE-8).
    ``tick`` decides what is due; ``now`` is for ages alone. ``tick_before`` is the newest tick before
    this one that read all lists: what was so then was so at that time at least. ``late``: the agreement is the one
    that runs now, since the month's own can carry no more (LATE-2). ``look_due``: what stands in ConnectWise is to be
    looked at whatever the count says, and was not yet (FOLLOW-5); ``only_looked``: the ``additions`` are there for that alone. ``stays_open``: the
    month is not to be closed, as ConnectWise's company is gone (MATCH-7).
    ``by_person``: a person has asked for this job.
    """

    key: RecordKey
    company: str
    reading: Reading
    record: UsageRecord | None
    agreement: Agreement | None
    expected_agreement: Agreement | None
    product_id: int | None
    connectwise_id: int | None
    policy: Policy
    tick: datetime
    now: datetime
    opening: OpeningFacts | None = None
    directory_read: bool = False
    only_if_used: bool = False
    baseline: int | None = None
    additions: Sequence[Addition] | None = None
    kept_apart: Collection[int] = ()
    tick_before: datetime | None = None
    late: bool = False
    before: Line | None = None
    terms_before: Terms | str | None = None
    children: Children | None = None
    others: tuple[int, ...] = ()
    elsewhere: Sequence[Addition] = ()
    look_due: bool = False
    only_looked: bool = False
    stays_open: bool = False
    by_person: bool = False

    @property
    def today(self) -> date:
        """The tick's date where the MSP bills, which is ConnectWise's "today"."""
        return self.tick.astimezone(self.policy.time_zone).date()

    @property
    def refusal(self) -> Refusal | None:
        """What ConnectWise refused, and is not to be tried at once: a person asks for one more try (SAFE-2)."""
        refusal = None if self.record is None else self.record.refusal
        once_more = self.by_person and refusal is not None and refusal.since < self.tick
        return None if once_more else refusal

    @property
    def count(self) -> int | None:
        """The count, or None if it is unknown."""
        return self.reading.value if isinstance(self.reading, Count) else None

    @property
    def stale(self) -> bool:
        """Whether the job's agreement is not known, or too old to say that it has not been invoiced since it was listed.

        Nor does the next agreement say so of an Addition that turned out to stand on the one before it.
        """
        if self.agreement is None or self.now - self.tick > _STALE:
            return True
        line = None if self.record is None else self.record.line
        return line is not None and line.state is LineState.OPEN and line.agreement_id != self.agreement.id

    @property
    def closing(self) -> bool:
        """Whether the month's close is due (CLOSE-1)."""
        return not self.stays_open and self.tick >= self.key.month.day_after_end(self.policy.close_day)

    @property
    def reread_due(self) -> bool:
        """Whether the closed month is to be read once more, or was closed so late that it was (CLOSE-4)."""
        return self.too_late

    @property
    def too_late(self) -> bool:
        """Whether the month can no longer be opened (OPEN-9)."""
        return self.tick >= self.key.month.day_after_end(self.policy.open_until_day)

    @property
    def first_of_day(self) -> bool:
        """Whether no tick of its GMT day has read all lists before this one, as far as the ledger knows."""
        return self.tick_before is None or self.tick_before.date() < self.tick.date()

    def unsettled(self, since: datetime | None) -> bool:
        """Whether ConnectWise's lists may still lag behind what was written at ``since``."""
        return since is not None and self.now - since <= self.policy.settle


class NoWord(Enum):
    """A job that has no cause of its own to show: what it said before ``STAYS``, or the ``PLANNERS`` word alone counts."""

    STAYS = "stays"
    PLANNERS = "planner's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The job is done: write the transition if there is one, and show the cause."""

    cause: Cause | NoWord
    transition: Transition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComeBack:
    """Nothing can be said before ``until`` (wall clock): write the transition, if there is one; the job returns to the queue."""

    why: str
    until: datetime
    transition: Transition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Write the transition, if there is one; then list the agreement's Additions and ask again.

    ``reread``: read the agreement again as well, since a POST may follow (OPEN-7). ``also``: agreements whose Additions
    are wanted too, where the record's other lines stand. ``elsewhere``: agreements on which only lines of the record are
    looked for that the ledger does not know (SAFE-8). ``only``: nothing is to be written, it is looked at for the day (FOLLOW-5).
    """

    agreement_id: int
    transition: Transition | None = None
    reread: bool = False
    also: tuple[int, ...] = ()
    elsewhere: tuple[int, ...] = ()
    only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Create the Addition; the intent is in the ledger already."""

    new: NewAddition


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Set the quantity; the intent is in the ledger already."""

    agreement_id: int
    addition_id: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """Set text and cancelled date of an Addition that a person has given to us; the intent is in the ledger already."""

    agreement_id: int
    addition_id: int
    text: str
    cancelled: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTerms:
    """Set the terms that are not None, as the month before has them; the intent is in the ledger already."""

    agreement_id: int
    addition_id: int
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue:
    """Write the transition and ask again from the record it leaves, without the Additions."""

    transition: Transition


type Step = Finished | ComeBack | Look | Post | Patch | TakeOver | SetTerms | Continue
