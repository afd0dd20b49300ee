"""One GravityZone tenant: the companies below the key's own, their machines, and their changes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.clock import VirtualClock
from simulators.gravityzone.counters import CounterValue
from simulators.gravityzone.reach import Reach
from simulators.gravityzone.usage import ENDPOINTS, CheckIn, Counter, MonthlyUsage
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


@dataclass(slots=True, kw_only=True)
class Endpoint:
    """A machine, its company, and all its connections, scripted ones to come included."""

    id: str
    company_id: str
    name: str
    product_type: int = ENDPOINT_SECURITY
    counters: tuple[Counter, ...] = ()
    grouped: bool = True
    removed: bool = False
    seen: list[CheckIn] = field(default_factory=list)


class Tenant:
    """The state behind the API.

    Ids given as arguments must exist: KeyError names one that does not.
    """

    def __init__(self, world: GravityZoneWorld, clock: VirtualClock) -> None:
        self.clock = clock
        self.usage = MonthlyUsage()
        self.overrides: dict[tuple[str, str, int], dict[str, CounterValue]] = {}
        self.reach = Reach()
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

    def find_endpoint(self, endpoint_id: str) -> Endpoint | None:
        """Give a machine that is not removed."""
        endpoint = self._endpoints.get(endpoint_id)
        return None if endpoint is None or endpoint.removed else endpoint

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
        if company.parent_id is not None:
            self._children[company.parent_id].remove(company)
        company.parent_id = parent_id
        self._children.setdefault(parent_id, []).append(company)

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
        )
        self._of_company.setdefault(company_id, []).append(endpoint)
        return endpoint_id

    def check_in(
        self, endpoint_id: str, at: datetime | None = None, *, lag: timedelta = timedelta(0)
    ) -> None:
        """Let a machine connect, now or at an instant past or to come; counted `lag` after it."""
        endpoint = self.endpoint(endpoint_id)
        instant = at or self.clock.now()
        if instant.tzinfo is None:
            raise ValueError(f"an instant needs its time zone: {instant.isoformat()}")
        check_in = CheckIn(instant, instant + lag, endpoint.company_id)
        endpoint.seen.append(check_in)
        self.usage.add(endpoint_id, endpoint.counters, check_in)

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

    def move_endpoint(self, endpoint_id: str, company_id: str) -> None:
        """Move a machine to another company.

        Later connections count there, earlier ones where they were.
        """
        self.company(company_id)
        to_come = self._drop_to_come(endpoint_id)
        endpoint = self.endpoint(endpoint_id)
        self._of_company[endpoint.company_id].remove(endpoint)
        self._of_company.setdefault(company_id, []).append(endpoint)
        endpoint.company_id = company_id
        for check_in in to_come:
            self.check_in(endpoint_id, check_in.at, lag=check_in.counted - check_in.at)

    def remove_endpoint(self, endpoint_id: str) -> None:
        """Remove a machine: it connects no more, and no month's count gets smaller."""
        self._drop_to_come(endpoint_id)
        self.endpoint(endpoint_id).removed = True

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

    def counts(self, company: Company, month: str, at: datetime) -> dict[Counter, int]:
        """Count as the API does: sub-companies included, 0 without a monthly licence."""
        if not company.monthly:
            return {}
        counts = self.usage.counts(company.id, month, at)
        if company.kind == "partner":
            for child in self.below(company.id):
                for counter, count in self.counts(child, month, at).items():
                    counts[counter] = counts.get(counter, 0) + count
        return counts

    def below(self, parent_id: str) -> Iterator[Company]:
        """Give the companies directly below one, also those in its folders, gone ones included."""
        yield from self.children(parent_id)
        for folder_id, above in self.folders.items():
            if above == parent_id:
                yield from self.below(folder_id)

    def _is_hidden(self, company: Company) -> bool:
        above: str | None = company.id
        while above is not None and above not in self.reach.hidden:
            above = (
                self.folders[above] if above in self.folders else self._companies[above].parent_id
            )
        return above is not None

    def _drop_to_come(self, endpoint_id: str) -> list[CheckIn]:
        endpoint, now = self.endpoint(endpoint_id), self.clock.now()
        to_come = [check_in for check_in in endpoint.seen if check_in.at > now]
        endpoint.seen = [check_in for check_in in endpoint.seen if check_in.at <= now]
        for company_id, month in {(check_in.company_id, check_in.month) for check_in in to_come}:
            self.usage.withdraw(endpoint_id, endpoint.counters, company_id=company_id, month=month)
        for check_in in endpoint.seen:
            self.usage.add(endpoint_id, endpoint.counters, check_in)
        return to_come

    def _made_id(self, kind: str) -> str:
        self._made += 1
        return made_id(kind, str(self._made))


def made_id(*parts: str) -> str:
    """Make a 24-digit hexadecimal id, the same for the same parts."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:24]
