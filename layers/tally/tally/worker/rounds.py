"""Bring one usage record up to date: want, claim, look, sight, reconcile, write, record.

The ledger is written before ConnectWise, and again after it (SAFE-1, SAFE-3). A job that is killed
leaves everything in the ledger that the next job needs to go on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tally.domain.decision import changes, write_changes
from tally.domain.decision.changes import Change
from tally.domain.decision.look import LookAt, claimed_write, look_at, needs_look
from tally.domain.decision.reconcile import reconcile
from tally.domain.decision.scene import Do, Done, Outcome, Record, Wait
from tally.domain.decision.wanted import want
from tally.domain.decision.without_a_write import without_a_write
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.sighting import Looked, sight
from tally.domain.model.agreement import Addition, NewAddition
from tally.domain.model.standing import Cause, Unsaid
from tally.domain.model.terms import Terms
from tally.domain.record.history import Transition
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import reference
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetQuantity, SetTerms, TakeOver, Write
from tally.domain.texts.changed_additions import plain
from tally.domain.texts.invoice_description import customer_text, marked_text
from tally.domain.texts.notices import terms_not_compared
from tally.errors import (
    AmbiguousError,
    ContractError,
    NotFoundError,
    NotYetError,
    RefusedError,
    TallyError,
)
from tally.ports import Clock, ConnectWise, Ledger

_MOST_ROUNDS = 12
"""No job needs as many; more means that two rules contradict one another."""


@dataclass(slots=True, kw_only=True)
class Rounds:
    """Works on one record, with everything that its job knows and needs.

    ``look_due``: the Additions are looked at whatever the count says (FOLLOW-5). ``done`` lists in
    words what was recorded.
    """

    connectwise: ConnectWise
    ledger: Ledger
    clock: Clock
    facts: Facts
    record: UsageRecord
    look_due: bool = False
    done: list[str] = field(default_factory=list)
    _looked: Looked | None = None

    def run(self) -> Cause | Unsaid:
        """Go round until nothing is left to do; return what the standing must tell.

        Raises:
            NotYetError: nothing can be said before its ``retry_after``.
            ConflictError: another job was first.
            TallyError: ConnectWise or the ledger failed; the record tells the outcome of a write.
        """
        for _ in range(_MOST_ROUNDS):
            self.facts = self.facts.at(self.clock.now())
            self._wait_for_claim()
            outcome = self._round()
            match outcome:
                case Do():
                    self._write(outcome)
                case Record():
                    self._save(outcome.change)
                case Wait():
                    self._save(outcome.change)
                    raise NotYetError(outcome.why, retry_after=outcome.until - self.facts.when.now)
                case Done():
                    self._save(outcome.change)
                    return outcome.say
        raise ContractError(
            f"{self.record.key}: no decision after {_MOST_ROUNDS} rounds ({', '.join(self.done)}); "
            "please report this as a bug."
        )

    def _wait_for_claim(self) -> None:
        """Raise NotYetError for a young claim: another worker may hold it (SAFE-2)."""
        claim = self.record.claim
        until = None if claim is None else self.facts.when.settles(claim.at)
        if until is not None:
            why = (
                "A write to ConnectWise was under way and no answer is recorded yet: it is looked "
                "for again."
            )
            raise NotYetError(why, retry_after=until - self.facts.when.now)

    def _round(self) -> Outcome:
        wanted = want(self.record, self.facts)
        if not needs_look(self.record, wanted, self.facts, due=self.look_due):
            return without_a_write(self.record, wanted, self.facts, None)
        write = claimed_write(self.record, wanted)
        if write is not None:
            self._save(write_changes.claimed(self.record, write, self.facts))
        at = look_at(self.record, wanted, self.facts)
        self._looked, self.look_due = self._look(at), False
        # Asked again, because the look has read the agreement anew (OPEN-7).
        wanted = want(self.record, self.facts)
        seen = sight(self.record, self._looked, self.facts.when, product_id=at.product_id)
        return reconcile(self.record, wanted, seen, self.facts)

    def _save(self, change: Change | None) -> None:
        if change is None:
            return
        before, when, children = self.record, self.facts.when, self.facts.children
        after = change.after
        if after.children is None and children is not None:
            after = replace(after, children=children.ids)
        seen_tick = max(before.seen_tick, when.tick)
        after = replace(after, version=before.version + 1, seen_tick=seen_tick)
        self.ledger.save(
            Transition(
                before=before,
                after=after,
                what=change.what,
                why=change.why,
                at=when.now,
                tick=when.tick,
            )
        )
        self.record = after
        self.done.append(change.what)

    def _look(self, at: LookAt) -> Looked:
        additions = self._first(at)
        for each in at.also:
            additions += self._additions(each)
        elsewhere = [it for each in at.elsewhere for it in self._additions(each)]
        link = self.ledger.link(self.record.key.company_id)
        return Looked(
            additions=additions,
            elsewhere=elsewhere,
            kept_apart=() if link is None else link.kept_apart,
            terms_before=self._terms_before(at.first, additions),
        )

    def _first(self, at: LookAt) -> list[Addition]:
        agreement, additions = None, list[Addition]()
        try:
            if at.reread:
                agreement = self.connectwise.agreement(at.first)
            additions += self._listed(at.first)
        except NotFoundError:
            # ConnectWise answers 404 to keys without the right, too. The agreement is gone only
            # if the planner's whole list lacks it as well.
            if not self.facts.offer.listed or at.first in self.facts.agreements:
                raise
            agreement = None
        if at.reread:
            self.facts = self.facts.knowing(at.first, agreement)
        return additions

    def _additions(self, agreement_id: int) -> Sequence[Addition]:
        """List the Additions of a further agreement; an agreement that is gone has none."""
        try:
            return self._listed(agreement_id)
        except NotFoundError:
            return ()

    def _listed(self, agreement_id: int) -> Sequence[Addition]:
        """List the Additions of an agreement; unreadable ones matter if they may bill the month."""
        products = {line.place.product_id for line in self.record.lines}
        if self.facts.offer.product_id is not None:
            products.add(self.facts.offer.product_id)
        month = self.record.key.month
        return self.connectwise.additions(agreement_id, since=month.first, products=products)

    def _terms_before(self, agreement_id: int, additions: Sequence[Addition]) -> Terms | str | None:
        """Return the present terms of the month before's Addition, or a text that says why not.

        A missing comparison stops no opening.
        """
        claim, before = self.record.claim, self.facts.before.line
        if claim is None or not isinstance(claim.write, Create) or before is None:
            return None
        if before.agreement_id != agreement_id:
            try:
                additions = self.connectwise.additions(before.agreement_id)
            except NotFoundError:
                return None
            except TallyError as error:
                return terms_not_compared(self.record.key.month, str(error))
        return next((each.terms for each in additions if each.id == before.addition_id), None)

    def _write(self, do: Do) -> None:
        try:
            for each in do.copies:
                self._call(Do(do.write, each))
            answer = self._call(do)
        except AmbiguousError:
            # The claim stays: the next job looks in ConnectWise before it writes (SAFE-2).
            raise
        except TallyError as error:
            self._refused(do.write, error)
            return
        self.facts = self.facts.at(self.clock.now())
        self._save(self._outcome(do.write, answer))

    def _call(self, do: Do) -> Addition:
        write, it = do.write, do.addition
        if isinstance(write, Create):
            return self.connectwise.create_addition(self._new(write))
        assert it is not None, "every other write changes an Addition that was seen"
        ours = {"agreement_id": it.agreement_id, "addition_id": it.id}
        match write:
            case TakeOver():
                mark = reference(self.record.key, write.number)
                own = customer_text(self.facts.when.policy.text, self.record, mark=mark)
                text = marked_text(it, text=own, mark=mark)
                return self.connectwise.take_over(
                    **ours, text=text, cancelled=write.place.cancelled
                )
            case SetTerms():
                terms = write_changes.with_terms_shown(self.record.line(write.number), it).terms
                assert terms is not None, "without terms the claim would have been dropped"
                return self.connectwise.set_terms(**ours, terms=terms.before)
            case SetQuantity():
                return self.connectwise.set_quantity(**ours, quantity=write.quantity)

    def _new(self, write: Create) -> NewAddition:
        mark = reference(self.record.key, write.number)
        return NewAddition(
            agreement_id=write.place.agreement_id,
            product_id=write.place.product_id,
            quantity=write.quantity,
            effective=write.place.effective,
            cancelled=write.place.cancelled,
            text=customer_text(self.facts.when.policy.text, self.record, mark=mark),
        )

    def _outcome(self, write: Write, answer: Addition) -> Change:
        record, facts = self.record, self.facts
        match write:
            case Create():
                before = None if self._looked is None else self._looked.terms_before
                why = f"created Addition {answer.id}"
                return write_changes.opened(
                    record, answer, facts, before=before, why=why, sent=True
                )
            case TakeOver():
                why = f"took over Addition {answer.id} at {plain(answer.quantity)}"
                return write_changes.opened(record, answer, facts, before=None, why=why)
            case SetTerms():
                return write_changes.terms_set(record, answer, facts.when.now)
            case SetQuantity():
                line = write_changes.with_terms_shown(record.line(write.number), answer)
                why = f"Addition {answer.id} from {line.pushed} to {write.quantity}"
                if line.state is LineState.VOIDING:
                    return changes.voided(record, line, facts, why=why)
                return write_changes.confirmed(
                    record, line, write.quantity, facts, why=why, answer=answer
                )

    def _refused(self, write: Write, error: TallyError) -> None:
        """Record that a write was refused: with a 4xx it has not happened.

        Refused content becomes the standing. Any other refusal is raised, for the next try.
        """
        self.facts = self.facts.at(self.clock.now())
        content, version = isinstance(error, RefusedError), self._version(write)
        change = write_changes.refused(
            self.record, str(error), when=self.facts.when, version=version, content=content
        )
        self._save(change)
        if not content:
            raise error

    def _version(self, write: Write) -> str:
        place = (
            write.place
            if isinstance(write, Create | TakeOver)
            else self.record.line(write.number).place
        )
        agreement = self.facts.agreement(place.agreement_id)
        return "" if agreement is None else agreement.version
