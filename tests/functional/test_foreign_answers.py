"""OPEN-6: a person's three answers to an Addition of others that bills the product already, and
what each leads to.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest

from simulators.connectwise.billing_truth import API, AdditionTruth
from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey, reference
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import ConflictError, SetupError
from tally.ledger.history_entry import paths
from tally.ledger.record_codec import record_fields
from tally.people.hold_answers import Answers
from testing.audit import gaps, replayed
from testing.ledger import MemoryLedger
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:05"), gmt("2026-11-01 00:20"), gmt("2026-11-01 00:35")
CLOSE = gmt("2026-12-02 00:05")
WHO = {"by": "ann", "why": "agreed with the customer"}
pytestmark = pytest.mark.machines(3)


def add_foreign(world: World, customer: Customer, **told: Any) -> AdditionTruth:  # noqa: ANN401 - as of People
    """A person's own Addition of the product, at 9 and without an end unless told otherwise."""
    told = {"quantity": 9, "effective": date(2026, 1, 1), **told}
    return world.connectwise.truth.addition(
        world.connectwise.people.add_addition(customer.agreement_id, PRODUCT, **told)
    )


def november(harbor: Customer) -> RecordKey:
    return RecordKey(company_id=harbor.id, month=Month(2026, 11), service="endpoints")


def record(world: World, harbor: Customer) -> UsageRecord:
    found = world.ledger.record(november(harbor))
    assert found is not None
    assert replayed(world.ledger.history(november(harbor))) == dict(paths(record_fields(found)))
    assert list(gaps(world.ledger.history(november(harbor)))) == []
    return found


def story(world: World, harbor: Customer) -> list[str]:
    return [entry.what for entry in world.ledger.history(november(harbor))]


def ours(world: World) -> list[tuple[int, str, str]]:
    """What we made."""
    return [
        (int(each.quantity), str(each.effective), str(each.cancelled))
        for each in world.connectwise.truth.made_by_api()
    ]


def mark(harbor: Customer) -> str:
    return reference(november(harbor), 0)


# Keeping apart


