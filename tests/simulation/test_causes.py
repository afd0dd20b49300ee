"""The simulation's table of causes (invariant 4): what it expects where people, licences and
counters do what is rare.
"""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tally.domain.decision import may_write, wanted
from tally.domain.decision.case import Case, Wanted
from tally.domain.holds import Hold, SettledEdited, Strangers
from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, StandingState
from tally.domain.record.lines import LineState, Place
from tally.domain.record.writes import Write
from tally.people.company_setup import SetUp
from tally.people.hold_answers import Answers
from tally.planner import firms, tick_lists
from tests.functional.instants import gmt
from tests.simulation.scene import Scene, at, key_of, scene_of
from verification.simulation.billed_services import ENDPOINTS
from verification.simulation.msp import Firm
from verification.simulation.odd_answers import UNTOLD, odd_answer
from verification.simulation.oddities import Oddities
from verification.simulation.story import ViolationError, silence

WHO: Mapping[str, str] = {"by": "mira", "why": "agreed in spring"}


def forget_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product that leaves a line where it is when GravityZone counts less, and says nothing of
    it.
    """

    def silent(case: Case, write: Write, place: Place) -> Wanted | None:
        found = may_write.fallen(case, write, place)
        return None if found is None else case.stay(case.well())

    rows = tuple(silent if row is may_write.fallen else row for row in may_write.HEAD)
    monkeypatch.setattr(wanted, "HEAD", rows)


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    return scene_of(monkeypatch)


# A customer that is not licensed by the month


def test_a_yearly_customer_is_seen_by_the_next_days_first_tick(scene: Scene) -> None:
    """SAFE-7: who joins with a yearly licence after a day's first tick has its standing on the next
    day; until then none is expected.
    """
    scene.joins("Harbor Dental", machines=2)
    scene.ticks("2026-10-01 00:05")
    at(scene, "2026-10-01 09:00")
    yearly = scene.joins("North Quay", setup="yearly licence")
    scene.at_the_end("2026-10-01 10:00")
    assert scene.msp.ledger.standing(yearly.id) is None
    scene.at_the_end("2026-10-02 00:05")
    standing = scene.msp.ledger.standing(yearly.id)
    assert standing is not None
    assert "no monthly subscription" in standing.shown.reason


def test_a_yearly_customer_that_is_never_seen_is_found(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-7: a planner that lists the monthly-licensed alone leaves a customer without a standing
    on the next day.
    """
    scene.joins("Harbor Dental", machines=2)
    scene.ticks("2026-10-01 00:05")
    at(scene, "2026-10-01 09:00")
    scene.joins("North Quay", setup="yearly licence")
    monkeypatch.setattr(tick_lists, "read_census", lambda *_: ())
    assert scene.violation("2026-10-02 00:05").what == "it has no standing"


# An MSP without any agreement


def test_nobody_has_an_agreement(scene: Scene) -> None:
    """MATCH-8: where no company has an agreement of the type, each is asked about it as a whole,
    and not month by month.
    """
    harbor = scene.joins("Harbor Dental", setup="no agreement", machines=2)
    scene.at_the_end("2026-10-01 00:05")
    standing = scene.msp.ledger.standing(harbor.id)
    assert standing is not None
    assert set(standing.causes) == {WHOLE_COMPANY}
    assert "0 of 1 companies with an agreement of the type" in standing.shown.reason


# What cannot be read


def test_only_what_is_there_can_be_unreadable(scene: Scene) -> None:
    """SAFE-5: a step's oddity is of the items that the ledger has by then; those that the step
    itself makes can be read.
    """
    scene.joins("Harbor Dental", machines=2)
    oddities = Oddities(scene.msp, silence)
    for step in range(200):
        oddities.draw(step)
        assert oddities.ledger.spoilt == ("", "")
    scene.ticks("2026-10-01 00:05")
    spoilt = set()
    for step in range(200):
        oddities.draw(step)
        spoilt.add(oddities.ledger.spoilt[1])
    assert spoilt == {"", "link", "standing", "records"}


