"""Read one company's counts of one month in GravityZone, with as few calls as possible."""

from collections.abc import Mapping, Sequence

from tally.domain.model.month import Month
from tally.domain.model.reading import Reading, Service, read_count, read_sum
from tally.ports import GravityZone


def read_counts(
    gravityzone: GravityZone, company_id: str, *, month: Month, services: Sequence[Service]
) -> Mapping[Service, Reading]:
    """Return the counts by service; unknown if an answer holds no count.

    This makes one call for the plain services, and one more for all others. Raises TallyError if a
    call is not answered.
    """
    readings: dict[Service, Reading] = {}
    if plain := [service for service in services if service.plain]:
        usage = gravityzone.usage(company_id, month=month)
        readings |= {service: read_count(usage, service) for service in plain}
    if others := [service for service in services if not service.plain]:
        by_type = gravityzone.usage_per_product_type(company_id, month=month)
        readings |= {service: read_sum(by_type, service) for service in others}
    return readings
