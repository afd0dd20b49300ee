"""Fields of ConnectWise's records, read as far as they can be.

A value that is not there may be missing, null or an empty string. Where the OpenAPI description
lets a field be null, or live tenants were reported to answer it otherwise, a value that cannot be
read is none, and spoils no record. An id is a positive whole number and nothing else.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated

from pydantic import BeforeValidator, Field

from tally.domain.model.terms import is_amount
from tally.transport.rows import name

_LONGEST_WORD = 200
"""Characters of a short text that are kept: who changed a record and when, a choice's word."""
_NO_DAY = "Input should be a date such as 2026-11-01T00:00:00Z"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*)?")


def parse_day(value: object) -> date | None:
    """Read the day of ``2026-11-01T00:00:00Z`` or ``2026-11-01``; None for null or "".

    Raises ValueError for anything else.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError(_NO_DAY)  # noqa: TRY004 - pydantic takes a ValueError alone
    # ConnectWise writes a day as midnight Z, whatever zone the MSP is in. Converted to local time
    # it would be another day: such a shift was reported to block invoicing.
    return _written_day(value)


_NO_BEGINNING, _NO_END = 1900, 9000
"""Years up to which, and from which, a day stands for "none".

ConnectWise was seen to write 0001 (an empty date of .NET), 1900, and 9999; databases begin at 1753.
"""


def _start(value: object) -> date | None:
    """Read the day on which something begins; None if there is none.

    A day in 9999 is kept: what begins then has not begun, and None would mean that it always has.
    """
    day = parse_day(value)
    return None if day is None or day.year <= _NO_BEGINNING else day


def _day(value: object) -> date | None:
    """Read any other day; None if there is none."""
    day = _start(value)
    return None if day is None or day.year >= _NO_END else day


@lru_cache(maxsize=1024)
def _written_day(text: str) -> date:
    # Cached: a tick reads six days on each of thousands of agreements, and few of them differ.
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(_NO_DAY)
    return date.fromisoformat(found[1])


def day_if_any(value: object) -> date | None:
    """Read a day; None if it is none, or cannot be read."""
    try:
        return _day(value)
    except ValueError:
        return None


def instant_if_any(value: object) -> datetime | None:
    """Read an instant; None if it is none. One without a zone is UTC."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return (
        instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
    )


def _amount_if_any(value: object) -> Decimal | None:
    # Python takes True for 1.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if is_amount(amount) else None


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


def map_if_any(value: object) -> object:
    """Return an object as it is; None for anything else."""
    return value if isinstance(value, dict) else None


def _flag(value: object) -> object:
    return False if value is None else value


def if_any(value: object) -> object:
    """Return a value as it is; None for an empty text."""
    return None if value == "" else value


# Only a JSON number is an id or a quantity (READ-8). The description gives quantities as doubles,
# so they may have a fraction.
Id = Annotated[int, Field(strict=True, gt=0, lt=2**31)]
Quantity = Annotated[Decimal, BeforeValidator(_number)]
# A missing, null or empty `cancelledDate` means an open end (seen live).
Day = Annotated[date | None, BeforeValidator(_day)]
Start = Annotated[date | None, BeforeValidator(_start)]
Name = Annotated[str, BeforeValidator(name)]
ShortText = Annotated[str, BeforeValidator(_short)]
# Nulls are left out of answers (seen live), or sent, or sent as "".
PlainText = Annotated[str, BeforeValidator(_text)]
Flag = Annotated[bool, BeforeValidator(_flag)]
# Terms are only compared with each other. One that is missing or odd is not compared.
AmountIfAny = Annotated[Decimal | None, BeforeValidator(_amount_if_any)]
FlagIfAny = Annotated[bool | None, BeforeValidator(_flag_if_any)]
WordIfAny = Annotated[str | None, BeforeValidator(_word_if_any)]
# The OpenAPI description has `nextInvoiceDate` as a plain string, not as a date.
DayIfAny = Annotated[date | None, BeforeValidator(day_if_any)]
# References are objects with an `id`; those that the description lets be null may be missing.
IdIfAny = Annotated[int | None, BeforeValidator(_id_if_any)]
