"""The checks of invariant 10: what a look may leave to the next tick, and what contradicts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random
from zlib import crc32

import pytest

from tally.domain.model.month import Month
from tally.domain.pulse.account import Expected
from tally.domain.pulse.state import Pulse, Searches
from tally.domain.pulse.total import Counts, Total
from tally.errors import ContradictedError
from tally.planner.plan import Planned
from tests.functional.instants import gmt
from tests.simulation.scene import Scene, at, key_of, scene_of
from verification.simulation import life_moves
from verification.simulation.billed_services import Billed, setting_text
from verification.simulation.msp import Firm
from verification.simulation.pulse_checks import found_the_move
from verification.simulation.story import ViolationError

_EMAIL = Billed(
    name="email", counter="emailSecurityMonthlyUsage", product="GZ-EMAIL", product_id=502
)
_WITH, _WITHOUT = "with its usage of this month", "and connects there"
_DRAWS = {_WITH: 0, _WITHOUT: 5}
"""Seeds of draws that come out so."""
_BEFORE, _SWEPT = "2026-10-05 05:20", "2026-10-05 09:20"


def connects(scene: Scene, firm: Firm, machines: int, *counters: str) -> None:
    """Let new machines connect that count in these counters too."""
    tenant = scene.msp.gravityzone.tenant
    for _ in range(machines):
        tenant.check_in(tenant.add_endpoint(firm.id, counters=counters))


def both(monkeypatch: pytest.MonkeyPatch, *, first_month_seats: int = 500) -> tuple[Scene, Firm]:
    """A customer that is billed for two services."""
    scene = scene_of(
        monkeypatch, second=_EMAIL, second_since=0, first_month_seats=first_month_seats
    )
    scene.msp.world.services = setting_text(scene.msp.setting.services)
    scene.msp.world.plan = scene.msp.world.planner()
    harbor = scene.joins("Harbor Dental", machines=100)
    connects(scene, harbor, 2, _EMAIL.counter)
    scene.ticks("2026-10-01 00:05", "2026-10-05 09:00")
    return scene, harbor


def look(scene: Scene, instant: str, found: Mapping[str, Counts] | None = None) -> None:
    """Check after a look that has found the totals' move, and has read nobody.

    ``found`` is what searches remember by then.
    """
    searches = Searches(found=found or {})
    scene.checks.pulse.after_look(at(scene, instant), Pulse(swept=gmt(_SWEPT), searches=searches))


def test_a_count_that_a_look_missed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 10: both services are plainly followed, so nothing but the look sees to them."""
    scene, harbor = both(monkeypatch)
    scene.ticks(_SWEPT)
    connects(scene, harbor, 1, _EMAIL.counter)
    with pytest.raises(ViolationError, match="a look has found the totals' move"):
        look(scene, "2026-10-05 09:22")


@pytest.mark.parametrize(
    ("found", "is_read"),
    [({}, True), ({"endpoints": 100, "email": 1}, True), ({"endpoints": 100, "email": 0}, False)],
)
def test_whom_a_search_remembers_is_left_to_the_tick(
    monkeypatch: pytest.MonkeyPatch, found: Counts, is_read: bool
) -> None:
    """PULSE-1, PULSE-5: the next tick reads whom a search could not tell of, or found more of than
    the ledger has: its trouble may be over by then, so that its standing says nothing.
    """
    scene, harbor = both(monkeypatch)
    scene.ticks(_SWEPT)
    connects(scene, harbor, 1, _EMAIL.counter)
    if is_read:
        look(scene, "2026-10-05 09:22", {harbor.id: found})
        return
    with pytest.raises(ViolationError, match="a look has found the totals' move"):
        look(scene, "2026-10-05 09:22", {harbor.id: found})


def test_a_ruling_on_the_other_service_leaves_both_to_the_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PULSE-5: a company-month of which one service is not plainly followed is read at each tick,
    whatever the totals say, so no look has to find its rises.
    """
    scene, harbor = both(monkeypatch, first_month_seats=20)
    scene.msp.world.answers().approve(key_of(harbor, "2026-10"), by="mira", why="a new site")
    scene.ticks(_SWEPT)
    connects(scene, harbor, 1, _EMAIL.counter)
    look(scene, "2026-10-05 09:22")
    assert scene.checks.pulse.looks == 1


def test_a_licence_that_is_to_be_checked_leaves_the_company_to_the_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """READ-3: on a month's last day the tick reads it, for its licence, whatever the totals say."""
    scene, harbor = both(monkeypatch)
    share = crc32(harbor.id.encode()) / 2**32
    looked_at = gmt("2026-10-31 00:00") + share * timedelta(hours=23) + timedelta(minutes=1)
    checked = gmt("2026-10-31 01:00") + share * timedelta(hours=22)
    assert checked - looked_at > timedelta(minutes=5)
    scene.ticks(f"{looked_at:%Y-%m-%d %H:%M}")
    connects(scene, harbor, 1)
    with pytest.raises(ViolationError, match="a look has found the totals' move"):
        look(scene, f"{checked - timedelta(minutes=2):%Y-%m-%d %H:%M}")
    look(scene, f"{checked + timedelta(minutes=2):%Y-%m-%d %H:%M}")


