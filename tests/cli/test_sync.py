"""`tally sync`: a tick now, or one company now."""

from datetime import timedelta

from simulators.faults import Fault, FaultKind
from tests.cli.console import Console
from tests.functional.instants import gmt

SOON = gmt("2026-11-01 00:20")


def grown(one: Console) -> str:
    """The customer's count has grown by 4 since the last tick; its id."""
    customer = next(iter(one.world.ledger.links()))
    one.world.clock.set(SOON)
    one.world.gravityzone.tenant.check_in_new(customer, 4)
    return customer


def test_a_tick_is_planned_by_the_planner(one: Console) -> None:
    """Without a company the deployed planner is given a tick of this moment; when its jobs are done
    the standings are told.
    """
    grown(one)
    ended = one.done("sync", "--yes")
    assert one.invoked == [SOON]
    assert ended.out.splitlines() == [
        "Planned: 1 company, 1 job.",
        "All jobs are done.",
        "Standings: 1 billing.",
    ]
    assert [int(each.quantity) for each in one.world.connectwise.truth] == [7]


def test_a_tick_is_not_waited_for(one: Console) -> None:
    """With --wait 0 the jobs are left to the workers, and what is not done is said."""
    grown(one)
    assert "1 job not done yet" in one.done("sync", "--wait", "0", "--yes").out
    assert one.slept == []


def test_a_tick_that_is_skipped_is_found(one: Console) -> None:
    """SAFE-5: where the last sweep's messages still wait, nothing is planned, and the exit code
    says so.
    """
    one.world.tick(SOON)
    ended = one.run("sync", "--yes")
    assert ended.code == 1
    assert ended.out == "Nothing was planned: 1 of the last sweep's messages still wait.\n"


def test_a_company_is_planned_anew_and_worked_on(one: Console) -> None:
    """One company: its job is queued, a worker does it, and what was written is told from its
    history.
    """
    other = one.world.add_customer("Harbor Dental")
    one.world.play(gmt("2026-11-01 00:10"))
    customer = grown(one)
    one.world.check_in(other, 5)
    ticks = one.world.ledger.ticks()
    ended = one.done("sync", customer, "--yes")
    assert "pushed: Addition 1 from 3 to 7" in ended.text
    assert "Standing: billing." in ended.out
    assert one.invoked == []
    assert one.world.additions(other)[0][0] == 0, "of other companies nothing is done"
    assert one.world.ledger.ticks() == ticks, "it is no tick: the schedule's own stay what they are"


def test_what_was_refused_is_tried_at_once(one: Console) -> None:
    """SAFE-2: what ConnectWise refused is tried again when a person asks, once for each time, and
    not before the next day by itself.
    """
    customer = grown(one)
    one.world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="PATCH *", status=400, times=2)
    )
    one.world.play(SOON, gmt("2026-11-01 01:20"))
    calls = one.world.connectwise.calls
    assert calls.count("PATCH additions/{id}") == 1
    assert "HTTP 400" in one.done("sync", customer, "--yes").out
    assert calls.count("PATCH additions/{id}") == 2
    one.world.clock.advance(timedelta(minutes=10))
    assert "Standing: billing." in one.done("sync", customer, "--yes").out
    assert calls.count("PATCH additions/{id}") == 3


def test_a_refused_opening_is_tried_at_once(one: Console) -> None:
    """SAFE-2: so it is with a month that could not be opened."""
    other = one.world.add_customer("Harbor Dental")
    one.world.check_in(other, 5)
    one.world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST *", status=400, times=2)
    )
    one.world.play(gmt("2026-11-01 00:10"), gmt("2026-11-01 00:20"))
    assert one.world.connectwise.calls.count("POST additions") == 2  # the fixture's and this one
    assert "HTTP 400" in one.done("sync", "Harbor Dental", "--yes").out
    one.world.clock.advance(timedelta(minutes=10))
    assert "Standing: billing." in one.done("sync", "Harbor Dental", "--yes").out
    assert [each[0] for each in one.world.additions(other)] == [5]


