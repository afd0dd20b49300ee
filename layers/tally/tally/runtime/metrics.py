"""Write the metrics of an invocation, on one log line in CloudWatch's embedded metric format.

Each metric costs 0.30 USD a month for each stack (CloudWatch's pricing), so there are twelve, with
the stack as their one dimension, and none by company. Other figures are plain fields of the same
line, for CloudWatch Logs Insights.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from itertools import batched, zip_longest
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_lambda_powertools.metrics import EphemeralMetrics

from tally.transport.failures import BadAnswer, Failure

if TYPE_CHECKING:
    # For the type alone: each function would load the planner with it at its cold start.
    from tally.planner.plan import Planned

NAMESPACE, DIMENSION = "Tally", "Stack"

UNITS: Mapping[str, str] = MappingProxyType(
    {
        "CompaniesBilling": "Count",
        "CompaniesWaiting": "Count",
        "CompaniesNeedingSetUp": "Count",
        "CompaniesHeld": "Count",
        "CompaniesFailing": "Count",
        "StalestReadingAge": "Seconds",
        "OldestHoldAge": "Seconds",
        "RecordsPastClose": "Count",
        "SweepLength": "Seconds",
        "Throttles": "Count",
        "GravityZoneLatency": "Seconds",  # CloudWatch's sample count is the number of calls
        "ConnectWiseLatency": "Seconds",
    }
)
"""All metrics, with their units."""

_BY_STANDING = {
    "CompaniesBilling": "billing",
    "CompaniesWaiting": "waiting",
    "CompaniesNeedingSetUp": "needs set-up",
    "CompaniesHeld": "held",
    "CompaniesFailing": "failing",
}

_MOST_VALUES = 99
"""The most values of a metric on one line: at CloudWatch's 100, Powertools writes by itself."""

type Values = Mapping[str, Sequence[float]]

OUTCOMES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "opened": frozenset({"opened", "taken over"}),
        "pushed": frozenset({"pushed"}),
        "unchanged": frozenset({"unchanged"}),
        "closed": frozenset({"closed"}),
    }
)
"""Outcomes of records, with the words of a job for each; ``held`` is not here: it has a kind."""


@dataclass(slots=True)
class Traffic:
    """Counts attempts as they are made: a ``transport.http_call.Listener``; threads may share it.

    ``seconds`` has each attempt's time. ``throttles`` were answered 429. ``errors`` had no answer,
    or another than a 2xx. A 404 is no error: Tally asks for much that may be gone.
    """

    seconds: list[float] = field(default_factory=list)
    throttles: int = 0
    errors: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def heard(self, seconds: float, failure: Failure | None) -> None:
        """Count one attempt."""
        with self._lock:
            self.seconds.append(seconds)
            if failure is None:
                return
            answered = failure if isinstance(failure, BadAnswer) else None
            status = None if answered is None or answered.in_front else answered.status
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                self.throttles += 1
            elif status != HTTPStatus.NOT_FOUND:
                self.errors += 1

    def taken(self) -> "Traffic":
        """Return the counts since the last time, and start again from zero."""
        taken = Traffic(self.seconds, self.throttles, self.errors)
        # No lock: the threads of an invocation have ended when its metrics are written.
        self.seconds, self.throttles, self.errors = [], 0, 0
        return taken

    def figures(self) -> dict[str, float | int]:
        """Return the counts as the log has them."""
        return {
            "calls": len(self.seconds),
            "throttles": self.throttles,
            "errors": self.errors,
            "seconds": round(sum(self.seconds), 3),
            "slowest": round(max(self.seconds, default=0.0), 3),
        }


def throttles(of: Sequence[Traffic]) -> int:
    """Return the number of calls that were answered 429."""
    return sum(each.throttles for each in of)


