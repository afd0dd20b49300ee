"""Whether billing is right and current, in a few numbers over all customers: what alarms and the dashboard are made of."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tally.domain.model.standing import Standing, StandingState
from tally.domain.planning.company_plan import CompanyPlan
from tally.domain.planning.tick_context import Circumstances, CompanyState, Presence
from tally.domain.record.usage_record import RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """As of one tick; ages in whole seconds.

    ``companies``: how many show each standing, by its label; without partners that nobody ever billed, whose customers are
    counted. ``stalest_reading``: age of the oldest last good reading
    of those that are to be read, 0 if there are none. ``oldest_hold``: how long the hold has waited that waits longest,
    0 if there is none. ``past_close``: records that are open although their month's close has come.
    """

    companies: Mapping[str, int]
    stalest_reading: int
    oldest_hold: int
    past_close: int


class Gauge:
    """Takes the numbers as the companies of one tick go by."""

    def __init__(self, at: Circumstances) -> None:
        self._at = at
        self._shown: Counter[StandingState] = Counter()
        self._unread_since: datetime | None = None
        self._held_since: datetime | None = None
        self._past_close = 0

    def add(self, company: CompanyState, plan: CompanyPlan, standing: Standing) -> None:
        """Count a company, with what is planned for it and the standing that it has then."""
        if not _is_no_customer(company):
            self._shown[standing.shown.state] += 1
        if plan.due and company.licensed:
            self._unread_since = _earlier(
                self._unread_since, _read_since(company, standing, self._at)
            )
        for cause in standing.causes.values():
            if cause.state is StandingState.HELD and cause.since is not None:
                self._held_since = _earlier(self._held_since, cause.since)
        self._past_close += sum(
            record.state is RecordState.OPEN
            and self._at.tick >= record.key.month.day_after_end(self._at.policy.close_day)
            for record in company.records
        )

    def add_failing(self, standing: Standing) -> None:
        """Count a company that could not be planned."""
        self._shown[standing.shown.state] += 1

    def vitals(self) -> Vitals:
        """The numbers over all that went by."""
        return Vitals(
            companies={state.label: self._shown[state] for state in StandingState},
            stalest_reading=_age(self._unread_since, self._at.tick),
            oldest_hold=_age(self._held_since, self._at.tick),
            past_close=self._past_close,
        )


def _is_no_customer(company: CompanyState) -> bool:
    """A partner that nobody has opted in: that its own machines are not billed is how it is meant to be (READ-4)."""
    return company.presence is Presence.PARTNER and company.link is None and not company.records


def _read_since(company: CompanyState, standing: Standing, at: Circumstances) -> datetime:
    """Since when there is no newer reading of a company that is to be read.

    One without an open record is to be read since its month waits to be opened: what was read of it before, perhaps long
    before it was licensed again, was of another month.
    """
    if standing.last_reading is not None and any(
        record.state is RecordState.OPEN for record in company.records
    ):
        return standing.last_reading
    awaited = min(
        (cause.since for cause in standing.causes.values() if cause.since is not None),
        default=at.tick,
    )
    return awaited if standing.last_reading is None else max(awaited, standing.last_reading)


def _earlier(known: datetime | None, other: datetime) -> datetime:
    return other if known is None else min(known, other)


def _age(since: datetime | None, tick: datetime) -> int:
    """Seconds from the instant to the tick; of none, 0."""
    return 0 if since is None else int((tick - since).total_seconds())
