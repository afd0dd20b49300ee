"""The checks of evidence: each proof against the simulator's truth, and statements against both."""

from collections import Counter
from datetime import timedelta

from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.model.month import Month
from tally.domain.statement.machines import machines_in_words, not_seen_active, seen_active
from tally.domain.statement.statement import Statement
from tally.people.read_statements import read_statement
from testing.evidence import MemoryEvidence
from verification.simulation.billed_services import ENDPOINTS
from verification.simulation.msp import Firm, Msp
from verification.simulation.story import ViolationError

_A_SECOND = timedelta(seconds=1)


class EvidenceChecks:
    """Looks at all that evidence has written since the last look, and at what is drawn from it.

    Every method raises ViolationError.
    """

    def __init__(self, msp: Msp, store: MemoryEvidence) -> None:
        self._msp, self._store = msp, store
        self._seen: dict[tuple[str, Month], Evidence] = {}
        self.counted: Counter[str] = Counter()

    def look(self) -> None:
        """Invariant 11: check what has changed since the last look."""
        for key, kept in self._store.kept.items():
            before = self._seen.get(key)
            if before is not kept:
                self._changed(before, kept)
                self._seen[key] = kept

    def statements(self, month: Month) -> None:
        """Invariant 12: a statement of the month says of machines what the evidence says."""
        for firm in self._msp.firms:
            if firm.there:
                self._statement(firm, month)

    def _changed(self, before: Evidence | None, kept: Evidence) -> None:
        known = {} if before is None else {each.id: each for each in before.machines}
        machines = {each.id: each for each in kept.machines}
        if len(machines) < len(kept.machines):
            raise self._violation(11, "a machine stands there twice", kept)
        if known.keys() - machines.keys():
            raise self._violation(11, f"{known.keys() - machines.keys()} are forgotten", kept)
        for machine in kept.machines:
            proof = known[machine.id].proof if machine.id in known else None
            if proof is not None and machine.proof != proof:
                raise self._violation(11, f"the proof of {machine.id} has changed", kept)
            if machine.proof is not None and proof is None:
                self._proven(kept, machine, machine.proof)

    def _proven(self, kept: Evidence, machine: Machine, proof: MachineProof) -> None:
        """Check a new proof against the simulator's own truth (PROOF-1)."""
        month, truth = kept.month, self._msp.gravityzone.truth
        if not month.starts <= proof.seen <= proof.read < month.next.starts:
            raise self._violation(
                11, f"{machine.id} is proven by {proof}, which is not of the month", kept
            )
        if not truth.was_active(machine.id, str(month), proof.read):
            raise self._violation(11, f"{machine.id} was not active: {proof}", kept)
        seen = [
            each
            for each in truth.tenant.endpoint(machine.id).seen
            if each.month == str(month) and each.at <= proof.read
        ]
        if not any(proof.seen <= each.at < proof.seen + _A_SECOND for each in seen):
            raise self._violation(11, f"{machine.id} did not connect at {proof.seen}", kept)
        if any(each.company_id == kept.company_id for each in seen):
            self.counted["proofs"] += 1
            return
        if self._stood_elsewhere(kept, machine.id):
            raise self._violation(
                11,
                f"{machine.id} is called active here by {proof}, and connected elsewhere alone, "
                "where a walk had found it",
                kept,
            )
        self.counted["proofs of machines that came before a walk saw them elsewhere"] += 1

    def _stood_elsewhere(self, kept: Evidence, machine_id: str) -> bool:
        """Return True if walks had found a machine at another customer before they did here.

        That is in this month, or at the end of the month before.
        """
        listed = {
            company_id
            for (company_id, month), other in self._store.kept.items()
            for each in other.machines
            if each.id == machine_id
            and (month == kept.month or (month.next == kept.month and each.fate is Fate.LISTED))
        }
        in_month_before = self._store.read(kept.company_id, kept.month.previous)
        stayed = in_month_before is not None and any(
            each.id == machine_id and each.fate is Fate.LISTED for each in in_month_before.machines
        )
        elsewhere = {
            company_id
            for company_id in listed - {kept.company_id}
            if not stayed or self._is_named(company_id, kept.month, machine_id)
        }
        return bool(elsewhere)

    def _is_named(self, company_id: str, month: Month, machine_id: str) -> bool:
        kept = self._store.read(company_id, month)
        return kept is not None and any(each.id == machine_id for each in kept.machines)

    def _statement(self, firm: Firm, month: Month) -> None:
        kept = self._store.read(firm.id, month)
        statement = read_statement(
            self._msp.ledger,
            firm.id,
            firm.name,
            month,
            services=[each.name for each in self._msp.setting.services],
            zone=self._msp.setting.zone,
            evidence=self._store,
            evidence_of=ENDPOINTS.name,
        )
        wrong = _wrong(statement, kept)
        if wrong:
            raise ViolationError(12, wrong, company=firm.name, month=str(month))
        self.counted["statements"] += 1

    def _violation(self, invariant: int, what: str, kept: Evidence) -> ViolationError:
        firm = self._msp.by_id.get(kept.company_id)
        name = kept.company_id if firm is None else firm.name
        return ViolationError(invariant, what, company=name, month=str(kept.month))


def _wrong(statement: Statement, kept: Evidence | None) -> str:
    """Return what a statement says of machines and the evidence does not; "" if nothing."""
    words = " ".join(machines_in_words(statement))
    told = {each.service: each.numbers.proven for each in statement.services}
    proven = None if kept is None else sum(each.proof is not None for each in kept.machines)
    if told != {name: proven if name == ENDPOINTS.name else None for name in told}:
        return f"the statement has {told} proven, and the evidence {proven}"
    if kept is None:
        return "" if "not recorded" in words else f"nothing was recorded, and it says: {words}"
    seen, rest = seen_active(kept), not_seen_active(kept)
    if {each.id for each in seen} != {each.id for each in kept.machines if each.proof is not None}:
        return f"it lists {[each.id for each in seen]} as seen active"
    if len(seen) + len(rest) != len(kept.machines):
        return f"it lists {len(seen)} and {len(rest)} machines of {len(kept.machines)}"
    saw = f"Tally saw {proven:,} " if proven else "Tally saw no machine active"
    return "" if saw in words else f"{proven} are proven, and it says: {words}"
