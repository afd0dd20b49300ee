"""The demo's check: expected Additions by the scenario and GravityZone's truth, and differences.

Nothing of Tally is used here: a rule that is wrong in Tally must not be wrong here in the same way.
"""

import calendar
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from local.simulator_clients import MonthCounts, TrueAddition, TrueCompany
from simulators.scenario import (
    MONTHLY_SUBSCRIPTION,
    Addition,
    Agreement,
    CatalogProduct,
    ConnectWiseWorld,
    Scenario,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The one Addition that a company must have for a month (`yyyy-mm`)."""

    company: str
    month: str
    agreement_id: int
    quantity: int
    effective: date
    cancelled: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The number of Additions compared, with missing ones, and each difference in words."""

    compared: int
    differences: Sequence[str]


def expected_additions(
    scenario: Scenario,
    counted: Sequence[TrueCompany],
    months: Sequence[str],
    *,
    agreement_type: str,
    today: date,
) -> Sequence[Expected]:
    """Return every Addition there must be once `months` are billed.

    The last month is still running on `today`, and has the count so far. A month that is over has
    its final count.
    """
    counts = {company.id: company.months for company in counted}
    agreements = list(_agreements_of_type(scenario.connectwise, agreement_type))
    return [
        expected
        for customer in _billable(scenario)
        for month in months
        if (
            expected := _expected(
                customer, month, counts[customer.id].get(month), agreements, today
            )
        )
    ]


def compare(
    scenario: Scenario,
    expected: Sequence[Expected],
    actual: Sequence[TrueAddition],
    *,
    product: str,
) -> Comparison:
    """Compare every Addition that is or was in ConnectWise with the expected ones."""
    world = scenario.connectwise
    before = {addition.id for addition in world.additions}
    places = _by_place(addition for addition in actual if addition.id not in before)
    wanted = {(each.agreement_id, each.month): each for each in expected}
    catalog = next(each for each in world.products if each.identifier == product)
    differences = [
        *_differences_of_others(world.additions, actual),
        *(
            line
            for place, each in wanted.items()
            for line in _differences(each, places.get(place, ()), catalog)
        ),
        *_superfluous(places, wanted, _owners(world)),
    ]
    missing = len(wanted.keys() - places.keys())
    return Comparison(compared=len(actual) + missing, differences=differences)


def _superfluous(
    places: Mapping[tuple[int, str], Sequence[TrueAddition]],
    wanted: Collection[tuple[int, str]],
    owners: Mapping[int, str],
) -> Iterator[str]:
    for place, additions in places.items():
        if place not in wanted:
            for addition in additions:
                owner = owners.get(addition.agreement_id, "nobody")
                yield f"{owner}: {_named(addition)} must not exist."


def _by_place(additions: Iterable[TrueAddition]) -> Mapping[tuple[int, str], list[TrueAddition]]:
    places: defaultdict[tuple[int, str], list[TrueAddition]] = defaultdict(list)
    for addition in additions:
        places[addition.agreement_id, _month_of(addition.effective)].append(addition)
    return places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Customer:
    id: str
    name: str
    connectwise_id: int


def _billable(scenario: Scenario) -> Iterator[_Customer]:
    """Customers with a monthly subscription and a name that is unique on both sides."""
    here = Counter(company.name for company in scenario.gravityzone.companies)
    there: defaultdict[str, list[int]] = defaultdict(list)
    for each in scenario.connectwise.companies:
        if not each.deleted:
            there[each.name].append(each.id)
    for company in scenario.gravityzone.companies:
        monthly = company.kind == "customer" and company.subscription_type == MONTHLY_SUBSCRIPTION
        if monthly and here[company.name] == 1 and len(there[company.name]) == 1:
            yield _Customer(id=company.id, name=company.name, connectwise_id=there[company.name][0])


def _expected(
    customer: _Customer,
    month: str,
    counts: MonthCounts | None,
    agreements: Sequence[Agreement],
    today: date,
) -> Expected | None:
    first, last = _days(month)
    active = [
        each
        for each in agreements
        if each.company_id == customer.connectwise_id and _active(each, min(last, today))
    ]
    if len(active) != 1 or active[0].billing_cycle != "Monthly":
        return None
    agreement = active[0]
    effective = max(first, agreement.start, agreement.bill_start or agreement.start)
    if effective > min(last, today):
        return None
    counted = counts or MonthCounts(count=0, final=0)
    return Expected(
        company=customer.name,
        month=month,
        agreement_id=agreement.id,
        quantity=counted.final if last < today else counted.count,
        effective=effective,
        cancelled=last,
    )


def _agreements_of_type(world: ConnectWiseWorld, agreement_type: str) -> Iterator[Agreement]:
    types = {each.id for each in world.agreement_types if each.name == agreement_type}
    return (agreement for agreement in world.agreements if agreement.type_id in types)


def _active(agreement: Agreement, day: date) -> bool:
    return (
        not agreement.cancelled
        and agreement.start <= day
        and (agreement.end is None or day <= agreement.end)
    )


def _differences(
    wanted: Expected, found: Sequence[TrueAddition], catalog: CatalogProduct
) -> Iterator[str]:
    title = f"{wanted.company}, {wanted.month}"
    if not found:
        yield f"{title}: there is no Addition; quantity {wanted.quantity} must be billed."
    if len(found) > 1:
        yield f"{title}: {', '.join(map(_named, found))} are there, where one must be."
    for addition in found:
        facts: Mapping[str, tuple[object, object]] = {
            "product": (addition.product, catalog.identifier),
            "quantity": (addition.quantity, wanted.quantity),
            "effective date": (addition.effective, wanted.effective),
            "cancelled date": (addition.cancelled, wanted.cancelled),
            "billing": (addition.fields["billCustomer"], "Billable"),
            "unit price": (addition.fields["unitPrice"], float(catalog.unit_price)),
        }
        yield from _unlike(title, addition, facts)


def _differences_of_others(
    before: Sequence[Addition], actual: Sequence[TrueAddition]
) -> Iterator[str]:
    """Additions that stood there before Tally came are none of its business."""
    for other in before:
        addition = next(each for each in actual if each.id == other.id)
        facts: Mapping[str, tuple[object, object]] = {
            "quantity": (addition.quantity, other.quantity),
            "effective date": (addition.effective, other.effective),
            "cancelled date": (addition.cancelled, other.cancelled),
        }
        yield from _unlike("Not Tally's", addition, facts)


def _unlike(
    title: str, addition: TrueAddition, facts: Mapping[str, tuple[object, object]]
) -> Iterator[str]:
    if addition.deleted_at is not None:
        yield f"{title}: Addition {addition.id} was deleted."
    for name, (is_there, must_be) in facts.items():
        if is_there != must_be:
            yield (
                f"{title}: Addition {addition.id} has the {name} {_shown(is_there)}; it must be "
                f"{_shown(must_be)}."
            )


def _owners(world: ConnectWiseWorld) -> Mapping[int, str]:
    names = {company.id: company.name for company in world.companies}
    return {agreement.id: names[agreement.company_id] for agreement in world.agreements}


def _named(addition: TrueAddition) -> str:
    quantity, effective = _shown(addition.quantity), _shown(addition.effective)
    return (
        f"Addition {addition.id} (quantity {quantity}, from {effective} to "
        f"{_shown(addition.cancelled)})"
    )


def _shown(value: object) -> str:
    return "none" if value is None else str(value).removesuffix(".0")


def _days(month: str) -> tuple[date, date]:
    first = date.fromisoformat(f"{month}-01")
    return first, first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _month_of(day: date | None) -> str:
    return "" if day is None else f"{day:%Y-%m}"
