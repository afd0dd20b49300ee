"""The worker's use case: bring one company-month up to date.

The order is SAFE-3's: load the records, read GravityZone, write the intent, look at ConnectWise, write there, record the
outcome. What to do is decided by ``domain``; here it is carried out. Killed between any two lines, the next job goes on
from what the ledger says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tally.domain.agreement import Agreement
from tally.domain.decide import decide
from tally.domain.following import patch_fingerprint
from tally.domain.growth import baseline_of
from tally.domain.opening import post_fingerprint
from tally.domain.place import service_period
from tally.domain.reading import ENDPOINTS, Count, Reading, Service, Unknown, read_count
from tally.domain.record import Line, LineState, RecordKey, RecordState, Transition, UsageRecord
from tally.domain.situation import (
    ComeBack,
    Continue,
    Finished,
    Look,
    NoWord,
    OpeningFacts,
    Patch,
    Policy,
    Post,
    Situation,
    TakeOver,
)
from tally.domain.standing import Cause, StandingState
from tally.domain.transitions import confirmed, opened, refused, take_over_refused
from tally.errors import (
    AmbiguousError,
    ConflictError,
    ContractError,
    DeclinedError,
    NotFoundError,
    NotYetError,
    RefusedError,
    TallyError,
)
from tally.messages import Job
from tally.ports import Clock, ConnectWise, GravityZone, Ledger
from tally.standings import note

_MOST_STEPS = 12
"""No path through ``decide`` is longer; more means that two rules contradict one another."""

_UNCHANGED = "unchanged"

_NO_SUBSCRIPTION = "GravityZone no longer lists a monthly subscription for it, and would answer 0."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The use case with what it needs. ``services`` are brought up to date with one GravityZone call."""

    gravityzone: GravityZone
    connectwise: ConnectWise
    ledger: Ledger
    clock: Clock
    policy: Policy
    services: Sequence[Service] = (ENDPOINTS,)

    def __call__(self, job: Job, *, again: bool = False) -> Mapping[str, str]:
        """Bring the job's company-month up to date; answer what was done, by service, for the log.

        ``again``: the job has been tried before, so the standing may no longer be what it was when it was planned.

        Raises:
            NotYetError: nothing can be said before its ``retry_after``; the job is to come back then.
            TallyError: of any other class, when the job failed; the standing says so.
        """
        keys = {
            each: RecordKey(company_id=job.company_id, month=job.month, service=each.name) for each in self.services
        }
        records = {service: self.ledger.record(key) for service, key in keys.items()}
        due = [service for service in self.services if _is_due(records[service], job)]
        if not due:
            return {service.name: "dropped" for service in self.services}
        causes: dict[str, Cause | None] = {}
        done: dict[str, str] = {}
        failure: Exception | None = None
        try:
            readings = self._read(job, {service: records[service] for service in due})
            facts = self._opening_facts(job) if any(_is_unopened(records[service]) for service in due) else None
            for service in due:
                situation = self._situation(job, keys[service], records[service], facts, readings[service])
                done[service.name] = self._bring_up_to_date(situation, causes)
        except Exception as error:  # noqa: BLE001 - a bug of ours is to be seen in the standing too; it is raised below
            failure = error
            if not isinstance(error, NotYetError | ConflictError):  # in both another job has the word, or will
                causes[_scope(keys[due[len(done)]])] = Cause(
                    state=StandingState.FAILING,
                    reason=str(error) if isinstance(error, TallyError) else f"A bug in Tally: {error!r}.",
                )
        quiet = failure is None and not again and all(each == _UNCHANGED for each in done.values())
        self._note(job, causes, good_reading=failure is None, trust_job=quiet)
        if failure is not None:
            raise failure
        return done

    def _opening_facts(self, job: Job) -> OpeningFacts | None:
        if not (job.may_open and job.licensed):
            return None
        ticks = self.ledger.ticks()
        mapping = self.ledger.mapping(job.company_id)
        return OpeningFacts(
            newest_tick=job.tick if ticks is None else ticks.newest,
            tied_to=None if mapping is None else mapping.connectwise_id,
            excluded=mapping is not None and mapping.excluded_since is not None,
            monthly=self.gravityzone.is_monthly(job.company_id),
        )

    def _read(self, job: Job, records: Mapping[Service, UsageRecord | None]) -> Mapping[Service, Reading]:
        """One reading for each service, with one call for all of them."""
        unlicensed: Mapping[Service, Reading] = dict.fromkeys(records, Unknown(_NO_SUBSCRIPTION))
        if not job.licensed:
            return unlicensed
        try:
            readings = self._counts(job, list(records))
        except DeclinedError as error:
            if job.tick < job.month.day_after_end(self.policy.open_until_day):
                raise
            # So late it will not get better: GravityZone may not go so far back. What stands is the last word (CLOSE-5).
            return dict.fromkeys(records, Unknown(f"GravityZone does not tell any more: {error}."))
        # A company that lost its subscription, since it was listed or while no list can be read, is answered with zeros:
        # neither a fall nor a last count, but unknown (READ-2, READ-3).
        closing = job.tick >= job.month.day_after_end(self.policy.close_day)
        floored = self.policy.bill_minimum and closing
        doubtful = any(
            _is_below(readings[service], record, floored=floored) or (closing and _is_zero(readings[service]))
            for service, record in records.items()
        )
        return unlicensed if doubtful and not self.gravityzone.is_monthly(job.company_id) else readings

    def _counts(self, job: Job, services: Sequence[Service]) -> Mapping[Service, Reading]:
        usage = self.gravityzone.usage(job.company_id, month=job.month)
        readings = {service: read_count(usage, service) for service in services}
        for reading in readings.values():
            if isinstance(reading, Unknown):
                raise ContractError(reading.why)
        return readings

    def _situation(
        self, job: Job, key: RecordKey, record: UsageRecord | None, facts: OpeningFacts | None, reading: Reading
    ) -> Situation:
        agreement = job.agreement
        return Situation(
            key=key,
            company=job.company_name,
            reading=reading,
            record=record,
            agreement=agreement,
            expected_agreement=agreement,
            product_id=job.product_id,
            connectwise_id=job.connectwise_id,
            policy=self.policy,
            tick=job.tick,
            now=self.clock.now(),
            opening=facts,
            directory_read=job.directory_read,
            only_if_used=job.only_if_used,
            baseline=self._baseline(key, record, reading),
        )

    def _baseline(self, key: RecordKey, record: UsageRecord | None, reading: Reading) -> int | None:
        """What the month before gives, asked for only where the count is to be raised: a quiet job reads nothing more."""
        line = None if record is None else record.line
        pushed = -1 if line is None or line.pushed is None else line.pushed
        if not isinstance(reading, Count) or reading.value <= pushed:
            return None
        return baseline_of(self.ledger.record(replace(key, month=key.month.previous)))

    def _bring_up_to_date(self, situation: Situation, causes: dict[str, Cause | None]) -> str:
        done: list[str] = []
        for _ in range(_MOST_STEPS):
            situation = replace(situation, now=self.clock.now())
            step = decide(situation)
            if isinstance(step, Finished):
                if step.transition is not None:
                    self._save(situation, step.transition, done)
                if step.cause is not NoWord.STAYS:
                    causes[_scope(situation.key)] = None if step.cause is NoWord.PLANNERS else step.cause
                return ", ".join(done) or _UNCHANGED
            situation = self._take(situation, step, done)
        raise ContractError(
            f"{situation.key}: no decision after {_MOST_STEPS} steps ({', '.join(done)}); please report this as a bug."
        )

    def _take(
        self, situation: Situation, step: Look | Post | Patch | TakeOver | Continue | ComeBack, done: list[str]
    ) -> Situation:
        """Take one step; answer the situation that it leaves."""
        match step:
            case Look():
                return self._look(situation, step, done)
            case Post():
                return self._post(situation, step, done)
            case Patch():
                return self._patch(situation, step, done)
            case TakeOver():
                return self._take_over(situation, step, done)
            case Continue():
                return self._save(situation, step.transition, done)
            case ComeBack():
                if step.transition is not None:
                    self._save(situation, step.transition, done)
                raise NotYetError(step.why, retry_after=step.until - situation.now)

    def _save(self, situation: Situation, transition: Transition, done: list[str]) -> Situation:
        self.ledger.save(transition)
        done.append(transition.what)
        return replace(situation, record=transition.after, agreement=situation.expected_agreement, additions=None)

    def _look(self, situation: Situation, step: Look, done: list[str]) -> Situation:
        if step.transition is not None:
            situation = self._save(situation, step.transition, done)
        expected = situation.expected_agreement
        try:
            agreement = self.connectwise.agreement(step.agreement_id) if step.reread else situation.agreement
            additions = self.connectwise.additions(step.agreement_id)
        except NotFoundError:
            # A 404 alone may mean wrong keys; that the planner's whole list lacks the agreement too means that it is gone.
            if not situation.directory_read or (expected is not None and expected.id == step.agreement_id):
                raise
            return replace(situation, agreement=None, additions=())
        if (
            step.reread
            and agreement is not None
            and expected is not None
            and _identity(expected) == _identity(agreement)
        ):
            # From here on the agreement is what it is now, not what the planner's list had.
            expected = agreement
        mapping = self.ledger.mapping(situation.key.company_id)
        return replace(
            situation,
            agreement=agreement,
            expected_agreement=expected,
            additions=additions,
            kept_apart=() if mapping is None else mapping.kept_apart,
        )

    def _post(self, situation: Situation, step: Post, done: list[str]) -> Situation:
        agreement = situation.agreement
        period = None if agreement is None else service_period(agreement, situation.key.month)
        fingerprint = ""
        if agreement is not None and period is not None:
            fingerprint = post_fingerprint(agreement, period, product_id=step.new.product_id)
        try:
            addition = self.connectwise.create_addition(step.new)
        except AmbiguousError:
            raise
        except TallyError as error:
            return self._refused(situation, error, fingerprint, done)
        line = _line(situation)
        return self._save(
            situation, opened(self._now(situation), line, addition, why=f"created Addition {addition.id}"), done
        )

    def _patch(self, situation: Situation, step: Patch, done: list[str]) -> Situation:
        try:
            self.connectwise.set_quantity(
                agreement_id=step.agreement_id, addition_id=step.addition_id, quantity=step.quantity
            )
        except AmbiguousError:
            raise
        except TallyError as error:
            return self._refused(situation, error, patch_fingerprint(situation, quantity=step.quantity), done)
        line = _line(situation)
        why = f"Addition {step.addition_id} from {line.pushed} to {step.quantity}"
        return self._save(situation, confirmed(self._now(situation), line, quantity=step.quantity, why=why), done)

    def _take_over(self, situation: Situation, step: TakeOver, done: list[str]) -> Situation:
        try:
            addition = self.connectwise.take_over(
                agreement_id=step.agreement_id,
                addition_id=step.addition_id,
                text=step.text,
                cancelled=step.cancelled,
            )
        except AmbiguousError:
            raise
        except RefusedError as error:
            why = str(error)
            return self._save(situation, take_over_refused(self._now(situation), _line(situation), why=why), done)
        except TallyError as error:
            return self._refused(situation, error, "", done)
        why = f"took over Addition {addition.id} at {addition.quantity.normalize():f}"
        return self._save(situation, opened(self._now(situation), _line(situation), addition, why=why), done)

    def _refused(self, situation: Situation, error: TallyError, fingerprint: str, done: list[str]) -> Situation:
        """The write has not happened. A refused content stands until it changes; anything else is for the next try."""
        content = isinstance(error, RefusedError)
        transition = refused(
            self._now(situation), _line(situation), why=str(error), fingerprint=fingerprint if content else None
        )
        situation = self._save(situation, transition, done)
        if not content:
            raise error
        return situation

    def _now(self, situation: Situation) -> Situation:
        return replace(situation, now=self.clock.now())

    def _note(self, job: Job, causes: Mapping[str, Cause | None], *, good_reading: bool, trust_job: bool) -> None:
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
        )


def _is_due(record: UsageRecord | None, job: Job) -> bool:
    """A job older than what the record's outcome has seen is dropped; an equal one may run again (SAFE-4)."""
    return record is None or (record.state is RecordState.OPEN and record.seen_tick <= job.tick)


def _is_below(reading: Reading, record: UsageRecord | None, *, floored: bool) -> bool:
    line = None if record is None else record.line
    if not isinstance(reading, Count) or line is None:
        return False
    # At the close the contract's floor may stand there already, which the count need not reach.
    return max(reading.value, reading.floor or 0 if floored else 0) < line.highest


def _is_zero(reading: Reading) -> bool:
    return isinstance(reading, Count) and reading.value == 0


def _is_unopened(record: UsageRecord | None) -> bool:
    return record is None or record.line is None or record.line.state is LineState.OPENING


def _identity(agreement: Agreement) -> tuple[int, int, int]:
    return agreement.id, agreement.type_id, agreement.company_id


def _scope(key: RecordKey) -> str:
    return f"{key.month} {key.service}"


def _line(situation: Situation) -> Line:
    record = situation.record
    assert record is not None  # a write to ConnectWise is only ever decided for a line with an intent
    assert record.line is not None
    return record.line
