"""Read what must be known before a line may be opened: the licence, the link, and the ticks.

Each of them costs a call, so they are read only if a POST may follow.
"""

from collections.abc import Mapping
from datetime import datetime

from tally.domain.facts.job_facts import Permit
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.reading import Count, Reading
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, TakeOver
from tally.errors import TallyError
from tally.messages import Job, JobService
from tally.ports import GravityZone, Ledger
from tally.worker.job_checks import LedgerFacts, check_opening

_NEED_A_LINE = frozenset({LineState.VOIDING, LineState.VOID})


def may_open_a_line(
    job: Job, each: JobService, record: UsageRecord, reading: Reading | Exception
) -> bool:
    """Return True if a POST may follow, so that a permit is needed."""
    if not (each.may_open and job.licensed) or isinstance(reading, Exception):
        return False
    return _needs_a_line(record) or _has_outgrown_its_lines(record, reading)


def read_permits(
    job: Job,
    records: Mapping[JobService, UsageRecord],
    *,
    gravityzone: GravityZone,
    ledger: Ledger,
    first_month: Month | None,
    now: datetime,
) -> Mapping[JobService, Permit | Exception]:
    """Read the permit of each service, or the error that stops this service alone.

    Nothing is read if there are no ``records``. ``first_month`` is the setting. ``now`` is for the
    age of what was seen of the licence.
    """
    if not records:
        return {}
    try:
        ticks = ledger.ticks()
        link = ledger.link(job.company_id)
        permit = Permit(
            # An old job from a dead-letter queue must not open a forgotten month (OPEN-7).
            newest_tick=job.tick if ticks is None else ticks.newest,
            linked_to=None if link is None else link.connectwise_id,
            excluded=link is not None and _is_excluded(link, job),
            # GravityZone may list trials as monthly-licensed: only this call tells (READ-3).
            monthly=_was_monthly(job, ledger, now) or gravityzone.is_monthly(job.company_id),
        )
    except Exception as error:  # noqa: BLE001 - a bug of ours stops only what is to be opened
        return dict.fromkeys(records, error)
    known = LedgerFacts(ticks=ticks, link=link, first_month=first_month)
    return {each: _checked(permit, job, each, known, record) for each, record in records.items()}


def is_seen_monthly(job: Job, *, gravityzone: GravityZone) -> bool:
    """Return True if the job is to check the licence, and it is a paid monthly one (READ-3).

    The job does not fail for want of an answer: the next one asks again, or else the opening.
    """
    try:
        return job.check_licence and job.licensed and gravityzone.is_monthly(job.company_id)
    except TallyError:
        return False


def _was_monthly(job: Job, ledger: Ledger, now: datetime) -> bool:
    standing = ledger.standing(job.company_id)
    return standing is not None and standing.was_monthly(now)


def _checked(
    permit: Permit, job: Job, service: JobService, known: LedgerFacts, record: UsageRecord
) -> Permit | Exception:
    """Return the permit, or the error if the ledger and the settings do not bear the job out."""
    try:
        check_opening(job, service, known, record)
    except Exception as error:  # noqa: BLE001 - as above
        return error
    return permit


def _needs_a_line(record: UsageRecord) -> bool:
    """Return True if the record has no line that bills, or a claim on a new one."""
    newest, claim = record.newest, record.claim
    if newest is None or newest.state in _NEED_A_LINE:
        return True
    return claim is not None and isinstance(claim.write, Create | TakeOver)


def _has_outgrown_its_lines(record: UsageRecord, reading: Reading) -> bool:
    more = isinstance(reading, Count) and max(reading.value, reading.floor or 0) > record.stands
    return more and record.head is None


def _is_excluded(link: CompanyLink, job: Job) -> bool:
    """Return True if a person excluded the company, or a partner's own machines (READ-4).

    The job may have been planned before that.
    """
    return link.excluded_since is not None or (
        job.children is not None and link.own_billed_since is None
    )
