"""Events in the lives of companies, between and during ticks.

They are drawn beforehand, for each company alone, and the clock plays them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tally.domain.model.month import Month
from verification.simulation import (
    life_answers,
    life_connectwise,
    life_gravityzone,
    life_machines,
    life_moves,
    life_oddities,
    partners,
)
from verification.simulation.draws import Draw, drawn
from verification.simulation.life_moves import KINDS_OF_MOVES
from verification.simulation.msp import Firm, Msp
from verification.simulation.phases import moments_in, phases_of
from verification.simulation.setting import Setting
from verification.simulation.story import Tell

JOINS = "joins"
CHECK_INS = "check-ins"
NEW_MACHINES = "new machines"

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """An event in a company's life; its ``number`` is its place there."""

    at: datetime
    firm: int
    number: int
    kind: str = field(compare=False)
    draw: int = field(compare=False)


def script(msp: Msp) -> list[Event]:
    """Return all events in order.

    A shape can leave some out, and the rest stays the same.
    """
    events = [
        event
        for firm in msp.firms
        for event in (_life_of_partner if firm.partner else _life)(msp, firm)
    ]
    events += [event for firm in msp.firms for event in _seldom(msp, firm)]
    shape = msp.shape
    return sorted(
        event
        for event in events
        if shape.has(event.kind) and (event.firm, event.number) not in shape.unlived
    )


def happen(msp: Msp, event: Event, firm: Firm, tell: Tell) -> None:
    """Let it happen."""
    draw = Random(event.draw)
    if event.kind == JOINS:
        msp.join(firm)
        msp.shifted = msp.clock.now()
        if msp.has_partners:
            partners.look_around(msp)
        tell(
            msp.clock.now(),
            f"{firm.name} joins ({firm.setup}, {firm.size} machines), GravityZone id {firm.id}",
        )
        return
    if not firm.there:
        return
    if event.kind == CHECK_INS:
        _check_in(msp, firm, draw, tell)
        return
    if event.kind == NEW_MACHINES:
        _connect_new(msp, firm, draw.choice((1, 1, 1, 2, 3)), tell)
        return
    if event.kind in _SHIFTING:
        msp.shifted = msp.clock.now()
    said = (_ACTS_OF_PARTNERS if firm.partner else _ACTS)[event.kind](msp, firm, draw)
    if said:
        if event.kind not in _TOUCHLESS:
            firm.touched = msp.clock.now()
        if msp.has_partners:
            partners.look_around(msp)
        tell(msp.clock.now(), f"{firm.name}: {said}")


_ACTS = {
    **life_gravityzone.ACTS,
    **life_connectwise.ACTS,
    **life_answers.ACTS,
    **life_oddities.ACTS,
    **life_moves.ACTS,
    **life_machines.ACTS,
}
_ACTS_OF_PARTNERS = {**_ACTS, **partners.ACTS}
_SHIFTING = frozenset({**life_gravityzone.ACTS, **life_moves.ACTS, **partners.ACTS})
"""What may let a total fall, or rise by what was counted before."""
_TOUCHLESS = frozenset(
    {life_connectwise.INVOICED, partners.MEANWHILE, *life_machines.KINDS_OF_MACHINES}
)
_WEIGHTS = (*life_gravityzone.WEIGHTS, *life_connectwise.WEIGHTS, *life_answers.WEIGHTS)
KINDS_OF_LIFE = tuple(name for name, _ in _WEIGHTS)
"""Events that a company can see at any time, beside check-ins, invoices, oddities and moves."""
_CHANCES = tuple(weight for _, weight in _WEIGHTS)


def _life(msp: Msp, firm: Firm) -> Iterator[Event]:
    setting = msp.setting
    draw = drawn(setting.seed, Draw.LIFE, firm.number)
    number = 0
    yield Event(firm.arrives, firm.number, number, JOINS, 0)
    if not firm.partner:
        yield from _merged(msp, firm)
    for index, month in enumerate(setting.months):
        if month.next.starts <= firm.arrives:
            continue
        steady = drawn(setting.seed, Draw.CHECK_INS, firm.number, index)
        for at in _check_in_times(month, steady) if firm.size else ():
            number += 1
            yield Event(
                max(at, firm.arrives), firm.number, number, CHECK_INS, steady.getrandbits(32)
            )
        if setting.invoices:
            number += 1
            at = month.starts + _after_the_start(setting, steady.randrange(7_200, 8 * 86_400))
            yield Event(max(at, firm.arrives), firm.number, number, life_connectwise.INVOICED, 0)
        if steady.random() < 0.5:  # noqa: PLR2004 - somebody reads the notices every other month
            number += 1
            at = _moment(month, steady)
            yield Event(
                max(at, firm.arrives),
                firm.number,
                number,
                life_answers.TERMS_CARRIED,
                steady.getrandbits(32),
            )
        happenings = setting.lively
        while draw.random() < happenings:
            happenings -= 1
            at = _moment(month, draw)
            number += 1
            kind = draw.choices(KINDS_OF_LIFE, _CHANCES)[0]
            yield Event(max(at, firm.arrives), firm.number, number, kind, draw.getrandbits(32))


