"""Ask about one customer's machines, and look into its group "Deleted" (PROOF-1)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.evidence.evidence import Evidence
from tally.domain.evidence.proofs import Look, proof_of, with_looks
from tally.domain.evidence.walked import concluded, has_unseen
from tally.domain.evidence.whom_to_ask import by_likelihood, whom_to_ask
from tally.domain.model.month import Month
from tally.errors import ContractError
from tally.evidence.customers import count_of
from tally.evidence.jobs import EvidenceJob
from tally.evidence.means import Means

SAVED_EACH = 200
"""Looks after which what they proved is saved: no more are lost if the function is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The use case of a look. ``on_odd_answer`` hears of answers that cannot be understood."""

    means: Means
    on_odd_answer: Callable[[str], None] = lambda _: None

    def __call__(self, job: EvidenceJob) -> int:
        """Ask about the customer's machines that are to be asked about; return their number.

        They are chosen anew, so that a job that comes twice asks nothing twice. After the month's
        end nothing is asked: it would prove nothing (PROOF-1). Raises TallyError, with all that
        was found saved.
        """
        means, month = self.means, Month.of(job.at)
        if not means.service or not means.is_in(month):
            return 0
        evidence = means.recorder.read(job.company_id, month)
        if evidence is None:
            return 0
        count = count_of(means.ledger, job.company_id, month, means.service)
        # By the walk's time: all jobs of a month's last walk ask about everybody, whenever they
        # run.
        asked = whom_to_ask(evidence, count=count, at=job.at, likely=self._likely(evidence))
        session = _Session(looks=self, evidence=evidence, count=count)
        try:
            is_done = session.ask(asked)
        finally:
            session.save()
        if not is_done:
            # The rest is a new message: the number of receives of this one is for failures.
            means.queue.send([job.body])
        return session.asked

    def _likely(self, evidence: Evidence) -> Sequence[str]:
        """Return the machines that were proven in the month before, if that can be read."""
        try:
            before = self.means.recorder.read(evidence.company_id, evidence.month.previous)
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
            # At least one look a job, or one that always comes late would come again for ever.
            if not self.looks.means.has_time() and self.asked:
                return False
            look = self._look(machine_id)
            # PROOF-1: this answer came after the month's end, and says nothing of the month.
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
            seen = self.looks.means.inventory.last_seen(machine_id)
        except ContractError as error:
            # One machine's odd answer is no proof of it, and stops no other.
            self.looks.on_odd_answer(str(error))
            seen = None
        return Look(seen=seen, read=self.looks.means.clock.now())

    def save(self) -> None:
        """Write what was found onto the evidence as it is now. What was removed stays removed."""
        if not self.unsaved:
            return
        found: Mapping[str, Look] = dict(self.unsaved)
        self.looks.means.recorder.change(
            self.evidence.company_id,
            self.evidence.month,
            lambda now: None if now is None else with_looks(now, found, count=self.count),
        )
        self.unsaved.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude:
    """The use case that ends a month: what became of machines that nobody saw any more."""

    means: Means

    def __call__(self, job: EvidenceJob) -> int:
        """Look into the customer's group "Deleted"; return the number of machines found there.

        Nothing is proven by it: the month is over (PROOF-1). Raises TallyError.
        """
        inventory, recorder = self.means.inventory, self.means.recorder
        month, company_id = Month.of(job.at).previous, job.company_id
        evidence = recorder.read(company_id, month)
        if evidence is None or not has_unseen(evidence):
            return 0
        group = inventory.deleted_group(company_id)
        if group is None:
            return 0
        deleted = {each.id for each in inventory.machines(group)}
        recorder.change(
            company_id, month, lambda now: None if now is None else concluded(now, deleted)
        )
        return len(deleted)