def test_kept_apart(world: World, harbor: Customer) -> None:
    """OPEN-6: kept apart, ours is billed beside it, in this month and in those to come; theirs is
    never changed.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    held = record(world, harbor).hold
    assert held is not None
    assert (held.kind, held.foreign) == ("foreign", (foreign.id,))
    after = world.answers().keep_apart(november(harbor), **WHO)
    assert after.hold is None
    world.play(SECOND, CLOSE)
    assert ours(world) == [(3, "2026-11-01", "2026-11-30"), (0, "2026-12-01", "2026-12-31")]
    assert record(world, harbor).state is RecordState.CLOSED
    assert foreign.changes_by(API) == []
    entry = world.ledger.link_history(harbor.id)[-1]
    assert (entry.what, entry.by, entry.why) == ("kept apart", "ann", "agreed with the customer")
    assert entry.changes == {"kept_apart": (None, [foreign.id])}
    entry = world.ledger.history(november(harbor))[2]
    assert (entry.what, entry.by, entry.why) == ("kept apart", "ann", "agreed with the customer")


def test_kept_apart_while_following(world: World, harbor: Customer) -> None:
    """OPEN-6, FOLLOW-3: one that has appeared beside ours is kept apart too; there is nothing to
    take over then.
    """
    world.play(FIRST)
    foreign = add_foreign(world, harbor)
    world.check_in(harbor, 1)
    world.play(SECOND)
    hold = record(world, harbor).hold
    assert hold is not None
    assert hold.foreign == (foreign.id,)
    assert "Keep it apart and bill ours beside it, or cancel it in ConnectWise." in hold.why
    assert "ake it over" not in hold.why
    with pytest.raises(SetupError, match="has an Addition of ours already"):
        world.answers().take_over(november(harbor), foreign.id, **WHO)
    with pytest.raises(SetupError, match="void"):
        world.answers().waive(november(harbor), **WHO)
    world.answers().keep_apart(november(harbor), **WHO)
    world.play(THIRD)
    assert ours(world) == [(4, "2026-11-01", "2026-11-30")]
    assert foreign.changes_by(API) == []


def test_another_one_is_asked_about(world: World, harbor: Customer) -> None:
    """OPEN-6: what is kept apart is what the person saw; one that comes later is asked about on its
    own.
    """
    first = add_foreign(world, harbor)
    world.play(FIRST)
    world.answers().keep_apart(november(harbor), **WHO)
    second = add_foreign(world, harbor, quantity=2)
    world.play(SECOND)
    hold = record(world, harbor).hold
    assert hold is not None
    assert hold.foreign == (second.id,)
    assert ours(world) == []
    world.answers().keep_apart(november(harbor), **WHO)
    world.play(THIRD)
    assert ours(world) == [(3, "2026-11-01", "2026-11-30")]
    link = world.ledger.link(harbor.id)
    assert link is not None
    assert link.kept_apart == (first.id, second.id)


def test_an_answer_outlives_the_job_that_was_planned_before(world: World, harbor: Customer) -> None:
    """OPEN-6: a job that was on its way when the person answered knows the answer."""
    add_foreign(world, harbor)
    world.play(FIRST)
    world.tick(SECOND)
    world.answers().keep_apart(november(harbor), **WHO)
    world.work()
    assert ours(world) == [(3, "2026-11-01", "2026-11-30")]


def test_tallys_own_is_not_kept_apart(world: World, harbor: Customer) -> None:
    """OPEN-6: our own of another month, which somebody made endless, is put right in ConnectWise
    and by no answer.
    """
    world.play(FIRST)
    (first,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.cancel_addition(first.id, None)
    world.play(gmt("2026-12-01 00:05"))
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    for answer in (
        lambda: world.answers().keep_apart(december, **WHO),
        lambda: world.answers().take_over(december, first.id, **WHO),
    ):
        with pytest.raises(SetupError, match="Set its cancelled date right"):
            answer()
    assert len(ours(world)) == 1


def test_no_number_is_approved(world: World, harbor: Customer) -> None:
    """OPEN-6, SAFE-7: what is no number is neither approved nor rejected; the answers that there
    are, are said.
    """
    add_foreign(world, harbor)
    world.play(FIRST)
    for answer in (world.answers().approve, world.answers().reject):
        with pytest.raises(SetupError, match="Take it over, keep it apart"):
            answer(november(harbor), **WHO)


def test_what_is_remembered_is_not_remembered_twice(world: World, harbor: Customer) -> None:
    """OPEN-6: an Addition that is kept apart for one month is kept apart for another that is held
    by it already.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST, gmt("2026-12-01 00:05"))
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    for key in (november(harbor), december):
        assert world.answers().keep_apart(key, **WHO).hold is None
    link = world.ledger.link(harbor.id)
    assert link is not None
    assert (link.kept_apart, link.version) == ((foreign.id,), 2)
    world.play(gmt("2026-12-01 00:20"))
    assert ours(world) == [(3, "2026-11-01", "2026-11-30"), (0, "2026-12-01", "2026-12-31")]


def test_nothing_is_remembered_without_a_link(world: World, harbor: Customer) -> None:
    """SAFE-8: where the ledger has lost the link, an answer that belongs there is refused, and
    changes nothing.
    """
    add_foreign(world, harbor)
    world.play(FIRST)
    world.ledger._links.clear()
    with pytest.raises(SetupError, match="no link"):
        world.answers().keep_apart(november(harbor), **WHO)
    assert record(world, harbor).hold is not None


# Waiving


