"""The worker's use case: bring one company-month up to date.

The order is SAFE-3's: load the records, read GravityZone, write the intent, look at ConnectWise, write there, record the
outcome. What to do is decided by ``domain``; here it is carried out. Killed between any two lines, the next job goes on
from what the ledger says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tally.domain.agreement import Addition, Agreement
from tally.domain.carrying import as_shown, carried, line_before, not_carried, not_read
from tally.domain.company import Mapping as CompanyMapping
from tally.domain.decide import decide
from tally.domain.following import patch_fingerprint
from tally.domain.growth import baseline_of
from tally.domain.next_line import post_fingerprint
from tally.domain.reading import ENDPOINTS, Count, Reading, Service
from tally.domain.record import Line, LineState, RecordKey, Transition, UsageRecord
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
    SetTerms,
    Situation,
    TakeOver,
)
from tally.domain.standing import Cause, StandingState
from tally.domain.terms import Terms
from tally.domain.transitions import confirmed, opened, refused, take_over_refused, voided
from tally.errors import (
    AmbiguousError,
    ConflictError,
    ContractError,
    NotFoundError,
    NotStartedError,
    NotYetError,
    RefusedError,
    TallyError,
    together,
)
from tally.messages import Job, JobService
from tally.ports import Clock, ConnectWise, GravityZone, Ledger
from tally.readings import Readings
from tally.standings import note

_MOST_STEPS = 12
"""No path through ``decide`` is longer; more means that two rules contradict one another."""

_UNCHANGED = "unchanged"

_NOTHING_SAID = (NotYetError, ConflictError, NotStartedError)
"""In all of them another job has the word, or will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The use case with what it needs.

    ``services`` are what can be counted. ``has_time`` says whether there is time left for a further service of a job.
    """

    gravityzone: GravityZone
    connectwise: ConnectWise
    ledger: Ledger
    clock: Clock
    policy: Policy
    services: Sequence[Service] = (ENDPOINTS,)
    has_time: Callable[[], bool] = lambda: True

    def __call__(self, job: Job, *, again: bool = False) -> Mapping[str, str]:
        """Bring the job's company-month up to date; answer what was done, by service, for the log.

        ``again``: the job has been tried before, so the standing may no longer be what it was when it was planned.
        A service that fails keeps no other from being brought up to date.

        Raises:
            NotYetError: nothing can be said before its ``retry_after``; the job is to come back then.
            TallyError: of any other class, when services failed; the standing says which.
        """
        records = {each: self.ledger.record(_key(job, each)) for each in job.services}
        due = {each: record for each, record in records.items() if _is_due(record, job)}
        if not due:
            return {each.service: "dropped" for each in job.services}
        causes: dict[str, Cause | None] = {}
        done: dict[str, str] = {}
        failures: dict[str, Exception] = {}
        readings = self._read(job, due)
        openable = [each for each, record in due.items() if _may_open_a_line(job, each, record, readings[each])]
        facts = self._opening_facts(job) if openable else None
        for each, record in due.items():
            try:
                if failures or done:
                    self._check_time()
                known = facts if each in openable else None
                situation = self._situation(job, each, record, known, readings[each])
                done[each.service] = self._bring_up_to_date(situation, causes)
            except Exception as error:  # noqa: BLE001 - a bug of ours is to be seen in the standing too; it is raised below
                failures[each.service] = error
                if not isinstance(error, _NOTHING_SAID):
                    causes[_scope(_key(job, each))] = Cause(
                        state=StandingState.FAILING,
                        reason=str(error) if isinstance(error, TallyError) else f"A bug in Tally: {error!r}.",
                    )
        quiet = not failures and not again and all(each == _UNCHANGED for each in done.values())
        self._note(job, causes, good_reading=not failures, trust_job=quiet)
        if failures:
            raise together(failures)
        return done

    def _read(self, job: Job, due: Mapping[JobService, UsageRecord | None]) -> Mapping[JobService, Reading | Exception]:
        readings = Readings(gravityzone=self.gravityzone, policy=self.policy, services=self.services)
        try:
            return readings.of(job, due)
        except Exception as error:  # noqa: BLE001 - as above
            return dict.fromkeys(due, error)

    def _check_time(self) -> None:
        if not self.has_time():
            raise NotStartedError("too little time is left for a further service: the job goes back to the queue")

    def _opening_facts(self, job: Job) -> OpeningFacts | Exception:
        try:
            ticks = self.ledger.ticks()
            mapping = self.ledger.mapping(job.company_id)
            return OpeningFacts(
                newest_tick=job.tick if ticks is None else ticks.newest,
                tied_to=None if mapping is None else mapping.connectwise_id,
                excluded=mapping is not None and _is_excluded(mapping, job),
                monthly=self.gravityzone.is_monthly(job.company_id),
            )
        except Exception as error:  # noqa: BLE001 - of those alone that are to be opened
            return error

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
        )

    def _before(self, key: RecordKey, record: UsageRecord | None, reading: Reading) -> UsageRecord | None:
        """The month before, asked for only where the count is to be raised or an Addition looked for: a quiet job reads nothing more."""
        line = None if record is None else record.line
        stands = record.stands if record is not None and record.has_addition else -1
        raised = isinstance(reading, Count) and reading.value > stands
        looked_for = line is not None and line.state is LineState.OPENING and line.intent is not None
        return self.ledger.record(replace(key, month=key.month.previous)) if raised or looked_for else None

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
        self,
        situation: Situation,
        step: Look | Post | Patch | TakeOver | SetTerms | Continue | ComeBack,
        done: list[str],
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
            case SetTerms():
                return self._set_terms(situation, step, done)
            case Continue():
                return self._save(situation, step.transition, done)
            case ComeBack():
                if step.transition is not None:
                    self._save(situation, step.transition, done)
                raise NotYetError(step.why, retry_after=step.until - situation.now)

    def _save(self, situation: Situation, transition: Transition, done: list[str]) -> Situation:
        self.ledger.save(transition)
        done.append(transition.what)
        return replace(
            situation, record=transition.after, agreement=situation.expected_agreement, additions=None, elsewhere=()
        )

    def _look(self, situation: Situation, step: Look, done: list[str]) -> Situation:
        if step.transition is not None:
            situation = self._save(situation, step.transition, done)
        expected, looked_at = situation.expected_agreement, (step.agreement_id, *step.also)
        try:
            agreement = self.connectwise.agreement(step.agreement_id) if step.reread else situation.agreement
            additions, elsewhere = (
                [addition for each in ids for addition in self._additions(each, step)]
                for ids in (looked_at, sorted({*step.elsewhere} - {*looked_at}))
            )
        except NotFoundError:
            # A 404 alone may mean wrong keys; that the planner's whole list lacks the agreement too means that it is gone.
            if not situation.directory_read or (expected is not None and expected.id == step.agreement_id):
                raise
            return replace(situation, agreement=None, additions=(), elsewhere=())
        if step.reread and agreement is not None and _may_be_taken(situation, expected, agreement):
            # From here on the agreement is what it is now, not what the planner's list had.
            expected = agreement
        mapping = self.ledger.mapping(situation.key.company_id)
        return replace(
            situation,
            agreement=agreement,
            expected_agreement=expected,
            additions=additions,
            elsewhere=elsewhere,
            kept_apart=() if mapping is None else mapping.kept_apart,
            terms_before=self._terms_before(situation, step.agreement_id, additions) if step.reread else None,
        )

    def _additions(self, agreement_id: int, step: Look) -> Sequence[Addition]:
        """The agreement's Additions; where other lines stand may be gone by now, and then shows nothing."""
        try:
            return self.connectwise.additions(agreement_id)
        except NotFoundError:
            if agreement_id == step.agreement_id:
                raise
            return ()

    def _terms_before(
        self, situation: Situation, agreement_id: int, additions: Sequence[Addition]
    ) -> Terms | str | None:
        """The terms that the month before's Addition has now; a text for why they could not be read, which stops no opening."""
        before, record = situation.before, situation.record
        opening = record is not None and record.line is not None and record.line.state is LineState.OPENING
        if before is None or not opening or (record is not None and record.given is not None):
            return None
        if before.agreement_id != agreement_id:
            try:
                additions = self.connectwise.additions(before.agreement_id)
            except NotFoundError:
                return None
            except TallyError as error:
                return not_read(situation.key.month, str(error))
        return next((each.terms for each in additions if each.id == before.addition_id), None)

    def _post(self, situation: Situation, step: Post, done: list[str]) -> Situation:
        agreement = situation.agreement
        fingerprint = ""
        if agreement is not None:
            fingerprint = post_fingerprint(agreement, step.new.effective, product_id=step.new.product_id)
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
            addition = self.connectwise.set_quantity(
                agreement_id=step.agreement_id, addition_id=step.addition_id, quantity=step.quantity
            )
        except AmbiguousError:
            raise
        except TallyError as error:
            return self._refused(situation, error, patch_fingerprint(situation, quantity=step.quantity), done)
        line = as_shown(_line(situation), addition)
        why = f"Addition {step.addition_id} from {line.pushed} to {step.quantity}"
        now = self._now(situation)
        if line.state is LineState.VOIDING:
            return self._save(situation, voided(now, line, why=why), done)
        return self._save(situation, confirmed(now, line, quantity=step.quantity, why=why), done)

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

    def _set_terms(self, situation: Situation, step: SetTerms, done: list[str]) -> Situation:
        try:
            addition = self.connectwise.set_terms(
                agreement_id=step.agreement_id, addition_id=step.addition_id, terms=step.terms
            )
        except AmbiguousError:
            raise
        except TallyError as error:
            content = isinstance(error, RefusedError)
            refusal = not_carried(self._now(situation), _line(situation), why=str(error), for_good=content)
            situation = self._save(situation, refusal, done)
            if not content:
                raise
            return situation
        return self._save(situation, carried(self._now(situation), _line(situation), addition), done)

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


def _may_be_taken(situation: Situation, expected: Agreement | None, agreement: Agreement) -> bool:
    """Whether a freshly read agreement is the one of the job; an Addition that exists stands where it stands in any case."""
    if expected is not None:
        return _identity(expected) == _identity(agreement)
    line = None if situation.record is None else situation.record.line
    return line is not None and line.state is LineState.OPEN and line.agreement_id == agreement.id


def _identity(agreement: Agreement) -> tuple[int, int, int]:
    return agreement.id, agreement.type_id, agreement.company_id


def _key(job: Job, each: JobService) -> RecordKey:
    return RecordKey(company_id=job.company_id, month=job.month, service=each.service)


def _scope(key: RecordKey) -> str:
    return f"{key.month} {key.service}"


def _line(situation: Situation) -> Line:
    record = situation.record
    assert record is not None  # a write to ConnectWise is only ever decided for a line with an intent
    assert record.line is not None
    return record.line
