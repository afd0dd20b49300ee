"""What a tick may expect of a company-month: must it be read, and how likely has it moved?

Who has a hold, a claim, a failure, a set-up to be tried again or anything else that is not plainly
followed is read at each tick, whatever the totals say (PULSE-5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tally.domain.model.standing import Standing, StandingState
from tally.domain.planning.due_services import Due, DueService
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.pulse.total import Counts
from tally.domain.record.usage_record import UsageRecord

type Standings = Sequence[Standing]
"""A company's standing as the ledger has it, if it has one, and as it is planned.

Whose trouble ends with a plan was maybe not read by the last sweep, so its rises may be in the
total already: it is read once more.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The outlook on one company-month that is due.

    ``counts`` are the counts that its Additions follow, by service; empty if it is not followed
    plainly. It ``must_be_read`` at a tick then, and also if its Additions are to be looked at.
    ``moved_at`` is the last time that one of them was written, ``unseen`` the number of machines
    that the month before had beyond them. ``waits`` is True for a past month that waits for its
    close: only full sweeps read it.
    """

    must_be_read: bool = True
    waits: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    moved_at: datetime | None = None
    unseen: int = 0

    @property
    def may_have_moved(self) -> bool:
        """True if a partner's total speaks of it: it is followed plainly in the month that runs."""
        return bool(self.counts)

    def lacks(self, found: Counts) -> bool:
        """Return True if the Additions do not follow these counts yet, which a search has found.

        No counts are of a company of which a search could not tell.
        """
        # A service without a count here has no Addition that could lack anything.
        return not found or any(
            count > self.counts.get(service, count) for service, count in found.items()
        )

    def with_found(self, found: Counts) -> Counts:
        """Return the counts as far as they are known, by the ledger or by a search before."""
        return {
            service: max(count, found.get(service, count)) for service, count in self.counts.items()
        }


def outlook(
    company: CompanyState, due: Due, standings: Standings, at: TickContext, *, before: int
) -> Outlook:
    """Return the outlook on a company-month.

    ``before`` is what its closed records of the month before bill in all.
    """
    plain = _plain_records(company, due, at)
    plainly_due = len(plain) == len(due.services) and not due.check_licence
    of_the_total = _is_in_the_total(company)
    if not (plainly_due and of_the_total) or any(_is_troubled(due, each) for each in standings):
        return Outlook()
    # Totals are read for the month that runs, and tell nothing of one that is over.
    if due.month != at.month:
        # PULSE-6: the closing number is always read at the company.
        closing = at.tick >= due.month.day_after_end(at.policy.close_day)
        return Outlook(must_be_read=closing, waits=not closing)
    counts = {service: record.stands for service, record in plain.items()}
    return Outlook(
        must_be_read=any(each.look for each in due.services),
        counts=counts,
        moved_at=max(_written(record) for record in plain.values()),
        unseen=max(before + _still_open(company, due) - sum(counts.values()), 0),
    )


def _is_in_the_total(company: CompanyState) -> bool:
    """Return True if partners' totals have its count as it is billed."""
    # A company without a monthly subscription answers zeros, and a partner's own is no total's.
    return company.licensed and company.below is None


def _plain_records(company: CompanyState, due: Due, at: TickContext) -> Mapping[str, UsageRecord]:
    """Return the records of services that are plainly followed in the month, by service."""
    records = {each.key.service: each for each in company.records if each.key.month == due.month}
    found = ((each, records.get(each.service)) for each in due.services)
    return {
        each.service: record
        for each, record in found
        if record is not None and _is_plain(each, record, at)
    }


def _still_open(company: CompanyState, due: Due) -> int:
    """Return what its open records of the month before bill in all."""
    return sum(
        record.stands for record in company.records if record.key.month == due.month.previous
    )


def _is_plain(due: DueService, record: UsageRecord, at: TickContext) -> bool:
    """Return True if nothing is to be done for the record as long as its count stays."""
    usual = not (due.late or due.only_if_used or due.stays_open)
    # The line of an agreement that has ended is frozen, and only a job can do that (LATE-1).
    runs = due.agreement is not None and due.agreement.active_on(at.today)
    return record.is_plain and usual and runs


def _is_troubled(due: Due, standing: Standing) -> bool:
    """Return True if the company as a whole, or the month, is held, fails or waits for a set-up."""
    return any(
        cause.state is not StandingState.BILLING
        for scope, cause in standing.causes.items()
        if scope.month in (None, due.month)
    )


def _written(record: UsageRecord) -> datetime:
    assert record.head is not None
    return record.head.written.at
