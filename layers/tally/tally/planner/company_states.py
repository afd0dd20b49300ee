"""Put together what a tick knows of each company: GravityZone's lists and the ledger."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tally.domain.model.company import Company, CompanyLink, Stretch, stretches
from tally.domain.model.standing import Cause, Standing
from tally.domain.planning.company_refusals import list_refused
from tally.domain.planning.tick_context import CompanyState, Presence, known_absence
from tally.domain.record.partner import Children
from tally.domain.record.usage_record import UsageRecord
from tally.planner.absent import Absent
from tally.planner.gravityzone_tree import Found, Roster
from tally.planner.ledger_snapshot import NO_MONTHS, Known
from tally.planner.partners import Partners, is_billed, not_listed

_NOT_READ = frozenset({Presence.GONE, Presence.UNLICENSED, Presence.UNLISTED})
"""Presences of companies whose count is not read, so that their children do not matter."""


@dataclass(slots=True, kw_only=True)
class Companies:
    """All companies of one tick, for going through once.

    To save memory, a company is dropped from the roster and the links once its state is made.
    ``unlicensed`` are the customers without a monthly subscription; None if they were not listed.
    ``unlinked`` says why companies have no link. ``shared`` maps a company to the links of others
    that are linked to the same ConnectWise company. ``troubles`` maps a company that cannot be
    planned to the reason. ``absent`` makes the asker for companies in no list.
    """

    absent: Callable[[], Absent]
    roster: Roster | None
    unlicensed: dict[str, Company] | None
    partners: Partners
    links: dict[str, CompanyLink]
    unlinked: Mapping[str, str]
    shared: Mapping[str, Sequence[CompanyLink]]
    troubles: Mapping[str, str]

    def stretches(self, size: int) -> Iterator[tuple[Stretch, Sequence[str]]]:
        """Cut all companies by id into stretches of ``size`` that are listed or have a link."""
        ids = {*self.links, *self.troubles, *(self.unlicensed or ())}
        if self.roster is not None:
            ids.update(self.roster.customers, self.roster.partners)
        return stretches(sorted(ids), size)

    def state(self, company_id: str, known: Known) -> CompanyState:
        """Return the state of one company of a stretch; ask once for each, in the order of ids."""
        standing, link = known.standings.get(company_id), self.links.pop(company_id, None)
        records = known.records.get(company_id, ())
        trouble = known.unreadable.get(company_id) or self.troubles.get(company_id, "")
        is_customer = self.roster is not None and company_id in self.roster.customers
        name = _known_name(company_id, standing, link)
        found = self._listed(company_id, standing, followed=bool(records))
        if found is None:
            found = (
                Found(Presence.UNREAD)
                if trouble
                else self.absent().find(
                    company_id, standing, link, name=name, followed=bool(records)
                )
            )
        name = found.name or name
        is_partner = not is_customer and is_billed(link, records)
        below = self._below(company_id, name, found.presence, records, is_partner=is_partner)
        return CompanyState(
            id=company_id,
            name=name,
            presence=found.presence,
            link=link,
            unlinked=self.unlinked.get(company_id, ""),
            standing=standing,
            records=records,
            settled=known.settled.get(company_id, NO_MONTHS),
            waived=known.waived.get(company_id, NO_MONTHS),
            below=below,
            trouble=trouble,
            of_others=self._pinned_for_others(company_id),
            refused=found.refused,
        )

    def _below(
        self,
        company_id: str,
        name: str,
        presence: Presence,
        records: Sequence[UsageRecord],
        *,
        is_partner: bool,
    ) -> Children | Cause | None:
        """Return the children of a partner to bill; None if none are read.

        ``is_partner``: it is no listed customer, and its own machines are billed.
        """
        if presence in _NOT_READ:
            return None
        listed = self.partners.below.get(company_id)
        if listed is not None or not is_partner:
            return listed
        if presence is Presence.LEFT_OUT:
            return self.absent().children(company_id, name, records) if records else None
        return not_listed(self.roster, name)

    def _pinned_for_others(self, company_id: str) -> frozenset[int]:
        beside = self.shared.get(company_id, ())
        return frozenset(
            each.pinned_agreement_id for each in beside if each.pinned_agreement_id is not None
        )

    def _listed(
        self, company_id: str, standing: Standing | None, *, followed: bool
    ) -> Found | None:
        """Return what GravityZone's lists say of a company; None if it is in none of them."""
        unlicensed = (self.unlicensed or {}).pop(company_id, None)
        if self.roster is not None:
            if (customer := self.roster.customers.pop(company_id, None)) is not None:
                return Found(Presence.LICENSED, customer.name)
            if (partner := self.roster.partners.get(company_id)) is not None:
                presence = self.partners.presences.get(company_id, Presence.PARTNER)
                return Found(presence, partner.name, _refused_list(self.roster, company_id))
        # A company that was licensed is asked for by id: the lists are read one after the other,
        # and it may have moved between them.
        if unlicensed is None or followed or _was_licensed(standing):
            return None
        return Found(Presence.UNLICENSED, unlicensed.name)


def _refused_list(roster: Roster, partner_id: str) -> Cause | None:
    error = roster.refused.get(partner_id)
    return None if error is None else list_refused(partner_id, str(error))


def linked_together(links: Collection[CompanyLink]) -> Mapping[str, Sequence[CompanyLink]]:
    """Map each company that shares its ConnectWise company to the links of the others."""
    by_connectwise: defaultdict[int, list[CompanyLink]] = defaultdict(list)
    times = Counter(each.connectwise_id for each in links)
    for each in links:
        if each.connectwise_id is not None and times[each.connectwise_id] > 1:
            by_connectwise[each.connectwise_id].append(each)
    return {
        one.company_id: [each for each in linked if each is not one]
        for linked in by_connectwise.values()
        for one in linked
    }


def ids_of(listed: Iterable[str], known: Known) -> Sequence[str]:
    """Return the ids of a stretch that GravityZone or the ledger knows, sorted."""
    return sorted({*listed, *known.standings, *known.records, *known.unreadable})


def _known_name(company_id: str, standing: Standing | None, link: CompanyLink | None) -> str:
    """Return the company's name in the ledger, or else its id."""
    return (standing.company_name if standing else link.company_name if link else "") or company_id


def _was_licensed(standing: Standing | None) -> bool:
    return standing is not None and bool(standing.licensed_in) and known_absence(standing) is None
