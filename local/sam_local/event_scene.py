"""The events' scene: the demo's MSP in October 2026, with one partner who is billed itself."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from local.sam_local.events import SUMMIT_PEAK_IT, Outcome
from local.simulator_clients import TrueAddition
from simulators.demo_scenario import DEMO_PRODUCT, demo_scenario
from simulators.gravityzone.tenant import made_id
from simulators.scenario import Agreement, Scenario
from tally.domain.linking import link_changes as link
from tally.domain.model.company import ConnectWiseCompany, LinkChange
from tally.domain.record.rulings import Person
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.ports import Ledger

BEGINS = datetime(2026, 10, 1, tzinfo=UTC)
"""The simulators' time before the first event."""

_PARTNER = made_id("demo", "Summit Peak IT")
_PARTNER_IN_CONNECTWISE = ConnectWiseCompany(
    id=108, identifier="SummitPeakIT", name="Summit Peak IT"
)


def scenario() -> Scenario:
    """The demo's MSP, whose first month is October 2026, with an agreement for its partner too."""
    demo = demo_scenario(date(2026, 12, 1))
    agreement = Agreement(
        id=SUMMIT_PEAK_IT,
        name="Summit Peak IT endpoint security",
        type_id=demo.connectwise.agreements[0].type_id,
        company_id=_PARTNER_IN_CONNECTWISE.id,
        start=date(2025, 1, 1),
        next_invoice_date=BEGINS.date(),
    )
    return replace(
        demo,
        connectwise=replace(demo.connectwise, agreements=(*demo.connectwise.agreements, agreement)),
    )


def opt_the_partner_in(ledger: Ledger) -> None:
    """Write a person's answers from before the first event: link the partner, and bill it."""
    person = Person(by="operator", why="its own machines are ours to bill", at=BEGINS)
    linked = link.link_to(
        None, person, company_id=_PARTNER, name="Summit Peak IT", to=_PARTNER_IN_CONNECTWISE
    )
    ledger.change_link(_change(linked))
    known = ledger.link(_PARTNER)
    ledger.change_link(
        _change(link.bill_partner(known, person, company_id=_PARTNER, name="Summit Peak IT"))
    )


def seen(
    answer: Any,  # noqa: ANN401  # JSON
    *,
    error: str,
    additions: Iterable[TrueAddition],
    records: Iterable[UsageRecord],
) -> Outcome:
    """Return an event's outcome: answer or error, and the state of ConnectWise and ledger."""
    quantities: defaultdict[int, list[int]] = defaultdict(list)
    for each in additions:
        if each.product == DEMO_PRODUCT and each.deleted_at is None:
            quantities[each.agreement_id].append(int(each.quantity))
    closed = [
        each.lines[-1].agreement_id
        for each in records
        if each.state is RecordState.CLOSED and each.lines
    ]
    return Outcome(
        answer=answer if isinstance(answer, dict) and not error else {},
        error=error,
        quantities=quantities,
        closed=closed,
    )


def _change(outcome: LinkChange | str) -> LinkChange:
    if isinstance(outcome, str):
        raise TypeError(outcome)
    return outcome
