"""Which counters may not be billed together."""

import pytest

from simulators.gravityzone.counters import COUNTERS
from tally.domain.model.overlap import CONTAINS, HOURS, overlap_refusal
from tally.domain.model.reading import ENDPOINTS, Service

OVERLAPS = [
    ("endpointMonthlyUsage", "aLaCarteMonthlyUsage"),
    ("endpointMonthlyUsage", "aLaCarteMonhtlyUsage"),
    ("endpointMonthlyUsage", "mspSecureMonthlyUsage"),
    ("endpointMonthlyUsage", "mspSecurePlusMonthlyUsage"),
    ("endpointMonthlyUsage", "mspSecureExtraMonthlyUsage"),
    ("endpointMonthlyUsage", "mspSecureEssentialsMonthlyUsage"),
    ("integrityMonitoringUsage", "integrityMonitoring90DaysUsage"),
    ("integrityMonitoringUsage", "integrityMonitoring180DaysUsage"),
    ("integrityMonitoringUsage", "integrityMonitoring1YearUsage"),
    ("aLaCarteMonthlyUsage", "aLaCarteMonhtlyUsage"),
    ("emailSecurityMonthlyUsage", "emailSecurityMonthlyUsage"),
]


def service(name: str, counter: str, *types: int) -> Service:
    """A service of the counter, of Endpoint Security unless told otherwise."""
    return Service(name=name, counter=counter, product_types=types or (0,))


@pytest.mark.parametrize(("one", "other"), OVERLAPS)
def test_overlapping_counters_are_refused_by_name(one: str, other: str) -> None:
    """READ-5: counters that count the same machine, or are the same, are refused in either order,
    both and their services named.
    """
    for first, second in ((one, other), (other, one)):
        said = overlap_refusal(
            [
                service("first", first),
                service("between", "edrMonthlyUsage"),
                service("second", second),
            ]
        )
        assert said is not None
        for named in (one, other, "'first'", "'second'"):
            assert named in said
        assert "between" not in said


@pytest.mark.parametrize(("one", "other"), OVERLAPS)
def test_other_product_types_do_not_overlap(one: str, other: str) -> None:
    """READ-5, READ-6: each product type is counted apart: counters meet only where the services
    have a type in common.
    """
    assert overlap_refusal([service("first", one, 0), service("second", other, 3, 5)]) is None
    assert (
        overlap_refusal([service("first", one, 0, 3), service("second", other, 3, 5)]) is not None
    )


@pytest.mark.parametrize("counter", sorted(HOURS))
def test_hours_are_refused(counter: str) -> None:
    """READ-5: a counter of hours is no number of endpoints."""
    said = overlap_refusal([service("sve", counter)])
    assert said is not None
    assert counter in said
    assert "hours" in said


def test_all_else_goes_together() -> None:
    """READ-5: what is neither contained in another nor hours is billed beside all others; unknown
    counters too.
    """
    contained = {each for inner in CONTAINS.values() for each in inner}
    services = [
        service(f"s{n}", each) for n, each in enumerate(COUNTERS) if each not in contained | HOURS
    ]
    assert len(services) > 10
    assert overlap_refusal([*services, service("new", "newMonthlyUsage")]) is None
    tiers = [
        service(f"s{n}", each)
        for n, each in enumerate(sorted(CONTAINS["integrityMonitoringUsage"]))
    ]
    assert overlap_refusal([ENDPOINTS, *tiers]) is None