def test_waived(world: World, harbor: Customer) -> None:
    """OPEN-6: waived, the month is billed by nobody of ours, whatever happens; the next one is
    asked about anew.
    """
    foreign = add_foreign(world, harbor, cancelled=date(2026, 12, 31))
    world.play(FIRST)
    after = world.answers().waive(november(harbor), **WHO)
    assert (after.state, after.hold) == (RecordState.WAIVED, None)
    word = after.last_word
    assert word is not None
    assert (word.said, word.by) == (Said.WAIVE, "ann")
    world.connectwise.people.delete_addition(foreign.id)
    world.check_in(harbor, 5, at=SECOND)
    world.play(SECOND, gmt("2026-11-20 00:05"), CLOSE)
    assert ours(world) == [(0, "2026-12-01", "2026-12-31")]
    assert record(world, harbor) == after
    assert list(world.ledger.all_settled_records(Month(2026, 11))) == [after]
    entry = world.ledger.history(november(harbor))[-1]
    assert (entry.what, entry.by, entry.why) == ("waived", "ann", "agreed with the customer")


def test_a_waived_month_is_shown(world: World, harbor: Customer) -> None:
    """SAFE-7: the standing says that the month is not billed, and by whose word."""
    add_foreign(world, harbor)
    world.play(FIRST)
    world.answers().waive(november(harbor), **WHO)
    world.play(SECOND)
    shown = world.standing(harbor).shown
    assert (shown.state, shown.reason) == (
        StandingState.WAITING,
        "November 2026 is not billed: a person has waived it.",
    )


def test_a_job_on_its_way_does_not_open_a_waived_month(world: World, harbor: Customer) -> None:
    """OPEN-6: a job that was planned before the month was waived is dropped."""
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    world.tick(SECOND)
    world.connectwise.people.delete_addition(foreign.id)
    world.answers().waive(november(harbor), **WHO)
    world.work()
    assert ours(world) == []


def test_a_growth_of_an_opening_can_be_waived(world: World, harbor: Customer) -> None:
    """OPEN-6: any month without an Addition of ours can be waived, whatever holds it."""
    world.play(FIRST)
    world.check_in(harbor, 300, at=gmt("2026-12-01 00:00"))
    world.play(gmt("2026-12-01 00:05"))
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    assert world.answers().waive(december, **WHO).state is RecordState.WAIVED
    with pytest.raises(SetupError, match="is waived"):
        world.answers().waive(december, **WHO)
    world.play(gmt("2026-12-01 00:20"))
    assert len(ours(world)) == 1


def test_what_may_be_written_at_this_moment_is_not_waived(world: World, harbor: Customer) -> None:
    """OPEN-6, SAFE-1: while an Addition may just be being created nobody can say that there is
    none.
    """
    world.connectwise.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST additions"))
    world.tick(FIRST)
    world.work(until=timedelta(minutes=1))
    with pytest.raises(SetupError, match="Try again after the next tick"):
        world.answers().waive(november(harbor), **WHO)
    world.work(until=timedelta(minutes=14))
    assert ours(world) == [(3, "2026-11-01", "2026-11-30")]


# Taking over


def test_taken_over(world: World, harbor: Customer) -> None:
    """OPEN-6: taken over, theirs is the month's: our reference after its text, the month's end, and
    it follows the count.
    """
    foreign = add_foreign(
        world, harbor, quantity=2, fields={"invoiceDescription": "Endpoint protection"}
    )
    world.play(FIRST)
    after = world.answers().take_over(november(harbor), foreign.id, **WHO)
    given = after.ruling(Said.GIVE)
    assert given is not None
    assert (after.hold, given.number) == (None, foreign.id)
    assert foreign.changes_by(API) == []
    world.play(SECOND)
    assert ours(world) == []
    assert (foreign.text, foreign.cancelled) == (
        f"Endpoint protection [{mark(harbor)}]",
        date(2026, 11, 30),
    )
    assert foreign.quantity == 3
    found = record(world, harbor)
    assert found.newest is not None
    assert (found.newest.number, found.newest.addition_id, found.newest.pushed) == (
        0,
        foreign.id,
        3,
    )
    assert found.ruling(Said.GIVE) is None
    assert story(world, harbor)[2:] == [
        "given",
        "take-over intended",
        "taken over",
        "patch intended",
        "pushed",
    ]
    world.check_in(harbor, 1)
    world.play(THIRD, CLOSE)
    assert (foreign.quantity, record(world, harbor).count) == (4, 4)
    assert ours(world) == [(0, "2026-12-01", "2026-12-31")]


