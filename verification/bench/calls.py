"""The number of calls that a sweep, a change, an opening and a close make."""

import math
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from testing.world import Customer, World
from verification.bench import fields_way
from verification.bench.figure import Figure

GROUP = "Calls"
COMPANIES, PARTNERS, CHANGED = 1000, 4, 100
_LICENSING = ("getMonthlyUsage", "getLicenseInfo", "getMonthlyUsagePerProductType")
_LICENCE = "getLicenseInfo"
_LIST = "GET additions"
_OCTOBER, _NOVEMBER = Month(2026, 10), Month(2026, 11)


def measure(*, companies: int = COMPANIES) -> Iterable[Figure]:
    """Figures of one MSP's October, from its opening to its close."""
    world = World(clock=VirtualClock(_OCTOBER.starts))
    partners = [
        world.gravityzone.tenant.add_company(f"Partner {n}", kind="partner")
        for n in range(PARTNERS)
    ]
    customers = [
        world.add_customer(f"Customer {n}", parent_id=partners[n % PARTNERS])
        for n in range(companies)
    ]
    for customer in customers:
        world.check_in(customer, 10)
    yield from _opening(world, companies)
    yield from _steady(world, companies)
    yield from _changes(world, customers[: companies // 10])
    yield from _fields_way(world, customers)
    yield from _looks(world, companies)
    yield from _opening_after_checks(world, companies)
    yield from _closing(world, companies)


def _opening(world: World, companies: int) -> Iterable[Figure]:
    world.tick(_OCTOBER.starts.replace(minute=5))
    gravityzone, connectwise = _worked(world)
    connectwise -= world.connectwise.calls.count("GET companyinfo")
    yield _figure("an opening, of GravityZone", gravityzone / companies, 2)
    yield _figure("an opening, of ConnectWise", connectwise / companies, 3)


def _steady(world: World, companies: int) -> Iterable[Figure]:
    _look_at_all(world, _OCTOBER.starts.replace(day=4))
    world.tick(_OCTOBER.starts.replace(day=5))
    world.work()
    licensing = sum(world.gravityzone.calls.count(each) for each in _LICENSING)
    others = len(world.gravityzone.calls) - licensing + len(world.connectwise.calls)
    yield _figure("a steady sweep, licensing calls a company", licensing / companies, 1)
    pages = math.ceil(companies / 1000)
    bound = 10 + 2 * PARTNERS + 2 * pages + 2 * pages
    yield _figure(f"a steady sweep of {companies:,}, all other calls", others, bound)


def _changes(world: World, changed: list[Customer]) -> Iterable[Figure]:
    _look_at_all(world, _OCTOBER.starts.replace(day=5))
    for customer in changed:
        world.check_in(customer, 1)
    world.tick(_OCTOBER.starts.replace(day=6))
    _, connectwise = _worked(world)
    connectwise -= world.connectwise.calls.count("GET companyinfo")
    yield _figure("a changed count, of ConnectWise", connectwise / len(changed), 2)


def _fields_way(world: World, customers: list[Customer]) -> Iterable[Figure]:
    """The next steady sweep both ways, in this very world."""
    at = _OCTOBER.starts.replace(day=7)
    _look_at_all(world, _OCTOBER.starts.replace(day=6))
    world.tick(at)
    world.work()
    ours = len(world.gravityzone.calls) + len(world.connectwise.calls)
    _clear(world)
    companies = {customer.id: customer.connectwise_id for customer in customers}
    fields_way.sweep(world, companies, month=_OCTOBER.target, first=date(2026, 10, 1))
    theirs = len(world.gravityzone.calls) + len(world.connectwise.calls)
    yield _figure("a steady sweep, all calls a company", ours / len(customers))
    yield _figure("the same the field's way", theirs / len(customers))
    yield _figure("ours for each of theirs", ours / theirs)


def _looks(world: World, companies: int) -> Iterable[Figure]:
    """Yield the calls of a day without changes, by the hour: the daily looks (FOLLOW-5)."""
    day = _OCTOBER.starts.replace(day=9)
    _look_at_all(world, day - timedelta(days=1))
    most = 0
    for hour in range(24):
        before = world.connectwise.calls.count(_LIST)
        world.play(day + timedelta(hours=hour))
        most = max(most, world.connectwise.calls.count(_LIST) - before)
    looks = world.connectwise.calls.count(_LIST)
    yield _figure("a quiet day, lists of Additions a company", looks / companies, 1)
    yield _figure("the same, the most in an hour of 24, a company", most / companies, 0.25)


def _opening_after_checks(world: World, companies: int) -> Iterable[Figure]:
    """Yield the licensing calls of a month's last day, beside its sweeps, and of an opening."""
    _clear(world)
    for hour in range(24):
        world.play(_NOVEMBER.starts - timedelta(hours=24 - hour))
    checks = world.gravityzone.calls.count(_LICENCE)
    yield _figure("a month's last day, licences asked for a company", checks / companies, 1)
    world.tick(_NOVEMBER.starts.replace(minute=5))
    gravityzone, _ = _worked(world)
    # October is still followed, with one call a company.
    yield _figure("an opening after that, of GravityZone", gravityzone / companies - 1, 1)


def _closing(world: World, companies: int) -> Iterable[Figure]:
    _look_at_all(world, _NOVEMBER.starts)
    world.tick(_NOVEMBER.starts.replace(day=2))
    _, connectwise = _worked(world)
    connectwise -= world.connectwise.calls.count("GET companyinfo")
    yield _figure("a close, of ConnectWise", connectwise / companies, 1)


def _look_at_all(world: World, day: datetime) -> None:
    """The last hour of a GMT day, before which every company has its time to be looked at."""
    world.play(day.replace(hour=23, minute=15))
    _clear(world)


def _worked(world: World) -> tuple[int, int]:
    """Return the workers' calls of GravityZone and of ConnectWise, without the planner's."""
    _clear(world)
    world.work()
    return len(world.gravityzone.calls), len(world.connectwise.calls)


def _clear(world: World) -> None:
    world.gravityzone.calls.clear()
    world.connectwise.calls.clear()


def _figure(what: str, figure: float, bound: float | None = None) -> Figure:
    return Figure(group=GROUP, what=what, figure=figure, bound=bound, unit="")
