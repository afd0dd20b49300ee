"""People's acts in ConnectWise on agreements invoiced through others and on merged companies."""

from datetime import date
from random import Random

from simulators.connectwise import ConnectWiseSimulator
from simulators.connectwise.api_records import Fields, day_of

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


def invoice(connectwise: ConnectWiseSimulator, agreement: Fields, today: date) -> list[str]:
    """Make the agreement's invoice, if it is still due.

    An invoice of another agreement below the same one may just have covered it.
    """
    paid = payer(connectwise, agreement)
    if (day_of(paid["nextInvoiceDate"]) or date.max) > today:
        return []
    made = connectwise.people.run_invoice(paid["id"], by="books")
    return [
        f"agreement {paid['id']}: {'nothing to invoice' if made is None else f'invoice {made}'}"
    ]


def merge(connectwise: ConnectWiseSimulator, company_id: int, draw: Random) -> int | None:
    """Merge a company into a new one of another name, and return that one's id.

    Return None if the company is gone already.
    """
    company = connectwise.tenant.companies.get(company_id)
    if company is None:
        return None
    name = f"{company.fields['name']} Group {draw.randrange(100)}"
    survivor = connectwise.people.add_company(f"M{company_id}", name)
    connectwise.people.merge_company(company_id, into=survivor)
    return survivor