def test_what_the_index_does_not_show_yet_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-5: a tick that comes before the index shows an item cannot tell that it is unreadable;
    the next one can.
    """
    scene = scene_of(monkeypatch, index_lag=timedelta(seconds=3))
    harbor = scene.joins("Harbor Dental", machines=2)
    scene.ticks("2026-10-01 00:05")
    oddities = Oddities(scene.msp, silence)
    oddities.ledger.spoilt = (harbor.id, "records")
    planner = scene.msp.world.planner(
        wrap=lambda port: oddities.ledger if port is scene.msp.ledger else port
    )
    opened = scene.msp.clock.now()
    planner(opened)
    assert (oddities.told(), oddities.ledger.has_shown) == ("", False)
    scene.msp.clock.advance(timedelta(seconds=5))
    planner(opened + timedelta(seconds=5))
    assert (oddities.told(), oddities.ledger.has_shown) == ("", True)


def test_each_odd_answer_is_drawn_and_ends(scene: Scene) -> None:
    """SAFE-5: every kind of odd answer is drawn where there is something to answer oddly about, and
    the next step's draw ends it.
    """
    for number in range(4):
        scene.joins(f"Harbor {number}", machines=2)
    scene.ticks("2026-10-01 00:05")
    told: list[str] = []
    oddities = Oddities(scene.msp, lambda _, text: told.append(text))
    connectwise, reach = scene.msp.connectwise, scene.msp.gravityzone.tenant.reach
    for step in range(2_000):
        oddities.draw(step)
    for words in ("with status 403 for it", "as deleted, and answers 500", "nan", "b'\"endDate"):
        assert any(words in each for each in told), words
    oddities.forget()
    assert (reach.refusals, list(connectwise.faults)) == ({}, [])
    assert (connectwise.tenant.companies.odd, connectwise.tenant.agreements.odd) == ({}, {})


def untold(scene: Scene, firm: Firm) -> Iterator[str]:
    """What a tick is found to claim while ConnectWise answers with an error for a company."""
    for which in (0.0, 0.4, 0.8):
        odd = odd_answer(scene.msp, firm, UNTOLD, which, 0.0)
        assert odd is not None
        scene.msp.world.tick(scene.msp.clock.now())
        yield odd.wrong()
        odd.undo()
        scene.msp.clock.advance(timedelta(minutes=20))


def test_a_company_that_nobody_can_tell_of_is_not_gone(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MATCH-7: an error about a linked company is no fact: a standing that takes it for deleted is
    found to be wrong.
    """
    harbor, _ = scene.joins("Harbor Dental", machines=2), scene.joins("North Quay", machines=2)
    scene.ticks("2026-10-01 00:05")
    assert list(untold(scene, harbor)) == ["", "", ""]
    monkeypatch.setattr(firms, "_how_gone", lambda *_: "was deleted there")
    assert all("was deleted there" in each for each in untold(scene, harbor))


def test_nobody_is_linked_while_a_partner_is_refused(scene: Scene) -> None:
    """MATCH-1: below a partner whose list is refused another may bear the same name; once it is
    told of, who is not linked is found.
    """
    msp, harbor = scene.msp, scene.joins("Harbor Dental", machines=2)
    msp.partners.append(msp.gravityzone.tenant.add_company("Summit IT", kind="partner"))
    msp.gravityzone.tenant.reach.refuse(msp.partners[0], form="Suspended.")
    scene.at_the_end("2026-10-01 00:05")
    assert msp.ledger.links().get(harbor.id) is None
    msp.gravityzone.tenant.reach.show(msp.partners[0])
    with pytest.raises(ViolationError, match="is not linked"):
        scene.checks.at_the_end(tick=gmt("2026-10-01 00:05"))


