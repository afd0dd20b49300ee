"""Companies that are planned some at a time, as they must be where there are very many: nothing
else comes of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.company import EVERYBODY, Stretch
from tally.domain.model.standing import Standing
from tally.errors import IncompletePlanError, TransientError
from tally.messages import Job
from tally.planner.plan import Planned
from testing.world import World
from tests.functional.instants import gmt
from tests.functional.partner_world import add_partner, set_up

FIRST, SECOND, THIRD = gmt("2026-11-01 00:05"), gmt("2026-11-01 00:20"), gmt("2026-11-01 00:35")
NEXT_DAY = gmt("2026-11-02 00:05")
COMPANIES = 8


def _world(companies_at_once: int) -> World:
    """Customers that are followed, a partner to bill among them, one that is gone, and two that
    come later.
    """
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")), companies_at_once=companies_at_once)
    gone, *_, moved = [world.add_customer(f"Customer {each}") for each in range(4)]
    partner = add_partner(world, "Summit Peak IT")
    world.add_customer("Below it", parent_id=partner.id)
    world.play(FIRST)
    set_up(world, partner)
    world.play(SECOND)
    world.gravityzone.tenant.delete_company(gone.id)
    world.gravityzone.tenant.change_subscription(moved.id, 1)
    for each in ("Newcomer", "Other newcomer"):
        world.add_customer(each)
    return world


def _jobs(world: World) -> list[Job]:
    return [message.job for message in world.queue.receive(1_000)]


@pytest.mark.parametrize("tick", [THIRD, NEXT_DAY])
def test_the_same_jobs_in_the_same_order(tick: datetime) -> None:
    """OPEN-4: what is to be opened is sent first, of whatever stretch; jobs, standings and numbers
    are the same.
    """
    seen: list[tuple[Planned, Sequence[Job], Sequence[Standing]]] = []
    for companies_at_once in (2_000, 1, 2, 3):
        world = _world(companies_at_once)
        planned = world.tick(tick)
        world.clock.set(gmt("2026-11-02 01:00"))
        seen.append((planned, _jobs(world), list(world.ledger.all_standings())))
    assert seen[0][0].jobs == COMPANIES
    assert {job.company_name for job in seen[0][1][:2]} == {"Newcomer", "Other newcomer"}
    assert seen[1:] == seen[:1] * 3


class _Ledger:
    """A ledger that cannot be read beyond the first stretch, or cannot be written."""

    def __init__(self, inner: Any, *, readable: bool) -> None:  # noqa: ANN401
        self.inner = inner
        self.readable = readable
        self.writes = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.inner, name)

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterable[Standing]:
        if within.first and not self.readable:
            raise TransientError("the ledger cannot be read")
        return self.inner.all_standings(within)  # type: ignore[no-any-return]

    def save_standings(self, standings: Iterable[Standing]) -> int:
        if not self.readable:
            return self.inner.save_standings(standings)  # type: ignore[no-any-return]
        self.writes += 1
        raise TransientError("the ledger is busy")


def test_a_part_of_the_ledger_is_not_planned_for_all() -> None:
    """SAFE-5: where a later stretch cannot be read nothing is sent, and the tick is played
    again.
    """
    world = _world(2)
    ledger = _Ledger(world.ledger, readable=False)
    plan = world.planner(wrap=lambda port: ledger if port is world.ledger else port)
    world.clock.set(THIRD)
    with pytest.raises(TransientError):
        plan(THIRD)
    assert len(world.queue) == 0
    world.tick(THIRD)
    assert len(world.queue) == COMPANIES


def test_standings_that_cannot_be_written_are_told_once() -> None:
    """SAFE-5: the jobs are sent all the same; a table that takes no write is not asked for every
    stretch.
    """
    world = _world(2)
    ledger = _Ledger(world.ledger, readable=True)
    plan = world.planner(wrap=lambda port: ledger if port is world.ledger else port)
    world.clock.set(THIRD)
    with pytest.raises(IncompletePlanError) as caught:
        plan(THIRD)
    assert str(caught.value).count("standings could not be written: the ledger is busy") == 1
    assert ledger.writes == 1
    assert len(world.queue) == COMPANIES
