"""What is due for one company at one tick: rules MATCH-3, OPEN-2, 3, 4, 8, 9, CLOSE-1, 3 and READ-4, as a pure function."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.service_period import missed
from tally.domain.model.standing import (
    COMPANY_SCOPE,
    Cause,
    StandingState,
    failing,
    needs_setup,
    planners_scope,
    waiting,
)
from tally.domain.planning.agreement_choice import next_place, place_of
from tally.domain.planning.company_moves import moved_away
from tally.domain.planning.look_schedule import is_to_be_looked_at
from tally.domain.planning.obstacles import stopped_as_a_whole
from tally.domain.planning.tick_context import Circumstances, CompanyState, Place, Presence
from tally.domain.record.credit import credit_notice
from tally.domain.record.lines import SETTLED
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class DueService:
    """One service of a company-month: the agreement and product that it is, or would be, billed on.

    ``late``: the agreement is the one that runs now, not the month's own. ``others`` are the company's further ones, by id.
    ``look``: its Additions are to be looked at, whatever the count says (FOLLOW-5). ``stays_open``: the month is not to be
    closed, as ConnectWise's company is gone (MATCH-7).
    """

    service: str
    agreement: Agreement | None
    product_id: int | None = None
    listed: bool = False
    may_open: bool = True
    only_if_used: bool = False
    late: bool = False
    others: tuple[int, ...] = ()
    look: bool = False
    stays_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One company-month to bring up to date."""

    month: Month
    services: tuple[DueService, ...]


@dataclass(slots=True, kw_only=True)
class CompanyPlan:
    """The jobs of one company, the causes that only the planner sees, by scope, and the scopes of records that it leaves alone."""

    due: list[Due] = field(default_factory=list)
    causes: dict[str, Cause] = field(default_factory=dict)
    left: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class _Plan:
    """A plan in the making: what is due, and what there is to say, of each service in each month."""

    due: dict[Month, list[DueService]] = field(default_factory=dict)
    words: dict[Month, dict[str, Cause]] = field(default_factory=dict)
    causes: dict[str, Cause] = field(default_factory=dict)
    moved: Cause | None = None

    def add(self, month: Month, due: DueService) -> None:
        self.due.setdefault(month, []).append(due)

    def say(self, month: Month, service: str, cause: Cause) -> None:
        self.words.setdefault(month, {})[service] = cause


def plan_company(company: CompanyState, at: Circumstances) -> CompanyPlan:
    """Which months of the company are due, and why others are not; each service by itself."""
    return _left_alone(company) or _planned(company, at)


def _left_alone(company: CompanyState) -> CompanyPlan | None:
    """The plan for a company of which nothing can be told at this tick: what was said of its months stays."""
    if company.trouble:
        # Also of records that cannot be read now.
        scopes = () if company.standing is None else company.standing.causes
        left = frozenset(scope for scope in scopes if " " in scope)
        return CompanyPlan(causes={COMPANY_SCOPE: failing(company.trouble)}, left=left)
    if isinstance(company.below, Cause):
        left = frozenset(f"{record.key.month} {record.key.service}" for record in company.records)
        return CompanyPlan(causes={COMPANY_SCOPE: company.below}, left=left)
    return None


def _planned(company: CompanyState, at: Circumstances) -> CompanyPlan:
    plan = _Plan(moved=moved_away(company, at))
    for record in sorted(company.records, key=lambda each: each.key):
        _follow(company, at, record, plan)
    stopped = stopped_as_a_whole(company, at, plan.moved)
    if stopped is not None:
        plan.causes[COMPANY_SCOPE] = stopped
    elif company.presence is Presence.LICENSED and at.directory is not None:
        for service in at.services:
            place = at.directory.places[service]
            if place.problem is not None:
                plan.causes[planners_scope(COMPANY_SCOPE, service)] = needs_setup(place.problem)
                continue
            for month in (at.month.previous, at.month):
                _open(company, at, service, month, plan)
    else:
        _say_unread(company, at, plan)
    due = [
        Due(month=month, services=tuple(services)) for month, services in sorted(plan.due.items())
    ]
    return CompanyPlan(due=due, causes={**plan.causes, **_told(plan, at)})


