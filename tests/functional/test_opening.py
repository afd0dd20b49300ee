"""Opening a month: its Addition's text, dates and body, and what is looked at right before the
POST.
"""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from testing.ledger import MemoryLedger
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST, SECOND = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15")


def posted(world: World) -> list[dict[str, Any]]:
    """The bodies of all POSTs."""
    return [json.loads(call.body) for call in world.connectwise.calls.of("POST additions")]


def test_the_reference_stands_after_what_the_customer_reads(world: World, harbor: Customer) -> None:
    """OPEN-1: the text names the service and its month to the customer; our short reference comes
    last.
    """
    world.play(FIRST)
    (made,) = world.connectwise.truth.made_by_api()
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.newest is not None
    assert (
        made.text
        == f"Bitdefender GravityZone active endpoints, November 2026 [{record.newest.reference}]"
    )
    assert len(record.newest.reference) <= 16


def test_references_are_each_months_and_companys_own(world: World, harbor: Customer) -> None:
    """OPEN-1: no two Additions of ours carry the same reference."""
    world.add_customer("Lakeside Library")
    world.play(FIRST, gmt("2026-12-01 00:00"))
    texts = [made.text for made in world.connectwise.truth.made_by_api()]
    assert len(texts) == len({text.rpartition("[")[2] for text in texts}) == 4


def test_ours_is_known_by_its_reference_whatever_the_ledger_says(
    world: World, harbor: Customer
) -> None:
    """OPEN-1: with the ledger lost, the month's Addition is found by its reference, taken up, and
    not made twice.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    world.ledger = MemoryLedger()
    world.plan = replace(world.plan, ledger=world.ledger)
    world.check_in(harbor, 2)
    world.play(SECOND)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert len(posted(world)) == 1


def test_every_eligible_company_is_opened_at_the_months_start(
    world: World, harbor: Customer
) -> None:
    """OPEN-4: the month's first tick opens a record for everybody eligible, those with nothing to
    count included.
    """
    lakeside = world.add_customer("Lakeside Library")
    partner = world.gravityzone.tenant.add_company("Summit Peak IT", kind="partner")
    juniper = world.add_customer("Juniper Law", parent_id=partner)
    world.check_in(harbor, 3)
    world.play(FIRST)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert world.additions(lakeside) == [(0, "2026-11-01", "2026-11-30")]
    assert world.additions(juniper) == [(0, "2026-11-01", "2026-11-30")]


def test_no_price_is_sent(world: World, harbor: Customer) -> None:
    """OPEN-5: price, cost and tax are left out, so that the MSP's own pricing decides; the Addition
    is billable.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    (body,) = posted(world)
    assert set(body) == {
        "product",
        "quantity",
        "billCustomer",
        "effectiveDate",
        "cancelledDate",
        "invoiceDescription",
    }
    assert body["billCustomer"] == "Billable"
    assert body["quantity"] == 3
    (made,) = world.connectwise.truth.made_by_api()
    assert made.fields["unitPrice"] == 4.5


@pytest.mark.parametrize(
    ("tick", "agreement", "effective", "cancelled"),
    [
        ("2028-02-01 00:00", {}, "2028-02-01", "2028-02-29"),
        ("2026-02-01 00:00", {}, "2026-02-01", "2026-02-28"),
        ("2026-12-31 23:45", {}, "2026-12-01", "2026-12-31"),
        ("2027-01-01 00:00", {}, "2027-01-01", "2027-01-31"),
        ("2026-11-20 00:00", {"start": date(2026, 11, 5)}, "2026-11-05", "2026-11-30"),
        ("2026-11-20 00:00", {"bill_start": date(2026, 11, 15)}, "2026-11-15", "2026-11-30"),
        (
            "2026-11-20 00:00",
            {"start": date(2026, 11, 5), "bill_start": date(2026, 11, 15)},
            "2026-11-15",
            "2026-11-30",
        ),
        ("2026-11-20 00:00", {"bill_start": date(2026, 10, 31)}, "2026-11-01", "2026-11-30"),
        ("2026-11-30 00:00", {"bill_start": date(2026, 11, 30)}, "2026-11-30", "2026-11-30"),
        # An agreement that ends within the month: the month's Addition is cancelled with the month
        # all the same.
        ("2026-11-01 00:00", {"end": date(2026, 11, 20)}, "2026-11-01", "2026-11-30"),
    ],
)
def test_dates(tick: str, agreement: dict[str, Any], effective: str, cancelled: str) -> None:
    """OPEN-3: from the latest of the 1st, the agreement's start and its billing start, to the
    month's last day.
    """
    world = World(clock=VirtualClock(gmt(tick)))
    end = agreement.pop("end", None) if "end" in agreement else None
    harbor = world.add_customer("Harbor Dental", **agreement)
    if end is not None:
        world.connectwise.people.expire_agreement(harbor.agreement_id, end)
    world.check_in(harbor, 2)
    world.play(gmt(tick))
    assert world.additions(harbor) == [(2, effective, cancelled)]


def test_every_addition_is_cancelled_with_its_month(world: World, harbor: Customer) -> None:
    """OPEN-3: without a cancelled date each month's Addition would go on billing beside the next
    one's.
    """
    world.check_in(harbor, 1)
    world.play(FIRST, gmt("2026-12-01 00:00"), gmt("2027-01-01 00:00"), gmt("2027-02-01 00:00"))
    assert [(effective, cancelled) for _, effective, cancelled in world.additions(harbor)] == [
        ("2026-11-01", "2026-11-30"),
        ("2026-12-01", "2026-12-31"),
        ("2027-01-01", "2027-01-31"),
        ("2027-02-01", "2027-02-28"),
    ]


