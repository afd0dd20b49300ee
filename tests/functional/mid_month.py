"""An MSP on 12 November 2026, in the middle of everything: what a deployment finds.

The ledger and the queue that the version before schema 1 left at that moment are in
``tests/fixtures/before_schema_1.json``: it lived through the very same days.
"""

from collections.abc import Mapping
from datetime import date

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.errors import TallyError
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

WHO = {"by": "mira", "why": "looked it up on the invoice"}
INVOICED = {"nextInvoiceDate": "2026-11-01T00:00:00Z"}
NAMES = {
    "Anchor Law": 4,
    "Birch Dental": 3,
    "Cedar Foods": 5,
    "Dune Labs": 6,
    "Elm Motors": 4,
    "Fir Hotel": 2,
    "Gale Bakery": 5,
    "Hazel Clinic": 7,
    "Iris Optics": 7,
    "Juniper Toys": 4,
    "Koala Travel": 4,
}
DEPLOYED = gmt("2026-11-12 00:20")


def key_of(customer: Customer, month: str) -> RecordKey:
    """The key of its record."""
    return RecordKey(company_id=customer.id, month=Month.parse(month), service="endpoints")


def mid_month() -> tuple[World, Mapping[str, Customer]]:
    """A world in which every kind of thing is under way, with the jobs of the last tick still in
    the queue.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    people, tenant = world.connectwise.people, world.gravityzone.tenant
    firms: dict[str, Customer] = {}
    for name, machines in NAMES.items():
        late = name in ("Hazel Clinic", "Iris Optics")
        firms[name] = world.add_customer(name, fields=INVOICED if late else {})
        world.check_in(firms[name], machines, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-31 23:00"))
    people.set_terms(addition_of(world, firms["Koala Travel"], "2026-10"), unit_price=3.9)
    foreign = people.add_addition(
        firms["Fir Hotel"].agreement_id, PRODUCT, quantity=9, effective=date(2026, 11, 1)
    )
    for name, machines in NAMES.items():
        world.check_in(firms[name], machines, at=gmt("2026-11-01 00:00"))
    world.play(gmt("2026-11-01 00:05"))
    _invoice(world, firms)
    _november(world, firms)
    people.edit_addition(
        addition_of(world, firms["Birch Dental"], "2026-11"), {"billCustomer": "DoNotBill"}
    )
    people.set_quantity(addition_of(world, firms["Gale Bakery"], "2026-11"), 9, by="mkeller")
    tenant.override_counter(firms["Dune Labs"].id, "2026-11", "endpointMonthlyUsage", 2)
    for name in ("Birch Dental", "Gale Bakery"):
        world.check_in(firms[name], 1)
    world.check_in(firms["Elm Motors"], 40)
    world.play(gmt("2026-11-11 00:05"))
    firms["Larch Realty"] = world.add_customer("Larch Realty")
    world.check_in(firms["Larch Realty"], 3)
    world.check_in(firms["Juniper Toys"], 1)
    _lose_the_answers(world)
    answers = world.answers()
    answers.take_over(key_of(firms["Fir Hotel"], "2026-11"), foreign, **WHO)
    answers.void(key_of(firms["Cedar Foods"], "2026-11"), **WHO)
    answers.carry_terms(key_of(firms["Koala Travel"], "2026-11"), **WHO)
    world.check_in(firms["Anchor Law"], 2)
    world.tick(DEPLOYED)
    return world, firms


def addition_of(world: World, customer: Customer, month: str) -> int:
    """The month's Addition, as the API made it."""
    label = Month.parse(month).label
    (made,) = (
        each.id
        for each in world.connectwise.truth.additions(agreement_id=customer.agreement_id)
        if label in each.text and each.created_by == "api"
    )
    return made


def _invoice(world: World, firms: Mapping[str, Customer]) -> None:
    """October is invoiced with seven each: Hazel had two more by then, Iris is told two fewer,
    which a person accepts.
    """
    hazel, iris = firms["Hazel Clinic"], firms["Iris Optics"]
    world.clock.set(gmt("2026-11-01 09:00"))
    for each in (hazel, iris):
        world.connectwise.people.run_invoice(each.agreement_id)
    world.check_in(hazel, 2, at=gmt("2026-10-31 20:00"))
    world.gravityzone.tenant.override_counter(iris.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-01 13:00"), gmt("2026-11-02 00:05"))
    world.answers().approve(key_of(hazel, "2026-10"), **WHO)
    world.play(gmt("2026-11-02 00:20"))


def _november(world: World, firms: Mapping[str, Customer]) -> None:
    """Hazel's October is counted higher once more by its second reading, which is asked."""
    world.check_in(firms["Hazel Clinic"], 1, at=gmt("2026-10-31 21:00"))
    world.play(gmt("2026-11-10 00:05"))


def _lose_the_answers(world: World) -> None:
    """One tick's writes happen, and their answers are lost; nothing is tried again before the
    deployment.
    """
    lost = FaultKind.TIMEOUT_AFTER
    world.connectwise.faults.add(Fault(kind=lost, operation="PATCH additions/{id}", times=20))
    world.connectwise.faults.add(Fault(kind=lost, operation="POST additions", times=3))
    world.tick(gmt("2026-11-12 00:05"))
    deliver = world.worker()
    while messages := world.queue.receive():
        for message in messages:
            try:
                deliver(
                    body=message.body,
                    receipt=message.receipt,
                    receives=message.receives,
                    on_job=lambda _: None,
                )
            except TallyError:
                continue
            world.queue.delete(message)
    world.connectwise.faults.clear()
