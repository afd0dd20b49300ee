"""The words of the machines that were seen active: compared with the count, never equal to it.

What they say of deleted and returning machines is Bitdefender's documentation of GravityZone: a
deletion leaves the count of its month as it is, and a machine that comes back is a new endpoint.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tally.domain.evidence.evidence import Evidence, Fate, Machine
from tally.domain.statement.sentences import NOT_RECORDED, minute
from tally.domain.statement.statement import ServiceStatement, Stage, Statement

NOT_READABLE = "not readable"

_HOW_MISSED = "deleted, returned under a new id, or missed"
_HOW_MORE = "moved, cloned, returned under a new id, or seen after the count was read"

_FATES = {
    Fate.LISTED: "in the inventory",
    Fate.DELETED: "deleted",
    Fate.MOVED: "moved to another company",
    Fate.UNSEEN: "not found any more",
}


def machines_in_words(of: Statement) -> tuple[str, ...]:
    """Say how many machines were seen active, beside the count, and what is not known (PROOF-3).

    No other customer is named: a statement is handed to a customer.
    """
    evidence = of.evidence
    if evidence is None:
        return (_nothing(of),)
    service = _behind(of)
    proven = seen_active(evidence)
    told = (
        _compared(service, evidence, of.stage),
        _of_partner(service),
        _told(_deleted, [each for each in proven if each.fate is Fate.DELETED]),
        _told(_moved, [each for each in proven if _has_moved(each)]),
        _told(_unseen, [each for each in proven if each.fate is Fate.UNSEEN]),
        _names_twice(proven),
        _not_active(evidence),
        f"{_first_walk(evidence)} {_last_walk(evidence, of.stage)}",
    )
    return tuple(filter(None, told))


def seen_active(evidence: Evidence) -> Sequence[Machine]:
    """Return the machines that were proven active in the month, by name (PROOF-1)."""
    return _by_name(each for each in evidence.machines if each.proof is not None)


def not_seen_active(evidence: Evidence) -> Sequence[Machine]:
    """Return the machines of the inventory that nothing proves active in the month, by name."""
    return _by_name(each for each in evidence.machines if each.proof is None)


def became_of(machine: Machine) -> str:
    """Say what became of a machine, and on which days walks found that."""
    found = "" if machine.gone is None else f", found on {machine.gone}"
    came = machine.moved_in
    before = "" if came is None else f"came from another company, found on {came.date()}; "
    return f"{before}{_FATES[machine.fate]}{found}"


def known_of_machines(of: Statement, service: ServiceStatement) -> str:
    """Return the number of machines seen active behind a service; say it where there is none."""
    if service.numbers.proven is not None:
        return f"{service.numbers.proven:,}"
    is_damaged = of.evidence_unreadable and service.service == of.evidence_of
    return NOT_READABLE if is_damaged else NOT_RECORDED


def _by_name(machines: Iterable[Machine]) -> Sequence[Machine]:
    return sorted(machines, key=lambda each: (each.name.casefold(), each.id))


def _nothing(of: Statement) -> str:
    """Say that no machine is known: nothing is filled in afterwards (PROOF-5)."""
    if of.evidence_unreadable:
        return (
            "Which machines were seen active cannot be told: what Tally has stored of them is "
            f"{NOT_READABLE}."
        )
    return (
        f"Which machines were seen active is {NOT_RECORDED}: Tally keeps no look at this "
        "customer's inventory in this month. Nothing is filled in afterwards."
    )


def _behind(of: Statement) -> ServiceStatement | None:
    """Return the service that bills what the machines are evidence of."""
    return next((each for each in of.services if each.service == of.evidence_of), None)


def _compared(service: ServiceStatement | None, evidence: Evidence, stage: Stage) -> str:
    """Say both numbers and the difference, and that no number of machines is the count."""
    proven = evidence.proven
    if service is None:
        return f"{_saw(proven)}. There is no count of all endpoints here to compare that with."
    counted = service.numbers.counted
    if counted is None:
        return f"{_saw(proven)}. GravityZone's count is {NOT_RECORDED}: nothing is compared."
    counts = f"GravityZone counts {counted:,}. "
    if proven < counted:
        return counts + _fewer(counted - proven, evidence, stage)
    if proven > counted:
        return (
            f"{counts}{_saw(proven)}: {_number(proven - counted)} more than it counts "
            f"({_HOW_MORE}). Tally adds none to the count."
        )
    if not proven:
        return f"{counts}{_saw(0)}."
    # PROOF-3: where the numbers agree, these machines are not said to be the counted ones.
    return (
        f"{counts}{_saw(proven)}. GravityZone does not name those it counts: nothing shows that "
        "they are these."
    )


def _fewer(missing: int, evidence: Evidence, stage: Stage) -> str:
    """Say how many that were counted were not seen; at least so many if others may be elsewhere."""
    proven = evidence.proven
    yet = " yet" if stage is Stage.PROVISIONAL else ""
    not_seen = f"{_number(missing)} {_was(missing)} not seen{yet} ({_HOW_MISSED})."
    if not proven:
        return f"{_saw(0)}: {not_seen}"
    # One that moved may be counted for the other customer, and then more than these were not seen.
    if any(map(_has_moved, seen_active(evidence))):
        return f"{_saw(proven)}; of those counted at least {not_seen}"
    return f"Tally saw {proven:,} of them active, by name; {not_seen}"


def _saw(proven: int) -> str:
    if not proven:
        return "Tally saw no machine active"
    return f"Tally saw {proven:,} {_machines(proven)} active, by name"


def _of_partner(service: ServiceStatement | None) -> str:
    if service is None or not service.is_partners_own:
        return ""
    return (
        "These are the machines of the partner's own inventory, without those of the companies "
        "below."
    )


def _told(words: Callable[[int], str], machines: Sequence[Machine]) -> str:
    return words(len(machines)) if machines else ""


def _has_moved(machine: Machine) -> bool:
    """Return True if a machine has stood with another customer in the month, before or after."""
    return machine.fate is Fate.MOVED or machine.moved_in is not None


def _deleted(number: int) -> str:
    it = "it" if number == 1 else "them"
    return (
        f"{_of_those_seen(number)} {_was(number)} deleted within the month: by its documentation, "
        f"GravityZone goes on counting {it} until the month ends."
    )


def _moved(number: int) -> str:
    it = "it is" if number == 1 else "they are"
    return (
        f"{_of_those_seen(number)} moved between this inventory and another company's: for which "
        f"of the two {it} counted, GravityZone does not say."
    )


def _unseen(number: int) -> str:
    return (
        f"{_of_those_seen(number)} {_was(number)} not found any more, and nothing says what became "
        f"of {'it' if number == 1 else 'them'}."
    )


def _of_those_seen(number: int) -> str:
    return f"{_number(number).capitalize()} of the machines seen active"


def _names_twice(proven: Sequence[Machine]) -> str:
    """Say that a name has several ids: a customer asks why it stands there twice."""
    times = Counter(each.name.casefold() for each in proven if each.name.strip())
    number = sum(each > 1 for each in times.values())
    if not number:
        return ""
    names, stand = ("name", "stands") if number == 1 else ("names", "stand")
    return (
        f"{_number(number).capitalize()} {names} {stand} there more than once, each time with "
        "another id: GravityZone counts a machine anew that was deleted and returned under a new "
        "id."
    )


def _not_active(evidence: Evidence) -> str:
    number = len(not_seen_active(evidence))
    if not number:
        return ""
    further = "further " if evidence.proven else ""
    return (
        f"{_number(number).capitalize()} {further}{_machines(number)} stood in the inventory, and "
        f"nothing proves {'it' if number == 1 else 'them'} active in this month."
    )


def _first_walk(evidence: Evidence) -> str:
    """Say when evidence began; what was gone by then is not recorded (PROOF-5)."""
    told = f"Tally first looked at the inventory on {minute(evidence.begun)}"
    if evidence.begun.date() == evidence.month.first:
        return f"{told}."
    return f"{told}: machines that were gone by then are {NOT_RECORDED}."


def _last_walk(evidence: Evidence, stage: Stage) -> str:
    """Say when evidence ended; of a month that is over, what came after that is missing."""
    told = f"It last looked on {minute(evidence.walked)}"
    if stage is not Stage.FINAL or evidence.walked.date() >= evidence.month.last:
        return f"{told}."
    return f"{told}: machines that came after that are {NOT_RECORDED}."


def _number(of: int) -> str:
    return "one" if of == 1 else f"{of:,}"


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _machines(number: int) -> str:
    return "machine" if number == 1 else "machines"
