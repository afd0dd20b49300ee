"""The months of a licensed company that have no record yet (OPEN-4, OPEN-8, OPEN-9)."""

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.service_period import missed
from tally.domain.model.standing import Cause, RecordScope, StandingState, failing, waiting
from tally.domain.planning.agreement_choice import place_of
from tally.domain.planning.due_services import DueService, PlanDraft, other_agreements
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.record.usage_record import RecordState, UsageRecord


def open_months(company: CompanyState, at: TickContext, service: str, plan: PlanDraft) -> None:
    """Open this month and the one before for the service, as far as they have no record yet."""
    if (at.month, service) in company.waived:
        reason = f"{at.month.label} is not billed: a person has waived it."
        plan.causes[RecordScope(at.month, service)] = waiting(reason)
    # An older month is beyond the day after which nothing is opened (OPEN-9).
    for month in (at.month.previous, at.month):
        if not _is_recorded(company, month, service):
            _open(company, at, service, month, plan)


def _open(
    company: CompanyState, at: TickContext, service: str, month: Month, plan: PlanDraft
) -> None:
    """Open the month if it is to be billed and can still be opened; else say why it is not."""
    first_month = at.first_month_of(service)
    if month < first_month:
        if month == at.month:
            waits = waiting(f"Billing begins with {first_month.label}.", until=first_month.starts)
            plan.say(month, service, waits)
        return
    if month != at.month and _was_not_billable(company, at, month):
        return
    agreement, late = place_of(company, at, service, month)
    if isinstance(agreement, Cause):
        plan.say(month, service, _without_agreement(agreement, at, month))
    elif not _is_too_late(at, month):
        due = _due(company, at, service, month, agreement, late=late)
        # With ``only_if_used`` the job may find a count of zero, and then it opens nothing.
        if not due.only_if_used and not _has_been_tried(company, month, service):
            plan.say(month, service, waiting(f"{month.label} is being opened."))
        plan.add(month, due)
    elif _was_licensed(company, month):
        plan.say(month, service, _missed(month))


def _is_too_late(at: TickContext, month: Month) -> bool:
    return at.tick >= month.day_after_end(at.policy.open_until_day)


def _without_agreement(cause: Cause, at: TickContext, month: Month) -> Cause:
    """Return the cause, or that the month is missed once no set-up helps any more."""
    lost = cause.state is StandingState.NEEDS_SETUP and _is_too_late(at, month)
    return _missed(month) if lost else cause


def _due(
    company: CompanyState,
    at: TickContext,
    service: str,
    month: Month,
    agreement: Agreement,
    *,
    late: bool,
) -> DueService:
    place = at.place(service)
    return DueService(
        service=service,
        agreement=agreement,
        product_id=None if place is None else place.product_id,
        listed=place is not None and place.listed,
        # OPEN-9: where no tick saw it licensed in that month, only a count can show that it was.
        only_if_used=month != at.month and not _was_licensed(company, month),
        late=late,
        others=other_agreements(company, place, month, agreement),
    )


def _was_licensed(company: CompanyState, month: Month) -> bool:
    """Return True if GravityZone listed it as monthly-licensed in the month."""
    return company.standing is not None and month in company.standing.licensed_in


def _was_not_billable(company: CompanyState, at: TickContext, month: Month) -> bool:
    """Return True if nothing of a past month is to be billed (OPEN-9).

    Ticks of that month read the lists and did not see it licensed, or it is a partner that was not
    billed yet.
    """
    untold = company.standing is not None and month in company.standing.untold_in
    may_be_licensed = _was_licensed(company, month) or untold
    looked_in_vain = month in at.ticks.planned and not may_be_licensed
    return looked_in_vain or _before_it_was_billed(company, month)


def _before_it_was_billed(company: CompanyState, month: Month) -> bool:
    """Return True if a partner's own machines are billed only from a later month on."""
    since = company.own_billed_since
    return company.below is not None and since is not None and month < Month.of(since)


def _missed(month: Month) -> Cause:
    """Return the notice of a month that can no longer be opened; it stops nothing."""
    return Cause(state=StandingState.BILLING, notices=(missed(month).reason,))


def _has_been_tried(company: CompanyState, month: Month, service: str) -> bool:
    """Return True if a worker has a cause for the month, which says more than the planner's."""
    return company.standing is not None and RecordScope(month, service) in company.standing.causes


def say_unread(company: CompanyState, at: TickContext, plan: PlanDraft) -> None:
    """Say of each month without an Addition that it waits for lists that could not be read."""
    unread = "; ".join(at.failures) or "GravityZone could not be asked for it"
    new = {
        (at.month, each)
        for each in at.services
        if at.month >= at.first_month_of(each) and not _is_recorded(company, at.month, each)
    }
    begun = {
        (each.key.month, each.key.service) for each in company.records if _is_to_be_opened(each)
    }
    for month, service in sorted(new | begun):
        if service in at.services and service not in plan.words.get(month, {}):
            plan.say(month, service, failing(f"{month.label} cannot be opened: {unread}."))


def _is_to_be_opened(record: UsageRecord) -> bool:
    """Return True if the record has no Addition, and no reason of its own for that."""
    return (
        record.lacks_line
        and record.state is RecordState.OPEN
        and record.hold is None
        and record.refusal is None
    )


def _is_recorded(company: CompanyState, month: Month, service: str) -> bool:
    """Return True if the ledger has a record of the month, open or settled."""
    if (month, service) in company.settled:
        return True
    return any(
        record.key.month == month and record.key.service == service for record in company.records
    )
