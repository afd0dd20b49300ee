"""Whatever goes wrong with one company while it is planned, written or sent: its own standing says
so, and it stops nobody.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tally.domain.model.standing import WHOLE_COMPANY, Standing, StandingState
from tally.errors import ContractError, IncompletePlanError, SetupError, TallyError, TransientError
from tally.ledger.standings_in_bulk import attempt, saved_all
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.stored_world import StoredWorld, stored_world

pytestmark = pytest.mark.slow

FIRST = gmt("2026-11-01 00:05")
QUARTER = timedelta(minutes=15)


@pytest.fixture
def stored() -> Iterator[StoredWorld]:
    with stored_world(gmt("2026-11-01 00:00")) as world:
        yield world


def _three(world: World) -> list[Customer]:
    customers = [
        world.add_customer(name) for name in ("Anchor Law", "Harbor Dental", "Zenith Foods")
    ]
    for customer in customers:
        world.check_in(customer, 4)
    return customers


def _states(world: World, customers: list[Customer]) -> list[StandingState]:
    return [world.standing(each).shown.state for each in customers]


FAILING, BILLING = StandingState.FAILING, StandingState.BILLING


@pytest.mark.parametrize("where", ["plan_company", "next_standing"])
@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError("deep"), OverflowError("date"), TransientError("busy")]
)
def test_error_of_ours(
    world: World, monkeypatch: pytest.MonkeyPatch, where: str, error: Exception
) -> None:
    """SAFE-5, SAFE-7: an error of ours while one company is planned is its `failing`; the tick has
    not failed.
    """
    anchor, harbor, zenith = _three(world)
    real: Callable[..., Any] = getattr(
        __import__("tally.planner.one_by_one", fromlist=[where]), where
    )

    def odd(company: Any, *others: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        if company.id == harbor.id:
            raise error
        return real(company, *others)

    monkeypatch.setattr(f"tally.planner.one_by_one.{where}", odd)
    planned = world.tick(FIRST)
    world.work()
    assert planned.jobs == 2
    assert [harbor.id in each for each in planned.troubles] == [True]
    assert planned.vitals is not None
    assert planned.vitals.companies["failing"] == 1
    assert _states(world, [anchor, harbor, zenith]) == [BILLING, FAILING, BILLING]
    told = world.standing(harbor).shown
    assert (
        str(error) if isinstance(error, TallyError) else f"{error!r} in test_one_company.py"
    ) in told.reason
    assert told.since == FIRST
    world.play(FIRST + QUARTER)
    assert world.standing(harbor).shown.since == FIRST
    monkeypatch.undo()
    world.play(FIRST + 2 * QUARTER)
    assert _states(world, [anchor, harbor, zenith]) == [BILLING] * 3


class _PickyLedger:
    """A ledger that does not take one company's standing while it is long, or at all."""

    def __init__(self, inner: Any, company_id: str, error: TallyError, *, shortest: int) -> None:  # noqa: ANN401
        self._inner = inner
        self._company_id = company_id
        self._error = error
        self._shortest = shortest

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._inner, name)

    def save_standing(self, standing: Standing) -> None:
        if (
            standing.company_id == self._company_id
            and len(standing.causes) + len(standing.company_name) > self._shortest
        ):
            raise self._error
        self._inner.save_standing(standing)

    def save_standings(self, standings: Any) -> int:  # noqa: ANN401
        return saved_all(attempt(self.save_standing, each) for each in standings)


def _with(world: World, ledger: _PickyLedger) -> None:
    world.plan = world.planner(wrap=lambda port: ledger if port is world.ledger else port)


def test_standing_that_cannot_be_stored(world: World) -> None:
    """SAFE-5, SAFE-7: a standing that the ledger does not take is written in short; the others' are
    written as ever.
    """
    customers = _three(world)
    harbor = customers[1]
    world.play(FIRST)
    world.gravityzone.tenant.rename_company(harbor.id, "H" * 1_000)
    refused = ContractError("Item size has exceeded the maximum allowed size")
    _with(world, _PickyLedger(world.ledger, harbor.id, refused, shortest=250))
    for customer in customers:
        world.check_in(customer, 1)
    planned = world.tick(FIRST + QUARTER)
    world.work()
    assert "Item size" in world.standing(harbor).causes[WHOLE_COMPANY].reason
    assert [harbor.id in each for each in planned.troubles] == [True]
    assert [world.additions(each)[0][0] for each in customers] == [5, 5, 5]


def test_write_of_one_standing_that_fails(world: World) -> None:
    """SAFE-5: one write that fails stops no other, and is made up for by the next tick; the tick
    has not failed.
    """
    customers = _three(world)
    harbor = customers[1]
    _with(world, _PickyLedger(world.ledger, harbor.id, TransientError("busy"), shortest=0))
    planned = world.tick(FIRST)
    assert planned.standings == 2
    assert any("busy" in each for each in planned.troubles)
    world.work()
    world.plan = world.planner()
    world.play(FIRST + QUARTER)
    assert _states(world, customers) == [BILLING] * 3
    assert world.failures == []


