"""Final statements attached to agreements in ConnectWise: what, where, and what is left alone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.connectwise import Right
from simulators.faults import Fault, FaultKind
from tally.attaching.attach_closed import AttachClosed
from tally.attaching.attach_month import Run
from tally.domain.attaching.document import LONGEST_TITLE
from tally.domain.attaching.month import MonthAttached
from tally.domain.model.month import Month
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.statement import Statement
from tally.errors import TransientError
from testing.attachments import MemoryAttachments
from testing.world import Customer, World
from tests.functional.attached import (
    CLOSE,
    FIRST,
    SECOND,
    Attaching,
    calls,
    closed,
    documents,
    paper,
)
from tests.functional.instants import gmt
from tests.functional.october import a_world, invoiced_early, october
from tests.functional.services_world import EDR, EMAIL, add_edr_agreement, setting, world_of
from tests.functional.stated import stated

BOOKS = {"by": "ann", "why": "the owner called"}


@pytest.mark.machines(4)
def test_a_final_statement_is_attached_once(world: World, harbor: Customer) -> None:
    """PROOF-7: at the agreement that bills it, private, under a title with its reference; another
    run makes no call at all.
    """
    attaching = closed(world)
    assert attaching.run().made == 1
    [document] = documents(world, harbor)
    statement = stated(world, harbor, "2026-11")
    assert document.contents == paper(statement)
    words, _, mark = document.title.partition(" [tally:")
    assert words == "Tally statement 2026-11, endpoints, version 3"
    assert (len(mark), mark[-1], document.private) == (9, "]", True)
    assert document.file_name == f"statement-2026-11-tally-{mark[:-1]}.pdf"
    world.clock.advance(timedelta(days=1))
    assert calls(world) == (1, 1)
    again = attaching.run()
    assert (again.stood, again.made, calls(world)) == (1, 0, (1, 1))
    [item] = attaching.attachments.places.values()
    [kept] = item.attached
    assert (kept.document_id, kept.edition.version) == (document.id, 3)
    assert kept.edition.fingerprint == fingerprint(statement)


@pytest.mark.machines(4)
def test_a_provisional_statement_is_not_attached(world: World, harbor: Customer) -> None:
    """PROOF-7: before the close nothing is sent, and ConnectWise is not called."""
    world.play(FIRST)
    run = Attaching(world=world).run()
    assert (run.made, run.left, calls(world), documents(world, harbor)) == (0, 0, (0, 0), [])


@pytest.mark.machines(4)
def test_a_month_that_is_done_is_not_read_again(world: World, harbor: Customer) -> None:
    """PROOF-7: a run for the same records costs one read of the ledger; for others it looks."""
    attaching = closed(world)
    attaching.run(state="one")
    attaching.attachments.places.clear()
    assert (attaching.run(state="one").stood, calls(world)) == (0, (1, 1))
    assert attaching.run(state="two").found == 1
    assert len(documents(world, harbor)) == 1


@pytest.mark.machines(4)
def test_the_second_reading_alone_is_no_correction(world: World, harbor: Customer) -> None:
    """PROOF-7: it is a further version of the statement, with the same numbers."""
    attaching = closed(world)
    attaching.run()
    before = stated(world, harbor, "2026-11").version
    world.play(SECOND)
    assert stated(world, harbor, "2026-11").version > before
    assert attaching.run().stood == 1
    assert (len(documents(world, harbor)), calls(world)) == (1, (1, 1))


def test_a_correction_is_a_further_document_that_says_so() -> None:
    """PROOF-7: the first one stays, and while a question waits nothing is attached."""
    world, harbor = invoiced_early()
    world.play(gmt("2026-11-02 00:05"))
    attaching = Attaching(world=world, month=Month(2026, 10))
    assert (attaching.run().made, documents(world, harbor)) == (0, [])
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 01:05"))
    assert attaching.run().made == 1
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-10 00:05"))
    world.answers().credit_done(october(world, harbor).key, **BOOKS)
    assert attaching.run().made == 1
    first, second = documents(world, harbor)
    version = stated(world, harbor, "2026-10").version
    assert "corrected" not in first.title
    assert second.title.startswith(
        f"Tally statement 2026-10, endpoints, corrected, version {version} [tally:"
    )
    assert not first.deleted
    assert first.title[-16:] != second.title[-16:]
    assert (attaching.run().stood, calls(world)) == (1, (2, 2))


def test_a_voided_line_takes_no_document() -> None:
    """PROOF-7: it stood at the wrong customer, who must not get this one's statement."""
    world, harbor = a_world()
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    agreement_id = world.add_agreement(right)
    world.set_up().link(harbor.id, right, by="ann", why="moved")
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"), gmt("2026-11-02 00:05"))
    assert Attaching(world=world, month=Month(2026, 10)).run().made == 1
    assert documents(world, harbor) == []
    assert documents(world, replace(harbor, agreement_id=agreement_id))


