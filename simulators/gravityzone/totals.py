"""The totals of partners as the API tells them: true, or one of the lies that the options name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.options import Options
from simulators.gravityzone.tenant import Company, Tenant
from simulators.gravityzone.usage import Counter


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of companies as the options have them told; the truth is the tenant's own counts."""

    tenant: Tenant
    options: Options

    def counts(self, company: Company, month: str) -> dict[Counter, int]:
        """Count a company now; a partner with those below it, as its totals are told."""
        now = self.tenant.clock.now()
        if company.kind != "partner" or not company.monthly or self._is_true(company):
            return self.tenant.counts(company, month, now)
        told = self.options.totals_of.get(company.id, self.options.totals)
        match told.kind:
            case "zero":
                return {}
            case "own alone":
                return self.tenant.usage.counts(company.id, month, now)
            case "no sub-partners":
                return self._sum(company, month, now, lambda each: each.kind != "partner")
            case "late":
                now -= timedelta(seconds=told.lag_seconds)
        return self._whole(company, month, now)

    def _is_true(self, company: Company) -> bool:
        options = self.options
        if not options.totals_true_of:
            return False
        near = (company.id, *list(self.tenant.above(company.id))[:1])
        return not options.totals_true_of.isdisjoint(near)

    def _sum(
        self, company: Company, month: str, at: datetime, counted: Callable[[Company], bool]
    ) -> dict[Counter, int]:
        return self.tenant.counts(
            company, month, at, counted=lambda each: self._stays(each) and counted(each)
        )

    def _whole(self, company: Company, month: str, at: datetime) -> dict[Counter, int]:
        counts = self._sum(company, month, at, lambda _: True)
        if self.options.moved_usage == "stays":
            for sign, moved in self._moved(company, month, at):
                for counter, count in moved.items():
                    counts[counter] = counts.get(counter, 0) + sign * count
        if self.options.moved_machines == "once":
            for endpoint, more in self._doubled(company, month, at):
                for counter in endpoint.counters:
                    counts[counter] = counts.get(counter, 0) - more
        return {counter: max(count, 0) for counter, count in counts.items()}

    def _stays(self, company: Company) -> bool:
        return not company.gone or self.options.deleted_usage == "stays"

    def _moved(
        self, partner: Company, month: str, at: datetime
    ) -> Iterator[tuple[int, Mapping[Counter, int]]]:
        """Yield what stayed with the partner when companies left, and elsewhere when they came."""
        for move in self.tenant.moves:
            sign = (partner.id in move.left) - (partner.id in move.joined)
            if sign and move.at <= at and move.company.monthly and self._stays(move.company):
                yield sign, move.counts.get(month, {})

    def _doubled(
        self, partner: Company, month: str, at: datetime
    ) -> Iterator[tuple[Endpoint, int]]:
        """Yield machines that count in several companies of the partner, and how often too much."""
        below = {
            each.id
            for each in self.tenant.all_from(
                partner.id, counted=lambda each: each.monthly and self._stays(each)
            )
        }
        for endpoint in self.tenant.moved_endpoints.values():
            where = {
                each.company_id
                for each in endpoint.seen
                if each.month == month and each.counted <= at
            }
            yield endpoint, max(len(where & below) - 1, 0)
