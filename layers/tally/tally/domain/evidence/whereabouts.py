"""The customers with whom a machine stands, or has stood in the month."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tally.domain.evidence.evidence import Evidence, Fate
from tally.domain.evidence.inventory_port import Listed

_SEVERAL = ""
"""Stands for more than one customer: an id costs one entry, however many had it."""


@dataclass(slots=True)
class Whereabouts:
    """Ids of machines, with the customer of each. No customer's name is in it, and none is kept."""

    _been: dict[str, str] = field(default_factory=dict)
    _standing: dict[str, str] = field(default_factory=dict)

    def remember(self, evidence: Evidence) -> None:
        """Take in one customer's evidence of the month, as it was before the walk."""
        for each in evidence.machines:
            _note(self._been, each.id, evidence.company_id)
            if each.fate is Fate.LISTED:
                _note(self._standing, each.id, evidence.company_id)

    def find(self, rows: Iterable[Listed]) -> None:
        """Take in rows of the inventory: what stands there now counts, not where it was."""
        found: dict[str, str] = {}
        for row in rows:
            _note(found, row.id, row.company_id)
        self._standing.update(found)

    def has_been_elsewhere(self, machine_id: str, company_id: str) -> bool:
        """Return True if the evidence of another customer names the machine in this month."""
        return self._been.get(machine_id, company_id) != company_id

    def stands_elsewhere(self, machine_id: str, company_id: str) -> bool:
        """Return True if the machine stands with another customer, as far as anybody looked."""
        return self._standing.get(machine_id, company_id) != company_id


def _note(places: dict[str, str], machine_id: str, company_id: str) -> None:
    if places.setdefault(machine_id, company_id) != company_id:
        places[machine_id] = _SEVERAL