def test_an_unchanged_count_is_told_as_such(one: Console) -> None:
    """FOLLOW-2: where nothing is to be changed, the reading is noted, and that it was read is
    told.
    """
    customer = next(iter(one.world.ledger.links()))
    one.world.clock.set(SOON)
    one.world.connectwise.calls.clear()
    assert one.done("sync", customer, "--yes").out.splitlines() == [
        "Customer 0000: November 2026 read, and nothing is to be changed.",
        "Standing: billing.",
    ]
    standing = one.world.ledger.standing(customer)
    assert standing is not None
    assert standing.last_reading == SOON
    assert one.slept == [2.0], "no longer than a worker takes"


def test_a_company_of_one_month(one: Console) -> None:
    """--month: only that month's job is queued, though the month before is due too."""
    customer = next(iter(one.world.ledger.links()))
    one.world.clock.set(gmt("2026-12-01 00:20"))
    document = one.done("sync", customer, "--month", "2026-12", "--yes", "--json").json
    assert document["months"] == ["2026-12"]
    assert {each["month"] for each in document["steps"]} == {"2026-12"}


def test_a_company_is_linked_and_opened(one: Console) -> None:
    """MATCH-1: a company whose namesake has been made by now is linked and opened at once; of
    others that are new nothing is written.
    """
    mill = one.world.gravityzone.tenant.add_company("Old Mill Bakery")
    one.world.play(SOON)
    assert one.world.ledger.link(mill) is None
    agreement = one.world.add_agreement(
        one.world.connectwise.people.add_company("OldMill", "Old Mill Bakery")
    )
    other = one.world.add_customer("Alder Florist")
    one.world.clock.advance(timedelta(minutes=5))
    assert "opened: created Addition" in one.done("sync", "Old Mill Bakery", "--yes").text
    assert [
        int(each.quantity) for each in one.world.connectwise.truth.additions(agreement_id=agreement)
    ] == [0]
    assert one.world.ledger.link(other.id) is None
    assert one.world.ledger.standing(other.id) is None


def test_nothing_due_is_said(one: Console) -> None:
    """A company that has nothing due: its standing says why."""
    one.world.gravityzone.tenant.add_company("Old Mill Bakery")
    one.world.play(SOON)
    out = one.done("sync", "Old Mill Bakery", "--yes").text
    assert out.startswith(
        "Nothing is due for Old Mill Bakery. Standing: needs set-up. No ConnectWise company is "
        "named"
    )


def test_a_failing_job_is_found(one: Console) -> None:
    """SAFE-7: where the worker fails, its reason is told and the exit code is 1."""
    customer = grown(one)
    one.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, status=401, operation="getMonthlyUsage", times=None)
    )
    ended = one.run("sync", customer, "--wait", "30", "--yes")
    assert ended.code == 1
    assert "Standing: failing." in ended.out


def test_before_the_first_tick_no_company_is_opened() -> None:
    """OPEN-8: the first tick decides the first month ever billed; one company alone does not."""
    console = Console()
    customer = console.world.add_customer("Harbor Dental")
    assert "Tally knows no company" in console.refused("sync", customer.id, "--yes")
    assert console.world.ledger.ticks() is None


def test_usage(one: Console) -> None:
    """A month goes with a company, and neither is done unasked."""
    assert one.refused("sync", "--month", "2026-11", "--yes") == (
        "tally: --month goes with a company: a tick plans every month that is due."
    )
    assert "Give --yes" in one.refused("sync")
    assert "Give --yes" in one.refused("sync", "Customer 0000")
    assert one.invoked == []
    assert len(one.world.queue) == 0


def test_as_a_document(one: Console) -> None:
    """`--json`: what was planned, and the standings after it."""
    grown(one)
    one.world.clock.advance(timedelta(seconds=1))
    document = one.done("sync", "--yes", "--json").json
    assert document["planned"]["jobs"] == 1
    assert (document["waiting"], document["standings"]["billing"]) == (0, 1)
