"""An audit of a world's books against its simulators' truth: the faults of one customer's month."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from simulators.connectwise.billing_truth import API
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.record.history import HistoryEntry
from tally.domain.record.lines import Line
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState
from tally.ledger.history_entry import paths
from tally.ledger.record_codec import record_fields
from testing.world import Customer, World


def audit(world: World, customer: Customer, month: str, *, closed: bool = False) -> list[str]:
    """Return every fault of a month whose record was brought up to date; empty if all is well.

    There must be one Addition, ever, of the month's dates and at the true count. The ledger must
    say the same of it, leave nothing open, and have a complete history.
    """
    return [
        f"{customer.name} {month}: {problem}"
        for problem in (
            *_of_addition(world, customer, month),
            *_of_ledger(world, customer, month, closed=closed),
        )
    ]


def _of_addition(world: World, customer: Customer, month: str) -> Iterator[str]:
    label = Month.parse(month).label
    made = [
        each
        for each in world.connectwise.truth.additions(agreement_id=customer.agreement_id)
        if each.created_by == API and label in each.text
    ]
    if len(made) != 1:
        yield f"{len(made)} Additions were made"
        return
    addition, period = made[0], Month.parse(month)
    true = world.gravityzone.truth.count(customer.id, month)
    if addition.quantity != true:
        yield f"the Addition stands at {addition.quantity}, the true count is {true}"
    if (addition.effective, addition.cancelled) != (period.first, period.last):
        yield f"the Addition is of {addition.effective} to {addition.cancelled}"


def _of_ledger(world: World, customer: Customer, month: str, *, closed: bool) -> Iterator[str]:
    key = RecordKey(company_id=customer.id, month=Month.parse(month), service=ENDPOINTS.name)
    record = world.ledger.record(key)
    if record is None or record.newest is None:
        yield "the ledger has no line"
        return
    yield from gaps(world.ledger.history(key))
    if replayed(world.ledger.history(key)) != dict(paths(record_fields(record))):
        yield "the history does not replay to the record"
    if record.claim is not None:
        yield f"a claim is left: {record.claim}"
    if record.hold is not None:
        yield f"it is held: {record.hold.why}"
    if (record.state is RecordState.CLOSED) is not closed:
        yield f"the record is {record.state}"
    yield from _of_line(world, customer, record.newest)
    if closed and record.count != record.newest.pushed:
        yield f"closed with {record.count}, and pushed {record.newest.pushed}"


def _of_line(world: World, customer: Customer, line: Line) -> Iterator[str]:
    made = {
        each.id: each.quantity
        for each in world.connectwise.truth.additions(agreement_id=customer.agreement_id)
    }
    if made.get(line.addition_id) != line.pushed:
        yield (f"the ledger has Addition {line.addition_id} at {line.pushed}, ConnectWise {made}")


def gaps(history: Sequence[HistoryEntry]) -> Iterator[str]:
    """Versions that the history lacks or has twice, and instants that run backwards."""
    versions = [entry.version for entry in history]
    if versions != list(range(1, len(history) + 1)):
        yield f"the history has the versions {versions}"
    if any(later.at - sooner.at < timedelta(0) for sooner, later in pairwise(history)):
        yield "the history runs backwards"


def replayed(history: Sequence[HistoryEntry]) -> dict[str, object]:
    """The fields that a record ends up with when its history is played from nothing."""
    fields: dict[str, object] = {}
    for entry in history:
        for path, (before, after) in entry.changes.items():
            if fields.get(path) != before:
                raise ValueError(
                    f"version {entry.version} says that {path} was {before}, it was "
                    f"{fields.get(path)}"
                )
            if after is None:
                del fields[path]
            else:
                fields[path] = after
    return fields