def test_table_that_takes_no_standing(world: World) -> None:
    """SAFE-5: where nobody's standing can be written it is the table's trouble: the tick fails
    visibly, the jobs are sent.
    """
    _three(world)

    class _Shut(_PickyLedger):
        def save_standing(self, standing: Standing) -> None:
            raise TransientError("the table is busy")

    _with(world, _Shut(world.ledger, "", TransientError(""), shortest=0))
    with pytest.raises(
        IncompletePlanError, match="standings could not be written: the table is busy"
    ):
        world.tick(FIRST)
    assert len(world.queue) == 3


def test_job_too_large(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-5, SAFE-7: a job that SQS will never take is told in its company's standing; all others
    are sent.
    """
    customers = [*_three(world), world.add_customer("L" * 49)]
    large = customers[3]
    world.play(FIRST)
    world.gravityzone.tenant.rename_company(large.id, "L" * 250)
    monkeypatch.setattr("tally.aws.queue.LARGEST", 650)
    for customer in customers:
        world.check_in(customer, 1)
    planned = world.tick(FIRST + QUARTER)
    assert planned.jobs == 3
    world.work()
    assert [world.additions(each)[0][0] for each in customers[:3]] == [5, 5, 5]
    shown = world.standing(large).shown
    assert shown.state is FAILING
    assert "a message has 650 at most" in shown.reason
    monkeypatch.undo()
    world.play(FIRST + 2 * QUARTER)
    assert _states(world, customers) == [BILLING] * 4


@pytest.mark.parametrize("error", [ContractError("refused"), TransientError("in use")])
def test_link_that_fails(world: World, monkeypatch: pytest.MonkeyPatch, error: TallyError) -> None:
    """SAFE-5: one link that cannot be written keeps nobody else from being linked."""
    customers = _three(world)
    harbor = customers[1]
    real = world.ledger.add_link

    def add_link(link: Any) -> None:  # noqa: ANN401
        if link.company_id == harbor.id:
            raise error
        real(link)

    monkeypatch.setattr(type(world.ledger), "add_link", lambda _, link: add_link(link))
    planned = world.tick(FIRST)
    world.work()
    assert planned.linked == 2
    assert _states(world, customers) == [BILLING, FAILING, BILLING]
    assert str(error) in world.standing(harbor).shown.reason
    monkeypatch.undo()
    world.play(FIRST + QUARTER)
    assert _states(world, customers) == [BILLING] * 3


def test_right_to_link_that_is_missing(world: World) -> None:
    """SAFE-5: that nobody may be linked is not each company's own trouble: the tick fails once,
    with the reason.
    """
    _three(world)
    world.ledger.fail_next("add_link", SetupError("no right"), times=3)
    with pytest.raises(IncompletePlanError, match="no right"):
        world.tick(FIRST)


ODD_NAMES = {
    "U+FFFE": "Harbor\ufffeDental",
    "U+FFFF": "Harbor\uffffDental",
    "lone surrogate": "Harbor\ud800Dental",
    "other surrogate": "\udfffHarbor",
    "nul": "Harbor\x00Dental",
    "escape": "\x1b[31mHarbor",
    "500 kB": "H" * 500_000,
    "500 kB of three bytes each": "€" * 500_000,
    "blank": " ",
    "empty": "",
    "a number": 12,
    "none": None,
    "a list": ["x"],
    "out of the basic plane": "Harbor \U0001f600",
}


@pytest.mark.parametrize("kind", ODD_NAMES)
def test_odd_name(stored: StoredWorld, kind: str) -> None:
    """SAFE-5, SAFE-10: a name of whatever kind in GravityZone stops nobody; a company that is
    linked is billed by its id.
    """
    customers = _three(stored.world)
    harbor = customers[1]
    stored.tick(FIRST)
    stored.world.gravityzone.tenant.rename_company(harbor.id, ODD_NAMES[kind])  # type: ignore[arg-type]
    newcomer = stored.world.gravityzone.tenant.add_company(ODD_NAMES[kind])  # type: ignore[arg-type]
    for customer in customers:
        stored.world.check_in(customer, 1)
    stored.tick(FIRST + QUARTER)
    assert [stored.world.additions(each)[0][0] for each in customers] == [5, 5, 5]
    assert [stored.shown(each).state for each in customers] == [BILLING] * 3
    standing = stored.ledger.standing(newcomer)
    assert standing is not None
    assert standing.shown.state is StandingState.NEEDS_SETUP


@pytest.mark.parametrize("length", [100, 1_000, 1_100, 5_000])
@pytest.mark.parametrize("char", ["a", "€"])
def test_odd_id(stored: StoredWorld, length: int, char: str) -> None:
    """SAFE-5: an id that is none of GravityZone's stops nobody; where the ledger can keep it, its
    standing says so.
    """
    customers = _three(stored.world)
    odd = char * length
    stored.world.gravityzone.tenant.add_company("Odd One", company_id=odd)
    planned = stored.tick(FIRST)
    assert [stored.world.additions(each)[0][0] for each in customers] == [4, 4, 4]
    assert [stored.shown(each).state for each in customers] == [BILLING] * 3
    assert planned.jobs == 3
    if odd.isascii() and len(odd) <= 1_000:
        standing = stored.ledger.standing(odd)
        assert standing is not None
        assert standing.shown.state is FAILING
    else:
        assert planned.unplaced == 1
