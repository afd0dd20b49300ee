"""The services that a simulated MSP bills: endpoints, and sometimes a second one (READ-6)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from typing import Any

from simulators.gravityzone import usage
from simulators.scenario import AgreementType, CatalogProduct, ConnectWiseWorld
from testing.world import AGREEMENT_TYPE, PRODUCT, PRODUCT_ID, TYPE_ID, plain_connectwise

_OWN_TYPE_ID = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One service: its GravityZone counters, its ConnectWise product and agreement type."""

    name: str
    counter: str
    product_types: tuple[int, ...] = (0,)
    product: str
    product_id: int
    agreement_type: str = AGREEMENT_TYPE
    type_id: int = TYPE_ID

    @property
    def floored(self) -> bool:
        """True if the contract's committed number is of this counter."""
        return self.counter == usage.ENDPOINTS

    def machine(self, draw: Random, number: int) -> dict[str, Any]:
        """Draw a machine's place in the counter, and its product type, from its number."""
        share = draw.choice((0.0, 0.3, 0.6, 1.0))
        draws = [(draw.random(), draw.choice(self.product_types)) for _ in range(number + 1)]
        counted, product_type = draws[-1]
        return (
            {"counters": (self.counter,), "product_type": product_type} if counted < share else {}
        )

    @property
    def call(self) -> str:
        """The method of GravityZone's that tells its count."""
        return "getMonthlyUsage" if self.product_types == (0,) else "getMonthlyUsagePerProductType"


ENDPOINTS = Billed(
    name="endpoints", counter=usage.ENDPOINTS, product=PRODUCT, product_id=PRODUCT_ID
)
_EMAIL = Billed(
    name="email", counter="emailSecurityMonthlyUsage", product="GZ-EMAIL", product_id=502
)
_EDR = Billed(
    name="edr", counter="edrMonthlyUsage", product_types=(0, 3), product="GZ-EDR", product_id=503
)


def second_service(draw: Random) -> Billed | None:
    """Draw a second service beside endpoints, mostly none.

    It is on the same agreements, or on some of a type of its own.
    """
    if draw.random() >= 0.25:  # noqa: PLR2004 - a quarter of the seeds
        return None
    second = draw.choice((_EMAIL, _EMAIL, _EDR))
    if draw.random() < 0.6:  # noqa: PLR2004 - most have one agreement for all
        return second
    return replace(second, agreement_type=second.name, type_id=_OWN_TYPE_ID)


def setting_text(services: Sequence[Billed]) -> str:
    """The setting Services as the operator writes it, "" where nothing is billed but endpoints."""
    named = {
        each.name: {
            "counter": each.counter,
            "productTypes": [*each.product_types],
            "product": each.product,
            "agreementType": each.agreement_type,
        }
        for each in services
        if each is not ENDPOINTS
    }
    return json.dumps(named) if named else ""


def connectwise_of(services: Sequence[Billed]) -> ConnectWiseWorld:
    """A ConnectWise with the services' products and agreement types, and nobody in it yet."""
    plain = plain_connectwise()
    more = [each for each in services if each is not ENDPOINTS]
    products = [
        CatalogProduct(
            id=each.product_id,
            identifier=each.product,
            description=each.name,
            unit_price=Decimal("2.25"),
            unit_cost=Decimal("1.05"),
        )
        for each in more
    ]
    products.append(
        CatalogProduct(
            id=777,
            identifier="OTHER",
            description="none of ours",
            unit_price=Decimal(9),
            unit_cost=Decimal(5),
        )
    )
    types = [
        AgreementType(id=each.type_id, name=each.agreement_type)
        for each in more
        if each.type_id != TYPE_ID
    ]
    return replace(
        plain,
        agreement_types=(*plain.agreement_types, *types),
        products=(*plain.products, *products),
    )
