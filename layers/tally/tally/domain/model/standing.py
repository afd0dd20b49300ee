"""A company's one visible standing, made of causes (SAFE-7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, IntEnum

from tally.domain.model.month import Month
from tally.domain.model.screen import LONGEST, brief, keep_brief

MOST_NOTICES = 20
"""The most notices of one cause; each is a sentence or two."""
LICENCE_HOLDS = timedelta(hours=24)
"""The time for which a licence that was seen to be a paid monthly one is believed (READ-3)."""


class StandingState(IntEnum):
    """The five states; a more serious one has a higher number."""

    # The ledger stores the names and not the numbers: a state may be put between two others.
    BILLING = 0
    WAITING = 1
    NEEDS_SETUP = 2
    HELD = 3
    FAILING = 4

    @property
    def label(self) -> str:
        """The state as a person reads it."""
        return self.name.lower().replace("_", " ").replace("setup", "set-up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The reason for the state of a company, or of one of its months and services.

    ``notices`` are shown and stop nothing.
    """

    state: StandingState
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10).

        A standing that is too large cannot be written, and the one before would stay.
        """
        keep_brief(self, "reason")
        if self.notices and not all(
            each.isprintable() and len(each) <= LONGEST for each in self.notices
        ):
            object.__setattr__(self, "notices", tuple(map(brief, self.notices)))
        if len(self.notices) > MOST_NOTICES:
            more = f"And {len(self.notices) - MOST_NOTICES + 1} more notices."
            object.__setattr__(self, "notices", (*self.notices[: MOST_NOTICES - 1], more))

    def same_as(self, other: "Cause | None") -> bool:
        """Return True if it says the same as ``other``, whatever their ``since``."""
        return other is not None and _told(self) == _told(other)


def _told(cause: Cause) -> tuple[object, ...]:
    return cause.state, cause.reason, cause.until, cause.notices


class Unsaid(Enum):
    """A job shows no cause of its own: the cause before stays, or the planner's counts."""

    AS_BEFORE = "as before"
    PLANNERS = "planner's"


ON_TRIAL = (
    "GravityZone lists it as monthly, but its subscription is not a paid monthly one at present: a "
    "trial is not billed."
)
"""The reason of a company that is listed as monthly-licensed and may not be billed (READ-3)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a company that a cause is about: a month, a service, both or the whole company.

    Scopes sort by month, those of no month last. In a month, the whole month comes first, then its
    records, then the planner's scopes of single services.
    """

    month: Month | None = None
    service: str | None = None

    def __lt__(self, other: "Scope") -> bool:
        return self._place < other._place

    @property
    def _place(self) -> tuple[bool, str, bool, bool, str]:
        return (
            self.month is None,
            str(self.month),
            self.service is not None,
            not isinstance(self, RecordScope),
            self.service or "",
        )


@dataclass(frozen=True, slots=True)
class RecordScope(Scope):
    """The scope of one usage record, which its jobs write.

    It is never equal to the planner's scope of the same service in the same month.
    """

    month: Month
    service: str

    @property
    def planners(self) -> tuple[Scope, Scope]:
        """The planner's scopes of the whole month, and of the service in it."""
        return Scope(self.month), Scope(self.month, self.service)


WHOLE_COMPANY = Scope()
"""The scope of a cause that stops a company as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All causes of one company by scope, and what else is known of it across months.

    ``licensed_in`` are the last months in which GravityZone listed it as monthly-licensed (OPEN-9).
    ``untold_in`` are those in which its lists were read and could not tell, for example for a
    company below a partner whose list is refused. ``last_reading`` is the tick of a good reading,
    at most six hours older than the last. ``looked`` maps a record's scope to the tick whose job
    did the day's look at its Additions (FOLLOW-5). ``seen_monthly`` is the tick whose job last saw
    its licence to be a paid monthly one (READ-3). ``tick`` orders writes: an older tick never
    overwrites a newer one's. ``unreadable`` says why its item in the ledger could not be read; it
    is not stored.
    """

    company_id: str
    company_name: str
    tick: datetime
    causes: Mapping[Scope, Cause] = field(default_factory=dict)
    licensed_in: tuple[Month, ...] = ()
    untold_in: tuple[Month, ...] = ()
    last_reading: datetime | None = None
    looked: Mapping[RecordScope, datetime] = field(default_factory=dict)
    seen_monthly: datetime | None = None
    version: int = 0
    unreadable: str = field(default="", compare=False)

    @property
    def shown(self) -> Cause:
        """The most serious cause, with the notices of all.

        Among equals, a cause of no month comes first, then the one of the earliest scope.
        """
        if self.unreadable:
            return failing(self.unreadable)
        if not self.causes:
            return Cause(state=StandingState.BILLING)
        by_scope = sorted(self.causes.items())
        notices = dict.fromkeys(notice for _, cause in by_scope for notice in cause.notices)
        # Of equals max() returns the first, which here is the one of the earliest scope.
        serious = max(by_scope, key=lambda item: (item[1].state, item[0].month is None))[1]
        return replace(serious, notices=tuple(notices))

    def was_monthly(self, now: datetime) -> bool:
        """Return True if its licence was seen to be a paid monthly one within the last 24 hours."""
        # The job came after its tick, so the licence was seen at most so long ago.
        seen = self.seen_monthly
        return seen is not None and timedelta() <= now - seen <= LICENCE_HOLDS


def failing(reason: str) -> Cause:
    """Return the cause of a failure that is tried again at the next tick."""
    return Cause(state=StandingState.FAILING, reason=reason)


def needs_setup(reason: str) -> Cause:
    """Return the cause of a problem that only a person can put right."""
    return Cause(state=StandingState.NEEDS_SETUP, reason=reason)


def waiting(reason: str, *, until: datetime | None = None) -> Cause:
    """Return the cause of a company that has nothing to do at present, which is fine."""
    return Cause(state=StandingState.WAITING, reason=reason, until=until)


def dated(cause: Cause, before: Cause | None, *, tick: datetime) -> Cause:
    """Return the cause with its ``since``: the tick, or earlier if the state has not changed."""
    return replace(
        cause, since=before.since if before is not None and before.state is cause.state else tick
    )
