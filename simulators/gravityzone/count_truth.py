"""The true counts, for tests and the demo to compare with; the code under test never sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from simulators.gravityzone.tenant import Company, Tenant
from simulators.gravityzone.usage import ENDPOINTS, Counter
from simulators.scenario import ENDPOINT_SECURITY


@dataclass(frozen=True, slots=True)
class Truth:
    """Counts of distinct machines.

    Months are `yyyy-mm` in GMT; a company's own machines only, whatever its licence, but for its
    totals.
    """

    tenant: Tenant

    def companies(self) -> tuple[Company, ...]:
        """Give the companies that stand now, without the key's own."""
        own = self.tenant.own.id
        return tuple(one for one in self.tenant.companies() if not one.gone and one.id != own)

    def company_id(self, name: str) -> str:
        """Find the one company of that exact name; LookupError for none or several."""
        found = [one.id for one in self.tenant.companies() if one.name == name and not one.gone]
        if len(found) != 1:
            raise LookupError(f"{len(found)} companies are named {name!r}")
        return found[0]

    def count(
        self,
        company_id: str,
        month: str,
        at: datetime | None = None,
        *,
        counter: str = ENDPOINTS,
        product_type: int = ENDPOINT_SECURITY,
    ) -> int:
        """Return GravityZone's count at an instant, by default now.

        Late reports count when they are in.
        """
        instant = at or self.tenant.clock.now()
        return self.tenant.usage.count(company_id, month, instant, Counter(product_type, counter))

    def final_count(
        self,
        company_id: str,
        month: str,
        *,
        counter: str = ENDPOINTS,
        product_type: int = ENDPOINT_SECURITY,
    ) -> int:
        """Count a month as it ends up, with what is scripted to come and every late report."""
        return self.tenant.usage.count(company_id, month, None, Counter(product_type, counter))

    def total(
        self,
        company_id: str,
        month: str,
        at: datetime | None = None,
        *,
        counter: str = ENDPOINTS,
        product_type: int = ENDPOINT_SECURITY,
    ) -> int:
        """Return one counter of the true totals, 0 where nobody has it."""
        return self.totals(company_id, month, at).get(Counter(product_type, counter), 0)

    def totals(
        self, company_id: str, month: str, at: datetime | None = None, *, deleted: bool = True
    ) -> Mapping[Counter, int]:
        """Count a company and all below it at any depth, by counter; 0 without a monthly licence.

        That is what the API answers if neither options nor overrides say otherwise. Companies
        deleted since count, unless `deleted` is false. Those that moved count where they stand.
        """
        return self.tenant.counts(
            self.tenant.company(company_id),
            month,
            at or self.tenant.clock.now(),
            counted=lambda each: deleted or not each.gone,
        )

    def months(self, company_id: str) -> list[str]:
        """Name the months in which it or any company below has machines, past or scripted."""
        return self.tenant.months(company_id)

    def id_of(self, company: str) -> str:
        """Find a company by its id, or by its exact name; LookupError for none or several."""
        return company if self.tenant.find(company) is not None else self.company_id(company)

    def was_active(self, machine_id: str, month: str, at: datetime | None = None) -> bool:
        """Return True if this id has connected in that month up to an instant, by default now."""
        return month in self.active_months(machine_id, at)

    def active_months(self, machine_id: str, at: datetime | None = None) -> list[str]:
        """Name the months in which this id has connected up to an instant, by default now.

        It is asked of ids, as GravityZone sees them: a machine that came back under a new id is
        two, and machines that share an id are one. KeyError for an id that never was.
        """
        instant = at or self.tenant.clock.now()
        seen = self.tenant.endpoint(machine_id).seen
        return sorted({each.month for each in seen if each.at <= instant})
