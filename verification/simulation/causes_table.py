"""The table of causes: the standing that each has, and what its reason says (invariant 4)."""

from collections.abc import Mapping

from tally.domain.model.standing import StandingState

BILLING, WAITING, NEEDS_SETUP, HELD, FAILING = (
    StandingState.BILLING,
    StandingState.WAITING,
    StandingState.NEEDS_SETUP,
    StandingState.HELD,
    StandingState.FAILING,
)

TOO_MANY = "too many below it"
MERGED = "merged in ConnectWise"

STANDINGS: Mapping[str, tuple[StandingState, str]] = {
    "billed": (BILLING, ""),
    "gone from GravityZone": (WAITING, "not in GravityZone any more"),
    "left out": (WAITING, "below a partner that is excluded"),
    "no monthly subscription": (WAITING, "no monthly subscription"),
    "a trial": (WAITING, "a trial is not billed"),
    "counter stays": (WAITING, "stays until the month closes"),
    "not linked": (NEEDS_SETUP, ""),
    "excluded": (WAITING, "Excluded"),
    MERGED: (NEEDS_SETUP, "is not there any more"),
    "waived": (WAITING, "a person has waived it"),
    "product not found": (NEEDS_SETUP, "no product"),
    "no agreement": (NEEDS_SETUP, "agreement"),
    "no agreement seen": (NEEDS_SETUP, "companies with an agreement of the type"),
    "several agreements": (NEEDS_SETUP, "active agreements of the type"),
    "not monthly": (NEEDS_SETUP, "billing cycle"),
    "refused": (NEEDS_SETUP, ""),
    "missed": (NEEDS_SETUP, "could not be opened in time"),
    "missed, and no record": (BILLING, ""),
    "no period is left": (NEEDS_SETUP, "has no place"),
    "bills later": (WAITING, "begins to bill on"),
    "not begun": (WAITING, "begins"),
    "before the first month": (WAITING, "Billing begins with"),
    "beside another": (HELD, ""),
    "changed by people": (HELD, ""),
    "grown": (HELD, ""),
    "grown, and unread": (HELD, "check the company in GravityZone"),
    "fallen": (HELD, "the count only rises"),
    "counter is nonsense": (FAILING, "which is not a count"),
    "counter is missing": (FAILING, "without the counter"),
    "late, to be asked": (HELD, "a line of their own"),
    "never written": (HELD, "No count is to be had any more"),
    "late, on the open line": (HELD, "for late ones"),
    "unplaced": (HELD, "are on no Addition"),
    "voided, and unread": (HELD, "nothing has taken its place"),
    "invoiced already": (NEEDS_SETUP, "invoiced"),
    "invoiced, and nothing was used": (WAITING, "there is nothing to bill"),
    "voided there": (NEEDS_SETUP, "was voided on agreement"),
    "a partner": (NEEDS_SETUP, "its own machines are not"),
    TOO_MANY: (NEEDS_SETUP, "are the most that can be taken off its count"),
    "others below it": (HELD, "are not those of the last count"),
    "those below count more": (FAILING, "more than for the whole"),
    "agreement is gone": (HELD, ""),
    "agreement refuses changes": (NEEDS_SETUP, ""),
}
"""Cause, as the truth shows it → the standing that it has, and what its reason says."""
