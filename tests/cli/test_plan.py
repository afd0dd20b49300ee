"""`tally plan`: what the next tick would do, with nothing written."""

from datetime import date, timedelta

import pytest

from simulators.faults import Fault, FaultKind
from testing.world import PRODUCT
from tests.cli.console import Console
from tests.cli.installed import HELP_DESK, add_help_desk
from tests.functional.instants import gmt
from tests.functional.october import a_world
from tests.functional.terms_world import agree_and_open_november, new_world, open_october

NOVEMBER, SOON = gmt("2026-11-01 00:05"), timedelta(minutes=15)


def footprint(console: Console) -> object:
    """All that a write would change: the ledger, the queue, ConnectWise, and GravityZone's calls
    aside.
    """
    ledger = console.world.ledger
    return (
        list(ledger.every_record()),
        list(ledger.all_standings()),
        dict(ledger.links()),
        ledger.ticks(),
        len(console.world.queue),
        [(each.id, each.quantity, each.text) for each in console.world.connectwise.truth],
        console.world.connectwise.calls.counts["POST additions"],
        console.world.connectwise.calls.counts["PATCH additions/{id}"],
    )


def planned_and_done(console: Console) -> None:
    """Whatever is planned is what the tick does then, write by write."""
    before = footprint(console)
    document = console.done("plan", "--json").json
    assert footprint(console) == before
    assert document["failures"] == []
    truth = {each.id: int(each.quantity) for each in console.world.connectwise.truth}
    console.world.play(console.world.clock.now().replace(microsecond=0))
    after = {each.id: int(each.quantity) for each in console.world.connectwise.truth}
    made = sorted(
        (each["agreement"], each["quantity"])
        for each in document["writes"]
        if each["kind"] == "create"
    )
    new = [each for each in console.world.connectwise.truth if each.id not in truth]
    assert made == sorted((each.agreement_id, int(each.quantity)) for each in new)
    set_to = {
        each["addition"]: each["quantity"]
        for each in document["writes"]
        if each["kind"] == "set quantity"
    }
    assert set_to == {
        key: value for key, value in after.items() if key in truth and truth[key] != value
    }


def test_a_first_tick_is_planned_as_it_is_done() -> None:
    """OPEN-1, MATCH-1: before the first tick, the links and the new Additions of each customer are
    told, and not made.
    """
    console = Console()
    for name, machines in (("Harbor Dental", 4), ("Alder Florist", 2)):
        console.world.check_in(console.world.add_customer(name), machines)
    console.world.clock.set(NOVEMBER)
    out = console.done("plan").out
    assert "Writes to ConnectWise: 2" in out
    assert "new Addition of 4 on agreement 1, 2026-11-01 to 2026-11-30" in out
    assert "Would be linked: 2" in out
    planned_and_done(console)


def test_pushes_closes_and_openings_are_planned_as_they_are_done(one: Console) -> None:
    """FOLLOW-1, CLOSE-2: growth within the month, and the close with its last push and read-back,
    are told to the write.
    """
    customer = next(iter(one.world.ledger.links()))
    one.world.gravityzone.tenant.check_in_new(customer, 5)
    one.world.clock.set(gmt("2026-11-10 00:05"))
    planned_and_done(one)
    one.world.clock.set(gmt("2026-11-30 23:50"))
    one.world.gravityzone.tenant.check_in_new(customer, 2)
    one.world.clock.set(gmt("2026-12-02 00:05"))
    document = one.done("plan", "--json").json
    assert ("2026-11", "closed") in [(each["month"], each["what"]) for each in document["steps"]]
    planned_and_done(one)


def test_terms_and_take_overs_are_told() -> None:
    """OPEN-5, OPEN-6: the other two writes to ConnectWise are told with what they would set."""
    world = new_world()
    customer = open_october(world)
    agree_and_open_november(world, customer)
    console = Console(world=world)
    console.done("carry-terms", "Harbor Dental", "--why", "agreed", "--yes")
    world.clock.advance(SOON)
    (write,) = console.done("plan", "--json").json["writes"]
    assert (write["kind"], write["terms"]["unit_price"]) == ("set terms", "3.9")
    assert "Addition 2 on agreement 1: unit_price 3.9" in console.done("plan").out

    console = Console()
    customer = console.world.add_customer("Harbor Dental")
    addition = console.world.connectwise.people.add_addition(
        customer.agreement_id, PRODUCT, quantity=9, effective=date(2026, 11, 1), cancelled=None
    )
    console.world.check_in(customer, 4)
    console.world.play(NOVEMBER)
    console.done("take-over", "Harbor Dental", "--why", "agreed", "--yes")
    console.world.clock.advance(SOON)
    assert (
        f"Addition {addition} on agreement 1 taken over, until 2026-11-30"
        in console.done("plan").out
    )


