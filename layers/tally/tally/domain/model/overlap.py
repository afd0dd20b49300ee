"""The GravityZone counters that count the same machines, so that nobody pays twice (READ-5).

From Bitdefender's licensing documentation and reports from live tenants: ``endpointMonthlyUsage``
counts every endpoint, and the counter of its licence, à la carte or one of MSP Secure, counts it
once more (13 and 13 were seen for one company). ``integrityMonitoringUsage`` is the total of its
three tiers. Add-ons are counted beside the endpoint and overlap with none.
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
"""The counters that contain other counters, with those others."""

HOURS = frozenset({"sveVsMonthlyUsage", "sveVdiMonthlyUsage"})
"""Counters of hours of virtual machines. A month's Addition bills no hours."""


def overlap_refusal(services: Sequence[Service]) -> str | None:
    """Return the reason why these services cannot be billed together; None if they can.

    The reason names every counter that is in the way.
    """
    reasons = [
        (
            f"the service {each.name!r} names the counter {each.counter}, which counts hours: an "
            "Addition's quantity is a number of endpoints"
        )
        for each in services
        if each.counter in HOURS
    ]
    reasons += [
        reason for one, other in combinations(services, 2) if (reason := _overlap(one, other))
    ]
    return "; ".join(reasons) or None


def _overlap(one: Service, other: Service) -> str | None:
    """Return the reason why two services bill the same machines; None if they do not.

    GravityZone counts each product type apart, so one counter of two types counts different
    machines.
    """
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
