"""The worker's use case: bring one company-month up to date.

The order is SAFE-3's: load the records, read GravityZone, write the intent, look at ConnectWise, write there, record the
outcome. What to do is decided by ``domain``, and carried out by ``steps``. Killed between any two lines, the next job goes on
from what the ledger says.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tally.belief import Known, check_due, check_job, check_opening, check_service
from tally.domain.carrying import line_before
from tally.domain.company import Mapping as CompanyMapping
from tally.domain.decide import decide
from tally.domain.growth import baseline_of
from tally.domain.month import Month
from tally.domain.policy import Policy
from tally.domain.reading import ENDPOINTS, Count, Reading, Service
from tally.domain.record import LineState, RecordKey, UsageRecord
from tally.domain.situation import Finished, NoWord, OpeningFacts, Situation
from tally.domain.standing import Cause, failing
from tally.errors import (
    ConflictError,
    ContractError,
    NotStartedError,
    NotYetError,
    UnreadableItemError,
    in_words,
    together,
)
from tally.messages import Job, JobService
from tally.ports import Clock, ConnectWise, GravityZone, Ledger
from tally.readings import Readings
from tally.standings import note
from tally.steps import Steps

_MOST_STEPS = 12
"""No path through ``decide`` is longer; more means that two rules contradict one another."""

UNCHANGED = "unchanged"

type _Facts = Callable[[JobService, UsageRecord | None], OpeningFacts | Exception | None]
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
        openable = [each for each, record in due.items() if _may_open_a_line(job, each, record, readings[each])]
        facts = self._opening_facts(job) if openable else _no_facts
        for each, record in due.items():
            try:
                if failures or done:
                    self._check_time()
                check_service(job, each, record, [service.name for service in self.services])
                known = facts(each, record) if each in openable else None
                situation = self._situation(job, each, record, known, readings[each])
                done[each.service] = self._bring_up_to_date(situation, causes, looked)
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

    def _records(self, job: Job, failures: dict[str, Exception]) -> Mapping[JobService, UsageRecord | None]:
        """The records of the job's services; one that cannot be read is a failure of its service alone."""
        records: dict[JobService, UsageRecord | None] = {}
        for each in job.services:
            try:
                records[each] = self.ledger.record(_key(job, each))
            except UnreadableItemError as error:
                failures[each.service] = error
        return records

    def _read(self, job: Job, due: Mapping[JobService, UsageRecord | None]) -> Mapping[JobService, Reading | Exception]:
        readings = Readings(gravityzone=self.gravityzone, policy=self.policy, services=self.services)
        try:
            return readings.of(job, due)
        except Exception as error:  # noqa: BLE001 - as above
            return dict.fromkeys(due, error)

    def _check_time(self) -> None:
        if not self.has_time():
            raise NotStartedError("too little time is left for a further service: the job goes back to the queue")

    def _opening_facts(self, job: Job) -> _Facts:
        """What is known for opening a month of any of the job's services; of those alone the error that it could not be had for."""
        try:
            ticks = self.ledger.ticks()
            mapping = self.ledger.mapping(job.company_id)
            facts = OpeningFacts(
                newest_tick=job.tick if ticks is None else ticks.newest,
                tied_to=None if mapping is None else mapping.connectwise_id,
                excluded=mapping is not None and _is_excluded(mapping, job),
                monthly=self.gravityzone.is_monthly(job.company_id),
            )
        except Exception as error:  # noqa: BLE001 - of those alone that are to be opened
            failed = error
            return lambda *_: failed
        known = Known(ticks=ticks, mapping=mapping, first_month=self.first_month)

        def of(service: JobService, record: UsageRecord | None) -> OpeningFacts:
            check_opening(job, service, known, record)
            return facts

        return of

    def _situation(
        self,
        job: Job,
        each: JobService,
        record: UsageRecord | None,
        facts: OpeningFacts | Exception | None,
        reading: Reading | Exception,
    ) -> Situation:
        if isinstance(reading, Exception):
            raise reading
        if isinstance(facts, Exception):
            raise facts
        key, agreement = _key(job, each), job.agreement_of(each)
        before = self._before(key, record, reading)
        text = next((service.text for service in self.services if service.name == each.service), "")
        return Situation(
            key=key,
            company=job.company_name,
            reading=reading,
            record=record,
            agreement=agreement,
            expected_agreement=agreement,
            product_id=each.product_id,
            connectwise_id=job.connectwise_id,
            policy=replace(self.policy, text=text) if text else self.policy,
            tick=job.tick,
            now=self.clock.now(),
            opening=facts,
            directory_read=each.listed,
            only_if_used=each.only_if_used,
            late=each.late,
            tick_before=job.tick_before,
            baseline=baseline_of(before),
            before=line_before(before),
            children=job.children,
            others=each.others,
            look_due=each.look,
            stays_open=each.stays_open,
            by_person=job.by_person,
        )

    def _before(self, key: RecordKey, record: UsageRecord | None, reading: Reading) -> UsageRecord | None:
        """The month before, asked for only where the count is to be raised or an Addition looked for: a quiet job reads nothing more."""
        line = None if record is None else record.line
        stands = record.stands if record is not None and record.has_addition else -1
        raised = isinstance(reading, Count) and reading.value > stands
        looked_for = line is not None and line.state is LineState.OPENING and line.intent is not None
        return self.ledger.record(replace(key, month=key.month.previous)) if raised or looked_for else None

    def _bring_up_to_date(self, situation: Situation, causes: dict[str, Cause | None], looked: set[str]) -> str:
        steps = Steps(connectwise=self.connectwise, ledger=self.ledger, clock=self.clock)
        to_be_looked_at = situation.look_due
        done: list[str] = []
        for _ in range(_MOST_STEPS):
            situation = replace(situation, now=self.clock.now())
            step = decide(situation)
            if isinstance(step, Finished):
                if step.transition is not None:
                    steps.save(situation, step.transition, done)
                if to_be_looked_at and not situation.look_due:
                    looked.add(_scope(situation.key))
                if step.cause is not NoWord.STAYS:
                    causes[_scope(situation.key)] = None if step.cause is NoWord.PLANNERS else step.cause
                return ", ".join(done) or UNCHANGED
            situation = steps.take(situation, step, done)
        raise ContractError(
            f"{situation.key}: no decision after {_MOST_STEPS} steps ({', '.join(done)}); please report this as a bug."
        )

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


