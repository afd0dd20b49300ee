"""`tally doctor`: checks the set-up, as a list to be worked down."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import typer

from cli.command import Session, command
from cli.doctor.checklist import Result, examine
from cli.doctor.checks import checks_of
from cli.doctor.finding import Finding, Verdict
from cli.doctor.installation import Installation
from cli.exit_codes import FINDINGS
from cli.output import Output
from cli.presentation.documents import Document
from cli.presentation.words import instant

_COLOURS = {
    Verdict.OK: "green",
    Verdict.NOT_CHECKED: "dim",
    Verdict.FINDING: "yellow",
    Verdict.NEEDS_SETUP: "red",
}
_MOST_SHOWN = 20
_VERDICT_WIDTH = max(len(each.value) for each in Verdict)
_INDENT = " " * (4 + _VERDICT_WIDTH + 2)


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor")(doctor)


def doctor(session: Session) -> int | None:
    """Check keys, rights, names, AWS and every customer, and say of each fault what to do.

    Nothing is changed.
    """
    # What its own check tells of a wrong clock must not keep it from looking.
    session = replace(session, target=replace(session.target, any_clock=True))
    session.stack.outputs()  # without the stack there is nothing to look at
    results: list[Result] = []
    with session.output.progress("Looking") as step:
        installation = Installation(session.stack, step=step)
        checks = checks_of(installation)

        def begins(title: str) -> None:
            step(done=len(results), total=len(checks), what=title)

        results.extend(examine(installation, checks, begins=begins))
    if session.output.as_json:
        session.output.document(
            {
                "stack": session.stack.name,
                "at": instant(session.stack.clock.now()),
                "checks": checks_document(results),
                "totals": _totals(results),
            }
        )
    else:
        print_checks(session.output, results)
        session.output.say()
        session.output.say(_summary(results))
    return None if all(each.verdict is Verdict.OK for each in results) else FINDINGS


def checks_document(results: Sequence[Result]) -> list[Document]:
    """Return the results for a program, in the list's order."""
    return [
        {
            "check": result.check,
            "title": result.title,
            "verdict": result.verdict.value,
            "findings": [
                {"verdict": each.verdict.value, "says": each.says, "remedy": each.remedy}
                for each in result.findings
            ],
        }
        for result in results
    ]


def print_checks(out: Output, results: Sequence[Result]) -> None:
    """Print the results for a person, numbered, each fault with what to do about it."""
    for number, result in enumerate(results, 1):
        verdict = f"{result.verdict.value:{_VERDICT_WIDTH}}"
        out.say(f"{number:2}  {verdict}  {result.title}", style=_COLOURS[result.verdict])
        _print_findings(out, result.findings)


def _print_findings(out: Output, findings: Sequence[Finding]) -> None:
    for each in findings[:_MOST_SHOWN]:
        out.paragraph(each.says, indent=_INDENT, hanging=_INDENT)
        if each.remedy:
            out.paragraph(f"→ {each.remedy}", indent=_INDENT, hanging=f"{_INDENT}  ")
    if len(findings) > _MOST_SHOWN:
        more = f"and {len(findings) - _MOST_SHOWN} more: `tally doctor --json` lists them all."
        out.paragraph(more, indent=_INDENT, hanging=_INDENT)


def _totals(results: Sequence[Result]) -> Document:
    counts = Counter(each.verdict for each in results)
    return {verdict.value: counts[verdict] for verdict in Verdict}


def _summary(results: Sequence[Result]) -> str:
    words = {Verdict.FINDING.value: "findings"}
    said = ", ".join(
        f"{count} {words.get(verdict, verdict) if count > 1 else verdict}"
        for verdict, count in _totals(results).items()
        if count
    )
    faults = [number for number, each in enumerate(results, 1) if each.verdict is not Verdict.OK]
    grave = [each for each in faults if results[each - 1].verdict is Verdict.NEEDS_SETUP]
    begin = f" Begin with number {(grave or faults)[0]}." if faults else ""
    return f"{len(results)} checks: {said}.{begin}"
