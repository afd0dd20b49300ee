"""What a job reads of GravityZone: a count for each service that is due, or unknown with the reason (READ-2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tally.domain.month import Month
from tally.domain.reading import Count, Reading, Service, Unknown, read_count
from tally.domain.record import UsageRecord
from tally.domain.situation import Policy
from tally.errors import ContractError, DeclinedError
from tally.messages import Job
from tally.ports import GravityZone

_NO_SUBSCRIPTION = "GravityZone no longer lists a monthly subscription for it, and would answer 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Reads a company-month's services together, as few calls as there can be."""

    gravityzone: GravityZone
    policy: Policy

    def of(self, job: Job, records: Mapping[Service, UsageRecord | None]) -> Mapping[Service, Reading]:
        """One reading for each service that is due, given by its record. Raises TallyError where none is to be had."""
        unlicensed: Mapping[Service, Reading] = dict.fromkeys(records, Unknown(_NO_SUBSCRIPTION))
        if not job.licensed:
            return unlicensed
        try:
            readings = self.counts(job.company_id, month=job.month, services=list(records))
        except DeclinedError as error:
            if job.tick < job.month.day_after_end(self.policy.open_until_day):
                raise
            # So late it will not get better: GravityZone may not go so far back. What stands is the last word (CLOSE-5).
            return dict.fromkeys(records, Unknown(f"GravityZone does not tell any more: {error}."))
        for reading in readings.values():
            if isinstance(reading, Unknown):
                raise ContractError(reading.why)
        # A company that lost its subscription since it was listed is answered with zeros: not a fall, but unknown (READ-2).
        floored = self.policy.bill_minimum and job.tick >= job.month.day_after_end(self.policy.close_day)
        fallen = any(_is_below(readings[service], record, floored=floored) for service, record in records.items())
        return unlicensed if fallen and not self.gravityzone.is_monthly(job.company_id) else readings

    def counts(self, company_id: str, *, month: Month, services: Sequence[Service]) -> Mapping[Service, Reading]:
        """What GravityZone answers for one company, by service; unknown where the answer holds no count.

        Raises TallyError if it does not answer.
        """
        usage = self.gravityzone.usage(company_id, month=month)
        return {service: read_count(usage, service) for service in services}


def _is_below(reading: Reading, record: UsageRecord | None, *, floored: bool) -> bool:
    line = None if record is None else record.line
    if not isinstance(reading, Count) or line is None:
        return False
    # At the close the contract's floor may stand there already, which the count need not reach.
    return max(reading.value, reading.floor or 0 if floored else 0) < line.highest
