"""Choose the machines to ask GravityZone about: those whose looks find something (PROOF-1)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tally.domain.evidence.evidence import Evidence, Fate, Machine
from tally.domain.model.month import Month

PATIENT_UNTIL = 8
"""The day of the month, in GMT, from which machines are asked about though not all were active.

By then each has had all days of a week to check in. Before, many looks would be in vain.
"""

# The template's last walk of a month is at 23:23 GMT on its last day.
LAST_HOUR = timedelta(hours=1)


def is_last_walk(at: datetime) -> bool:
    """Return True in the last hour of a GMT month: after it nothing can be proven."""
    return Month.of(at) != Month.of(at + LAST_HOUR)


def whom_to_ask(
    evidence: Evidence, *, count: int, at: datetime, likely: Sequence[str] = ()
) -> tuple[str, ...]:
    """Return the ids of the machines to ask about now, the likeliest first.

    Nobody is asked about while the proven machines are as many as the count. Where all listed ones
    must have been active, since as many are missing, each look finds something: they are asked at
    once. Otherwise some were not active, and nobody knows which: then it waits for the eighth day,
    and while fewer than half of them were active; it looks at no more machines than are missing,
    and at none twice at the same count. In the last hour all are asked, since no later look can
    prove anything; whoever asks stops as soon as the count is reached.

    ``likely`` are the machines of the month before, as ``by_likelihood`` has them.
    """
    missing = count - evidence.proven
    candidates = [each for each in evidence.machines if _may_be_asked(each)]
    if missing <= 0:
        return ()
    if is_last_walk(at):
        return _ordered(candidates, evidence, likely)
    if not _is_worth_it(missing, len(candidates), at):
        return ()
    # At the same count a second look would be in vain, too; a higher one says that somebody came.
    fresh = [each for each in candidates if (each.asked or 0) < count]
    return _ordered(fresh, evidence, likely)[:missing]


def _is_worth_it(missing: int, candidates: int, at: datetime) -> bool:
    """Return True if looks would find something, all of them or, after a week, every second."""
    return missing >= candidates or (at.day >= PATIENT_UNTIL and 2 * missing >= candidates)


def by_likelihood(before: Evidence) -> Sequence[str]:
    """Return the machines that were proven in a month, those first that are used the most.

    They were proven on an early day, and had just been seen when they were.
    """
    proofs = [(each.proof, each.id) for each in before.machines if each.proof is not None]
    proofs.sort(key=lambda each: (each[0].read.date(), each[0].read - each[0].seen, each[1]))
    return tuple(id_ for _, id_ in proofs)


def _ordered(
    machines: Iterable[Machine], evidence: Evidence, likely: Sequence[str]
) -> tuple[str, ...]:
    """Return their ids: those new since the first walk, the likely ones, then the newest.

    A machine is new in the inventory because it has connected. Those that were asked about in vain
    come after all others.
    """
    places = {id_: place for place, id_ in enumerate(likely)}
    begun = evidence.begun.date()
    # All of this only saves calls: whatever the order, no look proves more or less (PROOF-1).
    newest = sorted(machines, key=lambda each: (each.listed, each.id), reverse=True)
    # sort() keeps the order of equals, so among them the newest stay in front.
    newest.sort(
        key=lambda each: (
            each.asked is not None,
            each.listed <= begun,
            places.get(each.id, len(places)),
        )
    )
    return tuple(each.id for each in newest)


def _may_be_asked(machine: Machine) -> bool:
    """Return True if it stands in the inventory, and nothing proves it active yet."""
    # GravityZone tells nothing of one that is gone, and one that has moved proves nothing here.
    return machine.proof is None and machine.fate is Fate.LISTED
