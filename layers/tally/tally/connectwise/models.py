"""What ConnectWise answers, as far as it is read here.

Unknown fields are ignored, and a value that is not there may be missing, null or an empty string. Field
names are those of the public OpenAPI description (2025.x). A row with a field that cannot be read names whom it concerns
as long as it has its id; an id is a positive whole number and nothing else.
"""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from tally.domain.agreement import NOBODY, Addition, Agreement
from tally.domain.company import ConnectWiseCompany
from tally.domain.terms import Terms
from tally.transport.rows import name, problems, read_json, whole

_NO_DAY = "Input should be a date such as 2026-11-01T00:00:00Z"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")


def parse_day(value: object) -> date | None:
    """The day written in ``2026-11-01T00:00:00Z`` or ``2026-11-01``; None for null or "". Raises ValueError.

    Date-only fields are midnight ``Z`` whatever zone the MSP is in: the day as written is the day that is meant.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(_NO_DAY)  # noqa: TRY004 - pydantic makes an error of the field out of a ValueError alone
    return _written_day(value)


_NO_BEGINNING, _NO_END = 1900, 9000
"""Years up to, and from, which a day is a sign that there is none: 0001 of .NET, 1753 and 1900 of databases; 9999."""


def _start(value: object) -> date | None:
    """The day on which something begins, if there is one: what begins at the end of time has not begun, rather than always."""
    day = parse_day(value)
    return None if day is None or day.year <= _NO_BEGINNING else day


def _day(value: object) -> date | None:
    """Any other day, if there is one."""
    day = _start(value)
    return None if day is None or day.year >= _NO_END else day


@lru_cache(maxsize=1024)
def _written_day(text: str) -> date:
    # A planner reads the same few days on thousands of agreements, six on each.
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(_NO_DAY)
    return date.fromisoformat(found[1])


def _day_if_any(value: object) -> date | None:
    try:
        return _day(value)
    except ValueError:
        return None


def _instant_if_any(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant


def _amount_if_any(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("Input should be a number")  # noqa: TRY004 - as in parse_day
    return value


def _flag_if_any(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _word_if_any(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _text(value: object) -> object:
    return "" if value is None else value


def _flag(value: object) -> object:
    return False if value is None else value


def _if_any(value: object) -> object:
    return None if value == "" else value


# As JSON numbers alone: text, flags and what lies beyond their type say no id and no quantity (READ-8).
Id = Annotated[int, Field(strict=True, gt=0, lt=2**31)]
Quantity = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date | None, BeforeValidator(_day)]
Start = Annotated[date | None, BeforeValidator(_start)]
Name = Annotated[str, BeforeValidator(name)]
PlainText = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
# Terms decide nothing here: one that is not shown, or not as it should be, is not compared, and spoils nothing.
AmountIfAny = Annotated[Decimal | None, BeforeValidator(_amount_if_any)]
FlagIfAny = Annotated[bool | None, BeforeValidator(_flag_if_any)]
WordIfAny = Annotated[str | None, BeforeValidator(_word_if_any)]

# Built at first use: a worker whose count has not changed never reads ConnectWise, and its cold start is not free.
_LATER = ConfigDict(defer_build=True)


class _Received(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True, alias_generator=to_camel)

    @classmethod
    def of(cls, body: bytes) -> Self:
        """The only record of an answer. Raises ValueError."""
        return cls.model_validate(read_json(body))


class Reference(_Received):
    """Another record, as a record shows it."""

    id: Id
    name: Name = ""


class Named(_Received):
    """Another record, of which the name alone matters."""

    name: Name = ""


ReferenceIfAny = Annotated[Reference | None, BeforeValidator(_if_any)]
NamedIfAny = Annotated[Named | None, BeforeValidator(_if_any)]


class Info(_Received):
    """``_info``: the only mark of a record's version."""

    last_updated: Name = ""
    updated_by: Name = ""


class CompanyInfo(_Received):
    """The answer of ``/login/companyinfo/{company}``; an unknown company answers null instead."""

    codebase: str | None = Field(default=None, alias="Codebase")


class CompanyRow(_Received):
    """A company. One whose name cannot be read has none, and is tied to nobody by it."""

    id: Id
    identifier: Name = ""
    name: Name = ""
    deleted_flag: FlagIfAny = None

    def company(self) -> ConnectWiseCompany:
        """The domain's view of it."""
        return ConnectWiseCompany(
            id=self.id, identifier=self.identifier, name=self.name, deleted=bool(self.deleted_flag)
        )


