"""Statements of months that were played: what they say of each thing that can happen to a month."""

from datetime import date, timedelta
from importlib import import_module
from typing import Any

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState
from tally.domain.statement.canonical import canonical
from tally.domain.statement.statement import Stage
from tally.people.read_statements import read_statements
from tally.statements.book import book
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt
from tests.functional.october import a_world, invoiced_early, october
from tests.functional.partner_world import Summit
from tests.functional.services_world import EMAIL, setting, world_of
from tests.functional.stated import of_one_service, stated

FIRST = gmt("2026-11-01 00:05")
CLOSE = gmt("2026-12-02 00:05")
BOOKS = {"by": "ann", "why": "the owner called"}


@pytest.mark.machines(4)
def test_provisional_until_the_close_then_final(world: World, harbor: Customer) -> None:
    """PROOF-4: a statement is provisional while its record is open, and final from the close on."""
    world.play(FIRST)
    open_month = stated(world, harbor, "2026-11")
    assert (open_month.stage, open_month.version) == (Stage.PROVISIONAL, 2)
    world.play(CLOSE)
    closed = stated(world, harbor, "2026-11")
    assert (closed.stage, closed.version) == (Stage.FINAL, 3)


@pytest.mark.machines(4)
def test_a_final_statement_stays_as_it_is(world: World, harbor: Customer) -> None:
    """PROOF-4: whatever becomes of later months, a closed month gives the same bytes."""
    world.play(FIRST, CLOSE, gmt("2026-12-10 00:05"))
    before = canonical(stated(world, harbor, "2026-11"))
    world.check_in(harbor, 9)
    world.play(gmt("2026-12-20 00:05"), gmt("2027-01-03 00:05"))
    assert canonical(stated(world, harbor, "2026-11")) == before


@pytest.mark.machines(4)
def test_the_number_and_since_when(world: World, harbor: Customer) -> None:
    """PROOF-3: the number stands there with the reading that brought it, and each change with its
    cause; the course is that of the days.
    """
    world.play(FIRST, gmt("2026-11-03 06:05"))
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-04 00:05"), CLOSE)
    service = of_one_service(world, harbor, "2026-11")
    assert (service.numbers.billed, service.numbers.counted) == (6, 6)
    assert service.readings.first == FIRST
    assert service.readings.last == CLOSE
    since = service.readings.billed_since
    assert since is not None
    assert (since.reading, since.before, since.after) == (gmt("2026-11-04 00:05"), 4, 6)
    assert [each.billed for each in service.days] == [4] * 3 + [6] * 27
    assert [(each.what, each.before, each.after) for each in service.steps] == [
        ("opened", 0, 4),
        ("pushed", 4, 6),
        ("closed", 6, 6),
    ]
    assert service.difference == (
        "GravityZone counts 6, and 6 are billed: there is no difference between the two.",
        "The contract has no minimum.",
    )


@pytest.mark.machines(4)
def test_an_open_month_goes_as_far_as_it_was_read(world: World, harbor: Customer) -> None:
    """PROOF-5: days that nobody has read yet are not drawn."""
    world.play(FIRST, gmt("2026-11-03 06:05"))
    assert [each.day.day for each in of_one_service(world, harbor, "2026-11").days] == [1, 2, 3]


def test_a_true_zero(world: World, harbor: Customer) -> None:
    """READ-3: a customer without a machine has a statement of 0, which is a number."""
    world.play(FIRST, CLOSE)
    service = of_one_service(world, harbor, "2026-11")
    assert (service.numbers.billed, service.numbers.counted) == (0, 0)
    assert {each.billed for each in service.days} == {0}
    assert service.readings.billed_since is not None


def test_a_month_that_nobody_recorded(world: World, harbor: Customer) -> None:
    """PROOF-5: a month without a record is called so, and nothing is filled in."""
    world.play(FIRST)
    nothing = stated(world, harbor, "2026-09")
    assert (nothing.stage, nothing.services, nothing.version) == (Stage.NOT_RECORDED, (), 0)


