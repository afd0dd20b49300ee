"""Judge what GravityZone answers of a machine, and note it (PROOF-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tally.domain.evidence.evidence import Evidence, Machine, MachineProof
from tally.domain.evidence.inventory_port import LastSeen
from tally.domain.model.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What GravityZone answered of a machine, and when: ``seen`` is None if it is gone."""

    seen: LastSeen | None
    read: datetime


def proof_of(machine: Machine, look: Look, *, company_id: str, month: Month) -> MachineProof | None:
    """Return the proof that the machine was active in the month, if the look is one (PROOF-1).

    It was seen on or after the 1st, 00:00 GMT, and not later than the look; the look was made
    before the month ended; and the machine stood with this customer then. One that had stood with
    another in the month must have been seen after the walk that found it here.
    """
    seen = look.seen
    # GravityZone answers by the machine's id alone, and it may have moved to another customer since
    # the walk.
    if seen is None or seen.at is None or seen.company_id != company_id:
        return None
    # GravityZone keeps the last instant alone, so after the month it says nothing of the month.
    if not month.starts <= seen.at <= look.read < month.next.starts:
        return None
    # Up to then it stood with another customer, for whom it may have been counted.
    if machine.moved_in is not None and seen.at <= machine.moved_in:
        return None
    return MachineProof(seen=seen.at, read=look.read)


def with_looks(evidence: Evidence, looks: Mapping[str, Look], *, count: int) -> Evidence:
    """Return the evidence with what looks proved; the first proof of a machine stays.

    A look in vain is noted with the count at which it was made.
    """
    return replace(
        evidence,
        machines=tuple(
            _looked_at(each, looks[each.id], evidence, count)
            if each.id in looks and each.proof is None
            else each
            for each in evidence.machines
        ),
    )


def _looked_at(machine: Machine, look: Look, evidence: Evidence, count: int) -> Machine:
    proof = proof_of(machine, look, company_id=evidence.company_id, month=evidence.month)
    return replace(machine, asked=count) if proof is None else replace(machine, proof=proof)
