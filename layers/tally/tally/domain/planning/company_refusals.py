"""What GravityZone refuses to tell of one company, in that company's standing: nobody else is concerned (READ-9, SAFE-5)."""

from tally.domain.model.standing import COMPANY_SCOPE, Cause, Standing, StandingState
from tally.domain.planning.tick_context import ALL_BELOW, Presence, known_absence

_IN_VAIN = (
    "It is in none of GravityZone's lists, and what GravityZone says of it is none of what is "
    "known to mean that it is gone"
)
_REFUSED_LIST = "GravityZone refuses to list the companies below it"
_BELOW = "It stands below the partner"


def asked_in_vain(company_id: str, said: str) -> Cause:
    """A company that no list names, and that was refused by its id in words that say nothing certain."""
    way_out = f"If it is billed no more: `tally companies exclude {company_id} --why …`."
    return _failing(f"{_IN_VAIN}: {said}. {way_out}")


def list_refused(partner_id: str, said: str) -> Cause:
    """A partner whose companies cannot be listed, by GravityZone's own word."""
    return _failing(
        f"{_REFUSED_LIST}: {said}. Until it does, no new month of theirs is opened, and no "
        "new customer is tied by its name, as one "
        f"below it may bear the same. `tally companies exclude {partner_id} --why …` leaves "
        "the partner out, with all below it."
    )


def below_a_refused_one(partner: str) -> Cause:
    """A company below such a partner, whose own details are told."""
    return _failing(
        f"{_BELOW} {partner}, and GravityZone refuses to list the companies there: no new "
        "month is opened."
    )


def is_refused(cause: Cause) -> bool:
    """Whether the cause is one of a company that was asked for and refused, which lasts."""
    return cause.reason.startswith((_IN_VAIN, _BELOW))


def is_partner(standing: Standing | None) -> bool:
    """Whether it was a partner, whose own machines are not billed, when it was last looked at."""
    cause = None if standing is None else standing.causes.get(COMPANY_SCOPE)
    if cause is None:
        return False
    return (
        known_absence(standing) is Presence.PARTNER
        or cause.reason.startswith(_REFUSED_LIST)
        or ALL_BELOW in cause.reason
    )


def _failing(reason: str) -> Cause:
    return Cause(state=StandingState.FAILING, reason=reason)
