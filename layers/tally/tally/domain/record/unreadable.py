"""Items of one company that cannot be read, set aside so that all others go on (SAFE-5)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tally.domain.model.month import Month


class Unreadable(NamedTuple):
    """An item of one company in the ledger that cannot be read; ``why`` names the item.

    ``month`` is a usage record's month; None if the item is of no month, or nobody can tell.
    """

    company_id: str
    why: str
    month: Month | None = None


def readable[T](
    things: Iterable[T | Unreadable], aside: dict[str, str] | None = None
) -> Iterator[T]:
    """Give what can be read; put the first reason of each other company ``aside``, by its id."""
    for each in things:
        if not isinstance(each, Unreadable):
            yield each
        elif aside is not None:
            aside.setdefault(each.company_id, each.why)


def but_of_others[T](things: Iterable[T | Unreadable], month: Month) -> Iterator[T | Unreadable]:
    """Leave out what cannot be read of another month: it is no trouble of this one (SAFE-5)."""
    for each in things:
        if not isinstance(each, Unreadable) or each.month in (None, month):
            yield each


class OddRows:
    """A count of rows in the vendors' lists that name no known company, with the first of them."""

    def __init__(self) -> None:
        self._seen: set[int] = set()  # hashes, as rows can be many and long
        self._first: list[str] = []

    def heard(self, row: str) -> None:
        """Count one row once, however many lists it is in."""
        if hash(row) in self._seen:
            return
        self._seen.add(hash(row))
        if len(self._first) < _MOST_KEPT:
            self._first.append(row)

    def taken(self) -> tuple[int, tuple[str, ...]]:
        """Return the number of rows and the first of them, and begin a new count."""
        count, first = len(self._seen), tuple(self._first)
        self._seen, self._first = set(), []
        return count, first


_MOST_KEPT = 10
