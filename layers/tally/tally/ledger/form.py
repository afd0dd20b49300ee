"""Forms: both ways between a value and plain data (text, whole numbers, lists, maps).

A form is made of smaller ones. It spells out the stored names: an item lives for years, so a
renamed attribute of a class must not rename what is stored. Default values are left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from tally.domain.model.month import YEARS, Month
from tally.domain.model.standing import RecordScope, Scope
from tally.domain.model.terms import is_amount
from tally.ledger.keys import month_of

type Plain = dict[str, Any]
"""Fields of an item by their stored names."""


@dataclass(frozen=True, slots=True)
class Form[T]:
    """Both ways of one kind of value. ``read`` raises ValueError, TypeError or KeyError."""

    write: Callable[[T], Any]
    read: Callable[[Any], T]


def instant_text(instant: datetime) -> str:
    """Write an aware instant as ISO 8601 text in UTC; texts sort as their instants do.

    The offset is written ``+00:00`` for the order's sake: a ``Z`` would sort after the point of a
    fraction. Raises ValueError for a naive one.
    """
    if instant.tzinfo is None:
        naive = instant.isoformat()
        raise ValueError(f"the ledger keeps instants with their time zone, and {naive} has none")
    # DynamoDB compares ticks as texts, so all of them have to be in one zone.
    return instant.astimezone(UTC).isoformat()


@lru_cache(maxsize=1024)
def instant(text: str) -> datetime:
    """Read such a text. Raises ValueError for one without a time zone, or of no sane year."""
    # Cached: most are ticks, and thousands of companies have the same one.
    found = any_instant(text)
    _check_year(found)
    return found


def any_instant(text: str) -> datetime:
    """Read such a text, of any year. Raises ValueError for one without a time zone."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def _check_year(found: date) -> None:
    # Next to the calendar's ends, no other zone and no day after can be told (SAFE-10).
    if found.year not in YEARS:
        raise ValueError(f"{found} is of none of the years {YEARS[0]} to {YEARS[-1]}")


def _day(text: str) -> date:
    found = date.fromisoformat(text)
    _check_year(found)
    return found


def optional_instant_text(at: datetime | None) -> str | None:
    """Write an instant, or None if there is none."""
    return None if at is None else instant_text(at)


def optional_instant(text: str | None) -> datetime | None:
    """Read such a text, or None if there is none."""
    return None if text is None else instant(text)


_COMPANY = "company"
_MONTH_ENDS = len("2026-11")


def scope_text(of: Scope) -> str:
    """Write a scope: ``2026-11 endpoints`` for a record, else the company or month, ``/service``.

    Texts sort as their scopes do.
    """
    if isinstance(of, RecordScope):
        return f"{of.month} {of.service}"
    whole = _COMPANY if of.month is None else str(of.month)
    return whole if of.service is None else f"{whole}/{of.service}"


@lru_cache(maxsize=1024)
def scope(text: str) -> Scope:
    """Read such a text. Raises ValueError for any other."""
    # Cached: scopes are few, and thousands of companies have the same ones.
    if text[_MONTH_ENDS:].startswith(" "):
        return record_scope(text)
    whole, slash, service = text.partition("/")
    month = None if whole == _COMPANY else Month.parse(whole)
    return Scope(month, service if slash else None)


@lru_cache(maxsize=1024)
def record_scope(text: str) -> RecordScope:
    """Read the text of a record's scope. Raises ValueError for any other."""
    month, space, service = text.partition(" ")
    if not space:
        raise ValueError(f"{text!r} is the scope of no record")
    return RecordScope(Month.parse(month), service)


def without_none(fields: Plain) -> Plain:
    """Return the fields that are neither None nor an empty collection or text."""
    return {
        name: value
        for name, value in fields.items()
        if value is not None and value not in ("", [], {})
    }


