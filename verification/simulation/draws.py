"""Randomness by key: one thing's draws do not depend on those of others.

So a seed can be played with parts left out.
"""

import random
from enum import IntEnum

_FACTOR = 1_000_003


class Draw(IntEnum):
    """The thing that is drawn; part of every key."""

    SETTING = 1
    TICKS = 2
    FIRM = 3
    LIFE = 4
    CHECK_INS = 5
    WEATHER = 6
    OUTAGES = 7
    PLANNER = 8
    JOB = 9
    STEP = 10
    SERVICES = 11
    PARTNERS = 12
    WALLS = 13
    MORE_WALLS = 14
    FORGED = 20
    ODDITIES = 21
    NAMES = 30
    BUNDLES = 40
    MERGERS = 41
    ONE_COMPANY = 50
    REACH = 51
    ODD_ANSWERS = 52
    TOTALS = 60
    MOVES = 61
    PULSE = 62
    PHASES = 63
    EVIDENCE = 70
    WALKS = 71
    MACHINES = 72
    DESK = 80
    DESK_LIFE = 81
    DESK_RUNS = 82
    DESK_BETWEEN = 83


def drawn(seed: int, what: Draw, *key: int) -> random.Random:
    """The generator for one thing of one seed."""
    number = seed + 1
    for part in (what, *key):
        number = number * _FACTOR + part
    return random.Random(number)
