"""A usage record as plain data (text, whole numbers, lists, maps) and back, and its history in those terms.

What is None or empty is left out. Written by hand, field by field: an item lives for years, so a renamed attribute of a
class must not rename what is stored.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from tally.domain.model.company import CompanyLink, LinkChange
from tally.domain.record.history import HistoryEntry, Transition
from tally.ledger.form import instant, instant_text
from tally.ledger.record_codec import record_fields

type Plain = dict[str, Any]


def optional_instant(text: str | None) -> datetime | None:
    """The instant of such a text, or None where there is none."""
    return None if text is None else instant(text)


def optional_instant_text(at: datetime | None) -> str | None:
    """Such a text, or None where there is no instant."""
    return None if at is None else instant_text(at)


def without_none(fields: Plain) -> Plain:
    """The fields that say something: neither None nor an empty collection or text."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value not in ("", [], {})
    }


def check(transition: Transition) -> None:
    """Raise ValueError for a transition whose record does not follow on the one that it was made from."""
    before, after = transition.before, transition.after
    if after.version != transition.expected_version + 1 or before.key != after.key:
        raise ValueError(
            f"version {after.version} of {after.key} does not follow on version "
            f"{transition.expected_version}"
        )


def entry_of(transition: Transition) -> HistoryEntry:
    """What the history keeps of a transition."""
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


def link_fields(link: CompanyLink) -> Plain:
    """Everything that a link holds but its company and version."""
    return without_none(
        {
            "company_name": link.company_name,
            "connectwise_id": link.connectwise_id,
            "connectwise_name": link.connectwise_name,
            "tied_by": link.tied_by,
            "tied_at": instant_text(link.tied_at),
            "pinned_agreement_id": link.pinned_agreement_id,
            "excluded_since": optional_instant_text(link.excluded_since),
            "kept_apart": list(link.kept_apart),
            "own_billed_since": optional_instant_text(link.own_billed_since),
        }
    )


def check_change(change: LinkChange) -> None:
    """Raise ValueError for a change whose link does not follow on the one that it was made from."""
    before, after = change.before, change.after
    if after.version != change.expected_version + 1 or (
        before is not None and before.company_id != after.company_id
    ):
        raise ValueError(
            f"version {after.version} of the link of {after.company_id} does not follow on "
            f"version {change.expected_version}"
        )


def entry_of_change(change: LinkChange) -> HistoryEntry:
    """What the history keeps of a change of a link; it has no tick, so its own time stands for it."""
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
    """The paths whose values differ, each with its value before and after; None where there is none.

    Played in order from nothing, a record's changes give the paths of its present fields. A line's path has its
    number: ``lines.0.intent.quantity``.
    """
    old, new = dict(paths(before)), dict(paths(after))
    return {
        path: (old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    }


def paths(fields: Plain, prefix: str = "") -> Iterator[tuple[str, object]]:
    """Each value of nested fields under its path."""
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{name}.")
        elif name == "lines":
            for line in value:
                yield from paths(line, f"{prefix}lines.{line['number']}.")
        else:
            yield f"{prefix}{name}", value
