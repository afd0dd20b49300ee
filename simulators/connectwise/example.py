"""A small tenant and a plain caller, to try the simulator on: in tests, or at a prompt."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from simulators.clock import VirtualClock
from simulators.connectwise.options import ConnectWiseOptions
from simulators.connectwise.simulator import ROUTER, ConnectWiseSimulator
from simulators.core import Request, Response
from simulators.scenario import (
    Addition,
    Agreement,
    AgreementType,
    CatalogProduct,
    ConnectWiseCompany,
    ConnectWiseWorld,
)

HARBOR, OLD_MILL, GONE = 101, 102, 103
SECURITY, SECURITY_SERVER = 18, 19
ENDPOINT, BUNDLE = 501, 502
HARBOR_AGREEMENT, OLD_MILL_AGREEMENT = 201, 202
FOREIGN_ADDITION = 301

KEYS = base64.b64encode(b"tally+public:private").decode()
HEADERS = {"authorization": f"Basic {KEYS}", "clientid": "5b8e5a3c-0000-4000-8000-000000000000"}


def example_world() -> ConnectWiseWorld:
    """Make two customers with an agreement each, a deleted one, and a foreign Addition."""
    return ConnectWiseWorld(
        companies=(
            ConnectWiseCompany(id=HARBOR, identifier="HarborDental", name="Harbor Dental"),
            ConnectWiseCompany(id=OLD_MILL, identifier="OldMill", name="Old Mill Bakery  "),
            ConnectWiseCompany(id=GONE, identifier="Gone", name="Gone Ltd", deleted=True),
        ),
        agreement_types=(
            AgreementType(id=SECURITY, name="Security"),
            AgreementType(id=SECURITY_SERVER, name="Security Server"),
        ),
        products=(
            CatalogProduct(
                id=ENDPOINT,
                identifier="GZ-ENDPOINT",
                description="Endpoint security",
                unit_price=Decimal("4.50"),
                unit_cost=Decimal("1.20"),
            ),
            CatalogProduct(
                id=BUNDLE,
                identifier="GZ-BUNDLE",
                description="Everything",
                unit_price=Decimal(20),
                unit_cost=Decimal(9),
                product_class="Bundle",
            ),
        ),
        agreements=(
            Agreement(
                id=HARBOR_AGREEMENT,
                name="Harbor Dental security",
                type_id=SECURITY,
                company_id=HARBOR,
                start=date(2026, 1, 1),
                next_invoice_date=date(2026, 11, 1),
            ),
            Agreement(
                id=OLD_MILL_AGREEMENT,
                name="Old Mill security",
                type_id=SECURITY_SERVER,
                company_id=OLD_MILL,
                start=date(2026, 1, 1),
                bill_start=date(2026, 11, 10),
            ),
        ),
        additions=(
            Addition(
                id=FOREIGN_ADDITION,
                agreement_id=HARBOR_AGREEMENT,
                product_id=ENDPOINT,
                quantity=Decimal(3),
                effective=date(2026, 1, 1),
                updated_by="jlee",
            ),
        ),
    )


def example_simulator(options: ConnectWiseOptions | None = None) -> ConnectWiseSimulator:
    """Make a simulator of that tenant, at noon GMT on 5 November 2026."""
    return ConnectWiseSimulator(
        VirtualClock(datetime(2026, 11, 5, 12, tzinfo=UTC)), example_world(), options
    )


@dataclass(slots=True)
class Caller:
    """Calls a simulator with good keys, without a transport; paths are those below `apis/3.0/`."""

    simulator: ConnectWiseSimulator
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    codebase: str = ROUTER

    def get(self, path: str, **query: str | int) -> Response:
        """GET a path."""
        return self.send("GET", path, query={name: str(value) for name, value in query.items()})

    def rows(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """GET a list that must answer 200, and return its records."""
        answer = self.get(path, **query)
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise AssertionError(f"{path} answered {answer.status}: {answer.body.decode()}")
        rows: list[dict[str, Any]] = json.loads(answer.body)
        return rows

    def post_addition(self, agreement_id: int, body: object) -> Response:
        """POST an Addition."""
        return self.send("POST", f"finance/agreements/{agreement_id}/additions", body)

    def patch_addition(
        self, agreement_id: int, addition_id: int, path: str, value: object
    ) -> Response:
        """PATCH one field of an Addition."""
        operations = [{"op": "replace", "path": path, "value": value}]
        return self.send(
            "PATCH", f"finance/agreements/{agreement_id}/additions/{addition_id}", operations
        )

    def send(
        self, method: str, path: str, body: object = None, *, query: dict[str, str] | None = None
    ) -> Response:
        """Make any call; a body of bytes goes as it is, anything else as JSON."""
        content = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        request = Request(
            method, f"/{self.codebase}/apis/3.0/{path}", query or {}, self.headers, content
        )
        return self.simulator.handle(request)


def new_addition(**changes: object) -> dict[str, object]:
    """Return a body that POST accepts, with changes; a change to None leaves the field out."""
    body: dict[str, object] = {
        "product": {"id": ENDPOINT},
        "quantity": 12,
        "billCustomer": "Billable",
        "effectiveDate": "2026-11-01T00:00:00Z",
        "cancelledDate": "2026-11-30T00:00:00Z",
        "invoiceDescription": "Active endpoints, November 2026",
    }
    body.update(changes)
    return {name: value for name, value in body.items() if value is not None}
