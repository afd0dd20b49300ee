"""People's acts in ConnectWise on agreements invoiced through others and on merged companies."""

from datetime import date
from random import Random
from typing import TYPE_CHECKING

from simulators.connectwise import ConnectWiseSimulator
from simulators.connectwise.records import Fields, day_of

if TYPE_CHECKING:
    from verification.simulation.msp import Firm, Msp

BUNDLED = "agreements below others"
"""Agreements that are invoiced through a parent, as a shape may leave them out."""
OTHER_TYPE = {"id": 77, "name": "Other"}
"""A type of agreement that no service is billed on."""


def put_below(connectwise: ConnectWiseSimulator, agreement_id: int) -> None:
    """Have an agreement invoiced through a new one like it, of another type.

    Its own invoice date stays from then on.
    """
    people = connectwise.people
    parent = people.double_agreement(agreement_id, name="Bundle")
    people.edit_agreement(parent, {"type": OTHER_TYPE})
    people.set_parent(agreement_id, parent)


def payer(connectwise: ConnectWiseSimulator, agreement: Fields) -> Fields:
    """The agreement whose invoices one is on: its parent, or itself."""
    parent = agreement["parentAgreement"]
    document = None if parent is None else connectwise.tenant.agreements.get(parent["id"])
    return agreement if document is None else document.fields


def invoice(msp: "Msp", agreement: Fields, today: date) -> list[str]:
    """Make the agreement's invoice, if it is still due.

    An invoice of another agreement below the same one may just have covered it.
    """
    paid = payer(msp.connectwise, agreement)
    if (day_of(paid["nextInvoiceDate"]) or date.max) > today:
        return []
    made = msp.connectwise.people.run_invoice(paid["id"], by="books")
    return [
        f"agreement {paid['id']}: {'nothing to invoice' if made is None else f'invoice {made}'}"
    ]


def merge(msp: "Msp", firm: "Firm", draw: Random) -> str:
    """Its company is merged into another one, of another name."""
    company = msp.connectwise.tenant.companies.get(firm.connectwise_id)
    if company is None:
        return ""
    people, merged = msp.connectwise.people, firm.connectwise_id
    survivor = people.add_company(
        f"M{merged}", f"{company.fields['name']} Group {draw.randrange(100)}"
    )
    people.merge_company(merged, into=survivor)
    firm.connectwise_id = survivor
    return f"its company {merged} is merged into {survivor}"
