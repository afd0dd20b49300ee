"""A partner whose own machines are billed: its counters without those of the companies below it (READ-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.model.reading import Count, Reading, Unknown
from tally.domain.model.standing import Cause, StandingState
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord

MOST_CHILDREN = 20
"""How many companies may stand directly below it: each is read anew for every job, at GravityZone's pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """The companies directly below a partner, of both kinds and whatever licence: its counters contain theirs.

    ``ids`` are sorted. ``names`` has theirs, and those of companies that open records remember to have stood there.
    """

    ids: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


class NothingLeft(Unknown):
    """The children count more than the whole."""

    __slots__ = ()


def own_count(parent: Count, children: Sequence[Count]) -> Reading:
    """What is left of the parent's count, with the parent's own floor; unknown where it is less than nothing.

    Exact where nothing checked in between the reads. Else it is too low if the parent was read first, too high if last.
    """
    below = sum(child.value for child in children)
    if parent.value < below:
        return NothingLeft(
            f"GravityZone counts {parent.value} for the partner and {below} for the "
            "companies directly below it, "
            "more than for the whole: the count of its own machines cannot be told."
        )
    return Count(parent.value - below, parent.floor)


def has_fallen(own: Reading, least: int) -> bool:
    """Whether the own count is below what it cannot be: it fell, or machines of children checked in between the reads."""
    return isinstance(own, Unknown) or own.value < least


def settled(first: Reading, last: Reading, *, least: int) -> Reading:
    """The own count where the parent was read ``first``, seemed to have fallen below ``least``, and was read ``last`` again.

    The truth lies between the two. Where they leave room for ``least``, nothing has fallen as far as can be told.
    """
    if has_fallen(last, least):
        return first
    return Count(least, last.floor if isinstance(last, Count) else None)


def least(record: UsageRecord, children: Children) -> int:
    """Return what the own count cannot be below unless it has fallen (READ-7).

    0 where another set of children gave what stands.
    """
    if not record.is_standing or others_below(record, children):
        return 0
    word = record.last_word
    if word is None:
        return record.highest
    return min(word.number, record.highest) if word.said is Said.LOWER else record.stands


def others_below(record: UsageRecord, children: Children | None) -> bool:
    """Return True if others stand below the partner than those its count was taken with.

    No matter until an Addition stands.
    """
    if children is None or record.children is None or not record.is_standing:
        return False
    return children.ids != record.children


def too_many_children(partner: str, count: int) -> Cause:
    """What to show where a job would have to read too many companies."""
    reason = (
        f"{partner} has {count} companies directly below it, and {MOST_CHILDREN} are the "
        "most that can be taken off its count: "
        "its own machines are neither read nor written. Move some below another partner, or "
        "bill its own machines no more."
    )
    return Cause(state=StandingState.NEEDS_SETUP, reason=reason)


def unlisted_children(partner: str, why: str) -> Cause:
    """What to show where it is not known who stands below it: its own machines cannot be told from theirs (SAFE-5)."""
    reason = (
        f"The companies directly below {partner} could not be listed ({why}): its own machines "
        "are neither read nor written."
    )
    return Cause(state=StandingState.FAILING, reason=reason)
