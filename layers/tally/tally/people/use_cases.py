"""A person's use cases: answering what is held, and what only a person can set up.

Each is written with who did it and why into the history of the record or of the link. Nothing here calls ConnectWise
to change it: what is allowed is carried out by the next tick's jobs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tally.domain.holds import person_answers as answers
from tally.domain.linking import link_changes as link
from tally.domain.model.company import CompanyLink, ConnectWiseCompany, LinkChange, Stretch
from tally.domain.planning.company_refusals import is_partner
from tally.domain.planning.role_sight import tied_ids, unseen_companies
from tally.domain.record.history import Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Person, Said
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import SetupError
from tally.ports import Clock, ConnectWise, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Answers to what is held, with what they need.

    Each gives the record as it is then, and raises SetupError with the reason where it cannot be given, or ConflictError
    if a job or another person was first: nothing is written then.
    """

    ledger: Ledger
    clock: Clock

    def approve(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Let the number that is held be written."""
        return self._answer(key, answers.approve, by=by, why=why)

    def reject(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Keep what stands in ConnectWise."""
        return self._answer(key, answers.reject, by=by, why=why)

    def keep_apart(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Bill ours beside the Additions of others that hold the record, in this month and in all to come (OPEN-6)."""
        record, person = self._record(key), self._person(by=by, why=why)
        transition = _possible(answers.keep_apart(record, person))
        known = self.ledger.link(key.company_id)
        if known is None:
            raise SetupError(f"The ledger has no link of {key.company_id}.")
        additions = () if record.hold is None else record.hold.foreign
        self.ledger.save(transition, link.keep_apart(known, person, additions=additions))
        return transition.after

    def take_over(self, key: RecordKey, addition_id: int, *, by: str, why: str) -> UsageRecord:
        """Give us the Addition that holds the record: the next job makes it the month's own (OPEN-6).

        Where it covers several months, of one of them alone: it has one cancelled date, and carries one month's reference.
        """
        record, person = self._record(key), self._person(by=by, why=why)
        transition = _possible(answers.take_over(record, person, addition_id=addition_id))
        if other := self._has_been_given(key, addition_id):
            raise SetupError(
                f"Addition {addition_id} has been given to {other} already, and can be one "
                "month's only. Keep it apart or do not bill "
                f"{key.month}; or add one for {key.month} in ConnectWise, and take that over."
            )
        self.ledger.save(transition)
        return transition.after

    def waive(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Do not bill the month, for good (OPEN-6)."""
        return self._answer(key, answers.waive, by=by, why=why)

    def void(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Have nothing billed by the newest line, which stands at the wrong place; the next job opens its successor (OPEN-1).

        Where: on the agreement that the company's link gives by then, so tie or pin it right first.
        """
        return self._answer(key, answers.void, by=by, why=why)

    def credit_done(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Say that what was billed too much has been credited in ConnectWise (LATE-3)."""
        return self._answer(key, answers.credit_done, by=by, why=why)

    def carry_terms(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Carry the terms of the month before over to this month's Addition, which came with others (OPEN-5)."""
        return self._answer(key, answers.carry_terms, by=by, why=why)

    def _has_been_given(self, key: RecordKey, addition_id: int) -> RecordKey | None:
        """The company's other month that is open, and has the Addition or is to have it."""
        for record in readable(self.ledger.all_open_records(Stretch.alone(key.company_id))):
            given = record.ruling(Said.GIVE)
            has = {line.addition_id for line in record.lines} | ({given.number} if given else set())
            if record.key != key and addition_id in has:
                return record.key
        return None

    def _answer(
        self,
        key: RecordKey,
        answer: Callable[[UsageRecord, Person], Transition | str],
        *,
        by: str,
        why: str,
    ) -> UsageRecord:
        transition = _possible(answer(self._record(key), self._person(by=by, why=why)))
        self.ledger.save(transition)
        return transition.after

    def _record(self, key: RecordKey) -> UsageRecord:
        record = self.ledger.record(key)
        if record is None:
            raise SetupError(f"The ledger has no record of {key}.")
        return record

    def _person(self, *, by: str, why: str) -> Person:
        return Person(by=by, why=why, at=self.clock.now())


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What a person sets up for one company, with what that needs.

    Each gives a text for that person, of what follows and what stays, and raises SetupError with the reason where it
    cannot be, or ConflictError if somebody else was first: nothing is written then.
    """

    ledger: Ledger
    connectwise: ConnectWise
    clock: Clock

    def tie(
        self,
        company_id: str,
        connectwise_id: int,
        *,
        by: str,
        why: str,
        agreement_id: int | None = None,
    ) -> str:
        """Tie the company to a ConnectWise company, from another one too (MATCH-1), and pin ``agreement_id`` if it is given.

        Others may be tied to it already, if each is billed on an agreement of its own.
        """
        name, to = self._name(company_id), self._connectwise_company(connectwise_id)
        agreement = None if agreement_id is None else self.connectwise.agreement(agreement_id)
        beside = self._tied_beside(company_id, connectwise_id)
        change = self._change(
            company_id,
            lambda known, person: link.tie(
                known,
                person,
                company_id=company_id,
                name=name,
                to=to,
                agreement=agreement,
                beside=beside,
            ),
            by=by,
            why=why,
        )
        partner = is_partner(self.ledger.standing(company_id))
        own = (
            " It is a partner: its own machines are billed once a person says so."
            if partner and change.after.own_billed_since is None
            else ""
        )
        on = (
            ""
            if agreement is None
            else f", and billed on agreement '{agreement.name}' (id {agreement.id})"
        )
        return (
            f"{name} is tied to ConnectWise company {to.name!r} (id {to.id}){on}.{own} "
            f"{self._what_stays(company_id)}"
        )

    def untie(self, company_id: str, *, by: str, why: str) -> str:
        """Leave the company without a ConnectWise company: it opens no more months until a person ties it again."""
        change = self._change(company_id, _of_known(link.untie), by=by, why=why)
        return (
            f"{change.after.company_name} is tied to nobody, and opens no more months. "
            f"{self._what_stays(company_id)}"
        )

    def pin(self, company_id: str, agreement_id: int, *, by: str, why: str) -> str:
        """Choose the agreement that months are opened on from now on (MATCH-3)."""
        agreement = self.connectwise.agreement(agreement_id)
        beside = self._tied_beside(company_id)
        change = self._change(
            company_id,
            _of_known(
                lambda known, person: link.pin(known, person, agreement=agreement, beside=beside)
            ),
            by=by,
            why=why,
        )
        opened = (
            f"Months of {change.after.company_name} are opened on agreement '{agreement.name}' "
            f"(id {agreement.id})."
        )
        return f"{opened} {self._what_stays(company_id)}"

    def unpin(self, company_id: str, *, by: str, why: str) -> str:
        """Choose no agreement any more: exactly one must be active then."""
        beside = self._tied_beside(company_id)
        change = self._change(
            company_id,
            _of_known(lambda known, person: link.unpin(known, person, beside=beside)),
            by=by,
            why=why,
        )
        opened = (
            f"Months of {change.after.company_name} are opened on its only active agreement of "
            "the type."
        )
        return f"{opened} {self._what_stays(company_id)}"

    def exclude(self, company_id: str, *, by: str, why: str) -> str:
        """Open no more months for the company; those that have an Addition go on to their close (CLOSE-5).

        With a partner all are left out that stand below it: nobody looks there any more (MATCH-1).
        """
        name = self._name(company_id)
        change = self._change(
            company_id,
            lambda known, person: link.exclude(known, person, company_id=company_id, name=name),
            by=by,
            why=why,
        )
        partner = change.after.own_billed_since is not None or is_partner(
            self.ledger.standing(company_id)
        )
        whom = (
            "it, nor for any company below it: nobody is looked for there any more"
            if partner
            else "it"
        )
        return (
            f"{name} is excluded: no more months are opened for {whom}. "
            f"{self._what_stays(company_id)}"
        )

    def include(self, company_id: str, *, by: str, why: str) -> str:
        """Bill the company again, from the present month on."""
        change = self._change(company_id, _of_known(link.include), by=by, why=why)
        return (
            f"{change.after.company_name} is billed again from the next tick "
            f"on.{_untied(change.after)}"
        )

    def bill_partner(self, company_id: str, *, by: str, why: str) -> str:
        """Bill a partner's own machines, from the present month on (READ-4)."""
        name, known = self._name(company_id), self.ledger.link(company_id)
        billed = known is not None and known.own_billed_since is not None
        if not (billed or is_partner(self.ledger.standing(company_id))):
            raise SetupError(
                f"{name} was not a partner in GravityZone at the last tick: only a "
                "partner's own machines are billed apart. "
                "If it is one by now, try again after the next tick."
            )
        change = self._change(
            company_id,
            lambda known, person: link.bill_partner(
                known, person, company_id=company_id, name=name
            ),
            by=by,
            why=why,
        )
        counted = "what GravityZone counts for it without the companies directly below it"
        return (
            f"The own machines of {name} are billed from the present month on: "
            f"{counted}.{_untied(change.after)}"
        )

    def unbill_partner(self, company_id: str, *, by: str, why: str) -> str:
        """Open no more months for a partner's own machines; those that are open go on to their close (READ-4, CLOSE-5)."""
        change = self._change(company_id, _of_known(link.unbill_partner), by=by, why=why)
        stopped = f"No more months are opened for the own machines of {change.after.company_name}."
        return f"{stopped} {self._what_stays(company_id)}"

    def _change(
        self,
        company_id: str,
        make: Callable[[CompanyLink | None, Person], LinkChange | str],
        *,
        by: str,
        why: str,
    ) -> LinkChange:
        change = _possible(
            make(self.ledger.link(company_id), Person(by=by, why=why, at=self.clock.now()))
        )
        sides = [each for each in (change.taken, change.freed) if each is not None]
        beside = self._tied_beside(company_id, *sides) if sides else ()
        change = replace(change, beside=tuple(beside))
        self.ledger.change_link(change)
        return change

    def _tied_beside(self, company_id: str, *connectwise_ids: int) -> Sequence[CompanyLink]:
        """The links of others that are tied to these ConnectWise companies, or else to the one that it is tied to itself.

        Where the index does not know one yet, the write itself is refused.
        """
        known = self.ledger.link(company_id)
        if not connectwise_ids and (known is None or known.connectwise_id is None):
            return ()
        wanted = connectwise_ids or (None if known is None else known.connectwise_id,)
        return [
            each
            for each in readable(self.ledger.all_links())
            if each.connectwise_id in wanted and each.company_id != company_id
        ]

    def _name(self, company_id: str) -> str:
        standing = self.ledger.standing(company_id)
        if standing is not None:
            return standing.company_name
        known = self.ledger.link(company_id)
        if known is None:
            raise SetupError(
                f"Tally knows no company {company_id}: it knows each one from the first "
                "tick that lists it."
            )
        return known.company_name

    def _connectwise_company(self, connectwise_id: int) -> ConnectWiseCompany:
        listed = {company.id: company for company in self.connectwise.companies()}
        if connectwise_id in listed:
            return listed[connectwise_id]
        if unseen := unseen_companies(listed, tied_ids(readable(self.ledger.all_links()))):
            raise SetupError(unseen)
        raise SetupError(
            f"ConnectWise has no company of id {connectwise_id}, or it is deleted there."
        )

    def _what_stays(self, company_id: str) -> str:
        return link.what_stays(
            record
            for record in readable(self.ledger.all_open_records(Stretch.alone(company_id)))
            if record.key.company_id == company_id and record.state is RecordState.OPEN
        )


def _of_known(
    make: Callable[[CompanyLink, Person], LinkChange | str],
) -> Callable[[CompanyLink | None, Person], LinkChange | str]:
    """What can only be done to a company that has a link."""

    def of_known(known: CompanyLink | None, person: Person) -> LinkChange | str:
        return (
            "It is neither tied to a ConnectWise company nor excluded."
            if known is None
            else make(known, person)
        )

    return of_known


def _untied(known: CompanyLink) -> str:
    return (
        ""
        if known.connectwise_id is not None
        else " It is not tied to a ConnectWise company: tie it by hand."
    )


def _possible[T](outcome: T | str) -> T:
    if isinstance(outcome, str):
        raise SetupError(outcome)
    return outcome
