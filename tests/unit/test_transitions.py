"""How a record changes: one transition at a time, each on the version before it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tally.domain.reading import Count
from tally.domain.record import Hold, HoldKind, Intent, IntentKind, LineState, RecordState
from tally.domain.situation import Situation
from tally.domain.transitions import (
    closed,
    confirmed,
    held,
    intend_patch,
    lifted,
    opened,
    refused,
    renew,
    withdraw,
)
from tests.unit.rig import CLOSE, SETTLE, TICK, Rig, addition, open_record, situation


def test_versions_count_up_without_a_gap() -> None:
    """SAFE-1: each transition carries the version after the one it was made from, the first is 1; `seen_tick` never falls."""
    rig = Rig()
    at = rig.run(situation())
    at = rig.run(replace(at, reading=Count(6), tick=TICK + timedelta(minutes=15), now=TICK + timedelta(minutes=15)))
    rig.run(replace(at, tick=CLOSE, now=CLOSE))
    assert [each.after.version for each in rig.transitions] == list(range(1, len(rig.transitions) + 1))
    assert [each.expected_version for each in rig.transitions] == list(range(len(rig.transitions)))
    ticks = [each.after.seen_tick for each in rig.transitions]
    assert ticks == sorted(ticks)
    assert [each.what for each in rig.transitions] == ["post intended", "opened", "patch intended", "pushed", "closed"]
    assert {each.by for each in rig.transitions} == {"tally"}


def test_an_older_tick_does_not_turn_the_record_back() -> None:
    """SAFE-4: the newest tick that was seen stays, whichever job writes next."""
    _, record = open_record()
    seen = replace(record, seen_tick=TICK + timedelta(hours=1))
    assert record.line is not None
    assert intend_patch(situation(record=seen), record.line, quantity=6).after.seen_tick == TICK + timedelta(hours=1)


def patching(quantity: int = 6) -> Situation:
    """A situation with an intent to PATCH."""
    _, record = open_record()
    assert record.line is not None
    intent = Intent(kind=IntentKind.PATCH, quantity=quantity, at=TICK - timedelta(minutes=10))
    return situation(record=record.with_line(replace(record.line, intent=intent)), reading=Count(quantity))


def test_a_withdrawn_push_stays_unconfirmed() -> None:
    """FOLLOW-3, SAFE-2: what may have been sent is remembered as ours; a POST that is withdrawn left nothing to remember."""
    at = patching()
    assert at.record is not None
    assert at.record.line is not None
    after = withdraw(at, at.record.line, why="because").after.line
    assert after is not None
    assert (after.intent, after.unconfirmed, after.pushed) == (None, (6,), 4)
    as_it_stands = replace(at.record.line, intent=Intent(kind=IntentKind.PATCH, quantity=4, at=TICK))
    same = withdraw(at, as_it_stands, why="because").after.line
    assert same is not None
    assert same.unconfirmed == ()


def test_a_refused_push_never_happened() -> None:
    """SAFE-2: a 4xx leaves no intent and nothing unconfirmed; with a fingerprint it is remembered, without one it is not."""
    at = patching()
    assert at.record is not None
    assert at.record.line is not None
    for fingerprint in ("patch 6 v1", None):
        after = refused(at, at.record.line, why="no", fingerprint=fingerprint).after
        assert after.line is not None
        assert (after.line.intent, after.line.unconfirmed) == (None, ())
        assert (after.refusal is None) is (fingerprint is None)


def test_a_renewed_intent_is_as_old_as_its_renewal() -> None:
    """SAFE-2: whoever renews an intent owns it: its age starts anew, and its quantity stays."""
    at = patching()
    assert at.record is not None
    assert at.record.line is not None
    assert at.record.line.intent is not None
    after = renew(at, at.record.line, at.record.line.intent).after.line
    assert after is not None
    assert after.intent == Intent(kind=IntentKind.PATCH, quantity=6, at=TICK)


@pytest.mark.parametrize(("age", "echoes"), [(timedelta(minutes=1), (3, 4)), (SETTLE + timedelta(minutes=1), (4,))])
def test_what_lists_may_still_show(age: timedelta, echoes: tuple[int, ...]) -> None:
    """FOLLOW-3: after a push what stood there before may echo; what stood before that only within the settle time."""
    at = patching()
    assert at.record is not None
    assert at.record.line is not None
    line = replace(at.record.line, pushed_at=TICK - age, echoes=(3, 6))
    after = confirmed(at, line, quantity=6, why="patched").after.line
    assert after is not None
    assert (after.pushed, after.pushed_at, after.unconfirmed, after.echoes) == (6, TICK, (), echoes)


def test_opened_takes_what_connectwise_shows() -> None:
    """OPEN-1, OPEN-3: the Addition found is the line's, from its own day on and at its quantity; the month's hold and refusal go."""
    at = Rig().run(situation())
    assert at.record is not None
    assert at.record.line is not None
    from_the_ninth = at.record.line.effective.replace(day=9)
    found = addition(77, quantity=Decimal(9), effective=from_the_ninth)
    after = opened(at, replace(at.record.line, addition_id=None), found, why="found").after
    assert after.line is not None
    assert (after.line.addition_id, after.line.pushed, after.line.state) == (77, 9, LineState.OPEN)
    assert after.line.effective == from_the_ninth
    assert (after.hold, after.refusal) == (None, None)


def test_a_hold_keeps_since_when() -> None:
    """SAFE-7: the same kind of hold with other words goes on; another kind begins."""
    _, record = open_record()
    first = held(situation(record=record), Hold(kind=HoldKind.FALL, why="a", quantity=1, since=TICK)).after
    later = situation(record=first, tick=TICK + timedelta(hours=1))
    again = held(later, Hold(kind=HoldKind.FALL, why="b", quantity=2, since=later.tick)).after.hold
    other = held(later, Hold(kind=HoldKind.CHANGED, why="c", quantity=2, since=later.tick)).after.hold
    assert again is not None
    assert other is not None
    assert (again.since, again.why, again.quantity) == (TICK, "b", 2)
    assert other.since == TICK + timedelta(hours=1)
    assert lifted(replace(later, record=first), why="gone").after.hold is None


def test_closed_is_final() -> None:
    """CLOSE-2: the closed record has its count and floor, final lines, and the notices of its life."""
    _, record = open_record()
    noticed = replace(record, notices=("off the calendar month",))
    after = closed(situation(record=noticed), noticed, count=4, floor=10, notices=("last count",)).after
    assert (after.state, after.count, after.floor) == (RecordState.CLOSED, 4, 10)
    assert after.notices == ("off the calendar month", "last count")
    assert [line.state for line in after.lines] == [LineState.FINAL]
