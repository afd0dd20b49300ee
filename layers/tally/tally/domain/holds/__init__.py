"""Define the kinds of holds: why a record waits for a person.

A kind is one small class, with its stored name, what each answer does and what will follow. A new
kind is one class here, with its name in ``KINDS`` and its stored form in
``ledger/record_codec.py``; the row of ``decision/wanted.py`` or ``decision/reconcile.py`` that
finds its cause asks it. May import ``domain.model`` and ``domain.record``.
"""

from tally.domain.holds.count_questions import Fallen, Grown, Moved
from tally.domain.holds.late_questions import LateUsage, Unplaced, Unwritten
from tally.domain.holds.seen import Altered, Broken, Edited, SettledEdited, Strangers
from tally.domain.record.usage_record import Hold

KINDS: tuple[type[Hold], ...] = (
    Fallen,
    Grown,
    Moved,
    LateUsage,
    Unwritten,
    Unplaced,
    Edited,
    Broken,
    Altered,
    SettledEdited,
    Strangers,
)

__all__ = [
    "KINDS",
    "Altered",
    "Broken",
    "Edited",
    "Fallen",
    "Grown",
    "Hold",
    "LateUsage",
    "Moved",
    "SettledEdited",
    "Strangers",
    "Unplaced",
    "Unwritten",
]
