"""`tally show COMPANY`: all that is known of one company."""

import json
from datetime import timedelta

import pytest

from cli.presentation.story import chart
from simulators.connectwise.desk.example import example_desk
from tally.domain.model.month import Month
from tally.errors import ContractError
from testing.asking import MemoryAsking, asking_round
from testing.world import Customer
from tests.cli.console import WHO, WHY, Console
from tests.functional.instants import gmt


@pytest.fixture
def harbor() -> tuple[Console, Customer]:
    """A customer whose November grew from 4 to 13 on the 5th and closed; its December is held at
    60.
    """
    console = Console()
    world = console.world
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 4)
    world.play(gmt("2026-11-01 00:05"))
    world.check_in(customer, 9)
    world.play(gmt("2026-11-05 12:00"), gmt("2026-12-02 00:05"))
    world.check_in(customer, 60)
    world.play(gmt("2026-12-03 00:05"))
    return console, customer


def test_link_months_and_hold(harbor: tuple[Console, Customer]) -> None:
    """Whom it is linked to, what each month was billed, what waits for a person and why."""
    console, customer = harbor
    out = console.done("show", customer.id).out
    assert f"Harbor Dental  (GravityZone {customer.id})" in out
    assert (
        f"ConnectWise  Harbor Dental (id {customer.connectwise_id}), linked by tally on 2026-11-01"
        in out
    )
    assert "Standing     held since 2026-12-03 00:05 GMT: GravityZone counts 60" in out
    assert "13 closed" in out
    assert "2026-12   0 open, held at 60" in out
    assert "Approve 60, or reject it" in out


def test_the_ticket_in_which_it_was_asked(harbor: tuple[Console, Customer]) -> None:
    """ASK-1: its number stands beside the hold, as long as an answer is waited for there."""
    console, customer = harbor
    assert "ticket" not in console.done("show", customer.id).out
    example_desk(console.world.connectwise.desk_people)
    assert asking_round(console.world, console.asking)().made == 1
    [ticket] = console.world.connectwise.desk
    told = f"Asked in ConnectWise ticket {ticket['id']}; answer there or here."
    assert told in console.done("show", customer.id).out
    [november, december] = json.loads(console.done("show", customer.id, "--json").out)["records"]
    assert (november["ticket"], december["ticket"]) == (None, ticket["id"])
    console.done("approve", "Harbor Dental", *WHY, "--yes")
    console.world.clock.advance(timedelta(minutes=15))
    asking_round(console.world, console.asking)()
    assert told not in console.done("show", customer.id).out


