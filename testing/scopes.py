"""Scopes of standings in few words."""

from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.model.standing import RecordScope


def of_record(month: str, service: str = ENDPOINTS.name) -> RecordScope:
    """Return the scope of a record, by its month as ``yyyy-mm``."""
    return RecordScope(Month.parse(month), service)
