"""The events of `events/`, for `sam local invoke`, are what the handlers take."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from local.checkout import ROOT
from tally.domain.digest import DigestKind
from tally.messages import DigestDue, Job, Tick

EVENTS = sorted((ROOT / "events").glob("*.json"))
DIGESTS = {"weekly-digest": DigestKind.WEEKLY, "close-day-digest": DigestKind.CLOSE_DAY}
BATCHES = [path for path in EVENTS if path.stem not in {"tick", *DIGESTS}]
POISONED = {"batch-with-poison": 1}
"""How many messages of a batch are no jobs."""


def test_the_schedules_event_is_a_tick() -> None:
    """What the template's schedule sends, with its placeholder filled in."""
    assert Tick.of(json.loads((ROOT / "events" / "tick.json").read_text())).isoformat() == "2026-11-01T00:05:00+00:00"


@pytest.mark.parametrize(("name", "kind"), DIGESTS.items())
def test_the_reporters_events_ask_for_a_digest(name: str, kind: DigestKind) -> None:
    """What the template's schedules send, with their placeholder filled in."""
    assert DigestDue.of(json.loads((ROOT / "events" / f"{name}.json").read_text())).digest is kind


@pytest.mark.parametrize("path", BATCHES, ids=lambda path: path.stem)
def test_a_batch_holds_jobs(path: Path) -> None:
    """Each message is a job by the model that the worker reads it with, but for those that are poison on purpose."""
    records = json.loads(path.read_text())["Records"]
    poison = 0
    for record in records:
        assert record["eventSource"] == "aws:sqs"
        try:
            Job.model_validate_json(record["body"])
        except ValidationError:
            poison += 1
    assert poison == POISONED.get(path.stem, 0) < len(records)
