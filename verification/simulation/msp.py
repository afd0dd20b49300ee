"""An MSP as a seed draws it: its companies on both sides, with all their oddities at the start."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from simulators.clock import VirtualClock
from simulators.connectwise.api_records import Fields, midnight
from simulators.core import CallLog
from simulators.gravityzone import RateLimits
from simulators.gravityzone.tenant import MONTHLY_TYPES, PAID_MONTHLY
from tally.domain.model.month import Month
from tally.ports import ConnectWise
from testing.ledger import MemoryLedger
from testing.world import PRODUCT, World
from verification.simulation.billed_services import ENDPOINTS, Billed, connectwise_of
from verification.simulation.bundles import BUNDLED, payer, put_below
from verification.simulation.draws import Draw, drawn
from verification.simulation.setting import PULSED, Setting, Shape, setting_of
from verification.simulation.totals import LYING

_FIRST = ("Harbor", "North", "Old", "Blue", "Cedar", "Granite", "Summit", "Maple", "Iron", "Silver")
_SECOND = ("Dental", "Quay Ltd", "Mill Inc", "Legal", "Freight", "Clinic", "Foods", "Optics")
_LONG_AGO = date(2020, 1, 1)
_CALLS_OF_A_STEP = 200_000
"""A partner's job has up to 22 calls. Where dead letters come again, a step has more calls than a
simulator remembers by default."""
_FIRST_PARTNER = 0xF00 - 1
"""The number of the first partner, from which its id follows as a customer's does from its own."""
UNSEEN = ("", " ", "\u200b", "\u3164")
"""Names that show nothing."""

_GONE = (
    (-32602, ""),
    (-32602, "The company does not exist or the user has not enough rights."),
    (-32000, "The company does not exist"),
    (-32001, "One or more items are not available for the specified action"),
    (-32002, "Not found"),
)
"""Codes and words that GravityZone was seen to use; no words: those about a wrong parameter."""

_SETUPS = (
    ("plain", 62),
    ("near miss", 3),
    ("unknown in ConnectWise", 2),
    ("namesake in ConnectWise", 1),
    ("namesake in GravityZone", 1),
    ("no agreement", 4),
    ("two agreements", 3),
    ("quarterly", 2),
    ("starts later", 5),
    ("bills later", 4),
    ("ends", 4),
    ("trial", 2),
    ("yearly licence", 4),
    ("foreign Addition", 3),
    ("invoices mid-month", 2),
)


@dataclass(slots=True, kw_only=True, eq=False)
class Firm:
    """One company of the MSP.

    ``touched`` is when something last happened to it that billing depends on, check-ins aside.
    """

    number: int
    name: str
    setup: str
    size: int
    arrives: datetime
    touched: datetime
    id: str = ""
    connectwise_id: int = 0
    machines: list[str] = field(default_factory=list)
    made: int = 0
    """The number of machines that it ever had new, from which their ids follow."""
    agreements: list[int] = field(default_factory=list)
    licences: list[tuple[datetime, int]] = field(default_factory=list)
    """Since when its subscription has been of that type; 0 once the company is gone."""
    partner: bool = False
    """It is a partner whose own machines a person may have billed."""

    def licensed_in(self, month: Month) -> bool:
        """Return True if it was listed as monthly-licensed at any moment of a month."""
        return any(
            licence in MONTHLY_TYPES and since < month.next.starts and until > month.starts
            for since, until, licence in self._spans()
        )

    def paid_since(self, instant: datetime) -> bool:
        """Return True if its subscription has been a paid monthly one at any moment since then."""
        return any(
            licence == PAID_MONTHLY and until >= instant for _, until, licence in self._spans()
        )

    def _spans(self) -> Iterator[tuple[datetime, datetime, int]]:
        ends = [at for at, _ in self.licences[1:]] + [datetime.max.replace(tzinfo=UTC)]
        for (since, licence), until in zip(self.licences, ends, strict=True):
            yield since, until, licence

    @property
    def there(self) -> bool:
        """True if it has come into being."""
        return bool(self.id)


