"""Vital signs of billing over all customers: the numbers for alarms and the dashboard."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tally.domain.model.standing import Standing, StandingState
from tally.domain.planning.company_plan import CompanyPlan
from tally.domain.planning.tick_context import CompanyState, Presence, TickContext
from tally.domain.record.usage_record import RecordState


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """The vital signs as of one tick; ages are in whole seconds.

    ``companies`` has the number of companies in each state, by its label. It leaves out partners
    that nobody ever billed, whose customers are counted. ``stalest_reading`` is the age of the
    oldest last good reading of the companies that are to be read, 0 if there are none.
    ``oldest_hold`` is the age of the hold that has waited longest, 0 if there is none.
    ``past_close`` is the number of records that are open although their month's close has come.
    """

    companies: Mapping[str, int]
    stalest_reading: int
    oldest_hold: int
    past_close: int


class Gauge:
    """A gauge that takes the numbers while the companies of one tick go by."""

    def __init__(self, at: TickContext) -> None:
        self._at = at
        self._shown: Counter[StandingState] = Counter()
        self._unread_since: datetime | None = None
        self._held_since: datetime | None = None
        self._past_close = 0

    def add(self, company: CompanyState, plan: CompanyPlan, standing: Standing) -> None:
        """Count a company, with what is planned for it and the standing that it has then."""
        if not _is_no_customer(company):
            self._shown[standing.shown.state] += 1
        # The age rings an alarm, so a company that nobody is to read must not count.
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
        """Return the numbers over all companies that were counted."""
        return Vitals(
            companies={state.label: self._shown[state] for state in StandingState},
            stalest_reading=_age(self._unread_since, self._at.tick),
            oldest_hold=_age(self._held_since, self._at.tick),
            past_close=self._past_close,
        )


def _is_no_customer(company: CompanyState) -> bool:
    """Return True for a partner that nobody has opted in (READ-4).

    Its own machines are meant not to be billed.
    """
    return company.presence is Presence.PARTNER and company.link is None and not company.records


def _read_since(company: CompanyState, standing: Standing, at: TickContext) -> datetime:
    """Return the instant since which a company that is to be read has no newer reading.

    Without an open record it is to be read since its month waits to be opened. An earlier reading,
    perhaps from long before it was licensed again, belongs to another month.
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
    """Return the seconds from the instant to the tick; 0 for no instant."""
    return 0 if since is None else int((tick - since).total_seconds())
