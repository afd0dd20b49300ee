"""Partners that are billed themselves (READ-4): their truth, and events for them and below them.

The truth of one is its own machines. A deleted company's usage stays in its parent's counters, and
nothing tells it from the parent's own any more: it belongs to the partner's from then on.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random

from simulators.gravityzone.tenant import Company
from simulators.gravityzone.usage import ENDPOINTS
from tally.domain.model.month import Month
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.errors import TallyError
from tally.people.company_setup import SetUp
from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Firm, Msp
from verification.simulation.ticks import schedule

OPTED_IN, OPTED_OUT = "partner opted in", "partner opted out"
BELOW, SUB_PARTNER, MEANWHILE = (
    "company below a partner",
    "partner below a partner",
    "machines while a partner is read",
)
KINDS_OF_PARTNERS = (OPTED_IN, OPTED_OUT, BELOW, SUB_PARTNER, MEANWHILE)
MOST_CHILDREN = 20
_ANSWERED = "hold answered"
_OFTEN = (
    (BELOW, 0.4),
    (BELOW, 0.15),
    (SUB_PARTNER, 0.15),
    (OPTED_OUT, 0.08),
    (OPTED_IN, 0.3),
    (_ANSWERED, 0.8),
    (_ANSWERED, 0.8),
    (_ANSWERED, 0.5),
)
"""Events at any time of a month, and their probabilities."""
_WHO = "mkoch"
_FIRST_NUMBER = 10_000
"""The numbers of extra events, so that the numbers of every company's usual ones stay the same."""


def life_of(msp: Msp, firm: Firm) -> Iterator[tuple[datetime, int, str, int]]:
    """Yield a partner's extra events: instant, number, kind and draw."""
    setting, ticks = msp.setting, schedule(msp.setting)
    draw = drawn(setting.seed, Draw.PARTNERS, firm.number, 1)
    moments = [(tick.fires + timedelta(minutes=30), OPTED_IN) for tick in ticks[:3]]
    for month in setting.months:
        length = month.next.starts - month.starts
        for kind, often in _OFTEN:
            at = month.starts + timedelta(seconds=int(length.total_seconds() * draw.random()))
            if draw.random() < often:
                moments.append((at, kind))
    moments.extend((tick.fires, MEANWHILE) for tick in ticks if draw.random() < 0.25)  # noqa: PLR2004 - some of them
    for number, (at, kind) in enumerate(moments, start=_FIRST_NUMBER):
        yield max(at, firm.arrives), number, kind, draw.getrandbits(32)


def is_opted_in(msp: Msp, firm: Firm) -> bool:
    """Return True if a person wants its own machines billed now."""
    link = msp.ledger.links().get(firm.id)
    return link is not None and link.own_billed_since is not None and link.excluded_since is None


def is_left_out(msp: Msp, company_id: str) -> bool:
    """Return True if it stands below an excluded partner, at whatever depth."""
    links = msp.ledger.links()
    return any(
        link.excluded_since is not None
        for each in above(msp, company_id)
        if (link := links.get(each)) is not None
    )


def above(msp: Msp, company_id: str) -> Iterator[str]:
    """Yield the ids of what a company stands below, folders too, from the nearest on."""
    tenant = msp.gravityzone.tenant
    found = tenant.company(company_id).parent_id
    while found is not None:
        yield found
        found = (
            tenant.folders[found] if found in tenant.folders else tenant.company(found).parent_id
        )


def children(msp: Msp, firm: Firm) -> tuple[str, ...]:
    """The ids of the companies that stand directly below it, sorted."""
    return tuple(sorted(each.id for each in _seen_below(msp, firm)))


def _seen_below(msp: Msp, firm: Firm) -> Iterator[Company]:
    tenant = msp.gravityzone.tenant
    return (each for each in tenant.below(firm.id) if tenant.find(each.id) is not None)


def told_otherwise(msp: Msp, firm: Firm) -> bool:
    """Return True if GravityZone answers falsely for the partner or one directly below it."""
    overrides = msp.gravityzone.tenant.overrides
    return bool(overrides) and not {key[0] for key in overrides}.isdisjoint(
        (firm.id, *children(msp, firm))
    )


def first_told(msp: Msp, firm: Firm, month: Month) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the false answers for the month: the partner's, then those of all below it."""
    overrides = msp.gravityzone.tenant.overrides
    for company_id in (firm.id, *children(msp, firm)):
        told = overrides.get((company_id, str(month), 0), {})
        if told:
            yield company_id, dict(told)