class Msp:
    """The world of a seed, and its companies by their numbers and ids."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.setting: Setting = setting_of(shape.seed)
        setting = self.setting
        self.clock = VirtualClock(setting.months[0].starts - timedelta(hours=15))
        self.world = World(
            clock=self.clock,
            zone=setting.zone,
            first_month=setting.first_month,
            settings=setting.policy,
            workers=setting.containers,
            companies_at_once=3,
            bill_minimum=setting.bill_minimum,
            connectwise_world=connectwise_of(setting.services),
            pulse=bool(setting.pulse) and shape.has(PULSED),
        )
        self.ledger = self.world.ledger = MemoryLedger(
            now=self.clock.now if setting.index_lag else None, index_lag=setting.index_lag
        )
        self.gravityzone, self.connectwise = self.world.gravityzone, self.world.connectwise
        self.gravityzone.rate_limits = RateLimits()
        self.gravityzone.latency = self.connectwise.latency = setting.latency
        self.connectwise.options.requests_per_minute = 1000
        self.connectwise.options.invoicing = (
            "advance" if setting.invoicing == "advance" else "arrears"
        )
        self.connectwise.options.open_end = setting.open_end
        self.gravityzone.options.license_info_as_array = setting.license_as_array
        if setting.gathering is not None:
            self.gravityzone.options.reinstalled = setting.gathering.reinstalled
        self._draw_words()
        self.connectwise.options.cancelled_agreements_refuse_changes = (
            setting.cancelled_agreements_refuse_changes
        )
        self.partners = self._grow_partners()
        self.firms = [
            self._draw(number)
            for number in range(setting.companies)
            if shape.companies is None or number in shape.companies
        ]
        self.firms += self._draw_partners()
        self.has_partners = any(firm.partner for firm in self.firms)
        self._have_totals_told()
        if self.has_partners:
            self.gravityzone.calls = CallLog(_CALLS_OF_A_STEP)
        self.by_id: dict[str, Firm] = {}
        self.around: dict[str, str] = {}
        """The surroundings of each billed partner at the last look."""
        self.shifted = self.clock.now()
        """The last time that counts may have fallen, or gone from one place to another."""
        self.went_along = datetime.min.replace(tzinfo=UTC)
        """The last time that a machine took its usage of the month to another customer."""
        self.moved: set[int] = set()
        """Agreements whose terms a person has changed by hand."""
        self.given: set[int] = set()
        """Additions of others that a person has given to Tally."""
        self.carried: set[int] = set()
        """Additions of Tally's whose terms a person has asked to have carried over."""
        self.operator: ConnectWise = self.world.worker().sync.connectwise
        """ConnectWise as the operator's command reaches it: without trouble."""

    def _draw_words(self) -> None:
        """Draw GravityZone's answers about a company out of reach, and others (READ-9)."""
        draw, options = drawn(self.setting.seed, Draw.REACH), self.gravityzone.options
        options.gone_code, options.gone_details = draw.choice(_GONE)
        options.without_parent = draw.random() < 0.2  # noqa: PLR2004 - as documented, and seldom seen

    def _have_totals_told(self) -> None:
        """Let totals lie as drawn, but to nobody who is billed by them (READ-4)."""
        options = self.gravityzone.options
        options.totals_true_of = frozenset(
            f"{firm.number + 1:024x}" for firm in self.firms if firm.partner
        )
        if self.shape.has(LYING):
            own = self.gravityzone.tenant.own.id
            self.setting.totals.put_into(options, [own, *self.partners])

    def new_machine(self, firm: Firm, **features: Any) -> str:  # noqa: ANN401 - an endpoint's
        """Give a company a machine that has not connected yet; answers its id."""
        firm.made += 1
        made = self.gravityzone.tenant.add_endpoint(
            firm.id, endpoint_id=f"{firm.number + 1:08x}{firm.made:016x}", **features
        )
        firm.machines.append(made)
        return made

    def join(self, firm: Firm) -> None:
        """Let a company come into being on both sides."""
        draw = drawn(self.setting.seed, Draw.FIRM, firm.number, 1)
        if firm.partner:
            self._join_partner(firm, draw)
            return
        tenant = self.gravityzone.tenant
        setup = firm.setup
        parent = draw.choice(("", *self.partners))
        if (
            setup == "near miss"
            and (named := drawn(self.setting.seed, Draw.NAMES, firm.number, 1)).random() < 0.2  # noqa: PLR2004 - an agreement's fields
        ):
            firm.name = named.choice(UNSEEN)
        licence = {"trial": draw.choice((4, 5)), "yearly licence": draw.choice((1, 2))}.get(
            setup, 3
        )
        floor = draw.choice((0, 0, None, 5))
        firm.id = tenant.add_company(
            firm.name,
            # Not in the order of the others: an id follows from the company's number alone.
            company_id=f"{firm.number + 1:024x}",
            parent_id=parent,
            subscription_type=licence,
            minimum_usage=floor,
        )
        self.by_id[firm.id] = firm
        if setup == "namesake in GravityZone":
            tenant.add_company(
                firm.name,
                company_id=f"{firm.number + 1:012x}{0xABC:012x}",
                subscription_type=licence,
            )
        if setup != "unknown in ConnectWise":
            self._join_connectwise(firm, draw)
        firm.touched = self.clock.now()
        firm.licences.append((firm.touched, licence))

    @property
    def billed_now(self) -> tuple[Billed, ...]:
        """The services that the settings name by now."""
        return self.setting.services if self.world.services else (ENDPOINTS,)

    def billed(self, service: str) -> Billed:
        """The service of that name."""
        return next(each for each in self.setting.services if each.name == service)

    def count(self, billed: Billed, firm: Firm, month: Month, at: datetime | None = None) -> int:
        """Return GravityZone's count for a service at an instant, over its product types."""
        overrides, truth = self.gravityzone.tenant.overrides, self.gravityzone.truth
        total = 0
        for each in billed.product_types:
            told = (
                overrides.get((firm.id, str(month), each), {}).get(billed.counter)
                if overrides
                else None
            )
            counted = truth.count(
                firm.id, str(month), at, counter=billed.counter, product_type=each
            )
            total += told if isinstance(told, int) else counted
        return total

    def _join_partner(self, firm: Firm, draw: Random) -> None:
        """A partner stands in GravityZone from the start: it gets its ConnectWise company."""
        firm.id = f"{firm.number + 1:024x}"
        self.by_id[firm.id] = firm
        self._join_connectwise(firm, draw)
        firm.touched = self.clock.now()
        firm.licences.append((firm.touched, PAID_MONTHLY))

    def closes(self, month: Month) -> datetime:
        """Return the instant of a month's close, worked out here and not asked of the product."""
        return month.next.starts + timedelta(days=self.setting.close_day - 1)

    def is_linked(self, firm: Firm, connectwise_id: int) -> None:
        """Take note of which of two namesakes in ConnectWise turned out to be the company."""
        if connectwise_id != firm.connectwise_id:
            firm.connectwise_id = connectwise_id
            tenant = self.connectwise.tenant
            firm.agreements = [
                document.fields["id"] for document in tenant.agreements_of(connectwise_id)
            ]

    def agree(
        self,
        firm: Firm,
        *,
        start: date = _LONG_AGO,
        of: Billed = ENDPOINTS,
        **terms: Any,  # noqa: ANN401 - an agreement's fields
    ) -> int:
        """Make an agreement of a service's type for a company; answers its id."""
        people = self.connectwise.people
        name = f"Security {firm.name}"
        first = max(start, self.connectwise.tenant.today())
        # In arrears, the first invoice is dated the 1st after the first month; in advance, the 1st
        # of it.
        month = Month(first.year, first.month)
        due = (month if self.setting.invoicing == "advance" else month.next).first
        fields = {"nextInvoiceDate": midnight(due), **terms.pop("fields", {})}
        made = people.add_agreement(
            firm.connectwise_id, of.type_id, name, start=start, fields=fields, **terms
        )
        firm.agreements.append(made)
        if self.shape.has(BUNDLED) and drawn(self.setting.seed, Draw.BUNDLES, made).random() < 0.08:  # noqa: PLR2004 - some
            put_below(self.connectwise, made)
        return made

    def agreements(self, firm: Firm) -> list[Fields]:
        """Return the company's true agreements, oldest first; without those that were deleted."""
        table = self.connectwise.tenant.agreements
        known = [
            document.fields for each in firm.agreements if (document := table.get(each)) is not None
        ]
        return [
            {**each, "nextInvoiceDate": payer(self.connectwise, each)["nextInvoiceDate"]}
            for each in known
        ]

    def _join_connectwise(self, firm: Firm, draw: Random) -> None:
        people = self.connectwise.people
        name = firm.name
        if firm.setup == "near miss":
            name = draw.choice((name.upper(), f"{name} ", f"{name} Ltd", name.replace(" ", "  ")))
            name = self._nearly(firm, by_case=name)
        firm.connectwise_id = people.add_company(f"C{firm.number}", name)
        if firm.setup == "namesake in ConnectWise":
            people.add_company(f"C{firm.number}B", name)
        if firm.setup != "no agreement":
            self._first_agreement(firm, draw)
        second = self.setting.second
        if second is not None and second.type_id != ENDPOINTS.type_id and firm.number % 8:
            self.agree(firm, of=second)  # all but some have one for it

    def _nearly(self, firm: Firm, *, by_case: str) -> str:
        """Return a name that looks like the company's own; the very same if hers shows nothing."""
        if firm.name in UNSEEN:
            return firm.name
        name, draw = firm.name, drawn(self.setting.seed, Draw.NAMES, firm.number)
        unseen = (
            name.replace(" ", "\u00a0"),
            f"{name}\u200b",
            name.replace(" ", "&nbsp;"),
            name.translate({ord("a"): "\u0430", ord("e"): "\u0435", ord("i"): "\u0456"}),
            name.translate({ord(figure): chr(0xFEE0 + ord(figure)) for figure in "0123456789"}),
        )
        return draw.choice((by_case, *unseen))

    def _first_agreement(self, firm: Firm, draw: Random) -> None:
        today = self.clock.now().date()
        later = today + timedelta(days=draw.randrange(1, 70))
        odd: dict[str, dict[str, Any]] = {
            "quarterly": {"fields": {"billingCycle": {"id": 3, "name": "Quarterly"}}},
            "starts later": {"start": later},
            "bills later": {"bill_start": later},
            "ends": {"end": later},
            "invoices mid-month": {"fields": {"nextInvoiceDate": f"{later.isoformat()}T00:00:00Z"}},
        }
        agreement = self.agree(firm, **odd.get(firm.setup, {}))
        if firm.setup == "two agreements":
            self.agree(firm)
        if firm.setup == "foreign Addition":
            last = draw.choice((None, later))
            self.connectwise.people.add_addition(
                agreement, PRODUCT, quantity=draw.randrange(1, 30), effective=today, cancelled=last
            )

    def _grow_partners(self) -> list[str]:
        tenant = self.gravityzone.tenant
        grown: list[str] = []
        for number in range(self.setting.partners):
            draw = drawn(self.setting.seed, Draw.FIRM, 1_000_000 + number)
            parent = draw.choice(("", *grown))
            grown.append(
                tenant.add_company(
                    f"Partner {number}",
                    company_id=f"{_FIRST_PARTNER + number + 1:024x}",
                    parent_id=parent,
                    kind="partner",
                )
            )
        return grown

    def _draw_partners(self) -> list[Firm]:
        """Draw one or two partners billed themselves, in a quarter of the one-service seeds.

        Only seeds that have partners count.
        """
        draw = drawn(self.setting.seed, Draw.PARTNERS)
        if draw.random() >= 0.25 or not self.setting.partners or len(self.setting.services) > 1:  # noqa: PLR2004 - a quarter
            return []
        chosen = sorted(
            draw.sample(
                range(self.setting.partners), k=min(draw.choice((1, 2)), self.setting.partners)
            )
        )
        numbers = [_FIRST_PARTNER + number for number in chosen]
        firms = [
            Firm(
                number=number,
                name=f"Partner {number}",
                setup="plain",
                size=draw.choice((0, 2, 5, 12, 30)),
                arrives=self.clock.now(),
                touched=self.clock.now(),
                partner=True,
            )
            for number in numbers
        ]
        for firm in firms:
            self.gravityzone.tenant.rename_company(f"{firm.number + 1:024x}", firm.name)
        return [
            firm
            for firm in firms
            if self.shape.companies is None or firm.number in self.shape.companies
        ]

    def _draw(self, number: int) -> Firm:
        setting = self.setting
        draw = drawn(setting.seed, Draw.FIRM, number)
        setup = draw.choices([name for name, _ in _SETUPS], [weight for _, weight in _SETUPS])[0]
        late = draw.random()
        length = setting.months[-1].next.starts - setting.begins
        arrives = self.clock.now() if late < 0.85 else setting.begins + draw.random() * length  # noqa: PLR2004 - most are there at once
        size = 0 if draw.random() < 0.05 else max(1, min(400, round(draw.lognormvariate(1.8, 1.0))))  # noqa: PLR2004 - a few have nobody
        return Firm(
            number=number,
            name=f"{_FIRST[number % len(_FIRST)]} {_SECOND[number % len(_SECOND)]} {number}",
            setup=setup if self.shape.has("odd from the start") else "plain",
            size=size,
            arrives=arrives,
            touched=arrives,
        )
