"""READ-4: others below a partner than before hold its record, until a person answers or they are
the same again.
"""

from collections.abc import Callable
from datetime import date

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.world import PRODUCT, Customer
from tests.functional.partner_world import Summit

CHANGED, AGAIN, LATER = "2026-11-10 00:05", "2026-11-10 00:20", "2026-11-20 00:05"
TURN, CLOSE = "2026-12-01 00:05", "2026-12-02 00:05"
ENDPOINTS = "endpointMonthlyUsage"


@pytest.fixture
def summit() -> Summit:
    return Summit.billed()


@pytest.fixture
def held(summit: Summit) -> Summit:
    """Harbor Dental has moved away, and three machines of the partner's own have come."""
    summit.move(summit.harbor)
    summit.check_in(summit.partner, 3, "2026-11-10 00:00")
    summit.play(CHANGED)
    return summit


def state(summit: Summit) -> StandingState:
    return summit.world.standing(summit.partner).shown.state


def approve(summit: Summit) -> None:
    summit.world.answers().approve(summit.november, by="ann", why="the move is right")


def reject(summit: Summit) -> None:
    summit.world.answers().reject(summit.november, by="ann", why="the move was a mistake")


def stays_with_the_old_parent(summit: Summit, company: Customer, machines: int) -> None:
    """As if GravityZone left what the company had used before it moved with the partner."""
    total = summit.world.gravityzone.truth.total(summit.partner.id, "2026-11")
    summit.world.gravityzone.tenant.override_counter(
        summit.partner.id, "2026-11", ENDPOINTS, total + machines
    )
    assert company.id not in {
        each.id for each in summit.world.gravityzone.tenant.below(summit.partner.id)
    }


