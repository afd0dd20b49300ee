"""The wall clock."""

from datetime import UTC, datetime


class WallClock:
    """Implements ``tally.ports.Clock``."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)
