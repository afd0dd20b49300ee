"""Which of GravityZone's counters count the same thing, so that nobody is billed twice for it (READ-5).

From Bitdefender's licensing documentation and reports from live tenants: every endpoint stands in ``endpointMonthlyUsage``
and once more in the counter of its licence, à la carte or one of MSP Secure (13 and 13 were seen for one company);
``integrityMonitoringUsage`` is the total of its three tiers. Add-ons are counted beside the endpoint and overlap with none.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

from tally.domain.model.reading import PRODUCT_TYPES, Service, spellings

_LICENCES = (
    *spellings("aLaCarteMonthlyUsage"),
    "mspSecureMonthlyUsage",
    "mspSecurePlusMonthlyUsage",
    "mspSecureExtraMonthlyUsage",
    "mspSecureEssentialsMonthlyUsage",
)
_RETENTION = (
    "integrityMonitoring90DaysUsage",
    "integrityMonitoring180DaysUsage",
    "integrityMonitoring1YearUsage",
)

CONTAINS: Mapping[str, frozenset[str]] = {
    "endpointMonthlyUsage": frozenset(_LICENCES),
    "integrityMonitoringUsage": frozenset(_RETENTION),
}
"""The counters that hold what others count, with those others."""

HOURS = frozenset({"sveVsMonthlyUsage", "sveVdiMonthlyUsage"})
"""Counters of hours of virtual machines: no number of anything that a month's Addition could show."""


def refusal(services: Sequence[Service]) -> str | None:
    """Why these services cannot be billed together, naming every counter that is in the way; None if they can."""
    reasons = [
        (
            f"the service {each.name!r} names the counter {each.counter}, which counts hours: "
            "an Addition's quantity is a number of endpoints"
        )
        for each in services
        if each.counter in HOURS
    ]
    reasons += [
        reason for one, other in combinations(services, 2) if (reason := _overlap(one, other))
    ]
    return "; ".join(reasons) or None


def _overlap(one: Service, other: Service) -> str | None:
    """Each product type is counted apart, so the same counter of two types counts different machines."""
    both = sorted({*one.product_types} & {*other.product_types})
    if not both:
        return None
    types = ", ".join(f"{each} ({PRODUCT_TYPES.get(each, 'unknown')})" for each in both)
    pair = f"the services {one.name!r} and {other.name!r} would bill the same machines twice"
    if one.counter == other.counter:
        return f"{pair}: both count {one.counter} of product type {types}"
    if other.counter in spellings(one.counter):
        return f"{pair}: {one.counter} and {other.counter} are one counter, of product type {types}"
    for outer, inner in ((one, other), (other, one)):
        if inner.counter in CONTAINS.get(outer.counter, ()):
            return f"{pair}: {outer.counter} contains {inner.counter}, both of product type {types}"
    return None
