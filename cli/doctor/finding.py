"""What a check says: each finding one sentence of what was seen, and one of what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a check, or one finding of it, turned out; from good to bad in the order of ``_BADNESS``."""

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
    """``says``: what was seen, a sentence. ``remedy``: what the person does about it, "" where there is nothing to do."""

    verdict: Verdict
    says: str
    remedy: str = ""


def ok(says: str) -> Finding:
    """As it must be."""
    return Finding(verdict=Verdict.OK, says=says)


def found(says: str, remedy: str) -> Finding:
    """Tally runs, and this is to be looked at."""
    return Finding(verdict=Verdict.FINDING, says=says, remedy=remedy)


def needs_setup(says: str, remedy: str) -> Finding:
    """Tally bills nobody until this is put right."""
    return Finding(verdict=Verdict.NEEDS_SETUP, says=says, remedy=remedy)


def worst(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict of all of them together; of none, that nothing was checked."""
    return max((each.verdict for each in findings), key=_BADNESS.index, default=Verdict.NOT_CHECKED)