class AgreementTypeRow(_Received):
    """A type of agreement."""

    id: Id
    name: Name = ""
    inactive_flag: FlagIfAny = None


class ProductRow(_Received):
    """An item of the catalog. A ``productClass`` of Bundle cannot be an Addition."""

    id: Id
    identifier: Name = ""
    inactive_flag: FlagIfAny = None
    product_class: Name = ""


class AgreementRow(_Received):
    """An agreement. That of no company is nobody's: the specification requires one, live tenants have shown none."""

    id: Id
    name: Name = ""
    type: Reference
    company: ReferenceIfAny = None
    start_date: Start = None
    end_date: Day = None
    no_ending_date_flag: Flag = False
    cancelled_flag: Flag = False
    date_cancelled: Day = None
    bill_start_date: Start = None
    billing_cycle: NamedIfAny = None
    # A plain string in the OpenAPI description: one that is not a date says nothing, and spoils nothing.
    next_invoice_date: Annotated[date | None, BeforeValidator(_day_if_any)] = None
    info: Info | None = Field(default=None, alias="_info")

    def agreement(self) -> Agreement:
        """The domain's view of it."""
        return Agreement(
            id=self.id,
            name=self.name,
            type_id=self.type.id,
            company_id=NOBODY if self.company is None else self.company.id,
            starts=self.start_date,
            ends=None if self.no_ending_date_flag else self.end_date,
            cancelled=self.cancelled_flag,
            cancelled_on=self.date_cancelled,
            bill_starts=self.bill_start_date,
            billing_cycle=self.billing_cycle.name if self.billing_cycle else "",
            next_invoice=self.next_invoice_date,
            version=self.info.last_updated if self.info else "",
        )


def read_agreement(row: Any) -> Agreement:  # noqa: ANN401 - whatever the list holds
    """The agreement of a row of a list; marked where a field of it cannot be read. Raises ValidationError for one that names nobody.

    What cannot be read of another type's is of no interest.
    """
    try:
        return AgreementRow.model_validate(row).agreement()
    except ValidationError as error:
        row_id, company_id = whole(row, "id"), whole(row, "company", "id")
        if row_id is None or company_id is None:
            raise
        called = name(row.get("name"))
        return Agreement(
            id=row_id,
            name=called,
            type_id=whole(row, "type", "id") or NOBODY,
            company_id=company_id,
            unreadable=f"ConnectWise's agreement {called!r} (id {row_id}) cannot be read: {problems(error)}.",
        )


class AdditionRow(_Received):
    """An Addition."""

    id: Id
    agreement_id: Id | None = None
    product: Reference
    quantity: Quantity
    effective_date: Day = None
    cancelled_date: Day = None
    invoice_description: PlainText = ""
    unit_price: AmountIfAny = None
    less_included: AmountIfAny = None
    taxable_flag: FlagIfAny = None
    bill_customer: WordIfAny = None
    agreement_status: WordIfAny = None
    info: Info | None = Field(default=None, alias="_info")

    def addition(self, agreement_id: int) -> Addition:
        """The domain's view of it, on the agreement that was asked for it."""
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
            updated_at=_instant_if_any(info.last_updated),
            terms=Terms(
                unit_price=self.unit_price,
                less_included=self.less_included,
                taxable=self.taxable_flag,
                bill_customer=self.bill_customer,
            ),
            agreement_status=self.agreement_status or "",
        )


class OddAddition(NamedTuple):
    """An Addition of which a field cannot be read; of its product and end what can."""

    id: int
    agreement_id: int | None
    product_id: int | None
    ended: date | None
    why: str

    def concerns(self, since: date | None, products: Collection[int]) -> bool:
        """Whether it may be of interest to whoever looks for what bills ``products`` on ``since`` or later."""
        if since is not None and self.ended is not None and self.ended < since:
            return False
        return not products or self.product_id is None or self.product_id in products


def read_addition(row: Any) -> AdditionRow | OddAddition:  # noqa: ANN401 - whatever the list holds
    """The Addition of a row of a list. Raises ValidationError for one that has no id."""
    try:
        return AdditionRow.model_validate(row)
    except ValidationError as error:
        row_id = whole(row, "id")
        if row_id is None:
            raise
        return OddAddition(
            id=row_id,
            agreement_id=whole(row, "agreementId"),
            product_id=whole(row, "product", "id"),
            ended=_day_if_any(row.get("cancelledDate")),
            why=f"Addition {row_id} cannot be read: {problems(error)}",
        )


COMPANY_INFO: TypeAdapter[CompanyInfo | None] = TypeAdapter(CompanyInfo | None, config=_LATER)
