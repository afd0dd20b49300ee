"""The list of checks, worked down: a check is left out if one that it needs has failed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cli.doctor.finding import Finding, Verdict, found, needs_setup, worst
from tally.errors import SetupError, TallyError

_TRY_AGAIN = "Try again in some minutes; if it stays so, check the address and the network."


@dataclass(frozen=True, slots=True, kw_only=True)
class Check[T]:
    """One line of the list.

    Scripts know it by its ``name``, people read its ``title``. ``look`` carries it out; if it
    raises a TallyError, that is its last finding, and ``remedy`` says what to do. ``needs`` names
    earlier checks without which it can say nothing.
    """

    name: str
    title: str
    look: Callable[[T], Iterable[Finding]]
    remedy: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The findings of a check."""

    check: str
    title: str
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of its findings."""
        return worst(self.findings)


def examine[T](
    subject: T, checks: Sequence[Check[T]], *, begins: Callable[[str], None] = lambda _title: None
) -> Iterator[Result]:
    """Carry the checks out in their order, as their results are asked for.

    ``begins`` is told the title of each before.
    """
    titles = {check.name: check.title for check in checks}
    missing: set[str] = set()
    for check in checks:
        wanted = [each for each in check.needs if each in missing]
        if wanted:
            missing.add(check.name)
            yield _result(check, _not_checked(titles[wanted[0]]))
            continue
        begins(check.title)
        findings, failed = _look(check, subject)
        result = _result(check, *findings)
        # A finding alone leaves the thing in place, and what needs it can be checked.
        if failed or result.verdict in {Verdict.NEEDS_SETUP, Verdict.NOT_CHECKED}:
            missing.add(check.name)
        yield result


def _look[T](check: Check[T], subject: T) -> tuple[Sequence[Finding], bool]:
    findings: list[Finding] = []
    try:
        # In full here: checks are generators, and raise while their findings are taken. What came
        # before an error is kept (SAFE-5).
        findings.extend(check.look(subject))
    except SetupError as error:
        return [*findings, needs_setup(str(error), check.remedy)], True
    except TallyError as error:
        passing = "The other side did not answer as it should" if not str(error) else str(error)
        remedy = _TRY_AGAIN if not check.remedy else f"{_TRY_AGAIN} {check.remedy}"
        return [*findings, found(passing, remedy)], True
    return findings, False


def _result[T](check: Check[T], *findings: Finding) -> Result:
    return Result(check=check.name, title=check.title, findings=findings)


def _not_checked(title: str) -> Finding:
    return Finding(verdict=Verdict.NOT_CHECKED, says=f"not checked: it needs '{title}'.")
