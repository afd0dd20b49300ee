"""The person who answers, and in what words."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who answers, why, and when (wall clock)."""

    by: str
    why: str
    at: datetime
