"""The standing of a company after a tick, from the one before and the planner's causes (SAFE-7)."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from tally.domain.model.month import Month
from tally.domain.model.standing import (
    ON_TRIAL,
    WHOLE_COMPANY,
    Cause,
    RecordScope,
    Scope,
    Standing,
    StandingState,
    dated,
    failing,
)
from tally.domain.planning.company_plan import CompanyPlan
from tally.domain.planning.tick_context import CompanyState, Presence, TickContext


def next_standing(company: CompanyState, plan: CompanyPlan, at: TickContext) -> Standing:
    """Return the company's standing after this tick.

    The planner's causes are new. A worker's causes stay while its record is followed.
    """
    before = company.standing or Standing(
        company_id=company.id, company_name=company.name, tick=at.tick
    )
    followed = plan.left.union(*(due.scopes for due in plan.due))
    new = {
        scope: dated(cause, _earlier(before, scope, cause), tick=at.tick)
        for scope, cause in plan.causes.items()
    }
    causes = {**_workers_causes(before, followed, at), **new}
    return replace(
        before,
        company_name=company.name,
        causes=causes,
        licensed_in=_licensed_in(company, before, causes, at),
        untold_in=_untold_in(company, before, at),
        # Nobody asks for looks at records that are over, and the item has to stay small.
        looked={scope: tick for scope, tick in before.looked.items() if scope in followed},
        unreadable="",
    )


def _workers_causes(
    before: Standing, followed: Collection[RecordScope], at: TickContext
) -> Mapping[Scope, Cause]:
    """Return the workers' causes that stay: of followed records, and notices that still show."""
    return {
        scope: cause
        for scope, cause in before.causes.items()
        if isinstance(scope, RecordScope)
        and (scope in followed or _still_shows(scope.month, cause, at))
    }


def _licensed_in(
    company: CompanyState, before: Standing, causes: Mapping[Scope, Cause], at: TickContext
) -> tuple[Month, ...]:
    """Return the last months in which it was licensed, without a month on trial (READ-3)."""
    # A worker alone asks for the subscription of a listed company (READ-3), and the standing keeps
    # no more of its answer than these words.
    on_trial = any(
        cause.reason == ON_TRIAL
        for scope, cause in causes.items()
        if isinstance(scope, RecordScope) and scope.month == at.month
    )
    if on_trial:
        return tuple(month for month in before.licensed_in if month != at.month)
    if company.presence is Presence.LICENSED:
        return _with_month(before.licensed_in, at.month)
    return before.licensed_in


def _untold_in(company: CompanyState, before: Standing, at: TickContext) -> tuple[Month, ...]:
    """Return the months in which the lists were read but could not tell if it was licensed."""
    others = tuple(month for month in before.untold_in if month != at.month)
    if company.presence is not Presence.UNREAD:
        return others
    # Whoever was seen licensed at any tick of the month counts as licensed in it (OPEN-9).
    if not at.lists_read or at.month in (*before.untold_in, *before.licensed_in):
        return before.untold_in
    return (*others, at.month)[-_LICENSED_MONTHS_KEPT:]


def failing_standing(
    company_id: str, before: Standing | None, why: str, at: TickContext, *, licensed: bool
) -> Standing:
    """Return the standing of a company that could not be planned.

    The workers' causes of its months stay. If it is licensed, that is noted.
    """
    before = before or Standing(company_id=company_id, company_name=company_id, tick=at.tick)
    # Only what workers said is kept: the planner's own causes come of a plan, and none was made.
    causes: dict[Scope, Cause] = {
        scope: cause for scope, cause in before.causes.items() if isinstance(scope, RecordScope)
    }
    causes[WHOLE_COMPANY] = dated(failing(why), before.causes.get(WHOLE_COMPANY), tick=at.tick)
    licensed_in = _with_month(before.licensed_in, at.month) if licensed else before.licensed_in
    return replace(before, causes=causes, licensed_in=licensed_in, unreadable="")


def bare_standing(standing: Standing, why: str, at: TickContext) -> Standing:
    """Return the short standing to write where the ledger refuses the real one, often by size."""
    cause = dated(failing(why[:_LONGEST_REASON]), standing.causes.get(WHOLE_COMPANY), tick=at.tick)
    return replace(
        standing, company_name=standing.company_name[:_LONGEST_NAME], causes={WHOLE_COMPANY: cause}
    )


# DynamoDB takes items of at most 400 KB: a name and a reason of this length always fit.
_LONGEST_REASON, _LONGEST_NAME = 1_000, 200


def _with_month(months: tuple[Month, ...], month: Month) -> tuple[Month, ...]:
    return months if month in months else (*months, month)[-_LICENSED_MONTHS_KEPT:]


def _still_shows(month: Month, cause: Cause, at: TickContext) -> bool:
    """Return True if a closed month's notice still shows, through the following month.

    The closed month is in the books of that month.
    """
    billing = cause.state is StandingState.BILLING
    return billing and bool(cause.notices) and at.tick < month.next.next.starts


def _earlier(before: Standing, scope: Scope, cause: Cause) -> Cause | None:
    """Return the cause that goes on in this one: of its scope, or with the same words."""
    # A cause may go over from a month to a service of it, or back: it has lasted as long.
    return before.causes.get(scope) or next(
        (each for each in before.causes.values() if cause.same_as(each)), None
    )


_LICENSED_MONTHS_KEPT = 2
"""This month and the one before: no older one can be opened any more (OPEN-9)."""
