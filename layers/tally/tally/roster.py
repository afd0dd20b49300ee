"""GravityZone's side of a tick: its tree of companies, one list per partner and kind, since each list is one level deep."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tally.domain.circumstances import Presence
from tally.domain.company import Company, CompanyKind
from tally.errors import TallyError
from tally.ports import GravityZone


@dataclass(slots=True, kw_only=True)
class Roster:
    """The monthly-licensed customers and the partners below the key's own company, by id.

    ``unread`` maps a partner whose lists failed to the error: what stands below it is neither known nor gone (SAFE-5).
    ``troubles`` are companies with which nothing can be done, and why, by id.
    """

    root_id: str
    customers: dict[str, Company] = field(default_factory=dict)
    partners: dict[str, Company] = field(default_factory=dict)
    unread: dict[str, TallyError] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)

    def fit(self, companies: Iterable[Company]) -> Sequence[Company]:
        """Those of them with which something can be done; the others go to the ``troubles``."""
        listed = list(companies)
        self.troubles.update((each.id, each.trouble) for each in listed if each.trouble)
        return [each for each in listed if not each.trouble]


def read_roster(gravityzone: GravityZone) -> Roster:
    """Walk the tree from the key's own company down. Raises TallyError if that company or its own lists cannot be read."""
    roster = Roster(root_id=gravityzone.own_company().id)
    to_read = _walk(gravityzone, roster, roster.root_id)
    while to_read:
        partner_id = to_read.pop()
        try:
            to_read += _walk(gravityzone, roster, partner_id)
        except TallyError as error:
            roster.unread[partner_id] = error
    return roster


def _walk(gravityzone: GravityZone, roster: Roster, parent_id: str) -> list[str]:
    """Add what stands directly below one company; answer the partners that were not known before."""
    customers = roster.fit(gravityzone.children(parent_id, kind=CompanyKind.CUSTOMER, monthly_only=True))
    partners = roster.fit(gravityzone.children(parent_id, kind=CompanyKind.PARTNER, monthly_only=False))
    new = [partner.id for partner in partners if partner.id not in roster.partners and partner.id != roster.root_id]
    roster.customers.update((company.id, company) for company in customers)
    roster.partners.update((partner.id, partner) for partner in partners if partner.id != roster.root_id)
    return new


def read_census(gravityzone: GravityZone, roster: Roster) -> Iterator[Company]:
    """All customers of whatever licence: for names that must be unique, and for those whom nobody bills."""
    for parent_id in (roster.root_id, *(each for each in roster.partners if each not in roster.unread)):
        yield from gravityzone.children(parent_id, kind=CompanyKind.CUSTOMER, monthly_only=False)


def look_for(gravityzone: GravityZone, company_id: str) -> tuple[Company | None, Presence]:
    """What became of a company that the ledger knows and the lists lack, asked for by its id (SAFE-7)."""
    company = gravityzone.company(company_id)
    if company is None:
        return None, Presence.GONE
    if company.kind is CompanyKind.PARTNER:
        return company, Presence.PARTNER
    return company, Presence.LICENSED if gravityzone.is_monthly(company_id) else Presence.UNLICENSED
