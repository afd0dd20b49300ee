"""Turn a walk of the inventory into evidence: who is listed, since when, and who is gone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tally.domain.evidence.evidence import Evidence, Fate, Machine
from tally.domain.evidence.inventory_port import Listed
from tally.domain.evidence.whereabouts import Whereabouts
from tally.domain.model.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One customer's inventory, read to its end: only then is an absence a fact (READ-9).

    ``at`` is the instant at which the last row had been read, in UTC.
    """

    company_id: str
    at: datetime
    rows: Sequence[Listed]


def after_walk(before: Evidence | None, visit: Visit, whereabouts: Whereabouts) -> Evidence:
    """Return the month's evidence of a customer after a visit.

    A machine keeps the day on which it was first found, also when it returns. Machines with one id
    (clones) are one. What went is kept: it may have been counted before (PROOF-3).
    """
    rows = {row.id: row for row in visit.rows}
    known = {} if before is None else {each.id: each for each in before.machines}
    return Evidence(
        company_id=visit.company_id,
        month=Month.of(visit.at),
        begun=visit.at if before is None else before.begun,
        walked=visit.at,
        machines=tuple(
            _listed(known.get(id_), rows[id_], visit, whereabouts)
            if id_ in rows
            else _missing(known[id_], visit, whereabouts)
            for id_ in sorted(rows.keys() | known.keys())
        ),
        version=0 if before is None else before.version,
    )


def _listed(known: Machine | None, row: Listed, visit: Visit, whereabouts: Whereabouts) -> Machine:
    """Return a machine that stands in the customer's inventory."""
    machine = known or Machine(id=row.id, name="", fqdn="", listed=_day(visit))
    return replace(
        machine,
        name=row.name,
        fqdn=row.fqdn,
        fate=Fate.LISTED,
        gone=None,
        moved_in=visit.at if _has_come(known, row, visit, whereabouts) else machine.moved_in,
    )


def _has_come(known: Machine | None, row: Listed, visit: Visit, whereabouts: Whereabouts) -> bool:
    """Return True if it came from another customer since it was last known to stand here.

    One that was listed here all along may have been away between two visits: another customer's
    walk has found it after all that was found here (PROOF-1).
    """
    # New here, or back again: then each customer who had it in the month matters.
    if known is None or known.fate is not Fate.LISTED:
        return whereabouts.has_been_elsewhere(row.id, visit.company_id)
    found = whereabouts.found_elsewhere(row.id, visit.company_id)
    # Found there only after this visit, it may have left, and has not come from there.
    if found is None or found >= visit.at:
        return False
    return known.moved_in is None or known.moved_in < found


def _missing(machine: Machine, visit: Visit, whereabouts: Whereabouts) -> Machine:
    """Return a machine that the customer's inventory lacks. It may be found elsewhere later."""
    if whereabouts.stands_elsewhere(machine.id, visit.company_id):
        fate = Fate.MOVED
    else:
        # What became of one that was deleted or has moved is known: this walk tells nothing new.
        fate = Fate.UNSEEN if machine.fate is Fate.LISTED else machine.fate
    return replace(machine, fate=fate, gone=machine.gone or _day(visit))


def has_unseen(evidence: Evidence) -> bool:
    """Return True if the group "Deleted" may say what became of one of the machines."""
    return any(each.fate is Fate.UNSEEN for each in evidence.machines)


def concluded(evidence: Evidence, deleted: Collection[str]) -> Evidence:
    """Return the evidence with the fate of machines that stand in the group "Deleted".

    That is all it says: a reading after the month proves nothing of the month (PROOF-1).
    """
    return replace(
        evidence,
        machines=tuple(
            replace(each, fate=Fate.DELETED)
            if each.fate is Fate.UNSEEN and each.id in deleted
            else each
            for each in evidence.machines
        ),
    )


def _day(visit: Visit) -> date:
    return visit.at.date()
