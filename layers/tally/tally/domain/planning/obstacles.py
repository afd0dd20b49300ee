"""Causes that stop a company as a whole (MATCH-1, 2, 7, READ-3, READ-4)."""

from tally.domain.model.standing import COMPANY_SCOPE, Cause, needs_setup, waiting
from tally.domain.planning.agreement_choice import left_untied
from tally.domain.planning.tick_context import (
    ABSENCES,
    ALL_BELOW,
    Circumstances,
    CompanyState,
    Presence,
)


def stopped_as_a_whole(
    company: CompanyState, at: Circumstances, moved: Cause | None
) -> Cause | None:
    """Return the first cause that stops the company as a whole; None if there is none.

    ``moved`` is the cause of its ConnectWise company (MATCH-7). Where a month is open, it comes
    first: that the month cannot close is the most urgent.
    """
    return (moved if company.records else None) or _stopped(company) or moved or _no_place(at)


def _stopped(company: CompanyState) -> Cause | None:
    """Return the cause by which the company itself stops everything."""
    match company.presence:
        case Presence.PARTNER:
            return _excluded(company) or company.refused or ABSENCES[Presence.PARTNER]
        case Presence.UNLICENSED | Presence.GONE | Presence.LEFT_OUT as absent:
            return ABSENCES[absent]
        case Presence.UNREAD:
            return _excluded(company) or company.refused or _as_before(company)
        case Presence.UNLISTED:
            return _excluded(company) or ABSENCES[Presence.UNLICENSED]
        case Presence.LICENSED:
            pass
    if company.below is not None and (
        company.link is None or company.link.own_billed_since is None
    ):
        return ABSENCES[Presence.PARTNER]
    if company.link is None:
        return (
            needs_setup(company.untied)
            if company.untied
            else _as_before(company) or waiting("To be matched by its name.")
        )
    if (excluded := _excluded(company)) is not None:
        return excluded
    if company.link.connectwise_id is None:
        return needs_setup(left_untied(company.link))
    return None


def _excluded(company: CompanyState) -> Cause | None:
    since = None if company.link is None else company.link.excluded_since
    if since is None:
        return None
    partner = company.presence is Presence.PARTNER or company.below is not None
    return waiting(
        f"Excluded from billing since {since:%Y-%m-%d}{f', {ALL_BELOW}' if partner else ''}."
    )


def _no_place(at: Circumstances) -> Cause | None:
    """Return the cause of set-up that ConnectWise lacks for all services, so for all companies."""
    problems = (
        []
        if at.directory is None
        else [at.directory.places[service].problem for service in at.services]
    )
    if problems and all(problems):
        return needs_setup(" ".join(dict.fromkeys(filter(None, problems))))
    return None


def _as_before(company: CompanyState) -> Cause | None:
    return None if company.standing is None else company.standing.causes.get(COMPANY_SCOPE)