def test_not_before_the_service_period(world: World) -> None:
    """OPEN-2, OPEN-3: an agreement that begins to bill within the month waits for that day, and the
    standing says so.
    """
    harbor = world.add_customer("Harbor Dental", bill_start=date(2026, 11, 15))
    world.check_in(harbor, 2)
    world.play(FIRST, gmt("2026-11-14 23:45"))
    assert world.additions(harbor) == []
    shown = world.standing(harbor).shown
    assert (shown.state, shown.until) == (StandingState.WAITING, gmt("2026-11-15 00:00"))
    assert "2026-11-15" in shown.reason
    world.play(gmt("2026-11-15 00:00"))
    assert world.additions(harbor) == [(2, "2026-11-15", "2026-11-30")]


def test_a_month_before_billing_starts_is_not_billed(world: World) -> None:
    """OPEN-3: an agreement that begins to bill after the month's end leaves the month out; the
    standing says so.
    """
    harbor = world.add_customer("Harbor Dental", bill_start=date(2026, 12, 1))
    world.check_in(harbor, 2)
    world.play(FIRST, gmt("2026-11-30 23:45"))
    assert world.additions(harbor) == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.WAITING
    assert "November 2026 is not billed" in shown.reason
    world.play(gmt("2026-12-01 00:00"), gmt("2026-12-03 00:00"))
    assert world.additions(harbor) == [(0, "2026-12-01", "2026-12-31")]


def test_a_slow_start_is_opened_late_in_the_month(world: World) -> None:
    """OPEN-4: a customer that comes within the month is opened at the next tick, for the whole of
    it.
    """
    world.play(FIRST)
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-20 10:00"))
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]


def planned(world: World) -> None:
    """One tick whose jobs wait for a worker."""
    assert world.tick(FIRST).jobs == 1


def test_an_agreement_cancelled_since_the_tick(world: World, harbor: Customer) -> None:
    """OPEN-7: the agreement is read again right before the POST: cancelled meanwhile, nothing is
    opened on it.
    """
    planned(world)
    world.connectwise.people.cancel_agreement(harbor.agreement_id, date(2026, 10, 31))
    world.work()
    assert posted(world) == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert str(harbor.agreement_id) in shown.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"type": {"id": 3, "name": "Backups"}},
        {"company": {"id": 9999, "identifier": "Other", "name": "Other"}},
        {"billingCycle": {"id": 4, "name": "Quarterly"}},
    ],
    ids=["type", "company", "cycle"],
)
def test_an_agreement_that_became_another(
    world: World, harbor: Customer, fields: dict[str, Any]
) -> None:
    """OPEN-7: an agreement that is of another type, company or cycle by now takes no Addition of
    ours.
    """
    planned(world)
    world.connectwise.people.edit_agreement(harbor.agreement_id, fields)
    world.work()
    assert posted(world) == []
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP


def test_billing_put_off_since_the_tick(world: World, harbor: Customer) -> None:
    """OPEN-7, OPEN-2: billing that begins later by now is waited for."""
    planned(world)
    world.connectwise.people.edit_agreement(
        harbor.agreement_id, {"billStartDate": "2026-11-15T00:00:00Z"}
    )
    world.work()
    assert posted(world) == []
    assert world.standing(harbor).shown.state is StandingState.WAITING
    world.play(gmt("2026-11-15 00:00"))
    assert world.additions(harbor) == [(0, "2026-11-15", "2026-11-30")]


def test_dates_moved_since_the_tick() -> None:
    """OPEN-7, OPEN-3: the Addition gets the dates of the agreement as it is now, in this very
    job.
    """
    world = World(clock=VirtualClock(gmt("2026-11-20 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    assert world.tick(gmt("2026-11-20 00:00")).jobs == 1
    world.connectwise.people.edit_agreement(
        harbor.agreement_id, {"billStartDate": "2026-11-10T00:00:00Z"}
    )
    world.work()
    assert world.failures == []
    assert world.additions(harbor) == [(2, "2026-11-10", "2026-11-30")]


def test_a_refusal_is_met_once_though_the_agreement_changed_since_the_tick(
    world: World, harbor: Customer
) -> None:
    """OPEN-7, SAFE-2: what ConnectWise refuses of the agreement as it is now is tried once, not
    until the job gives up.
    """
    planned(world)
    world.clock.advance(timedelta(seconds=30))
    world.connectwise.people.edit_agreement(harbor.agreement_id, {"name": "Renamed"})
    refusal = Fault(kind=FaultKind.STATUS, operation="POST additions", status=400)
    world.connectwise.faults.add(refusal)
    world.work()
    assert len(posted(world)) == 1
    assert world.failures == []
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP


@pytest.mark.parametrize(
    ("newer", "opens"),
    [("2026-11-02 00:00", True), ("2026-11-02 00:15", False), ("2026-11-08 00:00", False)],
)
def test_a_forgotten_job_opens_nothing(
    world: World, harbor: Customer, newer: str, *, opens: bool
) -> None:
    """OPEN-7: a job older by more than a day than the newest tick opens no month; the next tick's
    does.
    """
    world.check_in(harbor, 2)
    planned(world)
    (message,) = world.queue.receive()
    world.queue.delete(message)
    quiet(world, gmt(newer))
    world.queue.repeat(message)
    world.work()
    assert world.additions(harbor) == ([(2, "2026-11-01", "2026-11-30")] if opens else [])
    world.play(gmt("2026-11-09 00:00"))
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]


def quiet(world: World, tick: datetime) -> None:
    """A tick whose jobs are lost."""
    world.tick(tick)
    for message in world.queue.receive():
        world.queue.delete(message)
