"""Bring one company-month up to date: the worker's use case.

The order is SAFE-3's: load the records, read GravityZone, write the intent, look at ConnectWise,
write there, record the outcome. ``domain`` decides what to do, and ``rounds`` carries it out. A job
that is killed leaves everything in the ledger that the next job needs to go on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tally.domain.facts.job_facts import (
    NO_MONTH_BEFORE,
    Facts,
    Known,
    MonthBefore,
    Offer,
    Permit,
    When,
    month_before,
)
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.reading import ENDPOINTS, Count, Reading, Service
from tally.domain.model.standing import Cause, RecordScope, Unsaid
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord, unopened
from tally.domain.record.writes import Create
from tally.errors import (
    NotStartedError,
    UnreadableItemError,
    together,
)
from tally.messages import Job, JobService
from tally.ports import Clock, ConnectWise, GravityZone, Ledger
from tally.standings import note
from tally.worker.job_checks import check_due, check_job, check_service
from tally.worker.permits import is_seen_monthly, may_open_a_line, read_permits
from tally.worker.progress import UNCHANGED, Progress
from tally.worker.readings import Readings
from tally.worker.rounds import Rounds

if TYPE_CHECKING:
    from tally.worker.sweep_account import SweepAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The use case with what it needs.

    ``services`` are the services that can be counted. ``first_month`` is the setting. ``has_time``
    returns True if there is time left for a further service of a job. ``account`` is told of
    each job that is done; None if the pulse is off.
    """

    gravityzone: GravityZone
    connectwise: ConnectWise
    ledger: Ledger
    clock: Clock
    policy: Policy
    services: Sequence[Service] = (ENDPOINTS,)
    first_month: Month | None = None
    has_time: Callable[[], bool] = lambda: True
    account: "SweepAccount | None" = None

    def __call__(self, job: Job, *, again: bool = False) -> Mapping[str, str]:
        """Bring the job's company-month up to date; return what was done, by service, for the log.

        ``again``: the job was tried before, so the standing may differ from the job's copy of it.
        A service that fails does not stop the others.

        Raises:
            NotYetError: the job must come back after its ``retry_after``.
            RefusedJobError: no planner can have made the job (SAFE-9).
            TallyError: of any other class, if services failed; the standing says which.
        """
        check_job(job, now=self.clock.now())
        progress = Progress()
        records = self._records(job, progress.failures)
        check_due(job, records)
        due = {each: record for each, record in records.items() if _is_due(record, job)}
        if not due and not progress.failures:
            self._ended(job, records, {}, {})
            return {each.service: "dropped" for each in job.services}
        self._bring_all_up_to_date(job, due, progress)
        progress.causes.update(progress.failing_causes(job.month))
        self._note(job, progress, trust_job=progress.is_quiet and not again)
        if progress.failures:
            raise together(progress.failures)
        self._ended(job, records, progress.counts, progress.rises(due))
        return progress.done

    def _ended(
        self,
        job: Job,
        records: Mapping[JobService, UsageRecord],
        counts: Mapping[str, int],
        rises: Mapping[str, int],
    ) -> None:
        """Tell the account, unless a newer job was first: it may have read before the totals."""
        if self.account is not None and not any(
            _is_overtaken(record, job) for record in records.values()
        ):
            self.account.ended(job, counts, rises)

    def _bring_all_up_to_date(
        self, job: Job, due: Mapping[JobService, UsageRecord], progress: Progress
    ) -> None:
        """Read the counts, then bring each service's record up to date by itself."""
        readings = self._read(job, due)
        permits = self._permits(job, due, readings)
        names = [service.name for service in self.services]
        for each, record in due.items():
            try:
                if progress.failures or progress.done:
                    self._check_time()
                check_service(job, each, record, names)
                reading = readings[each]
                facts = self._facts(job, each, record, reading, permits.get(each))
                if isinstance(reading, Count):
                    progress.counts[each.service] = reading.value
                self._bring_up_to_date(each, record, facts, progress)
            except Exception as error:  # noqa: BLE001 - the standing shows a bug of ours too
                progress.failures[each.service] = error

    def _records(
        self, job: Job, failures: dict[str, Exception]
    ) -> Mapping[JobService, UsageRecord]:
        """Load the records of the job's services; an unreadable one fails its own service alone."""
        records: dict[JobService, UsageRecord] = {}
        for each in job.services:
            key = _key(job, each)
            try:
                records[each] = self.ledger.record(key) or unopened(key, job.tick)
            except UnreadableItemError as error:
                failures[each.service] = error
        return records

    def _read(
        self, job: Job, due: Mapping[JobService, UsageRecord]
    ) -> Mapping[JobService, Reading | Exception]:
        readings = Readings(
            gravityzone=self.gravityzone, policy=self.policy, services=self.services
        )
        try:
            return readings.of(job, due)
        except Exception as error:  # noqa: BLE001 - as above
            return dict.fromkeys(due, error)

    def _check_time(self) -> None:
        if not self.has_time():
            raise NotStartedError(
                "too little time is left for a further service: the job goes back to the queue"
            )

    def _permits(
        self,
        job: Job,
        due: Mapping[JobService, UsageRecord],
        readings: Mapping[JobService, Reading | Exception],
    ) -> Mapping[JobService, Permit | Exception]:
        """Read the permit of each service that may open a line."""
        opening = {
            each: record
            for each, record in due.items()
            if may_open_a_line(job, each, record, readings[each])
        }
        return read_permits(
            job,
            opening,
            gravityzone=self.gravityzone,
            ledger=self.ledger,
            first_month=self.first_month,
            now=self.clock.now(),
        )

    def _facts(
        self,
        job: Job,
        each: JobService,
        record: UsageRecord,
        reading: Reading | Exception,
        permit: Permit | Exception | None,
    ) -> Facts:
        if isinstance(reading, Exception):
            raise reading
        if isinstance(permit, Exception):
            raise permit
        agreement = job.agreement_of(each)
        # The job carries the planner's copy, so an unchanged count needs no ConnectWise (FOLLOW-2).
        known = (
            {}
            if agreement is None
            else {agreement.id: Known(agreement=agreement, read_at=job.tick)}
        )
        return Facts(
            company=job.company_name,
            when=When(
                tick=job.tick,
                now=self.clock.now(),
                before=job.tick_before,
                month=job.month,
                policy=self._policy(each),
                by_person=job.by_person,
                stays_open=each.stays_open,
            ),
            reading=reading,
            children=job.children,
            before=self._before(record, reading),
            offer=Offer(
                agreement=agreement,
                product_id=each.product_id,
                connectwise_id=job.connectwise_id,
                listed=each.listed,
                only_if_used=each.only_if_used,
                late=each.late,
                permit=permit,
            ),
            agreements=known,
            others=each.others,
        )

    def _policy(self, each: JobService) -> Policy:
        text = next((service.text for service in self.services if service.name == each.service), "")
        return replace(self.policy, text=text) if text else self.policy

    def _before(self, record: UsageRecord, reading: Reading) -> MonthBefore:
        """Return the month before, if the count may rise or an Addition is looked for.

        Other jobs need nothing of it, and save the read.
        """
        raised = isinstance(reading, Count) and (not record.lines or reading.value > record.stands)
        looked_for = record.claim is not None and isinstance(record.claim.write, Create)
        if not (raised or looked_for):
            return NO_MONTH_BEFORE
        return month_before(
            self.ledger.record(replace(record.key, month=record.key.month.previous))
        )

    def _bring_up_to_date(
        self,
        each: JobService,
        record: UsageRecord,
        facts: Facts,
        progress: Progress,
    ) -> None:
        rounds = Rounds(
            connectwise=self.connectwise,
            ledger=self.ledger,
            clock=self.clock,
            facts=facts,
            record=record,
            look_due=each.look,
        )
        say = rounds.run()
        if each.look and not rounds.look_due:
            progress.looked.add(record.key.scope)
        if say is not Unsaid.AS_BEFORE:
            progress.causes[record.key.scope] = say if isinstance(say, Cause) else None
        progress.done[each.service] = ", ".join(rounds.done) or UNCHANGED

    def _note(self, job: Job, progress: Progress, *, trust_job: bool) -> None:
        known = {RecordScope(job.month, each): cause for each, cause in job.standing.items()}
        note(
            self.ledger,
            company_id=job.company_id,
            company_name=job.company_name,
            tick=job.tick,
            causes=progress.causes,
            known=known if trust_job else None,
            last_reading=job.last_reading,
            good_reading=not progress.failures and job.licensed,
            looked=progress.looked,
            seen_monthly=not progress.failures
            and is_seen_monthly(job, gravityzone=self.gravityzone),
        )


def _is_due(record: UsageRecord, job: Job) -> bool:
    """Return False if a newer job has written the record (SAFE-4), or if nothing is left to do."""
    return not (record.settled or _is_overtaken(record, job))


def _is_overtaken(record: UsageRecord, job: Job) -> bool:
    """Return True if a newer job has written the record."""
    return record.seen_tick > job.tick


def _key(job: Job, each: JobService) -> RecordKey:
    return RecordKey(company_id=job.company_id, month=job.month, service=each.service)
