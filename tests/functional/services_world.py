"""A world in which three services are billed: two on one agreement, one with an agreement type of
its own.
"""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from simulators.clock import VirtualClock
from simulators.scenario import AgreementType, CatalogProduct
from testing.world import Customer, World, plain_connectwise
from tests.functional.instants import gmt

EDR_TYPE_ID = 19
EMAIL = {"counter": "emailSecurityMonthlyUsage", "product": "GZ-EMAIL"}
EDR = {
    "counter": "edrMonthlyUsage",
    "productTypes": [0, 3],
    "product": "GZ-EDR",
    "agreementType": "EDR",
}


def setting(**services: Any) -> str:  # noqa: ANN401 - what an operator writes
    """The setting as the operator writes it."""
    return json.dumps(services)


def options_of(services: str) -> dict[str, Any]:
    """Options of a world with these services, and with a catalog that has a product for each."""
    plain = plain_connectwise()
    products = [
        CatalogProduct(
            id=number,
            identifier=name,
            description=name,
            unit_price=Decimal(2),
            unit_cost=Decimal(1),
        )
        for number, name in ((502, "GZ-EMAIL"), (503, "GZ-EDR"), (504, "GZ-PATCH"))
    ]
    connectwise = replace(
        plain,
        agreement_types=(*plain.agreement_types, AgreementType(id=EDR_TYPE_ID, name="EDR")),
        products=(*plain.products, *products),
    )
    return {"services": services, "connectwise_world": connectwise}


def world_of(services: str, *, at: str = "2026-11-01 00:00") -> World:
    """A world with these services, and a catalog that has a product for each."""
    return World(clock=VirtualClock(gmt(at)), **options_of(services))


def add_edr_agreement(world: World, customer: Customer) -> int:
    """A second agreement for the customer, of the other type."""
    return world.connectwise.people.add_agreement(
        customer.connectwise_id, EDR_TYPE_ID, "EDR sensors", start=date(2020, 1, 1)
    )


def use(
    world: World, customer: Customer, counter: str, machines: int, *, product_type: int = 0
) -> None:
    """So many new machines connect that stand in this counter, beside that of all endpoints."""
    for _ in range(machines):
        machine = world.gravityzone.tenant.add_endpoint(
            customer.id, product_type=product_type, counters=(counter,)
        )
        world.gravityzone.tenant.check_in(machine)


def lines(world: World, agreement_id: int) -> list[tuple[str, int, str, str]]:
    """Product, quantity and dates of every Addition on an agreement, in the order they were
    made.
    """
    return [
        (each.product, int(each.quantity), str(each.effective or ""), str(each.cancelled or ""))
        for each in world.connectwise.truth.additions(agreement_id=agreement_id, deleted=False)
    ]


def restarted(world: World, services: str) -> None:
    """The same world with another setting: planner and workers are deployed anew."""
    world.services = services
    world.plan = world.planner()
