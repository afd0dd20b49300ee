"""The records of a company that the ledger has: they are followed until they are over."""

from tally.domain.model.agreement import Agreement
from tally.domain.model.standing import Cause, StandingState, failing
from tally.domain.planning.agreement_choice import next_place
from tally.domain.planning.due_services import DueService, PlanDraft, other_agreements
from tally.domain.planning.look_schedule import is_to_be_looked_at
from tally.domain.planning.tick_context import CompanyState, Place, Presence, TickContext
from tally.domain.record.credit import credit_notice
from tally.domain.record.lines import SETTLED
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord


def follow(company: CompanyState, at: TickContext, record: UsageRecord, plan: PlanDraft) -> None:
    """Follow an open record, whatever the lists say, by the ids of its lines (CLOSE-3, MATCH-2)."""
    key = record.key
    # Told of closed records, too: it shows until a person marks it done (LATE-3).
    if record.credit is not None:
        notice = credit_notice(record, company.name)
        plan.causes[key.scope] = Cause(state=StandingState.BILLING, notices=(notice,))
    if not _is_due(record, at):
        return
    # None also for a service that the settings name no more: its record goes on without a place.
    place = at.place(key.service)
    unread = _unreadable(company, at, record)
    if unread:
        agreement, late = None, False
        plan.say(key.month, key.service, failing(unread))
    else:
        agreement, late = _agreement(company, at, record, plan)
    plan.add(
        key.month,
        DueService(
            service=key.service,
            agreement=agreement,
            product_id=None if place is None else place.product_id,
            listed=place is not None and place.listed and not unread,
            may_open=_may_open(company, record, place, plan),
            late=late,
            others=other_agreements(
                company, place, key.month, agreement, stands_on=_stands_on(at, record)
            ),
            look=is_to_be_looked_at(record, company.standing, agreement, at),
            stays_open=plan.moved is not None,
        ),
    )


def _agreement(
    company: CompanyState, at: TickContext, record: UsageRecord, plan: PlanDraft
) -> tuple[Agreement | None, bool]:
    """Return the agreement of the record's head or next line, and True if that line is late.

    Where a next line has none, the plan gets the cause.
    """
    key, place = record.key, at.place(record.key.service)
    # MATCH-2: an open line goes on where it stands, whatever was linked or pinned since.
    if record.head is not None:
        return at.agreement(record.head.agreement_id), False
    if place is None or not place.listed:
        return None, False
    chosen, late = next_place(company, at, record)
    if isinstance(chosen, Agreement):
        return chosen, late
    if plan.moved is None and not _needs_no_other_line(company, record):
        plan.say(key.month, key.service, chosen)
    return None, late


def _may_open(
    company: CompanyState, record: UsageRecord, place: Place | None, plan: PlanDraft
) -> bool:
    """Return True if a further line of the record may be opened.

    An excluded partner is no hindrance where a line stands: the month goes on to its close, as that
    of an excluded customer does (CLOSE-5).
    """
    licensed = company.presence is Presence.LICENSED
    goes_on = company.presence is Presence.LEFT_OUT and bool(record.lines)
    # Where a line follows the count, a second one beside it would be billed as well.
    may_have_more = record.head is None and plan.moved is None
    return (licensed or goes_on) and place is not None and may_have_more


def _unreadable(company: CompanyState, at: TickContext, record: UsageRecord) -> str:
    """Return what cannot be read of the agreements that the record is, or could be, billed on.

    Then no list tells what the record lacks.
    """
    of_type = company.agreements(at.place(record.key.service))
    pinned = None if company.link is None else company.link.pinned_agreement_id
    # Where a person has chosen one of them, the others bill nothing (MATCH-3).
    known = [each for each in of_type if each.id == pinned] or [*of_type]
    own = _stands_on(at, record)
    if own is not None:
        known.append(own)
    return next((each.unreadable for each in known if each.unreadable), "")


def _stands_on(at: TickContext, record: UsageRecord) -> Agreement | None:
    return None if record.newest is None else at.agreement(record.newest.agreement_id)


def _is_due(record: UsageRecord, at: TickContext) -> bool:
    """Return True if there is anything to do for the record.

    A closed month is read once more, on the day from which no month is opened (CLOSE-4).
    """
    if record.state is RecordState.OPEN:
        return True
    return not record.is_over or (
        not (record.closing is not None and record.closing.reread)
        and at.tick >= record.key.month.day_after_end(at.policy.open_until_day)
    )


def _needs_no_other_line(company: CompanyState, record: UsageRecord) -> bool:
    """Return True if only the worker can tell whether usage is left over.

    If a person has approved late usage that can still be counted, the planner can tell.
    """
    allowed = record.ruling(Said.LATE)
    if company.licensed and allowed is not None and allowed.number > record.stands:
        return False
    return record.newest is not None and record.newest.state in SETTLED
