"""A tick in November and one customer, for tests of planning."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tally.domain.model.agreement import Agreement
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, Scope, Standing
from tally.domain.model.ticks import Ticks
from tally.domain.planning.due_services import Due, DueService
from tally.domain.planning.tick_context import (
    CompanyState,
    Directory,
    Place,
    Presence,
    TickContext,
)
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tests.unit.rig import AGREEMENT, PRODUCT_ID, a_line, a_record
from tests.unit.rig import POLICY as RIG_POLICY

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
TICK = datetime(2026, 11, 10, 8, tzinfo=UTC)
MAPPING = CompanyLink(
    company_id="c" * 24,
    company_name="Harbor Dental",
    connectwise_id=7,
    connectwise_name="Harbor Dental",
    linked_by="tally",
    linked_at=TICK,
)
PLACE = Place(product_id=PRODUCT_ID, agreements={7: [AGREEMENT]})
EMAIL_PLACE = replace(PLACE, product_id=502)
DIRECTORY = Directory(places={"endpoints": PLACE, "email": EMAIL_PLACE}, by_id={31: AGREEMENT})


def directory(**fields: Any) -> Directory:  # noqa: ANN401 - any field of the place
    """The directory with another place for its first service."""
    return replace(DIRECTORY, places={**DIRECTORY.places, "endpoints": replace(PLACE, **fields)})


def due(month: Month, agreement: Agreement | None = AGREEMENT, **fields: Any) -> Due:  # noqa: ANN401 - any field
    """The month is due, for the one service."""
    told: dict[str, Any] = {
        "agreement": agreement,
        "product_id": PRODUCT_ID,
        "listed": True,
        **fields,
    }
    return Due(month=month, services=(DueService(service="endpoints", **told),))


def circumstances(**fields: Any) -> TickContext:  # noqa: ANN401 - any field
    """A tick in November with everything read, the first month having been October."""
    told: dict[str, Any] = {
        "tick": TICK,
        "ticks": Ticks(newest=TICK, first_month=OCTOBER, planned=(OCTOBER, NOVEMBER)),
        "first_month": OCTOBER,
        "services": ("endpoints",),
        "policy": RIG_POLICY,
        "directory": DIRECTORY,
    }
    return TickContext(**{**told, **fields})


def company(**fields: Any) -> CompanyState:  # noqa: ANN401 - any field
    """A linked, licensed customer without a record."""
    told: dict[str, Any] = {
        "id": "c" * 24,
        "name": "Harbor Dental",
        "presence": Presence.LICENSED,
        "link": MAPPING,
        "unlinked": "",
        "standing": None,
        "records": (),
        "settled": frozenset(),
    }
    return CompanyState(**{**told, **fields})


def standing(*licensed_in: Month, causes: Mapping[Scope, Cause] | None = None) -> Standing:
    """What the ledger knows of the customer."""
    return Standing(
        company_id="c" * 24,
        company_name="Harbor Dental",
        tick=TICK,
        causes=causes or {},
        licensed_in=licensed_in,
    )


def record(month: Month, *, opened: bool = True, service: str = "endpoints") -> UsageRecord:
    """That month's record, with its Addition or without."""
    made = a_record(a_line())
    key = RecordKey(company_id="c" * 24, month=month, service=service)
    return replace(made, key=key, lines=made.lines if opened else ())