def memory(instant: str, *, swept: str, total: int, sweep_of: int | None = None) -> Pulse:
    """A memory with the root's total, a search at that time and perhaps a sweep not judged yet."""

    def told(count: int) -> dict[str, Total]:
        return {"root": Total(month=Month(2026, 10), counters={"0 a": f"{count}"}, counts={})}

    sweep = None
    if sweep_of is not None:
        sweep = Expected(tick=gmt(_SWEPT), jobs=1, check=1, basis=1, totals=told(sweep_of))
    searches = Searches(last=gmt(instant))
    return Pulse(swept=gmt(swept), totals=told(total), expected=sweep, searches=searches)


@pytest.mark.parametrize(
    ("begins_with", "ends_with", "found"),
    [
        (memory("2026-10-05 09:00", swept=_BEFORE, total=9, sweep_of=10), 10, False),
        (memory("2026-10-05 09:00", swept=_BEFORE, total=9, sweep_of=10), 11, True),
        (memory("2026-10-05 09:00", swept=_SWEPT, total=10), 10, False),
        (memory("2026-10-05 09:00", swept=_SWEPT, total=10), 11, True),
    ],
)
def test_totals_of_a_sweep_that_was_judged_are_not_what_a_search_has_found(
    begins_with: Pulse, ends_with: int, found: bool
) -> None:
    """PULSE-4: a search that meets the next full sweep leaves its companies to that, and the look
    may have judged the sweep before: its totals are other ones too, and say nothing of the search.
    """
    looked_at = "2026-10-05 13:19"
    after = memory(looked_at, swept=_SWEPT, total=ends_with)
    assert found_the_move(Planned(), gmt(looked_at), begins_with, after) is found
    assert not found_the_move(None, gmt(looked_at), begins_with, after)


def test_a_total_that_has_not_moved_has_left_nobody_to_the_tick() -> None:
    """PULSE-1: whoever has moved by then has moved it."""
    known = memory("2026-10-05 09:00", swept=_SWEPT, total=10)
    unmoved = Planned(skipped="no total has moved")
    assert found_the_move(unmoved, gmt("2026-10-05 13:19"), known, known)
    busy = Planned(skipped="an earlier firing still works")
    of_others = memory("2026-10-05 09:00", swept=_SWEPT, total=11)
    assert not found_the_move(busy, gmt("2026-10-05 13:19"), known, of_others)


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Two customers, the first of which has machines that may go to the other one."""
    scene = scene_of(monkeypatch)
    scene.msp.setting = replace(scene.msp.setting, companies=2)
    harbor, _ = scene.joins("Harbor Dental", machines=9), scene.joins("Silver Quay", machines=1)
    harbor.machines = [each.id for each in scene.msp.gravityzone.tenant.endpoints_of(harbor.id)]
    at(scene, "2026-10-05 09:22")
    return scene


def move(scene: Scene, how: str) -> None:
    """Let a machine of the first customer go to the other one, with its usage or without."""
    act = life_moves.ACTS[life_moves.MACHINE_MOVED]
    assert how in act(scene.msp, scene.msp.firms[0], Random(_DRAWS[how]))


def contradict(scene: Scene, *, swept: str) -> None:
    """A firing finds the totals contradicted; the last complete sweep was at that time."""
    scene.checks.pulse.contradicted(
        ContradictedError("some rose", vectors=""), Pulse(swept=gmt(swept))
    )


def test_usage_that_became_anothers_contradicts_totals_that_are_true(moves: Scene) -> None:
    """PULSE-3: since the last complete sweep one company rose and the total did not."""
    move(moves, _WITH)
    contradict(moves, swept=_SWEPT)


@pytest.mark.parametrize(("how", "swept"), [(_WITH, "2026-10-05 09:23"), (_WITHOUT, _SWEPT)])
def test_nothing_else_contradicts_totals_that_are_true(moves: Scene, how: str, swept: str) -> None:
    """PULSE-3: a sweep has read both customers since, or the total has risen as well."""
    move(moves, how)
    with pytest.raises(ViolationError, match="totals that are true were contradicted"):
        contradict(moves, swept=swept)
