"""Agreements that are invoiced through a parent agreement (MATCH-6).

Other vendors' pages say that bundled agreements are invoiced together through their parent, and
that a child's own ``nextInvoiceDate`` need not move. We are about 70 % sure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import batched

from pydantic import Field

from tally.connectwise.calls import Calls
from tally.connectwise.fields import DayIfAny, Id, IdIfAny, Name
from tally.connectwise.models import InfoIfAny, Received
from tally.domain.model.agreement import Agreement
from tally.errors import ContractError, SetupError

_MOST_LEVELS = 10
"""Agreements that may stand above one another; a bundle of bundles has two."""
# Proxies refuse addresses of some thousand characters.
_ASKED_AT_ONCE = 100
"""Ids in one search, so that its address stays short."""


class _Row(Received):
    """The fields of an agreement that tell how it is invoiced; no other one can spoil it here."""

    id: Id
    name: Name = ""
    parent_agreement: IdIfAny = None
    next_invoice_date: DayIfAny = None
    info: InfoIfAny = Field(default=None, alias="_info")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Above:
    """An agreement as its children see it."""

    id: int
    name: str
    next_invoice: date | None
    version: str
    parent: int | None


class Parents:
    """Finds the parents of agreements, and the agreements below one."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def through(
        self, agreements: Sequence[Agreement], parents: Mapping[int, int]
    ) -> Sequence[Agreement]:
        """Return the same agreements, each child with the invoice date of the one at the top.

        ``parents`` maps a child's id to its parent's. A parent may be of another type or company,
        and may have a parent itself. If one cannot be seen, or they stand in a circle, the child
        has no date. Raises TransientError: then nothing is known of any of them.
        """
        known = {
            each.id: _Above(
                id=each.id,
                name=each.name,
                next_invoice=each.next_invoice,
                version=each.version,
                parent=parents.get(each.id),
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
        """Return the ids of the agreements below one, at any depth."""
        found: set[int] = set()
        above = {agreement_id}
        for _ in range(_MOST_LEVELS):
            rows = self._search("parentAgreement/id", above)
            # A search is filtered again: on a live tenant a condition was ignored silently.
            above = {row.id for row in rows if row.parent_agreement in above} - found
            found |= above
        return found

    def _read(self, ids: Iterable[int]) -> Mapping[int, _Above]:
        wanted = {*ids}
        try:
            rows = [row for row in self._search("id", wanted) if row.id in wanted]
        except (ContractError, SetupError):
            # It will be refused, or unreadable, next time too: the other agreements are planned.
            return {}
        return {
            row.id: _Above(
                id=row.id,
                name=row.name,
                next_invoice=row.next_invoice_date,
                version=row.info.last_updated if row.info else "",
                parent=row.parent_agreement,
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
    """Return the agreement with the invoice date of the one at the top; None if it is not known."""
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