def test_less_on_trial_is_no_count(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """READ-3: of a customer that went on trial GravityZone may count less; what stands, stays."""
    harbor = scene.joins("Harbor Dental", machines=4)
    scene.ticks("2026-10-01 00:05")
    job: Any = SimpleNamespace(
        company_id=harbor.id,
        licensed=True,
        tick=at(scene, "2026-10-02 00:05"),
        month=Month(2026, 10),
        services=[SimpleNamespace(service="endpoints")],
    )
    monkeypatch.setattr(scene.checks, "_bounds", lambda *_: (3, 3))
    told = {"endpoints": "unchanged"}
    with pytest.raises(ViolationError, match="GravityZone counts 3"):
        scene.checks.job_done(job, told, started=job.tick)
    scene.msp.gravityzone.tenant.change_subscription(harbor.id, 5)
    scene.checks.job_done(job, told, started=job.tick)


def test_a_voided_line_that_is_raised_again_is_held(scene: Scene) -> None:
    """FOLLOW-5, OPEN-1: whoever voided it, and then raises its Addition by hand, is asked."""
    harbor = scene.joins("Harbor Dental", machines=2)
    scene.ticks("2026-10-01 00:05")
    at(scene, "2026-10-01 09:00")
    right = scene.msp.agree(harbor)
    setup = SetUp(ledger=scene.msp.ledger, connectwise=scene.msp.operator, clock=scene.msp.clock)
    setup.pin(harbor.id, right, **WHO)
    key = key_of(harbor, "2026-10")
    Answers(ledger=scene.msp.ledger, clock=scene.msp.clock).void(key, **WHO)
    harbor.touched = scene.msp.clock.now()
    scene.ticks("2026-10-01 12:05")
    scene.msp.connectwise.people.set_quantity(1, 5)
    harbor.touched = scene.msp.clock.now()
    scene.at_the_end("2026-10-02 23:50")
    assert isinstance(scene.record(harbor, "2026-10").hold, SettledEdited)


def test_the_namesake_that_is_left_is_the_company(scene: Scene) -> None:
    """MATCH-1: of two namesakes one is deleted, and something happens to the customer right before
    the tick that links it to the other: from then on that one's agreements are looked at.
    """
    harbor = scene.joins("Harbor Dental", setup="namesake in ConnectWise", machines=2)
    deleted = harbor.connectwise_id
    scene.ticks("2026-10-01 00:05")
    scene.msp.connectwise.people.delete_company(deleted)
    at(scene, "2026-10-02 00:01")
    harbor.touched = scene.msp.clock.now()
    scene.ticks("2026-10-02 00:05")
    scene.checks.after_plan()
    scene.at_the_end("2026-10-02 00:20")
    linked = scene.msp.ledger.links()[harbor.id].connectwise_id
    assert (harbor.connectwise_id, harbor.agreements) == (linked, [])


def test_a_namesake_without_a_name_stands_in_nobodys_way(scene: Scene) -> None:
    """SAFE-5, MATCH-1: a company of which ConnectWise shows no name is nobody's namesake for now,
    and one that it shows is.
    """
    harbor = scene.joins("Harbor Dental", setup="namesake in ConnectWise", machines=2)
    people, hidden = scene.msp.connectwise.people, harbor.connectwise_id
    people.show_oddly("company", hidden, b'"name":"Another"')
    scene.msp.world.tick(at(scene, "2026-10-01 00:05"))
    assert scene.msp.ledger.links()[harbor.id].connectwise_id == hidden + 1
    scene.checks.after_plan()
    people.show_truly("company", hidden)
    assert not scene.checks.standings[ENDPOINTS.name].causes.tieable(harbor)


@pytest.mark.parametrize("good", ["", "Harbor Dental"])
def test_who_stands_beside_an_odd_company_must_be_billed(scene: Scene, good: str) -> None:
    """SAFE-5: after a step in which something was odd of one company, all others are looked at."""
    harbor, quay = scene.joins("Harbor Dental", machines=2), scene.joins("North Quay", machines=2)
    scene.msp.world.tick(at(scene, "2026-10-01 00:05"))
    scene.msp.clock.advance(timedelta(minutes=20))
    odd = {harbor.id, quay.id} if good else {harbor.id}
    with nullcontext() if good else pytest.raises(ViolationError, match="it has no record"):
        scene.checks.after_step(tick=gmt("2026-10-01 00:25"), good=True, odd=odd)


# What stands beside ours


@pytest.mark.parametrize(("machines", "held"), [(2, Strangers), (0, None)])
def test_what_the_next_month_left_beside_is_seen_by_the_close(
    scene: Scene, machines: int, held: type[Hold] | None
) -> None:
    """OPEN-6, FOLLOW-5: the next month's Addition, from which a rule took its first day, bills this
    month too, but for one at 0.
    """
    harbor = scene.joins("Harbor Dental", machines=3)
    scene.ticks("2026-10-01 00:05", "2026-10-20 00:05", "2026-10-31 00:05")
    scene.msp.connectwise.options.rewrites = {"effectiveDate": None}
    at(scene, "2026-11-01 00:00")
    scene.msp.gravityzone.tenant.check_in_new(harbor.id, machines)
    scene.at_the_end("2026-11-01 00:05")
    scene.at_the_end("2026-11-02 00:05")
    hold = scene.record(harbor, "2026-10").hold
    assert (None if hold is None else type(hold)) is held


# A fall


@pytest.fixture
def terms_asked(scene: Scene) -> tuple[Scene, Firm]:
    """A customer whose November a person wants to have October's terms, and whose count has fallen
    since.
    """
    harbor = scene.joins("Harbor Dental", machines=3)
    scene.ticks("2026-10-01 00:05")
    line = scene.record(harbor, "2026-10").newest
    assert line is not None
    assert line.addition_id is not None
    scene.msp.connectwise.people.set_terms(line.addition_id, unit_price=3.9)
    at(scene, "2026-11-01 00:00")
    scene.msp.gravityzone.tenant.check_in_new(harbor.id, 4)
    scene.ticks("2026-11-01 00:05")
    scene.msp.world.answers().carry_terms(key_of(harbor, "2026-11"), **WHO)
    november = scene.record(harbor, "2026-11").newest
    assert november is not None
    assert november.addition_id is not None
    scene.msp.carried.add(november.addition_id)
    scene.answered(harbor, "2026-11", 1)
    return scene, harbor


def test_terms_that_a_person_has_carried_over_are_no_word_on_a_number(
    terms_asked: tuple[Scene, Firm],
) -> None:
    """READ-7: a fall is a fall, and is held, also where a person has said of the Addition that
    other terms are its own.
    """
    scene, harbor = terms_asked
    scene.ticks("2026-11-10 00:05")
    assert key_of(harbor, "2026-11") not in scene.checks.books.chosen
    scene.at_the_end("2026-12-02 00:05")
    held = scene.record(harbor, "2026-11").hold
    assert held is not None
    assert held.kind == "fall"


def test_what_a_rule_made_of_terms_is_seen_by_the_next_look(
    terms_asked: tuple[Scene, Firm],
) -> None:
    """FOLLOW-5: a rule that takes an Addition's end from it as its terms are written, after the
    look that was made before the write, is held from the next look on, within a day.
    """
    scene, harbor = terms_asked
    scene.answered(harbor, "2026-11", 4)
    scene.msp.connectwise.options.rewrites = {"cancelledDate": None}
    scene.ticks("2026-11-10 12:05")
    scene.at_the_end("2026-11-10 12:25")
    assert scene.record(harbor, "2026-11").hold is None
    scene.ticks("2026-11-11 12:05")
    held = scene.record(harbor, "2026-11").hold
    assert held is not None
    assert held.kind == "broken"


def test_a_persons_answer_is_a_word_on_a_number(terms_asked: tuple[Scene, Firm]) -> None:
    """READ-7: what a person keeps of a fall may stand, and closes."""
    scene, harbor = terms_asked
    scene.ticks("2026-11-10 00:05")
    scene.msp.world.answers().reject(key_of(harbor, "2026-11"), **WHO)
    scene.at_the_end("2026-12-02 00:05")
    stands = scene.record(harbor, "2026-11").stands
    assert scene.checks.books.chosen[key_of(harbor, "2026-11")] == {1, stands}


def test_a_fall_that_is_not_held_is_found(
    terms_asked: tuple[Scene, Firm], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariants 4 and 5: a count that has fallen and is left as it was, though terms were all that
    a person spoke of.
    """
    scene, _ = terms_asked
    forget_falls(monkeypatch)
    assert scene.violation("2026-12-02 00:05").invariant == 4


@pytest.fixture
def late_line(monkeypatch: pytest.MonkeyPatch) -> tuple[Scene, Firm]:
    """A customer whose November was invoiced ahead, so that it is billed by a line of its own, and
    whose count has fallen since.
    """
    scene = scene_of(monkeypatch, invoicing="advance")
    at(scene, "2026-11-01 00:00")
    quay = scene.joins("Silver Quay", setup="no agreement", machines=4)
    scene.msp.agree(quay, fields={"nextInvoiceDate": "2026-12-24T00:00:00Z"})
    scene.ticks("2026-11-01 00:05")
    line = scene.record(quay, "2026-11").newest
    assert line is not None
    assert (line.number, line.state, line.pushed) == (1, LineState.OPEN, 4)
    assert line.place.effective > date(2026, 11, 30)
    scene.answered(quay, "2026-11", 0)
    return scene, quay


def test_a_fall_on_a_late_line_is_held(late_line: tuple[Scene, Firm]) -> None:
    """READ-7, LATE-2: a line of late usage that can be changed still falls like any other: it is
    held, past its month's close too.
    """
    scene, quay = late_line
    scene.at_the_end("2026-12-02 00:05")
    held = scene.record(quay, "2026-11").hold
    assert held is not None
    assert held.kind == "fall"
    assert scene.msp.ledger.standing(quay.id).shown.state is StandingState.HELD  # type: ignore[union-attr]


def test_a_fall_on_a_late_line_that_is_not_held_is_found(
    late_line: tuple[Scene, Firm], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 4: late usage that GravityZone counts no more, and nobody is asked of."""
    scene, _ = late_line
    forget_falls(monkeypatch)
    assert scene.violation("2026-12-02 00:05").invariant == 4


# Usage beyond what was invoiced


@pytest.fixture
def invoiced(scene: Scene) -> tuple[Scene, Firm]:
    """A customer whose November was invoiced before its end, with three machines."""
    harbor = scene.joins("Harbor Dental", machines=3)
    scene.ticks("2026-10-01 00:05")
    at(scene, "2026-11-01 00:00")
    scene.msp.gravityzone.tenant.check_in_new(harbor.id, 3)
    scene.ticks("2026-11-01 00:05", "2026-11-02 00:05")
    [agreement] = harbor.agreements
    scene.msp.connectwise.people.edit_agreement(
        agreement, {"nextInvoiceDate": "2027-01-01T00:00:00Z"}
    )
    scene.ticks("2026-11-20 00:05")
    line = scene.record(harbor, "2026-11").newest
    assert line is not None
    assert line.state is LineState.FROZEN
    return scene, harbor


def test_what_is_counted_after_the_last_tick_is_the_next_ones(invoiced: tuple[Scene, Firm]) -> None:
    """LATE-2: usage that GravityZone counts only after a tick's jobs is on a line of its own with
    the next.
    """
    scene, harbor = invoiced
    scene.ticks("2026-11-21 00:05")
    scene.msp.gravityzone.tenant.check_in_new(harbor.id, 1)
    scene.checks.at_the_end(tick=gmt("2026-11-21 00:05"))
    assert scene.record(harbor, "2026-11").stands == 3
    scene.at_the_end("2026-11-21 00:25")
    assert scene.record(harbor, "2026-11").stands == 4


def test_late_usage_that_is_on_no_line_is_found(
    invoiced: tuple[Scene, Firm], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 4: a product that forgets what was counted before its job, beyond what was
    invoiced.
    """
    scene, harbor = invoiced
    scene.msp.gravityzone.tenant.check_in_new(harbor.id, 1)
    monkeypatch.setattr(wanted, "NEXT", (lambda case, _, __: case.stay(case.well()),))
    assert "is on no line" in scene.violation("2026-11-21 00:05").what


# A copy of ours


_OURS, _OTHER = (
    {"id": ENDPOINTS.product_id, "identifier": ENDPOINTS.product},
    {"id": 777, "identifier": "OTHER"},
)


@pytest.mark.parametrize("copied_with", [_OURS, _OTHER])
def test_a_copy_on_a_copied_agreement_keeps_the_month_open(
    scene: Scene, copied_with: Mapping[str, Any]
) -> None:
    """FOLLOW-3: a copy of ours bills beside it, of whatever product: ours had been given another
    one when it was copied, and is right again.
    """
    harbor = scene.joins("Harbor Dental", machines=3)
    scene.ticks("2026-10-01 00:05")
    line = scene.record(harbor, "2026-10").newest
    assert line is not None
    assert line.addition_id is not None
    people = scene.msp.connectwise.people
    people.edit_addition(line.addition_id, {"product": copied_with})
    harbor.agreements.append(people.double_agreement(harbor.agreements[0], with_additions=True))
    people.edit_addition(line.addition_id, {"product": _OURS})
    harbor.touched = scene.msp.clock.now()
    scene.at_the_end("2026-11-02 00:05")
    hold = scene.record(harbor, "2026-10").hold
    assert hold is not None
    assert "is a copy of ours" in hold.why
