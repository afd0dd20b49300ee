"""Setting a ledger back to an earlier point, as a restore of its table does."""

import copy

from testing.world import World

_ITS_OWN = {"_lock", "_now", "journal"}


def backup(world: World) -> dict[str, object]:
    """All that the ledger knows at this moment."""
    return copy.deepcopy(
        {name: value for name, value in vars(world.ledger).items() if name not in _ITS_OWN}
    )


def restore(world: World, kept: dict[str, object]) -> None:
    """Let the ledger know that and no more."""
    vars(world.ledger).update(copy.deepcopy(kept))