def test_a_ticket_that_cannot_be_read_hides_nothing(
    harbor: tuple[Console, Customer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-5: all else that is known of the company is shown."""
    console, customer = harbor

    def fail(*_: object) -> None:
        raise ContractError("the item cannot be read")

    monkeypatch.setattr(MemoryAsking, "ticket", fail)
    shown = console.done("show", customer.id)
    assert "Whether it was asked in a ticket cannot be read" in shown.err
    assert "2026-12   0 open, held at 60" in shown.out


def test_the_history_is_a_story(harbor: tuple[Console, Customer]) -> None:
    """SAFE-1: what happened to a month, when and why, oldest first, with its chart day by day."""
    console, _ = harbor
    out = console.done("show", "Harbor Dental", "--month", "2026-11").out
    story = [
        line.strip() for line in out.splitlines() if line.startswith(("  2026-11", "  2026-12-02"))
    ]
    assert story[0].startswith("2026-11-01 00:05  opened: created Addition")
    assert any(line.startswith("2026-11-05 12:00  pushed: Addition") for line in story)
    assert not [line for line in story if "intended" in line], (
        "an intent is told by what became of it"
    )
    assert "▃▃▃▃█" in out
    assert "4 to 13, day by day" in out


def test_a_month_older_than_those_shown(harbor: tuple[Console, Customer]) -> None:
    """SAFE-7: the month that was asked for is told however old it is; of the months between, none
    is shown for that.
    """
    console, _ = harbor
    console.world.play(gmt("2026-12-11 00:05"))  # settled, as it was read once more
    asked = ("show", "Harbor Dental", "--month", "2026-11", "--months")
    for months in ("1", "2"):
        ended = console.done(*asked, months)
        assert "4 to 13, day by day" in ended.out
        assert ended.err == ""
    console.world.clock.set(gmt("2027-06-03 00:05"))
    document = console.done(*asked, "1", "--json").json
    assert [each["month"] for each in document["records"]] == ["2026-11", "2026-12"]


@pytest.mark.parametrize("month", ["2026-10", "2027-01"])
def test_a_month_without_a_record(harbor: tuple[Console, Customer], month: str) -> None:
    """SAFE-7: that the month asked for has no record is said."""
    asked = ("show", "Harbor Dental", "--month", month)
    label = Month.parse(month).label
    for arguments in (asked, (*asked, "--json")):
        assert harbor[0].done(*arguments).err == f"There is no record of {label}.\n"


def test_a_person_is_named_in_the_story(harbor: tuple[Console, Customer]) -> None:
    """Who did it, by the caller's AWS identity, and why, stand in the history."""
    console, _ = harbor
    console.done("approve", "Harbor Dental", *WHY, "--yes")
    assert f"approved: the owner called, by {WHO}" in console.done("show", "Harbor Dental").out


def test_a_name_nearly_right_is_taken(harbor: tuple[Console, Customer]) -> None:
    """To look, something like the name will do; which company it was taken for is said."""
    console, customer = harbor
    ended = console.run("show", "harbour dentl")
    assert ended.code == 0
    assert f"Taken for Harbor Dental ({customer.id})." in ended.err


@pytest.mark.parametrize("text", ["harbor dental", "HARBOR DENTAL"])
def test_case_does_not_matter_where_one_is_meant(
    harbor: tuple[Console, Customer], text: str
) -> None:
    """A name that differs from one company's by its case alone is that company's."""
    assert harbor[0].done("show", text, "--json").json["id"] == harbor[1].id


def test_two_of_one_name_are_told_apart_by_id(harbor: tuple[Console, Customer]) -> None:
    """Where two companies bear the name, nothing is guessed: their ids are named."""
    console, customer = harbor
    other = console.world.gravityzone.tenant.add_company("Harbor Dental")
    console.world.play(gmt("2026-12-03 00:20"))
    line = console.refused("show", "Harbor Dental")
    assert line.startswith("tally: 2 companies are named 'Harbor Dental': give an id, ")
    assert customer.id in line
    assert other in line


def test_a_company_that_nobody_knows(harbor: tuple[Console, Customer]) -> None:
    """What is not known is refused in one line that says what to do."""
    assert harbor[0].refused("show", "Zebra Logistics") == (
        "tally: Tally knows no company 'Zebra Logistics'. `tally status` lists those that it "
        "knows; each is known from the first tick that sees it."
    )


def test_the_document_has_the_history(harbor: tuple[Console, Customer]) -> None:
    """`--json`: the records with their lines, holds and history."""
    console, _ = harbor
    november, december = console.done("show", "Harbor Dental", "--json").json["records"]
    assert (november["month"], november["final"], december["hold"]["quantity"]) == (
        "2026-11",
        13,
        60,
    )
    assert november["history"][-1]["what"] == "closed"
    assert [line["quantity"] for line in november["lines"]] == [13]


def test_a_chart_without_block_signs() -> None:
    """Where the output cannot show blocks, the chart is made of ASCII signs; a day without an
    Addition is blank.
    """
    course = [(gmt("2026-11-02 08:00"), 1), (gmt("2026-11-04 08:00"), 8)]
    drawn = {
        encoding: chart(course, Month(2026, 11), now=gmt("2026-11-05 12:00"), encoding=encoding)
        for encoding in ("utf-8", "ascii")
    }
    assert drawn == {"utf-8": " ▁▁██", "ascii": " ..@@"}
