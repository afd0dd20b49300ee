"""How many a month is to be billed in all: what follows from the count, a person's word and the contract's floor.

All numbers here are totals over the record's lines, of which only the newest one is ever changed.
"""

from tally.domain.growth import exceeds
from tally.domain.partner import changed
from tally.domain.reading import Count
from tally.domain.record import UsageRecord, Verdict
from tally.domain.situation import Situation


def target(situation: Situation, record: UsageRecord, count: int) -> int:
    """What is to be billed: what follows from the count, but at the close not less than the contract's floor (CLOSE-2).

    What a person has left out is left out with the floor, where that was in what was asked (LATE-2).
    """
    total = with_floor(situation, followed(situation, record, count))
    return record.stands if left_out(record, total) else total


def with_floor(situation: Situation, quantity: int) -> int:
    """The quantity, or at the close the contract's floor if that is billed and higher (CLOSE-2)."""
    floor = situation.reading.floor if isinstance(situation.reading, Count) else None
    if situation.closing and situation.policy.bill_minimum and floor is not None:
        return max(quantity, floor)
    return quantity


def followed(situation: Situation, record: UsageRecord, count: int) -> int:
    """The count, unless a person has said that what stands is to stay."""
    answer, stands = record.answer, record.stands
    if changed(record, situation.children):
        return stands
    if answer is None:
        return count
    if answer.verdict is Verdict.KEPT and count < record.highest:
        return stands
    if left_out(record, count):
        return stands
    if answer.verdict is Verdict.REJECTED and count > stands and not exceeds(count, answer.quantity, situation.policy):
        return stands
    return count


def quantity_of(record: UsageRecord, total: int) -> int:
    """What the newest line is to say, so that all lines together say ``total``; it cannot say less than nothing."""
    return max(total - record.beside, 0)


def left_out(record: UsageRecord, total: int) -> bool:
    """Whether a person does not want so many billed, some of which are late."""
    answer = record.answer
    return answer is not None and answer.verdict is Verdict.LEFT_OUT and record.stands < total <= answer.quantity
