"""A seed's decisions before anything happens, and the part of it that is played.

They are the MSP's settings, and the roughness of its life.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from simulators.connectwise.options import OpenEnd
from tally.domain.model.invoicing import Invoicing, LateUsage
from tally.domain.model.month import Month
from verification.simulation.billed_services import ENDPOINTS, Billed, second_service
from verification.simulation.draws import Draw, drawn
from verification.simulation.gathering import Gathering, gathering_of
from verification.simulation.totals import Totals, totals_of

_ZONES = (
    ("UTC", 3),
    ("America/Los_Angeles", 2),
    ("Europe/Berlin", 2),
    ("Pacific/Kiritimati", 1),  # UTC+14
    ("Pacific/Pago_Pago", 1),  # UTC-11
    ("Asia/Kolkata", 1),
    ("Pacific/Chatham", 1),
    ("America/St_Johns", 1),
)
PULSED = "totals of partners are looked at"
"""As a shape may leave it out."""

_MOST_COMPANIES = 40
_LIVELINESS = (0.0, 0.05, 0.15, 0.4, 1.0)
_CALMNESS = (1.0, 0.95, 0.85, 0.7, 0.5, 0.2)
_GROWTHS = ((50, 20), (50, 20), (50, 20), (10, 3), (100, 5), (0, 0))
_FIRST_MONTH_SEATS = (500, 500, 500, 10, 3)
_MONTHLY = frozenset({"Monthly"})
_SETTLES = (5, 5, 5, 3, 15)
_LONG_LAG, _USUAL_SETTLE = timedelta(minutes=3), timedelta(minutes=5)
"""Lists that lag as long need a settle time beyond the least (SAFE-2)."""
_ROUGHNESS = (0.02, 0.05, 0.15, 0.35)
_PULSES = ("", "", "", "", "unproven", "proven", "proven", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One MSP and its luck.

    ``calm`` is the share of steps without trouble, ``rough`` the probability that a call meets a
    fault in the others, ``lively`` the number of a company's events in a month beside check-ins.
    ``invoices`` is true if they are made, each month ``invoiced_when``: after the close, on the 1st
    before it, or ahead, up to ten days before the month's end. ``second`` is billed beside
    endpoints, from the first tick of its month number ``second_since`` on. ``pulse`` is the pulse's
    trust at first: unproven, proven or off; "" where there is none. ``gathering`` is how machines
    are recorded; None where they are not.
    """

    seed: int
    begins: datetime
    months: tuple[Month, ...]
    companies: int
    partners: int
    zone: str
    close_day: int
    open_until_day: int
    first_month: Month | None
    list_lag: timedelta
    index_lag: timedelta
    containers: int
    latency: float
    cancelled_agreements_refuse_changes: bool
    bill_minimum: bool
    growth_percent: int
    growth_seats: int
    first_month_seats: int
    settle: timedelta
    cycles: frozenset[str]
    open_end: OpenEnd
    license_as_array: bool
    invoices: bool
    invoicing: str
    late_usage: str
    invoiced_when: str
    repeats: float
    calm: float
    rough: float
    lively: float
    second: Billed | None
    second_since: int
    totals: Totals
    pulse: str
    gathering: Gathering | None

    @property
    def services(self) -> tuple[Billed, ...]:
        """All services that are billed in the end."""
        return (ENDPOINTS,) if self.second is None else (ENDPOINTS, self.second)

    @property
    def time_zone(self) -> ZoneInfo:
        """The MSP's billing time zone."""
        return ZoneInfo(self.zone)

    @property
    def policy(self) -> dict[str, Any]:
        """The settings that differ from the template's defaults."""
        return {
            "close_day": self.close_day,
            "open_until_day": self.open_until_day,
            "invoicing": Invoicing(self.invoicing),
            "late_usage": LateUsage(self.late_usage),
            "settle": self.settle,
            "cycles": self.cycles,
            "growth_percent": self.growth_percent,
            "growth_seats": self.growth_seats,
            "first_month_seats": self.first_month_seats,
        }

    def __str__(self) -> str:
        return (
            f"{self.companies} companies, {self.partners} partners, {len(self.months)} months from "
            f"{self.begins:%Y-%m-%d %H:%M} GMT, zone {self.zone}, close on the {self.close_day}., "
            f"open until the {self.open_until_day}., first month {self.first_month}, growth held "
            f"above {self.growth_percent} % and {self.growth_seats} or first above "
            f"{self.first_month_seats}, settles in {self.settle}, cycles "
            f"{' and '.join(sorted(self.cycles))}, {'' if self.bill_minimum else 'no '}floor "
            f"billed; lists lag {self.list_lag}, index lags {self.index_lag}, {self.containers} "
            f"workers, latency {self.latency} s; invoicing in {self.invoicing}, late usage: "
            f"{self.late_usage}, invoiced {self.invoiced_when if self.invoices else 'never'}; calm "
            f"{self.calm}, rough {self.rough}, lively {self.lively}, repeats "
            f"{self.repeats}{'' if self.second is None else self._second}"
            f"{'' if self.totals.true else f'; {self.totals}'}"
            f"{f'; the pulse is {self.pulse}' if self.pulse else ''}"
            f"{'' if self.gathering is None else f'; {self.gathering}'}"
        )

    @property
    def _second(self) -> str:
        assert self.second is not None
        return (
            f"; {self.second.name} on {self.second.agreement_type} from "
            f"{self.months[self.second_since]}"
        )