def test_a_take_over_is_one_patch(world: World, harbor: Customer) -> None:
    """OPEN-6: text and cancelled date are set with one PATCH, and the quantity with one of its own
    only if it differs.
    """
    foreign = add_foreign(
        world, harbor, quantity=3, fields={"invoiceDescription": "Endpoint protection"}
    )
    world.play(FIRST)
    world.connectwise.calls.clear()
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND, THIRD)
    (patch,) = world.connectwise.calls.of("PATCH additions/{id}")
    assert {change.field for change in foreign.changes_by(API)} == {
        "invoiceDescription",
        "cancelledDate",
    }
    assert (
        patch.body
        == (
            b'[{"op":"replace","path":"invoiceDescription","value":"Endpoint protection [%s]"},'
            b'{"op":"replace","path":"cancelledDate","value":"2026-11-30T00:00:00Z"}]'
        )
        % mark(harbor).encode()
    )


def test_one_without_a_text_gets_ours(world: World, harbor: Customer) -> None:
    """OPEN-6: where nothing stands that the customer could read, what we write ourselves does."""
    foreign = add_foreign(world, harbor, fields={"invoiceDescription": ""})
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND)
    assert (
        foreign.text == f"Bitdefender GravityZone active endpoints, November 2026 [{mark(harbor)}]"
    )


def test_a_higher_one_is_a_fall(world: World, harbor: Customer) -> None:
    """OPEN-6, READ-7: taken over at more than the count, it stands until a person accepts the lower
    number.
    """
    foreign = add_foreign(world, harbor, quantity=9)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND)
    hold = record(world, harbor).hold
    assert hold is not None
    assert (hold.kind, foreign.quantity) == ("fall", 9)
    world.answers().approve(november(harbor), **WHO)
    world.play(THIRD)
    assert foreign.quantity == 3


def test_a_half_is_held(world: World, harbor: Customer) -> None:
    """OPEN-6, CLOSE-2: no month closes with a half of an endpoint: taken over at 2.5, it is set to
    the count.
    """
    foreign = add_foreign(world, harbor, quantity=2.5)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND)
    hold = record(world, harbor).hold
    assert hold is not None
    assert "stands at 2.5" in hold.why


def test_one_of_two_is_taken_over(world: World, harbor: Customer) -> None:
    """OPEN-6: one is given to us; the other holds the month until it is kept apart or cancelled."""
    one, other = add_foreign(world, harbor, quantity=1), add_foreign(world, harbor, quantity=5)
    world.play(FIRST)
    world.answers().take_over(november(harbor), one.id, **WHO)
    world.play(SECOND)
    hold = record(world, harbor).hold
    assert hold is not None
    assert hold.foreign == (other.id,)
    assert world.connectwise.truth.foreign_changed_by_api() == []
    world.answers().keep_apart(november(harbor), **WHO)
    world.play(THIRD)
    assert (one.quantity, other.quantity) == (3, 5)
    assert other.changes_by(API) == []


def _deleted(world: World, harbor: Customer, foreign: AdditionTruth) -> None:
    world.connectwise.people.delete_addition(foreign.id)


def _ended(world: World, harbor: Customer, foreign: AdditionTruth) -> None:
    world.connectwise.people.cancel_addition(foreign.id, date(2026, 10, 31))


