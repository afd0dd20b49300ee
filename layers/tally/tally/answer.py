"""A person's use cases: answering what is held. Each is written with who did it and why into the record's history."""

from collections.abc import Callable
from dataclasses import dataclass

from tally.domain.answers import Person, approve, reject
from tally.domain.record import RecordKey, Transition, UsageRecord
from tally.errors import SetupError
from tally.ports import Clock, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The use cases with what they need. What they allow is carried out by the next tick's jobs."""

    ledger: Ledger
    clock: Clock

    def approve(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Let the number that is held be written. Raises SetupError, or ConflictError if a job was first."""
        return self._answer(key, approve, by=by, why=why)

    def reject(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Keep what stands in ConnectWise. Raises SetupError, or ConflictError if a job was first."""
        return self._answer(key, reject, by=by, why=why)

    def _answer(
        self, key: RecordKey, answer: Callable[[UsageRecord, Person], Transition | str], *, by: str, why: str
    ) -> UsageRecord:
        record = self.ledger.record(key)
        if record is None:
            raise SetupError(f"The ledger has no record of {key}.")
        transition = answer(record, Person(by=by, why=why, at=self.clock.now()))
        if isinstance(transition, str):
            raise SetupError(transition)
        self.ledger.save(transition)
        return transition.after