@pytest.mark.machines(4)
def test_machines_are_not_recorded(world: World, harbor: Customer) -> None:
    """PROOF-3, PROOF-5: which machines were counted is nothing that it claims to know."""
    world.play(FIRST, CLOSE)
    assert of_one_service(world, harbor, "2026-11").numbers.proven is None
    assert b"Which machines were counted is not recorded." in canonical(
        stated(world, harbor, "2026-11")
    )


def test_late_usage_stands_with_the_month_it_belongs_to() -> None:
    """LATE-2: a late line is among the lines of its usage month, dated where it is invoiced."""
    world, harbor = invoiced_early(late_usage="bill")
    world.play(gmt("2026-11-02 00:05"))
    held = of_one_service(world, harbor, "2026-10")
    assert held.waiting is not None
    assert held.waiting.quantity == 9
    assert held.numbers.counted is None
    assert held.difference[0].startswith("7 are billed, and 9 are asked about")
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 01:05"))
    service = of_one_service(world, harbor, "2026-10")
    assert [
        (each.pushed, each.place.late, str(each.place.effective)) for each in service.lines
    ] == [
        (7, False, "2026-10-01"),
        (2, True, "2026-11-01"),
    ]
    (answer,) = [each for each in service.steps if each.by == "ann"]
    assert (answer.why, answer.reading) == ("the owner called", None)


def test_a_number_that_is_kept_is_no_count(world: World, harbor: Customer) -> None:
    """PROOF-5: where a person has kept a number, the record tells no count after that, and the
    statement makes none up. Once the count moves the number on, it is known again.
    """
    world.check_in(harbor, 10)
    world.play(FIRST, CLOSE)
    world.check_in(harbor, 60)
    world.play(gmt("2026-12-03 00:05"))
    held = of_one_service(world, harbor, "2026-12")
    assert (held.numbers.billed, held.numbers.counted) == (0, 60)
    record = world.record(harbor, "2026-12")
    assert record is not None
    world.answers().reject(record.key, **BOOKS)
    world.play(gmt("2026-12-04 00:05"), gmt("2027-01-02 00:05"))
    kept = of_one_service(world, harbor, "2026-12")
    assert kept.state is RecordState.CLOSED
    assert (kept.numbers.billed, kept.numbers.counted) == (0, None)
    assert kept.difference[0] == (
        "0 are billed by the word of ann on 2026-12-03, when 60 were asked about. What GravityZone "
        "counted after that is not recorded."
    )


