"""How many a month is to be billed in all: what follows from the count, a person's word and the contract's floor.

All numbers here are totals over the record's lines, of which only the newest one is ever changed.
"""

from tally.domain.growth import exceeds
from tally.domain.partner import changed
from tally.domain.reading import Count
from tally.domain.record import UsageRecord, Verdict
from tally.domain.situation import Situation


def target(situation: Situation, record: UsageRecord, count: int) -> int:
    """What is to be billed: what follows from the count, but at the close not less than the contract's floor (CLOSE-2)."""
    return unless_left_out(record, at_least(situation, followed(situation, record, count)))


def at_least(situation: Situation, following: int) -> int:
    """That many, but at the close not less than the contract's floor where it is billed (CLOSE-2)."""
    floor = situation.reading.floor if isinstance(situation.reading, Count) else None
    if situation.closing and situation.policy.bill_minimum and floor is not None:
        return max(following, floor)
    return following


def unless_left_out(record: UsageRecord, total: int) -> int:
    """The total, unless a person was asked of as many, the contract's floor among them, and left what is late out (LATE-2)."""
    answer, stands = record.answer, record.stands
    left_out = answer is not None and answer.verdict is Verdict.LEFT_OUT and stands < total <= answer.quantity
    return stands if left_out else total


def followed(situation: Situation, record: UsageRecord, count: int) -> int:
    """The count, unless a person has said that what stands is to stay."""
    answer, stands = record.answer, record.stands
    if changed(record, situation.children):
        return stands
    if answer is None:
        return count
    if answer.verdict is Verdict.KEPT and count < record.highest:
        return stands
    if answer.verdict is Verdict.LEFT_OUT and stands < count <= answer.quantity:
        return stands
    if answer.verdict is Verdict.REJECTED and count > stands and not exceeds(count, answer.quantity, situation.policy):
        return stands
    return count


def quantity_of(record: UsageRecord, total: int) -> int:
    """What the newest line is to say, so that all lines together say ``total``; it cannot say less than nothing."""
    return max(total - record.beside, 0)