def own_count(msp: Msp, firm: Firm, month: Month, at: datetime | None = None) -> int:
    """Return the partner's own machines.

    After nonsense answers, the rest of them, perhaps below 0.
    """
    truth, tenant = msp.gravityzone.truth, msp.gravityzone.tenant
    if told_otherwise(msp, firm):
        below = sum(_answered(msp, each, month, at) for each in children(msp, firm))
        return _answered(msp, firm.id, month, at) - below
    unseen = (each for each in tenant.below(firm.id) if tenant.find(each.id) is None)
    deleted = sum(truth.total(each.id, str(month), at) for each in unseen)
    return truth.count(firm.id, str(month), at) + deleted


def unseen(msp: Msp, firm: Firm, month: Month, since: datetime, until: datetime | None) -> int:
    """Return the most by which one reading may be too low (READ-4).

    It is the gain of those below during the reading, and nothing else.
    """
    return sum(
        max(0, _answered(msp, each, month, until) - _answered(msp, each, month, since))
        for each in children(msp, firm)
    )


def moved_below(msp: Msp, firm: Firm, record: UsageRecord) -> bool:
    """Return True if others stand below it than when the record's count was taken."""
    return (
        record.is_standing
        and record.children is not None
        and record.children != children(msp, firm)
    )


def others_below(msp: Msp, firm: Firm, record: UsageRecord) -> bool:
    """Return True if others stand below it than the record knows, and nobody has answered that."""
    kept = record.ruling(Said.KEEP_CHILDREN)
    answered = kept is not None and kept.about == children(msp, firm)
    return moved_below(msp, firm, record) and not answered


def stopped(msp: Msp, firm: Firm, records: Iterator[UsageRecord]) -> str:
    """Return the table's name for the cause that stops a partner as such; "" for none."""
    company = msp.gravityzone.tenant.company(firm.id)
    opted_in = is_opted_in(msp, firm)
    if not opted_in and not any(
        record.children is not None and not record.settled for record in records
    ):
        return "a partner"
    if not company.monthly:
        return "no monthly subscription"
    if len(children(msp, firm)) > MOST_CHILDREN:
        return "too many below it"
    return "" if opted_in else "a partner"


def look_around(msp: Msp) -> None:
    """Note the partners whose counts depend on a change below them."""
    for firm in msp.firms:
        if firm.partner and firm.there:
            seen = str(list(_surroundings(msp, firm.id)))
            if msp.around.get(firm.id) != seen:
                msp.around[firm.id] = seen
                firm.touched = msp.clock.now()


def _surroundings(msp: Msp, partner_id: str) -> Iterator[tuple[object, ...]]:
    tenant = msp.gravityzone.tenant
    for each in tenant.below(partner_id):
        told = [str(value) for key, value in tenant.overrides.items() if key[0] == each.id]
        yield each.id, tenant.find(each.id) is None, each.monthly, told
        if each.kind == "partner":
            yield from _surroundings(msp, each.id)


def _answered(msp: Msp, company_id: str, month: Month, at: datetime | None) -> int:
    told = msp.gravityzone.tenant.overrides.get((company_id, str(month), 0), {}).get(ENDPOINTS)
    if isinstance(told, int) and told >= 0:
        return told
    return msp.gravityzone.truth.total(company_id, str(month), at)


def _opt_in(msp: Msp, firm: Firm, draw: Random) -> str:
    """A person links it to its ConnectWise company and says that its own machines are billed."""
    del draw
    link = msp.ledger.links().get(firm.id)
    setup = SetUp(ledger=msp.ledger, connectwise=msp.operator, clock=msp.clock)
    if msp.ledger.standing(firm.id) is None or (
        link is not None and link.excluded_since is not None
    ):
        return ""
    said = ""
    try:
        if link is None or link.connectwise_id is None:
            setup.link(firm.id, firm.connectwise_id, by=_WHO, why="they pay for their own")
            said = "is linked by hand"
        if not is_opted_in(msp, firm):
            setup.bill_partner(firm.id, by=_WHO, why="they pay for their own")
            return "its own machines are billed from now on"
    except TallyError as error:
        return f"cannot be opted in: {error}"
    return said


