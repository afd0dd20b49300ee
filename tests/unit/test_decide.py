"""The decision as a pure function: the rules one by one."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tally.domain.agreement import Agreement
from tally.domain.decide import decide
from tally.domain.invoicing import LateUsage
from tally.domain.reading import Count, Unknown
from tally.domain.record import (
    Answer,
    HoldKind,
    Intent,
    IntentKind,
    LineState,
    RecordState,
    Refusal,
    UsageRecord,
    Verdict,
)
from tally.domain.situation import ComeBack, Finished, Look, NoWord, Situation
from tally.domain.standing import Cause, StandingState
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    FACTS,
    KEY,
    MONTH,
    POLICY,
    SETTLE,
    TICK,
    Rig,
    addition,
    open_record,
    situation,
)

UNKNOWN = Unknown("GravityZone has nothing to say.")


def finished(met: Situation) -> Finished:
    """A decision that ends the job at once."""
    step = decide(met)
    assert isinstance(step, Finished)
    return step


def shown(step: Finished) -> Cause:
    """What it shows, having written nothing."""
    assert step.transition is None
    assert isinstance(step.cause, Cause)
    return step.cause


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reading": UNKNOWN}, "nothing to say"),
        ({"opening": replace(FACTS, monthly=False)}, "trial"),
        ({"agreement": replace(AGREEMENT, bill_starts=date(2026, 12, 1))}, "not billed"),
        ({"agreement": replace(AGREEMENT, bill_starts=date(2026, 11, 20))}, "begins on 2026-11-20"),
    ],
)
def test_an_opening_that_waits_says_why(fields: dict[str, Any], said: str) -> None:
    """READ-2, READ-3, OPEN-2, OPEN-3: nothing is looked at, and the reason is shown."""
    if "agreement" in fields:
        fields = {**fields, "expected_agreement": fields["agreement"]}
    cause = shown(finished(situation(**fields)))
    assert cause.state is StandingState.WAITING
    assert said in cause.reason


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"opening": None}, NoWord.PLANNERS),
        ({"opening": replace(FACTS, newest_tick=TICK + timedelta(days=1, seconds=1))}, NoWord.STAYS),
        ({"opening": replace(FACTS, tied_to=None)}, NoWord.PLANNERS),
        ({"opening": replace(FACTS, tied_to=8)}, NoWord.PLANNERS),
        ({"opening": replace(FACTS, excluded=True)}, NoWord.PLANNERS),
        ({"product_id": None}, NoWord.PLANNERS),
        ({"agreement": None, "expected_agreement": None}, NoWord.PLANNERS),
        ({"only_if_used": True, "reading": Count(0)}, NoWord.PLANNERS),
    ],
    ids=str,
)
def test_an_opening_that_is_not_due_is_left(fields: dict[str, Any], word: NoWord) -> None:
    """OPEN-7, OPEN-9, MATCH-1, MATCH-2: nothing is written, and what the planner has the word on is the planner's to show."""
    assert finished(situation(**fields)) == Finished(cause=word)


@pytest.mark.parametrize(
    "fields", [{"state": RecordState.WAIVED}, {"state": RecordState.CLOSED, "reread": True}], ids=("waived", "closed")
)
def test_a_settled_record_is_left_alone(fields: dict[str, Any]) -> None:
    """CLOSE-4, OPEN-6: of a month that is waived, or closed and read once more, nothing is written, whatever is counted and whoever asks."""
    for lines in (open_record()[1].lines, ()):
        record = UsageRecord(key=KEY, version=3, seen_tick=TICK, lines=lines, **fields)
        assert finished(situation(record=record, reading=Count(9))) == Finished(cause=NoWord.STAYS)


def test_a_job_of_a_day_ago_opens() -> None:
    """OPEN-7: a day is not more than a day."""
    newest = replace(FACTS, newest_tick=TICK + timedelta(days=1))
    assert isinstance(decide(situation(opening=newest)), Look)


def test_the_look_before_a_post_reads_the_agreement_again() -> None:
    """OPEN-7, SAFE-1: first the intent, and with the Additions the agreement as it is now."""
    step = decide(situation())
    assert isinstance(step, Look)
    assert step.reread
    assert step.transition is not None
    assert step.transition.after.line is not None
    assert step.transition.after.line.intent == Intent(kind=IntentKind.POST, quantity=4, at=TICK)


@pytest.mark.parametrize("agreement", [None, AGREEMENT])
def test_an_intent_that_is_taken_over_is_written_to_a_line_that_can_carry_it(agreement: Agreement | None) -> None:
    """LATE-1, SAFE-2: a job that is old, or whose agreement was not listed, reads it again before it sends what another announced."""
    _, record = open_record(4)
    line = replace(record.lines[0], intent=Intent(kind=IntentKind.PATCH, quantity=9, at=TICK - timedelta(hours=1)))
    met = situation(
        record=record.with_line(line),
        reading=Count(9),
        agreement=agreement,
        expected_agreement=agreement,
        now=TICK + timedelta(hours=2),
    )
    step = decide(met)
    assert isinstance(step, Look)
    assert (step.transition and step.transition.what, step.reread) == ("patch intent renewed", True)


