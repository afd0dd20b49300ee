"""The totals of partners: those below at any depth are in them, unless an option has them lie."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.gravityzone import GravityZoneSimulator, TotalsTold
from simulators.gravityzone.options import TotalsKind
from simulators.gravityzone.usage import Counter
from tests.simulators.gravityzone_world import NOW, Client

MONTH, TARGET = "2026-11", "11/2026"
EARLY = NOW - timedelta(days=8)


class Tree:
    """Two partners below the MSP, one with a sub-partner; everybody has machines.

    The MSP 1, north 2 with harbor 4 and inner 8 with deep 16, south 32 with quay 64; direct 128.
    """

    def __init__(self) -> None:
        self.gravityzone = GravityZoneSimulator(VirtualClock(NOW))
        self.tenant, self.truth = self.gravityzone.tenant, self.gravityzone.truth
        self.options = self.gravityzone.options
        self.client = Client(self.gravityzone)
        self.own = self.tenant.own.id
        self.north = self.tenant.add_company("North IT", kind="partner")
        self.harbor = self.tenant.add_company("Harbor Dental", parent_id=self.north)
        self.inner = self.tenant.add_company("Inner IT", parent_id=self.north, kind="partner")
        self.deep = self.tenant.add_company("Deep Optics", parent_id=self.inner)
        self.south = self.tenant.add_company("South IT", kind="partner")
        self.quay = self.tenant.add_company("Quay Freight", parent_id=self.south)
        self.direct = self.tenant.add_company("Direct Foods")
        for power, company in enumerate((self.own, *self.below)):
            self.tenant.check_in_new(company, 2**power, at=EARLY)

    @property
    def below(self) -> tuple[str, ...]:
        """All but the MSP, from the top to the bottom."""
        return (
            self.north,
            self.harbor,
            self.inner,
            self.deep,
            self.south,
            self.quay,
            self.direct,
        )

    def usage(self, company: str | None) -> Mapping[str, Any]:
        """Ask for the usage of the month."""
        params = {"targetMonth": TARGET} | ({"companyId": company} if company else {})
        answer: Mapping[str, Any] = self.client.call("licensing", "getMonthlyUsage", params)
        return answer

    def total(self, company: str | None) -> int:
        """Ask for the number of endpoints."""
        count: int = self.usage(company)["endpointMonthlyUsage"]
        return count

    def totals(self) -> tuple[int, ...]:
        """Ask the MSP, north, inner and south."""
        return tuple(map(self.total, (self.own, self.north, self.inner, self.south)))

    def control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Make a control call."""
        answer = self.gravityzone.control(
            method, f"/_sim/{path}", b"" if body is None else json.dumps(body).encode()
        )
        assert answer.status == 200
        return json.loads(answer.body)


@pytest.fixture
def tree() -> Tree:
    return Tree()


def test_a_total_has_all_below_it_at_any_depth(tree: Tree) -> None:
    """Own machines and all below; the root by its id as without one; the truth is the same."""
    assert tree.totals() == (255, 2 + 4 + 8 + 16, 8 + 16, 32 + 64)
    assert tree.total(None) == 255
    for company in (tree.own, *tree.below):
        assert tree.total(company) == tree.truth.total(company, MONTH)
    assert tree.truth.count(tree.own, MONTH) == 1


def test_a_total_has_every_counter_of_every_product_type(tree: Tree) -> None:
    """The whole vector of a total is that of all below it, per product type too."""
    edr = tree.tenant.add_endpoint(tree.deep, product_type=3, counters=("edrMonthlyUsage",))
    tree.tenant.check_in(edr)
    for company in (None, tree.own, tree.north, tree.inner, tree.deep):
        params = {"targetMonth": TARGET} | ({"companyId": company} if company else {})
        answer = tree.client.call("licensing", "getMonthlyUsagePerProductType", params)
        told = {
            Counter(entry["productType"], name): count
            for entry in answer["usages"]
            for name, count in entry.items()
            if name not in {"productType", "minimumUsage"} and count
        }
        assert told == tree.truth.totals(company or tree.own, MONTH)
        assert told[Counter(3, "edrMonthlyUsage")] == 1
    assert tree.truth.total(tree.north, MONTH, counter="edrMonthlyUsage", product_type=3) == 1
    assert tree.truth.total(tree.south, MONTH, counter="edrMonthlyUsage", product_type=3) == 0


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("true", (255, 30, 24, 96)),
        ("own alone", (1, 2, 8, 32)),
        ("no sub-partners", (1 + 128, 2 + 4, 24, 96)),
        ("zero", (0, 0, 0, 0)),
    ],
)
def test_totals_leave_out_who_they_are_told_to(
    tree: Tree, kind: TotalsKind, told: tuple[int, ...]
) -> None:
    """Totals may leave children out, or always be 0; customers and the truth stay as they are."""
    tree.options.totals = TotalsTold(kind=kind)
    assert tree.totals() == told
    assert [tree.total(each) for each in (tree.harbor, tree.deep)] == [4, 16]
    assert tree.truth.total(tree.own, MONTH) == 255


