"""How machines are counted: once a GMT month, in the company they belonged to, sub-companies in
their parents.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.core import Request
from simulators.gravityzone import MISSING, GravityZoneSimulator

type Json = Any
"""A value read from JSON, or put into it."""

START = datetime(2026, 10, 1, tzinfo=UTC)
LAST_MINUTES = datetime(2026, 10, 31, 23, 50, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
HEADERS = {"authorization": "Basic a2V5Og=="}


@pytest.fixture
def gravityzone() -> GravityZoneSimulator:
    return GravityZoneSimulator(VirtualClock(START))


@pytest.fixture
def harbor(gravityzone: GravityZoneSimulator) -> str:
    return gravityzone.tenant.add_company("Harbor Dental", minimum_usage=5)


def usage(
    gravityzone: GravityZoneSimulator,
    company: str | None,
    month: Json = "10/2026",
    method: str = "",
) -> Json:
    """Ask for a month's usage; gives the result, or the error."""
    params = {
        name: value
        for name, value in (("companyId", company), ("targetMonth", month))
        if value is not None
    }
    body = {"id": 1, "jsonrpc": "2.0", "method": method or "getMonthlyUsage", "params": params}
    answer = gravityzone.handle(
        Request("POST", "/api/v1.0/jsonrpc/licensing", {}, HEADERS, json.dumps(body).encode())
    )
    payload = json.loads(answer.body)
    return payload["result"] if "result" in payload else payload["error"]


def endpoints(
    gravityzone: GravityZoneSimulator, company: str, month: str | None = "10/2026"
) -> int:
    """Ask for the number of endpoints."""
    count: int = usage(gravityzone, company, month)["endpointMonthlyUsage"]
    return count


