"""Whether billing is right and current, in a few numbers over all customers: what alarms and the dashboard are made of."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tally.domain.circumstances import Circumstances, CompanyState, Presence
from tally.domain.planning import CompanyPlan
from tally.domain.record import RecordState
from tally.domain.standing import Standing, StandingState


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


def vitals(plans: Collection[tuple[CompanyState, CompanyPlan, Standing]], at: Circumstances) -> Vitals:
    """The numbers at this tick, from what it plans for each company and the standing that each has then."""
    shown = Counter(standing.shown.state for company, _, standing in plans if not _is_no_customer(company))
    read = [_read_since(company, standing, at) for company, plan, standing in plans if plan.due and company.licensed]
    held = [
        cause.since
        for _, _, standing in plans
        for cause in standing.causes.values()
        if cause.state is StandingState.HELD and cause.since is not None
    ]
    past_close = sum(
        record.state is RecordState.OPEN and at.tick >= record.key.month.day_after_end(at.policy.close_day)
        for company, _, _ in plans
        for record in company.records
    )
    return Vitals(
        companies={state.label: shown[state] for state in StandingState},
        stalest_reading=_longest(read, at.tick),
        oldest_hold=_longest(held, at.tick),
        past_close=past_close,
    )


def _is_no_customer(company: CompanyState) -> bool:
    """A partner that nobody has opted in: that its own machines are not billed is how it is meant to be (READ-4)."""
    return company.presence is Presence.PARTNER and company.mapping is None and not company.records


def _read_since(company: CompanyState, standing: Standing, at: Circumstances) -> datetime:
    """Since when there is no newer reading of a company that is to be read.

    One without an open record is to be read since its month waits to be opened: what was read of it before, perhaps long
    before it was licensed again, was of another month.
    """
    if standing.last_reading is not None and any(record.state is RecordState.OPEN for record in company.records):
        return standing.last_reading
    awaited = min((cause.since for cause in standing.causes.values() if cause.since is not None), default=at.tick)
    return awaited if standing.last_reading is None else max(awaited, standing.last_reading)


def _longest(since: Iterable[datetime], tick: datetime) -> int:
    """Seconds from the earliest of the instants to the tick; of none, 0."""
    return int(max((tick - each for each in since), default=timedelta()).total_seconds())
