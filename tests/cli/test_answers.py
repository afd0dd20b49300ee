"""The answers to what is held, by hand: confirmed first, given once, kept with who and why."""

from collections.abc import Callable
from datetime import date

import pytest

from tally.domain.record.history import HistoryEntry
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from testing.world import PRODUCT, Customer
from tests.cli.console import WHO, WHY, Console
from tests.functional.instants import gmt
from tests.functional.october import a_world, invoiced_early
from tests.functional.terms_world import (
    agree_and_open_november,
    new_world,
    open_october,
    operations,
)

NOVEMBER, LATER = gmt("2026-11-01 00:05"), gmt("2026-11-20 00:05")


def record(console: Console, customer: Customer, month: str = "2026-11") -> UsageRecord:
    found = console.world.record(customer, month)
    assert found is not None
    return found


def last(console: Console, customer: Customer, month: str = "2026-11") -> HistoryEntry:
    return console.world.ledger.history(record(console, customer, month).key)[-1]


def grown() -> tuple[Console, Customer]:
    """November closed at 10; December counts 60 and is held."""
    console = Console()
    customer = console.world.add_customer("Harbor Dental")
    console.world.check_in(customer, 10)
    console.world.play(NOVEMBER, gmt("2026-12-02 00:05"))
    console.world.check_in(customer, 60)
    console.world.play(gmt("2026-12-03 00:05"))
    return console, customer


def foreign(*others: int) -> tuple[Console, Customer, list[int]]:
    """November is held by Additions of others."""
    console = Console()
    customer = console.world.add_customer("Harbor Dental")
    ids = [
        console.world.connectwise.people.add_addition(
            customer.agreement_id,
            PRODUCT,
            quantity=quantity,
            effective=date(2026, 11, 1),
            cancelled=None,
        )
        for quantity in others
    ]
    console.world.check_in(customer, 4)
    console.world.play(NOVEMBER)
    return console, customer, ids


def test_approve_says_what_was_seen_and_what_is_written() -> None:
    """FOLLOW-4: the hold's sentence and what will be written are shown; the answer has the caller's
    ARN and the reason.
    """
    console, customer = grown()
    out = console.done("approve", "Harbor Dental", *WHY, "--yes").text
    assert (
        "GravityZone counts 60 active endpoints for Harbor Dental in December 2026; November 2026 "
        "gave 10."
    ) in out
    assert (
        "At Tally's next run Addition 2 is set to 60, and further growth is measured from 60."
        in out
    )
    entry = last(console, customer, "2026-12")
    assert (entry.what, entry.by, entry.why) == ("approved", WHO, "the owner called")
    console.world.play(gmt("2026-12-03 00:20"))
    assert [each[0] for each in console.world.additions(customer)] == [10, 60]


def test_reject_keeps_what_stands() -> None:
    """FOLLOW-4: rejected, nothing is written, and the record says whose word it was."""
    console, customer = grown()
    assert (
        "Nothing is written to ConnectWise: 0 stay billed"
        in console.done("reject", customer.id, *WHY, "--yes").text
    )
    answer = record(console, customer, "2026-12").last_word
    assert answer is not None
    assert (answer.said, answer.by) == (Said.KEEP_GROWN, WHO)
    console.world.play(gmt("2026-12-03 00:20"))
    assert [each[0] for each in console.world.additions(customer)] == [10, 0]


def test_take_over_makes_it_ours() -> None:
    """OPEN-6: the only Addition that holds the month is taken over; the next tick gives it our
    reference and an end.
    """
    console, customer, (addition,) = foreign(9)
    out = console.done("take-over", "Harbor Dental", *WHY, "--yes").text
    assert f"At Tally's next run Addition {addition} gets Tally's reference" in out
    console.world.play(gmt("2026-11-01 00:20"), gmt("2026-11-02 00:05"))
    assert console.world.additions(customer)[0][2] == "2026-11-30"


def test_of_several_one_is_named() -> None:
    """OPEN-6: where two Additions hold the month, the command does not choose; named, it is that
    one.
    """
    console, customer, (one, two) = foreign(9, 7)
    line = console.refused("take-over", "Harbor Dental", *WHY, "--yes")
    assert line == f"tally: 2 Additions hold it: say which with --addition, {one} or {two}."
    assert f"cannot be taken over; what holds it is {one}, {two}" in console.refused(
        "take-over", "Harbor Dental", "--addition", "999", *WHY, "--yes"
    )
    console.done("take-over", "Harbor Dental", "--addition", str(two), *WHY, "--yes")
    assert record(console, customer).ruling(Said.GIVE).number == two  # type: ignore[union-attr]