def _merged(msp: Msp, firm: Firm) -> Iterator[Event]:
    """Few companies are merged into others in ConnectWise, at any moment."""
    draw = drawn(msp.setting.seed, Draw.MERGERS, firm.number)
    if draw.random() < 0.03:  # noqa: PLR2004 - few
        at = _moment(draw.choice(msp.setting.months), draw)
        yield Event(
            max(at, firm.arrives),
            firm.number,
            _APART,
            life_connectwise.MERGED,
            draw.getrandbits(32),
        )


_FIRST_IN_PHASES = 40_000
"""The number of what happens in dense phases first, beyond that of all moves."""
_MOVES, _NEW = 0.06, 0.3
"""The part of it that is a move, and with known machines that connect."""
_APART = 1_000_000
"""The number of what is drawn beside a company's life, beyond all that it has."""


def _in_phases(msp: Msp, firm: Firm) -> Iterator[Event]:
    """Machines that connect, and some moves, while the pulse looks at the totals."""
    for phase in phases_of(msp.setting):
        for at, number, luck, draw in moments_in(phase, msp.setting, firm.number):
            usual = NEW_MACHINES if luck > _NEW else CHECK_INS
            kind = usual if firm.partner or luck > _MOVES else KINDS_OF_MOVES[draw % 2]
            yield Event(max(at, firm.arrives), firm.number, _FIRST_IN_PHASES + number, kind, draw)


def _seldom(msp: Msp, firm: Firm) -> Iterator[Event]:
    yield from _in_phases(msp, firm)
    for drawn_apart in (life_oddities, life_moves, life_machines):
        for at, number, kind, draw in drawn_apart.life_of(msp, firm):
            yield Event(at, firm.number, number, kind, draw)


def _life_of_partner(msp: Msp, firm: Firm) -> Iterator[Event]:
    yield from _life(msp, firm)
    for at, number, kind, draw in partners.life_of(msp, firm):
        yield Event(at, firm.number, number, kind, draw)


def _after_the_start(setting: Setting, seconds: int) -> timedelta:
    """Return the time in a month at which invoices dated its 1st are made.

    Invoices ahead are those dated the next month's 1st.
    """
    if setting.invoiced_when == "ahead":
        return timedelta(days=20, seconds=seconds)
    if setting.invoiced_when == "on the 1st":
        return timedelta(seconds=7_200 + seconds % 50_000)
    return timedelta(days=setting.close_day - 1, seconds=seconds)


def _check_in_times(month: Month, draw: Random) -> Iterator[datetime]:
    """Yield moments: most machines return soon after the month's start, the others a bit later."""
    yield month.starts + _SECOND * draw.choice((0, 1, 3600, draw.randrange(50_000)))
    while draw.random() < 0.55:  # noqa: PLR2004 - one or two more on average
        yield _moment(month, draw)


def _moment(month: Month, draw: Random) -> datetime:
    """Anywhere in the month, near its ends more often than not."""
    length = int((month.next.starts - month.starts).total_seconds())
    near = draw.random()
    if near < 0.2:  # noqa: PLR2004 - the first three days
        return month.starts + _SECOND * draw.randrange(3 * 86_400)
    if near < 0.3:  # noqa: PLR2004 - the last day
        return month.next.starts - _SECOND * draw.randrange(1, 86_400)
    return month.starts + _SECOND * draw.randrange(length)


def _connect_new(msp: Msp, firm: Firm, machines: int, tell: Tell) -> None:
    """Let some machines connect for the first time, at once counted."""
    tenant = msp.gravityzone.tenant
    if tenant.find(firm.id) is not None:
        for _ in range(machines):
            tenant.check_in(msp.new_machine(firm, **_features(msp, firm)))
        tell(msp.clock.now(), f"{firm.name}: {machines} new machines connect")


def _features(msp: Msp, firm: Firm) -> Mapping[str, Any]:
    """Return the features of a company's next new machine."""
    second = msp.setting.second
    if second is None:
        return {}
    return second.machine(drawn(msp.setting.seed, Draw.SERVICES, firm.number), firm.made)


def _check_in(msp: Msp, firm: Firm, draw: Random, tell: Tell) -> None:
    """Let machines connect: known ones mostly, some for the first time; a few reports come late."""
    tenant = msp.gravityzone.tenant
    if tenant.find(firm.id) is None:
        return
    known = firm.machines
    fresh = firm.size - len(known)
    new = fresh if fresh > 0 and draw.random() < 0.7 else (1 if draw.random() < 0.3 else 0)  # noqa: PLR2004 - growth
    for _ in range(new):
        msp.new_machine(firm, **_features(msp, firm))
    first = draw.randrange(len(known)) if known else 0
    several = known[first : first + 1 + int(len(known) * draw.random())] + known[len(known) - new :]
    lag = timedelta()
    if draw.random() < 0.04:  # noqa: PLR2004 - late reports
        lag = timedelta(hours=draw.choice((1, 20, 30, 100, 300)))
    for machine in several:
        tenant.check_in(machine, lag=lag)
    if several:
        late = f", counted {lag} later" if lag else ""
        tell(
            msp.clock.now(),
            f"{firm.name}: {len(several)} machines connect, {new} of them new{late}",
        )
