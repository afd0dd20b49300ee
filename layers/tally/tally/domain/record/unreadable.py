"""What of one company cannot be read: it is set aside, with its reason, and everybody else goes on (SAFE-5)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Unreadable(NamedTuple):
    """An item of one company in the ledger that cannot be read; ``why`` names the item."""

    company_id: str
    why: str


def readable[T](
    things: Iterable[T | Unreadable], aside: dict[str, str] | None = None
) -> Iterator[T]:
    """Give what can be read; put the others' reasons ``aside``, the first of each company by its id."""
    for each in things:
        if not isinstance(each, Unreadable):
            yield each
        elif aside is not None:
            aside.setdefault(each.company_id, each.why)


class OddRows:
    """Counts rows of the vendors' lists of which nobody can tell whom they concern, and keeps the first."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._first: list[str] = []

    def heard(self, row: str) -> None:
        """Count one; once, however many lists it is in."""
        if hash(row) in self._seen:
            return
        self._seen.add(hash(row))
        if len(self._first) < _MOST_KEPT:
            self._first.append(row)

    def taken(self) -> tuple[int, tuple[str, ...]]:
        """How many there were, and the first of them; counted anew from here."""
        count, first = len(self._seen), tuple(self._first)
        self._seen, self._first = set(), []
        return count, first


_MOST_KEPT = 10