@pytest.mark.machines(4)
def test_a_word_that_was_outgrown_keeps_nothing(world: World, harbor: Customer) -> None:
    """PROOF-5: after a fall was rejected, a count that rises above it is billed, and is known."""
    world.play(FIRST)
    counter = "endpointMonthlyUsage"
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", counter, 2)
    world.play(gmt("2026-11-03 00:05"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert of_one_service(world, harbor, "2026-11").numbers.counted == 2
    world.answers().reject(record.key, **BOOKS)
    assert of_one_service(world, harbor, "2026-11").numbers.counted is None
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", counter, 6)
    world.play(gmt("2026-11-04 00:05"))
    service = of_one_service(world, harbor, "2026-11")
    assert (service.numbers.billed, service.numbers.counted) == (6, 6)


def test_a_line_that_can_grow_no_more_proves_no_count() -> None:
    """PROOF-5, LATE-1: before the close, what is counted beyond an invoiced line is unknown."""
    world, harbor = invoiced_early()
    service = of_one_service(world, harbor, "2026-10")
    assert service.waiting is None
    assert (service.numbers.billed, service.numbers.counted) == (7, None)
    assert "GravityZone's count is not recorded before the close." in service.difference[0]


@pytest.mark.machines(600)
def test_held_before_any_addition(world: World, harbor: Customer) -> None:
    """READ-8: a first count that is asked about stands on a page without days and Additions."""
    world.play(FIRST)
    service = of_one_service(world, harbor, "2026-11")
    assert (service.numbers.billed, service.numbers.counted) == (0, 600)
    assert service.waiting is not None
    assert (service.days, service.lines, service.readings.billed_since) == ((), (), None)


@pytest.mark.machines(4)
def test_a_fall_that_was_accepted(world: World, harbor: Customer) -> None:
    """READ-7: an accepted fall is the count at once, and billed with the next tick."""
    world.play(FIRST)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 2)
    world.play(gmt("2026-11-03 00:05"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    world.answers().approve(record.key, **BOOKS)
    numbers = of_one_service(world, harbor, "2026-11").numbers
    assert (numbers.billed, numbers.counted) == (4, 2)
    world.play(gmt("2026-11-04 00:05"))
    numbers = of_one_service(world, harbor, "2026-11").numbers
    assert (numbers.billed, numbers.counted) == (2, 2)


@pytest.mark.machines(4)
def test_what_connectwise_refuses_is_told(world: World, harbor: Customer) -> None:
    """SAFE-2: a quantity that ConnectWise refuses is on the page, with its reason and no count."""
    world.play(FIRST)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=400, operation="PATCH additions/{id}")
    )
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-03 00:05"))
    service = of_one_service(world, harbor, "2026-11")
    assert (service.numbers.billed, service.numbers.counted) == (4, None)
    assert any(
        each.startswith("ConnectWise has refused to bill 6 since 2026-11-03")
        for each in service.difference
    )


def test_no_floor_is_told_as_unknown(world: World) -> None:
    """PROOF-5, CLOSE-2: a floor that GravityZone does not tell is not recorded; it is not 0."""
    lakeside = world.add_customer("Lakeside Library")
    world.gravityzone.tenant.company(lakeside.id).minimum_usage = None
    world.play(FIRST, CLOSE)
    service = of_one_service(world, lakeside, "2026-11")
    assert service.numbers.floor is None
    assert "The contract's minimum is not recorded." in service.difference


@pytest.mark.machines(4)
def test_a_waived_month(world: World, harbor: Customer) -> None:
    """OPEN-6: a month that a person has waived is final, and says that it is not billed."""
    world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=2, effective=date(2026, 11, 1), cancelled=None
    )
    world.play(FIRST)
    record = world.record(harbor, "2026-11")
    assert record is not None
    world.answers().waive(record.key, **BOOKS)
    of = stated(world, harbor, "2026-11")
    (service,) = of.services
    assert of.stage is Stage.FINAL
    assert (service.numbers.billed, service.numbers.counted) == (0, None)
    assert service.difference[0] == "By a person's word this month is not billed."


def test_a_voided_line_is_shown_with_its_successor() -> None:
    """OPEN-1: the Addition at the wrong customer stands there at 0, beside the one after it."""
    world, harbor = a_world()
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"))
    of = stated(world, harbor, "2026-10")
    (service,) = of.services
    assert of.customer.connectwise_name == "Harbor Dental North"
    assert [(each.state, each.pushed) for each in service.lines] == [
        (LineState.VOID, 0),
        (LineState.OPEN, 7),
    ]
    assert service.numbers.billed == service.steps[-1].after == 7


def test_a_credit_waits_and_is_done() -> None:
    """LATE-3: what was billed too much is told with its amount, and taken off once it is done."""
    world, harbor = a_world()
    world.play(gmt("2026-11-02 00:05"))
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-10 00:05"))
    service = of_one_service(world, harbor, "2026-10")
    assert "2 too many (9.00 at 4.50 each)" in " ".join(service.difference)
    world.answers().credit_done(october(world, harbor).key, **BOOKS)
    service = of_one_service(world, harbor, "2026-10")
    assert (service.numbers.billed, service.numbers.credited) == (5, 2)
    assert "2 have been credited" in " ".join(service.difference)


@pytest.mark.parametrize(
    ("bill_minimum", "billed", "said"),
    [
        (
            False,
            7,
            "The contract's minimum is 10, which is more than was counted and more than is billed.",
        ),
        (True, 10, "The contract's minimum is 10, more than was counted: the minimum is billed."),
    ],
)
def test_a_floor_above_the_count(*, bill_minimum: bool, billed: int, said: str) -> None:
    """CLOSE-2: the contract's floor stands beside the count, with what was decided of it."""
    world, harbor = a_world(bill_minimum=bill_minimum)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 10
    world.play(gmt("2026-11-02 00:05"))
    service = of_one_service(world, harbor, "2026-10")
    assert (service.numbers.floor, service.numbers.counted, service.numbers.billed) == (
        10,
        7,
        billed,
    )
    assert any(each.startswith(said) for each in service.difference)
    assert service.days[-1].billed == 7


