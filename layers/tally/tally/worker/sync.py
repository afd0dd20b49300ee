"""The worker's use case: bring one company-month up to date.

The order is SAFE-3's: load the records, read GravityZone, write the intent, look at ConnectWise, write there, record the
outcome. What to do is decided by ``domain``, and carried out by ``steps``. Killed between any two lines, the next job goes on
from what the ledger says.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

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
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.reading import ENDPOINTS, Count, Reading, Service
from tally.domain.model.standing import Cause, Unsaid, failing
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord, unopened
from tally.domain.record.writes import Create, TakeOver
from tally.errors import (
    ConflictError,
    NotStartedError,
    NotYetError,
    UnreadableItemError,
    in_words,
    together,
)
from tally.messages import Job, JobService
from tally.ports import Clock, ConnectWise, GravityZone, Ledger
from tally.standings import note
from tally.worker.belief import LedgerFacts, check_due, check_job, check_opening, check_service
from tally.worker.readings import Readings
from tally.worker.rounds import Rounds

UNCHANGED = "unchanged"

type _Permits = Callable[[JobService, UsageRecord], Permit | Exception | None]
"""What is known for opening a month of a service that has that record."""

_NOTHING_SAID = (NotYetError, ConflictError, NotStartedError)
"""In all of them another job has the word, or will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The use case with what it needs.

    ``services`` are what can be counted, ``first_month`` is the setting. ``has_time`` says whether there is time left for a further service of a job.
    """

    gravityzone: GravityZone
    connectwise: ConnectWise
    ledger: Ledger
    clock: Clock
    policy: Policy
    services: Sequence[Service] = (ENDPOINTS,)
    first_month: Month | None = None
    has_time: Callable[[], bool] = lambda: True

    def __call__(self, job: Job, *, again: bool = False) -> Mapping[str, str]:
        """Bring the job's company-month up to date; answer what was done, by service, for the log.

        ``again``: the job has been tried before, so the standing may no longer be what it was when it was planned.
        A service that fails keeps no other from being brought up to date.

        Raises:
            NotYetError: nothing can be said before its ``retry_after``; the job is to come back then.
            RefusedJobError: no planner can have made the job (SAFE-9).
            TallyError: of any other class, when services failed; the standing says which.
        """
        check_job(job, now=self.clock.now())
        failures: dict[str, Exception] = {}
        records = self._records(job, failures)
        check_due(job, records)
        due = {each: record for each, record in records.items() if _is_due(record, job)}
        if not due and not failures:
            return {each.service: "dropped" for each in job.services}
        causes: dict[str, Cause | None] = {}
        looked: set[str] = set()
        done: dict[str, str] = {}
        readings = self._read(job, due) if due else {}
        openable = [
            each
            for each, record in due.items()
            if _may_open_a_line(job, each, record, readings[each])
        ]
        permit = self._permit(job) if openable else _no_permit
        for each, record in due.items():
            try:
                if failures or done:
                    self._check_time()
                check_service(job, each, record, [service.name for service in self.services])
                known = self._facts(
                    job,
                    each,
                    record,
                    permit(each, record) if each in openable else None,
                    readings[each],
                )
                done[each.service] = self._bring_up_to_date(each, record, known, causes, looked)
            except Exception as error:  # noqa: BLE001 - a bug of ours is to be seen in the standing too; it is raised below
                failures[each.service] = error
        causes |= {
            f"{job.month} {service}": failing(in_words(error))
            for service, error in failures.items()
            if not isinstance(error, _NOTHING_SAID)
        }
        quiet = not failures and not again and all(each == UNCHANGED for each in done.values())
        self._note(job, causes, looked, good_reading=not failures, trust_job=quiet)
        if failures:
            raise together(failures)
        return done

    def _records(
        self, job: Job, failures: dict[str, Exception]
    ) -> Mapping[JobService, UsageRecord]:
        """The records of the job's services; one that cannot be read is a failure of its service alone."""
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

    def _permit(self, job: Job) -> _Permits:
        """What is known for opening a month of any of the job's services, or of those alone why it is not."""
        try:
            ticks = self.ledger.ticks()
            link = self.ledger.link(job.company_id)
            permit = Permit(
                newest_tick=job.tick if ticks is None else ticks.newest,
                tied_to=None if link is None else link.connectwise_id,
                excluded=link is not None and _is_excluded(link, job),
                monthly=self.gravityzone.is_monthly(job.company_id),
            )
        except Exception as error:  # noqa: BLE001 - of those alone that are to be opened
            failed = error
            return lambda *_: failed
        known = LedgerFacts(ticks=ticks, link=link, first_month=self.first_month)

        def of(service: JobService, record: UsageRecord) -> Permit:
            check_opening(job, service, known, record)
            return permit

        return of

    def _facts(
        self,
        job: Job,
        each: JobService,
        record: UsageRecord,
        permit: Permit | Exception | None,
        reading: Reading | Exception,
    ) -> Facts:
        if isinstance(reading, Exception):
            raise reading
        if isinstance(permit, Exception):
            raise permit
        agreement = job.agreement_of(each)
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
        """The month before, read only where the count is to be raised or an Addition looked for."""
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
        causes: dict[str, Cause | None],
        looked: set[str],
    ) -> str:
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
            looked.add(_scope(record.key))
        if say is not Unsaid.AS_BEFORE:
            causes[_scope(record.key)] = say if isinstance(say, Cause) else None
        return ", ".join(rounds.done) or UNCHANGED

    def _note(
        self,
        job: Job,
        causes: Mapping[str, Cause | None],
        looked: Collection[str],
        *,
        good_reading: bool,
        trust_job: bool,
    ) -> None:
        known = job.standing if trust_job else None
        note(
            self.ledger,
            company_id=job.company_id,
            company_name=job.company_name,
            tick=job.tick,
            causes=causes,
            known=known,
            last_reading=job.last_reading,
            good_reading=good_reading and job.licensed,
            looked=looked,
        )


def _no_permit(_: JobService, __: UsageRecord) -> None:
    """Nothing is to be opened."""


def _is_excluded(link: CompanyLink, job: Job) -> bool:
    """Whether a person has it billed no more, since the job was planned perhaps: a partner's own machines too (READ-4)."""
    return link.excluded_since is not None or (
        job.children is not None and link.own_billed_since is None
    )


def _is_due(record: UsageRecord, job: Job) -> bool:
    """Return False for a job older than what the record's outcome has seen (SAFE-4), and if nothing is left to do."""
    return not record.settled and record.seen_tick <= job.tick


def _may_open_a_line(
    job: Job, each: JobService, record: UsageRecord, reading: Reading | Exception
) -> bool:
    """Return True if a POST may follow, so that it must be known whether one is allowed."""
    if not (each.may_open and job.licensed) or isinstance(reading, Exception):
        return False
    claim = None if record.claim is None else record.claim.write
    if (
        record.newest is None
        or record.newest.state in _NEED_A_LINE
        or isinstance(claim, Create | TakeOver)
    ):
        return True
    more = isinstance(reading, Count) and max(reading.value, reading.floor or 0) > record.stands
    return more and record.head is None


_NEED_A_LINE = frozenset({LineState.VOIDING, LineState.VOID})


def _key(job: Job, each: JobService) -> RecordKey:
    return RecordKey(company_id=job.company_id, month=job.month, service=each.service)


def _scope(key: RecordKey) -> str:
    return f"{key.month} {key.service}"