@pytest.mark.parametrize("meanwhile", [_deleted, _ended])
def test_one_that_is_gone_is_not_taken_over(
    world: World, harbor: Customer, meanwhile: Callable[[World, Customer, AdditionTruth], None]
) -> None:
    """OPEN-6: what no longer bills the month when the job comes is left alone, and ours is opened:
    nothing is doubled.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    meanwhile(world, harbor, foreign)
    world.play(SECOND)
    assert ours(world) == [(3, "2026-11-01", "2026-11-30")]
    assert foreign.changes_by(API) == []
    assert "not taken over" in story(world, harbor)


def test_one_addition_is_given_to_one_month(world: World, harbor: Customer) -> None:
    """OPEN-6: what covers two months that it holds is taken over for one of them: it has one
    cancelled date.
    """
    foreign = add_foreign(world, harbor)
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    world.play(FIRST, gmt("2026-12-01 00:05"))
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    refused = (
        rf"given to {re.escape(str(november(harbor)))} already.*Keep it apart or do not bill "
        r"2026-12"
    )
    with pytest.raises(SetupError, match=refused):
        world.answers().take_over(december, foreign.id, **WHO)
    world.play(gmt("2026-12-01 00:20"))
    assert mark(harbor) in foreign.text
    assert ours(world) == [(0, "2026-12-01", "2026-12-31")]


def test_two_months_that_are_given_it_at_once(
    world: World, harbor: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OPEN-6: of two answers a moment apart the second sees the first, though the index lags."""
    foreign = add_foreign(world, harbor)
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    world.play(FIRST, gmt("2026-12-01 00:05"))
    listed = list(world.ledger.all_open_records())
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    monkeypatch.setattr(world.ledger, "all_open_records", lambda *_: iter(listed))
    with pytest.raises(SetupError, match="already"):
        world.answers().take_over(december, foreign.id, **WHO)


def test_what_became_another_months_is_not_taken_over(world: World, harbor: Customer) -> None:
    """OPEN-6: an Addition that bears another month's reference by the time of the job stays as it
    is.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    theirs = reference(replace(november(harbor), month=Month(2026, 10)), 0)
    world.connectwise.people.edit_addition(
        foreign.id, {"invoiceDescription": f"October, by hand [{theirs}]"}
    )
    world.play(SECOND)
    assert foreign.changes_by(API) == []
    assert "not taken over" in story(world, harbor)


@pytest.mark.parametrize("wrong", ["another Addition", "not held"])
def test_only_what_holds_the_record_is_given(world: World, harbor: Customer, wrong: str) -> None:
    """OPEN-6: what is not the very Addition that holds the record cannot be taken over."""
    other = add_foreign(world, harbor, effective=date(2026, 1, 1), cancelled=date(2026, 10, 31))
    if wrong == "another Addition":
        add_foreign(world, harbor)
    world.play(FIRST)
    with pytest.raises(
        SetupError, match="does not hold" if wrong == "another Addition" else "is not held"
    ):
        world.answers().take_over(november(harbor), other.id, **WHO)
    world.play(SECOND)
    assert world.connectwise.truth.foreign_changed_by_api() == []


def test_a_refused_take_over_is_told(world: World, harbor: Customer) -> None:
    """OPEN-6, SAFE-2: what ConnectWise refuses to change holds the month again, with its reason;
    then it can be given anew.
    """
    foreign = add_foreign(world, harbor, fields={"invoiceDescription": "x" * 6000})
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND)
    found = record(world, harbor)
    assert found.hold is not None
    assert found.hold.foreign == (foreign.id,)
    assert "It could not be taken over" in found.hold.why
    assert "at most 6000 characters" in found.hold.why
    assert world.standing(harbor).shown.reason == found.hold.why
    world.play(THIRD)
    assert record(world, harbor) == found
    assert foreign.changes_by(API) == []
    world.connectwise.people.edit_addition(foreign.id, {"invoiceDescription": "short"})
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(gmt("2026-11-01 00:50"))
    assert foreign.text == f"short [{mark(harbor)}]"


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429])
def test_a_take_over_is_tried_again(world: World, harbor: Customer, status: int) -> None:
    """SAFE-2: refused for another reason than its content, it has not happened and is tried again
    at the next tick.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, operation="PATCH additions/{id}", times=99)
    )
    world.tick(SECOND)
    world.work(until=timedelta(seconds=30))
    assert foreign.changes_by(API) == []
    world.connectwise.faults.clear()
    world.play(THIRD)
    assert mark(harbor) in foreign.text
    assert ours(world) == []


