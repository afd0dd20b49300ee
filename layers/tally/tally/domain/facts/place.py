"""Second question: where may a line stand, for which days, and can it still grow?"""

from datetime import timedelta
from typing import NamedTuple

from tally.domain.facts import place_texts as texts
from tally.domain.facts.job_facts import Facts, Permit, When
from tally.domain.model.agreement import Agreement, choose_agreement, decisive_day
from tally.domain.model.invoicing import (
    Invoicing,
    LateUsage,
    has_ended,
    is_invoiced,
    is_refused_as_invoiced,
    late_period,
)
from tally.domain.model.service_period import (
    ServicePeriod,
    begins,
    missed,
    not_begun,
    not_billed,
    service_period,
)
from tally.domain.model.standing import ON_TRIAL, Cause, StandingState, Unsaid, needs_setup, waiting
from tally.domain.record.lines import Line, LineState, Place
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, TakeOver

_OPENS_FOR = timedelta(days=1)
"""How much older than the newest tick a job may be and still open anything (OPEN-7)."""

type NoPlace = Cause | Unsaid


class Freeze(NamedTuple):
    """The line can no longer grow (LATE-1)."""

    why: str


class Thaw(NamedTuple):
    """The line can grow again: an invoice was taken back, or the agreement runs again."""

    why: str


def turn_of(line: Line, facts: Facts) -> Freeze | Thaw | None:
    """Return a turn if the line's agreement lets it grow no longer, or grow again."""
    agreement = facts.agreement(line.agreement_id)
    # MATCH-2: a line whose agreement no list shows is followed by its id meanwhile.
    if agreement is None or line.state not in (LineState.OPEN, LineState.FROZEN):
        return None
    why = why_frozen(line, agreement, facts)
    if line.state is LineState.OPEN:
        return Freeze(why) if why else None
    # An emptied date says nothing of the invoices that were made before.
    if why or agreement.next_invoice is None:
        return None
    return Thaw(f"agreement {agreement.id} can be billed for it again")


def why_frozen(line: Line, agreement: Agreement, facts: Facts) -> str:
    """Say why a write to the line would be billed to nobody; empty if it would be billed."""
    if is_invoiced(agreement, line.place.cancelled, facts.when.policy.invoicing):
        return texts.invoiced_up_to(agreement, line.place.cancelled)
    return texts.has_ended(agreement) if has_ended(agreement, facts.when.today) else ""


def find_place(record: UsageRecord, facts: Facts) -> Place | NoPlace:
    """Return where the record's next line may stand, or what to show instead."""
    stopped = forbidden(record, facts)
    if stopped is not None:
        return stopped
    place = _place(record, facts)
    # Without a permit the job offers the agreement of a line that stands, not one for the next.
    if facts.offer.permit is None and not isinstance(place, Place):
        return unpermitted(facts.when)
    return place


def _place(record: UsageRecord, facts: Facts) -> Place | NoPlace:
    if facts.offer.product_id is None:
        return _without_product(record, facts)
    agreement = _agreement(record, facts)
    if not isinstance(agreement, Agreement):
        return agreement
    late = _is_late(record, agreement, facts)
    period = _late_period(record, agreement, facts) if late else _own_period(agreement, facts)
    if not isinstance(period, ServicePeriod):
        return period
    return Place(
        agreement_id=agreement.id,
        product_id=facts.offer.product_id,
        effective=period.effective,
        cancelled=period.cancelled,
        late=late,
    )


def forbidden(record: UsageRecord, facts: Facts) -> NoPlace | None:
    """Return why nothing may be opened on any agreement; None if nothing forbids it."""
    if _is_missed(record, facts):
        return missed(facts.when.month, "" if record.refusal is None else record.refusal.why)
    permit = facts.offer.permit
    if permit is None:
        return None if record.is_standing else _as_recorded(record)
    # A message that waited in the dead-letter queue for days knows neither links nor agreements of
    # today.
    if permit.newest_tick - facts.when.tick > _OPENS_FOR:
        return Unsaid.AS_BEFORE
    # A person has changed the link since the planner made this job.
    if permit.linked_to is None or permit.linked_to != facts.offer.connectwise_id:
        return Unsaid.PLANNERS
    # CLOSE-5: a further line bills what was used before the company left or was excluded.
    return None if record.lines else _no_first_line(permit)


def _is_missed(record: UsageRecord, facts: Facts) -> bool:
    """Return True if the month's last day to be opened is over, and nobody was asked in time."""
    unasked = not record.lines and record.ruling(Said.ASKED) is None
    return unasked and facts.when.too_late


