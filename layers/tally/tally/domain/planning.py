"""What is due for one company at one tick: rules MATCH-3, OPEN-2, 3, 4, 8, 9, CLOSE-1, 3 and READ-4, as a pure function."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from tally.domain.agreement import Agreement
from tally.domain.company import Mapping as CompanyMapping
from tally.domain.month import Month
from tally.domain.partner import Children
from tally.domain.place import (
    begins,
    choose_agreement,
    decisive_day,
    missed,
    not_begun,
    not_billed,
    service_period,
)
from tally.domain.record import LineState, UsageRecord
from tally.domain.situation import Policy
from tally.domain.standing import COMPANY_SCOPE, ON_TRIAL, Cause, Standing, StandingState, dated
from tally.domain.ticks import Ticks


class Presence(Enum):
    """What GravityZone's lists say of a company at this tick."""

    LICENSED = "listed as a monthly-licensed customer"
    UNLICENSED = "exists without a monthly subscription"
    PARTNER = "a partner, whose own machines are not billed"
    GONE = "not in GravityZone any more"
    UNREAD = "in a part of the tree that could not be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """ConnectWise's side at this tick. ``problem`` is what the operator has to set up before anything can be opened."""

    product_id: int | None
    agreements: Mapping[int, Sequence[Agreement]]
    by_id: Mapping[int, Agreement]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is the same for all companies at one tick.

    ``directory`` is None if ConnectWise's lists could not be read. ``failures`` say which lists could not, and why.
    """

    tick: datetime
    ticks: Ticks
    first_month: Month
    services: Sequence[str]
    policy: Policy
    directory: Directory | None
    failures: Sequence[str] = ()

    @property
    def month(self) -> Month:
        """The month that the tick falls in, GMT."""
        return Month.of(self.tick)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyState:
    """What is known of one company. ``untied`` says why there is no mapping.

    ``below``: of a partner whose own machines are billed, its children, or why nothing can be told of it now (READ-4).

    ``settled`` are the months of its records that are not open; ``waived`` those of them that a person does not want billed.
    """

    id: str
    name: str
    presence: Presence
    mapping: CompanyMapping | None
    untied: str
    standing: Standing | None
    records: Sequence[UsageRecord]
    settled: frozenset[tuple[Month, str]]
    waived: frozenset[tuple[Month, str]] = frozenset()
    below: Children | Cause | None = None

    @property
    def licensed(self) -> bool:
        """Whether its counters may be read; where the lists fail, what they last said goes on."""
        return self.presence in (Presence.LICENSED, Presence.UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One company-month to bring up to date."""

    month: Month
    agreement: Agreement | None
    may_open: bool = True
    only_if_used: bool = False


@dataclass(slots=True, kw_only=True)
class CompanyPlan:
    """The jobs of one company, the causes that only the planner sees, by scope, and the months that it leaves as they are."""

    due: list[Due] = field(default_factory=list)
    causes: dict[str, Cause] = field(default_factory=dict)
    left: set[Month] = field(default_factory=set)


def plan_company(company: CompanyState, at: Circumstances) -> CompanyPlan:
    """Which months of the company are due, and why others are not."""
    plan = CompanyPlan()
    if isinstance(company.below, Cause):
        plan.causes[COMPANY_SCOPE] = company.below
        plan.left = {record.key.month for record in company.records}
        return plan
    for month in sorted({record.key.month for record in company.records}):
        _follow(company, at, month, plan)
    stopped = _stopped(company, at)
    if stopped is not None:
        plan.causes[COMPANY_SCOPE] = stopped
    elif company.presence is Presence.LICENSED and at.directory is not None:
        for month in (at.month.previous, at.month):
            _open(company, at, at.directory, month, plan)
    elif at.month >= at.first_month and all(_unrecorded(company, at.month, service) for service in at.services):
        plan.causes[str(at.month)] = Cause(
            state=StandingState.FAILING,
            reason=f"{at.month.label} cannot be opened: {'; '.join(at.failures) or 'GravityZone could not be asked for it'}.",
        )
    return plan


