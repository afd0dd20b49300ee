"""What of one company cannot be read: it is set aside, with its reason, and everybody else goes on (SAFE-5)."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Unreadable(NamedTuple):
    """An item of one company in the ledger that cannot be read; ``why`` names the item."""

    company_id: str
    why: str


def readable[T](things: Iterable[T | Unreadable], aside: dict[str, str] | None = None) -> Iterator[T]:
    """Give what can be read; put the others' reasons ``aside``, the first of each company by its id."""
    for each in things:
        if not isinstance(each, Unreadable):
            yield each
        elif aside is not None:
            aside.setdefault(each.company_id, each.why)
