"""Events in GravityZone: names, licences, places in the tree, counters.

Each act returns its story, "" for nothing.
"""

from collections.abc import Callable, Mapping
from random import Random

from simulators.gravityzone import MISSING
from simulators.gravityzone.usage import month_of
from verification.simulation.billed_services import ENDPOINTS
from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Firm, Msp


def _rename(msp: Msp, firm: Firm, draw: Random) -> str:
    if msp.gravityzone.tenant.find(firm.id) is None:
        return ""
    firm.name = f"{firm.name.split(' (')[0]} ({draw.randrange(100)})"
    msp.gravityzone.tenant.rename_company(firm.id, firm.name)
    return f"is now called so in GravityZone ({firm.id})"


def _change_licence(msp: Msp, firm: Firm, draw: Random) -> str:
    licence = draw.choice((3, 3, 3, 1, 2, 5))
    company = msp.gravityzone.tenant.find(firm.id)
    if company is None or company.subscription_type == licence:
        return ""
    msp.gravityzone.tenant.change_subscription(firm.id, licence)
    firm.licences.append((msp.clock.now(), licence))
    return f"its subscription is of type {licence}"


def _delete(msp: Msp, firm: Firm, draw: Random) -> str:
    """Delete the company in GravityZone, or take it out of the key's reach.

    Now and then it comes back at once with the same name.
    """
    tenant = msp.gravityzone.tenant
    if tenant.find(firm.id) is None:
        return ""
    firm.licences.append((msp.clock.now(), 0))
    if drawn(msp.setting.seed, Draw.REACH, firm.number).random() < 0.3:  # noqa: PLR2004 - some change their partner by themselves
        tenant.reach.hide(firm.id)
        return "is out of the key's reach"
    tenant.delete_company(firm.id)
    if draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
        return "is deleted in GravityZone"
    made = tenant.add_company(
        firm.name, company_id=f"{firm.number + 1:012x}{draw.getrandbits(44):012x}"
    )
    return f"is deleted in GravityZone and made anew as {made}"


def _move(msp: Msp, firm: Firm, draw: Random) -> str:
    tenant = msp.gravityzone.tenant
    if not msp.partners or tenant.find(firm.id) is None:
        return ""
    parent = draw.choice((tenant.own.id, *msp.partners))
    tenant.move_company(firm.id, parent)
    return f"moves below {parent}"


def _change_floor(msp: Msp, firm: Firm, draw: Random) -> str:
    company = msp.gravityzone.tenant.find(firm.id)
    if company is None:
        return ""
    company.minimum_usage = draw.choice((None, 0, 3, 10, 50))
    return f"commits to {company.minimum_usage} endpoints"


def _break_counter(msp: Msp, firm: Firm, draw: Random) -> str:
    """GravityZone answers nonsense for the company in this month, or tells the truth again."""
    tenant, month = msp.gravityzone.tenant, month_of(msp.clock.now())
    if tenant.find(firm.id) is None:
        return ""
    if any(
        tenant.overrides.pop(key, None)
        for key in [key for key in tenant.overrides if key[0] == firm.id]
    ):
        return "its counters are right again"
    nonsense = draw.choice((MISSING, -1, 3.5, "7", None, 0, 1))
    broken = draw.choice(msp.setting.services) if msp.setting.second else ENDPOINTS
    product_type = draw.choice(broken.product_types)
    if nonsense == 1 and draw.random() < 0.5:  # noqa: PLR2004 - as often absurd as too low
        nonsense = 2**31
    tenant.override_counter(firm.id, month, broken.counter, nonsense, product_type=product_type)
    return f"its counter of {broken.name} in {month} is answered as {nonsense!r}"


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    "renamed in GravityZone": _rename,
    "licence changed": _change_licence,
    "deleted in GravityZone": _delete,
    "moved in GravityZone": _move,
    "floor changed": _change_floor,
    "counter broken": _break_counter,
}
WEIGHTS = (
    ("renamed in GravityZone", 2),
    ("licence changed", 5),
    ("deleted in GravityZone", 1),
    ("moved in GravityZone", 1),
    ("floor changed", 1),
    ("counter broken", 2),
)