@dataclass(slots=True, kw_only=True)
class Batch:
    """The results of one batch of a worker.

    ``records`` counts outcomes, ``failed`` jobs. ``ages`` has the seconds since each job's tick.
    """

    records: Counter[str] = field(default_factory=Counter)
    failed: int = 0
    ages: list[float] = field(default_factory=list)

    def done(
        self, decisions: Mapping[str, str], *, tick: datetime, now: datetime, receives: int
    ) -> None:
        """Count a job that is done.

        Only jobs that were received once measure the sweep's length: others waited for a reason.
        """
        for each in decisions.values():
            steps = each.split(", ")
            self.records.update(
                outcome for outcome, told in OUTCOMES.items() if not told.isdisjoint(steps)
            )
            self.records["held"] += any(step.startswith("held: ") for step in steps)
        if receives == 1:
            self.ages.append((now - tick).total_seconds())

    def figures(self) -> dict[str, int]:
        """Return the counts as the log has them."""
        return {
            **{outcome: self.records[outcome] for outcome in (*OUTCOMES, "held")},
            "failed": self.failed,
        }


def of_calls(traffic: Mapping[str, Traffic]) -> Values:
    """Return the metrics of calls; no throttles if there were none: an unwritten metric is free."""
    values: dict[str, Sequence[float]] = {
        f"{api}Latency": [round(seconds, 3) for seconds in each.seconds]
        for api, each in traffic.items()
        if each.seconds
    }
    refused = throttles([*traffic.values()])
    return {**values, "Throttles": [refused]} if refused else values


def of_tick(planned: "Planned | None") -> Values:
    """Return the metrics of a tick; none if it planned nothing.

    For a skipped tick, the sweep's length is the age of the sweep before, which still runs.
    """
    values: dict[str, Sequence[float]] = {}
    if planned is not None and planned.vitals is not None:
        seen = planned.vitals
        values = {name: [seen.companies[standing]] for name, standing in _BY_STANDING.items()}
        values["StalestReadingAge"] = [seen.stalest_reading]
        values["OldestHoldAge"] = [seen.oldest_hold]
        values["RecordsPastClose"] = [seen.past_close]
        if planned.overdue is not None:
            values["SweepLength"] = [planned.overdue]
    return values


def of_batch(batch: Batch) -> Values:
    """Return the sweep's length up to this batch: the age of its oldest job."""
    return {"SweepLength": [round(max(batch.ages), 3)]} if batch.ages else {}


def emit_invocation(
    function: str, stack: str, seen: Values, traffic: Mapping[str, Traffic], **details: object
) -> None:
    """Write the metrics of one invocation and of its calls, whose counts start again from zero."""
    taken = {api: each.taken() for api, each in traffic.items()}
    calls = {api: each.figures() for api, each in taken.items()}
    emit(stack, seen, of_calls(taken), details={"function": function, **details, **calls})


def emit(stack: str, *values: Values, details: Mapping[str, object]) -> None:
    """Write the values, if there are any; those that one line cannot take go onto further lines."""
    together = {name: each for one in values for name, each in one.items()}
    lines = zip_longest(
        *(
            [(name, part) for part in batched(each, _MOST_VALUES, strict=False)]
            for name, each in together.items()
        )
    )
    for number, line in enumerate(lines):
        _write(stack, (part for part in line if part is not None), details if number == 0 else {})


def _write(
    stack: str, line: Iterable[tuple[str, Sequence[float]]], details: Mapping[str, object]
) -> None:
    # Powertools' other class, Metrics, shares what it holds with every instance of the process.
    metrics = EphemeralMetrics(namespace=NAMESPACE)
    metrics.add_dimension(name=DIMENSION, value=stack)
    for key, value in details.items():
        metrics.add_metadata(key=key, value=value)
    for name, values in line:
        for value in values:
            metrics.add_metric(name=name, unit=UNITS[name], value=value)
    # To standard output: Lambda hands it to CloudWatch Logs, which finds the metrics in the line.
    metrics.flush_metrics()
