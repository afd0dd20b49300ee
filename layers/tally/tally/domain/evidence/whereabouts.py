"""The customers with whom a machine stands, or has stood in the month or at the end of the last."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tally.domain.evidence.evidence import Evidence, Fate
from tally.domain.evidence.inventory_port import Listed

_SEVERAL = ""
"""Stands for more than one customer: an id costs one entry, however many had it."""

type _Sighting = tuple[str, datetime]
"""A customer, and the instant at which a walk found machines there."""


@dataclass(slots=True)
class Whereabouts:
    """Ids of machines, with the customer of each. No customer's name is in it, and none is kept.

    ``_been`` has who had a machine, ``_standing`` who has it as far as anybody looked. ``_found``
    has where a walk found it, last with that customer, and ``_further`` where else, which is rare.
    """

    _been: dict[str, str] = field(default_factory=dict)
    _standing: dict[str, str] = field(default_factory=dict)
    _found: dict[str, _Sighting] = field(default_factory=dict)
    _further: dict[str, list[_Sighting]] = field(default_factory=dict)

    def remember_last_month(self, evidence: Evidence) -> None:
        """Take in where machines stood at the end of the month before.

        One may have connected there in this month, and moved before this month's first walk.
        """
        for each in evidence.machines:
            if each.fate is Fate.LISTED:
                _note(self._been, each.id, evidence.company_id)

    def remember(self, evidence: Evidence) -> None:
        """Take in one customer's evidence of the month, as it was before the walk."""
        sighting = (evidence.company_id, evidence.walked)
        for each in evidence.machines:
            _note(self._been, each.id, evidence.company_id)
            if each.fate is Fate.LISTED:
                _note(self._standing, each.id, evidence.company_id)
                self._sight(each.id, sighting)

    def find(self, rows: Iterable[Listed], at: datetime) -> None:
        """Take in rows of the inventory: what stands there now counts, not where it was.

        A machine that moves while customers are walked one by one is found with both.
        """
        found: dict[str, str] = {}
        # A customer's machines share one tuple: the whole inventory of an MSP may be in here.
        sightings: dict[str, _Sighting] = {}
        for row in rows:
            _note(found, row.id, row.company_id)
            _note(self._been, row.id, row.company_id)
            self._sight(row.id, sightings.setdefault(row.company_id, (row.company_id, at)))
        self._standing.update(found)

    def has_been_elsewhere(self, machine_id: str, company_id: str) -> bool:
        """Return True if a walk found the machine with another customer, up to now."""
        # _SEVERAL is nobody's id: what several had has been elsewhere for each of them.
        return self._been.get(machine_id, company_id) != company_id

    def stands_elsewhere(self, machine_id: str, company_id: str) -> bool:
        """Return True if the machine stands with another customer, as far as anybody looked."""
        return self._standing.get(machine_id, company_id) != company_id

    def found_elsewhere(self, machine_id: str, company_id: str) -> datetime | None:
        """Return when it was last found with another customer whom no walk has seen it leave."""
        first = self._found.get(machine_id)
        sightings = [*([] if first is None else [first]), *self._further.get(machine_id, ())]
        return max((at for customer, at in sightings if customer != company_id), default=None)

    def _sight(self, machine_id: str, sighting: _Sighting) -> None:
        first = self._found.setdefault(machine_id, sighting)
        if first[0] == sighting[0]:
            # Found there again: it came from there after the later of both.
            self._found[machine_id] = max(first, sighting)
        else:
            self._further.setdefault(machine_id, []).append(sighting)


def _note(places: dict[str, str], machine_id: str, company_id: str) -> None:
    if places.setdefault(machine_id, company_id) != company_id:
        places[machine_id] = _SEVERAL
