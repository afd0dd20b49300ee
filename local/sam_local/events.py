"""The files of `events/` in the order of play, each with its expected outcome.

Together they tell one story on an empty ledger: a tick and its jobs open October 2026, follow it,
and close it. Nobody can set the clock of a container, and a walk proves something only within its
own month (PROOF-1): there, the story's walk comes too late, and a walk of today makes up for it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.checkout import ROOT
from local.deployment import Function
from tally.domain.model.month import Month
from tally.evidence.jobs import WalkDue

EVENTS_FOLDER = ROOT / "events"

HARBOR_DENTAL, LAKESIDE_LIBRARY, SUMMIT_PEAK_IT = 2100, 2101, 2108
"""Agreements of the customers in the events, by their ids in the ConnectWise simulator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of an event: `answer` is part of the function's answer, or `error` of its error.

    `quantities` are those of the Additions on an agreement; an agreement that is left out must have
    none. `closed` are the agreements whose record is closed.
    """

    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    quantities: Mapping[int, Sequence[int]] = field(default_factory=dict)
    closed: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A file of `events/`: its function, its instant by the simulators' clocks, its outcome."""

    name: str
    function: Function
    at: datetime
    outcome: Outcome
    folder: Path = EVENTS_FOLDER

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / f"{self.name}.json"

    @property
    def payload(self) -> Any:  # noqa: ANN401  # JSON
        """The file's content."""
        return json.loads(self.path.read_text())

    def at_wall_clock(self, now: datetime) -> "Event":
        """The event as a container plays it, by whose clock it is ``now``."""
        if "walk" not in self.payload:
            return self
        month = Month.of(WalkDue.of(self.payload).at)
        if Month.of(now) == month:
            return self
        over = {"skipped": f"{month} is over", "customers": 0, "jobs": 0, "failed": 0}
        return replace(self, outcome=replace(self.outcome, answer=over))


def differences(outcome: Outcome, seen: Outcome) -> list[str]:
    """Return all differences in words.

    `seen` has the whole of the answer and of the error's text.
    """
    found: list[str] = []
    if outcome.error not in seen.error or bool(outcome.error) != bool(seen.error):
        found.append(f"it raised {seen.error!r}, and not {outcome.error!r}")
    found += [
        f"it answered {name} {seen.answer.get(name)!r}, and not {value!r}"
        for name, value in outcome.answer.items()
        if name not in seen.answer or seen.answer[name] != value
    ]
    for agreement in sorted({*outcome.quantities, *seen.quantities}):
        stands, expected = (list(each.quantities.get(agreement, ())) for each in (seen, outcome))
        if stands != expected:
            found.append(f"agreement {agreement} has Additions of {stands}, and not of {expected}")
    if sorted(outcome.closed) != sorted(seen.closed):
        found.append(
            f"closed are the records on agreements {list(seen.closed)}, and not on "
            f"{list(outcome.closed)}"
        )
    return found


