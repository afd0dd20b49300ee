"""A realistic month, drawn once: when each machine of an MSP's customers is first seen in it.

docs/performance.md tells it in words. Nothing here is Tally's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2026, 11, 1, tzinfo=UTC)
"""A Sunday, so that most machines come on the 2nd, and the rest of the working week from the 3rd
on."""
DAYS = 30
MACHINES_EACH = 12
_SPREAD = 1.3
"""The sigma of the sizes' log-normal distribution: half have six machines, a few have hundreds."""
_ZONES: Mapping[int, float] = {-8: 0.2, -5: 0.5, 1: 0.3}
"""The part of the companies in each time zone, by hours from GMT."""
_WORKING_DAYS = 22
_SATURDAY = 5
_AT_WEEKENDS = 0.03
"""Of a machine's usual probability to be used on a day."""
_ALWAYS_ON = 0.30
_DAILY: Mapping[float, float] = {0.90: 0.57, 0.12: 0.09, 0.02: 0.03, 0.0: 0.01}
"""The part of the machines that are used on a working day with a probability, by this."""
_NEW_A_MONTH = 60 / 12_000
_LOG_ON, _LOG_ON_SPREAD = 8.6, 0.8
_IN_THE_MORNING = 0.8
_ROLL_OUT = 200
ROLL_OUT_AT = START + timedelta(days=17, hours=13)
ROLL_OUT_WITHIN = timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """One customer: the instants at which machines are first counted, and the month before's count.

    ``seen`` is sorted.
    """

    id: str
    seen: Sequence[datetime]
    before: int


def draw(companies: int, *, seed: int = 13) -> Sequence[Firm]:
    """Draw the month of so many companies, of twelve machines each on average."""
    random = Random(seed)
    weights = [random.lognormvariate(0, _SPREAD) for _ in range(companies)]
    share = MACHINES_EACH * companies / sum(weights)
    sizes = [max(1, round(each * share)) for each in weights]
    largest = sizes.index(max(sizes))
    firms = []
    for number, size in enumerate(sizes):
        (zone,) = random.choices([*_ZONES], [*_ZONES.values()])
        roll_out = _ROLL_OUT * companies // 1000 if number == largest else 0
        firms.append(_firm(number, size, roll_out, timedelta(hours=zone), random))
    return firms


def _firm(number: int, size: int, roll_out: int, zone: timedelta, random: Random) -> Firm:
    seen, before = [], 0
    for _ in range(size):
        daily = _daily(random)
        if daily is None:
            seen.append(START + timedelta(hours=random.random()))
            before += 1
            continue
        seen += _first(daily, zone, random)
        before += random.random() < 1 - (1 - daily) ** _WORKING_DAYS
    new = sum(random.random() < _NEW_A_MONTH for _ in range(size))
    seen += [_at(random.choice(_working_days()), zone, random) for _ in range(new)]
    seen += [ROLL_OUT_AT + ROLL_OUT_WITHIN * random.random() for _ in range(roll_out)]
    return Firm(id=f"{number:024x}", seen=sorted(seen), before=before)


def uses(zone: timedelta, random: Random, *, days: Sequence[int]) -> Iterator[datetime]:
    """Yield one machine's first connection of each of the days, counted from the month's first."""
    daily = _daily(random)
    for day in days:
        if daily is None:
            yield START + timedelta(days=day, hours=random.random())
        elif random.random() < daily * (_AT_WEEKENDS if _is_weekend(day) else 1):
            yield _at(day, zone, random)


def _daily(random: Random) -> float | None:
    """Draw a machine's probability to be used on a working day; None if it is always on."""
    if random.random() < _ALWAYS_ON:
        return None
    return random.choices([*_DAILY], [*_DAILY.values()])[0]


def _first(daily: float, zone: timedelta, random: Random) -> Iterator[datetime]:
    for day in range(DAYS):
        chance = daily * (_AT_WEEKENDS if _is_weekend(day) else 1)
        if random.random() < chance:
            yield _at(day, zone, random)
            return


def _at(day: int, zone: timedelta, random: Random) -> datetime:
    """Draw a time of the day: most log on in the morning, the others some time until 18:00."""
    hour = (
        random.gauss(_LOG_ON, _LOG_ON_SPREAD)
        if random.random() < _IN_THE_MORNING
        else random.uniform(7, 18)
    )
    # The day is the customer's: west of Greenwich it ends in GMT's next.
    return START + timedelta(days=day, hours=hour) - zone


def _is_weekend(day: int) -> bool:
    return (START + timedelta(days=day)).weekday() >= _SATURDAY


def _working_days() -> Sequence[int]:
    return [day for day in range(DAYS) if not _is_weekend(day)]
