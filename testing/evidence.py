"""Evidence kept in memory, and the queue of its function: they promise what AWS's adapters do."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.errors import ConflictError


@dataclass(slots=True)
class MemoryEvidence:
    """The evidence of all companies and months in memory; ``dropped`` says when each may go."""

    kept: dict[tuple[str, Month], Evidence] = field(default_factory=dict)
    dropped: dict[tuple[str, Month], datetime] = field(default_factory=dict)

    def read(self, company_id: str, month: Month) -> Evidence | None:
        """Return one company's evidence of a month; None if there is none."""
        return self.kept.get((company_id, month))

    def save(self, evidence: Evidence, *, drop_at: datetime) -> Evidence:
        """Write what comes after ``evidence.version``. Raises ConflictError."""
        key = (evidence.company_id, evidence.month)
        known = self.kept.get(key)
        if evidence.version != (0 if known is None else known.version):
            raise ConflictError(f"the evidence of {key[0]} was written by somebody else")
        self.kept[key] = saved = replace(evidence, version=evidence.version + 1)
        self.dropped[key] = drop_at
        return saved

    def remove(self, company_id: str, month: Month) -> bool:
        """Remove one company's evidence of a month; return False if there was none."""
        self.dropped.pop((company_id, month), None)
        return self.kept.pop((company_id, month), None) is not None


@dataclass(slots=True)
class MemoryTextQueue:
    """The queue of the evidence function in memory: first in, first out, and no delays.

    What was received is ``hidden``, by its receipt, until it is deleted or ``reappear`` is called.
    """

    bodies: list[str] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)
    put_off_for: list[timedelta] = field(default_factory=list)
    received: int = 0

    def send(self, bodies: Iterable[str]) -> None:
        """Put messages on the queue."""
        self.bodies.extend(bodies)

    def receive(self) -> tuple[str, str] | None:
        """Take one message, its body and its receipt; None if there is none."""
        if not self.bodies:
            return None
        self.received += 1
        body, receipt = self.bodies.pop(0), f"receipt {self.received}"
        self.hidden[receipt] = body
        return body, receipt

    def delete(self, receipt: str) -> None:
        """Delete a received message."""
        self.hidden.pop(receipt, None)

    def reappear(self) -> None:
        """Let the time pass after which what was received and not deleted comes again."""
        self.bodies.extend(self.hidden.values())
        self.hidden.clear()

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Note for how long a message was put off."""
        assert receipt, "a message that nobody received"
        self.put_off_for.append(wait)