def _told(plan: _Plan, at: Circumstances) -> Mapping[str, Cause]:
    """What there is to say, by scope: of a month as a whole what is so for all services, else of each with its name.

    Of each also where a job of some of them may have more to say: its word takes the place of one on the month.
    """
    causes: dict[str, Cause] = {}
    for month, by_service in plan.words.items():
        due = {each.service for each in plan.due.get(month, ())}
        together = due in (set(), {*at.services})
        if together and by_service.keys() == {*at.services} and len({*by_service.values()}) == 1:
            causes[str(month)] = next(iter(by_service.values()))
            continue
        for service, cause in by_service.items():
            reason = cause.reason and f"{service}: {cause.reason}"
            notices = tuple(f"{service}: {notice}" for notice in cause.notices)
            causes[planners_scope(str(month), service)] = replace(
                cause, reason=reason, notices=notices
            )
    return causes


def _follow(company: CompanyState, at: Circumstances, record: UsageRecord, plan: _Plan) -> None:
    """Open records are followed whatever the lists say: by the ids that their lines have (CLOSE-3, MATCH-2)."""
    key = record.key
    if record.credit is not None:
        notice = credit_notice(record, company.name)
        plan.causes[f"{key.month} {key.service}"] = Cause(
            state=StandingState.BILLING, notices=(notice,)
        )
    if not _is_due(record, at):
        return
    head = record.head
    place = None if at.directory is None else at.directory.places.get(key.service)
    agreement, late = None, False
    unread = _unreadable(company, at, record)
    if unread:
        plan.say(key.month, key.service, failing(unread))
    elif head is not None:
        agreement = None if at.directory is None else at.directory.by_id.get(head.agreement_id)
    elif place is not None and place.listed:
        chosen, late = next_place(company, at, record)
        if isinstance(chosen, Agreement):
            agreement = chosen
        elif plan.moved is None and not _needs_no_other_line(company, record):
            plan.say(key.month, key.service, chosen)
    may_open = (
        company.presence is Presence.LICENSED
        and place is not None
        and head is None
        and plan.moved is None
    )
    others = _others(company, place, key.month, agreement)
    due = _due(key.service, agreement, place, may_open=may_open, late=late, others=others)
    look = is_to_be_looked_at(record, company.standing, agreement, at)
    due = replace(due, look=look, stays_open=plan.moved is not None)
    plan.add(key.month, replace(due, listed=False) if unread else due)


def _unreadable(company: CompanyState, at: Circumstances, record: UsageRecord) -> str:
    """What cannot be read of the agreement of its newest line, or of any that it could go on: then no list tells what it lacks."""
    if at.directory is None:
        return ""
    place = at.directory.places.get(record.key.service)
    connectwise_id = None if company.link is None else company.link.connectwise_id
    known = (
        []
        if place is None or connectwise_id is None
        else [*place.agreements.get(connectwise_id, ())]
    )
    if (
        record.newest is not None
        and (own := at.directory.by_id.get(record.newest.agreement_id)) is not None
    ):
        known.append(own)
    return next((each.unreadable for each in known if each.unreadable), "")


def _is_due(record: UsageRecord, at: Circumstances) -> bool:
    """Whether there is anything to do: a closed month is read once more, on the day from which none is opened (CLOSE-4)."""
    if record.state is RecordState.OPEN:
        return True
    return not record.is_over or (
        not (record.closing is not None and record.closing.reread)
        and at.tick >= record.key.month.day_after_end(at.policy.open_until_day)
    )


def _needs_no_other_line(company: CompanyState, record: UsageRecord) -> bool:
    """Whether the worker has the word: it alone knows whether more was counted than lines can carry.

    Unless that was approved, and can be counted still.
    """
    allowed = record.ruling(Said.LATE)
    if company.licensed and allowed is not None and allowed.number > record.stands:
        return False
    return record.newest is not None and record.newest.state in SETTLED


def _due(
    service: str,
    agreement: Agreement | None,
    place: Place | None,
    *,
    may_open: bool = True,
    only_if_used: bool = False,
    late: bool = False,
    others: tuple[int, ...] = (),
) -> DueService:
    return DueService(
        service=service,
        agreement=agreement,
        product_id=None if place is None else place.product_id,
        listed=place is not None and place.listed,
        may_open=may_open,
        only_if_used=only_if_used,
        late=late,
        others=others,
    )


