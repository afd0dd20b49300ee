"""Check a job against the clock, the settings and the ledger before it is believed (SAFE-9).

A message may be old, damaged, or somebody else's: the right to write to the queue is no right to
write invoices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.ticks import Ticks, first_month_of
from tally.domain.record.partner import MOST_CHILDREN
from tally.domain.record.usage_record import UsageRecord
from tally.errors import RefusedJobError, SetupError
from tally.messages import Job, JobService


def check_job(job: Job, *, now: datetime) -> None:
    """Raise RefusedJobError for a job that no planner can have made by now."""
    if why := _impossible(job, now):
        raise RefusedJobError(f"The job is refused: {why}. Nothing was done on its strength.")


def _impossible(job: Job, now: datetime) -> str:
    """Say why no planner can have made a job by now; "" if one can."""
    if job.tick > now:
        return f"its tick {job.tick:%Y-%m-%dT%H:%M:%SZ} lies in the future"
    if job.month > Month.of(job.tick):
        return f"at its tick {job.tick:%Y-%m-%dT%H:%M:%SZ} {job.month.label} had not begun"
    if job.tick_before is not None and job.tick_before > job.tick:
        return "the tick before it is later than its own"
    return _impossible_parts(job)


def _impossible_parts(job: Job) -> str:
    """Say what no planner can have put into a job; "" if all of it can be."""
    if _is_double([each.service for each in job.services]):
        return "it names a service twice"
    if _is_double([each.id for each in job.agreements]):
        return "it has an agreement twice"
    if job.children is not None and not _can_be_below(job.company_id, job.children.ids):
        return (
            f"the companies below it are more than {MOST_CHILDREN}, out of order, or it is one "
            "of them itself"
        )
    return ""


def check_due(job: Job, records: Mapping[JobService, UsageRecord]) -> None:
    """Raise RefusedJobError for a month without a record that was not due at the job's tick."""
    month = Month.of(job.tick)
    if job.month not in (month, month.previous) and any(
        each.version == 0 for each in records.values()
    ):
        raise RefusedJobError(
            f"The job is refused: {job.month.label} was not due at its tick "
            f"{job.tick:%Y-%m-%dT%H:%M:%SZ}, and the ledger has no record of it. Nothing was done "
            "on its strength."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFacts:
    """Facts of the ledger that an opening is checked against; ``first_month`` is the setting."""

    ticks: Ticks | None
    link: CompanyLink | None
    first_month: Month | None


def check_opening(job: Job, service: JobService, known: LedgerFacts, record: UsageRecord) -> None:
    """Raise SetupError if the ledger or a setting has changed since the job was planned.

    The next tick plans it anew.
    """
    ticks, product = known.ticks, service.product_id
    if ticks is None:
        raise SetupError(_not_opened(job, service, "the ledger knows of no tick"))
    if known.link is None:
        raise SetupError(
            _not_opened(job, service, "the ledger has nothing on whom the company is linked to")
        )
    first = first_month_of(ticks, known.first_month, service.service)
    if record.version == 0 and job.month < first:
        raise SetupError(_not_opened(job, service, f"billing begins with {first.label}"))
    settings_product = ticks.products.get(service.service, product)
    if product is not None and product != settings_product:
        raise SetupError(
            _not_opened(
                job,
                service,
                f"it was planned with product {product}, and the settings' is {settings_product}",
            )
        )


def check_service(
    job: Job, service: JobService, record: UsageRecord, services: Sequence[str]
) -> None:
    """Raise SetupError if a month is to be opened for a service that the settings lack."""
    if record.version == 0 and service.service not in services:
        raise SetupError(_not_opened(job, service, "the setting Services has no such service"))


def _not_opened(job: Job, service: JobService, why: str) -> str:
    return (
        f"{job.month.label} is not opened for {service.service}: {why}. The next tick plans it "
        "anew."
    )


def _is_double(of: Sequence[object]) -> bool:
    return len({*of}) < len(of)


def _can_be_below(company_id: str, children: Sequence[str]) -> bool:
    return (
        len(children) <= MOST_CHILDREN and company_id not in children and not _is_double(children)
    )