def _follow(company: CompanyState, at: Circumstances, month: Month, plan: CompanyPlan) -> None:
    """Open records are followed whatever the lists say: by the ids that their lines have (CLOSE-3, MATCH-2)."""
    records = [record for record in company.records if record.key.month == month]
    lines = [record.line for record in records if record.line is not None and record.line.state is LineState.OPEN]
    if at.directory is None:
        agreement = None
    elif len(lines) == len(records):
        agreement = at.directory.by_id.get(lines[0].agreement_id)
    else:
        chosen = _agreement(company, at, at.directory, month)
        if isinstance(chosen, Cause):
            plan.causes[str(month)] = chosen
        agreement = None if isinstance(chosen, Cause) else chosen
    listed = company.presence is Presence.LICENSED and at.directory is not None
    may_open = listed and len(lines) < len(records)
    plan.due.append(Due(month=month, agreement=agreement, may_open=may_open))


def _stopped(company: CompanyState, at: Circumstances) -> Cause | None:
    """Why nothing can be opened for the company as a whole."""
    match company.presence:
        case Presence.PARTNER | Presence.UNLICENSED | Presence.GONE as absent:
            return _ABSENCES[absent]
        case Presence.UNREAD:
            return _as_before(company)
        case Presence.LICENSED:
            pass
    if company.below is not None and (company.mapping is None or company.mapping.own_billed_since is None):
        return _ABSENCES[Presence.PARTNER]
    if company.mapping is None:
        return (
            _needs_setup(company.untied)
            if company.untied
            else _as_before(company) or _waiting("To be matched by its name.")
        )
    if company.mapping.excluded_since is not None:
        return _waiting(f"Excluded from billing since {company.mapping.excluded_since:%Y-%m-%d}.")
    if company.mapping.connectwise_id is None:
        return _needs_setup(_left_untied(company.mapping))
    if at.directory is not None and at.directory.problem is not None:
        return _needs_setup(at.directory.problem)
    return None


def _as_before(company: CompanyState) -> Cause | None:
    return None if company.standing is None else company.standing.causes.get(COMPANY_SCOPE)


def known_absence(standing: Standing | None) -> Presence | None:
    """What an earlier tick found out of a company that is in no list, so that it is not asked for at every tick."""
    cause = None if standing is None else standing.causes.get(COMPANY_SCOPE)
    return next((each for each, known in _ABSENCES.items() if cause is not None and cause.reason == known.reason), None)


def _open(company: CompanyState, at: Circumstances, directory: Directory, month: Month, plan: CompanyPlan) -> None:
    if month == at.month:
        plan.causes |= {
            f"{month} {service}": _waiting(f"{month.label} is not billed: a person has waived it.")
            for service in at.services
            if (month, service) in company.waived
        }
    if not all(_unrecorded(company, month, service) for service in at.services):
        return
    if month < at.first_month:
        if month == at.month:
            begins_at = at.first_month.starts
            plan.causes[str(month)] = _waiting(f"Billing begins with {at.first_month.label}.", until=begins_at)
        return
    seen_licensed = company.standing is not None and month in company.standing.licensed_in
    looked_in_vain = not seen_licensed and month in at.ticks.planned
    if month != at.month and (looked_in_vain or _before_it_was_billed(company, month)):
        # Nobody saw it licensed in that month, though a tick looked (OPEN-9); or a partner that was not billed yet.
        return
    place = _place(company, at, directory, month)
    if isinstance(place, Cause):
        late = at.tick >= month.day_after_end(at.policy.open_until_day)
        unplaced = place.state is StandingState.NEEDS_SETUP
        plan.causes[str(month)] = _missed(month) if late and unplaced else place
        return
    only_if_used = month != at.month and not seen_licensed
    if at.tick >= month.day_after_end(at.policy.open_until_day):
        if seen_licensed:
            plan.causes[str(month)] = _missed(month)
        return
    if not only_if_used and not _has_been_tried(company, month):
        plan.causes[str(month)] = _waiting(f"{month.label} is being opened.")
    plan.due.append(Due(month=month, agreement=place, only_if_used=only_if_used))


def _before_it_was_billed(company: CompanyState, month: Month) -> bool:
    """Whether a partner's own machines were billed from a later month on only."""
    since = None if company.mapping is None else company.mapping.own_billed_since
    return company.below is not None and since is not None and month < Month.of(since)


def _missed(month: Month) -> Cause:
    """A month that can no longer be opened stops nothing; it is told as long as it is the last one."""
    return Cause(state=StandingState.BILLING, notices=(missed(month).reason,))