def test_totals_come_late(tree: Tree) -> None:
    """A total that lags shows a child's rise only when so much time has passed."""
    tree.options.totals = TotalsTold(kind="late", lag_seconds=3600)
    tree.tenant.check_in_new(tree.deep, 1)
    assert (tree.total(tree.deep), tree.totals()) == (17, (255, 30, 24, 96))
    tree.gravityzone.clock.advance(timedelta(seconds=3599))
    assert tree.totals() == (255, 30, 24, 96)
    tree.gravityzone.clock.advance(timedelta(seconds=1))
    assert tree.totals() == (256, 31, 25, 96)


def test_one_partner_lies_alone(tree: Tree) -> None:
    """A lie of one partner is in nobody else's totals; its own goes before everybody's."""
    tree.options.totals_of = {tree.north: TotalsTold(kind="zero")}
    assert tree.totals() == (255, 0, 24, 96)
    tree.options.totals = TotalsTold(kind="own alone")
    assert tree.totals() == (1, 0, 8, 32)


def test_totals_of_a_billed_partner_stay_true(tree: Tree) -> None:
    """READ-4: its total less its children's is its own count, so theirs are true as well."""
    tree.options.totals = TotalsTold(kind="zero")
    tree.options.totals_true_of = frozenset({tree.north})
    assert tree.totals() == (0, 30, 24, 0)
    assert tree.total(tree.north) - tree.total(tree.harbor) - tree.total(tree.inner) == 2
    tree.tenant.move_company(tree.inner, tree.own)
    assert tree.totals() == (0, 6, 0, 0)


def test_a_moved_company_takes_its_usage_along_or_leaves_it(tree: Tree) -> None:
    """Unknown of live tenants: the usage before the move goes to the new partner, or stays."""
    tree.tenant.move_company(tree.inner, tree.south)
    tree.tenant.check_in_new(tree.deep, 1)
    assert tree.totals() == (256, 6, 25, 96 + 25)
    tree.options.moved_usage = "stays"
    assert tree.totals() == (256, 30, 25, 97)
    assert tree.truth.total(tree.south, MONTH) == 121
    tree.tenant.move_company(tree.deep, tree.own)
    assert tree.totals() == (256, 30, 25, 97)


def test_a_company_that_returns_has_left_its_usage_where_it_was_counted(tree: Tree) -> None:
    """Each part of its usage stays in the totals of those it stood below when it was counted."""
    tree.options.moved_usage = "stays"
    tree.tenant.move_company(tree.harbor, tree.south)
    tree.tenant.check_in_new(tree.harbor, 3)
    tree.tenant.move_company(tree.harbor, tree.north)
    tree.tenant.check_in_new(tree.harbor, 5)
    assert tree.totals() == (255 + 8, 30 + 5, 24, 96 + 3)
    assert tree.total(tree.harbor) == 12


@pytest.mark.parametrize("moved", [False, True])
def test_a_deleted_companys_usage_stays_or_goes(tree: Tree, moved: bool) -> None:
    """It stays in the totals above, or goes from all of them; the truth tells both."""
    if moved:
        tree.options.moved_usage = "stays"
        tree.tenant.move_company(tree.deep, tree.south)
        tree.tenant.move_company(tree.deep, tree.inner)
    tree.tenant.delete_company(tree.deep)
    assert tree.totals() == (255, 30, 24, 96)
    tree.options.deleted_usage = "goes"
    assert tree.totals() == (239, 14, 8, 96)
    endpoints = Counter(0, "endpointMonthlyUsage")
    assert tree.truth.totals(tree.north, MONTH)[endpoints] == 30
    assert tree.truth.totals(tree.north, MONTH, deleted=False)[endpoints] == 14