def test_a_push_beside_the_jobs_agreement_reads_its_own() -> None:
    """LATE-1: the agreement that a job knows says nothing of an Addition that stands on another, which may have been invoiced."""
    _, record = open_record(4)
    following = replace(AGREEMENT, id=AGREEMENT.id + 1)
    step = decide(situation(record=record, reading=Count(9), agreement=following, expected_agreement=following))
    assert isinstance(step, Look)
    assert (step.agreement_id, step.reread) == (AGREEMENT.id, True)


def test_an_agreement_that_moved_its_billing_start_meanwhile() -> None:
    """OPEN-3, OPEN-7: the dates of the agreement that was read again are the Addition's, within the one job."""
    rig = Rig(agreement=replace(AGREEMENT, bill_starts=date(2026, 11, 5), version="v2"))
    rig.run(situation())
    (post,) = rig.posts
    assert (post.new.effective, post.new.cancelled) == (date(2026, 11, 5), MONTH.last)


@pytest.mark.parametrize("age", [timedelta(0), SETTLE - timedelta(seconds=1)])
def test_a_young_intent_is_waited_for(age: timedelta) -> None:
    """SAFE-2: absence is believed only when the intent is older than the settle time; until then the job comes back."""
    step = decide(situation())
    assert isinstance(step, Look)
    assert step.transition is not None
    found = decide(situation(record=step.transition.after, now=TICK + age))
    assert isinstance(found, ComeBack)
    assert found.until == TICK + SETTLE
    late = decide(situation(record=step.transition.after, now=TICK + SETTLE + timedelta(seconds=1)))
    assert isinstance(late, Look)
    assert late.reread
    assert late.transition is not None
    assert "renewed" in late.transition.what


def test_a_refused_opening_is_not_tried_again_until_the_agreement_changes() -> None:
    """SAFE-2: what ConnectWise refused of this agreement is the standing; another version of it is another try."""
    step = decide(situation())
    assert isinstance(step, Look)
    assert step.transition is not None
    record = step.transition.after
    assert record.line is not None
    refusal = Refusal(why="period invoiced", fingerprint="post 31 v1 2026-11-01 501 2026-11-10", since=TICK)
    refused = replace(record.with_line(replace(record.line, intent=None)), refusal=refusal)
    cause = shown(finished(situation(record=refused)))
    assert (cause.state, cause.reason) == (StandingState.NEEDS_SETUP, "period invoiced")
    changed = replace(AGREEMENT, version="v2")
    assert isinstance(decide(situation(record=refused, agreement=changed, expected_agreement=changed)), Look)


def test_a_refused_push_is_not_tried_again_until_the_count_changes() -> None:
    """SAFE-2: a PATCH refused for its content is the standing; another count, agreement or day is another try."""
    _, record = open_record()
    refused = replace(record, refusal=Refusal(why="no", fingerprint="patch 6 2026-11-10 v1", since=TICK))
    cause = shown(finished(situation(record=refused, reading=Count(6))))
    assert (cause.state, cause.reason) == (StandingState.NEEDS_SETUP, "no")
    assert isinstance(decide(situation(record=refused, reading=Count(7))), Look)
    changed = replace(AGREEMENT, version="v2")
    assert isinstance(decide(situation(record=refused, reading=Count(6), expected_agreement=changed)), Look)
    tomorrow = TICK + timedelta(days=1)
    assert isinstance(decide(situation(record=refused, reading=Count(6), tick=tomorrow, now=tomorrow)), Look)


def test_an_opening_without_a_cancelled_date_is_held_at_once() -> None:
    """OPEN-3: an Addition that ConnectWise shows open-ended would bill every month: held, and lifted when it has its date."""
    rig = Rig(additions=[addition(cancelled=None)])
    after = rig.run(situation()).record
    assert after is not None
    assert after.hold is not None
    assert after.hold.kind is HoldKind.CHANGED
    assert str(MONTH.last) in after.hold.why
    mended = Rig(additions=[addition()]).run(situation(record=after)).record
    assert mended is not None
    assert mended.hold is None


def test_two_with_our_reference() -> None:
    """OPEN-1: two Additions with the reference of a month that is not opened yet: held, both named; one is taken up."""
    rig = Rig(additions=[addition(900), addition(901)])
    after = rig.run(situation()).record
    assert rig.posts == []
    assert after is not None
    assert after.hold is not None
    for said in ("Addition 900", "Addition 901", "Delete all but one"):
        assert said in after.hold.why
    still = Rig(additions=rig.additions)
    assert still.run(situation(record=after)).record == after
    alone = Rig(additions=[addition(901)])
    found = alone.run(situation(record=after)).record
    assert alone.posts == []
    assert found is not None
    assert found.line is not None
    assert (found.hold, found.line.addition_id, found.line.state) == (None, 901, LineState.OPEN)