def _as_recorded(record: UsageRecord) -> NoPlace:
    """Return what the record itself says where nothing can be opened now: its hold or its refusal.

    Where it has neither, the planner's own reason stands, and no longer what a job before this one
    failed with (SAFE-7).
    """
    if record.hold is not None:
        return Cause(state=StandingState.HELD, reason=record.hold.why)
    return Unsaid.PLANNERS if record.refusal is None else texts.refused(record.refusal.why)


def unpermitted(when: When) -> Unsaid:
    """Return what a job says that may open nothing, as it knows no place for more usage."""
    return Unsaid.PLANNERS if when.stays_open else Unsaid.AS_BEFORE


def _no_first_line(permit: Permit) -> NoPlace | None:
    if permit.excluded:
        return Unsaid.PLANNERS
    return None if permit.monthly else waiting(ON_TRIAL)


def _without_product(record: UsageRecord, facts: Facts) -> NoPlace:
    """Report a missing product for companies that the planner leaves alone (MATCH-2).

    For all others the planner reports it.
    """
    permit = facts.offer.permit
    if permit is None or not permit.excluded:
        return Unsaid.PLANNERS
    return needs_setup(texts.no_product(record.key, facts.company))


def _agreement(record: UsageRecord, facts: Facts) -> Agreement | NoPlace:
    """Return the offered agreement as it is now, if it still is the one (OPEN-7, MATCH-3)."""
    offer, agreement, when = facts.offer, facts.offered, facts.when
    if offer.agreement is None or agreement is None:
        return Unsaid.PLANNERS if offer.listed or not record.is_standing else Unsaid.AS_BEFORE
    # Read anew just before the write: a person may have moved the agreement since the planner
    # listed it.
    if (agreement.company_id, agreement.type_id) != (offer.connectwise_id, offer.agreement.type_id):
        return texts.another_agreement(agreement)
    own_day = decisive_day(when.month, when.tick, when.policy.time_zone)
    # The planner has chosen among several, so no pin is needed here. A further line stands in a
    # period of now, and its agreement has to run today.
    return choose_agreement(
        (agreement,),
        company=facts.company,
        day=when.today if offer.late or record.is_carried_on else own_day,
        pinned=None,
        cycles=when.policy.cycles,
    )


def _is_late(record: UsageRecord, agreement: Agreement, facts: Facts) -> bool:
    """Return True if the month's own days can carry no Addition any more."""
    claimed = None if record.claim is None else record.claim.write
    meant = isinstance(claimed, Create | TakeOver) and claimed.place.late
    # Once the month's days are on an invoice, an Addition with these dates is billed to nobody.
    invoiced = is_invoiced(agreement, facts.when.month.last, facts.when.policy.invoicing)
    known = facts.offer.late or record.is_carried_on or invoiced or meant
    return known or _was_refused_as_invoiced(record, agreement)


def _was_refused_as_invoiced(record: UsageRecord, agreement: Agreement) -> bool:
    """Return True if ConnectWise said so of the agreement, which has not changed since."""
    refusal = record.refusal
    if refusal is None or not is_refused_as_invoiced(refusal.why):
        return False
    of_it = isinstance(refusal.write, Create) and refusal.write.place.agreement_id == agreement.id
    # Once a person lets the agreement prorate, or takes the invoice back, its version is new.
    return of_it and refusal.version == agreement.version


def _own_period(agreement: Agreement, facts: Facts) -> ServicePeriod | Cause:
    """Return the days of the month's own line (OPEN-2, OPEN-3)."""
    when, policy = facts.when, facts.when.policy
    period = service_period(agreement, when.month)
    if period is None:
        return not_billed(agreement, when.month)
    start = begins(period, when.month, policy.time_zone)
    if when.tick < start:
        return not_begun(period, when.month, start)
    # Only while the month runs: once it is over, an invoice yet to be made can bill its count.
    asks = policy.invoicing is Invoicing.ADVANCE and policy.late_usage is LateUsage.HOLD
    return texts.invoiced_in_advance(when.month) if asks and when.month_runs else period


def _late_period(record: UsageRecord, agreement: Agreement, facts: Facts) -> ServicePeriod | Cause:
    """Return the days of a further line (LATE-2)."""
    when, policy = facts.when, facts.when.policy
    refused = _was_refused_as_invoiced(record, agreement)
    # LATE-1: unless late lines are accepted, an agreement invoiced within the month needs set-up.
    if not record.lines and policy.late_usage is LateUsage.HOLD and when.month_runs:
        if refused and record.refusal is not None:
            return texts.refused(record.refusal.why)
        return texts.invoiced_already(when.month, agreement)
    # A refused Addition has to start on or after the next invoice date, by ConnectWise's own words.
    invoicing = Invoicing.ADVANCE if refused else policy.invoicing
    period = late_period(agreement, invoicing, month=when.month, today=when.today)
    if agreement.ended_before(period.effective):
        return texts.ends_before_its_invoice(when.month, agreement)
    return period
