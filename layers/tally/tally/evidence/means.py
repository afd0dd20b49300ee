"""What the use cases of evidence need of the world."""

from collections.abc import Callable
from dataclasses import dataclass

from tally.domain.evidence.inventory_port import Inventory
from tally.domain.model.month import Month
from tally.evidence.queue_port import EvidenceQueue
from tally.evidence.store import Recorder
from tally.ports import Clock, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The ports, and what is known of the deployment.

    ``service`` names the one that bills endpoints; "" if none does. ``has_time`` tells if there is
    time for one more customer, machine or job.
    """

    inventory: Inventory
    ledger: Ledger
    recorder: Recorder
    queue: EvidenceQueue
    clock: Clock
    service: str
    has_time: Callable[[], bool] = lambda: True

    def is_in(self, month: Month) -> bool:
        """Return True while the month lasts: nothing else is proven of it (PROOF-1)."""
        return Month.of(self.clock.now()) == month
