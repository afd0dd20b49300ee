"""Answers of ConnectWise, as far as Tally reads them, and what bodies of writes are made of.

Unknown fields are ignored. Field names are those of the public OpenAPI description (2025.x). A row
with a field that cannot be read still names whom it concerns, as long as it has its id.
"""

from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from tally.connectwise.fields import (
    AmountIfAny,
    Day,
    DayIfAny,
    Flag,
    FlagIfAny,
    Id,
    IdIfAny,
    Name,
    PlainText,
    Quantity,
    ShortText,
    Start,
    WordIfAny,
    if_any,
    instant_if_any,
    map_if_any,
)
from tally.domain.model.agreement import NOBODY, Addition, Agreement
from tally.domain.model.company import ConnectWiseCompany
from tally.domain.model.terms import Terms
from tally.transport.rows import read_json

# Models are built at first use: a worker whose count has not changed never reads ConnectWise.
LATER = ConfigDict(defer_build=True)


class Received(BaseModel):
    """A part of an answer. Fields that it does not name are ignored."""

    model_config = ConfigDict(
        defer_build=True, extra="ignore", frozen=True, alias_generator=to_camel
    )

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Read an answer that holds one record. Raises ValueError."""
        return cls.model_validate(read_json(body))


class Body(BaseModel):
    """A body that can hold its own fields alone, under the names that ConnectWise gives them.

    Built at first use: an invocation writes one or two of them, if any.
    """

    model_config = ConfigDict(
        defer_build=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
    )


class Reference(Received):
    """A reference to another record."""

    id: Id
    name: Name = ""


class Named(Received):
    """A reference by its name alone."""

    name: Name = ""


ReferenceIfAny = Annotated[Reference | None, BeforeValidator(if_any)]
NamedIfAny = Annotated[Named | None, BeforeValidator(if_any)]


class Info(Received):
    """``_info``, the only mark of a record's version: ConnectWise has no ETag."""

    # Kept as text: it is compared with itself, never calculated with.
    last_updated: ShortText = ""
    updated_by: ShortText = ""


InfoIfAny = Annotated[Info | None, BeforeValidator(map_if_any)]


class CompanyInfo(Received):
    """The answer of ``/login/companyinfo/{company}``; for an unknown company it is null."""

    # `IsCloud` beside it was seen as text and as a flag: nothing but the codebase is read.
    codebase: str | None = Field(default=None, alias="Codebase")


class CompanyRow(Received):
    """A company. If its name cannot be read it has none, and nobody is linked to it by name.

    One that may be deleted or not is in no list, so that it is asked for by its id (MATCH-7).
    """

    id: Id
    identifier: Name = ""
    name: Name = ""
    # The description lets all flags be null.
    deleted_flag: Flag = False

    def company(self) -> ConnectWiseCompany:
        """Return the domain's view of it."""
        return ConnectWiseCompany(
            id=self.id, identifier=self.identifier, name=self.name, deleted=self.deleted_flag
        )


class AgreementTypeRow(Received):
    """A type of agreement."""

    id: Id
    name: Name = ""
    inactive_flag: FlagIfAny = None


class ProductRow(Received):
    """An item of the catalog. A ``productClass`` of Bundle cannot be an Addition."""

    id: Id
    identifier: Name = ""
    inactive_flag: FlagIfAny = None
    # The description lets it be null.
    product_class: Name = ""


class AgreementRow(Received):
    """An agreement. One without a company is nobody's.

    The OpenAPI description requires a company, but one live tenant has answered null.
    """

    id: Id
    name: Name = ""
    type: Reference
    company: ReferenceIfAny = None
    start_date: Start = None
    end_date: Day = None
    # ConnectWise computes `agreementStatus` (description); dates and flags are read instead.
    no_ending_date_flag: Flag = False
    cancelled_flag: Flag = False
    date_cancelled: Day = None
    bill_start_date: Start = None
    billing_cycle: NamedIfAny = None
    next_invoice_date: DayIfAny = None
    parent_agreement: IdIfAny = None
    info: InfoIfAny = Field(default=None, alias="_info")

    @property
    def type_id(self) -> int:
        """Its type's id."""
        return self.type.id

    def agreement(self) -> Agreement:
        """Return the domain's view of it."""
        return Agreement(
            id=self.id,
            name=self.name,
            type_id=self.type.id,
            company_id=NOBODY if self.company is None else self.company.id,
            starts=self.start_date,
            # The end date may be left over from before the flag was set.
            ends=None if self.no_ending_date_flag else self.end_date,
            cancelled=self.cancelled_flag,
            cancelled_on=self.date_cancelled,
            bill_starts=self.bill_start_date,
            billing_cycle=self.billing_cycle.name if self.billing_cycle else "",
            next_invoice=self.next_invoice_date,
            version=self.info.last_updated if self.info else "",
        )


class AdditionRow(Received):
    """An Addition."""

    id: Id
    agreement_id: Id | None = None
    product: Reference
    # A double by the description, though nobody has half a machine.
    quantity: Quantity
    effective_date: Day = None
    cancelled_date: Day = None
    invoice_description: PlainText = ""
    unit_price: AmountIfAny = None
    less_included: AmountIfAny = None
    taxable_flag: FlagIfAny = None
    bill_customer: WordIfAny = None
    agreement_status: WordIfAny = None
    info: InfoIfAny = Field(default=None, alias="_info")

    def addition(self, agreement_id: int) -> Addition:
        """Return the domain's view of it, on the agreement that was asked."""
        info = self.info or Info()
        return Addition(
            id=self.id,
            agreement_id=agreement_id,
            product_id=self.product.id,
            quantity=self.quantity,
            effective=self.effective_date,
            cancelled=self.cancelled_date,
            text=self.invoice_description,
            updated_by=info.updated_by,
            updated_at=instant_if_any(info.last_updated),
            terms=Terms(
                unit_price=self.unit_price,
                less_included=self.less_included,
                taxable=self.taxable_flag,
                bill_customer=self.bill_customer,
            ),
            agreement_status=self.agreement_status or "",
        )


COMPANY_INFO: TypeAdapter[CompanyInfo | None] = TypeAdapter(CompanyInfo | None, config=LATER)
