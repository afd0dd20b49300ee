"""The demo's MSP: a few customers over the two months before the present one, awkward on purpose.

Everything follows from the present month, so all demos of one month are the same.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from simulators.gravityzone.tenant import made_id
from simulators.scenario import (
    Addition,
    Agreement,
    AgreementType,
    CatalogProduct,
    ConnectWiseCompany,
    ConnectWiseWorld,
    GravityZoneCompany,
    GravityZoneEndpoint,
    GravityZoneWorld,
    Scenario,
)

DEMO_AGREEMENT_TYPE = "Endpoint Security"
"""The agreement type by whose agreements the demo's MSP bills."""
DEMO_PRODUCT = "GZ-ENDPOINT"
"""The catalog identifier of what it bills."""

_BILLED, _OTHER, _NEAR_MISS = 18, 3, 21
_ENDPOINT, _HELP_DESK, _BUNDLE = 501, 310, 502

type Growth = Sequence[tuple[timedelta, int]]
"""From when after the month's beginning, how many machines have connected."""


def demo_scenario(present: date) -> Scenario:
    """Make the MSP for the two months before the present one.

    `present` is any date in GMT's present month.
    """
    third = present.replace(day=1)
    second = _month_before(third)
    first = _month_before(second)
    return Scenario(
        gravityzone=_gravityzone(first, second, third), connectwise=_connectwise(first, second)
    )


def demo_months(present: date) -> tuple[str, str, str]:
    """Name the months that the demo plays, the present one last, as `yyyy-mm`."""
    third = present.replace(day=1)
    second = _month_before(third)
    return f"{_month_before(second):%Y-%m}", f"{second:%Y-%m}", f"{third:%Y-%m}"


def demo_agreements(scenario: Scenario) -> Sequence[int]:
    """The agreements by which the demo's MSP bills, by id."""
    return [each.id for each in scenario.connectwise.agreements if each.type_id == _BILLED]


def _gravityzone(first: date, second: date, third: date) -> GravityZoneWorld:
    end = _midnight(second) - _midnight(first)
    late = end - timedelta(minutes=10)
    own = GravityZoneCompany(
        id=made_id("demo", "own"), name="Bright Lantern IT", parent_id=None, kind="partner"
    )
    partner = _company("Summit Peak IT", own.id, kind="partner")
    harbor = _company("Harbor Dental", own.id, minimum_usage=10)
    lakeside = _company("Lakeside Library", own.id)
    old_mill = _company("Old Mill Bakery", own.id)
    riverside = _company("Riverside Chiropractic", own.id, subscription_type=2)
    heron = _company("Blue Heron Brewing", own.id)
    cedar = _company("Cedar & Stone Architects", own.id)
    fox = _company("Fox Hollow Farm", own.id)
    granite = _company("Granite Peak Outfitters", own.id)
    juniper = _company("Juniper Law", partner.id)
    maple = _company("Maple Street Veterinary", partner.id)
    hour, day = timedelta(hours=1), timedelta(days=1)
    endpoints = [
        *_machines(
            harbor,
            (first, [(hour, 9), (2 * day, 12), (11 * day, 15), (20 * day, 18)]),
            (second, [(hour, 11), (2 * day, 18), (9 * day, 22), (23 * day, 26)]),
            (third, [(timedelta(seconds=20), 14)]),
        ),
        *_machines(
            lakeside,
            (first, [(9 * hour, 6)]),
            (second, [(9 * hour, 6)]),
            (third, [(timedelta(0), 6)]),
        ),
        *_machines(riverside, (first, [(7 * hour, 5)]), (second, [(7 * hour, 5)])),
        *_machines(heron, (first, [(8 * hour, 7)]), (second, [(8 * hour, 7)])),
        *_machines(cedar, (first, [(8 * hour, 10), (4 * day, 11)]), (second, [(8 * hour, 11)])),
        *_machines(
            fox,
            (first, [(5 * hour, 3), (16 * day, 5)]),
            (second, [(6 * hour, 5)]),
            (third, [(hour, 5)]),
        ),
        *_machines(
            granite, (first, [(10 * hour, 8), (3 * day, 9), (late, 10)]), (second, [(10 * hour, 9)])
        ),
        *_machines(partner, (first, [(6 * hour, 3)]), (second, [(6 * hour, 3)])),
        *_machines(juniper, (first, [(9 * hour, 12)]), (second, [(9 * hour, 12), (12 * day, 54)])),
        *_machines(maple, (first, [(14 * hour, 4), (8 * day, 6)]), (second, [(14 * hour, 5)])),
    ]
    below = (
        harbor,
        lakeside,
        old_mill,
        riverside,
        heron,
        cedar,
        fox,
        granite,
        partner,
        juniper,
        maple,
    )
    return GravityZoneWorld(companies=(own, *below), endpoints=tuple(endpoints))


