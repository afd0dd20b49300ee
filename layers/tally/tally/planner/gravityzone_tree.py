"""Read GravityZone's tree of companies, partner by partner: each list is one level deep."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tally.domain.model.company import Company, CompanyKind
from tally.domain.model.standing import Cause
from tally.domain.planning.tick_context import Presence
from tally.errors import DeclinedError, TallyError
from tally.ports import GravityZone


@dataclass(slots=True, kw_only=True)
class Roster:
    """The monthly-licensed customers and the partners below the key's own company, by id.

    ``unread`` maps a partner whose lists failed to the error: companies below it are neither known
    nor gone (SAFE-5). ``refused`` does so if GravityZone refuses the lists, which is that partner's
    own trouble (READ-9). ``excluded`` are the partners that a person has left out: their lists are
    not read (MATCH-1). ``troubles`` maps a company that cannot be planned to the reason.
    """

    root_id: str
    customers: dict[str, Company] = field(default_factory=dict)
    partners: dict[str, Company] = field(default_factory=dict)
    unread: dict[str, TallyError] = field(default_factory=dict)
    refused: dict[str, TallyError] = field(default_factory=dict)
    excluded: frozenset[str] = frozenset()
    troubles: dict[str, str] = field(default_factory=dict)

    def fit(self, companies: Iterable[Company]) -> Sequence[Company]:
        """Return the companies that can be planned, and add the others to the ``troubles``."""
        listed = list(companies)
        self.troubles.update((each.id, each.trouble) for each in listed if each.trouble)
        return [each for each in listed if not each.trouble]

    @property
    def has_gaps(self) -> bool:
        """True if a company may be missing because a partner is excluded or its list refused."""
        return bool(self.excluded or self.refused)

    def is_walked(self, company_id: str) -> bool:
        """Return True if the companies directly below it are known."""
        if company_id == self.root_id:
            return True
        left = (self.unread, self.refused, self.excluded)
        return company_id in self.partners and not any(company_id in each for each in left)


class Found(NamedTuple):
    """GravityZone's answer on a company: its name, if it was told, and the refusal, if any."""

    presence: Presence
    name: str = ""
    refused: Cause | None = None


def read_roster(gravityzone: GravityZone, *, excluded: Collection[str] = ()) -> Roster:
    """Walk the tree from the key's own company down, but not below partners that are ``excluded``.

    Raises TallyError if that company or its own lists cannot be read.
    """
    roster = Roster(root_id=gravityzone.own_company().id)
    to_read = _walk(gravityzone, roster, roster.root_id)
    while to_read:
        partner_id = to_read.pop()
        if partner_id in excluded:
            roster.excluded |= {partner_id}
            continue
        try:
            to_read += _walk(gravityzone, roster, partner_id)
        except DeclinedError as error:
            roster.refused[partner_id] = error
        except TallyError as error:
            roster.unread[partner_id] = error
    return roster


def _walk(gravityzone: GravityZone, roster: Roster, parent_id: str) -> list[str]:
    """Add the companies directly below one; return the partners that were not known before."""
    # GravityZone lists one kind a call. Partners of any licence are listed: monthly-licensed
    # customers may stand below them.
    customers = roster.fit(
        gravityzone.children(parent_id, kind=CompanyKind.CUSTOMER, monthly_only=True)
    )
    partners = roster.fit(
        gravityzone.children(parent_id, kind=CompanyKind.PARTNER, monthly_only=False)
    )
    new = [
        partner.id
        for partner in partners
        if partner.id not in roster.partners and partner.id != roster.root_id
    ]
    roster.customers.update((company.id, company) for company in customers)
    roster.partners.update(
        (partner.id, partner) for partner in partners if partner.id != roster.root_id
    )
    return new


def read_census(gravityzone: GravityZone, roster: Roster) -> Iterator[Company]:
    """List all customers of any licence: their names must be unique, and some may go unbilled.

    A partner whose list is refused is added to the roster's. Raises TallyError if any other list
    cannot be read.
    """
    for parent_id in (
        roster.root_id,
        *(each for each in roster.partners if roster.is_walked(each)),
    ):
        try:
            yield from gravityzone.children(
                parent_id, kind=CompanyKind.CUSTOMER, monthly_only=False
            )
        except DeclinedError as error:
            if parent_id == roster.root_id:
                raise
            roster.refused[parent_id] = error