def _opt_out(msp: Msp, firm: Firm, draw: Random) -> str:
    del draw
    if not is_opted_in(msp, firm):
        return ""
    SetUp(ledger=msp.ledger, connectwise=msp.operator, clock=msp.clock).unbill_partner(
        firm.id, by=_WHO, why="no more"
    )
    return "its own machines are billed no more"


def _move_below(msp: Msp, firm: Firm, draw: Random) -> str:
    """A customer comes or goes; now and then all of them come, which may be too many."""
    tenant = msp.gravityzone.tenant
    there = [each for each in msp.firms if not each.partner and tenant.find(each.id) is not None]
    if not there or tenant.find(firm.id) is None:
        return ""
    moved = there if draw.random() < 0.1 else [draw.choice(there)]  # noqa: PLR2004 - seldom all of them
    for each in moved:
        comes = len(moved) > 1 or tenant.company(each.id).parent_id != firm.id
        tenant.move_company(each.id, firm.id if comes else tenant.own.id)
        each.touched = msp.clock.now()
    return f"{', '.join(each.name for each in moved)} {'comes' if comes else 'goes'}"


def _sub_partner(msp: Msp, firm: Firm, draw: Random) -> str:
    """Add or move a sub-partner: a new one with some machines, or one that brings all below it."""
    tenant = msp.gravityzone.tenant
    if tenant.find(firm.id) is None:
        return ""
    movable = [
        each
        for each in msp.partners
        if tenant.find(each) is not None and not _is_above(tenant.company(each), firm, msp)
    ]
    if movable and draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
        moved = draw.choice(movable)
        away = tenant.company(moved).parent_id == firm.id
        tenant.move_company(moved, tenant.own.id if away else firm.id)
        return f"partner {moved} {'goes' if away else 'comes'}"
    made = tenant.add_company(
        f"Partner below {firm.number}",
        company_id=f"{draw.getrandbits(90):024x}",
        parent_id=firm.id,
        kind="partner",
    )
    tenant.check_in_new(made, draw.randrange(4))
    msp.partners.append(made)
    return f"partner {made} is made below it"


def _is_above(company: Company, firm: Firm, msp: Msp) -> bool:
    """Return True if the company is the partner itself, or stands above it."""
    tenant = msp.gravityzone.tenant
    each: str | None = firm.id
    while each is not None:
        if each == company.id:
            return True
        each = tenant.company(each).parent_id
    return False


def _connect_meanwhile(msp: Msp, firm: Firm, draw: Random) -> str:
    """Connect machines of the partner and those below it, one by one, for 90 seconds."""
    tenant, now = msp.gravityzone.tenant, msp.clock.now()
    below = set(children(msp, firm))
    said = []
    for each in msp.firms:
        if (
            not each.there
            or (each is not firm and each.id not in below)
            or tenant.find(each.id) is None
        ):
            continue
        new = draw.randrange(3)
        for _ in range(new):
            msp.new_machine(each)
        for machine in each.machines[len(each.machines) - new :] if new else ():
            tenant.check_in(machine, now + timedelta(seconds=round(draw.random() * 90, 3)))
        said += [f"{new} of {each.name}"] if new else []
    return f"machines are about to connect: {', '.join(said)}" if said else ""


def _delete(msp: Msp, firm: Firm, draw: Random) -> str:
    """Nobody is left below a partner that is deleted."""
    del draw
    if msp.gravityzone.tenant.find(firm.id) is None or children(msp, firm):
        return ""
    msp.gravityzone.tenant.delete_company(firm.id)
    msp.partners.remove(firm.id)
    return "is deleted in GravityZone"


def _move(msp: Msp, firm: Firm, draw: Random) -> str:
    tenant = msp.gravityzone.tenant
    below = [each for each in msp.firms if each.partner and each.there and each is not firm]
    targets = [
        tenant.own.id,
        *(each.id for each in below if not _is_above(tenant.company(firm.id), each, msp)),
    ]
    if tenant.find(firm.id) is None:
        return ""
    parent = draw.choice([each for each in targets if tenant.find(each) is not None])
    tenant.move_company(firm.id, parent)
    return f"moves below {parent}"


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    OPTED_IN: _opt_in,
    OPTED_OUT: _opt_out,
    BELOW: _move_below,
    SUB_PARTNER: _sub_partner,
    MEANWHILE: _connect_meanwhile,
    "deleted in GravityZone": _delete,
    "moved in GravityZone": _move,
}