def _connectwise(first: date, second: date) -> ConnectWiseWorld:
    customers = {
        100: ("HarborDental", "Harbor Dental"),
        101: ("LakesideLibrary", "Lakeside Library"),
        102: ("OldMillBakery", "Old Mill Bakery"),
        103: ("RiversideChiro", "Riverside Chiropractic"),
        104: ("BlueHeron", "Blue Heron brewing"),
        105: ("CedarStone", "Cedar & Stone Architects"),
        106: ("FoxHollow", "Fox Hollow Farm"),
        107: ("GranitePeak", "Granite Peak Outfitters"),
        108: ("SummitPeakIT", "Summit Peak IT"),
        109: ("JuniperLaw", "Juniper Law"),
        110: ("MapleStreetVet", "Maple Street Veterinary"),
    }
    since = date(first.year - 1, 1, 1)
    billed = [
        Agreement(
            id=2000 + company_id,
            name=f"{name} endpoint security",
            type_id=_BILLED,
            company_id=company_id,
            start=since,
            bill_start=first.replace(day=15) if name == "Fox Hollow Farm" else None,
            next_invoice_date=second,
        )
        for company_id, (_, name) in customers.items()
        if name != "Summit Peak IT"
    ]
    ended = Agreement(
        id=2090,
        name="Harbor Dental endpoint security (until last year)",
        type_id=_BILLED,
        company_id=100,
        start=date(first.year - 3, 1, 1),
        end=date(first.year - 2, 12, 31),
        no_ending=False,
        next_invoice_date=date(first.year - 1, 1, 1),
    )
    doubled = Agreement(
        id=2091,
        name="Cedar & Stone branch office",
        type_id=_BILLED,
        company_id=105,
        start=since,
        next_invoice_date=second,
    )
    help_desk = Agreement(
        id=2092,
        name="Harbor Dental help desk",
        type_id=_OTHER,
        company_id=100,
        start=since,
        prorate=True,
        next_invoice_date=second,
    )
    return ConnectWiseWorld(
        companies=(
            *(
                ConnectWiseCompany(id=one, identifier=short, name=name)
                for one, (short, name) in customers.items()
            ),
            ConnectWiseCompany(
                id=90, identifier="HarborDentalOld", name="Harbor Dental", deleted=True
            ),
        ),
        agreement_types=(
            AgreementType(id=_OTHER, name="Help Desk"),
            AgreementType(id=_BILLED, name=DEMO_AGREEMENT_TYPE),
            AgreementType(id=_NEAR_MISS, name=f"{DEMO_AGREEMENT_TYPE} Server"),
        ),
        products=(
            CatalogProduct(
                id=_ENDPOINT,
                identifier=DEMO_PRODUCT,
                description="Bitdefender GravityZone, per endpoint",
                unit_price=Decimal("4.50"),
                unit_cost=Decimal("1.85"),
            ),
            CatalogProduct(
                id=_BUNDLE,
                identifier=f"{DEMO_PRODUCT}-BUNDLE",
                description="Endpoint security and help desk",
                unit_price=Decimal("45.00"),
                unit_cost=Decimal("20.00"),
                product_class="Bundle",
            ),
            CatalogProduct(
                id=_HELP_DESK,
                identifier="HELP-DESK",
                description="Help desk, per seat",
                unit_price=Decimal("39.00"),
                unit_cost=Decimal("18.00"),
                taxable=False,
            ),
        ),
        agreements=(*billed, ended, doubled, help_desk),
        additions=(
            Addition(
                id=7001,
                agreement_id=help_desk.id,
                product_id=_HELP_DESK,
                quantity=Decimal(14),
                effective=since,
            ),
        ),
    )


def _company(
    name: str,
    parent_id: str,
    *,
    kind: str = "customer",
    subscription_type: int = 3,
    minimum_usage: int = 0,
) -> GravityZoneCompany:
    return GravityZoneCompany(
        id=made_id("demo", name),
        name=name,
        parent_id=parent_id,
        kind="partner" if kind == "partner" else "customer",
        subscription_type=subscription_type,
        minimum_usage=minimum_usage,
    )


def _machines(
    company: GravityZoneCompany, *months: tuple[date, Growth]
) -> list[GravityZoneEndpoint]:
    """Script a company's machines.

    Machine n connects when the month's count grows past n, and again a day later.
    """
    seen: dict[int, list[datetime]] = {}
    for month, growth in months:
        connected = 0
        for after, count in growth:
            instant = _midnight(month) + after
            for machine in range(connected, count):
                seen.setdefault(machine, []).append(instant)
                if (again := instant + timedelta(days=1)).month == month.month:
                    seen[machine].append(again)
            connected = count
    return [
        GravityZoneEndpoint(
            id=made_id("demo", company.name, str(machine)),
            company_id=company.id,
            name=f"{company.name.split()[0].upper()}-{machine + 1:02d}",
            seen=tuple(instants),
        )
        for machine, instants in sorted(seen.items())
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
