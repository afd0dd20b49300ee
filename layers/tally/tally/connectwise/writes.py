"""The POST and the PATCHes of an Addition, whose bodies can hold nothing else (OPEN-5).

Field names are those of the public OpenAPI description (2025.x).
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, PlainSerializer, TypeAdapter

from tally.connectwise.calls import Calls
from tally.connectwise.models import AdditionRow, Body
from tally.domain.model.agreement import Addition, NewAddition
from tally.domain.model.terms import Terms
from tally.transport.failures import Effect
from tally.transport.http_call import Answer


def format_day(day: date) -> str:
    """Write a day as ConnectWise takes it: midnight ``Z``.

    Offsets and milliseconds were refused on a live tenant.
    """
    return f"{day.isoformat()}T00:00:00Z"


# ConnectWise takes JSON numbers; pydantic would write a Decimal as text.
SentAmount = Annotated[Decimal, PlainSerializer(float)]
SentDay = Annotated[date, PlainSerializer(format_day)]

# Built at first use, as bodies are.
_LATER = ConfigDict(defer_build=True)


# ConnectWise has PUT and DELETE too. PUT sets to null what it is not sent (developer guide), and
# nothing of the MSP's is ever deleted: neither is made here.
class ProductReference(Body):
    """A product by its id."""

    id: int


class AdditionToCreate(Body):
    """The body of the POST (OPEN-5).

    It has no price, cost or tax: on a live tenant ConnectWise then took them from the catalog. A
    price sent unset has been read as 0 by others.
    """

    product: ProductReference
    quantity: int = Field(ge=0)
    # Product and `billCustomer` are required on a POST; all else may be left out (description).
    bill_customer: Literal["Billable"] = "Billable"
    effective_date: SentDay
    # Without an end, the Additions of all months would be billed together.
    cancelled_date: SentDay
    invoice_description: str


class QuantityPatch(Body):
    """Replaces the quantity.

    The path of a PATCH is bare: one into an object can answer 200 and change nothing (developer
    guide).
    """

    op: Literal["replace"] = "replace"
    path: Literal["quantity"] = "quantity"
    value: int = Field(ge=0)


class TextPatch(Body):
    """Replaces the text that the customer reads."""

    op: Literal["replace"] = "replace"
    path: Literal["invoiceDescription"] = "invoiceDescription"
    value: str


class CancelledPatch(Body):
    """Replaces the cancelled date."""

    op: Literal["replace"] = "replace"
    path: Literal["cancelledDate"] = "cancelledDate"
    value: SentDay


class AmountPatch(Body):
    """Replaces the price of one unit, or how many are included."""

    op: Literal["replace"] = "replace"
    path: Literal["unitPrice", "lessIncluded"]
    value: SentAmount


class TaxablePatch(Body):
    """Replaces the flag that an Addition is taxed."""

    op: Literal["replace"] = "replace"
    path: Literal["taxableFlag"] = "taxableFlag"
    value: bool


class BillCustomerPatch(Body):
    """Replaces the word that tells if the customer is billed, by one that ConnectWise has shown."""

    op: Literal["replace"] = "replace"
    path: Literal["billCustomer"] = "billCustomer"
    value: str


type TermPatch = AmountPatch | TaxablePatch | BillCustomerPatch


def terms_patch(terms: Terms) -> list[TermPatch]:
    """Return one operation for each term that is not None (OPEN-5)."""
    operations: list[TermPatch] = []
    if terms.unit_price is not None:
        operations.append(AmountPatch(path="unitPrice", value=terms.unit_price))
    if terms.less_included is not None:
        operations.append(AmountPatch(path="lessIncluded", value=terms.less_included))
    if terms.taxable is not None:
        operations.append(TaxablePatch(value=terms.taxable))
    if terms.bill_customer is not None:
        operations.append(BillCustomerPatch(value=terms.bill_customer))
    return operations


QUANTITY_PATCH: TypeAdapter[list[QuantityPatch]] = TypeAdapter(list[QuantityPatch], config=_LATER)
TAKE_OVER_PATCH: TypeAdapter[tuple[TextPatch, CancelledPatch]] = TypeAdapter(
    tuple[TextPatch, CancelledPatch], config=_LATER
)
TERMS_PATCH: TypeAdapter[list[TermPatch]] = TypeAdapter(list[TermPatch], config=_LATER)


class Writes:
    """Writes Additions on one site; ``ConnectWiseClient`` says what each method promises."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def create_addition(self, new: NewAddition) -> Addition:
        """POST an Addition, once; return what was answered, for the caller to compare."""
        sent = AdditionToCreate(
            product=ProductReference(id=new.product_id),
            quantity=new.quantity,
            effective_date=new.effective,
            cancelled_date=new.cancelled,
            # ConnectWise shows a line break in a text as a space (developer guide).
            invoice_description=" ".join(new.text.split()),
        )
        body = sent.model_dump_json(by_alias=True).encode()
        path = f"/finance/agreements/{new.agreement_id:d}/additions"
        answer = self._calls.send("POST", path, effect=Effect.CREATES, body=body)
        row = self._calls.parse(answer, AdditionRow.model_validate_json)
        return row.addition(new.agreement_id if row.agreement_id is None else row.agreement_id)

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """PATCH the quantity alone."""
        # ConnectWise validates the whole record again (seen live), so an odd field that is not ours
        # can make it refuse a quantity.
        body = QUANTITY_PATCH.dump_json([QuantityPatch(value=quantity)])
        answer, row = self._change(agreement_id, addition_id, body)
        if row.quantity != quantity:
            raise self._calls.unreadable(
                answer,
                (
                    f"it was answered as done, yet the quantity stands at {row.quantity} and not "
                    f"at {quantity}"
                ),
            )
        return row.addition(agreement_id)

    def take_over(
        self, *, agreement_id: int, addition_id: int, text: str, cancelled: date
    ) -> Addition:
        """PATCH the text and the cancelled date together."""
        operations = (TextPatch(value=text), CancelledPatch(value=cancelled))
        answer, row = self._change(agreement_id, addition_id, TAKE_OVER_PATCH.dump_json(operations))
        # Line breaks come back as spaces, so words are compared.
        if row.invoice_description.split() != text.split() or row.cancelled_date != cancelled:
            raise self._calls.unreadable(
                answer,
                (
                    f"it was answered as done, yet the text is {row.invoice_description!r} and the "
                    f"cancelled date {row.cancelled_date}"
                ),
            )
        return row.addition(agreement_id)

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """PATCH the terms that are not None."""
        _, row = self._change(agreement_id, addition_id, TERMS_PATCH.dump_json(terms_patch(terms)))
        return row.addition(agreement_id)

    def _change(
        self, agreement_id: int, addition_id: int, body: bytes
    ) -> tuple[Answer, AdditionRow]:
        path = f"/finance/agreements/{agreement_id:d}/additions/{addition_id:d}"
        # A PATCH that sets values may be repeated: done twice, it is done once.
        answer = self._calls.send("PATCH", path, effect=Effect.SETS, body=body)
        row = self._addition(answer, agreement_id)
        if row.id != addition_id:
            raise self._calls.unreadable(answer, f"it answered Addition {row.id}")
        return answer, row

    def _addition(self, answer: Answer, agreement_id: int) -> AdditionRow:
        row = self._calls.parse(answer, AdditionRow.of)
        if row.agreement_id not in {None, agreement_id}:
            raise self._calls.unreadable(
                answer, f"it answered an Addition of agreement {row.agreement_id}"
            )
        return row
