"""The agreement for a company's month at this tick (MATCH-3, OPEN-2, OPEN-3, OPEN-9, LATE-2)."""

from collections.abc import Mapping, Sequence
from datetime import date

from tally.domain.model.agreement import Agreement, choose_agreement, decisive_day
from tally.domain.model.company import CompanyLink
from tally.domain.model.invoicing import is_invoiced
from tally.domain.model.month import Month
from tally.domain.model.service_period import (
    begins,
    not_begun,
    not_billed,
    service_period,
)
from tally.domain.model.standing import Cause, needs_setup
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.record.usage_record import UsageRecord


def next_place(
    company: CompanyState, at: TickContext, record: UsageRecord
) -> tuple[Agreement | Cause, bool]:
    """Return the agreement of the record's next line, and True if that line is late (LATE-2).

    A late line is on the agreement of today.
    """
    if record.is_carried_on:
        return _agreement_on(company, at, record.key.service, at.today), True
    return _for_month(company, at, record.key.service, record.key.month)


def _for_month(
    company: CompanyState, at: TickContext, service: str, month: Month
) -> tuple[Agreement | Cause, bool]:
    """Return the month's own agreement, or today's where that month has been invoiced (OPEN-9)."""
    chosen = _agreement(company, at, service, month)
    if month >= at.month or isinstance(chosen, Cause):
        return chosen, False
    if is_invoiced(chosen, month.last, at.policy.invoicing):
        return _agreement_on(company, at, service, at.today), True
    return chosen, False


def place_of(
    company: CompanyState, at: TickContext, service: str, month: Month
) -> tuple[Agreement | Cause, bool]:
    """Return the agreement to open the month on now, or the cause why there is none yet.

    The second value is True if the line is for late usage only.
    """
    agreement, late = _for_month(company, at, service, month)
    # A late line stands in the period that is open now: the month's own days do not bind it.
    if isinstance(agreement, Cause) or late:
        return agreement, late
    period = service_period(agreement, month)
    if period is None:
        return not_billed(agreement, month), late
    # OPEN-2: ConnectWise goes by the MSP's local date. Additions dated by UTC were a day off there,
    # and blocked invoicing (told of a live tenant).
    start = begins(period, month, at.policy.time_zone)
    return (not_begun(period, month, start) if at.tick < start else agreement), late


def _agreement(
    company: CompanyState, at: TickContext, service: str, month: Month
) -> Agreement | Cause:
    return _agreement_on(company, at, service, decisive_day(month, at.tick, at.policy.time_zone))


def _agreement_on(
    company: CompanyState, at: TickContext, service: str, day: date
) -> Agreement | Cause:
    if company.link is None:
        return needs_setup(company.unlinked)
    if company.link.connectwise_id is None:
        return needs_setup(left_unlinked(company.link))
    of_company = {
        # What is pinned for another customer at the same ConnectWise company is that one's alone.
        name: [each for each in company.agreements(place) if each.id not in company.of_others]
        for name, place in ({} if at.directory is None else at.directory.places).items()
    }
    return choose_agreement(
        of_company[service],
        company=company.name,
        day=day,
        pinned=pin_of(company.link.pinned_agreement_id, of_company, service),
        cycles=at.policy.cycles,
    )


def pin_of[K](
    pinned: int | None, of_company: Mapping[K, Sequence[Agreement]], billed: K
) -> int | None:
    """Return the pin, unless it is on an agreement of another type than what is billed (MATCH-3).

    ``of_company`` are the company's agreements by what is billed on them.
    """
    holders = {
        each
        for each, agreements in of_company.items()
        if any(agreement.id == pinned for agreement in agreements)
    }
    # A pin that is in no list stays, and ``choose_agreement`` tells that it is no active one.
    return None if holders and billed not in holders else pinned


def left_unlinked(link: CompanyLink) -> str:
    """Return the reason that stands for a company that only a person links (MATCH-1)."""
    if not link.linked_by:
        return (
            "It was never linked to a ConnectWise company, and is not linked by its name either, "
            f"since a person decided on it on {link.linked_at:%Y-%m-%d}: link it by hand."
        )
    return (
        f"It was left without a ConnectWise company by {link.linked_by} on "
        f"{link.linked_at:%Y-%m-%d}: link it by hand."
    )
