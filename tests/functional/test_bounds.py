"""Texts without end from outside: what is kept and told of them is short, and holds no key."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.screen import LONGEST
from tally.domain.model.standing import (
    MOST_NOTICES,
    WHOLE_COMPANY,
    Cause,
    StandingState,
    needs_setup,
)
from tally.ledger.items import standing_item
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST = gmt("2026-11-01 00:05")
ENDLESS = "z" * 450_000
_MOST_BYTES = 400 * 1024
"""Of an item of DynamoDB."""
pytestmark = [pytest.mark.world(at=FIRST), pytest.mark.machines(12)]


class _Counter(BaseAdapter):
    """GravityZone, with another value of the counter."""

    def __init__(self, world: World, value: object) -> None:
        super().__init__()
        self._inner = SimulatorAdapter(world.gravityzone)
        self._value = value

    def send(self, request: PreparedRequest, *given: object, **more: object) -> Response:
        answer = self._inner.send(request, *given, **more)  # type: ignore[arg-type]
        body = json.loads(answer.content)
        if isinstance(body.get("result"), dict) and "endpointMonthlyUsage" in body["result"]:
            body["result"]["endpointMonthlyUsage"] = self._value
            answer._content = json.dumps(body).encode()
        return answer

    def close(self) -> None:
        """Nothing is open."""


def wrapped(world: World, value: object) -> World:
    """The world, with workers that are answered so."""

    def wrap(port: object) -> object:
        mine = isinstance(port, SimulatorAdapter) and port.simulator is world.gravityzone
        return _Counter(world, value) if mine else port

    world.work(deliver=world.worker(wrap=wrap), until=timedelta(minutes=5))
    return world


@pytest.mark.parametrize(
    "value", [ENDLESS, "\x1b]8;;http://x\x07", ["["] * 100_000, {"key": ENDLESS}, -1, "gz-key-0001"]
)
def test_a_counter_that_is_none_is_told_in_short(
    world: World, harbor: Customer, value: object
) -> None:
    """SAFE-10, READ-2: whatever stands in the counter's place, the standing can be written, and
    says so in short.
    """
    world.tick(FIRST)
    wrapped(world, value)
    standing = world.standing(harbor)
    assert standing.shown.state is StandingState.FAILING
    assert "is not a count" in standing.shown.reason
    assert len(standing.shown.reason) < 400
    assert standing.shown.reason.isprintable()


def test_a_server_that_repeats_a_key_is_told_without_it(world: World, harbor: Customer) -> None:
    """SAFE-10: neither a counter nor an error that repeats a key of ours shows it, in the standing
    or anywhere.
    """
    world.tick(FIRST)
    for said in ("public-key", "private-key", "client-id"):
        wrapped(world, f"{'y' * 85} {said}")
        assert said not in world.standing(harbor).shown.reason
        assert said[:5] not in world.standing(harbor).shown.reason
    body = json.dumps({"message": f"{'y' * 180} private-key"})
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=400, operation="GET additions", body=body)
    )
    world.play(FIRST + timedelta(minutes=15))
    assert "private-key" not in repr(world.standing(harbor))


@pytest.mark.slow
def test_what_stands_is_never_too_large_to_be_written() -> None:
    """SAFE-10: a standing's reasons and notices have bounds, whatever they were made of, and say
    what they say up to there.
    """
    cause = needs_setup(f"Company {ENDLESS} has no agreement.")
    assert cause.reason.startswith("Company zzz")
    assert len(cause.reason) == LONGEST
    many = Cause(
        state=StandingState.BILLING,
        notices=tuple(f"{number}\x9b {ENDLESS}" for number in range(1_000)),
    )
    assert len(many.notices) == MOST_NOTICES
    assert many.notices[-1] == "And 981 more notices."
    assert all(each.isprintable() and len(each) <= LONGEST for each in many.notices)
    assert replace(many) == many
    standing = World(clock=VirtualClock(FIRST))
    customer = standing.add_customer("Harbor Dental")
    standing.tick(FIRST)
    kept = replace(
        standing.standing(customer), causes={of_record("2026-11"): many, WHOLE_COMPANY: cause}
    )
    assert len(json.dumps(standing_item(kept))) < _MOST_BYTES


def test_a_refusal_without_end_is_kept_in_short(world: World, harbor: Customer) -> None:
    """SAFE-10, SAFE-2: what ConnectWise says of a refused Addition stands in the record and its
    history, in short.
    """
    body = json.dumps(
        {
            "code": "InvalidObject",
            "message": ENDLESS,
            "errors": [{"message": ENDLESS, "field": ENDLESS}],
        }
    )
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=400, operation="POST additions", body=body)
    )
    world.play(FIRST)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.refusal is not None
    assert len(record.refusal.why) <= LONGEST
    assert all(len(each.why) <= LONGEST for each in world.ledger.history(record.key))
