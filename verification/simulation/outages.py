"""Outages of hours to days, mostly over month ends: a vendor, all workers, or the schedule stops.

Walls are outages of another kind: the other side is there, and something stands in the way. It is a
page or a gateway in front, a role that shows nothing or some (MATCH-8), a server that is too slow
for long lists, caps their pages without a word or is too old for our version, or an API that is not
ticked on the key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.connectwise import ConnectWiseSimulator
from simulators.connectwise.options import INQUIRE
from simulators.gravityzone import GravityZoneSimulator
from simulators.gravityzone.options import SERVICES
from verification.simulation.draws import Draw, drawn
from verification.simulation.setting import Setting, Shape

GRAVITYZONE, CONNECTWISE, LEDGER, WORKERS, SCHEDULE = (
    "outage of GravityZone",
    "outage of ConnectWise",
    "outage of the ledger",
    "outage of the workers",
    "outage of the schedule",
)
OUTAGES = (GRAVITYZONE, CONNECTWISE, LEDGER, WORKERS, SCHEDULE)
FRONT, MINE, SLOW, OLD, UNTICKED = (
    "page in front of ConnectWise",
    "role Inquire Mine",
    "long lists do not come",
    "server knows older versions",
    "API not ticked on the key",
)
WALLS = (FRONT, MINE, SLOW, OLD, UNTICKED)
GATEWAY, GATEWAY_OF_GRAVITYZONE, CAPPED = (
    "gateway in front of ConnectWise",
    "gateway in front of GravityZone",
    "pages end early without a Link",
)
SOME = "role that shows some"
MORE_WALLS = (GATEWAY, GATEWAY_OF_GRAVITYZONE, CAPPED, SOME)
IN_FRONT = frozenset({FRONT, GATEWAY, GATEWAY_OF_GRAVITYZONE})
"""Walls that are faults of each call."""
_WALLED = 0.3
"""The probability of a wall in each month of a seed with trouble."""
_WALLED_MORE = 0.15
_PAGE_LIMIT = 25
"""A round number, as servers' own limits are, and fewer companies than the largest seeds have."""
_SOME = frozenset(each for each in range(10_000) if each % 4)
"""The ids of companies and agreements that a role shows of all."""
_LONG_LIST = 12
"""Companies or agreements: fewer than many seeds have, and than the smallest page that is asked
for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """An outage's parts, and its start and end."""

    kind: str
    begins: datetime
    ends: datetime


def outages_of(setting: Setting, shape: Shape) -> list[Outage]:
    """All outages of a seed that the shape plays."""
    drawn_here = (
        *_drawn(setting),
        *_walls(setting, Draw.WALLS, WALLS, _WALLED),
        *_walls(setting, Draw.MORE_WALLS, MORE_WALLS, _WALLED_MORE),
    )
    return [each for each in drawn_here if shape.has(each.kind)]


def out(outages: list[Outage], at: datetime) -> frozenset[str]:
    """Return the parts that are out at an instant."""
    return frozenset(each.kind for each in outages if each.begins <= at < each.ends)


def put_up(
    away: frozenset[str], *, connectwise: ConnectWiseSimulator, gravityzone: GravityZoneSimulator
) -> None:
    """Let the simulators have the walls that stand now, and no others.

    What is in front is no wall here: it is a fault of each call.
    """
    options = connectwise.options
    options.sees_mine = frozenset(INQUIRE) if away & {MINE, SOME} else frozenset()
    options.mine = _SOME if SOME in away and MINE not in away else frozenset()
    options.slow_above = _LONG_LIST if SLOW in away else None
    options.page_limit = _PAGE_LIMIT if CAPPED in away else None
    options.known_versions = frozenset({"2019.1"}) if OLD in away else None
    gravityzone.options.enabled_apis = tuple(
        each for each in SERVICES if UNTICKED not in away or each != "licensing"
    )


def _walls(setting: Setting, of: Draw, kinds: tuple[str, ...], often: float) -> Iterator[Outage]:
    if setting.calm == 1.0:
        return
    for index, month in enumerate(setting.months):
        draw = drawn(setting.seed, of, index)
        if draw.random() < often:
            length = timedelta(hours=draw.choice((6, 20, 60, 100)))
            begins = month.starts + draw.random() * timedelta(30)
            yield Outage(kind=draw.choice(kinds), begins=begins, ends=begins + length)


def _drawn(setting: Setting) -> Iterator[Outage]:
    if setting.calm == 1.0:
        return
    for index, month in enumerate(setting.months):
        draw = drawn(setting.seed, Draw.OUTAGES, index)
        while draw.random() < (1 - setting.calm) * 0.7:
            length = timedelta(hours=draw.choice((1, 6, 20, 30, 60, 100)))
            at_end = draw.random() < 0.5  # noqa: PLR2004 - over the month's end
            begins = (
                month.next.starts - draw.random() * length
                if at_end
                else month.starts + draw.random() * timedelta(28)
            )
            yield Outage(kind=draw.choice(OUTAGES), begins=begins, ends=begins + length)
