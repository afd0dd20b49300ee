"""What a job reads of GravityZone: a count for each service that is due, or unknown with the reason (READ-2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tally.domain.month import Month
from tally.domain.partner import Children, changed, has_fallen, least, own_count, settled
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
            readings = (
                self._own(job, job.children, records) if job.children else self._known(job.company_id, job, records)
            )
        except DeclinedError as error:
            if job.tick < job.month.day_after_end(self.policy.open_until_day):
                raise
            # So late it will not get better: GravityZone may not go so far back. What stands is the last word (CLOSE-5).
            return dict.fromkeys(records, Unknown(f"GravityZone does not tell any more: {error}."))
        # A company that lost its subscription since it was listed is answered with zeros: not a fall, but unknown (READ-2).
        floored = self.policy.bill_minimum and job.tick >= job.month.day_after_end(self.policy.close_day)
        fallen = any(_is_below(readings[service], record, floored=floored) for service, record in records.items())
        if fallen and not self.gravityzone.is_monthly(job.company_id):
            return unlicensed
        for service, reading in readings.items():
            record = records[service]
            # With other children below it than before, the record is held, and a person is told why there is no count.
            if isinstance(reading, Unknown) and (record is None or not changed(record, job.children)):
                raise ContractError(reading.why)
        return readings

    def _own(
        self, job: Job, children: Children, records: Mapping[Service, UsageRecord | None]
    ) -> Mapping[Service, Reading]:
        """What a partner counts without its children (READ-4).

        The parent is read first: a child's machine that checks in meanwhile makes the count too low until the next job,
        never too high. Only where it seems to have fallen for that, the parent is read once more.
        """
        first = self._known(job.company_id, job, records)
        below = [self._known(child, job, records) for child in children.ids]
        parts = {service: [child[service] for child in below] for service in records}
        own = {service: own_count(first[service], parts[service]) for service in records}
        bounds = {service: least(record, children) for service, record in records.items()}
        if not any(has_fallen(own[service], bounds[service]) for service in records):
            return own
        last = self._known(job.company_id, job, records)
        return {
            service: settled(own[service], own_count(last[service], parts[service]), least=bounds[service])
            for service in records
        }

    def _known(self, company_id: str, job: Job, services: Iterable[Service]) -> Mapping[Service, Count]:
        readings = self.counts(company_id, month=job.month, services=list(services))
        for reading in readings.values():
            if isinstance(reading, Unknown):
                raise ContractError(reading.why)
        return {service: reading for service, reading in readings.items() if isinstance(reading, Count)}

    def counts(self, company_id: str, *, month: Month, services: Sequence[Service]) -> Mapping[Service, Reading]:
        """What GravityZone answers for one company, by service; unknown where the answer holds no count.

        Raises TallyError if it does not answer.
        """
        usage = self.gravityzone.usage(company_id, month=month)
        return {service: read_count(usage, service) for service in services}


def _is_below(reading: Reading, record: UsageRecord | None, *, floored: bool) -> bool:
    line = None if record is None else record.line
    if isinstance(reading, Unknown):
        return True
    if line is None:
        return False
    # At the close the contract's floor may stand there already, which the count need not reach.
    return max(reading.value, reading.floor or 0 if floored else 0) < line.highest
