"""Who stands below the partners whose own machines are billed: lists that are read for those alone (READ-4, SAFE-5)."""

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
    """The partners to bill, by id: how GravityZone lists them, and their children or why nothing can be told of them.

    ``unread`` has those whose lists failed, but not where GravityZone refuses them: that is their own trouble (READ-9).
    """

    presences: dict[str, Presence] = field(default_factory=dict)
    below: dict[str, Children | Cause] = field(default_factory=dict)
    unread: dict[str, TallyError] = field(default_factory=dict)


def is_billed(link: CompanyLink | None, records: Iterable[UsageRecord]) -> bool:
    """Whether a partner's own machines are billed now, or still in an open month."""
    now = link is not None and link.own_billed_since is not None and link.excluded_since is None
    return now or any(record.children is not None for record in records)


def not_listed(roster: Roster | None, name: str) -> Cause:
    """Why nothing can be told of a partner to bill that was not read: it is in no list."""
    return unlisted_children(name, _NOT_LISTED if roster is None else _IN_NO_LIST)


def read_partners(
    gravityzone: GravityZone, roster: Roster, *, ledger: Ledger, links: Mapping[str, CompanyLink]
) -> Partners:
    """Read the children of each partner to bill, and whether it is listed as monthly-licensed.

    A partner whose lists fail stops no other. Raises TallyError if the ledger cannot be read.
    """
    partners = Partners()
    monthly: dict[str, set[str]] = {}
    for partner_id, records in _to_be_billed(ledger, roster, links):
        partner = roster.partners[partner_id]
        try:
            if partner.parent_id not in monthly:
                listed = gravityzone.children(
                    partner.parent_id, kind=CompanyKind.PARTNER, monthly_only=True
                )
                monthly[partner.parent_id] = {each.id for each in listed}
            if partner_id not in monthly[partner.parent_id]:
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


def children_left_out(
    gravityzone: GravityZone,
    roster: Roster,
    partner_id: str,
    name: str,
    *,
    ledger: Ledger,
    records: Sequence[UsageRecord],
) -> Children | Cause:
    """The children of a partner to bill whose own partner is excluded, so that nobody has looked below it.

    Raises TallyError where GravityZone or the ledger gives no answer.
    """
    partner = Company(id=partner_id, name=name, parent_id="", kind=CompanyKind.PARTNER)
    try:
        names = _names_below(gravityzone, roster, partner)
    except DeclinedError as error:
        return _refused(name, error)
    return _children(partner, names, records, ledger)


def unread(partner_id: str, error: TallyError) -> str:
    """Say that a partner's lists failed, as a failure of the tick."""
    return f"the companies below partner {partner_id} could not be listed: {error}"


def _refused(name: str, error: DeclinedError) -> Cause:
    return unlisted_children(name, f"GravityZone refuses it: {error}")


def _to_be_billed(
    ledger: Ledger, roster: Roster, links: Mapping[str, CompanyLink]
) -> Iterator[tuple[str, Sequence[UsageRecord]]]:
    """The listed partners to bill, by id, with their open records. One that never was has no link."""
    for partner_id in sorted(roster.partners.keys() & links.keys()):
        records = list(readable(ledger.all_open_records(Stretch.alone(partner_id))))
        if is_billed(links[partner_id], records):
            yield partner_id, records


def _names_below(gravityzone: GravityZone, roster: Roster, partner: Company) -> dict[str, str]:
    """Its direct children of both kinds and whatever licence, as all of them are in its counters. Raises TallyError."""
    if (error := roster.unread.get(partner.id) or roster.refused.get(partner.id)) is not None:
        raise error
    partners: Iterable[Company] = roster.partners.values()
    # It or one above is excluded, while a month of it is still open.
    if not roster.is_walked(partner.id):
        partners = gravityzone.children(partner.id, kind=CompanyKind.PARTNER, monthly_only=False)
    customers = gravityzone.children(partner.id, kind=CompanyKind.CUSTOMER, monthly_only=False)
    return {each.id: each.name for each in (*customers, *partners) if each.parent_id == partner.id}


def _children(
    partner: Company, names: dict[str, str], records: Iterable[UsageRecord], ledger: Ledger
) -> Children | Cause:
    """Who stands below it now; its open records may remember others by name."""
    if len(names) > MOST_CHILDREN:
        return too_many_children(partner.name, len(names))
    before = {child for record in records for child in record.children or ()}
    known = {each: ledger.standing(each) for each in before if each not in names}
    left = {each: standing.company_name for each, standing in known.items() if standing is not None}
    return Children(ids=tuple(sorted(names)), names=names | left)