def test_a_moved_machine_counts_once_in_a_total(tree: Tree) -> None:
    """The second company's count rises and the total of a partner above both does not."""
    tree.options.moved_machines = "once"
    (machine,) = tree.tenant.check_in_new(tree.harbor)
    before = tree.totals()
    for company in (tree.deep, tree.direct, tree.deep):
        tree.tenant.move_endpoint(machine, company)
        tree.tenant.check_in(machine)
    assert [tree.total(each) for each in (tree.harbor, tree.deep, tree.direct)] == [5, 17, 129]
    assert tree.totals() == (before[0], before[1], before[2] + 1, before[3])
    assert tree.truth.total(tree.own, MONTH) == before[0] + 2
    tree.options.moved_machines = "each"
    assert tree.totals() == (before[0] + 2, before[1] + 1, before[2] + 1, before[3])


def test_a_moved_machine_takes_its_usage_along(tree: Tree) -> None:
    """One count falls and another rises at one moment, the total does not move, and what was so
    until then stays so.
    """
    (machine,) = tree.tenant.check_in_new(tree.harbor, at=EARLY)
    tree.tenant.check_in(machine, EARLY - timedelta(days=10))
    tree.tenant.check_in(machine, NOW + timedelta(days=1))
    before = tree.totals()
    tree.tenant.move_endpoint(machine, tree.direct, along=True)
    for days in (0, 2):
        tree.gravityzone.clock.set(NOW + timedelta(days=days))
        assert [tree.total(each) for each in (tree.harbor, tree.direct)] == [4, 129]
        assert tree.totals()[0] == before[0]
    until = NOW - timedelta(seconds=1)
    assert tree.truth.count(tree.harbor, MONTH, until) == 5
    assert tree.truth.count(tree.direct, MONTH, until) == 128
    assert tree.truth.final_count(tree.harbor, MONTH) == 4
    assert tree.truth.count(tree.harbor, "2026-10") == 1
    tree.tenant.move_endpoint(machine, tree.harbor, along=True)
    tree.tenant.check_in(machine)
    assert [tree.total(each) for each in (tree.harbor, tree.direct)] == [5, 128]


def test_a_report_on_its_way_goes_along_too(tree: Tree) -> None:
    """A late report that has not been counted yet counts in the new company when it is in."""
    (machine,) = tree.tenant.check_in_new(tree.harbor, lag=timedelta(hours=5))
    tree.tenant.move_endpoint(machine, tree.direct, along=True)
    assert [tree.total(each) for each in (tree.harbor, tree.direct)] == [4, 128]
    tree.gravityzone.clock.advance(timedelta(hours=5))
    assert [tree.total(each) for each in (tree.harbor, tree.direct)] == [4, 129]


def test_totals_are_made_to_lie_by_control_calls(tree: Tree) -> None:
    """All of it can be ordered from outside, by names or ids, and the truth be asked."""
    tree.control("PATCH", "options", {"totals": {"kind": "late", "lag_seconds": 60}})
    told = tree.control(
        "PATCH",
        "options",
        {
            "totals_of": {"North IT": {"kind": "zero"}, tree.south: {"kind": "own alone"}},
            "totals_true_of": ["Inner IT"],
            "moved_usage": "stays",
            "deleted_usage": "goes",
            "moved_machines": "once",
        },
    )
    assert told["totals"] == {"kind": "late", "lag_seconds": 60}
    assert tree.options.totals == TotalsTold(kind="late", lag_seconds=60)
    assert tree.totals() == (255, 0, 24, 32)
    assert (tree.options.moved_usage, tree.options.deleted_usage) == ("stays", "goes")
    assert tree.options.moved_machines == "once"
    machine = tree.tenant.endpoints_of(tree.direct)[0].id
    tree.control("PATCH", "machines", {"machine": machine, "company": "Deep Optics", "along": True})
    truth = tree.control("GET", "truth")
    assert truth["own"]["months"][MONTH] == {"count": 1, "final": 1, "total": 255}
    totals = {one["name"]: one["months"][MONTH]["total"] for one in truth["companies"]}
    assert (totals["North IT"], totals["Direct Foods"]) == (31, 127)
    tree.control("PATCH", "options", {"totals": {}, "totals_of": {}})
    assert tree.totals() == (255, 31, 25, 96)


@pytest.mark.parametrize(
    "wrong", [{"kind": "mostly"}, {"kind": "late", "lag_seconds": -1}, {"lag": 3}]
)
def test_a_lie_that_nobody_knows_is_refused(tree: Tree, wrong: object) -> None:
    """A kind or a lag that there is not is no order."""
    with pytest.raises(ValueError, match="totals"):
        tree.gravityzone.control("PATCH", "/_sim/options", json.dumps({"totals": wrong}).encode())
