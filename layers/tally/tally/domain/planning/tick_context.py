"""The knowledge of one tick: the lists that it has read, and the state of each company."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from tally.domain.model.agreement import Agreement
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Standing, needs_setup, waiting
from tally.domain.model.ticks import Ticks, first_month_of
from tally.domain.record.partner import Children
from tally.domain.record.usage_record import UsageRecord


class Presence(Enum):
    """The word of GravityZone's lists on a company at this tick."""

    LICENSED = "listed as a monthly-licensed customer"
    UNLICENSED = "exists without a monthly subscription"
    PARTNER = "a partner, whose own machines are not billed"
    GONE = "not in GravityZone any more"
    UNREAD = "in a part of the tree that could not be read"
    LEFT_OUT = "below a partner that is excluded"
    UNLISTED = "in no list, and not asked for as it is excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place where a service is billed at this tick: its product and the agreements of its type.

    ``agreements`` are by ConnectWise company. ``problem`` is what the operator has to set up before
    anything can be opened there. ``listed``: the type exists and is seen, so an agreement that is
    not in the list does not exist.
    """

    product_id: int | None
    agreements: Mapping[int, Sequence[Agreement]]
    problem: str | None = None
    listed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """ConnectWise's side at this tick: a place for each service, and all listed agreements."""

    places: Mapping[str, Place]
    by_id: Mapping[int, Agreement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firms:
    """ConnectWise's companies as far as customers are linked to them.

    ``gone`` says what happened to those that are gone, ``unanswered`` why nobody can tell of those
    that no list has; ``names`` has all that matter.
    """

    gone: Mapping[int, str]
    names: Mapping[int, str]
    unanswered: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TickContext:
    """The knowledge that all companies share at one tick.

    ``directory`` is None if ConnectWise's lists could not be read. ``firms`` is None if its
    companies could not be read or cannot be believed. ``failures`` name the lists that failed, and
    why. ``lists_read``: GravityZone's lists were read to their end, apart from what it refuses to
    tell of single partners (OPEN-9).
    """

    tick: datetime
    ticks: Ticks
    first_month: Month
    services: Sequence[str]
    policy: Policy
    directory: Directory | None
    firms: Firms | None = None
    failures: Sequence[str] = ()
    lists_read: bool = True

    @property
    def month(self) -> Month:
        """The month that the tick falls in, GMT."""
        return Month.of(self.tick)

    @property
    def today(self) -> date:
        """The tick's date where the MSP bills."""
        return self.tick.astimezone(self.policy.time_zone).date()

    def place(self, service: str) -> Place | None:
        """Return the place where the service is billed; None if ConnectWise's lists are unread."""
        return None if self.directory is None else self.directory.places.get(service)

    def agreement(self, agreement_id: int | None) -> Agreement | None:
        """Return the listed agreement with this id; None if it is in no list that was read."""
        if self.directory is None or agreement_id is None:
            return None
        return self.directory.by_id.get(agreement_id)

    def first_month_of(self, service: str) -> Month:
        """Return the first month that the service is billed in (OPEN-8)."""
        return first_month_of(self.ticks, self.first_month, service)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyState:
    """The knowledge of one company at one tick.

    ``unlinked`` says why there is no link. ``of_others`` are the agreements pinned for other
    companies that are linked to the same ConnectWise company (MATCH-1). ``trouble`` names something
    of the company that is not as it should be: then nothing is planned for it at this tick
    (SAFE-5).

    ``below`` is set for a partner whose own machines are billed: its children, or the cause why
    they are not known now (READ-4). ``refused`` is what GravityZone refuses to tell of it (READ-9).

    ``settled`` are the months of its records that are not open; ``waived`` those of them that a
    person does not want billed.
    """

    id: str
    name: str
    presence: Presence
    link: CompanyLink | None
    unlinked: str
    standing: Standing | None
    records: Sequence[UsageRecord]
    settled: frozenset[tuple[Month, str]]
    waived: frozenset[tuple[Month, str]] = frozenset()
    below: Children | Cause | None = None
    refused: Cause | None = None
    of_others: frozenset[int] = frozenset()
    trouble: str = ""

    @property
    def connectwise_id(self) -> int | None:
        """The ConnectWise company that it is linked to."""
        return None if self.link is None else self.link.connectwise_id

    @property
    def own_billed_since(self) -> datetime | None:
        """The instant since which a partner's own machines are billed (READ-4)."""
        return None if self.link is None else self.link.own_billed_since

    @property
    def cause_before(self) -> Cause | None:
        """The cause that an earlier tick found for the company as a whole."""
        return None if self.standing is None else self.standing.causes.get(WHOLE_COMPANY)

    def agreements(self, place: Place | None) -> Sequence[Agreement]:
        """Return its agreements of a service's type, pinned ones of other companies included."""
        if place is None or self.connectwise_id is None:
            return ()
        return place.agreements.get(self.connectwise_id, ())

    @property
    def licensed(self) -> bool:
        """True if its counters may be read; where the lists fail, their last word counts."""
        # LEFT_OUT: an exclusion takes effect with the next month, so open ones go on (CLOSE-5).
        return self.presence in (Presence.LICENSED, Presence.UNREAD, Presence.LEFT_OUT)


def known_absence(standing: Standing | None) -> Presence | None:
    """Return the absence that an earlier tick found for a company in no list.

    So GravityZone is not asked for it at every tick.
    """
    cause = None if standing is None else standing.causes.get(WHOLE_COMPANY)
    return next(
        (
            each
            for each, known in ABSENCES.items()
            if cause is not None and cause.reason == known.reason
        ),
        None,
    )


ALL_BELOW = "with all companies below it"
"""The words in the standing of an excluded partner."""

# `known_absence` knows them again by their words in standings that are stored: after a change of
# wording GravityZone is asked once more for every company that is gone.
ABSENCES = {
    Presence.PARTNER: needs_setup(
        "It is a partner: its customers are billed, its own machines are not."
    ),
    Presence.UNLICENSED: waiting(
        "It has no monthly subscription in GravityZone, so its machines are not counted: not "
        "billed until it has one."
    ),
    Presence.GONE: waiting(
        "It is not in GravityZone any more, or no longer within the API key's reach: not billed."
    ),
    Presence.LEFT_OUT: waiting(
        "It stands below a partner that is excluded from billing: not billed as long as that is so."
    ),
}
"""The causes of companies whose counters may not be read, or are read for nobody."""
