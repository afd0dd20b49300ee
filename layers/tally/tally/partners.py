"""Who stands below the partners whose own machines are billed: lists that are read for those alone (READ-4, SAFE-5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.circumstances import Presence
from tally.domain.company import Company, CompanyKind
from tally.domain.company import Mapping as CompanyMapping
from tally.domain.partner import MOST_CHILDREN, Children, too_many_children, unlisted_children
from tally.domain.record import UsageRecord
from tally.domain.standing import Cause, Standing
from tally.errors import TallyError
from tally.ports import GravityZone
from tally.roster import Roster

_NOT_LISTED = "no list of GravityZone could be read"
_IN_NO_LIST = "it is in none of GravityZone's lists itself"


@dataclass(slots=True, kw_only=True)
class Partners:
    """The partners to bill, by id: how GravityZone lists them, and their children or why nothing can be told of them."""

    presences: dict[str, Presence] = field(default_factory=dict)
    below: dict[str, Children | Cause] = field(default_factory=dict)
    unread: dict[str, TallyError] = field(default_factory=dict)


def to_be_billed(
    mappings: Mapping[str, CompanyMapping], records: Mapping[str, Sequence[UsageRecord]]
) -> dict[str, set[str]]:
    """The partners whose own machines are billed now, or still in an open month, and who stood below them by those months."""
    found: dict[str, set[str]] = {
        mapping.company_id: set() for mapping in mappings.values() if mapping.own_billed_since is not None
    }
    for company_id, known in records.items():
        for record in known:
            if record.children is not None:
                found.setdefault(company_id, set()).update(record.children)
    return found


def read_partners(
    gravityzone: GravityZone,
    roster: Roster | None,
    *,
    billed: Mapping[str, Iterable[str]],
    standings: Mapping[str, Standing],
) -> Partners:
    """Read the children of each partner to bill, and whether it is listed as monthly-licensed.

    ``billed`` maps each partner to those who stood below it before. A partner whose lists fail stops no other.
    """
    partners = Partners()
    monthly: dict[str, set[str]] = {}
    for partner_id, before in sorted(billed.items()):
        partner = None if roster is None else roster.partners.get(partner_id)
        if roster is None or partner is None:
            if roster is None or partner_id not in roster.customers:
                known = standings.get(partner_id)
                name = partner_id if known is None else known.company_name
                partners.below[partner_id] = unlisted_children(name, _NOT_LISTED if roster is None else _IN_NO_LIST)
            continue
        try:
            if partner.parent_id not in monthly:
                listed = gravityzone.children(partner.parent_id, kind=CompanyKind.PARTNER, monthly_only=True)
                monthly[partner.parent_id] = {each.id for each in listed}
            if partner_id in monthly[partner.parent_id]:
                partners.below[partner_id] = _below(gravityzone, roster, partner, before, standings)
                partners.presences[partner_id] = Presence.LICENSED
            else:
                partners.presences[partner_id] = Presence.UNLICENSED
        except TallyError as error:
            partners.unread[partner_id] = error
            partners.below[partner_id] = unlisted_children(partner.name, str(error))
    return partners


def _below(
    gravityzone: GravityZone, roster: Roster, partner: Company, before: Iterable[str], standings: Mapping[str, Standing]
) -> Children | Cause:
    """Its direct children of both kinds and whatever licence, as all of them are in its counters. Raises TallyError."""
    if partner.id in roster.unread:
        raise roster.unread[partner.id]
    customers = gravityzone.children(partner.id, kind=CompanyKind.CUSTOMER, monthly_only=False)
    names = {each.id: each.name for each in (*customers, *roster.partners.values()) if each.parent_id == partner.id}
    if len(names) > MOST_CHILDREN:
        return too_many_children(partner.name, len(names))
    ids = tuple(sorted(names))
    names |= {each: standings[each].company_name for each in before if each not in names and each in standings}
    return Children(ids=ids, names=names)
