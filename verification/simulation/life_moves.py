"""Moves in the middle of a month: customers to other partners, machines to other customers.

What they do to the totals of partners is for the pulse to bear (PULSE-1). Each act returns its
story, "" for nothing. They draw from a generator of their own, so the usual life of every company
stays the same.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from random import Random

from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Firm, Msp

PARTNER_CHANGED, MACHINE_MOVED = "partner changed", "machine moved to another customer"
KINDS_OF_MOVES = (PARTNER_CHANGED, MACHINE_MOVED)
_FIRST_NUMBER = 30_000
"""The numbers of these events, so that the numbers of all others stay the same."""
_OFTEN = 0.3
"""The probability of one in a company's month, where life is as lively as can be."""


def life_of(msp: Msp, firm: Firm) -> Iterator[tuple[datetime, int, str, int]]:
    """Yield a customer's moves: instant, number, kind and draw; none of a partner's."""
    setting = msp.setting
    for number, month in enumerate(setting.months, start=_FIRST_NUMBER):
        draw = drawn(setting.seed, Draw.MOVES, firm.number, number)
        at = month.starts + (month.next.starts - month.starts) * draw.random()
        moves = draw.random() < _OFTEN * setting.lively and month.next.starts > firm.arrives
        if moves and not firm.partner:
            kind = draw.choice(KINDS_OF_MOVES)
            yield max(at.replace(microsecond=0), firm.arrives), number, kind, draw.getrandbits(32)


def _change_partner(msp: Msp, firm: Firm, draw: Random) -> str:
    tenant = msp.gravityzone.tenant
    company = tenant.find(firm.id)
    if company is None:
        return ""
    others = [
        each
        for each in (tenant.own.id, *msp.partners)
        if each != company.parent_id and tenant.find(each) is not None
    ]
    if not others:
        return ""
    partner = draw.choice(others)
    tenant.move_company(firm.id, partner)
    return f"changes its partner, and stands below {partner}"


def _move_machine(msp: Msp, firm: Firm, draw: Random) -> str:
    """A machine goes to another customer and connects there, or takes its usage along."""
    tenant = msp.gravityzone.tenant
    wanted = draw.randrange(msp.setting.companies)
    other = next((each for each in msp.firms if each.number == wanted and each.there), None)
    if other is None or other is firm or not firm.machines:
        return ""
    if tenant.find(firm.id) is None or tenant.find(other.id) is None:
        return ""
    machine, along = draw.choice(firm.machines), draw.random() < 0.2  # noqa: PLR2004 - seldom a fall
    firm.machines.remove(machine)
    other.machines.append(machine)
    tenant.move_endpoint(machine, other.id, along=along)
    other.touched = msp.clock.now()
    if along:
        msp.went_along = msp.clock.now()
    else:
        tenant.check_in(machine)
    return (
        f"its machine {machine} goes to {other.name}"
        f"{' with its usage of this month' if along else ', and connects there'}"
    )


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    PARTNER_CHANGED: _change_partner,
    MACHINE_MOVED: _move_machine,
}