def test_a_list_that_lags_shows_it_as_it_was(world: World, harbor: Customer) -> None:
    """OPEN-6, FOLLOW-3: within the settle time, the old text and end of what was just taken over
    are no change by others.
    """
    foreign = add_foreign(world, harbor, quantity=2)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.clock.advance(timedelta(minutes=5))
    world.play(SECOND)
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert not [each for each in story(world, harbor)[2:] if each.startswith("held")]
    assert foreign.quantity == 3


def test_a_restored_ledger_finds_what_was_taken_over(world: World, harbor: Customer) -> None:
    """SAFE-8: a ledger from before the take-over knows the Addition by its reference, and goes on
    with it.
    """
    foreign = add_foreign(world, harbor, quantity=3)
    world.play(FIRST)
    world.answers().take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND)
    world.ledger = type(world.ledger)()
    world.plan = world.planner()
    world.play(THIRD)
    assert ours(world) == []
    assert record(world, harbor).newest.addition_id == foreign.id  # type: ignore[union-attr]
    assert world.standing(harbor).shown.state is StandingState.BILLING


# Races


@dataclass(frozen=True, slots=True)
class Late:
    """A ledger on which something else happens right before the write."""

    ledger: MemoryLedger
    act: Callable[[], None]

    def save(self, *written: Any) -> None:  # noqa: ANN401 - a transition, and a change of the link
        """Write after it."""
        self.act()
        self.ledger.save(*written)

    def __getattr__(self, name: str) -> object:
        return getattr(self.ledger, name)


ANSWERS: list[tuple[str, Callable[[Answers, RecordKey, int], UsageRecord]]] = [
    ("keep apart", lambda answers, key, _: answers.keep_apart(key, **WHO)),
    ("waive", lambda answers, key, _: answers.waive(key, **WHO)),
    ("take over", lambda answers, key, addition: answers.take_over(key, addition, **WHO)),
]


@pytest.mark.parametrize(
    "answer", [answer for _, answer in ANSWERS], ids=[name for name, _ in ANSWERS]
)
def test_a_job_that_was_first(
    world: World, harbor: Customer, answer: Callable[[Answers, RecordKey, int], UsageRecord]
) -> None:
    """SAFE-3: a job that writes between a person's look and word is first: the person is told, and
    nothing is lost.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    world.connectwise.people.delete_addition(foreign.id)
    late = world.answers(wrap=lambda ledger: Late(ledger, lambda: world.play(SECOND)))
    with pytest.raises(ConflictError):
        answer(late, november(harbor), foreign.id)
    assert ours(world) == [(3, "2026-11-01", "2026-11-30")]
    assert record(world, harbor).state is RecordState.OPEN
    link = world.ledger.link(harbor.id)
    assert link is not None
    assert (link.kept_apart, link.version) == ((), 1)


def test_two_people_answer(world: World, harbor: Customer) -> None:
    """SAFE-3: of two people that answer one hold at once, the second is told that somebody was
    first.
    """
    foreign = add_foreign(world, harbor)
    world.play(FIRST)
    first = world.answers()
    late = world.answers(wrap=lambda ledger: Late(ledger, lambda: _waive(first, harbor)))
    with pytest.raises(ConflictError):
        late.take_over(november(harbor), foreign.id, **WHO)
    world.play(SECOND)
    assert record(world, harbor).state is RecordState.WAIVED
    assert foreign.changes_by(API) == []


def _waive(answers: Answers, harbor: Customer) -> None:
    answers.waive(november(harbor), **WHO)
