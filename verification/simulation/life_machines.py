"""What happens to machines where they are recorded: deleted, back, cloned, moved, installed again.

Billing sees counts alone, which rise at most. Each act returns its story, "" for nothing. They draw
from a generator of their own, in the seeds alone in which evidence is on.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from random import Random

from simulators.gravityzone.endpoint import Endpoint
from tally.domain.model.month import Month
from verification.simulation.draws import Draw, drawn
from verification.simulation.gathering import Gathering, walks_of
from verification.simulation.msp import Firm, Msp

DELETED, PURGED, BACK, CLONED, SEPARATED, REINSTALLED, MOVED, RACED = (
    "machine deleted",
    "machine removed for good",
    "machine back under a new id",
    "machine cloned",
    "clone given an id of its own",
    "machine installed again",
    "machine moved, and silent",
    "machine moved while a walk is made",
)
KINDS_OF_MACHINES = (DELETED, PURGED, BACK, CLONED, SEPARATED, REINSTALLED, MOVED, RACED)
_WEIGHTS = (6, 3, 6, 2, 2, 3, 4, 4)
_FIRST_NUMBER = 60_000
"""The numbers of these events, so that the numbers of all others stay the same."""
_OFTEN = 0.45
"""The probability of one more in a company's month."""


def life_of(msp: Msp, firm: Firm) -> Iterator[tuple[datetime, int, str, int]]:
    """Yield what happens to a customer's machines: instant, number, kind and draw."""
    setting, number = msp.setting, _FIRST_NUMBER
    if setting.gathering is None or firm.partner:
        return
    for month in setting.months:
        draw = drawn(setting.seed, Draw.MACHINES, firm.number, month.year, month.number)
        while draw.random() < _OFTEN:
            number += 1
            (kind,) = draw.choices(KINDS_OF_MACHINES, _WEIGHTS)
            at = (month.starts + (month.next.starts - month.starts) * draw.random()).replace(
                microsecond=0
            )
            if kind == RACED:
                at = _a_walk(msp, setting.gathering, month, draw)
            act = draw.getrandbits(32)
            if month.next.starts > firm.arrives:
                yield max(at, firm.arrives), number, kind, act


def _a_walk(msp: Msp, gathering: Gathering, month: Month, draw: Random) -> datetime:
    """Return the instant at which one of a month's walks fires."""
    setting = msp.setting
    walks = walks_of(
        gathering, (month,), seed=setting.seed, close_day=setting.close_day, rough=False
    )
    return draw.choice(walks).fires


def _delete(msp: Msp, firm: Firm, draw: Random) -> str:
    machine = _one_listed(msp, firm, draw)
    if machine is None:
        return ""
    msp.gravityzone.machines.delete(machine)
    firm.machines.remove(machine)
    return f"its machine {machine} is deleted"


def _purge(msp: Msp, firm: Firm, draw: Random) -> str:
    machine = _one_listed(msp, firm, draw)
    if machine is None:
        return ""
    msp.gravityzone.machines.purge(machine)
    firm.machines.remove(machine)
    return f"its machine {machine} is gone for good"


def _come_back(msp: Msp, firm: Firm, draw: Random) -> str:
    deleted = [each for each in _machines(msp, firm) if each.deleted and not each.removed]
    if not deleted:
        return ""
    machine = draw.choice(deleted).id
    made = msp.gravityzone.machines.come_back(machine)
    firm.machines.append(made)
    return f"its machine {machine} is back as {made}"


def _clone(msp: Msp, firm: Firm, draw: Random) -> str:
    machine = _one_listed(msp, firm, draw)
    if machine is None:
        return ""
    msp.gravityzone.machines.clone(machine, f"COPY-{draw.randrange(1000)}")
    return f"a copy of its machine {machine} connects under the same id"


def _separate(msp: Msp, firm: Firm, draw: Random) -> str:
    cloned = [each for each in _machines(msp, firm) if each.clones and each.listed]
    if not cloned:
        return ""
    made = msp.gravityzone.machines.separate(draw.choice(cloned).id)
    firm.machines.append(made)
    return f"a clone has an id of its own, {made}"


def _reinstall(msp: Msp, firm: Firm, draw: Random) -> str:
    machine = _one_listed(msp, firm, draw)
    if machine is None:
        return ""
    made = msp.gravityzone.machines.reinstall(machine)
    firm.machines[firm.machines.index(machine)] = made
    return f"its machine {machine} is installed again, and is {made}"


def _move(msp: Msp, firm: Firm, draw: Random) -> str:
    """It connects at its new customer later, or never: what it did so far was done here."""
    machine, wanted = _one_listed(msp, firm, draw), draw.randrange(msp.setting.companies)
    other = next((each for each in msp.firms if each.number == wanted and each.there), None)
    tenant = msp.gravityzone.tenant
    if machine is None or other is None or other is firm or tenant.find(other.id) is None:
        return ""
    firm.machines.remove(machine)
    other.machines.append(machine)
    tenant.move_endpoint(machine, other.id)
    return f"its machine {machine} goes to {other.name}, and is silent"


def _one_listed(msp: Msp, firm: Firm, draw: Random) -> str | None:
    """Choose one of its machines; None if there is none."""
    is_there = msp.gravityzone.tenant.find(firm.id) is not None
    return draw.choice(firm.machines) if is_there and firm.machines else None


def _machines(msp: Msp, firm: Firm) -> list[Endpoint]:
    tenant = msp.gravityzone.tenant
    return tenant.endpoints_of(firm.id) if tenant.find(firm.id) is not None else []


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    DELETED: _delete,
    PURGED: _purge,
    BACK: _come_back,
    CLONED: _clone,
    SEPARATED: _separate,
    REINSTALLED: _reinstall,
    MOVED: _move,
    RACED: _move,
}
