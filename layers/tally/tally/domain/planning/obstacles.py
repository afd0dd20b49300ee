"""Why nothing can be opened for a company as a whole, whatever its months and services: rules MATCH-1, 2, 7, READ-3 and READ-4."""

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
    """The first of the causes; None if there is none. ``moved``: what there is to say of its ConnectWise company (MATCH-7).

    Where a month is open, that it cannot close is the first thing to know.
    """
    return (moved if company.records else None) or _stopped(company) or moved or _no_place(at)


def _stopped(company: CompanyState) -> Cause | None:
    """Why nothing can be opened for the company as a whole."""
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
    """What is missing in ConnectWise for all services, so that nothing can be opened for anybody."""
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