class TestHold:
    def test_one_that_went(self, held: Summit) -> None:
        """READ-4: nothing is written; the sentence says who went, what was, would be and stands,
        and both answers.
        """
        assert state(held) is StandingState.HELD
        assert held.quantities() == [12]
        assert held.reason() == (
            "The companies directly below Summit Peak IT are not those of the last count for "
            "November 2026: Harbor Dental went. Of its own it had 12 endpoints; now it would have "
            "15. The Addition says 12. Approve 15 to go on with the companies as they are, or "
            "reject to keep 12 as long as they are; if they become the same again, the hold lifts "
            "itself."
        )
        hold = held.record().hold
        assert hold is not None
        assert (hold.kind, hold.quantity, hold.children) == ("children", 15, (held.juniper.id,))

    def test_one_that_came_and_one_that_went(self, summit: Summit) -> None:
        """READ-4: both are named, one that GravityZone no longer has too, by what it was called."""
        cedar = summit.world.add_customer("Cedar Vets")
        summit.play("2026-11-09 00:05")
        summit.move(cedar, summit.partner.id)
        summit.world.gravityzone.tenant.delete_company(summit.harbor.id)
        summit.play(CHANGED)
        assert "Cedar Vets came and Harbor Dental went" in summit.reason()

    def test_customers_go_on(self, held: Summit) -> None:
        """SAFE-5: neither those that stayed nor the one that moved waits for the partner's hold."""
        held.check_in(held.juniper, 1, "2026-11-10 00:10")
        held.check_in(held.harbor, 2, "2026-11-10 00:10")
        held.play(AGAIN)
        assert [held.world.additions(each)[0][0] for each in (held.juniper, held.harbor)] == [6, 9]

    def test_what_the_mover_used_is_not_billed_unseen(self, summit: Summit) -> None:
        """READ-4: a child goes, and GravityZone leaves what it used with the partner: that is never
        pushed unasked.
        """
        summit.move(summit.harbor)
        stays_with_the_old_parent(summit, summit.harbor, 7)
        summit.play(CHANGED, LATER)
        assert summit.quantities() == [12]
        assert "now it would have 19" in summit.reason()

    def test_an_own_count_that_cannot_be_told(self, summit: Summit) -> None:
        """READ-4, READ-2: a child comes with machines that the partner's sum lacks: held with that
        reason, not failing.
        """
        cedar = summit.world.add_customer("Cedar Vets", parent_id=summit.partner.id)
        summit.check_in(cedar, 40, "2026-11-10 00:00")
        summit.world.gravityzone.tenant.override_counter(
            summit.partner.id, "2026-11", ENDPOINTS, 24
        )
        summit.play(CHANGED)
        assert state(summit) is StandingState.HELD
        assert (
            "how many now cannot be told: GravityZone counts 24 for the partner and 52"
            in summit.reason()
        )
        assert "Approve to go on" in summit.reason()
        reject(summit)
        summit.play(AGAIN, CLOSE)
        assert (summit.record().state, summit.quantities()[0]) == (RecordState.CLOSED, 12)

    def test_it_does_not_close(self, held: Summit) -> None:
        """CLOSE-2: nothing closes with a hold on its push."""
        held.play(TURN, CLOSE)
        assert held.record().state is RecordState.OPEN
        approve(held)
        held.play("2026-12-02 00:20")
        assert (held.record().state, held.record().count) == (RecordState.CLOSED, 15)

    def test_a_quiet_hold_writes_nothing(self, held: Summit) -> None:
        """FOLLOW-2: held for the same reason and number, the record stays as it is."""
        before = held.record()
        held.play(AGAIN, "2026-11-10 00:35")
        assert held.record() == before

    def test_it_holds_before_a_fall_or_growth_does(self, summit: Summit) -> None:
        """READ-4: a lower number after a move is no fall, nor a higher one growth: it is the move
        that is asked about.
        """
        summit.move(summit.harbor)
        summit.world.gravityzone.tenant.override_counter(
            summit.partner.id, "2026-11", ENDPOINTS, 10
        )
        summit.play(CHANGED)
        assert "now it would have 5" in summit.reason()
        summit.world.gravityzone.tenant.override_counter(
            summit.partner.id, "2026-11", ENDPOINTS, 500
        )
        summit.play(AGAIN)
        assert "now it would have 495" in summit.reason()

    def test_a_child_that_is_renamed_or_changes_its_licence(self, summit: Summit) -> None:
        """READ-4, MATCH-1: the set is one of ids: a name or a licence changes nothing."""
        tenant = summit.world.gravityzone.tenant
        tenant.rename_company(summit.harbor.id, "Harbor Dental Group")
        tenant.change_subscription(summit.juniper.id, 2)
        summit.check_in(summit.partner, 1, "2026-11-10 00:00")
        summit.play(CHANGED)
        assert (state(summit), summit.quantities()) == (StandingState.BILLING, [13])

    def test_a_change_that_meets_an_unknown_outcome(self, summit: Summit) -> None:
        """SAFE-2, READ-4: a push whose answer was lost is cleared up by the old set's number; none
        follows from the new one.
        """
        summit.check_in(summit.partner, 2, "2026-11-09 00:00")
        faults = summit.world.connectwise.faults
        faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="PATCH additions/{id}"))
        summit.play("2026-11-09 00:05")
        faults.clear()
        summit.move(summit.harbor)
        summit.check_in(summit.partner, 3, "2026-11-10 00:00")
        summit.play(CHANGED, AGAIN)
        assert summit.quantities() == [12]
        assert state(summit) is StandingState.HELD
        assert summit.record().claim is None  # type: ignore[union-attr]