def test_two_services_are_on_one_page() -> None:
    """READ-6: each service has its own numbers, and the version counts the changes of both."""
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    world.play(FIRST)
    of = stated(world, harbor, "2026-11")
    assert [(each.service, each.numbers.billed) for each in of.services] == [
        ("email", 0),
        ("endpoints", 3),
    ]
    assert of.version == sum(each.version for each in of.services)


def test_a_partners_own() -> None:
    """READ-4: of a partner it is said that the count is its own, without the companies below."""
    summit = Summit.billed()
    service = of_one_service(summit.world, summit.partner, "2026-11")
    assert service.numbers.billed == 12
    assert any("the partner's own machines" in each for each in service.difference)


@pytest.mark.machines(4)
def test_a_last_reading_that_failed_is_not_recorded(world: World, harbor: Customer) -> None:
    """PROOF-5, CLOSE-5: where the closing count could not be read, no last reading is claimed."""
    world.play(FIRST)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(CLOSE)
    service = of_one_service(world, harbor, "2026-11")
    assert service.state is RecordState.CLOSED
    assert service.readings.last is None
    assert any("last count" in each for each in service.notices)


@pytest.mark.machines(4)
def test_a_history_that_lacks_steps_is_told(world: World, harbor: Customer) -> None:
    """PROOF-5: where the history does not lead to the number, that is said and nothing made up."""
    world.play(FIRST)
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-04 00:05"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    steps = world.ledger.history(record.key)
    world.ledger.history = lambda _: steps[:-1]  # type: ignore[method-assign]
    assert any(
        each.startswith("The history that is kept leads to 4 and not to 6")
        for each in of_one_service(world, harbor, "2026-11").difference
    )


def test_the_book_reads_all_that_have_a_record() -> None:
    """SAFE-5: the month's statements come by name; who has no record is not among them."""
    world, harbor = a_world()
    other = world.add_customer("Alder Clinic")
    world.play(gmt("2026-10-20 01:05"))
    unreadable: dict[str, str] = {}
    found = read_statements(
        world.ledger, october(world, harbor).key.month, zone="UTC", unreadable=unreadable
    )
    assert [each.customer.id for each in found] == [other.id, harbor.id]
    assert unreadable == {}


@pytest.mark.parametrize(
    "where", ["tally.people.read_statements.draw_up", "tally.statements.book.drawn"]
)
def test_one_that_cannot_be_drawn_keeps_back_no_other(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """SAFE-5: an error of ours with one customer's statement is told in the book's index; all
    others' are there.
    """
    world, harbor = a_world()
    world.add_customer("Alder Clinic")
    world.play(gmt("2026-10-20 01:05"))
    module, _, name = where.rpartition(".")
    real = getattr(import_module(module), name)

    def odd(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes
        statement_or_customer = getattr(given[0], "customer", given[0])
        if statement_or_customer.id == harbor.id:
            raise OverflowError("date value out of range")
        return real(*given, **named)

    monkeypatch.setattr(where, odd)
    unreadable: dict[str, str] = {}
    month = october(world, harbor).key.month
    found = read_statements(world.ledger, month, zone="UTC", unreadable=unreadable)
    files = dict(book(found, month, unreadable=unreadable))
    assert [name[:5] for name in files] == ["alder", "index"]
    assert "date value out of range" in files["index.html"].decode()
    assert list(unreadable) == [harbor.id]


@pytest.mark.machines(4)
def test_a_statement_is_the_same_however_often_it_is_read(world: World, harbor: Customer) -> None:
    """PROOF-4: the same record and history give the same bytes, whatever the hour."""
    world.play(FIRST, CLOSE)
    before = canonical(stated(world, harbor, "2026-11"))
    world.clock.advance(timedelta(days=400))
    assert canonical(stated(world, harbor, "2026-11")) == before
