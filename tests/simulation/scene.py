"""A simulated MSP that a test lives through step by step, with the simulation's own checks beside
it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tests.functional.instants import gmt
from verification.simulation import msp as simulated
from verification.simulation.checks import Checks
from verification.simulation.msp import Firm, Msp
from verification.simulation.setting import Shape, setting_of
from verification.simulation.story import ViolationError

_BORING: Mapping[str, Any] = {
    "begins": gmt("2026-10-01 00:00"),
    "months": (Month(2026, 10), Month(2026, 11), Month(2026, 12), Month(2027, 1)),
    "companies": 0,
    "partners": 0,
    "zone": "UTC",
    "close_day": 2,
    "open_until_day": 10,
    "first_month": None,
    "list_lag": timedelta(),
    "index_lag": timedelta(),
    "bill_minimum": False,
    "growth_percent": 50,
    "growth_seats": 20,
    "settle": timedelta(minutes=5),
    "cycles": frozenset({"Monthly"}),
    "invoices": False,
    "invoicing": "arrears",
    "late_usage": "bill",
    "repeats": 0.0,
    "calm": 1.0,
    "second": None,
    "second_since": 0,
    "pulse": "",
    "gathering": None,
}


@dataclass(slots=True)
class Scene:
    """One MSP, nothing of whose life is drawn."""

    msp: Msp
    checks: Checks = field(init=False)

    def __post_init__(self) -> None:
        self.msp.world.plan = self.msp.world.planner()  # over the ledger that the MSP has put in
        self.checks = Checks(self.msp)

    def joins(self, name: str, *, setup: str = "plain", machines: int = 0) -> Firm:
        """A company comes into being now, on both sides."""
        now = self.msp.clock.now()
        firm = Firm(
            number=len(self.msp.firms),
            name=name,
            setup=setup,
            size=machines,
            arrives=now,
            touched=now,
        )
        self.msp.firms.append(firm)
        self.msp.join(firm)
        self.msp.gravityzone.tenant.check_in_new(
            firm.id, machines, at=max(now, self.msp.setting.begins)
        )
        return firm

    def ticks(self, *instants: str) -> None:
        """Ticks in peace, with all of their jobs, each looked at as every step of a seed is."""
        for each in instants:
            self.msp.world.play(gmt(each))
            assert not self.msp.world.failures
            self.checks.after_step(tick=gmt(each), good=True)

    def at_the_end(self, tick: str) -> None:
        """A last tick, and what must hold after it."""
        self.ticks(tick)
        self.checks.at_the_end(tick=gmt(tick))

    def violation(self, tick: str) -> ViolationError:
        """What is found at the end to be wrong."""
        with pytest.raises(ViolationError) as caught:
            self.at_the_end(tick)
        return caught.value

    def answered(self, firm: Firm, month: str, count: int) -> None:
        """From now on GravityZone answers that count for the month, whatever it has counted."""
        self.msp.gravityzone.tenant.override_counter(firm.id, month, "endpointMonthlyUsage", count)
        firm.touched = self.msp.clock.now()

    def record(self, firm: Firm, month: str) -> UsageRecord:
        found = self.msp.ledger.record(key_of(firm, month))
        assert found is not None
        return found


def key_of(firm: Firm, month: str) -> RecordKey:
    return RecordKey(company_id=firm.id, month=Month.parse(month), service="endpoints")


def scene_of(monkeypatch: pytest.MonkeyPatch, **setting: Any) -> Scene:  # noqa: ANN401 - a setting's fields
    """A scene with nobody in it yet, fifteen hours before October 2026, with these settings and
    else boring ones.
    """
    drawn = replace(setting_of(0), **{**_BORING, **setting})
    monkeypatch.setattr(simulated, "setting_of", lambda _: drawn)
    return Scene(Msp(Shape(seed=0)))


def at(scene: Scene, instant: str) -> datetime:
    """Let the clock come to an instant."""
    scene.msp.clock.set(gmt(instant))
    return gmt(instant)