def setting_of(seed: int) -> Setting:
    """Return the seed's decisions."""
    draw, more = drawn(seed, Draw.SETTING), drawn(seed, Draw.SETTING, 1)
    first = Month(2025 + draw.randrange(4), 1 + draw.randrange(12))
    months = [first]
    for _ in range(draw.choice((1, 2, 2, 3, 3, 4, 5, 6, 8, 11, 13))):
        months.append(months[-1].next)
    companies = max(1, min(_MOST_COMPANIES, round(_MOST_COMPANIES ** draw.uniform(0.3, 1.15))))
    if more.random() < 0.05:  # noqa: PLR2004 - one in twenty is tiny
        companies = more.choice((1, 2))
    calm = draw.choice(_CALMNESS)
    growth = more.choice(_GROWTHS)
    billing = drawn(seed, Draw.SETTING, 2)
    services = drawn(seed, Draw.SERVICES)
    second = second_service(services)
    invoicing = billing.choice(("arrears", "arrears", "arrears", "arrears", "advance"))
    setting = Setting(
        seed=seed,
        begins=first.starts
        + timedelta(minutes=draw.choice((0, 0, 7, draw.randrange(28 * 24 * 60)))),
        months=tuple(months),
        companies=companies,
        partners=draw.choice((0, 0, 1, 2, 3)) if companies > 2 else 0,  # noqa: PLR2004 - a tree needs somebody to stand in it
        zone=draw.choices([name for name, _ in _ZONES], [weight for _, weight in _ZONES])[0],
        close_day=draw.choice((2, 2, 2, 3, 5)),
        open_until_day=draw.choice((10, 10, 6, 15)),
        first_month=draw.choice((None, None, None, first, first.next)),
        list_lag=timedelta(seconds=0 if calm == 1.0 else draw.choice((0, 0, 1, 30, 200))),
        index_lag=timedelta(seconds=0 if calm == 1.0 else draw.choice((0, 0.5, 3))),
        containers=draw.choice((1, 2, 4)),
        latency=draw.choice((0.12, 0.12, 0.4)) if more.random() < 0.8 else 0.05,  # noqa: PLR2004 - a few are close by
        cancelled_agreements_refuse_changes=draw.random() < 0.5,  # noqa: PLR2004 - either is as likely
        bill_minimum=draw.random() < 0.3,  # noqa: PLR2004 - as few do
        growth_percent=growth[0],
        growth_seats=growth[1],
        first_month_seats=drawn(seed, Draw.SETTING, 3).choice(_FIRST_MONTH_SEATS),
        settle=timedelta(minutes=more.choice(_SETTLES)),
        cycles=more.choice((_MONTHLY, _MONTHLY, _MONTHLY | {"Quarterly"})),
        open_end=more.choice(("missing", "null", "empty")),
        license_as_array=more.random() < 0.2,  # noqa: PLR2004 - as documented, and seldom seen
        invoices=draw.random() < 0.6,  # noqa: PLR2004 - most of the time
        invoicing=invoicing,
        late_usage=billing.choice(
            ("hold", "bill", "bill") if invoicing == "advance" else ("hold", "bill")
        ),
        invoiced_when=billing.choice(("after the close", "after the close", "on the 1st", "ahead")),
        repeats=0.0 if calm == 1.0 else draw.choice((0.0, 0.02, 0.2)),
        calm=calm,
        rough=draw.choice(_ROUGHNESS),
        lively=draw.choice(_LIVELINESS),
        second=second,
        second_since=services.choice((0, 0, 0, len(months) // 2)),
        totals=totals_of(seed),
        pulse=drawn(seed, Draw.PULSE).choice(_PULSES),
        gathering=gathering_of(seed, companies),
    )
    return (
        replace(setting, settle=max(setting.settle, _USUAL_SETTLE))
        if setting.list_lag >= _LONG_LAG
        else setting
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The played part of a seed: all of it, or less for a violation's shortest story.

    ``companies`` are numbers of companies, ``steps`` the number of ticks after which it ends;
    ``without`` names the kinds of life and trouble, ``skipped`` the ticks, and ``unlived`` the
    events that are left out.
    """

    seed: int
    companies: frozenset[int] | None = None
    steps: int | None = None
    without: frozenset[str] = frozenset()
    skipped: frozenset[int] = frozenset()
    unlived: frozenset[tuple[int, int]] = frozenset()

    def has(self, kind: str) -> bool:
        """Return True if a kind of life or trouble takes place."""
        return kind not in self.without