def _october(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


_ALL_DONE: Mapping[str, Any] = {"batchItemFailures": []}
_NO_TICK = "The event is no tick"
_BY_THE_TWELFTH: Mapping[int, Sequence[int]] = {HARBOR_DENTAL: [15], LAKESIDE_LIBRARY: [6]}
_WITH_PARTNER: Mapping[int, Sequence[int]] = {**_BY_THE_TWELFTH, SUMMIT_PEAK_IT: [3]}
_AT_THE_CLOSE: Mapping[int, Sequence[int]] = {**_WITH_PARTNER, HARBOR_DENTAL: [18]}
_POISON = {"itemIdentifier": "00000000-0000-4000-8000-000000000004"}

EVENTS: Sequence[Event] = (
    Event(
        name="tick",
        function="planner",
        at=_october(1, 0, 5),
        outcome=Outcome(answer={"jobs": 7, "linked": 8, "skipped": ""}),
    ),
    Event(
        name="tick-late",
        function="planner",
        at=_october(1, 0, 6),
        outcome=Outcome(
            answer={"jobs": 0, "skipped": "superseded by the tick 2026-10-01T00:05:00Z"}
        ),
    ),
    Event(
        name="tick-unfilled",
        function="planner",
        at=_october(1, 0, 6),
        outcome=Outcome(error=_NO_TICK),
    ),
    Event(
        name="planner-failure",
        function="planner",
        at=_october(1, 0, 7),
        outcome=Outcome(error=_NO_TICK),
    ),
    Event(
        name="job",
        function="worker",
        at=_october(1, 0, 8),
        outcome=Outcome(answer=_ALL_DONE, quantities={HARBOR_DENTAL: [0]}),
    ),
    Event(
        name="look",
        function="planner",
        at=_october(1, 0, 9),
        outcome=Outcome(
            answer={"jobs": 0, "skipped": "totals of partners are unproven"},
            quantities={HARBOR_DENTAL: [0]},
        ),
    ),
    Event(
        name="job-later",
        function="worker",
        at=_october(3, 0, 5),
        outcome=Outcome(answer=_ALL_DONE, quantities={HARBOR_DENTAL: [12]}),
    ),
    Event(
        name="late-duplicate",
        function="worker",
        at=_october(12, 0, 4),
        outcome=Outcome(answer=_ALL_DONE, quantities={HARBOR_DENTAL: [12]}),
    ),
    Event(
        name="batch-with-poison",
        function="worker",
        at=_october(12, 0, 5),
        outcome=Outcome(answer={"batchItemFailures": [_POISON]}, quantities=_BY_THE_TWELFTH),
    ),
    Event(
        name="partner-job",
        function="worker",
        at=_october(12, 0, 6),
        outcome=Outcome(answer=_ALL_DONE, quantities=_WITH_PARTNER),
    ),
    Event(
        name="tick-behind",
        function="planner",
        at=_october(12, 0, 20),
        outcome=Outcome(
            answer={
                "jobs": 0,
                "backlog": 7,
                "skipped": "7 of the last sweep's messages still wait",
            },
            quantities=_WITH_PARTNER,
        ),
    ),
    Event(
        name="job-forgotten",
        function="worker",
        at=_october(12, 0, 21),
        outcome=Outcome(answer=_ALL_DONE, quantities=_WITH_PARTNER),
    ),
    Event(
        name="walk",
        function="evidence",
        at=_october(12, 3, 37),
        outcome=Outcome(
            answer={
                "customers": 9,
                "looks": 3,
                "skipped": "",
                "troubles": {},
                "jobs": 3,
                "failed": 0,
            },
            quantities=_WITH_PARTNER,
        ),
    ),
    Event(
        name="evidence-jobs",
        function="evidence",
        at=_october(12, 3, 41),
        outcome=Outcome(answer={"jobs": 0, "failed": 0}, quantities=_WITH_PARTNER),
    ),
    Event(
        name="job-at-the-close",
        function="worker",
        at=datetime(2026, 11, 2, 0, 5, tzinfo=UTC),
        outcome=Outcome(
            answer=_ALL_DONE,
            quantities=_AT_THE_CLOSE,
            closed=[HARBOR_DENTAL],
        ),
    ),
    Event(
        name="book",
        function="book",
        at=datetime(2026, 11, 2, 5, 30, tzinfo=UTC),
        outcome=Outcome(
            answer={"written": ["2026-10/1"], "unchanged": 0},
            quantities=_AT_THE_CLOSE,
            closed=[HARBOR_DENTAL],
        ),
    ),
    Event(
        name="tickets",
        function="tickets",
        at=datetime(2026, 11, 2, 5, 39, tzinfo=UTC),
        outcome=Outcome(
            answer={"skipped": "no board for tickets is set"},
            quantities=_AT_THE_CLOSE,
            closed=[HARBOR_DENTAL],
        ),
    ),
    Event(
        name="close-day-digest",
        function="reporter",
        at=datetime(2026, 11, 2, 6, 0, tzinfo=UTC),
        outcome=Outcome(
            answer={"subject": "Tally: it has not run"},
            quantities=_AT_THE_CLOSE,
            closed=[HARBOR_DENTAL],
        ),
    ),
    Event(
        name="weekly-digest",
        function="reporter",
        at=datetime(2026, 11, 2, 7, 0, tzinfo=UTC),
        outcome=Outcome(
            answer={"subject": "Tally: it has not run"},
            quantities=_AT_THE_CLOSE,
            closed=[HARBOR_DENTAL],
        ),
    ),
)


def walk_of_today(now: datetime, folder: Path) -> Event:
    """Write a walk's event into a folder: the last one, by which the machines are recorded ``now``.

    The simulators' clocks stay at the story's end. No count of today is in the ledger, so that no
    machine need be asked about.
    """
    event = replace(
        EVENTS[-1],
        name="walk-of-today",
        function="evidence",
        folder=folder,
        outcome=replace(
            EVENTS[-1].outcome,
            answer={"customers": 9, "skipped": "", "troubles": {}, "failed": 0},
        ),
    )
    event.path.write_text(json.dumps({"walk": now.strftime("%Y-%m-%dT%H:%M:%SZ")}))
    return event