def _has_been_tried(company: CompanyState, month: Month) -> bool:
    """Whether a worker has a word on the month already, which says more than that it is being opened."""
    return company.standing is not None and any(scope.startswith(f"{month} ") for scope in company.standing.causes)


def _place(company: CompanyState, at: Circumstances, directory: Directory, month: Month) -> Agreement | Cause:
    """The agreement to open the month on now; else why not (yet)."""
    agreement = _agreement(company, at, directory, month)
    if isinstance(agreement, Cause):
        return agreement
    period = service_period(agreement, month)
    if period is None:
        return not_billed(agreement, month)
    start = begins(period, month, at.policy.time_zone)
    if at.tick < start:
        return not_begun(period, month, start)
    return agreement


def _agreement(company: CompanyState, at: Circumstances, directory: Directory, month: Month) -> Agreement | Cause:
    if company.mapping is None:
        return _needs_setup(company.untied)
    if company.mapping.connectwise_id is None:
        return _needs_setup(_left_untied(company.mapping))
    return choose_agreement(
        directory.agreements.get(company.mapping.connectwise_id, ()),
        company=company.name,
        day=decisive_day(month, at.tick, at.policy.time_zone),
        pinned=company.mapping.pinned_agreement_id,
        cycles=at.policy.cycles,
    )


def _left_untied(mapping: CompanyMapping) -> str:
    return (
        f"It was left without a ConnectWise company by {mapping.tied_by} on {mapping.tied_at:%Y-%m-%d}: tie it by hand."
    )


def _unrecorded(company: CompanyState, month: Month, service: str) -> bool:
    if (month, service) in company.settled:
        return False
    return not any(record.key.month == month and record.key.service == service for record in company.records)


def _needs_setup(reason: str) -> Cause:
    return Cause(state=StandingState.NEEDS_SETUP, reason=reason)


def _waiting(reason: str, *, until: datetime | None = None) -> Cause:
    return Cause(state=StandingState.WAITING, reason=reason, until=until)


def next_standing(company: CompanyState, plan: CompanyPlan, at: Circumstances) -> Standing:
    """The company's standing after this tick: the planner's causes are new, a worker's stay while its month is followed."""
    before = company.standing or Standing(company_id=company.id, company_name=company.name, tick=at.tick)
    followed = {str(month) for month in (*(due.month for due in plan.due), *plan.left)}
    causes = {
        scope: cause
        for scope, cause in before.causes.items()
        if " " in scope and (scope.partition(" ")[0] in followed or _still_told(scope, cause, at))
    }
    causes |= {
        scope: dated(cause, _earlier(before, scope, cause), tick=at.tick) for scope, cause in plan.causes.items()
    }
    licensed_in = before.licensed_in
    on_trial = any(cause.reason == ON_TRIAL for scope, cause in causes.items() if scope.startswith(f"{at.month} "))
    if on_trial:
        licensed_in = tuple(month for month in licensed_in if month != at.month)
    elif company.presence is Presence.LICENSED and at.month not in licensed_in:
        licensed_in = (*licensed_in, at.month)[-_LICENSED_MONTHS_KEPT:]
    return replace(before, company_name=company.name, causes=causes, licensed_in=licensed_in)


def _still_told(scope: str, cause: Cause, at: Circumstances) -> bool:
    """Whether a closed month has a notice that is to be seen until its late openings end."""
    month = Month.parse(scope.partition(" ")[0])
    billing = cause.state is StandingState.BILLING
    return billing and bool(cause.notices) and at.tick < month.day_after_end(at.policy.open_until_day)


def _earlier(before: Standing, scope: str, cause: Cause) -> Cause | None:
    """The cause that goes on in this one: of its scope, or with the same words of another month."""
    return before.causes.get(scope) or next((each for each in before.causes.values() if cause.same_as(each)), None)


_LICENSED_MONTHS_KEPT = 2

_ABSENCES = {
    Presence.PARTNER: _needs_setup("It is a partner: its customers are billed, its own machines are not."),
    Presence.UNLICENSED: _waiting(
        "It has no monthly subscription in GravityZone, so its machines are not counted: not billed until it has one."
    ),
    Presence.GONE: _waiting("It is not in GravityZone any more: not billed."),
}
