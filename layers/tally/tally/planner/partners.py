"""Read the children of partners whose own machines are billed (READ-4, SAFE-5)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.model.company import Company, CompanyKind, CompanyLink, Stretch
from tally.domain.model.standing import Cause
from tally.domain.planning.tick_context import Presence
from tally.domain.record.partner import (
    MOST_CHILDREN,
    Children,
    too_many_children,
    unlisted_children,
)
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import DeclinedError, TallyError
from tally.planner.gravityzone_tree import Roster
from tally.ports import GravityZone, Ledger

_NOT_LISTED = "no list of GravityZone could be read"
_IN_NO_LIST = "it is in none of GravityZone's lists itself"


@dataclass(slots=True, kw_only=True)
class Partners:
    """The partners to bill, by id: their presence in GravityZone's lists, and their children.

    ``below`` has a cause in place of the children if they cannot be listed. ``unread`` has the
    partners whose lists failed, without those that GravityZone refuses: a refusal is the partner's
    own trouble (READ-9).
    """

    presences: dict[str, Presence] = field(default_factory=dict)
    below: dict[str, Children | Cause] = field(default_factory=dict)
    unread: dict[str, TallyError] = field(default_factory=dict)


def is_billed(link: CompanyLink | None, records: Iterable[UsageRecord]) -> bool:
    """Return True if a partner's own machines are billed now, or in a month that is still open."""
    now = link is not None and link.own_billed_since is not None and link.excluded_since is None
    return now or any(record.children is not None for record in records)


def not_listed(roster: Roster | None, name: str) -> Cause:
    """Return the cause for a partner to bill that is in no list."""
    return unlisted_children(name, _NOT_LISTED if roster is None else _IN_NO_LIST)


def read_partners(
    gravityzone: GravityZone, roster: Roster, *, ledger: Ledger, links: Mapping[str, CompanyLink]
) -> Partners:
    """Read the children of each partner to bill, and if it is listed as monthly-licensed.

    A partner whose lists fail stops no other. Raises TallyError if the ledger cannot be read.
    """
    partners = Partners()
    monthly = _Monthly(gravityzone)
    for partner_id, records in _to_be_billed(ledger, roster, links):
        partner = roster.partners[partner_id]
        try:
            if partner_id not in monthly.below(partner.parent_id):
                partners.presences[partner_id] = Presence.UNLICENSED
                continue
            names = _names_below(gravityzone, roster, partner)
        except DeclinedError as error:
            partners.below[partner_id] = _refused(partner.name, error)
        except TallyError as error:
            partners.unread[partner_id] = error
            partners.below[partner_id] = unlisted_children(partner.name, str(error))
        else:
            partners.presences[partner_id] = Presence.LICENSED
            partners.below[partner_id] = _children(partner, names, records, ledger)
    return partners


class _Monthly:
    """Lists the monthly-licensed partners below a company, once for each company."""

    def __init__(self, gravityzone: GravityZone) -> None:
        self._gravityzone = gravityzone
        self._listed: dict[str, frozenset[str]] = {}

    def below(self, parent_id: str) -> frozenset[str]:
        if parent_id not in self._listed:
            listed = self._gravityzone.children(
                parent_id, kind=CompanyKind.PARTNER, monthly_only=True
            )
            self._listed[parent_id] = frozenset(each.id for each in listed)
        return self._listed[parent_id]


def children_left_out(
    gravityzone: GravityZone,
    roster: Roster,
    partner_id: str,
    name: str,
    *,
    ledger: Ledger,
    records: Sequence[UsageRecord],
) -> Children | Cause:
    """Read the children of a partner to bill that stands below an excluded one.

    Its lists are not read with the others. Raises TallyError if GravityZone or the ledger fails.
    """
    partner = Company(id=partner_id, name=name, parent_id="", kind=CompanyKind.PARTNER)
    try:
        names = _names_below(gravityzone, roster, partner)
    except DeclinedError as error:
        return _refused(name, error)
    return _children(partner, names, records, ledger)


def unread(partner_id: str, error: TallyError) -> str:
    """Word the failure of a partner's lists, as a failure of the tick."""
    return f"the companies below partner {partner_id} could not be listed: {error}"


def _refused(name: str, error: DeclinedError) -> Cause:
    return unlisted_children(name, f"GravityZone refuses it: {error}")


def _to_be_billed(
    ledger: Ledger, roster: Roster, links: Mapping[str, CompanyLink]
) -> Iterator[tuple[str, Sequence[UsageRecord]]]:
    """Give the listed partners to bill, with their open records. All of them have a link."""
    for partner_id in sorted(roster.partners.keys() & links.keys()):
        records = list(readable(ledger.all_open_records(Stretch.alone(partner_id))))
        if is_billed(links[partner_id], records):
            yield partner_id, records


def _names_below(gravityzone: GravityZone, roster: Roster, partner: Company) -> dict[str, str]:
    """Return its direct children of any kind and licence: its counters include them all.

    Raises TallyError if they cannot be listed.
    """
    if (error := roster.unread.get(partner.id) or roster.refused.get(partner.id)) is not None:
        raise error
    partners: Iterable[Company] = roster.partners.values()
    # Excluded partners are not walked, but a month of one may still be open.
    if not roster.is_walked(partner.id):
        partners = gravityzone.children(partner.id, kind=CompanyKind.PARTNER, monthly_only=False)
    customers = gravityzone.children(partner.id, kind=CompanyKind.CUSTOMER, monthly_only=False)
    return {each.id: each.name for each in (*customers, *partners) if each.parent_id == partner.id}


def _children(
    partner: Company, names: dict[str, str], records: Iterable[UsageRecord], ledger: Ledger
) -> Children | Cause:
    """Return its children now, with the names of earlier children that open records remember."""
    # A worker reads every child in one job, at GravityZone's pace, before Lambda stops it.
    if len(names) > MOST_CHILDREN:
        return too_many_children(partner.name, len(names))
    before = {child for record in records for child in record.children or ()}
    known = {each: ledger.standing(each) for each in before if each not in names}
    left = {each: standing.company_name for each, standing in known.items() if standing is not None}
    return Children(ids=tuple(sorted(names)), names=names | left)