def test_machine_counts_once_a_month(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """However often a machine connects, it is one endpoint of the month, and of each month it
    connects in.
    """
    machine = gravityzone.tenant.add_endpoint(harbor)
    assert endpoints(gravityzone, harbor) == 0
    for day in (0, 1, 9, 40):
        gravityzone.tenant.check_in(machine, START + timedelta(days=day))
    gravityzone.clock.set(NOVEMBER + timedelta(days=20))
    assert endpoints(gravityzone, harbor) == 1
    assert endpoints(gravityzone, harbor, "11/2026") == 1
    assert endpoints(gravityzone, harbor, "09/2026") == 0


def test_count_follows_the_clock(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """Scripted connections count when their time comes, and a clock set back takes them away
    again.
    """
    gravityzone.tenant.check_in_new(harbor, 2, at=START + timedelta(days=1))
    gravityzone.tenant.check_in_new(harbor, 3, at=START + timedelta(days=5))
    seen = []
    for day in (0, 1, 4, 5):
        gravityzone.clock.set(START + timedelta(days=day))
        seen.append(endpoints(gravityzone, harbor))
    assert seen == [0, 2, 2, 5]
    gravityzone.clock.set(START + timedelta(days=2), backwards=True)
    assert endpoints(gravityzone, harbor) == 2


def test_month_is_reset_at_midnight_gmt(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """23:50 GMT on the last day is still the old month; without targetMonth midnight shows the new
    one, near empty.
    """
    gravityzone.tenant.check_in_new(harbor, 1, at=LAST_MINUTES)
    gravityzone.clock.set(NOVEMBER - timedelta(seconds=1))
    assert endpoints(gravityzone, harbor, None) == 1
    gravityzone.clock.set(NOVEMBER)
    assert endpoints(gravityzone, harbor, None) == 0
    assert endpoints(gravityzone, harbor, "10/2026") == 1


@pytest.mark.parametrize(
    "month", ["2026-10", "10-2026", "1/2026", "13/2026", "10/26", "", 10, " 10/2026", "10/2026\n"]
)
def test_target_month_has_one_format(
    gravityzone: GravityZoneSimulator, harbor: str, month: Json
) -> None:
    """Anything but mm/yyyy is invalid params."""
    error = usage(gravityzone, harbor, month)
    assert (error["code"], error["message"]) == (-32602, "Invalid params")
    assert error["data"]["details"] == "Invalid value for 'targetMonth' parameter."


def test_unknown_company_is_an_error(gravityzone: GravityZoneSimulator) -> None:
    """A company that does not exist is not a company with nothing."""
    assert usage(gravityzone, "f" * 24)["code"] == -32602


def test_answer_repeats_every_counter(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """All counters are there, spelled as documented; the endpoint stands in its a-la-carte counter
    too.
    """
    gravityzone.tenant.check_in_new(harbor, 13)
    answer = usage(gravityzone, harbor)
    assert answer["minimumUsage"] == {"endpointMonthlyUsage": 5}
    assert (answer["endpointMonthlyUsage"], answer["aLaCarteMonthlyUsage"]) == (13, 13)
    assert (
        answer["mspSecureMonthlyUsage"]
        == answer["integrityMonitoring90DaysUsage"]
        == answer["sveVdiMonthlyUsage"]
        == 0
    )
    gravityzone.options.older_spelling = True
    older = usage(gravityzone, harbor)
    assert older["aLaCarteMonhtlyUsage"] == 13
    assert "aLaCarteMonthlyUsage" not in older


def test_further_counters_overlap(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """An add-on is counted beside the endpoint, not instead of it."""
    gravityzone.tenant.check_in_new(harbor, 4)
    patched = gravityzone.tenant.add_endpoint(harbor, counters=("patchManagementMonthlyUsage",))
    gravityzone.tenant.check_in(patched)
    answer = usage(gravityzone, harbor)
    assert (answer["endpointMonthlyUsage"], answer["patchManagementMonthlyUsage"]) == (5, 1)


def test_product_types_each_have_the_full_set(
    gravityzone: GravityZoneSimulator, harbor: str
) -> None:
    """Every entry repeats every counter, zeros included: adding up is right, merging loses
    numbers.
    """
    gravityzone.tenant.check_in_new(harbor, 2)
    edr = gravityzone.tenant.add_endpoint(harbor, product_type=3, counters=("edrMonthlyUsage",))
    gravityzone.tenant.check_in(edr)
    usages = usage(gravityzone, harbor, method="getMonthlyUsagePerProductType")["usages"]
    assert [
        (one["productType"], one["endpointMonthlyUsage"], one["edrMonthlyUsage"]) for one in usages
    ] == [
        (0, 2, 0),
        (3, 1, 1),
        (5, 0, 0),
    ]
    assert len({frozenset(one) for one in usages}) == 1
    assert endpoints(gravityzone, harbor) == 2


def per_type(gravityzone: GravityZoneSimulator, company: str) -> list[tuple[int, int]]:
    """Ask for the endpoints of each product type, entry by entry."""
    usages = usage(gravityzone, company, method="getMonthlyUsagePerProductType")["usages"]
    return [(one["productType"], one["endpointMonthlyUsage"]) for one in usages]


def test_product_types_can_be_left_out_or_repeated(
    gravityzone: GravityZoneSimulator, harbor: str
) -> None:
    """What nobody knows of live tenants is an option: entries for what is used alone, or two
    entries of one type.
    """
    gravityzone.tenant.check_in(gravityzone.tenant.add_endpoint(harbor, product_type=3))
    assert per_type(gravityzone, harbor) == [(0, 0), (3, 1), (5, 0)]
    gravityzone.options.types_in_use_only = True
    assert per_type(gravityzone, harbor) == [(3, 1)]
    gravityzone.options.types_repeated = True
    assert per_type(gravityzone, harbor) == [(3, 1), (3, 0)]
    gravityzone.tenant.override_counter(
        harbor, "2026-10", "endpointMonthlyUsage", 8, product_type=3
    )
    assert per_type(gravityzone, harbor) == [(3, 8), (3, 0)]


def test_product_types_of_the_month_alone_and_of_monthly_licences_alone(
    gravityzone: GravityZoneSimulator, harbor: str
) -> None:
    """Per product type the month, the licence and the sub-companies are what they are without: no
    other truth.
    """
    gravityzone.tenant.check_in(gravityzone.tenant.add_endpoint(harbor, product_type=3))
    november = usage(gravityzone, harbor, "11/2026", method="getMonthlyUsagePerProductType")[
        "usages"
    ]
    assert [one["endpointMonthlyUsage"] for one in november] == [0, 0, 0]
    assert per_type(gravityzone, gravityzone.tenant.own.id) == [(0, 0), (3, 1), (5, 0)]
    assert (
        usage(gravityzone, harbor, "2026-10", method="getMonthlyUsagePerProductType")["code"]
        == -32602
    )
    gravityzone.tenant.change_subscription(harbor, 2)
    assert per_type(gravityzone, harbor) == [(0, 0), (3, 0), (5, 0)]


def test_parent_includes_its_sub_companies(gravityzone: GravityZoneSimulator) -> None:
    """A partner's counters are its own machines and those of everybody below, also of one deleted
    since.
    """
    tenant = gravityzone.tenant
    partner = tenant.add_company("Summit Peak IT", kind="partner")
    juniper = tenant.add_company("Juniper Law", parent_id=partner)
    inner = tenant.add_company("Foothill IT", parent_id=partner, kind="partner")
    maple = tenant.add_company("Maple Street Veterinary", parent_id=inner)
    yearly = tenant.add_company("Riverside Chiropractic", parent_id=partner, subscription_type=2)
    for company, count in ((partner, 3), (juniper, 10), (inner, 1), (maple, 5), (yearly, 50)):
        tenant.check_in_new(company, count)
    assert [endpoints(gravityzone, one) for one in (partner, inner, maple)] == [19, 6, 5]
    assert (
        endpoints(gravityzone, tenant.own.id)
        == usage(gravityzone, None)["endpointMonthlyUsage"]
        == 19
    )
    assert (
        gravityzone.truth.count(partner, "2026-10"),
        gravityzone.truth.total(partner, "2026-10"),
    ) == (3, 19)
    tenant.delete_company(maple)
    assert endpoints(gravityzone, partner) == 19
    tenant.move_company(juniper, tenant.own.id)
    assert endpoints(gravityzone, partner) == 9


def test_company_without_a_monthly_licence_answers_zero(
    gravityzone: GravityZoneSimulator, harbor: str
) -> None:
    """Zeros, not an error: a true zero and no licence look the same here."""
    gravityzone.tenant.check_in_new(harbor, 7)
    gravityzone.tenant.change_subscription(harbor, 2)
    assert endpoints(gravityzone, harbor) == 0
    assert gravityzone.truth.count(harbor, "2026-10") == 7


def test_moved_machine_counts_in_both_companies(
    gravityzone: GravityZoneSimulator, harbor: str
) -> None:
    """What a machine has connected stays counted where it was; what was scripted goes with it."""
    tenant = gravityzone.tenant
    lakeside = tenant.add_company("Lakeside Library")
    machine = tenant.add_endpoint(harbor)
    tenant.check_in(machine, START)
    tenant.check_in(machine, START + timedelta(days=9))
    tenant.check_in(machine, NOVEMBER)
    gravityzone.clock.set(START + timedelta(days=2))
    tenant.move_endpoint(machine, lakeside)
    gravityzone.clock.set(NOVEMBER)
    assert (endpoints(gravityzone, harbor), endpoints(gravityzone, lakeside)) == (1, 1)
    assert (
        endpoints(gravityzone, harbor, "11/2026"),
        endpoints(gravityzone, lakeside, "11/2026"),
    ) == (0, 1)


def test_removed_machine_lowers_no_count(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """A machine that disappears stays in the month it connected in, and comes in no later one."""
    machine = gravityzone.tenant.add_endpoint(harbor)
    gravityzone.tenant.check_in(machine, START)
    gravityzone.tenant.check_in(machine, NOVEMBER)
    gravityzone.tenant.remove_endpoint(machine)
    gravityzone.clock.set(NOVEMBER)
    assert (endpoints(gravityzone, harbor), endpoints(gravityzone, harbor, "11/2026")) == (1, 0)


def test_late_report_raises_the_old_month(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """A connection may be counted later than it was, after its month's end too; an earlier report
    of it wins.
    """
    (machine,) = gravityzone.tenant.check_in_new(harbor, at=LAST_MINUTES, lag=timedelta(hours=5))
    gravityzone.clock.set(NOVEMBER + timedelta(hours=4))
    assert endpoints(gravityzone, harbor) == gravityzone.truth.count(harbor, "2026-10") == 0
    assert gravityzone.truth.final_count(harbor, "2026-10") == 1
    gravityzone.clock.set(NOVEMBER + timedelta(hours=5))
    assert endpoints(gravityzone, harbor) == gravityzone.truth.count(harbor, "2026-10") == 1
    gravityzone.tenant.check_in(machine, START)
    assert gravityzone.truth.count(harbor, "2026-10", START) == 1
    assert gravityzone.truth.final_count(harbor, "2026-10") == 1


@pytest.mark.parametrize("value", [-1, "12", 3.5, None, 0])
def test_counter_can_lie(gravityzone: GravityZoneSimulator, harbor: str, value: Json) -> None:
    """Any value can be put in a counter's place, for that company and month alone; the truth does
    not move.
    """
    gravityzone.tenant.check_in_new(harbor, 7)
    gravityzone.tenant.override_counter(harbor, "2026-10", "endpointMonthlyUsage", value)
    assert usage(gravityzone, harbor)["endpointMonthlyUsage"] == value
    assert usage(gravityzone, harbor)["aLaCarteMonthlyUsage"] == 7
    assert endpoints(gravityzone, harbor, "11/2026") == 0
    assert gravityzone.truth.count(harbor, "2026-10") == 7
    gravityzone.tenant.clear_overrides()
    assert endpoints(gravityzone, harbor) == 7


def test_counter_can_be_missing(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """A counter can be left out, and a floor that nobody committed to is not there."""
    gravityzone.tenant.override_counter(harbor, "2026-10", "endpointMonthlyUsage", MISSING)
    assert "endpointMonthlyUsage" not in usage(gravityzone, harbor)
    lakeside = gravityzone.tenant.add_company("Lakeside Library", minimum_usage=None)
    assert "minimumUsage" not in usage(gravityzone, lakeside)


def test_truth_names_its_companies(gravityzone: GravityZoneSimulator, harbor: str) -> None:
    """Truth leaves out the key's own company and deleted ones, and finds a company by a name that
    is unique.
    """
    again = gravityzone.tenant.add_company("Harbor Dental")
    with pytest.raises(LookupError, match="2 companies are named 'Harbor Dental'"):
        gravityzone.truth.company_id("Harbor Dental")
    gravityzone.tenant.delete_company(again)
    assert gravityzone.truth.company_id("Harbor Dental") == harbor
    assert [one.id for one in gravityzone.truth.companies()] == [harbor]


def test_ids_are_the_same_every_time() -> None:
    """Two worlds built alike have the same ids: a seed decides everything."""
    worlds = [GravityZoneSimulator(VirtualClock(START)) for _ in range(2)]
    made = [
        (one.tenant.add_company("Harbor Dental"), one.tenant.check_in_new(one.tenant.own.id, 2))
        for one in worlds
    ]
    assert made[0] == made[1]
    assert all(len(made_id) == 24 for made_id in (made[0][0], *made[0][1]))
