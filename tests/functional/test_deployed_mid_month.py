"""This version is deployed over the one before schema 1, in the middle of a month: nothing is lost,
doubled or left behind.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.ledger.items import record_from, record_item
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.mid_month import DEPLOYED, WHO, key_of, mid_month

pytestmark = pytest.mark.slow

BEFORE: Mapping[str, Any] = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "before_schema_1.json").read_text(encoding="utf-8")
)
KEYS = [f"{item['pk']['S']} {item['sk']['S']}" for item in BEFORE["records"]]


def stored() -> dict[RecordKey, UsageRecord]:
    """What the version before left in the ledger, as this one reads it."""
    records = map(record_from, BEFORE["records"])
    return {record.key: record for record in records}


def told(record: UsageRecord) -> UsageRecord:
    """It without what the version before did not keep: by whom and when a ruling was given, and
    what was refused of which write.

    Nor is a history the same whose steps are others.
    """
    rulings = sorted(
        (replace(each, by="", at=record.seen_tick) for each in record.rulings),
        key=lambda each: each.said,
    )
    hold = None if record.hold is None else replace(record.hold, why="")
    lines = tuple(
        replace(each, written=replace(each.written, at=record.seen_tick)) for each in record.lines
    )
    claim = None if record.claim is None else replace(record.claim, at=record.seen_tick)
    return replace(record, version=1, rulings=tuple(rulings), hold=hold, lines=lines, claim=claim)


def deployed() -> tuple[World, Mapping[str, Customer]]:
    """The same days lived by this version, with the ledger and the queue of the one before put in
    the place of its own.
    """
    world, firms = mid_month()
    assert world.ledger._records.keys() == stored().keys()
    for key, record in stored().items():
        world.ledger._records[key] = record
    while messages := world.queue.receive():
        for message in messages:
            world.queue.delete(message)
    world.queue._messages.clear()
    for body in BEFORE["jobs"]:
        world.queue._put(body, timedelta())
    return world, firms


@pytest.mark.parametrize("item", BEFORE["records"], ids=KEYS)
def test_each_item_is_what_this_version_would_have_written(item: Mapping[str, Any]) -> None:
    """SAFE-5: a record of the version before becomes the very record that this version makes of the
    same days.
    """
    world, _ = mid_month()
    record = record_from(dict(item))
    assert told(record) == told(world.ledger._records[record.key])


@pytest.mark.parametrize("item", BEFORE["records"], ids=KEYS)
def test_each_item_is_written_anew(item: Mapping[str, Any]) -> None:
    """SAFE-8: read, written and read again, it is the same, and in the form of schema 1 by then."""
    record = record_from(dict(item))
    anew = record_item(record)
    assert anew["schema"] == {"N": "1"}
    assert record_from(anew) == record


def test_the_month_goes_on() -> None:
    """OPEN-1, SAFE-2, SAFE-8: intents, holds, answers and jobs of the version before come to what
    they would have come to.
    """
    (before, firms), (plain, _) = deployed(), mid_month()
    for world in (before, plain):
        world.work()
        world.play(gmt("2026-11-12 00:35"), gmt("2026-11-13 00:05"))
        for name, answer in {
            "Dune Labs": "approve",
            "Elm Motors": "approve",
            "Gale Bakery": "reject",
            "Birch Dental": "reject",
            "Fir Hotel": "approve",
        }.items():
            getattr(world.answers(), answer)(key_of(firms[name], "2026-11"), **WHO)
        world.answers().approve(key_of(firms["Hazel Clinic"], "2026-10"), **WHO)
        world.answers().credit_done(key_of(firms["Iris Optics"], "2026-10"), **WHO)
        world.play(
            gmt("2026-11-14 00:05"),
            gmt("2026-11-30 23:00"),
            gmt("2026-12-01 00:05"),
            gmt("2026-12-02 00:05"),
        )
        world.play(gmt("2026-12-02 00:20"), gmt("2026-12-10 00:05"))
    assert before.queue.dead == []
    assert not [error for error in before.failures if "report this as a bug" in str(error)]
    one, other = (
        [
            (each.id, each.agreement_id, each.quantity, each.text, each.cancelled)
            for each in world.connectwise.truth.additions()
        ]
        for world in (before, plain)
    )
    assert one == other
    ends = [
        {each.key: (each.state, each.stands, each.count) for each in world.ledger.every_record()}
        for world in (before, plain)
    ]
    assert ends[0] == ends[1]
    still_open = [
        key
        for key, (state, *_) in ends[0].items()
        if state is RecordState.OPEN and key.month == Month(2026, 11)
    ]
    # Voided, and told to be set up elsewhere.
    assert still_open == [key_of(firms["Cedar Foods"], "2026-11")]


def test_the_jobs_of_before_are_read() -> None:
    """SAFE-9, SAFE-6: what the version before had in the queue is done, not put aside."""
    world, firms = deployed()
    assert world.clock.now() >= DEPLOYED
    world.work()
    assert world.queue.dead == []
    anchor = world.record(firms["Anchor Law"], "2026-11")
    assert anchor is not None
    assert anchor.stands == 6