def test_keep_apart_bills_ours_beside_it() -> None:
    """OPEN-6: kept apart, ours is made beside it, in this month and in all to come; the link
    remembers it.
    """
    console, customer, (addition,) = foreign(9)
    out = console.done("keep-apart", "Harbor Dental", *WHY, "--yes").text
    assert (
        f"Addition {addition} stays as it is, and at Tally's next run an Addition of 4 is made "
        "beside it"
    ) in out
    console.world.play(gmt("2026-11-01 00:20"))
    assert [each[0] for each in console.world.additions(customer)] == [9, 4]
    link = console.world.ledger.link(customer.id)
    assert link is not None
    assert link.kept_apart == (addition,)


def test_waive_bills_nothing() -> None:
    """OPEN-6: waived, the month is not billed, and no tick opens it."""
    console, customer, _ = foreign(9)
    console.done("waive", "Harbor Dental", *WHY, "--yes")
    console.world.play(gmt("2026-11-01 00:20"))
    assert record(console, customer).state is RecordState.WAIVED
    assert [each[0] for each in console.world.additions(customer)] == [9]


def test_void_sets_to_0_and_opens_at_the_right_one() -> None:
    """OPEN-1: after a link the line at the wrong customer is voided, its successor opened at the
    right one.
    """
    world, harbor = a_world()
    console = Console(world=world)
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    agreement = world.add_agreement(right)
    console.done("companies", "tie", "Harbor Dental", str(right), *WHY, "--yes")
    out = console.done("void", "Harbor Dental", *WHY, "--yes").text
    assert (
        f"At Tally's next run Addition 1 on agreement {harbor.agreement_id} is set from 7 to 0 and "
        "kept"
    ) in out
    world.play(gmt("2026-10-21 00:05"))
    assert [each[0] for each in world.additions(harbor)] == [0]
    assert [
        int(each.quantity) for each in world.connectwise.truth.additions(agreement_id=agreement)
    ] == [7]


def test_a_credit_is_marked_as_done() -> None:
    """LATE-3: what was billed too much is told until a person says that it was credited."""
    world, harbor = a_world()
    console = Console(world=world)
    world.play(gmt("2026-11-02 00:05"))
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-10 00:05"))
    assert "To be credited: 2: 7 were billed, 5 are counted" in console.done("show", harbor.id).out
    out = console.done("credit-done", "Harbor Dental", *WHY, "--yes").text
    assert "2 are taken for credited there by hand" in out
    assert record(console, harbor, "2026-10").credit is None
    assert last(console, harbor, "2026-10").by == WHO


def test_terms_are_carried_over() -> None:
    """OPEN-5: the terms of the month before that are written are named before they are
    confirmed.
    """
    world = new_world()
    customer = open_october(world)
    agree_and_open_november(world, customer)
    console = Console(world=world)
    out = console.done("carry-terms", "Harbor Dental", *WHY, "--yes").text
    assert "gets the terms of October 2026: unit price 3.90 instead of 4.50." in out
    world.play(gmt("2026-11-01 00:20"))
    assert [(each["path"], each["value"]) for each in operations(world)] == [("unitPrice", 3.9)]


def test_late_usage_is_asked() -> None:
    """LATE-2: usage that an invoice has left out is approved by hand, and becomes a line of its
    own.
    """
    world, harbor = invoiced_early()
    world.play(gmt("2026-11-02 00:05"))
    console = Console(world=world)
    assert record(console, harbor, "2026-10").hold is not None
    out = console.done("approve", "Harbor Dental", *WHY, "--yes").text
    assert "2 more become a line of their own; 9 are billed in all." in out


ANSWERS: list[tuple[str, Callable[[], tuple[Console, Customer]]]] = [
    ("approve", grown),
    ("reject", grown),
    ("take-over", lambda: foreign(9)[:2]),
    ("keep-apart", lambda: foreign(9)[:2]),
    ("waive", lambda: foreign(9)[:2]),
]


