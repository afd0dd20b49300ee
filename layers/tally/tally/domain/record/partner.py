"""A partner whose own machines are billed: its counters without its children's (READ-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tally.domain.model.reading import Count, Reading, Unknown
from tally.domain.model.standing import Cause, StandingState
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord

MOST_CHILDREN = 20
"""The most companies directly below it: every job reads each one anew, at GravityZone's pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Children:
    """The companies directly below a partner, of both kinds and whatever licence.

    The partner's counters contain theirs. ``ids`` are sorted. ``names`` has their names, and those
    of companies that open records remember to have been below it.
    """

    ids: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)


class NothingLeft(Unknown):
    """The children count more than the whole."""

    __slots__ = ()


def own_count(parent: Count, children: Sequence[Count]) -> Reading:
    """Return the parent's count without the children's; unknown where that is less than nothing.

    It has the parent's own floor.
    """
    # GravityZone counts one company a call. If a machine checks in between two calls, the result is
    # too low with the parent read first, and too high with it read last.
    below = sum(child.value for child in children)
    if parent.value < below:
        return NothingLeft(
            f"GravityZone counts {parent.value} for the partner and {below} for the companies "
            "directly below it, more than for the whole: the count of its own machines cannot be "
            "told."
        )
    return replace(parent, value=parent.value - below)


def has_fallen(own: Reading, least: int) -> bool:
    """Return True if the own count is below ``least``.

    It fell, or machines of children checked in between the reads.
    """
    return isinstance(own, Unknown) or own.value < least


def settled(first: Reading, last: Reading, *, least: int) -> Reading:
    """Return the own count of a parent that was read ``first``, seemed to fall, and ``last``.

    The truth lies between the two readings. Where they leave room for ``least``, the count has not
    fallen as far as can be told.
    """
    if has_fallen(last, least):
        return first
    return replace(last, value=least) if isinstance(last, Count) else Count(least)


def least(record: UsageRecord, children: Children) -> int:
    """Return the lowest value that the own count can have unless it has fallen (READ-7).

    It is 0 where the count that stands was taken with another set of children.
    """
    if not record.is_standing or others_below(record, children):
        return 0
    word = record.last_word
    # GravityZone has counted what was sent, whether or not it has arrived in ConnectWise.
    if word is None:
        return record.highest
    return min(word.number, record.highest) if word.said is Said.LOWER else record.stands


def others_below(record: UsageRecord, children: Children | None) -> bool:
    """Return True if other companies are below the partner than those its count was taken with.

    This does not matter until an Addition stands.
    """
    if children is None or record.children is None or not record.is_standing:
        return False
    # As many as before can be others: one that came hides one that went.
    return children.ids != record.children


def too_many_children(partner: str, count: int) -> Cause:
    """Return the cause of a partner with too many companies for a job to read."""
    reason = (
        f"{partner} has {count} companies directly below it, and {MOST_CHILDREN} are the most that "
        "can be taken off its count: its own machines are neither read nor written. Move some "
        "below another partner, or bill its own machines no more."
    )
    return Cause(state=StandingState.NEEDS_SETUP, reason=reason)


def unlisted_children(partner: str, why: str) -> Cause:
    """Return the cause of a partner whose children are not known (SAFE-5).

    Its own machines cannot be told from theirs.
    """
    reason = (
        f"The companies directly below {partner} could not be listed ({why}): its own machines are "
        "neither read nor written."
    )
    return Cause(state=StandingState.FAILING, reason=reason)
