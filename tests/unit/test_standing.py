"""A standing made of causes, and how a worker's words are merged into it."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Scope, Standing, StandingState, dated
from tally.errors import ConflictError
from tally.standings import merge, note
from testing.ledger import MemoryLedger
from testing.scopes import of_record

TICK = datetime(2026, 11, 5, tzinfo=UTC)
NEXT = TICK + timedelta(minutes=15)
NOVEMBER, OCTOBER = of_record("2026-11"), of_record("2026-10")
BILLING, FAILING = (
    Cause(state=StandingState.BILLING),
    Cause(state=StandingState.FAILING, reason="502"),
)


def standing(causes: Mapping[Scope, Cause]) -> Standing:
    """A standing with these causes."""
    return Standing(company_id="c", company_name="Harbor Dental", tick=TICK, causes=causes)


@given(st.lists(st.sampled_from(StandingState), min_size=1, max_size=6))
def test_the_most_serious_shows(states: list[StandingState]) -> None:
    """SAFE-7: failing, held, needs set-up, waiting, billing: the first of these that is among the
    causes.
    """
    shown = standing(
        {Scope(Month(2026, n)): Cause(state=state) for n, state in enumerate(states, 1)}
    ).shown
    order = ["FAILING", "HELD", "NEEDS_SETUP", "WAITING", "BILLING"]
    assert shown.state.name == min((state.name for state in states), key=order.index)


def test_of_equals_the_earliest_shows() -> None:
    """SAFE-7: of two months that are held the older one is told first; with nothing to say, the
    company is billing.
    """
    held = [Cause(state=StandingState.HELD, reason=reason) for reason in ("October", "November")]
    assert standing({NOVEMBER: held[1], OCTOBER: held[0]}).shown.reason == "October"
    assert standing({}).shown.state is StandingState.BILLING


def test_of_equals_what_is_so_of_the_whole_company_shows() -> None:
    """SAFE-5, SAFE-7: what cannot be read of a company is shown, and not what a job of one of its
    months failed of before that.
    """
    failing = [
        Cause(state=StandingState.FAILING, reason=reason)
        for reason in ("DynamoDB is busy", "cannot be read")
    ]
    both = standing({OCTOBER: failing[0], WHOLE_COMPANY: failing[1]})
    assert both.shown.reason == "cannot be read"


@pytest.mark.parametrize(
    ("state", "label"),
    [
        (StandingState.BILLING, "billing"),
        (StandingState.WAITING, "waiting"),
        (StandingState.NEEDS_SETUP, "needs set-up"),
        (StandingState.HELD, "held"),
        (StandingState.FAILING, "failing"),
    ],
)
def test_labels(state: StandingState, label: str) -> None:
    """SAFE-7: the five words that an operator reads."""
    assert state.label == label


def test_since_when() -> None:
    """SAFE-7: a state lasts from its first tick on, whatever its reason becomes."""
    first = dated(FAILING, None, tick=TICK)
    assert first.since == TICK
    assert dated(Cause(state=StandingState.FAILING, reason="503"), first, tick=NEXT).since == TICK
    assert dated(BILLING, first, tick=NEXT).since == NEXT


def test_any_field_but_its_beginning_makes_another_cause() -> None:
    """SAFE-7: whatever a person is shown is news if it differs; since when it is so is none."""
    then = datetime(2026, 11, 5, tzinfo=UTC)
    cause = Cause(state=StandingState.WAITING)
    others = {
        "state": replace(cause, state=StandingState.HELD),
        "reason": replace(cause, reason="Something else."),
        "until": replace(cause, until=then),
        "notices": replace(cause, notices=("Something beside.",)),
    }
    assert {*others, "since"} == {each.name for each in fields(Cause)}
    assert [name for name, other in others.items() if cause.same_as(other)] == []
    assert cause.same_as(replace(cause, since=then))
    assert not cause.same_as(None)


def test_a_service_takes_the_place_of_its_month() -> None:
    """SAFE-7: what a worker says of a month's service replaces what the planner said of the month
    as a whole.
    """
    before = standing(
        {
            Scope(NOVEMBER.month): Cause(state=StandingState.WAITING, reason="is being opened"),
            OCTOBER: FAILING,
        }
    )
    after = merge(before, tick=NEXT, causes={NOVEMBER: BILLING}, last_reading=NEXT)
    assert set(after.causes) == {OCTOBER, NOVEMBER}
    assert (after.tick, after.last_reading, after.causes[NOVEMBER].since) == (NEXT, NEXT, NEXT)


def tell(
    ledger: MemoryLedger, cause: Cause, *, tick: datetime = TICK, known: Cause | None = None
) -> None:
    """A worker's word on November, its last good reading an instant ago."""
    note(
        ledger,
        company_id="c",
        company_name="Harbor Dental",
        tick=tick,
        causes={NOVEMBER: cause},
        known={} if known is None else {NOVEMBER: known},
        last_reading=tick,
        good_reading=False,
    )


def test_no_news_is_neither_read_nor_written() -> None:
    """SAFE-7: a worker that has nothing new to say does not touch the ledger."""
    ledger = MemoryLedger()
    ledger.fail_next("standing", AssertionError("read"))
    tell(ledger, BILLING, known=dated(BILLING, None, tick=TICK))
    assert ledger.all_standings() == []


def test_an_older_tick_is_silent() -> None:
    """SAFE-4, SAFE-7: what a newer tick has written is not overwritten by an older one's job."""
    ledger = MemoryLedger()
    tell(ledger, BILLING, tick=NEXT)
    before = ledger.standing("c")
    tell(ledger, FAILING, tick=TICK)
    assert ledger.standing("c") == before


def test_others_in_between() -> None:
    """SAFE-3: a standing written by others meanwhile is read anew and written again; not for
    ever.
    """
    ledger = MemoryLedger()
    busy = ConflictError("busy")
    ledger.fail_next("save_standing", busy, times=3)
    tell(ledger, FAILING)
    stands = ledger.standing("c")
    assert stands is not None
    assert stands.shown.reason == "502"
    ledger.fail_next("save_standing", busy, times=4)
    with pytest.raises(ConflictError):
        tell(ledger, BILLING, tick=NEXT)


def test_the_same_word_twice_is_written_once() -> None:
    """SAFE-4: a job that runs again says what it said, and the standing stays at its version."""
    ledger = MemoryLedger()
    tell(ledger, FAILING)
    before = ledger.standing("c")
    tell(ledger, FAILING)
    assert ledger.standing("c") == before