def _no_facts(_: JobService, __: UsageRecord | None) -> None:
    """Nothing is to be opened."""


def _is_excluded(mapping: CompanyMapping, job: Job) -> bool:
    """Whether a person has it billed no more, since the job was planned perhaps: a partner's own machines too (READ-4)."""
    return mapping.excluded_since is not None or (job.children is not None and mapping.own_billed_since is None)


def _is_due(record: UsageRecord | None, job: Job) -> bool:
    """A job older than what the record's outcome has seen is dropped; an equal one may run again (SAFE-4)."""
    return record is None or (not record.settled and record.seen_tick <= job.tick)


def _may_open_a_line(job: Job, each: JobService, record: UsageRecord | None, reading: Reading | Exception) -> bool:
    """Whether a POST may follow, so that it must be known whether one is allowed."""
    if not (each.may_open and job.licensed) or isinstance(reading, Exception):
        return False
    if record is None or record.line is None or record.line.state in _NEED_A_LINE:
        return True
    more = isinstance(reading, Count) and max(reading.value, reading.floor or 0) > record.stands
    return more and record.line.state is not LineState.OPEN


_NEED_A_LINE = frozenset({LineState.OPENING, LineState.VOIDING, LineState.VOID})


def _key(job: Job, each: JobService) -> RecordKey:
    return RecordKey(company_id=job.company_id, month=job.month, service=each.service)


def _scope(key: RecordKey) -> str:
    return f"{key.month} {key.service}"
