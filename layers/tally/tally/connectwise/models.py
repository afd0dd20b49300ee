"""What ConnectWise answers, as far as it is read here.

Unknown fields are ignored, and a value that is not there may be missing, null or an empty string. Field
names are those of the public OpenAPI description (2025.x). A row with a field that cannot be read names whom it concerns
as long as it has its id; an id is a positive whole number and nothing else.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from tally.domain.model.agreement import NOBODY, Addition, Agreement
from tally.domain.model.company import ConnectWiseCompany
from tally.domain.model.terms import Terms
from tally.transport.rows import name, read_json

_LONGEST_WORD = 200
"""Characters of what ConnectWise tells of a record and that is kept with ours: who changed it and when, a choice's word."""
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


def day_if_any(value: object) -> date | None:
    """The day, if it is one."""
    try:
        return _day(value)
    except ValueError:
        return None


def _instant_if_any(value: object) -> datetime | None:
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return (
        instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
    )


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
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST_WORD else None


def _short(value: object) -> object:
    return value[:_LONGEST_WORD] if isinstance(value, str) else _text(value)


def _text(value: object) -> object:
    return "" if value is None else value


def _id_if_any(value: object) -> int | None:
    found = value.get("id") if isinstance(value, dict) else None
    return found if type(found) is int and found > 0 else None


def _map_if_any(value: object) -> object:
    return value if isinstance(value, dict) else None


def _flag(value: object) -> object:
    return False if value is None else value


def _if_any(value: object) -> object:
    return None if value == "" else value


# As JSON numbers alone: text, flags and what lies beyond their type say no id and no quantity
# (READ-8).
Id = Annotated[int, Field(strict=True, gt=0, lt=2**31)]
Quantity = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date | None, BeforeValidator(_day)]
Start = Annotated[date | None, BeforeValidator(_start)]
Name = Annotated[str, BeforeValidator(name)]
ShortText = Annotated[str, BeforeValidator(_short)]
PlainText = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
# Terms decide nothing here: one that is not shown, or not as it should be, is not compared, and
# spoils nothing.
AmountIfAny = Annotated[Decimal | None, BeforeValidator(_amount_if_any)]
FlagIfAny = Annotated[bool | None, BeforeValidator(_flag_if_any)]
WordIfAny = Annotated[str | None, BeforeValidator(_word_if_any)]
# A plain string in the OpenAPI description: one that is not a date says nothing, and spoils
# nothing.
DayIfAny = Annotated[date | None, BeforeValidator(day_if_any)]
IdIfAny = Annotated[int | None, BeforeValidator(_id_if_any)]

# Built at first use: a worker whose count has not changed never reads ConnectWise, and its cold
# start is not free.
LATER = ConfigDict(defer_build=True)


class Received(BaseModel):
    """What is read of an answer; what else stands there is ignored."""

    model_config = ConfigDict(
        defer_build=True, extra="ignore", frozen=True, alias_generator=to_camel
    )

    @classmethod
    def of(cls, body: bytes) -> Self:
        """The only record of an answer. Raises ValueError."""
        return cls.model_validate(read_json(body))


class Reference(Received):
    """Another record, as a record shows it."""

    id: Id
    name: Name = ""


class Named(Received):
    """Another record, of which the name alone matters."""

    name: Name = ""


ReferenceIfAny = Annotated[Reference | None, BeforeValidator(_if_any)]
NamedIfAny = Annotated[Named | None, BeforeValidator(_if_any)]


class Info(Received):
    """``_info``: the only mark of a record's version."""

    last_updated: ShortText = ""
    updated_by: ShortText = ""


# A version mark decides nothing either.
InfoIfAny = Annotated[Info | None, BeforeValidator(_map_if_any)]


class CompanyInfo(Received):
    """The answer of ``/login/companyinfo/{company}``; an unknown company answers null instead."""

    codebase: str | None = Field(default=None, alias="Codebase")


class CompanyRow(Received):
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
    product_class: Name = ""


class AgreementRow(Received):
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
    next_invoice_date: DayIfAny = None
    parent_agreement: IdIfAny = None
    info: InfoIfAny = Field(default=None, alias="_info")

    @property
    def type_id(self) -> int:
        """The id of its type."""
        return self.type.id

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


class AdditionRow(Received):
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
    info: InfoIfAny = Field(default=None, alias="_info")

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


COMPANY_INFO: TypeAdapter[CompanyInfo | None] = TypeAdapter(CompanyInfo | None, config=LATER)