def test_services_on_two_agreements() -> None:
    """PROOF-7: each agreement that bills a part of the month gets the statement, once."""
    world = world_of(setting(email=EMAIL, edr=EDR))
    harbor = world.add_customer("Harbor Dental")
    edr = add_edr_agreement(world, harbor)
    world.check_in(harbor, 4)
    attaching = closed(world)
    assert attaching.run().made == 2
    [one], [other] = (
        documents(world, replace(harbor, agreement_id=each)) for each in (harbor.agreement_id, edr)
    )
    assert "2026-11, email and endpoints, version" in one.title
    assert "2026-11, edr, version" in other.title
    assert one.contents == other.contents


@pytest.mark.machines(4)
def test_a_document_that_a_person_deleted_stays_away(world: World, harbor: Customer) -> None:
    """PROOF-7: what was recorded is not attached again."""
    attaching = closed(world)
    attaching.run()
    world.connectwise.people.delete_document(documents(world, harbor)[0].id)
    assert attaching.run().stood == 1
    assert len(documents(world, harbor)) == 1


@pytest.mark.machines(4)
def test_the_document_of_a_person(world: World, harbor: Customer) -> None:
    """PROOF-7, MATCH-4: one of the same words is none of ours; with our reference it is ours, as a
    copy of it would be.
    """
    attaching = closed(world)
    people = world.connectwise.people
    people.add_document("Agreement", harbor.agreement_id, "Tally statement 2026-11, endpoints")
    attaching.run()
    [_, ours] = documents(world, harbor)
    people.delete_document(ours.id)
    people.add_document("Agreement", harbor.agreement_id, f"Copy of {ours.title}")
    attaching.attachments.places.clear()
    assert (attaching.run().found, len(documents(world, harbor))) == (1, 3)
    attaching.attachments.places.clear()
    people.delete_document(3)
    people.add_document("Agreement", harbor.agreement_id, ours.title.upper())
    assert (attaching.run().made, len(documents(world, harbor))) == (1, 5)


@pytest.mark.machines(4)
def test_shown_in_the_portal_on_demand(world: World, harbor: Customer) -> None:
    """PROOF-7: documents are private unless a setting says otherwise."""
    attaching = closed(world)
    replace(attaching, private=False).run()
    assert [each.private for each in documents(world, harbor)] == [False]


def three(world: World) -> list[Customer]:
    """Three customers whose November is closed."""
    customers = [world.add_customer(name) for name in ("Alder", "Birch", "Cedar")]
    for each in customers:
        world.check_in(each, 3)
    world.play(FIRST, CLOSE)
    return customers


def test_an_agreement_that_is_gone_stops_no_other(world: World) -> None:
    """SAFE-5: its customer is told with the reason, and tried again at the next run."""
    alder, birch, cedar = three(world)
    world.connectwise.people.delete_agreement(birch.agreement_id)
    attaching = Attaching(world=world)
    run = attaching.run(state="same")
    assert (run.made, run.left) == (2, 1)
    [(name, why)] = attaching.left()
    assert name == "Birch"
    assert "not found" in why.lower()
    assert [len(documents(world, each)) for each in (alder, birch, cedar)] == [1, 0, 1]
    assert (attaching.run(state="same").left, calls(world)[1]) == (1, 4)


def test_a_document_that_is_refused_stops_no_other(world: World) -> None:
    """SAFE-2, SAFE-5: a 400 has not happened, so the next run tries it again at once."""
    alder, birch, _ = three(world)
    of_birch = f'name="recordId"\r\n\r\n{birch.agreement_id}\r\n'
    refused = Fault(kind=FaultKind.STATUS, status=400, operation="POST *", contains=of_birch)
    world.connectwise.faults.add(refused)
    attaching = Attaching(world=world)
    assert attaching.run().made == 2
    assert [name for name, _ in attaching.left()] == ["Birch"]
    world.connectwise.faults.clear()
    assert (attaching.run().made, attaching.left()) == (1, [])
    assert [len(documents(world, each)) for each in (alder, birch)] == [1, 1]


def test_a_drawing_that_fails_stops_no_other(world: World) -> None:
    """SAFE-5: a bug of ours is its customer's alone."""
    *_, cedar = three(world)

    def torn(statement: Statement) -> bytes:
        if statement.customer.id == cedar.id:
            raise ZeroDivisionError
        return paper(statement)

    attaching = Attaching(world=world, pdf=torn)
    assert attaching.run().made == 2
    [(name, why)] = attaching.left()
    assert (name, "bug" in why) == ("Cedar", True)
    assert documents(world, cedar) == []


@pytest.mark.parametrize("right", [Right.DOCUMENTS_INQUIRE, Right.DOCUMENTS_ADD])
def test_a_missing_right_is_told_and_not_asked_a_thousand_times(world: World, right: Right) -> None:
    """PROOF-7: what all would meet ends the run; once the right is there, all are attached."""
    three(world)
    world.connectwise.options.taken_rights = frozenset({right})
    attaching = Attaching(world=world)
    run = attaching.run(state="same")
    assert (run.left, sum(calls(world))) == (1, 1 + (right is Right.DOCUMENTS_ADD))
    assert "Companies > Manage Documents" in run.stopped
    world.connectwise.options.taken_rights = frozenset()
    assert attaching.run(state="same").made == 3