class TestAnswers:
    def test_approved(self, held: Summit) -> None:
        """READ-4: approved, the number is written, and the record goes on with the companies as
        they are.
        """
        approve(held)
        held.play(AGAIN)
        assert (held.quantities(), state(held)) == ([15], StandingState.BILLING)
        held.check_in(held.partner, 1, "2026-11-15 00:00")
        held.play(LATER)
        assert held.quantities() == [16]
        assert held.record().children == (held.juniper.id,)
        entry = next(each for each in held.history() if each.what == "approved")
        assert (entry.by, entry.why) == ("ann", "the move is right")

    def test_approved_and_lower(self, summit: Summit) -> None:
        """READ-4, READ-7: an approved lower number is written without another question, and rises
        from there.
        """
        summit.move(summit.harbor)
        summit.world.gravityzone.tenant.override_counter(
            summit.partner.id, "2026-11", ENDPOINTS, 14
        )
        summit.play(CHANGED)
        approve(summit)
        summit.play(AGAIN)
        assert (summit.quantities(), state(summit)) == ([9], StandingState.BILLING)
        summit.world.gravityzone.tenant.override_counter(
            summit.partner.id, "2026-11", ENDPOINTS, 15
        )
        summit.play(LATER)
        assert summit.quantities() == [10]

    def test_approved_and_beyond_the_limits(self) -> None:
        """READ-4, FOLLOW-4: a number that was approved with the move is not asked about again for
        its size.
        """
        summit = Summit.billed()
        summit.play("2026-12-01 00:05", CLOSE)
        summit.check_in(summit.partner, 12, "2026-12-02 00:10")
        summit.play("2026-12-02 00:20")
        summit.move(summit.harbor)
        stays = summit.world.gravityzone.tenant.override_counter
        stays(summit.partner.id, "2026-12", ENDPOINTS, 100)
        summit.play("2026-12-10 00:05")
        assert "now it would have 100" in summit.reason()
        summit.world.answers().approve(
            summit.record("2026-12").key, by="ann", why="they bought the practice"
        )
        summit.play("2026-12-10 00:20")
        assert (summit.quantities()[1], state(summit)) == (100, StandingState.BILLING)

    def test_approved_and_lower_is_no_new_measure_of_growth(self) -> None:
        """READ-4, FOLLOW-4: growth goes on being measured by the month before, which no job reads
        for a count that has not risen.
        """
        summit = Summit.billed()
        counts = summit.world.gravityzone.tenant.override_counter
        counts(summit.partner.id, "2026-11", ENDPOINTS, 812)
        summit.play("2026-11-05 00:05")
        approve(summit)
        summit.play("2026-11-05 00:20", TURN, CLOSE)
        counts(summit.partner.id, "2026-12", ENDPOINTS, 800)
        summit.play("2026-12-03 00:05")
        summit.move(summit.harbor)
        counts(summit.partner.id, "2026-12", ENDPOINTS, 600)
        summit.play("2026-12-10 00:05")
        assert "now it would have 600" in summit.reason()
        december = summit.record("2026-12")
        summit.world.answers().approve(december.key, by="ann", why="they moved")
        summit.play("2026-12-10 00:20")
        counts(summit.partner.id, "2026-12", ENDPOINTS, 950)
        summit.play("2026-12-11 00:05")
        assert (summit.quantities()[1], state(summit)) == (950, StandingState.BILLING)

    def test_rejected(self, held: Summit) -> None:
        """READ-4: rejected, what stands stays whatever is counted, a notice says by whom, and the
        month closes with it.
        """
        reject(held)
        held.play(AGAIN)
        shown = held.world.standing(held.partner).shown
        assert shown.state is StandingState.BILLING
        assert shown.notices == (
            "GravityZone counts 15; 12 stays by the word of ann on 2026-11-10.",
        )
        held.check_in(held.partner, 90, "2026-11-15 00:00")
        held.play(LATER)
        assert (held.quantities(), state(held)) == ([12], StandingState.BILLING)
        held.play(TURN, CLOSE)
        assert (held.record().state, held.record().count) == (RecordState.CLOSED, 12)
        assert held.quantities() == [12, 0]

    def test_rejected_and_an_own_count_that_cannot_be_told(self, held: Summit) -> None:
        """READ-4, READ-2, CLOSE-5: what a person keeps needs no count: that none can be told is no
        failure, and the month closes.
        """
        reject(held)
        held.world.gravityzone.tenant.override_counter(held.partner.id, "2026-11", ENDPOINTS, 0)
        held.play(AGAIN, LATER)
        assert (held.quantities(), state(held)) == ([12], StandingState.WAITING)
        assert held.reason() == (
            "GravityZone counts 0 for the partner and 5 for the companies directly below it, more "
            "than for the whole: the count of its own machines cannot be told. What stands for "
            "November 2026, 12, stays until the month closes."
        )
        held.play(TURN, CLOSE)
        assert (held.record().state, held.record().count) == (RecordState.CLOSED, 12)
        assert held.record().notices[0].startswith("Closed with the last count that could be read.")

    def test_rejected_and_as_before_again(self, held: Summit) -> None:
        """READ-4: rejected for that set alone: with the old one back, the count is followed
        again.
        """
        reject(held)
        held.play(AGAIN)
        held.move(held.harbor, held.partner.id)
        held.play(LATER)
        assert (held.quantities(), state(held)) == ([15], StandingState.BILLING)

    @pytest.mark.parametrize("answer", [approve, reject])
    def test_another_change_asks_anew(self, held: Summit, answer: Callable[[Summit], None]) -> None:
        """READ-4: an answer is for the companies that it was given on."""
        answer(held)
        held.play(AGAIN)
        held.move(held.juniper)
        held.play(LATER)
        assert state(held) is StandingState.HELD
        assert "Juniper Law" in held.reason()

    def test_there_is_nothing_to_take_over(self, held: Summit) -> None:
        """READ-4, OPEN-6: it is no Addition of others that is held."""
        with pytest.raises(SetupError, match="not held by an Addition of others"):
            held.world.answers().keep_apart(held.november, by="ann", why="a mistake")


