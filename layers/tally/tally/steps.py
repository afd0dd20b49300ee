"""Taking a step that was decided on: the ledger first, then ConnectWise, then the outcome into the ledger (SAFE-1, SAFE-3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tally.domain.agreement import Addition, Agreement
from tally.domain.carrying import as_shown, carried, not_carried, not_read
from tally.domain.following import patch_fingerprint
from tally.domain.next_line import post_fingerprint
from tally.domain.record import Line, LineState, Transition, UsageRecord
from tally.domain.situation import ComeBack, Continue, Look, Patch, Post, SetTerms, Situation, TakeOver
from tally.domain.terms import Terms
from tally.domain.transitions import confirmed, opened, refused, take_over_refused, voided
from tally.errors import AmbiguousError, NotFoundError, NotYetError, RefusedError, TallyError
from tally.ports import Clock, ConnectWise, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Takes the steps of one record, with what that needs. ``done`` of each method is what was done so far, in words, and grows."""

    connectwise: ConnectWise
    ledger: Ledger
    clock: Clock

    def take(
        self,
        situation: Situation,
        step: Look | Post | Patch | TakeOver | SetTerms | Continue | ComeBack,
        done: list[str],
    ) -> Situation:
        """Take one step; answer the situation that it leaves.

        Raises:
            NotYetError: the step is to come back later.
            TallyError: ConnectWise or the ledger failed; what became of a write stands in the record.
        """
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
                return self.save(situation, step.transition, done)
            case ComeBack():
                if step.transition is not None:
                    self.save(situation, step.transition, done)
                raise NotYetError(step.why, retry_after=step.until - situation.now)

    def save(self, situation: Situation, transition: Transition, done: list[str]) -> Situation:
        """Write a transition; answer the situation from then on. Raises ConflictError if another job was first."""
        self.ledger.save(transition)
        done.append(transition.what)
        return replace(
            situation,
            record=transition.after,
            agreement=_known_from_here(situation, transition.after),
            additions=None,
            elsewhere=(),
        )

    def _look(self, situation: Situation, step: Look, done: list[str]) -> Situation:
        if step.transition is not None:
            situation = self.save(situation, step.transition, done)
        expected, agreement = situation.expected_agreement, situation.agreement
        additions: list[Addition] = []
        try:
            if step.reread:
                agreement = self.connectwise.agreement(step.agreement_id)
            additions += self._listed(situation, step.agreement_id)
        except NotFoundError:
            # A 404 alone may mean wrong keys; that the planner's whole list lacks the agreement too means that it is gone.
            if not situation.directory_read or (expected is not None and expected.id == step.agreement_id):
                raise
            agreement = None if step.reread else agreement
        for each in step.also:
            additions += self._additions(situation, each)
        others = sorted({*step.elsewhere} - {step.agreement_id, *step.also})
        elsewhere = [addition for each in others for addition in self._additions(situation, each)]
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
            look_due=False,
            only_looked=step.only,
            kept_apart=() if mapping is None else mapping.kept_apart,
            terms_before=self._terms_before(situation, step.agreement_id, additions) if step.reread else None,
        )

    def _listed(self, situation: Situation, agreement_id: int) -> Sequence[Addition]:
        """The Additions of an agreement; one that cannot be read is of no interest where it can bill nothing of the month."""
        lines = () if situation.record is None else situation.record.lines
        products = {line.product_id for line in lines}
        if situation.product_id is not None:
            products.add(situation.product_id)
        return self.connectwise.additions(agreement_id, since=situation.key.month.first, products=products)

    def _additions(self, situation: Situation, agreement_id: int) -> Sequence[Addition]:
        """The Additions of an agreement where other lines stand: it may be gone by now, and then shows nothing."""
        try:
            return self._listed(situation, agreement_id)
        except NotFoundError:
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
            new = step.new
            fingerprint = post_fingerprint(agreement, new.effective, product_id=new.product_id, tick=situation.tick)
        try:
            addition = self.connectwise.create_addition(step.new)
        except AmbiguousError:
            raise
        except TallyError as error:
            return self._refused(situation, error, fingerprint, done)
        line = _line(situation)
        why = f"created Addition {addition.id}"
        made = opened(self._now(situation), line, addition, why=why, sent=step.new.quantity)
        return self.save(situation, made, done)

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
            return self.save(situation, voided(now, line, why=why), done)
        return self.save(situation, confirmed(now, line, quantity=step.quantity, why=why, answered=addition), done)

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
            return self.save(situation, take_over_refused(self._now(situation), _line(situation), why=why), done)
        except TallyError as error:
            return self._refused(situation, error, "", done)
        why = f"took over Addition {addition.id} at {addition.quantity.normalize():f}"
        return self.save(situation, opened(self._now(situation), _line(situation), addition, why=why), done)

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
            situation = self.save(situation, refusal, done)
            if not content:
                raise
            return situation
        return self.save(situation, carried(self._now(situation), _line(situation), addition), done)

    def _refused(self, situation: Situation, error: TallyError, fingerprint: str, done: list[str]) -> Situation:
        """The write has not happened. A refused content stands until it changes; anything else is for the next try."""
        content = isinstance(error, RefusedError)
        transition = refused(
            self._now(situation), _line(situation), why=str(error), fingerprint=fingerprint if content else None
        )
        situation = self.save(situation, transition, done)
        if not content:
            raise error
        return situation

    def _now(self, situation: Situation) -> Situation:
        return replace(situation, now=self.clock.now())


def _may_be_taken(situation: Situation, expected: Agreement | None, agreement: Agreement) -> bool:
    """Whether a freshly read agreement is the one of the job; an Addition that exists stands where it stands in any case."""
    if expected is not None:
        return _identity(expected) == _identity(agreement)
    line = None if situation.record is None else situation.record.line
    return line is not None and line.state is LineState.OPEN and line.agreement_id == agreement.id


def _known_from_here(situation: Situation, record: UsageRecord) -> Agreement | None:
    """The job's agreement; but of an Addition that stands somewhere the agreement there, as it was just read."""
    line, expected, read = record.line, situation.expected_agreement, situation.agreement
    if line is None or line.state is not LineState.OPEN or expected is None or read is None:
        return expected
    return read if read.id == line.agreement_id else expected


def _identity(agreement: Agreement) -> tuple[int, int, int]:
    return agreement.id, agreement.type_id, agreement.company_id


def _line(situation: Situation) -> Line:
    record = situation.record
    assert record is not None  # a write to ConnectWise is only ever decided for a line with an intent
    assert record.line is not None
    return record.line
