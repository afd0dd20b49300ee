"""What is asked where others stand below a partner than those that its count was taken with (READ-4)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tally.domain.growth import grows_too_fast
from tally.domain.partner import Children, changed
from tally.domain.reading import Count, Reading
from tally.domain.record import UsageRecord
from tally.domain.situation import Situation

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person is asked: the sentence, the own count by the children of now, and whether it is beyond FOLLOW-4's limits.

    Where that count is unknown, the quantity is what stands.
    """

    children: tuple[str, ...]
    why: str
    quantity: int
    grown: bool


def question(situation: Situation, record: UsageRecord) -> Question | None:
    """What is asked before anything is written by the children of now; None if they are those of before, or it is answered.

    A company that moves changes the own count for another reason than machines, and GravityZone does not tell whether what
    it used goes with it.
    """
    children, count = situation.children, situation.count
    if children is None or not changed(record, children) or _is_answered(record, children):
        return None
    return Question(
        children=children.ids,
        why=_sentence(situation, record, children, billed=record.stands),
        quantity=record.stands if count is None else count,
        grown=count is not None and grows_too_fast(situation, count),
    )


def _is_answered(record: UsageRecord, children: Children) -> bool:
    """Whether a person has said that what stands is to stay while these children are there."""
    return record.answer is not None and record.answer.children == children.ids


def _sentence(situation: Situation, record: UsageRecord, children: Children, *, billed: int) -> str:
    partner, month, service = situation.company, situation.key.month.label, situation.key.service
    approve = "Approve" if situation.count is None else f"Approve {situation.count}"
    return (
        f"The companies directly below {partner} are not those of the last count for {month}: {_moves(record.children or (), children)}. "
        f"Of its own it had {billed} {service}; {_by_now(situation.reading)}. The Addition says {billed}. "
        f"{approve} to go on with the companies as they are, or reject to keep {billed} as long as they are; "
        "if they become the same again, the hold lifts itself."
    )


def _moves(before: Sequence[str], children: Children) -> str:
    came = [each for each in children.ids if each not in before]
    went = [each for each in before if each not in children.ids]
    moves = [f"{_named(ids, children.names)} {verb}" for ids, verb in ((came, "came"), (went, "went")) if ids]
    return " and ".join(moves)


def _by_now(reading: Reading) -> str:
    if isinstance(reading, Count):
        return f"now it would have {reading.value}"
    return f"how many now cannot be told: {reading.why.rstrip('.')}"


def _named(ids: Sequence[str], names: Mapping[str, str]) -> str:
    shown = ", ".join(names.get(each, each) for each in ids[:_MOST_NAMED])
    rest = len(ids) - _MOST_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown
