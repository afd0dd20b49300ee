"""Read a company-month in GravityZone: a count for each service, or unknown (READ-2, READ-6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tally.counting import read_counts
from tally.domain.facts.owed import floor_of
from tally.domain.model.policy import Policy
from tally.domain.model.reading import Count, Reading, Service, Unknown
from tally.domain.record.partner import (
    Children,
    NothingLeft,
    has_fallen,
    least,
    others_below,
    own_count,
    settled,
)
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ContractError, DeclinedError, TallyError
from tally.messages import Job, JobService
from tally.ports import GravityZone

_NO_SUBSCRIPTION = Unknown(
    "GravityZone no longer lists a monthly subscription for it, and would answer 0."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """Reads the services of a company-month together, with as few calls as possible.

    ``services`` are the services that can be counted.
    """

    gravityzone: GravityZone
    policy: Policy
    services: Sequence[Service]

    def of(
        self, job: Job, due: Mapping[JobService, UsageRecord]
    ) -> Mapping[JobService, Reading | TallyError]:
        """Return the reading of each service that is due, or the error that took its place.

        An error concerns the services of one call; services of another call have their readings.
        """
        services = {service.name: service for service in self.services}
        counted = {
            services[each.service]: record
            for each, record in due.items()
            if each.service in services
        }
        found = self._found(job, counted)
        return {
            each: found[services[each.service]]
            if each.service in services
            else Unknown(
                f"The service {each.service!r} is no longer among those of the setting Services."
            )
            for each in due
        }

    def _found(
        self, job: Job, records: Mapping[Service, UsageRecord]
    ) -> Mapping[Service, Reading | TallyError]:
        if not job.licensed:
            return dict.fromkeys(records, _NO_SUBSCRIPTION)
        found = self._told_by_each_call(job, records)
        # GravityZone answers zeros for a company without a monthly subscription. It may have lost
        # it since it was listed: then a zero is neither a fall nor a last count, but unknown
        # (READ-2, READ-3).
        closing = job.tick >= job.month.day_after_end(self.policy.close_day)
        floored = self.policy.bill_minimum and closing
        doubted = {
            service: found[service]
            for service, record in records.items()
            if _is_below(found[service], record, floored=floored)
            or (closing and _is_zero(found[service]))
        }
        # Whatever is counted of another service is a count all the same (SAFE-5).
        believed = {**found, **self._if_monthly(job, doubted)} if doubted else found
        return {
            service: _judged(reading, records[service], job)
            for service, reading in believed.items()
        }

    def _told_by_each_call(
        self, job: Job, records: Mapping[Service, UsageRecord]
    ) -> Mapping[Service, Reading | TallyError]:
        """Read the plain services with one call, and the others with another one."""
        found: dict[Service, Reading | TallyError] = {}
        for plain in (True, False):
            if together := [service for service in records if service.plain is plain]:
                found |= self._told(job, {service: records[service] for service in together})
        return found

    def _told(
        self, job: Job, services: Mapping[Service, UsageRecord]
    ) -> Mapping[Service, Reading | TallyError]:
        """Return the readings of services that one call serves, or the error of that call."""
        try:
            if job.children is not None:
                return self._own(job, job.children, services)
            return self._counted(job, job.company_id, services)
        except DeclinedError as error:
            if job.tick < job.month.day_after_end(self.policy.open_until_day):
                return dict.fromkeys(services, error)
            # GravityZone may not go so far back, so trying again is in vain: what stands in
            # ConnectWise is final (CLOSE-5).
            return dict.fromkeys(services, Unknown(f"GravityZone does not tell any more: {error}."))
        except TallyError as error:
            return dict.fromkeys(services, error)

    def _counted(
        self, job: Job, company_id: str, services: Iterable[Service]
    ) -> Mapping[Service, Count | TallyError]:
        readings = read_counts(
            self.gravityzone, company_id, month=job.month, services=list(services)
        )
        return {
            service: ContractError(reading.why) if isinstance(reading, Unknown) else reading
            for service, reading in readings.items()
        }

    def _own(
        self, job: Job, children: Children, records: Mapping[Service, UsageRecord]
    ) -> Mapping[Service, Reading | TallyError]:
        """Return a partner's own count, without its children (READ-4).

        The parent is read first. A child's machine that checks in between the reads then makes the
        count too low until the next job, never too high. If the count seems to have fallen, the
        parent is read again.
        """
        first = self._counted(job, job.company_id, records)
        below = [self._counted(job, child, records) for child in children.ids]
        own = {service: _left(service, first, below) for service in records}
        bounds = {service: least(record, children) for service, record in records.items()}
        fallen = [service for service, count in own.items() if _has_fallen(count, bounds[service])]
        if fallen:
            last = self._counted(job, job.company_id, fallen)
            own |= {
                service: _settled(own[service], _left(service, last, below), bounds[service])
                for service in fallen
            }
        return own

    def _if_monthly(
        self, job: Job, found: Mapping[Service, Reading | TallyError]
    ) -> Mapping[Service, Reading | TallyError]:
        try:
            monthly = self.gravityzone.is_monthly(job.company_id)
        except TallyError as error:
            return dict.fromkeys(found, error)
        return found if monthly else dict.fromkeys(found, _NO_SUBSCRIPTION)


def _left(
    service: Service,
    parent: Mapping[Service, Count | TallyError],
    children: Iterable[Mapping[Service, Count | TallyError]],
) -> Reading | TallyError:
    """Subtract the children's counts of one service; return an error if one part has none."""
    counts = []
    for part in (parent[service], *(child[service] for child in children)):
        if isinstance(part, TallyError):
            return part
        counts.append(part)
    return own_count(counts[0], counts[1:])


def _has_fallen(own: Reading | TallyError, bound: int) -> bool:
    return not isinstance(own, TallyError) and has_fallen(own, bound)


def _settled(
    first: Reading | TallyError, last: Reading | TallyError, bound: int
) -> Reading | TallyError:
    if isinstance(first, TallyError):
        return first
    return last if isinstance(last, TallyError) else settled(first, last, least=bound)


def _judged(reading: Reading | TallyError, record: UsageRecord, job: Job) -> Reading | TallyError:
    """Turn a partner's negative own count into an error, unless its children have changed.

    If they have changed, the record is held, and the person is told the reason.
    """
    if isinstance(reading, NothingLeft) and not others_below(record, job.children):
        return ContractError(reading.why)
    return reading


def _is_below(reading: Reading | TallyError, record: UsageRecord, *, floored: bool) -> bool:
    if isinstance(reading, NothingLeft):
        return True
    if not isinstance(reading, Count):
        return False
    # At the close, the contract's floor may be billed already: a count below it is no fall.
    return max(reading.value, floor_of(record, reading) or 0 if floored else 0) < record.highest


def _is_zero(reading: Reading | TallyError) -> bool:
    return isinstance(reading, Count) and reading.value == 0
