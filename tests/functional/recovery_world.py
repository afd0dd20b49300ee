"""Ledgers that come back: copies of one, as a restore or an import makes them, and a second Tally
beside the first.
"""

import copy
from dataclasses import dataclass
from typing import Any, Self

from testing.ledger import MemoryLedger
from testing.world import World


@dataclass(frozen=True, slots=True)
class Backup:
    """All that a ledger held at one instant."""

    kept: dict[str, Any]

    @classmethod
    def of(cls, ledger: MemoryLedger) -> Self:
        """What the ledger holds now."""
        return cls(
            copy.deepcopy(
                {
                    name: value
                    for name, value in vars(ledger).items()
                    if name not in {"_lock", "_now"}
                }
            )
        )

    def restore_to(self, ledger: MemoryLedger) -> None:
        """Make the ledger hold this, and nothing else."""
        vars(ledger).update(copy.deepcopy(self.kept))


def second_tally(first: World, backup: Backup | None = None, **settings: Any) -> World:  # noqa: ANN401 - of World
    """Another Tally of the same MSP with a ledger of its own: an empty one, or what the backup
    holds.
    """
    second = World(clock=first.clock, zone=first.zone, **settings)
    second.gravityzone, second.connectwise = first.gravityzone, first.connectwise
    if backup is not None:
        backup.restore_to(second.ledger)
    second.plan = second.planner()
    return second
