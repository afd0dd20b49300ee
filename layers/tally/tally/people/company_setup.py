"""Set up one company by hand: its ConnectWise company, its agreement, and if it is billed.

Each change is written into the history of the company's link, with who made it and why. Nothing
here changes ConnectWise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tally.domain.linking import link_changes as link
from tally.domain.model.company import CompanyLink, ConnectWiseCompany, LinkChange, Stretch
from tally.domain.planning.company_refusals import is_partner
from tally.domain.planning.role_sight import linked_ids, unseen_companies
from tally.domain.record.rulings import Person
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from tally.people.refusal import possible
from tally.ports import Clock, ConnectWise, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """Writes a person's changes into the links of companies.

    Each method returns a text for that person, which says what changes and what stays. It raises
    SetupError with the reason if the change is impossible, or ConflictError if somebody else was
    first. Nothing is written in either case.
    """

    ledger: Ledger
    connectwise: ConnectWise
    clock: Clock

    def link(
        self,
        company_id: str,
        connectwise_id: int,
        *,
        by: str,
        why: str,
        agreement_id: int | None = None,
    ) -> str:
        """Link the company to a ConnectWise company (MATCH-1); pin ``agreement_id`` if it is given.

        It may be linked to another one before. Other companies may be linked to the same one, if
        each is billed on an agreement of its own.
        """
        name, to = self._name(company_id), self._connectwise_company(connectwise_id)
        agreement = None if agreement_id is None else self.connectwise.agreement(agreement_id)
        beside = self._linked_beside(company_id, connectwise_id)
        change = self._change(
            company_id,
            lambda known, person: link.link_to(
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
        # As the last tick saw it: GravityZone is not asked here.
        partner = is_partner(self.ledger.standing(company_id))
        own = (
            " It is a partner: its own machines are billed once a person says so."
            if partner and change.after.own_billed_since is None
            else ""
        )
        on = "" if agreement is None else f", and billed on agreement {agreement.named}"
        return (
            f"{name} is linked to ConnectWise company {to.name!r} (id {to.id}){on}.{own} "
            f"{self._what_stays(company_id)}"
        )

    def unlink(self, company_id: str, *, by: str, why: str) -> str:
        """Unlink the company: it opens no more months until a person links it again."""
        change = self._change(company_id, _of_known(link.unlink), by=by, why=why)
        return (
            f"{change.after.company_name} is linked to nobody, and opens no more months. "
            f"{self._what_stays(company_id)}"
        )

    def pin(self, company_id: str, agreement_id: int, *, by: str, why: str) -> str:
        """Choose the agreement on which months are opened from now on (MATCH-3)."""
        agreement = self.connectwise.agreement(agreement_id)
        beside = self._linked_beside(company_id)
        change = self._change(
            company_id,
            _of_known(
                lambda known, person: link.pin(known, person, agreement=agreement, beside=beside)
            ),
            by=by,
            why=why,
        )
        opened = (
            f"Months of {change.after.company_name} are opened on agreement '{agreement.name}' (id "
            f"{agreement.id})."
        )
        return f"{opened} {self._what_stays(company_id)}"

    def unpin(self, company_id: str, *, by: str, why: str) -> str:
        """Take the choice of an agreement back: from then on exactly one must be active."""
        beside = self._linked_beside(company_id)
        change = self._change(
            company_id,
            _of_known(lambda known, person: link.unpin(known, person, beside=beside)),
            by=by,
            why=why,
        )
        opened = (
            f"Months of {change.after.company_name} are opened on its only active agreement of the "
            "type."
        )
        return f"{opened} {self._what_stays(company_id)}"

    def exclude(self, company_id: str, *, by: str, why: str) -> str:
        """Open no more months for the company; open months go on to their close (CLOSE-5).

        Companies below a partner are left out with it: its lists are not read any more (MATCH-1).
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
            f"on.{_unlinked(change.after)}"
        )

    def bill_partner(self, company_id: str, *, by: str, why: str) -> str:
        """Bill a partner's own machines, from the present month on (READ-4)."""
        name, known = self._name(company_id), self.ledger.link(company_id)
        # One that is billed already is told so, whatever the last tick said of it.
        billed = known is not None and known.own_billed_since is not None
        if not (billed or is_partner(self.ledger.standing(company_id))):
            raise SetupError(
                f"{name} was not a partner in GravityZone at the last tick: only a partner's own "
                "machines are billed apart. If it is one by now, try again after the next tick."
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
            f"{counted}.{_unlinked(change.after)}"
        )

    def unbill_partner(self, company_id: str, *, by: str, why: str) -> str:
        """Open no more months for a partner's own machines; open ones go on (READ-4, CLOSE-5)."""
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
        change = possible(
            make(self.ledger.link(company_id), Person(by=by, why=why, at=self.clock.now()))
        )
        # The ledger refuses the change if one of these links was written since (SAFE-1): two people
        # at once could link one ConnectWise company twice otherwise.
        sides = [each for each in (change.taken, change.freed) if each is not None]
        beside = self._linked_beside(company_id, *sides) if sides else ()
        change = replace(change, beside=tuple(beside))
        self.ledger.change_link(change)
        return change

    def _linked_beside(self, company_id: str, *connectwise_ids: int) -> Sequence[CompanyLink]:
        """Return the links of others that are linked to these ConnectWise companies, or to its own.

        The index may lag: if it misses one, the ledger refuses the write.
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
        # A standing has the name of the last tick, a link that of the day it was made.
        standing = self.ledger.standing(company_id)
        if standing is not None:
            return standing.company_name
        known = self.ledger.link(company_id)
        if known is None:
            raise SetupError(
                f"Tally knows no company {company_id}: it knows each one from the first tick that "
                "lists it."
            )
        return known.company_name

    def _connectwise_company(self, connectwise_id: int) -> ConnectWiseCompany:
        # Listed, not asked for by id: that would answer a deleted company too, and would not show a
        # role that sees none of many (MATCH-8).
        listed = {company.id: company for company in self.connectwise.companies()}
        if connectwise_id in listed:
            return listed[connectwise_id]
        if unseen := unseen_companies(listed, linked_ids(readable(self.ledger.all_links()))):
            raise SetupError(unseen)
        raise SetupError(
            f"ConnectWise shows no company of id {connectwise_id}: there is none, it is deleted "
            "or hidden from the API member, whose role must be Inquire All."
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
    """Refuse a change for a company without a link."""

    def of_known(known: CompanyLink | None, person: Person) -> LinkChange | str:
        return (
            "It is neither linked to a ConnectWise company nor excluded."
            if known is None
            else make(known, person)
        )

    return of_known


def _unlinked(known: CompanyLink) -> str:
    return (
        ""
        if known.connectwise_id is not None
        else " It is not linked to a ConnectWise company: link it by hand."
    )
