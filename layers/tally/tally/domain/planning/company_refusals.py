"""Causes of a company that GravityZone refuses to tell of; all others go on (READ-9, SAFE-5)."""

from collections.abc import Iterable

from tally.domain.model.screen import brief
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Standing, StandingState
from tally.domain.planning.tick_context import ALL_BELOW, Presence, known_absence

# Standings are stored, and `earlier_refusal` and `is_partner` know these causes again by how they
# begin: under another wording they would be taken for new until each is written anew.
_IN_VAIN = (
    "It is in none of GravityZone's lists, and what GravityZone says of it is none of what is "
    "known to mean that it is gone"
)
_REFUSED_LIST = "GravityZone refuses to list the companies below it"
_BELOW = "It stands below the partner"


def asked_in_vain(company_id: str, said: str) -> Cause:
    """Return the cause of a company that is in no list, and whose id gets no certain answer."""
    way_out = f"If it is billed no more: `tally companies exclude {company_id} --why …`."
    return _failing(f"{_IN_VAIN}: {said}. {way_out}")


def list_refused(partner_id: str, said: str) -> Cause:
    """Return the cause of a partner whose companies GravityZone refuses to list."""
    return _failing(
        f"{_REFUSED_LIST}: {said}. Until it does, no new month of theirs is opened, and no new "
        "customer is linked by its name, as one below it may bear the same. `tally companies "
        f"exclude {partner_id} --why …` leaves the partner out, with all below it."
    )


def below_a_refused_one(partner: str) -> Cause:
    """Return the cause of a company below such a partner, whose own details are known."""
    return _failing(
        f"{_BELOW} {partner}, and GravityZone refuses to list the companies there: no new month is "
        "opened."
    )


def earlier_refusal(standing: Standing | None) -> Cause | None:
    """Return the cause of an earlier tick at which the company was asked for and refused."""
    cause = None if standing is None else standing.causes.get(WHOLE_COMPANY)
    refused = cause is not None and cause.reason.startswith((_IN_VAIN, _BELOW))
    return cause if refused else None


def still_holds(refusal: Cause, refused: Iterable[str]) -> bool:
    """Return False if the partner that hid the company is listed again.

    ``refused`` are the names of the partners whose lists this tick was refused.
    """
    shown = map(brief, refused)  # as a cause keeps it
    return not refusal.reason.startswith(_BELOW) or any(name in refusal.reason for name in shown)


def is_partner(standing: Standing | None) -> bool:
    """Return True if it was a partner, without its own machines billed, when last looked at."""
    cause = None if standing is None else standing.causes.get(WHOLE_COMPANY)
    if cause is None:
        return False
    return (
        known_absence(standing) is Presence.PARTNER
        or cause.reason.startswith(_REFUSED_LIST)
        or ALL_BELOW in cause.reason
    )


def _failing(reason: str) -> Cause:
    return Cause(state=StandingState.FAILING, reason=reason)
