"""One GravityZone tenant: the companies below the key's own, their machines, and their changes."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulators.clock import VirtualClock
from simulators.gravityzone.counters import CounterValue
from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.reach import Reach
from simulators.gravityzone.usage import ENDPOINTS, CheckIn, Counter, MonthlyUsage, month_of
from simulators.scenario import (
    ENDPOINT_SECURITY,
    MONTHLY_SUBSCRIPTION,
    CompanyKind,
    GravityZoneWorld,
)

PAID_MONTHLY = 3
MONTHLY_TYPES = frozenset({PAID_MONTHLY, 4, 5})
"""The `subscriptionType`s whose usage is counted by the month, trials of it among them."""


@dataclass(slots=True, kw_only=True)
class Company:
    """A company; `gone` once it is deleted. What it used stays in its parent's counters."""

    id: str
    name: str
    parent_id: str | None
    kind: CompanyKind = "customer"
    subscription_type: int = MONTHLY_SUBSCRIPTION
    minimum_usage: int | None = 0
    plan_counter: str | None = "aLaCarteMonthlyUsage"
    suspended: bool = False
    country: str = "US"
    created_at: datetime
    gone: bool = False

    @property
    def monthly(self) -> bool:
        """True if its usage is counted by the month."""
        return self.subscription_type in MONTHLY_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A company's move from some partners to others, and what had been counted of it until then.

    Counts are by month, those of all below the company among them.
    """

    at: datetime
    company: Company
    left: frozenset[str]
    joined: frozenset[str]
    counts: Mapping[str, Mapping[Counter, int]]


class Tenant:
    """The state behind the API.

    Ids given as arguments must exist: KeyError names one that does not.
    """

    def __init__(self, world: GravityZoneWorld, clock: VirtualClock) -> None:
        self.clock = clock
        self.usage = MonthlyUsage()
        self.overrides: dict[tuple[str, str, int], dict[str, CounterValue]] = {}
        self.reach = Reach()
        self.moves: list[Move] = []
        """The moves of companies from one partner to another, in order."""
        self.moved_endpoints: dict[str, Endpoint] = {}
        """The machines that were ever moved between companies, by their ids."""
        self.folders = {folder.id: folder.parent_id for folder in world.folders}
        self._companies: dict[str, Company] = {}
        self._children: dict[str, list[Company]] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._of_company: dict[str, list[Endpoint]] = {}
        self._made = 0
        for one in world.companies:
            self.add_company(
                one.name,
                company_id=one.id,
                parent_id=one.parent_id,
                kind=one.kind,
                subscription_type=one.subscription_type,
                minimum_usage=one.minimum_usage,
                plan_counter=one.plan_counter,
                suspended=one.suspended,
                country=one.country,
            )
        roots = [company for company in self._companies.values() if company.parent_id is None]
        if len(roots) != 1:
            raise ValueError(
                f"one company, the key's own, has no parent: {[company.name for company in roots]}"
            )
        self.own = roots[0]
        """The key's own company."""
        for machine in world.endpoints:
            self.add_endpoint(
                machine.company_id,
                endpoint_id=machine.id,
                name=machine.name,
                product_type=machine.product_type,
                counters=machine.counters,
                grouped=machine.grouped,
            )
            for instant in machine.seen:
                self.check_in(machine.id, instant)

    def company(self, company_id: str) -> Company:
        """Give a company, a gone one too."""
        return self._companies[company_id]

    def companies(self) -> Iterator[Company]:
        """Give every company, the key's own and gone ones included."""
        return iter(self._companies.values())

    def find(self, company_id: str) -> Company | None:
        """Give a company that is neither gone nor out of the key's reach."""
        company = self._companies.get(company_id)
        if company is None or company.gone or (self.reach.hidden and self._is_hidden(company)):
            return None
        return company

    def children(self, parent_id: str) -> list[Company]:
        """Give what stands directly below a company or folder, gone companies included."""
        return self._children.get(parent_id, [])

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """Give a machine, a removed one too."""
        return self._endpoints[endpoint_id]

    def endpoints(self) -> Iterator[Endpoint]:
        """Give every machine, removed ones included."""
        return iter(self._endpoints.values())

    def find_endpoint(self, endpoint_id: str) -> Endpoint | None:
        """Give a machine that is not removed; it may be deleted."""
        endpoint = self._endpoints.get(endpoint_id)
        return None if endpoint is None or endpoint.removed else endpoint

    def company_named(self, params: Mapping[str, object]) -> str:
        """Return the id that a call's params name, or the company of the machine that they do."""
        machine = self._endpoints.get(str(params.get("endpointId")))
        named = params.get("companyId") or params.get("parentId")
        return str(named) if machine is None else machine.company_id

    def endpoints_of(self, company_id: str) -> list[Endpoint]:
        """Give the machines of a company alone, removed ones included."""
        return self._of_company.get(company_id, [])

    def add_company(
        self,
        name: str,
        *,
        company_id: str | None = None,
        parent_id: str | None = "",
        kind: CompanyKind = "customer",
        subscription_type: int = MONTHLY_SUBSCRIPTION,
        minimum_usage: int | None = 0,
        plan_counter: str | None = "aLaCarteMonthlyUsage",
        suspended: bool = False,
        country: str = "US",
    ) -> str:
        """Add a company below `parent_id` (by default the key's own company) and give its id."""
        company_id = company_id or self._made_id("company")
        if company_id in self._companies:
            raise ValueError(f"company {company_id} exists")
        parent_id = self.own.id if parent_id == "" else parent_id
        if (
            parent_id is not None
            and parent_id not in self._companies
            and parent_id not in self.folders
        ):
            raise KeyError(parent_id)
        company = Company(
            id=company_id,
            name=name,
            parent_id=parent_id,
            kind=kind,
            subscription_type=subscription_type,
            minimum_usage=minimum_usage,
            plan_counter=plan_counter,
            suspended=suspended,
            country=country,
            created_at=self.clock.now(),
        )
        self._companies[company_id] = company
        if parent_id is not None:
            self._children.setdefault(parent_id, []).append(company)
        return company_id

    def rename_company(self, company_id: str, name: str) -> None:
        """Give a company another name."""
        self.company(company_id).name = name

    def change_subscription(self, company_id: str, subscription_type: int) -> None:
        """Change a company's licence; any but a monthly one answers zeros from now on."""
        self.company(company_id).subscription_type = subscription_type

    def move_company(self, company_id: str, parent_id: str) -> None:
        """Put a company below another one or a folder."""
        company = self.company(company_id)
        if parent_id not in self._companies and parent_id not in self.folders:
            raise KeyError(parent_id)
        before = frozenset(self.above(company_id))
        if company.parent_id is not None:
            self._children[company.parent_id].remove(company)
        company.parent_id = parent_id
        self._children.setdefault(parent_id, []).append(company)
        after = frozenset(self.above(company_id))
        if before == after:
            return
        now = self.clock.now()
        self.moves.append(
            Move(
                at=now,
                company=company,
                left=before - after,
                joined=after - before,
                counts={
                    month: self.counts(company, month, now) for month in self.months(company_id)
                },
            )
        )

    def delete_company(self, company_id: str) -> None:
        """Delete a company: no list or call knows it any more."""
        self.company(company_id).gone = True

    def add_endpoint(
        self,
        company_id: str,
        *,
        endpoint_id: str | None = None,
        name: str | None = None,
        product_type: int = ENDPOINT_SECURITY,
        counters: tuple[str, ...] = (),
        grouped: bool = True,
        managed: bool = True,
    ) -> str:
        """Add a machine that has not connected yet, and return its id.

        Its counters stay as they are made now.
        """
        company = self.company(company_id)
        endpoint_id = endpoint_id or self._made_id("endpoint")
        if endpoint_id in self._endpoints:
            raise ValueError(f"endpoint {endpoint_id} exists")
        names = dict.fromkeys(
            (ENDPOINTS, *([company.plan_counter] if company.plan_counter else []), *counters)
        )
        endpoint = self._endpoints[endpoint_id] = Endpoint(
            id=endpoint_id,
            company_id=company_id,
            name=name or f"PC-{endpoint_id[:6].upper()}",
            product_type=product_type,
            counters=tuple(Counter(product_type, counter) for counter in names),
            grouped=grouped,
            managed=managed,
        )
        self._of_company.setdefault(company_id, []).append(endpoint)
        return endpoint_id

    def check_in(
        self, endpoint_id: str, at: datetime | None = None, *, lag: timedelta = timedelta(0)
    ) -> None:
        """Let a machine connect, now or at an instant past or to come; counted `lag` after it.

        A machine that was deleted or removed connects under a new id alone: ValueError.
        """
        endpoint = self.endpoint(endpoint_id)
        if not endpoint.listed:
            raise ValueError(f"machine {endpoint_id} is gone")
        instant = at or self.clock.now()
        if instant.tzinfo is None:
            raise ValueError(f"an instant needs its time zone: {instant.isoformat()}")
        check_in = CheckIn(instant, instant + lag, endpoint.company_id)
        endpoint.managed = True
        endpoint.seen.append(check_in)
        self.usage.add(endpoint.counted_as, endpoint.counters, check_in)

    def check_in_new(
        self,
        company_id: str,
        count: int = 1,
        *,
        at: datetime | None = None,
        lag: timedelta = timedelta(0),
    ) -> list[str]:
        """Let so many machines that nobody has seen before connect, and give their ids."""
        made = [self.add_endpoint(company_id) for _ in range(count)]
        for endpoint_id in made:
            self.check_in(endpoint_id, at, lag=lag)
        return made

    def move_endpoint(self, endpoint_id: str, company_id: str, *, along: bool = False) -> None:
        """Move a machine to another company.

        Later connections count there, earlier ones where they were. With `along` those of the
        present month go with it: one count falls and the other rises, at this moment.
        """
        self.company(company_id)
        to_come = self.drop_to_come(endpoint_id)
        endpoint = self.endpoint(endpoint_id)
        if along:
            self._take_along(endpoint, company_id)
        self.moved_endpoints[endpoint_id] = endpoint
        self._of_company[endpoint.company_id].remove(endpoint)
        self._of_company.setdefault(company_id, []).append(endpoint)
        endpoint.company_id = company_id
        for check_in in to_come:
            self.check_in(endpoint_id, check_in.at, lag=check_in.counted - check_in.at)

    def remove_endpoint(self, endpoint_id: str) -> None:
        """Remove a machine: it connects no more, and no month's count gets smaller."""
        self.drop_to_come(endpoint_id)
        self.endpoint(endpoint_id).removed = True

    def drop_to_come(self, endpoint_id: str) -> list[CheckIn]:
        """Take back a machine's scripted connections to come, and return them."""
        endpoint, now = self.endpoint(endpoint_id), self.clock.now()
        to_come = [check_in for check_in in endpoint.seen if check_in.at > now]
        endpoint.seen = [check_in for check_in in endpoint.seen if check_in.at <= now]
        counted_as = endpoint.counted_as
        for company_id, month in {(check_in.company_id, check_in.month) for check_in in to_come}:
            self.usage.withdraw(counted_as, endpoint.counters, company_id=company_id, month=month)
        for each in endpoint.ids():
            for check_in in each.seen:
                self.usage.add(counted_as, endpoint.counters, check_in)
        return to_come

    def override_counter(
        self,
        company_id: str,
        month: str,
        counter: str,
        value: CounterValue,
        *,
        product_type: int = ENDPOINT_SECURITY,
    ) -> None:
        """Make the API answer something else for one counter; the truth stays.

        `MISSING` leaves the counter out.
        """
        self.company(company_id)
        self.overrides.setdefault((company_id, month, product_type), {})[counter] = value

    def clear_overrides(self) -> None:
        """Let the API tell the truth again."""
        self.overrides.clear()

    def counts(
        self,
        company: Company,
        month: str,
        at: datetime,
        *,
        counted: Callable[[Company], bool] = lambda _: True,
    ) -> dict[Counter, int]:
        """Count a company: sub-companies at any depth included, 0 without a monthly licence.

        A company below that is not `counted` is left out, with all below it.
        """
        if not company.monthly:
            return {}
        counts = self.usage.counts(company.id, month, at)
        if company.kind == "partner":
            for child in filter(counted, self.below(company.id)):
                for counter, count in self.counts(child, month, at, counted=counted).items():
                    counts[counter] = counts.get(counter, 0) + count
        return counts

    def months(self, company_id: str) -> list[str]:
        """Name the months in which a company or any below it has machines, in order."""
        return self.usage.months(frozenset(each.id for each in self.all_from(company_id)))

    def all_from(
        self, company_id: str, *, counted: Callable[[Company], bool] = lambda _: True
    ) -> Iterator[Company]:
        """Give a company and all below it at any depth, gone ones included.

        A company below that is not `counted` is left out, with all below it.
        """
        yield self.company(company_id)
        for child in filter(counted, self.below(company_id)):
            yield from self.all_from(child.id, counted=counted)

    def above(self, company_id: str) -> Iterator[str]:
        """Give the ids of the companies above one, the nearest first; folders are left out."""
        above = self.company(company_id).parent_id
        while above is not None:
            if above in self.folders:
                above = self.folders[above]
            else:
                yield above
                above = self.company(above).parent_id

    def below(self, parent_id: str) -> Iterator[Company]:
        """Give the companies directly below one, also those in its folders, gone ones included."""
        yield from self.children(parent_id)
        for folder_id, above in self.folders.items():
            if above == parent_id:
                yield from self.below(folder_id)

    def _is_hidden(self, company: Company) -> bool:
        return not self.reach.hidden.isdisjoint((company.id, *self.above(company.id)))

    def _take_along(self, endpoint: Endpoint, company_id: str) -> None:
        now, counted_as = self.clock.now(), endpoint.counted_as
        left, month = endpoint.company_id, month_of(now)
        for each in endpoint.ids():
            for place, check_in in enumerate(each.seen):
                if check_in.company_id == left and check_in.month == month:
                    each.seen[place] = replace(
                        check_in, counted=max(check_in.counted, now), company_id=company_id
                    )
                    self.usage.add(counted_as, endpoint.counters, each.seen[place])
        self.usage.leave(counted_as, endpoint.counters, company_id=left, month=month, at=now)

    def _made_id(self, kind: str) -> str:
        self._made += 1
        return made_id(kind, str(self._made))


def made_id(*parts: str) -> str:
    """Make a 24-digit hexadecimal id, the same for the same parts."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:24]