class TestLifting:
    def test_as_before_again(self, held: Summit) -> None:
        """READ-4: the moved company is back: the hold lifts itself, the history says so, and the
        count is followed.
        """
        held.move(held.harbor, held.partner.id)
        held.play(AGAIN)
        assert (held.quantities(), state(held)) == ([15], StandingState.BILLING)
        entry = next(each for each in held.history() if each.what == "hold lifted")
        assert (entry.by, entry.why) == ("tally", "the same companies are below it as before")

    def test_another_change_meanwhile(self, held: Summit) -> None:
        """READ-4: the hold follows the set: an answer is always on the companies that it names."""
        held.move(held.juniper)
        held.play(AGAIN)
        assert "Harbor Dental and Juniper Law went" in held.reason().replace(", ", " and ")
        approve(held)
        held.play("2026-11-10 00:35")
        assert (held.quantities(), held.record().children) == ([15], ())


class TestMonthsTurn:
    def test_a_new_month_starts_with_its_own_set(self, held: Summit) -> None:
        """READ-4: the new month is opened with the companies of its first reading, and no hold,
        while the old one waits.
        """
        held.check_in(held.partner, 4, "2026-12-01 00:01")
        held.play(TURN)
        december = held.record("2026-12")
        assert (december.hold, december.children, held.quantities()) == (
            None,
            (held.juniper.id,),
            [12, 4],
        )
        assert held.record().hold is not None
        assert "November 2026" in held.reason()

    def test_a_change_after_the_months_end(self, summit: Summit) -> None:
        """READ-4, CLOSE-1: a move on the 1st holds the month that still has to close, which may
        count otherwise by now; not the new one.
        """
        summit.play("2026-11-30 23:50")
        summit.move(summit.harbor)
        summit.play(TURN)
        hold = summit.record().hold
        assert hold is not None
        assert hold.kind == "children"
        assert summit.record("2026-12").hold is None
        reject(summit)
        summit.play(CLOSE)
        assert (summit.record().state, summit.record().count) == (RecordState.CLOSED, 12)

    def test_a_change_between_the_last_tick_and_the_first(self, summit: Summit) -> None:
        """READ-4: a company made for the partner at the turn: the old month asks, as it was counted
        without it.
        """
        summit.play("2026-11-30 23:50")
        cedar = summit.world.add_customer("Cedar Vets", parent_id=summit.partner.id)
        summit.check_in(cedar, 3, "2026-12-01 00:00")
        summit.play(TURN)
        assert "Cedar Vets came" in summit.reason()
        approve(summit)
        summit.play(CLOSE)
        assert (summit.record().state, summit.record().count) == (RecordState.CLOSED, 12)
        assert summit.world.additions(cedar)[0][0] == 3

    def test_a_closed_month_is_not_held(self, summit: Summit) -> None:
        """READ-4, CLOSE-4: what has closed, has closed, with the set that it was counted with."""
        summit.play(TURN, CLOSE)
        closed = summit.record()
        summit.move(summit.harbor)
        summit.play("2026-12-03 00:05")
        assert summit.record() == closed
        assert closed.children == tuple(sorted((summit.juniper.id, summit.harbor.id)))