def test_a_hold_whose_place_is_gone_stays() -> None:
    """OPEN-6: while nothing may be opened anyway, a hold on the opening is neither lifted nor written anew."""
    rig = Rig(additions=[addition(70, text="a person's")])
    held = rig.run(situation()).record
    assert held is not None
    assert held.hold is not None
    found = finished(situation(record=held, opening=replace(FACTS, monthly=False)))
    assert found.transition is None
    looked = finished(situation(record=held, additions=(), opening=replace(FACTS, monthly=False)))
    assert looked.transition is None


def test_an_unconfirmed_push_counts_against_a_fall() -> None:
    """READ-7, FOLLOW-3: what may stand in ConnectWise unconfirmed is the mark that a count must not fall below."""
    _, record = open_record()
    assert record.line is not None
    unsure = record.with_line(replace(record.line, unconfirmed=(9,)))
    step = finished(situation(record=unsure, reading=Count(6)))
    assert step.transition is not None
    assert step.transition.after.hold is not None
    assert step.transition.after.hold.kind is HoldKind.FALL


def test_a_lost_push_that_arrived_is_taken_as_confirmed() -> None:
    """FOLLOW-3, SAFE-2: ConnectWise shows the quantity that was sent without an answer: it is ours, and not sent again."""
    rig, record = open_record()
    assert record.line is not None
    lost = record.with_line(
        replace(record.line, intent=Intent(kind=IntentKind.PATCH, quantity=6, at=TICK - timedelta(hours=1)))
    )
    rig.additions = [replace(rig.additions[0], quantity=Decimal(6))]
    after = rig.run(situation(record=lost, reading=Count(6))).record
    assert rig.patches == []
    assert after is not None
    assert after.line is not None
    assert (after.line.pushed, after.line.intent) == (6, None)


def test_a_lost_push_that_is_too_low_by_now() -> None:
    """FOLLOW-1, SAFE-2: a push that was lost is not sent late: the count of now is, announced anew."""
    rig, record = open_record()
    assert record.line is not None
    lost = record.with_line(
        replace(record.line, intent=Intent(kind=IntentKind.PATCH, quantity=6, at=TICK - timedelta(hours=1)))
    )
    after = rig.run(situation(record=lost, reading=Count(7))).record
    assert [patch.quantity for patch in rig.patches] == [7]
    assert [each.what for each in rig.transitions] == [
        "patch intent renewed",
        "intent withdrawn",
        "patch intended",
        "pushed",
    ]
    assert after is not None
    assert after.line is not None
    assert (after.line.pushed, after.line.unconfirmed) == (7, ())


def test_an_echo_is_waited_out_before_the_close() -> None:
    """CLOSE-2, FOLLOW-3: the list shows what stood there before our last push: not a change of others, and not yet the end."""
    _, record = open_record()
    assert record.line is not None
    pushed = record.with_line(replace(record.line, pushed=6, pushed_at=CLOSE, echoes=(4,)))
    stale = (addition(record.line.addition_id or 0, quantity=Decimal(4)),)
    met = situation(record=pushed, reading=Count(6), tick=CLOSE, now=CLOSE + timedelta(minutes=1), additions=stale)
    step = decide(met)
    assert isinstance(step, ComeBack)
    assert step.until == CLOSE + SETTLE
    late = decide(replace(met, now=CLOSE + SETTLE + timedelta(seconds=1)))
    assert isinstance(late, Finished)
    assert late.transition is not None
    assert late.transition.after.hold is not None


def test_ours_not_listed_yet_is_waited_for() -> None:
    """FOLLOW-3: within the settle time of our own last write, absence means wait; after it, hold."""
    rig, record = open_record(now=TICK - timedelta(minutes=1))
    rig.additions = []
    after = rig.run(situation(record=record, reading=Count(6))).record
    waited = [step for step in rig.steps if isinstance(step, ComeBack)]
    assert waited[0].until == TICK - timedelta(minutes=1) + SETTLE
    assert after is not None
    assert after.hold is not None
    assert "is gone from the agreement" in after.hold.why


def test_what_was_rejected_and_is_within_the_limits_by_now_is_opened_late() -> None:
    """FOLLOW-4, LATE-2: the count is the same with an intent on the first line as without, so the intent is carried out."""
    said = Answer(verdict=Verdict.REJECTED, quantity=34, by="ann", at=TICK)
    invoiced = replace(AGREEMENT, next_invoice=date(2027, 1, 1))
    rig = Rig(agreement=invoiced)
    rig.run(
        situation(
            reading=Count(36),
            record=UsageRecord(key=KEY, version=3, seen_tick=TICK, answer=said, asked=True),
            agreement=invoiced,
            expected_agreement=invoiced,
            baseline=30,
            policy=replace(POLICY, late_usage=LateUsage.BILL),
            tick=CLOSE,
            now=CLOSE,
        )
    )
    assert [post.new.quantity for post in rig.posts] == [36]
