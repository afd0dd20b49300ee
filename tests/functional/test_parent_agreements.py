"""Agreements that are invoiced through another one: their dates of invoice are the parent's."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from simulators.scenario import AgreementType
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import UsageRecord
from testing.world import PRODUCT, Customer, World, plain_connectwise
from tests.functional.instants import gmt

OTHER_TYPE = 19
PARENT_DATE, STUCK = "2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z"
OPENED = gmt("2026-11-01 00:05")


def a_world(*, levels: int = 1, **settings: Any) -> tuple[World, Customer, int]:  # noqa: ANN401 - fields of the policy
    """A customer with ten machines, whose agreement is below others of another type and company;
    the id of the top one.
    """
    plain = plain_connectwise()
    types = (*plain.agreement_types, AgreementType(id=OTHER_TYPE, name="Bundle"))
    world = World(
        clock=VirtualClock(OPENED),
        settings=settings,
        connectwise_world=replace(plain, agreement_types=types),
    )
    people = world.connectwise.people
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": STUCK})
    holder = people.add_company("HarborHolding", "Harbor Holding")
    below = harbor.agreement_id
    for level in range(levels):
        due = PARENT_DATE if level == levels - 1 else STUCK
        parent = people.add_agreement(
            holder,
            OTHER_TYPE,
            f"Bundle {level}",
            start=date(2020, 1, 1),
            fields={"nextInvoiceDate": due},
        )
        people.set_parent(below, parent)
        below = parent
    world.check_in(harbor, 10)
    world.play(OPENED)
    return world, harbor, below


def november(world: World, harbor: Customer) -> UsageRecord:
    record = world.record(harbor, "2026-11")
    assert record is not None
    return record


def billed(world: World) -> float:
    """What all invoices bill, whatever they are made of."""
    return sum(
        line.quantity for invoice in world.connectwise.truth.invoices() for line in invoice.lines
    )


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_child_is_frozen_when_its_parent_is_invoiced(levels: int) -> None:
    """MATCH-6, LATE-1: what is counted after the parent's invoice is not written to the line, but
    asked, and billed by the next one.
    """
    world, harbor, top = a_world(levels=levels, late_usage=LateUsage.BILL)
    world.play(gmt("2026-12-01 00:05"))
    world.connectwise.people.run_invoice(top)
    assert billed(world) == 10
    world.check_in(harbor, 7, at=gmt("2026-11-30 20:00"))
    world.play(gmt("2026-12-01 01:05"), gmt("2026-12-02 00:05"))
    assert november(world, harbor).lines[0].state in (LineState.FROZEN, LineState.FINAL)
    assert world.additions(harbor)[0][0] == 10
    world.connectwise.people.run_invoice(top)
    assert november(world, harbor).stands == 17
    assert billed(world) >= 17


def test_a_job_that_reads_the_agreement_anew_follows_the_parent_too() -> None:
    """MATCH-6, OPEN-7: a month whose parent was invoiced after the lists were read is not opened in
    the period that is over.
    """
    world, harbor, top = a_world()
    world.tick(gmt("2026-12-01 00:05"))
    world.connectwise.people.run_invoice(top)
    world.check_in(harbor, 7, at=gmt("2026-11-30 20:00"))
    world.clock.set(gmt("2026-12-01 00:50"))
    world.work()
    assert world.additions(harbor)[0][0] == 10
    assert november(world, harbor).lines[0].state is LineState.FROZEN


@pytest.mark.parametrize("what", ["cycle", "itself", "deleted", "refused"])
def test_where_nobody_stands_at_the_top_it_is_told(what: str) -> None:
    """MATCH-6: a cycle of parents, a parent that is gone or cannot be read: billed all the same,
    and told once.
    """
    world, harbor, top = a_world()
    people = world.connectwise.people
    match what:
        case "cycle":
            people.set_parent(top, harbor.agreement_id)
        case "itself":
            people.set_parent(harbor.agreement_id, harbor.agreement_id)
        case "deleted":
            people.delete_agreement(top)
        case _:
            refused = Fault(
                kind=FaultKind.STATUS, status=400, operation="GET agreements", contains="id in ("
            )
            world.connectwise.faults.add(refused)
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-05 00:05"))
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.BILLING
    (notice,) = shown.notices
    assert "cannot tell when it is invoiced" in notice


def test_parents_that_cannot_be_listed_now_are_no_parents_that_are_gone() -> None:
    """MATCH-6, SAFE-5: where ConnectWise answers 500, nothing is taken for known, and nothing is
    opened on its strength.
    """
    world, harbor, top = a_world()
    fault = Fault(kind=FaultKind.STATUS, status=500, operation="GET agreements", contains="id in (")
    world.connectwise.faults.add(fault)
    world.connectwise.people.run_invoice(top)
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-05 00:05"))
    assert world.failures
    assert not [
        notice for notice in world.standing(harbor).shown.notices if "cannot tell" in notice
    ]


def test_a_parents_list_that_shows_its_childrens_additions() -> None:
    """MATCH-6, MATCH-4: what belongs to agreements below is neither taken for the parent's own nor
    for an error.
    """
    world, harbor, top = a_world(levels=2)
    world.connectwise.options.parents_list_children = True
    mill = world.add_customer("Old Mill", fields={"nextInvoiceDate": PARENT_DATE})
    world.connectwise.people.set_parent(top, mill.agreement_id)
    world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=1, effective=gmt("2026-12-05 00:00").date()
    )
    world.check_in(mill, 4)
    world.play(gmt("2026-11-05 00:05"))
    assert world.failures == []
    assert world.additions(mill) == [(4, "2026-11-01", "2026-11-30")]
    world.check_in(mill, 2)
    world.play(gmt("2026-11-05 00:20"))
    assert world.additions(mill) == [(6, "2026-11-01", "2026-11-30")]


def test_a_list_of_another_agreement_is_an_error_still() -> None:
    """MATCH-4: Additions of an agreement that is not below it belong elsewhere: nothing is
    concluded from such a list.
    """
    world, harbor, _ = a_world()
    strange = '[{"id": 9, "agreementId": 4711, "product": {"id": 501}, "quantity": 1}]'
    world.connectwise.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=200,
            body=strange,
            operation="GET additions",
            content_type="application/json",
        )
    )
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-05 00:05"))
    assert world.additions(harbor) == [(10, "2026-11-01", "2026-11-30")]
    assert "belongs elsewhere" in world.standing(harbor).shown.reason


@pytest.mark.parametrize("below", [True, False])
def test_an_invoice_date_that_has_not_moved_for_45_days(below: bool) -> None:
    """MATCH-6: from the 46th day on it is told, once an agreement, whatever months and services are
    open, and stops nothing.
    """
    world = World(clock=VirtualClock(OPENED), services="")
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-10-20T00:00:00Z"})
    if below:
        parent = world.add_agreement(
            harbor.connectwise_id,
            name="Bundle",
            end=gmt("2020-02-01 00:00").date(),
            fields={"nextInvoiceDate": "2026-10-20T00:00:00Z"},
        )
        world.connectwise.people.set_parent(harbor.agreement_id, parent)
    world.check_in(harbor, 3)
    world.play(OPENED)
    assert not [
        notice for notice in world.standing(harbor).shown.notices if "cannot tell" in notice
    ]
    world.play(gmt("2026-12-04 00:05"))
    assert not [
        notice for notice in world.standing(harbor).shown.notices if "cannot tell" in notice
    ]
    world.play(gmt("2026-12-05 00:05"), gmt("2026-12-05 00:20"))
    told = [
        notice
        for notice in world.standing(harbor).shown.notices
        if "cannot tell when it is invoiced" in notice
    ]
    assert len(told) == 1
    assert "2026-10-20" in told[0]
    assert ("'Bundle'" in told[0]) is below
    assert world.standing(harbor).shown.state is StandingState.BILLING
    world.play(gmt("2026-12-20 00:05"))
    assert told == [each for each in world.standing(harbor).shown.notices if "cannot tell" in each]