@pytest.mark.parametrize(("verb", "make"), ANSWERS, ids=[verb for verb, _ in ANSWERS])
def test_nothing_is_written_unasked(
    verb: str, make: Callable[[], tuple[Console, Customer]]
) -> None:
    """Without a terminal and without --yes nothing is written: exit code 2, and a line that says
    so.
    """
    console, customer = make()
    before = list(console.world.ledger.every_record())
    ended = console.run(verb, customer.id, *WHY)
    assert ended.code == 2
    assert ended.err.strip() == (
        "tally: Nothing was written: there is no terminal to ask on. Give --yes to do it unasked."
    )
    assert list(console.world.ledger.every_record()) == before


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_a_person_is_asked(monkeypatch: pytest.MonkeyPatch, typed: str, code: int) -> None:
    """On a terminal the person is asked, and only a yes writes."""
    console, customer = grown()
    monkeypatch.setattr("cli.command.somebody_is_there", lambda: True)
    ended = console.run("approve", customer.id, *WHY, stdin=typed)
    assert ended.code == code
    assert "Is this what you want?" in ended.err
    assert (record(console, customer, "2026-12").hold is None) is (code == 0)


REFUSALS = [
    (
        ("approve", "Harbor Dental", "--why", "x"),
        "tally: Harbor Dental, November 2026 (endpoints) is not held: there is nothing to answer.",
    ),
    (("approve", "Harbor Dental", "--why", "  "), "Say why, with --why: the history keeps it."),
    (
        ("waive", "Harbor Dental", "--why", "x"),
        "has an Addition of ours and cannot be waived: to have nothing billed, void that.",
    ),
    (("credit-done", "Harbor Dental", "--why", "x"), "has nothing to be credited."),
    (("carry-terms", "Harbor Dental", "--why", "x"), "has no terms to carry over"),
    (("take-over", "Harbor Dental", "--why", "x"), "is not held by an Addition of others"),
    (
        ("approve", "Harbor Dental", "--month", "2026-10", "--service", "endpoints", "--why", "x"),
        "Harbor Dental has no record of October 2026 (endpoints).",
    ),
    (("approve", "Harbor", "--why", "x"), "Tally knows no company 'Harbor'. Is it 'Harbor Dental'"),
    (("approve", "Harbor Dental"), "Missing option '--why'"),
    (("approve",), "Missing argument"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), REFUSALS, ids=[" ".join(arguments) for arguments, _ in REFUSALS]
)
def test_what_cannot_be_is_refused(arguments: tuple[str, ...], said: str) -> None:
    """A refusal is exit code 2 and one line, before anybody is asked; nothing is written."""
    console = Console()
    customer = console.world.add_customer("Harbor Dental")
    console.world.check_in(customer, 4)
    console.world.play(NOVEMBER)
    before = list(console.world.ledger.every_record())
    assert said in console.refused(*arguments, *(("--yes",) if len(arguments) > 2 else ()))
    assert list(console.world.ledger.every_record()) == before


def test_of_several_holds_one_is_named() -> None:
    """Where two months are held, the command does not choose: both are named with the options that
    choose.
    """
    console, customer = grown()
    console.world.check_in(customer, 90, at=gmt("2026-12-31 00:00"))
    console.world.play(gmt("2026-12-31 00:05"))
    console.world.check_in(customer, 200, at=gmt("2027-01-01 00:01"))
    console.world.play(gmt("2027-01-01 00:05"))
    line = console.refused("approve", "Harbor Dental", *WHY, "--yes")
    assert (
        "2 records of Harbor Dental are held for its number: say which, --month 2026-12 --service "
        "endpoints; --month 2027-01"
    ) in line
    console.done("approve", "Harbor Dental", "--month", "2027-01", *WHY, "--yes")
    assert record(console, customer, "2027-01").hold is None
    held = record(console, customer, "2026-12").hold
    assert held is not None
    assert held.kind == "growth"


def test_an_answer_as_a_document() -> None:
    """`--json`: what was confirmed, by whom, and the record as it is now; the sentences go to
    standard error.
    """
    console, _ = grown()
    ended = console.done("approve", "Harbor Dental", *WHY, "--yes", "--json")
    assert (ended.json["by"], ended.json["why"], ended.json["record"]["hold"]) == (
        WHO,
        "the owner called",
        None,
    )
    assert "GravityZone counts 60" in ended.err
