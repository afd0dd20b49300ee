"""Read the totals of the key's own company and of the partners directly below it (PULSE-2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tally.domain.model.month import Month
from tally.domain.model.reading import Service, Unknown
from tally.domain.pulse.total import Total, read_total
from tally.errors import ContractError
from tally.planner.gravityzone_tree import Roster
from tally.ports import GravityZone

MOST_BRANCHES = 30
"""The most partners directly below the key's own company whose totals are read.

Each is a call at each search and sweep. Companies below further ones count to the root's branch.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTotals:
    """Reads totals; ``services`` are the billed ones."""

    gravityzone: GravityZone
    services: Sequence[Service]

    def of(self, partner_id: str, month: Month) -> Total:
        """Return the total of one partner. Raises TallyError if it has no count."""
        usage = by_type = None
        # READ-6: one call serves all services of type 0, and only others need the call by type.
        if any(service.plain for service in self.services):
            usage = self.gravityzone.usage(partner_id, month=month)
        if not all(service.plain for service in self.services):
            by_type = self.gravityzone.usage_per_product_type(partner_id, month=month)
        total = read_total(month, self.services, usage, by_type)
        if isinstance(total, Unknown):
            raise ContractError(f"the total of the partner {partner_id} is no count: {total.why}")
        return total

    def of_all(
        self, partner_ids: Iterable[str], month: Month, *, root_id: str
    ) -> Mapping[str, Total]:
        """Return several totals, by partner. Raises TallyError if one of them has no count.

        A partner with zeros is left out, all but the root: GravityZone answers them for a company
        without a monthly subscription (documented), so they say nothing of who stands below it.
        """
        totals = ((each, self.of(each, month)) for each in partner_ids)
        return {
            each: total for each, total in totals if each == root_id or any(total.counts.values())
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """The branches of a tree: the key's own company, and the partners directly below it."""

    root_id: str
    partners: tuple[str, ...]
    _above: Mapping[str, str]

    @classmethod
    def of(cls, roster: Roster) -> "Branches":
        """Find the branches in the tick's lists, before its companies are planned."""
        at_top = sorted(
            each.id
            for each in roster.partners.values()
            # The total of one that is not walked has companies that no sweep reads.
            if each.parent_id == roster.root_id and roster.is_walked(each.id)
        )[:MOST_BRANCHES]
        branch_of = {each: _branch(each, roster, at_top) for each in roster.partners}
        above = {
            customer.id: branch_of.get(customer.parent_id, roster.root_id)
            for customer in roster.customers.values()
        }
        return cls(
            root_id=roster.root_id,
            partners=(roster.root_id, *at_top),
            _above={each: branch for each, branch in above.items() if branch != roster.root_id},
        )

    def __getitem__(self, company_id: str) -> str:
        """Return the branch that a company stands in."""
        return self._above.get(company_id, self.root_id)


def _branch(partner_id: str, roster: Roster, at_top: Sequence[str]) -> str:
    """Climb from a partner to the branch it stands in."""
    # Lists are read one after another, so a partner that moves meanwhile may stand below itself.
    seen = {roster.root_id}
    while partner_id not in seen:
        if partner_id in at_top:
            return partner_id
        seen.add(partner_id)
        above = roster.partners.get(partner_id)
        partner_id = roster.root_id if above is None else above.parent_id
    return roster.root_id
