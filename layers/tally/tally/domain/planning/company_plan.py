"""The plan for one company at one tick: its due months and services, and the causes of the others.

This is a pure function of what the tick knows (MATCH-3, OPEN-2, 3, 4, 8, 9, CLOSE-1, 3, READ-4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tally.domain.model.standing import (
    WHOLE_COMPANY,
    Cause,
    RecordScope,
    Scope,
    failing,
    needs_setup,
)
from tally.domain.planning.connectwise_company_gone import moved_away
from tally.domain.planning.due_services import Due, DueService, PlanDraft
from tally.domain.planning.look_schedule import is_licence_to_be_checked
from tally.domain.planning.new_months import open_months, say_unread
from tally.domain.planning.obstacles import stopped_as_a_whole
from tally.domain.planning.open_records import follow
from tally.domain.planning.tick_context import CompanyState, Directory, Presence, TickContext


@dataclass(slots=True, kw_only=True)
class CompanyPlan:
    """The jobs of one company, and the causes that only the planner sees, by scope.

    ``left`` are the scopes of the records that the plan leaves alone.
    """

    due: list[Due] = field(default_factory=list)
    causes: dict[Scope, Cause] = field(default_factory=dict)
    left: frozenset[RecordScope] = frozenset()


def plan_company(company: CompanyState, at: TickContext) -> CompanyPlan:
    """Plan each service by itself: the months that are due, and the causes of the others."""
    return _left_alone(company) or _planned(company, at)


def _left_alone(company: CompanyState) -> CompanyPlan | None:
    """Return the plan of a company that this tick knows too little of; its months' causes stay."""
    if company.trouble:
        # The standing's scopes also name records that cannot be read now.
        scopes = () if company.standing is None else company.standing.causes
        left = frozenset(scope for scope in scopes if isinstance(scope, RecordScope))
        return CompanyPlan(causes={WHOLE_COMPANY: failing(company.trouble)}, left=left)
    if isinstance(company.below, Cause):
        left = frozenset(record.key.scope for record in company.records)
        return CompanyPlan(causes={WHOLE_COMPANY: company.below}, left=left)
    return None


def _planned(company: CompanyState, at: TickContext) -> CompanyPlan:
    plan = PlanDraft(moved=moved_away(company, at))
    # Before it is seen what stops the company: what is open is followed to its close (CLOSE-3).
    for record in sorted(company.records, key=lambda each: each.key):
        follow(company, at, record, plan)
    stopped = stopped_as_a_whole(company, at, plan.moved)
    is_checked = False
    if stopped is not None:
        plan.causes[WHOLE_COMPANY] = stopped
    elif company.presence is Presence.LICENSED and at.directory is not None:
        _open_services(company, at, at.directory, plan)
        is_checked = is_licence_to_be_checked(company.id, company.standing, at)
    else:
        say_unread(company, at, plan)
    due = [
        Due(
            month=month,
            services=tuple(services),
            check_licence=is_checked and month == at.month and _are_open(services),
        )
        for month, services in sorted(plan.due.items())
    ]
    return CompanyPlan(due=due, causes={**plan.causes, **dict(_causes_by_scope(plan, at))})


def _are_open(services: Sequence[DueService]) -> bool:
    """Return True if the job opens nothing, so that it does not ask for the licence itself."""
    return not any(each.may_open for each in services)


def _open_services(
    company: CompanyState, at: TickContext, directory: Directory, plan: PlanDraft
) -> None:
    for service in at.services:
        problem = directory.places[service].problem
        if problem is None:
            open_months(company, at, service, plan)
        else:
            plan.causes[Scope(service=service)] = needs_setup(problem)


def _causes_by_scope(plan: PlanDraft, at: TickContext) -> Iterator[tuple[Scope, Cause]]:
    """Give one cause for a month where it is the same for all services, else one for each service.

    Where jobs of only some services are due, each service has its own: a job may have more to say,
    and its cause takes the place of one on the month.
    """
    for month, by_service in plan.words.items():
        due = {each.service for each in plan.due.get(month, ())}
        if due in (set(), {*at.services}) and _is_the_same(by_service, at):
            yield Scope(month), next(iter(by_service.values()))
            continue
        for service, cause in by_service.items():
            yield Scope(month, service), _with_name(cause, service)


def _is_the_same(by_service: Mapping[str, Cause], at: TickContext) -> bool:
    return by_service.keys() == {*at.services} and len({*by_service.values()}) == 1


def _with_name(cause: Cause, service: str) -> Cause:
    """Return the cause with the service's name in front of each text."""
    return replace(
        cause,
        reason=cause.reason and f"{service}: {cause.reason}",
        notices=tuple(f"{service}: {notice}" for notice in cause.notices),
    )