def test_an_opted_out_month_is_held_too(summit: Summit) -> None:
    """READ-4, CLOSE-5: opted out, the open month is still counted without the companies of before,
    and asks if they change.
    """
    summit.world.set_up().unbill_partner(summit.partner.id, by="bob", why="they left")
    summit.move(summit.harbor)
    summit.play(CHANGED, CLOSE)
    assert summit.record().hold is not None
    assert summit.record().state is RecordState.OPEN


def test_a_waiting_opening_takes_the_set_of_then(summit: Summit) -> None:
    """READ-4: until something stands, a change asks nothing: the month is opened with the companies
    of then.
    """
    people, partner = summit.world.connectwise.people, summit.partner
    summit.play("2026-11-30 23:50")
    theirs = people.add_addition(
        partner.agreement_id, PRODUCT, quantity=1, effective=date(2026, 12, 1)
    )
    summit.play(TURN)
    first = summit.record("2026-12")
    assert first.hold is not None
    assert (first.hold.kind, len(first.children or ())) == ("foreign", 2)
    summit.move(summit.harbor)
    people.delete_addition(theirs)
    summit.play("2026-12-01 00:20")
    opened = summit.record("2026-12")
    assert (opened.hold, opened.children, len(opened.lines)) == (None, (summit.juniper.id,), 1)


def test_namesakes_among_those_that_come(summit: Summit) -> None:
    """READ-4: the hold is on ids: where one Branch took the other's place, an answer is for the one
    that is there.
    """
    one, other = (summit.world.gravityzone.tenant.add_company("Branch") for _ in range(2))
    summit.world.gravityzone.tenant.move_company(one, summit.partner.id)
    summit.play(CHANGED)
    summit.world.gravityzone.tenant.move_company(one, summit.world.gravityzone.tenant.own.id)
    summit.world.gravityzone.tenant.move_company(other, summit.partner.id)
    summit.play(AGAIN)
    approve(summit)
    summit.play(LATER)
    assert (state(summit), summit.record().hold) == (StandingState.BILLING, None)
    assert other in (summit.record().children or ())


def test_a_voided_month_takes_the_set_of_then(held: Summit) -> None:
    """READ-4, OPEN-1: of what was voided nothing stands: the next line bills what is counted with
    the companies of now, unasked.
    """
    world, partner = held.world, held.partner
    right = world.add_agreement(partner.connectwise_id)
    world.set_up().pin(partner.id, right, by="ann", why="the right one")
    world.answers().void(held.november, by="ann", why="the wrong agreement")
    held.play(AGAIN)
    record = held.record()
    assert (record.hold, record.children) == (None, (held.juniper.id,))
    assert [each.quantity for each in world.connectwise.truth.additions(agreement_id=right)] == [15]


def test_a_voided_month_is_not_closed_with_nothing(held: Summit) -> None:
    """READ-4, LATE-2, CLOSE-2: a month voided after its invoice, with other companies below by now,
    still bills its count.
    """
    world, partner = held.world, held.partner
    held.play("2026-11-30 23:50")
    world.answers().void(held.november, by="ann", why="the wrong agreement")
    right = world.add_agreement(partner.connectwise_id)
    world.connectwise.people.edit_agreement(right, {"nextInvoiceDate": "2027-01-01T00:00:00Z"})
    world.set_up().pin(partner.id, right, by="ann", why="the right one")
    held.play(CLOSE)
    record = held.record()
    assert (record.state, record.count) != (RecordState.CLOSED, 0)
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity) == ("late", 15)