def _text(value: Any) -> str:  # noqa: ANN401 - whatever an item holds
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: Any) -> int:  # noqa: ANN401 - as above
    # A bool is an int in Python.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _truth(value: Any) -> bool:  # noqa: ANN401 - as above
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _amount(value: Any) -> Decimal:  # noqa: ANN401 - as above
    amount = Decimal(_text(value))
    if not is_amount(amount):
        raise ValueError(f"{value} is no amount")
    return amount


TEXT: Form[str] = Form(str, _text)
WHOLE: Form[int] = Form(int, _whole)
TRUTH: Form[bool] = Form(bool, _truth)
INSTANT: Form[datetime] = Form(instant_text, instant)
DAY: Form[date] = Form(date.isoformat, _day)
MONTH: Form[Month] = Form(str, month_of)
AMOUNT: Form[Decimal] = Form(str, _amount)
"""A decimal as text, so that no digit is lost."""


def word[E: StrEnum](of: type[E]) -> Form[E]:
    """Make the form of one word of an enumeration."""
    return Form(lambda value: value.value, of)


def many[T](each: Form[T]) -> Form[tuple[T, ...]]:
    """Make the form of a list."""
    return Form(
        lambda values: [each.write(value) for value in values],
        lambda plain: tuple(each.read(value) for value in _list(plain)),
    )


def _list(plain: Any) -> list[Any]:  # noqa: ANN401 - as above
    if not isinstance(plain, list):
        raise TypeError(f"{plain!r} is no list")
    return plain


def _map(plain: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    if not isinstance(plain, dict):
        raise TypeError(f"{plain!r} is no map")
    return plain


def mapping[T](each: Form[T]) -> Form[Mapping[str, T]]:
    """Make the form of values by their names."""
    return Form(
        lambda values: {name: each.write(value) for name, value in values.items()},
        lambda plain: {name: each.read(value) for name, value in _map(plain).items()},
    )


def shape[T](of: type[T], **forms: Form[Any]) -> Form[T]:
    """Make the form of a dataclass or named tuple, by the names of its fields.

    Raises TypeError if the forms are not those of all fields.
    """
    declared = _defaults(of)
    if forms.keys() != declared.keys():
        raise TypeError(
            f"{of.__name__} has the fields {sorted(declared)}, its form {sorted(forms)}"
        )
    ways = tuple((name, form.write, form.read, declared[name]) for name, form in forms.items())
    needed = frozenset(name for name, default in declared.items() if default is MISSING)

    def write(value: T) -> dict[str, Any]:
        pairs = ((name, to, getattr(value, name), default) for name, to, _, default in ways)
        return {name: to(field) for name, to, field, default in pairs if field != default}

    def read(plain: Any) -> T:  # noqa: ANN401 - as above
        plain = _map(plain)
        missing, unknown = needed - plain.keys(), plain.keys() - forms.keys()
        if missing or unknown:
            raise KeyError(f"missing {sorted(missing)}, unknown {sorted(unknown)}")
        return of(**{name: back(plain[name]) for name, _, back, _ in ways if name in plain})

    return Form(write, read)


def _defaults(of: Any) -> dict[str, Any]:  # noqa: ANN401 - a class of either sort
    if is_dataclass(of):
        return {each.name: each.default for each in fields(of)}
    return {name: of._field_defaults.get(name, MISSING) for name in of._fields}


def one_of[T](name: str, kinds: Mapping[str, tuple[type, Form[Any]]]) -> Form[T]:
    """Make the form of one of several classes; the word under ``name`` tells which."""
    by_class = {of: (word, form.write) for word, (of, form) in kinds.items()}

    def write(value: Any) -> dict[str, Any]:  # noqa: ANN401 - one of the classes
        word, to = by_class[type(value)]
        return {name: word, **to(value)}

    def read(plain: Any) -> Any:  # noqa: ANN401 - as above
        rest = dict(_map(plain))
        return kinds[rest.pop(name)][1].read(rest)

    return Form(write, read)
