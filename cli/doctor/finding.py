"""The findings of a check: each a sentence on what was seen, and one on what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The verdict of a check, or of one finding of it."""

    OK = "ok"
    """As it must be."""
    NOT_CHECKED = "not checked"
    """It needs what another check found missing."""
    FINDING = "finding"
    """Tally runs; for some customers, or one day, this will be in the way."""
    NEEDS_SETUP = "needs set-up"
    """Until it is put right Tally bills nobody, or would do so unwatched."""


_BADNESS = (Verdict.OK, Verdict.NOT_CHECKED, Verdict.FINDING, Verdict.NEEDS_SETUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding: ``says`` tells what was seen, ``remedy`` what to do about it, "" for nothing."""

    verdict: Verdict
    says: str
    remedy: str = ""


def ok(says: str) -> Finding:
    """Return the finding that all is as it must be."""
    return Finding(verdict=Verdict.OK, says=says)


def found(says: str, remedy: str) -> Finding:
    """Return a finding that leaves Tally running."""
    return Finding(verdict=Verdict.FINDING, says=says, remedy=remedy)


def needs_setup(says: str, remedy: str) -> Finding:
    """Return a finding for which Tally bills nobody until it is put right."""
    return Finding(verdict=Verdict.NEEDS_SETUP, says=says, remedy=remedy)


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """Return the worst verdict; that nothing was checked if there is no finding."""
    return max((each.verdict for each in findings), key=_BADNESS.index, default=Verdict.NOT_CHECKED)
