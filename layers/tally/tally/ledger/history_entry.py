"""History entries: the fields that a step of a record or a link has changed, before and after."""

from collections.abc import Iterator
from datetime import UTC

from tally.domain.model.company import LinkChange
from tally.domain.record.history import HistoryEntry, Transition
from tally.ledger.form import Plain
from tally.ledger.items import link_fields
from tally.ledger.record_codec import record_fields


def check(transition: Transition) -> None:
    """Raise ValueError if the record does not follow on the one that it was made from."""
    before, after = transition.before, transition.after
    if after.version != transition.expected_version + 1 or before.key != after.key:
        raise ValueError(
            f"version {after.version} of {after.key} does not follow on version "
            f"{transition.expected_version}"
        )


def entry_of(transition: Transition) -> HistoryEntry:
    """Return the history entry of a transition."""
    before, after = transition.before, transition.after
    return HistoryEntry(
        version=after.version,
        what=transition.what,
        why=transition.why,
        by=transition.by,
        at=transition.at.astimezone(UTC),
        tick=transition.tick.astimezone(UTC),
        changes=changes(record_fields(before), record_fields(after)),
    )


def check_change(change: LinkChange) -> None:
    """Raise ValueError if the link does not follow on the one that it was made from."""
    before, after = change.before, change.after
    if after.version != change.expected_version + 1 or (
        before is not None and before.company_id != after.company_id
    ):
        raise ValueError(
            f"version {after.version} of the link of {after.company_id} does not follow on version "
            f"{change.expected_version}"
        )


def entry_of_change(change: LinkChange) -> HistoryEntry:
    """Return the history entry of a link's change.

    A change has no tick: a person makes it at any time. Its own time stands for the tick.
    """
    at = change.at.astimezone(UTC)
    return HistoryEntry(
        version=change.after.version,
        what=change.what,
        why=change.why,
        by=change.by,
        at=at,
        tick=at,
        changes=changes(
            {} if change.before is None else link_fields(change.before), link_fields(change.after)
        ),
    )


def changes(before: Plain, after: Plain) -> dict[str, tuple[object, object]]:
    """Return the paths whose values differ, each with both values; None where there is none.

    If a record's changes are applied in order, they give the paths of its present fields. A line's
    path has its number: ``lines.0.intent.quantity``.
    """
    old, new = dict(paths(before)), dict(paths(after))
    return {
        path: (old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    }


def paths(fields: Plain, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Give each value of nested fields with its path."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{name}.")
        elif name == "lines":
            for line in value:
                yield from paths(line, f"{prefix}lines.{line['number']}.")
        else:
            yield f"{prefix}{name}", value
