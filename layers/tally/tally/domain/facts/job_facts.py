"""Hold what a job knows besides the record: time, the reading, and the planner's lists."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.reading import Reading
from tally.domain.record.lines import Line, LineState
from tally.domain.record.partner import Children
from tally.domain.record.usage_record import RecordState, UsageRecord

_STALE = timedelta(minutes=30)
"""An older copy of an agreement may have missed an invoice: it is read again before a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The time of a job for one month.

    The ``tick`` decides what is due; ``now`` is for ages alone. ``before`` is the newest tick
    before this one that read all lists: what was so then was so at that time at least.
    ``by_person``: a person has asked for this job, so that what ConnectWise refused is tried at
    once (SAFE-2). ``stays_open``: the month is not to be closed, as ConnectWise's company is gone
    (MATCH-7).
    """

    tick: datetime
    now: datetime
    before: datetime | None
    month: Month
    policy: Policy
    by_person: bool = False
    stays_open: bool = False

    @property
    def today(self) -> date:
        """The tick's date where the MSP bills, which is ConnectWise's "today"."""
        return self.tick.astimezone(self.policy.time_zone).date()

    @property
    def closing(self) -> bool:
        """True if the month's close is due (CLOSE-1)."""
        # Not at the month's end: GravityZone may still be counting late reports (CLOSE-1).
        return not self.stays_open and self.tick >= self.month.day_after_end(self.policy.close_day)

    @property
    def too_late(self) -> bool:
        """True if the month can no longer be opened, and is read once more (OPEN-9, CLOSE-4)."""
        return self.tick >= self.month.day_after_end(self.policy.open_until_day)

    @property
    def month_runs(self) -> bool:
        """True if GravityZone still counts the month."""
        return self.tick < self.month.next.starts

    @property
    def first_of_day(self) -> bool:
        """True if no tick of its GMT day has read all lists before, as far as the ledger knows."""
        return self.before is None or self.before.date() < self.tick.date()

    def settles(self, since: datetime) -> datetime | None:
        """Return until when lists may lag behind a write of ``since``; None once they cannot."""
        until = since + self.policy.settle
        return until if self.now <= until else None


class Known(NamedTuple):
    """An agreement as it was read, and when; None if it is gone."""

    agreement: Agreement | None
    read_at: datetime


class Permit(NamedTuple):
    """Facts that are read only where a line may have to be opened."""

    newest_tick: datetime
    linked_to: int | None
    excluded: bool
    monthly: bool


class Offer(NamedTuple):
    """The planner's proposal for the place of the record's next line.

    ``agreement`` is None where its lists have none, which counts only if they were ``listed``.
    ``late``: it is the agreement that runs now, not the month's own (LATE-2). ``only_if_used``:
    open at a count above zero alone (OPEN-9). ``permit`` is None where this job may open nothing.
    """

    agreement: Agreement | None
    product_id: int | None
    connectwise_id: int | None
    listed: bool
    only_if_used: bool
    late: bool
    permit: Permit | None


class MonthBefore(NamedTuple):
    """The month before: the baseline of growth (FOLLOW-4), and its line for terms (OPEN-5)."""

    baseline: int | None
    line: Line | None


NO_MONTH_BEFORE = MonthBefore(baseline=None, line=None)


def month_before(record: UsageRecord | None) -> MonthBefore:
    """Return the baseline of the month before: its final count, or its last push while it is open.

    Not the last push of the month itself: each month begins near zero and grows as machines check
    in.
    """
    if record is None or not record.lines:
        return NO_MONTH_BEFORE
    # A voided line stood at the wrong place, so its terms are no measure (OPEN-1).
    line = next((each for each in record.lines if each.state is not LineState.VOID), None)
    # The count and not what was billed: a contract's floor would hide growth. A month of which all
    # was voided gives 0, so that a person is asked about the next: nobody knows what it should be.
    return MonthBefore(
        baseline=record.count if record.state is RecordState.CLOSED else record.stands, line=line
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a job knows besides the record.

    ``children`` are a partner's, as the tick's lists have them (READ-4). ``agreements`` are those
    that were listed or read, by id. ``others`` are the company's further agreements of the type: a
    line may stand there that a restored ledger does not know (SAFE-8).
    """

    company: str
    when: When
    reading: Reading
    children: Children | None
    before: MonthBefore
    offer: Offer
    agreements: Mapping[int, Known]
    others: tuple[int, ...]

    def agreement(self, agreement_id: int) -> Agreement | None:
        """The agreement as it is known by now; None if it is not, or is gone."""
        known = self.agreements.get(agreement_id)
        return None if known is None else known.agreement

    @property
    def offered(self) -> Agreement | None:
        """The offered agreement as it is known by now."""
        return None if self.offer.agreement is None else self.agreement(self.offer.agreement.id)

    def is_fresh(self, agreement_id: int) -> bool:
        """Return True if the agreement was read so recently that it has not been invoiced since."""
        known = self.agreements.get(agreement_id)
        if known is None or known.agreement is None:
            return False
        # The copy is as old as the job's tick, and the job may have waited in the queue since.
        return self.when.now - known.read_at <= _STALE

    def knowing(self, agreement_id: int, agreement: Agreement | None) -> "Facts":
        """Return the facts with the agreement as it was read just now; None: it is gone."""
        known = Known(agreement=agreement, read_at=self.when.now)
        return replace(self, agreements={**self.agreements, agreement_id: known})

    def at(self, now: datetime) -> "Facts":
        """Return the facts at a later moment."""
        return replace(self, when=replace(self.when, now=now))