def test_no_time_is_no_beginning(world: World) -> None:
    """SAFE-6: nothing is begun that could not be finished; the rest is the next run's."""
    three(world)
    left = iter((900.0, 10.0))
    attaching = Attaching(world=world, seconds_left=lambda: next(left))
    run = attaching.run(state="same")
    assert (run.made, run.left, calls(world)) == (1, 0, (1, 1))
    assert "time" in run.stopped
    assert replace(attaching, seconds_left=lambda: 900.0).run(state="same").made == 2


@pytest.mark.parametrize(
    "name",
    [
        'Quote " & <b>Söhne</b>',
        "line\r\nContent-Disposition: form-data",
        "\u202egnp.exe\u0000",
        "x" * 300,
        "🏥 [tally:00000000]",
    ],
)
def test_names_that_are_odd(world: World, name: str) -> None:
    """SAFE-10: no name of a customer gets into a title or a file's name."""
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4)
    attaching = closed(world)
    world.gravityzone.tenant.rename_company(harbor.id, name)
    world.connectwise.people.rename_company(harbor.connectwise_id, name)
    assert attaching.run().made == 1
    [document] = documents(world, harbor)
    assert document.title.startswith("Tally statement 2026-11, endpoints, version 3 [tally:")
    assert document.file_name.isascii()


def test_many_services_with_long_names() -> None:
    """SAFE-10: a title is short whatever is billed, and its reference is whole."""
    billed = {
        "a-service-with-name": ("emailSecurityMonthlyUsage", "GZ-EMAIL"),
        "b-service-with-name": ("patchManagementMonthlyUsage", "GZ-PATCH"),
        "c-service-with-name": ("encryptionMonthlyUsage", "GZ-EDR"),
    }
    services = {
        name: {"counter": counter, "product": product}
        for name, (counter, product) in billed.items()
    }
    world = world_of(setting(endpoints=False, **services))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4)
    assert closed(world).run().made == 1
    [document] = documents(world, harbor)
    assert document.title.startswith("Tally statement 2026-11, a-service-with-name and b-")
    assert re.search(r", version \d+ \[tally:[0-9a-f]{8}\]$", document.title)
    assert len(document.title) <= LONGEST_TITLE
    assert document.title.isprintable()


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.machines(4)
def test_a_thousand_customers(world: World, harbor: Customer) -> None:
    """PROOF-7: two calls for each at the first run, and none at the next."""
    attaching = closed(world)
    model = stated(world, harbor, "2026-11")
    agreements = [world.add_agreement(harbor.connectwise_id) for _ in range(1000)]

    def statements(_month: Month, _unreadable: dict[str, str]) -> Iterator[Statement]:
        return (of_another(model, agreement_id) for agreement_id in agreements)

    many = replace(attaching, statements=statements)
    assert many.run(state="one").made == 1000
    assert calls(world) == (1000, 1000)
    assert many.run(state="one").stood == 0
    assert many.run(state="two").stood == 1000
    assert calls(world) == (1000, 1000)


def of_another(model: Statement, agreement_id: int) -> Statement:
    """The same statement, of another customer with an agreement of its own."""
    [service] = model.services
    [line] = service.lines
    line = replace(line, place=replace(line.place, agreement_id=agreement_id))
    customer = replace(model.customer, id=f"{agreement_id:024x}")
    return replace(model, customer=customer, services=(replace(service, lines=(line,)),))


@pytest.mark.parametrize("error", [TransientError("the ledger is not there"), KeyError("a bug")])
def test_a_month_that_fails_stops_no_other(error: Exception) -> None:
    """SAFE-5: the others are attached; then its error is raised."""
    months = [Month(2026, number) for number in (8, 9, 10, 11)]
    attachments = MemoryAttachments(months={months[1]: MonthAttached(month=months[1])})
    seen: list[tuple[Month, str]] = []

    def attach(month: Month, *, state: str) -> Run:
        seen.append((month, state))
        if month == months[1]:
            raise error
        return Run(month=month)

    states = {months[1]: "b", months[3]: "d"}
    closed_months = AttachClosed(
        attach=attach,  # type: ignore[arg-type]
        attachments=attachments,
        state=states.get,
    )
    with pytest.raises(type(error)):
        closed_months(months)
    assert seen == [(months[1], "b"), (months[3], "d")]


def test_the_newest_month_is_the_first() -> None:
    """PROOF-7: turned on, it attaches no year at once; a month without a book has no document."""
    months = [Month(2026, number) for number in (9, 10, 11)]
    seen: list[Month] = []

    def attach(month: Month, *, state: str) -> Run:
        seen.append(month)
        return Run(month=month, stopped=state)

    attach_closed = AttachClosed(
        attach=attach,  # type: ignore[arg-type]
        attachments=MemoryAttachments(),
        state=lambda month: None if month == months[0] else "s",
    )
    assert [each.month for each in attach_closed(months)] == [months[2]]
    assert list(attach_closed(months[:1])) == []
    assert list(attach_closed([])) == []
