"""Ask about one customer's machines, and look into its group "Deleted" (PROOF-1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.evidence.evidence import Evidence
from tally.domain.evidence.inventory_port import Inventory
from tally.domain.evidence.walked import concluded, has_unseen
from tally.domain.evidence.what_proves import Look, proof_of, with_looks
from tally.domain.evidence.whom_to_ask import by_likelihood, whom_to_ask
from tally.domain.model.month import Month
from tally.errors import ContractError
from tally.evidence.customers import count_of
from tally.evidence.jobs import EvidenceJob
from tally.evidence.queue_port import EvidenceQueue
from tally.evidence.store import Recorder
from tally.ports import Clock, Ledger

SAVED_EACH = 200
"""Looks after which what they proved is saved: no more are lost if the function is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The use case of a look. ``has_time`` tells if there is time for one more machine.

    ``on_odd_answer`` hears of answers that cannot be understood.
    """

    inventory: Inventory
    ledger: Ledger
    recorder: Recorder
    queue: EvidenceQueue
    clock: Clock
    service: str
    has_time: Callable[[], bool] = lambda: True
    on_odd_answer: Callable[[str], None] = lambda _: None

    def __call__(self, job: EvidenceJob) -> int:
        """Ask about the customer's machines that are to be asked about; return their number.

        They are chosen anew, so that a job that comes twice asks nothing twice. After the month's
        end nothing is asked: it would prove nothing (PROOF-1). Raises TallyError, with all that
        was found saved.
        """
        month = Month.of(job.at)
        if not self.service or not self._is_in(month):
            return 0
        evidence = self.recorder.read(job.company_id, month)
        if evidence is None:
            return 0
        count = count_of(self.ledger, job.company_id, month, self.service)
        asked = whom_to_ask(evidence, count=count, at=job.at, likely=self._likely(evidence))
        session = _Session(looks=self, evidence=evidence, count=count)
        try:
            is_done = session.ask(asked)
        finally:
            session.save()
        if not is_done:
            self.queue.send([job.body])
        return session.asked

    def _is_in(self, month: Month) -> bool:
        return Month.of(self.clock.now()) == month

    def _likely(self, evidence: Evidence) -> Sequence[str]:
        """Return the machines that were proven in the month before, if that can be read."""
        try:
            before = self.recorder.read(evidence.company_id, evidence.month.previous)
        except ContractError:
            return ()
        return () if before is None else by_likelihood(before)


@dataclass(slots=True, kw_only=True)
class _Session:
    """The looks of one job; ``unsaved`` are those that the ledger does not have yet."""

    looks: Looks
    evidence: Evidence
    count: int
    asked: int = 0
    proven: int = 0
    unsaved: dict[str, Look] = field(default_factory=dict)

    def ask(self, machine_ids: tuple[str, ...]) -> bool:
        """Ask about them, one by one; return False if time is nearly over before the last.

        It stops as soon as the count is reached, and at the month's end.
        """
        company_id, month = self.evidence.company_id, self.evidence.month
        machines = {each.id: each for each in self.evidence.machines}
        self.proven = self.evidence.proven
        for machine_id in machine_ids:
            if self.proven >= self.count:
                return True
            if not self.looks.has_time() and self.asked:
                return False
            look = self._look(machine_id)
            if look.read >= month.next.starts:
                return True
            proof = proof_of(machines[machine_id], look, company_id=company_id, month=month)
            self.proven += proof is not None
            self.asked += 1
            self.unsaved[machine_id] = look
            if len(self.unsaved) >= SAVED_EACH:
                self.save()
        return True

    def _look(self, machine_id: str) -> Look:
        try:
            seen = self.looks.inventory.last_seen(machine_id)
        except ContractError as error:
            # One machine's odd answer is no proof of it, and stops no other.
            self.looks.on_odd_answer(str(error))
            seen = None
        return Look(seen=seen, read=self.looks.clock.now())

    def save(self) -> None:
        """Write what was found onto the evidence as it is now. What was removed stays removed."""
        if not self.unsaved:
            return
        found: Mapping[str, Look] = dict(self.unsaved)
        self.looks.recorder.change(
            self.evidence.company_id,
            self.evidence.month,
            lambda now: None if now is None else with_looks(now, found, count=self.count),
        )
        self.unsaved.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """The use case that ends a month: what became of machines that nobody saw any more."""

    inventory: Inventory
    recorder: Recorder

    def __call__(self, job: EvidenceJob) -> int:
        """Look into the customer's group "Deleted"; return the number of machines found there.

        Nothing is proven by it: the month is over (PROOF-1). Raises TallyError.
        """
        month, company_id = Month.of(job.at).previous, job.company_id
        evidence = self.recorder.read(company_id, month)
        if evidence is None or not has_unseen(evidence):
            return 0
        group = self.inventory.deleted_group(company_id)
        if group is None:
            return 0
        deleted = {each.id for each in self.inventory.machines(group)}
        self.recorder.change(
            company_id, month, lambda now: None if now is None else concluded(now, deleted)
        )
        return len(deleted)
