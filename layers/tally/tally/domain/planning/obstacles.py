"""Causes that stop a company as a whole (MATCH-1, 2, 7, READ-3, READ-4)."""

from tally.domain.model.standing import Cause, needs_setup, waiting
from tally.domain.planning.agreement_choice import left_unlinked
from tally.domain.planning.tick_context import (
    ABSENCES,
    ALL_BELOW,
    CompanyState,
    Presence,
    TickContext,
)


def stopped_as_a_whole(company: CompanyState, at: TickContext, moved: Cause | None) -> Cause | None:
    """Return the first cause that stops the company as a whole; None if there is none.

    ``moved`` is the cause of its ConnectWise company (MATCH-7). Where a month is open, it comes
    first: that the month cannot close is the most urgent.
    """
    return (moved if company.records else None) or _stopped(company) or moved or _no_place(at)


def _stopped(company: CompanyState) -> Cause | None:
    """Return the cause by which the company itself stops everything."""
    if company.presence is not Presence.LICENSED:
        return _absence(company)
    if (excluded := _excluded(company)) is not None:
        return excluded
    if company.below is not None and company.own_billed_since is None:
        return ABSENCES[Presence.PARTNER]
    if company.link is None:
        return _unmatched(company)
    if company.link.connectwise_id is None:
        return needs_setup(left_unlinked(company.link))
    return None


def _absence(company: CompanyState) -> Cause | None:
    """Return the cause of a company that is not listed as a monthly-licensed customer."""
    presence = company.presence
    if presence in (Presence.UNLICENSED, Presence.GONE, Presence.LEFT_OUT):
        return ABSENCES[presence]
    excluded = _excluded(company)
    if presence is Presence.UNLISTED:
        return excluded or ABSENCES[Presence.UNLICENSED]
    # UNREAD: this tick's lists tell nothing of it, so what an earlier tick found stays.
    lasting = ABSENCES[presence] if presence is Presence.PARTNER else company.cause_before
    return excluded or company.refused or lasting


def _unmatched(company: CompanyState) -> Cause:
    if company.unlinked:
        return needs_setup(company.unlinked)
    return company.cause_before or waiting("To be matched by its name.")


def _excluded(company: CompanyState) -> Cause | None:
    since = None if company.link is None else company.link.excluded_since
    if since is None:
        return None
    partner = company.presence is Presence.PARTNER or company.below is not None
    return waiting(
        f"Excluded from billing since {since:%Y-%m-%d}{f', {ALL_BELOW}' if partner else ''}."
    )


def _no_place(at: TickContext) -> Cause | None:
    """Return the cause of set-up that ConnectWise lacks for all services, so for all companies."""
    problems = (
        []
        if at.directory is None
        else [at.directory.places[service].problem for service in at.services]
    )
    # A service that has its place is billed, whatever another one lacks.
    if problems and all(problems):
        return needs_setup(" ".join(dict.fromkeys(filter(None, problems))))
    return None
