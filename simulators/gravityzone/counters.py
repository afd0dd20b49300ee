"""The counters of a monthly usage answer, as they are spelled, and their rendering."""

from collections.abc import Mapping
from functools import lru_cache

from pydantic_core import to_json

COUNTERS = (
    "endpointMonthlyUsage",
    "aLaCarteMonthlyUsage",
    "mspSecureMonthlyUsage",
    "mspSecurePlusMonthlyUsage",
    "mspSecureExtraMonthlyUsage",
    "mspSecureEssentialsMonthlyUsage",
    "emailSecurityMonthlyUsage",
    "exchangeMonthlyUsage",
    "mobileSecurityMonthlyUsage",
    "encryptionMonthlyUsage",
    "atsMonthlyUsage",
    "edrMonthlyUsage",
    "patchManagementMonthlyUsage",
    "containerProtectionMonthlyUsage",
    "complianceMonthlyUsage",
    "phasrMonthlyUsage",
    "mdrFoundationsMonthlyUsage",
    "mdrResponseMonthlyUsage",
    "integrityMonitoringUsage",
    "integrityMonitoring90DaysUsage",
    "integrityMonitoring180DaysUsage",
    "integrityMonitoring1YearUsage",
    "xdrIdentitySensorsMonthlyUsage",
    "xdrProductivitySensorsMonthlyUsage",
    "sveVsMonthlyUsage",
    "sveVdiMonthlyUsage",
)
"""Every counter stands in every answer, zeros included; the last two are hours."""

A_LA_CARTE = "aLaCarteMonthlyUsage"
A_LA_CARTE_OLDER = "aLaCarteMonhtlyUsage"
"""As an older edition spells it."""


class Missing:
    """Marks a counter that an answer leaves out."""

    def __repr__(self) -> str:
        """Give the name it is imported by."""
        return "MISSING"


MISSING = Missing()

type CounterValue = int | float | str | bool | Missing | None
"""An override in a counter's place: any scalar, or nothing at all."""


@lru_cache(maxsize=8192)
def render(
    counts: tuple[tuple[str, int], ...], minimum: int | None, *, older_spelling: bool
) -> bytes:
    """Render the counters as the inside of an object, without its braces; most of them are zero."""
    return to_json(_object(dict(counts), minimum, older_spelling=older_spelling))[1:-1]


def render_overridden(
    counts: Mapping[str, int],
    minimum: int | None,
    overrides: Mapping[str, CounterValue],
    *,
    older_spelling: bool,
) -> bytes:
    """Render as `render` does, with some counters replaced or left out."""
    answer = {**_object(counts, minimum, older_spelling=older_spelling), **overrides}
    return to_json({name: value for name, value in answer.items() if value is not MISSING})[1:-1]


def _object(
    counts: Mapping[str, int], minimum: int | None, *, older_spelling: bool
) -> dict[str, object]:
    answer: dict[str, object] = dict.fromkeys(COUNTERS, 0)
    answer.update(counts)
    if older_spelling:
        answer[A_LA_CARTE_OLDER] = answer.pop(A_LA_CARTE)
    if minimum is not None:
        answer["minimumUsage"] = {"endpointMonthlyUsage": minimum}
    return answer
