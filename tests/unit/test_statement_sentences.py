"""What a statement says of its numbers is true of them, whatever they are."""

import pytest

from tally.domain.record.usage_record import Closing, RecordState
from tally.domain.statement.course import steps
from tally.domain.statement.sentences import difference
from tally.domain.statement.statement import Numbers
from tests.unit.rig import a_line, a_record


@pytest.mark.parametrize(
    ("counted", "billed", "floor", "said"),
    [
        (12, 12, 10, "minimum is 10, which the count reaches: it changes nothing."),
        (7, 10, 10, "minimum is 10, more than was counted: the minimum is billed."),
        (7, 7, 10, "minimum is 10, which is more than was counted and more than is billed."),
        (7, 12, 10, "minimum is 10, which is more than was counted and less than is billed."),
        (None, 7, 10, "minimum is 10."),
        (7, 7, None, "minimum is not recorded."),
        (7, 7, 0, "The contract has no minimum."),
    ],
)
def test_the_minimum(counted: int | None, billed: int, floor: int | None, said: str) -> None:
    """CLOSE-2, PROOF-5: it is compared with both numbers, and why one is billed is not guessed."""
    closing = Closing(count=billed, floor=floor)
    record = a_record(a_line(quantity=billed), state=RecordState.CLOSED, closing=closing)
    numbers = Numbers(billed=billed, counted=counted, floor=floor)
    told = difference(record, numbers, kept=None, followed=billed)
    assert [each for each in told if each.endswith(said)] != []


def test_a_record_without_a_history_has_no_steps() -> None:
    """PROOF-5: what is not kept any more is told of as missing; nothing fails over it."""
    assert steps([]) == ()


@pytest.mark.parametrize(
    ("billed", "said"),
    [
        (1, "GravityZone counts 2, and 1 is billed, 1 fewer than counted"),
        (4, "GravityZone counts 2, and 4 are billed, 2 more than counted"),
    ],
)
def test_one_is_billed_and_several_are(billed: int, said: str) -> None:
    """PROOF-5: a customer with one endpoint reads its statement too."""
    record = a_record(a_line(quantity=billed))
    told = difference(record, Numbers(billed=billed, counted=2), kept=None, followed=billed)
    assert told[0].startswith(said)


@pytest.mark.parametrize(("counted", "is_reason"), [(7, True), (12, False)])
def test_the_minimum_is_a_reason_for_more_alone(counted: int, is_reason: bool) -> None:
    """CLOSE-2, PROOF-5: where more was counted than the minimum, that is not why less is billed."""
    record = a_record(
        a_line(quantity=10), state=RecordState.CLOSED, closing=Closing(count=10, floor=10)
    )
    numbers = Numbers(billed=10, counted=counted, floor=10)
    told = difference(record, numbers, kept=None, followed=10)
    assert ("the contract's minimum is billed" in told[0]) is is_reason
