"""Read the wall clock."""

from datetime import UTC, datetime


class WallClock:
    """The wall clock, as ``tally.ports.Clock``."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)
