"""A month with the pulse, and today's way beside it: calls, freshness, order and money.

``month_scene`` draws the month, ``month_msp`` plays it and says what of it is real.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from random import Random
from statistics import mean, quantiles
from unittest.mock import patch

from tally.domain.pulse.outlook import Outlook
from verification.bench.figure import Figure
from verification.bench.load_scene import Scene
from verification.bench.money import PLANNER_SLICE, month_bill, swept
from verification.bench.month_msp import Counted, MonthMsp
from verification.bench.month_scene import DAYS, ROLL_OUT_AT, START, draw

GROUP = "Pulse: a month of 12,000 machines"
COMPANIES, FEW = 1000, 100
_THIRD = START + timedelta(days=2)
_WEEK = timedelta(days=5)
_P50, _P99 = 49, 98


def measure(*, companies: int = COMPANIES, few: int = FEW, days: int = DAYS) -> Iterable[Figure]:
    """Yield the figures of both ways, and of a pulse that never proves itself."""
    measured = swept(companies)
    planning = measured.planned + timedelta(seconds=PLANNER_SLICE)
    until, firms = START + timedelta(days=days), draw(companies)
    today = MonthMsp(firms, planning=planning, pulse=False).live(until=until)
    ours = MonthMsp(firms, planning=planning, pulse=True).live(until=until)
    yield from _calls(today, ours, companies * days * 96)
    yield from _freshness("today's way", today, bounds=(None, None, None))
    yield from _freshness("the pulse", ours, bounds=(2.5, 5, 15))
    fewer = MonthMsp(draw(few), planning=planning, pulse=True).live(until=until)
    yield _p99(f"{few:,} companies, from day 3", fewer.waits, bound=2)
    week = min(until, _THIRD + _WEEK)
    lied = MonthMsp(firms, planning=planning, pulse=True, lies=True, begins=_THIRD)
    yield _p99("totals that lie, five days from day 3", lied.live(until=week).waits, bound=15)
    with patch("tally.pulse.search.by_likelihood", _shuffled):
        random = MonthMsp(firms, planning=planning, pulse=True, begins=_THIRD).live(until=week)
    yield from _order(ours, random, companies, week)
    yield from _money(today, ours, measured, days)


def _calls(today: Counted, ours: Counted, company_quarters: int) -> Iterator[Figure]:
    what = "licensing calls a company and 15 minutes"
    yield _figure(f"{what}, today's way", today.calls / company_quarters)
    yield _figure(f"{what}, the pulse", ours.calls / company_quarters, bound=0.25)
    read = sum(each for _, each in ours.searches)
    yield _figure("of that: searches", read / company_quarters)
    yield _figure("of that: workers", (ours.calls - read - ours.firings) / company_quarters)


def _freshness(
    what: str, counted: Counted, *, bounds: tuple[float | None, float | None, float | None]
) -> Iterator[Figure]:
    later = [each for each in counted.waits if each[0] >= _THIRD]
    first = [each for each in counted.waits if each[0] < _THIRD]
    yield _percentile(f"{what}, from day 3, p50", later, _P50, bound=bounds[0])
    yield _percentile(f"{what}, from day 3, p99", later, _P99, bound=bounds[1])
    yield _percentile(f"{what}, days 1 and 2, p99", first, _P99, bound=bounds[2])


def _order(ours: Counted, random: Counted, companies: int, until: datetime) -> Iterator[Figure]:
    """Tell how much of all companies a search reads on average, the roll-out's day left out.

    A roll-out is found with the first reading, again and again.
    """
    usual = [each for each in ours.searches if each[0].date() != ROLL_OUT_AT.date()]
    yield _part("companies that a search reads, of all", usual, companies, bound=0.2)
    week = [each for each in usual if each[0] < until]
    yield _part("the same, in five days from day 3", week, companies)
    yield _part("the same, in random order", random.searches, companies)


def _money(today: Counted, ours: Counted, measured: Scene, days: int) -> Iterator[Figure]:
    bill = month_bill(measured, ours, days=days)
    for each in fields(bill):
        name = each.name.replace("_", " ")
        yield _figure(f"the pulse: {name}", getattr(bill, each.name), unit="$")
    yield _figure("today's way, variable", month_bill(measured, today, days=days).total, unit="$")
    yield _figure("the pulse, variable", bill.total, bound=1.30, unit="$")


def _shuffled(outlooks: Mapping[str, Outlook], now: datetime) -> Sequence[str]:
    ids = sorted(outlooks)
    Random(now.timestamp()).shuffle(ids)
    return ids


def _p99(
    what: str, waits: Sequence[tuple[datetime, timedelta]], *, bound: float | None = None
) -> Figure:
    later = [each for each in waits if each[0] >= _THIRD]
    return _percentile(f"{what}, p99", later, _P99, bound=bound)


def _percentile(
    what: str,
    waits: Sequence[tuple[datetime, timedelta]],
    number: int,
    *,
    bound: float | None = None,
) -> Figure:
    minutes = [wait.total_seconds() / 60 for _, wait in waits]
    return _figure(what, quantiles(minutes, n=100)[number], bound=bound, unit="min")


def _part(
    what: str,
    searches: Sequence[tuple[datetime, int]],
    companies: int,
    *,
    bound: float | None = None,
) -> Figure:
    return _figure(what, mean(read for _, read in searches) / companies, bound=bound)


def _figure(what: str, figure: float, *, bound: float | None = None, unit: str = "") -> Figure:
    return Figure(group=GROUP, what=what, figure=figure, bound=bound, unit=unit)
