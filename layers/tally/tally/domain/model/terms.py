"""The terms of an Addition, and their differences from the month before (OPEN-5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

BILLABLE = "Billable"
"""ConnectWise's word for an Addition that is billed to the customer, as new ones are (OPEN-5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of an Addition: price of a unit, units included, tax, and whether it is billed.

    The price is in the MSP's currency. ``bill_customer`` is ConnectWise's own word: Billable,
    DoNotBill or NoCharge. A field is None where ConnectWise does not show it.
    """

    unit_price: Decimal | None = None
    less_included: Decimal | None = None
    taxable: bool | None = None
    bill_customer: str | None = None


_MOST_BEFORE, _MOST_AFTER = 15, 30
"""The most digits of an amount before its point and after it; doubles have some 17 after it."""


def is_amount(amount: Decimal) -> bool:
    """Return True if it can be told in figures: 1E+999999 has a million of them (SAFE-10)."""
    # NaN and the infinities have a letter in place of an exponent.
    exponent = amount.as_tuple().exponent
    return (
        isinstance(exponent, int)
        and exponent >= -_MOST_AFTER
        and amount.adjusted() < _MOST_BEFORE
        and exponent < _MOST_BEFORE
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTerms:
    """The terms that differ from the month before: ``now`` and ``before``, with the same fields.

    ``asked``: a person wants the terms of before carried over, and it has not been done yet.
    ``refused`` says why it could not be done.
    """

    before: Terms
    now: Terms
    asked: bool = False
    refused: str = ""

    def seen(self, terms: Terms) -> "OtherTerms | None":
        """Return the difference that is left now that ConnectWise shows ``terms``; None if none is.

        Where somebody has meanwhile agreed on other terms again, a person is asked anew.
        """
        # ConnectWise leaves out what is null: a field that is not shown counts as it was.
        shown = Terms(
            **{
                name: _first(getattr(terms, name), getattr(self.now, name))
                for name in _named(self.before)
            }
        )
        left = differing(shown, self.before)
        if left is None or (left.now, left.before) == (self.now, self.before):
            return None if left is None else self
        untouched = left.now == _only(self.now, _named(left.now))
        return replace(
            left, asked=self.asked and untouched, refused=self.refused if untouched else ""
        )


def differing(now: Terms, before: Terms) -> OtherTerms | None:
    """Return the terms that differ, of those that ConnectWise shows of both; None if none do."""
    names = [
        name
        for name in _named(now)
        if name in _named(before) and getattr(now, name) != getattr(before, name)
    ]
    return OtherTerms(before=_only(before, names), now=_only(now, names)) if names else None


def described(now: Terms, before: Terms) -> str:
    """Describe the difference as a person finds it in ConnectWise.

    For example: ``unit price 4.50 instead of 3.90 and taxable no instead of yes``.
    """
    parts = [
        (
            f"{words} {_plain(name, getattr(now, name))} instead of "
            f"{_plain(name, getattr(before, name))}"
        )
        for name, words in _WORDS.items()
        if name in _named(now)
    ]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


_WORDS = {
    "unit_price": "unit price",
    "less_included": "less included",
    "taxable": "taxable",
    "bill_customer": "bill customer",
}
"""The terms, with their names in ConnectWise's own window."""


def _named(terms: Terms) -> tuple[str, ...]:
    return tuple(name for name in _WORDS if getattr(terms, name) is not None)


def _only(terms: Terms, names: Iterable[str]) -> Terms:
    return Terms(**{name: getattr(terms, name) for name in names})


def _first[T](value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value


def priced(value: Decimal) -> str:
    """Return a price with its cents, and with whatever is finer: a rounded one adds up wrongly."""
    shortest = f"{value.normalize():f}"
    finer_than_cents = len(shortest.partition(".")[2]) > _CENTS
    return shortest if finer_than_cents else f"{value:.2f}"


def _plain(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, Decimal):
        return str(value)
    return priced(value) if name == "unit_price" else f"{value.normalize():f}"


_CENTS = 2
"""The decimals of a price in cents."""
