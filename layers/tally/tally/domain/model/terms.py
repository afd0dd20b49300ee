"""The terms of an Addition: what a new one came with, and where that is not what the month before has (OPEN-5)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

BILLABLE = "Billable"
"""The word with which Additions are made: the customer is billed (OPEN-5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one unit costs, how many are included, whether it is taxed, and whether the customer is billed at all.

    The price is in the MSP's currency. ``bill_customer`` is ConnectWise's own word: Billable, DoNotBill or NoCharge. None is
    what ConnectWise does not show.
    """

    unit_price: Decimal | None = None
    less_included: Decimal | None = None
    taxable: bool | None = None
    bill_customer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTerms:
    """The terms of an Addition that are not those of the month before: ``now`` here, ``before`` there, of the same fields.

    ``asked``: a person wants those of before carried over, and it has not been done yet. ``refused``: why it could not be.
    """

    before: Terms
    now: Terms
    asked: bool = False
    refused: str = ""

    def seen(self, terms: Terms) -> "OtherTerms | None":
        """What is left of the difference now that ConnectWise shows ``terms``; None if nothing is.

        Where somebody has meanwhile agreed something else again, that is not what was to be replaced: a person is asked anew.
        """
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
    """The terms in which two Additions differ, of those that ConnectWise shows of both; None if in none."""
    names = [
        name
        for name in _named(now)
        if name in _named(before) and getattr(now, name) != getattr(before, name)
    ]
    return OtherTerms(before=_only(before, names), now=_only(now, names)) if names else None


def described(now: Terms, before: Terms) -> str:
    """What differs, as a person finds it in ConnectWise: ``unit price 4.50 instead of 3.90 and taxable no instead of yes``."""
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
"""The terms, and what ConnectWise's own window calls them."""


def _named(terms: Terms) -> tuple[str, ...]:
    return tuple(name for name in _WORDS if getattr(terms, name) is not None)


def _only(terms: Terms, names: Iterable[str]) -> Terms:
    return Terms(**{name: getattr(terms, name) for name in names})


def _first[T](value: T | None, otherwise: T) -> T:
    return otherwise if value is None else value


def _plain(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, Decimal):
        return str(value)
    shortest = f"{value.normalize():f}"
    finer_than_cents = len(shortest.partition(".")[2]) > _CENTS
    return shortest if name != "unit_price" or finer_than_cents else f"{value:.2f}"


_CENTS = 2
"""The decimals of a price in cents."""