@pytest.mark.parametrize("product", [PRODUCT, HELP_DESK])
def test_an_odd_addition_in_nobodys_way(one: Console, product: str) -> None:
    """SAFE-5: an Addition with a field that cannot be read stops a plan where it stops the job: not
    if it ended before the month, nor if it bills another product.
    """
    (link,) = one.world.ledger.all_links()
    (record,) = one.world.ledger.all_open_records()
    add_help_desk(one.world)
    odd = one.world.connectwise.people.add_addition(
        record.lines[0].agreement_id,
        product,
        quantity=9,
        effective=date(2026, 1, 1),
        cancelled=date(2026, 9, 30) if product == PRODUCT else None,
    )
    one.world.connectwise.people.show_oddly("addition", odd, {"quantity": "nine"})
    one.world.gravityzone.tenant.check_in_new(link.company_id, 5)
    one.world.clock.advance(SOON)
    assert [each["quantity"] for each in one.done("plan", "--json").json["writes"]] == [8]
    planned_and_done(one)


def test_holds_are_told() -> None:
    """FOLLOW-4: what would be held is told with the sentence that a person would get."""
    world, harbor = a_world()
    world.play(gmt("2026-11-02 00:05"))
    console = Console(world=world)
    world.check_in(harbor, 90)
    world.clock.advance(SOON)
    out = console.done("plan").out
    assert "Writes to ConnectWise: none" in out
    assert "Would be held: 1" in out
    assert "Approve 90, or reject it" in out


def test_one_company_and_one_month(one: Console) -> None:
    """With a company or a month, only its jobs are played, and only its counts are read."""
    other = one.world.add_customer("Harbor Dental")
    one.world.check_in(other, 4)
    one.world.play(gmt("2026-11-01 00:20"))
    one.world.clock.advance(SOON)
    one.world.gravityzone.calls.clear()
    assert one.done("plan", "Harbor Dental", "--json").json["jobs"] == 1
    assert one.world.gravityzone.calls.counts["getMonthlyUsage"] == 1
    assert one.done("plan", "--month", "2026-10", "--json").json["jobs"] == 0


def test_what_cannot_be_read_is_told_and_found(one: Console) -> None:
    """SAFE-5: where a count or a list cannot be read, the rest is told, the exit code is 1 and the
    reason is named.
    """
    one.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, status=401, operation="getMonthlyUsage", times=None)
    )
    ended = one.run("plan")
    assert ended.code == 1
    assert "Could not be told: 1" in ended.out


def test_a_backlog_is_told(one: Console) -> None:
    """SAFE-5: where the last sweep's messages still wait, the planner would queue nothing; the plan
    is told all the same.
    """
    one.world.tick(gmt("2026-11-01 00:20"))
    out = one.done("plan").text
    assert (
        "The planner would queue nothing at this moment: 1 of the last sweep's messages still wait."
        in out
    )
    assert "1 company-month due" in out


@pytest.mark.slow
@pytest.mark.no_cover
def test_thousands(thousands: Console) -> None:
    """2,000 companies are read at half of GravityZone's pace, and nothing is written."""
    before = footprint(thousands)
    thousands.world.gravityzone.calls.clear()
    document = thousands.done("plan", "--json").json
    assert (document["jobs"], document["writes"], document["failures"]) == (2000, [], [])
    assert footprint(thousands) == before


@pytest.mark.parametrize("arguments", [("plan",), ("plan", "--json")])
def test_an_empty_stack(empty: Console, arguments: tuple[str, ...]) -> None:
    """With nobody to bill, there is nothing to do."""
    assert empty.done(*arguments).err == ""
