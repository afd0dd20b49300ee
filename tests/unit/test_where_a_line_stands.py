"""Second question: where may a line stand, for which days, and can it still grow?"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.facts.job_facts import Facts
from tally.domain.facts.place import Freeze, Thaw, find_place, turn_of
from tally.domain.holds import Strangers
from tally.domain.model.invoicing import Invoicing, LateUsage
from tally.domain.model.reading import Count, Unknown
from tally.domain.model.standing import Cause, StandingState, Unsaid
from tally.domain.record.lines import LineState, Place
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, Refusal
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    INVOICED,
    MONTH,
    PERMIT,
    PLACE,
    POLICY,
    PRODUCT_ID,
    TICK,
    UNOPENED,
    a_line,
    a_record,
    addition,
    facts,
)

BILLED = replace(POLICY, late_usage=LateUsage.BILL)
FROZEN = a_record(a_line(state=LineState.FROZEN))


def shown(record: UsageRecord, known: Facts) -> str:
    """What is shown instead of a place."""
    place = find_place(record, known)
    assert not isinstance(place, Place)
    return place.reason if isinstance(place, Cause) else str(place)


@pytest.mark.parametrize(
    ("dates", "effective"),
    [
        ({}, date(2026, 11, 1)),
        ({"starts": date(2026, 11, 4)}, date(2026, 11, 4)),
        ({"bill_starts": date(2026, 11, 6)}, date(2026, 11, 6)),
        ({"starts": date(2026, 11, 4), "bill_starts": date(2026, 11, 2)}, date(2026, 11, 4)),
    ],
)
def test_the_months_own_days(dates: dict[str, Any], effective: date) -> None:
    """OPEN-3: from the latest of the month's first, the agreement's start and its billing's start,
    to the month's last.
    """
    place = find_place(UNOPENED, facts(agreement=replace(AGREEMENT, **dates)))
    assert place == replace(PLACE, effective=effective)


def test_no_day_before_its_time() -> None:
    """OPEN-2: a period that has not begun where the MSP bills is waited for, and one beyond the
    month is not billed.
    """
    waits = find_place(
        UNOPENED, facts(agreement=replace(AGREEMENT, bill_starts=date(2026, 11, 20)))
    )
    assert isinstance(waits, Cause)
    assert waits.state is StandingState.WAITING
    assert waits.until is not None
    assert "not billed" in shown(
        UNOPENED, facts(agreement=replace(AGREEMENT, bill_starts=date(2026, 12, 1)))
    )


def test_an_invoiced_month_goes_onto_the_next_invoice() -> None:
    """LATE-2: a further line stands in the period that is open now, and says that it is late."""
    place = find_place(FROZEN, facts(agreement=INVOICED, tick=CLOSE, late=True))
    assert isinstance(place, Place)
    assert (place.late, place.agreement_id, place.product_id) == (True, AGREEMENT.id, PRODUCT_ID)
    assert place.effective > MONTH.last


@pytest.mark.parametrize("policy", [POLICY, BILLED])
def test_a_month_invoiced_before_its_end(policy: object) -> None:
    """LATE-1: while the month runs, late lines have to be accepted; else an agreement type invoiced
    later is asked for.
    """
    place = find_place(UNOPENED, facts(agreement=INVOICED, policy=policy))
    assert isinstance(place, Place) is (policy is BILLED)


def test_invoiced_in_advance_is_set_up_otherwise() -> None:
    """LATE-1: what is invoiced before anybody knows the count is not opened, unless late lines are
    accepted.
    """
    advance = replace(POLICY, invoicing=Invoicing.ADVANCE)
    assert "in advance" in shown(UNOPENED, facts(policy=advance))


REFUSED = Refusal(
    why="This period has already been invoiced.",
    at=TICK,
    write=Create(number=0, place=PLACE, quantity=4),
    version="v1",
    total=4,
)


@pytest.mark.parametrize(
    ("permit", "expected"),
    [
        (None, "Unsaid.PLANNERS"),
        (PERMIT._replace(newest_tick=TICK + timedelta(days=1, seconds=1)), "Unsaid.AS_BEFORE"),
        (PERMIT._replace(linked_to=8), "Unsaid.PLANNERS"),
        (PERMIT._replace(linked_to=None), "Unsaid.PLANNERS"),
        (PERMIT._replace(excluded=True), "Unsaid.PLANNERS"),
        (PERMIT._replace(monthly=False), "trial"),
    ],
)
def test_what_forbids_a_first_line(permit: object, expected: str) -> None:
    """OPEN-7, READ-3, MATCH-1: old jobs open nothing, nor do those for another link, a trial, or
    who is excluded by now.
    """
    assert expected in shown(UNOPENED, facts(permit=permit))


def test_a_tick_as_old_as_a_day_opens() -> None:
    """OPEN-7: older by more than a day, it says."""
    assert isinstance(
        find_place(UNOPENED, facts(permit=PERMIT._replace(newest_tick=TICK + timedelta(days=1)))),
        Place,
    )


def test_a_further_line_does_not_ask_for_the_licence() -> None:
    """CLOSE-5: what was used by one who left is billed."""
    known = facts(
        agreement=INVOICED,
        tick=CLOSE,
        late=True,
        permit=PERMIT._replace(monthly=False, excluded=True),
    )
    assert isinstance(find_place(FROZEN, known), Place)


def test_after_its_last_day_no_month_is_opened() -> None:
    """OPEN-9: but one of which a person was asked in time."""
    late = facts(tick=CLOSE + timedelta(days=8))
    assert shown(UNOPENED, late) != str(Unsaid.PLANNERS)
    asked = a_record(rulings=(Ruling(said=Said.ASKED, by="tally", at=TICK),))
    assert isinstance(find_place(asked, late), Place)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"company_id": 8}, "no longer of this company"),
        ({"type_id": 19}, "no longer of this company"),
        ({"cancelled": True}, "agreement"),
        ({"ends": date(2026, 11, 9)}, "agreement"),
        ({"billing_cycle": "Quarterly"}, "Quarterly"),
    ],
)
def test_the_agreement_is_still_the_one(change: dict[str, Any], expected: str) -> None:
    """OPEN-7, MATCH-3, MATCH-5: as it was read just now, whatever the planner had listed."""
    known = facts().knowing(AGREEMENT.id, replace(AGREEMENT, **change))
    assert expected in shown(UNOPENED, known)


def test_where_a_line_stands_is_no_offer() -> None:
    """LATE-2: a job that was to follow a line knows no place for the next one, and has nothing to
    say of it.
    """
    ended = replace(INVOICED, ends=date(2026, 11, 30))
    assert find_place(FROZEN, facts(agreement=ended, tick=CLOSE, permit=None)) is Unsaid.AS_BEFORE


def test_what_is_not_listed_is_the_planners_word() -> None:
    """MATCH-8, SAFE-7: what the lists lack, the planner tells; lists that could not be read say
    nothing of a further line.
    """
    assert find_place(UNOPENED, facts(agreement=None)) is Unsaid.PLANNERS
    assert find_place(UNOPENED, facts(agreement=None, listed=False)) is Unsaid.PLANNERS
    assert find_place(FROZEN, facts(agreement=None, listed=False)) is Unsaid.AS_BEFORE
    assert find_place(UNOPENED, facts(product_id=None)) is Unsaid.PLANNERS


@given(st.builds(Count, st.integers(0, 99)) | st.just(Unknown("?")), st.integers(0, 9))
def test_the_place_does_not_hang_on_numbers(reading: object, stands: int) -> None:
    """OPEN-3: neither the count nor what stands moves a line; ConnectWise's Additions are not known
    here at all.
    """
    assert find_place(UNOPENED, facts(reading=reading)) == PLACE
    frozen = a_record(a_line(quantity=stands, state=LineState.FROZEN))
    known = {"agreement": INVOICED, "tick": CLOSE, "late": True}
    assert find_place(frozen, facts(reading=reading, **known)) == find_place(FROZEN, facts(**known))
    assert addition(quantity=stands).quantity == stands


@pytest.mark.parametrize(
    ("state", "agreement", "expected"),
    [
        (LineState.OPEN, AGREEMENT, None),
        (LineState.OPEN, INVOICED, Freeze),
        (LineState.OPEN, replace(AGREEMENT, ends=date(2026, 11, 9)), Freeze),
        (LineState.FROZEN, INVOICED, None),
        (LineState.FROZEN, AGREEMENT, None),  # an emptied date
        (LineState.FROZEN, replace(AGREEMENT, next_invoice=date(2026, 12, 1)), Thaw),
        (LineState.FINAL, INVOICED, None),
        (LineState.VOID, INVOICED, None),
    ],
)
def test_whether_a_line_can_grow(
    state: LineState, agreement: object, expected: type | None
) -> None:
    """LATE-1: invoiced or ended, it can no longer; an invoice taken back lets it again, an emptied
    date does not.
    """
    turn = turn_of(a_line(state=state), facts(agreement=agreement))
    assert (None if turn is None else type(turn)) is expected


def test_an_agreement_that_is_not_known_turns_nothing() -> None:
    """MATCH-2: open records go on by their ids meanwhile."""
    assert turn_of(a_line(), facts(agreement=None)) is None


def test_a_month_refused_as_invoiced_is_late() -> None:
    """LATE-1: what ConnectWise said of the agreement holds until that changes."""
    record = a_record(refusal=REFUSED)
    assert "already been invoiced" in shown(record, facts())
    changed = facts(agreement=replace(AGREEMENT, version="v2"))
    assert find_place(record, changed) == PLACE


def test_where_nothing_can_be_opened_the_record_speaks() -> None:
    """SAFE-7: of what it is held or was refused for; so what a job before failed with is over."""
    held = Strangers(why="Addition 70 bills the same.", since=TICK, wanted=4, additions=(70,))
    assert shown(a_record(hold=held), facts(permit=None)) == held.why
    assert "already been invoiced" in shown(a_record(refusal=REFUSED), facts(permit=None))
    assert find_place(a_record(), facts(permit=None)) is Unsaid.PLANNERS
