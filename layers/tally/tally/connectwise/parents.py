"""Agreements that are invoiced through others (``parentAgreement``): rule MATCH-6."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import batched
from typing import NamedTuple

from pydantic import Field

from tally.connectwise.calls import Calls
from tally.connectwise.models import DayIfAny, Id, IdIfAny, InfoIfAny, Name, Received
from tally.domain.model.agreement import Agreement
from tally.errors import ContractError, SetupError

_MOST_LEVELS = 10
"""So many agreements may stand above one another; a bundle of bundles is two."""
_ASKED_AT_ONCE = 100
"""Ids in one search, so that its address stays short."""


class _Row(Received):
    """As much of an agreement as tells how it is invoiced; whatever else is odd of it does not matter here."""

    id: Id
    name: Name = ""
    parent_agreement: IdIfAny = None
    next_invoice_date: DayIfAny = None
    info: InfoIfAny = Field(default=None, alias="_info")


class _Above(NamedTuple):
    """An agreement as its children see it."""

    id: int
    name: str
    next_invoice: date | None
    version: str
    parent: int | None


class Parents:
    """Finds the agreements through which others are invoiced, and those that are invoiced through one."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def through(
        self, agreements: Sequence[Agreement], parents: Mapping[int, int]
    ) -> Sequence[Agreement]:
        """The same agreements, each child with its invoices' dates. ``parents`` maps a child's id to its parent's.

        A parent may be of another type or company, and have a parent itself. Where it cannot be seen, or nobody stands at
        the top, no date is known. Raises TransientError: then nothing is known of any of them.
        """
        known = {
            each.id: _Above(
                each.id, each.name, each.next_invoice, each.version, parents.get(each.id)
            )
            for each in agreements
        }
        wanted = {*parents.values()} - known.keys()
        for _ in range(_MOST_LEVELS):
            found = self._read(wanted)
            known |= found
            wanted = {
                each.parent for each in found.values() if each.parent is not None
            } - known.keys()
        return [
            _invoiced_through(each, known) if each.id in parents else each for each in agreements
        ]

    def below(self, agreement_id: int) -> set[int]:
        """The agreements that are invoiced through one, directly or through each other."""
        found: set[int] = set()
        above = {agreement_id}
        for _ in range(_MOST_LEVELS):
            rows = self._search("parentAgreement/id", above)
            above = {row.id for row in rows if row.parent_agreement in above} - found
            found |= above
        return found

    def _read(self, ids: Iterable[int]) -> Mapping[int, _Above]:
        wanted = {*ids}
        try:
            rows = [row for row in self._search("id", wanted) if row.id in wanted]
        except (ContractError, SetupError):
            # It is refused or cannot be read for good: no reason to plan nothing for all others.
            return {}
        return {
            row.id: _Above(
                row.id,
                row.name,
                row.next_invoice_date,
                row.info.last_updated if row.info else "",
                row.parent_agreement,
            )
            for row in rows
        }

    def _search(self, name: str, ids: Iterable[int]) -> list[_Row]:
        return [
            row
            for some in batched(sorted(ids), _ASKED_AT_ONCE, strict=False)
            for row in self._calls.rows(
                "/finance/agreements",
                _Row.model_validate,
                conditions=f"{name} in ({','.join(map(str, some))})",
            )
        ]


def _invoiced_through(agreement: Agreement, known: Mapping[int, _Above]) -> Agreement:
    """The agreement with the dates of the one at the top; with none where that cannot be told."""
    top, seen = known[agreement.id], {agreement.id}
    while top.parent is not None:
        above = known.get(top.parent)
        if above is None or above.id in seen:
            return replace(agreement, next_invoice=None, invoiced_through=f"agreement {top.parent}")
        top = above
        seen.add(top.id)
    return replace(
        agreement,
        next_invoice=top.next_invoice,
        invoiced_through=f"'{top.name}' (id {top.id})",
        version=max(agreement.version, top.version),
    )