def _others(
    company: CompanyState, place: Place | None, month: Month, agreement: Agreement | None
) -> tuple[int, ...]:
    """The company's further agreements of the type that did not end before the month, by id (SAFE-8)."""
    connectwise_id = None if company.link is None else company.link.connectwise_id
    known = (
        () if place is None or connectwise_id is None else place.agreements.get(connectwise_id, ())
    )
    chosen = None if agreement is None else agreement.id
    return tuple(
        sorted(
            each.id for each in known if each.id != chosen and not each.ended_before(month.first)
        )
    )


def _open(
    company: CompanyState, at: Circumstances, service: str, month: Month, plan: _Plan
) -> None:
    if month == at.month and (month, service) in company.waived:
        reason = f"{month.label} is not billed: a person has waived it."
        plan.causes[f"{month} {service}"] = waiting(reason)
    if not _unrecorded(company, month, service):
        return
    first_month = at.first_month_of(service)
    if month < first_month:
        if month == at.month:
            waits = waiting(f"Billing begins with {first_month.label}.", until=first_month.starts)
            plan.say(month, service, waits)
        return
    seen_licensed = company.standing is not None and month in company.standing.licensed_in
    untold = company.standing is not None and month in company.standing.untold_in
    looked_in_vain = not (seen_licensed or untold) and month in at.ticks.planned
    if month != at.month and (looked_in_vain or _before_it_was_billed(company, month)):
        # Nobody saw it licensed in that month, though a tick looked (OPEN-9); or a partner that was
        # not billed yet.
        return
    agreement, late_line = place_of(company, at, service, month)
    if isinstance(agreement, Cause):
        late = at.tick >= month.day_after_end(at.policy.open_until_day)
        unplaced = agreement.state is StandingState.NEEDS_SETUP
        plan.say(month, service, _missed(month) if late and unplaced else agreement)
        return
    only_if_used = month != at.month and not seen_licensed
    if at.tick >= month.day_after_end(at.policy.open_until_day):
        if seen_licensed:
            plan.say(month, service, _missed(month))
        return
    if not only_if_used and not _has_been_tried(company, month, service):
        plan.say(month, service, waiting(f"{month.label} is being opened."))
    place = None if at.directory is None else at.directory.places[service]
    others = _others(company, place, month, agreement)
    plan.add(
        month,
        _due(service, agreement, place, only_if_used=only_if_used, late=late_line, others=others),
    )


def _say_unread(company: CompanyState, at: Circumstances, plan: _Plan) -> None:
    """What is not open yet, this month or a record without an Addition, waits for lists that could not be read."""
    unread = "; ".join(at.failures) or "GravityZone could not be asked for it"
    new = {
        (at.month, each)
        for each in at.services
        if at.month >= at.first_month_of(each) and _unrecorded(company, at.month, each)
    }
    begun = {
        (each.key.month, each.key.service) for each in company.records if _is_to_be_opened(each)
    }
    for month, service in sorted(new | begun):
        if service in at.services and service not in plan.words.get(month, {}):
            plan.say(month, service, failing(f"{month.label} cannot be opened: {unread}."))


def _is_to_be_opened(record: UsageRecord) -> bool:
    """Whether it has no Addition, and itself nothing to say of why."""
    return (
        record.lacks_line
        and record.state is RecordState.OPEN
        and record.hold is None
        and record.refusal is None
    )


def _before_it_was_billed(company: CompanyState, month: Month) -> bool:
    """Whether a partner's own machines were billed from a later month on only."""
    since = None if company.link is None else company.link.own_billed_since
    return company.below is not None and since is not None and month < Month.of(since)


def _missed(month: Month) -> Cause:
    """A month that can no longer be opened stops nothing; it is told as long as it is the last one."""
    return Cause(state=StandingState.BILLING, notices=(missed(month).reason,))


def _has_been_tried(company: CompanyState, month: Month, service: str) -> bool:
    """Whether a worker has a word on it already, which says more than that it is being opened."""
    return company.standing is not None and f"{month} {service}" in company.standing.causes


def _unrecorded(company: CompanyState, month: Month, service: str) -> bool:
    if (month, service) in company.settled:
        return False
    return not any(
        record.key.month == month and record.key.service == service for record in company.records
    )
