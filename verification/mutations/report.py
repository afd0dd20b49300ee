"""The table of what noticed each mutation, as a page of the documentation."""

from collections.abc import Sequence
from pathlib import Path

from local.checkout import ROOT
from verification.mutations.mutation_runner import Verdict

PAGE = ROOT / "docs" / "mutations.md"

_HEAD = """# Mutations

Tests and simulation must notice a bug, and this check tries it. `make mutations` plants plausible
bugs, one at a time, into a copy of the product. It asks the rule's own tests, then the simulation.
The sound product passes the same tests and seeds, so it is the bug that was noticed. A run of all
bugs writes this page. Every run fails if a bug survives or no longer applies.

```
make mutations                # all of them
make mutations ONLY=READ-7    # those with this in their rule or name; writes no page
```

The bugs stand in `verification/mutations/catalogue`, each as a text of the product and what takes
its place. If somebody rewrites that code, the text may be gone: plant the same bug in the new code.
A bug that survives needs a test of its rule, or a sharper invariant.
"""


def page(verdicts: Sequence[Verdict]) -> str:
    """Return the page as Markdown; it has no timings, so an equal outcome changes nothing in it."""
    killed = [verdict for verdict in verdicts if verdict.killed_by]
    played = sum((verdict.killed_by or "").startswith("simulation") for verdict in killed)
    summary = (
        f"{len(verdicts)} bugs, {len(killed)} of them noticed: {len(killed) - played} by the "
        f"rule's own tests, {played} by the simulation alone."
    )
    return "\n".join(
        (
            _HEAD,
            summary,
            "",
            "| rule | bug | how it comes about | noticed by |",
            "| --- | --- | --- | --- |",
            *map(_row, verdicts),
            "",
        )
    )


def write(verdicts: Sequence[Verdict], *, to: Path) -> None:
    """Write the page."""
    to.write_text(page(verdicts))


def _row(verdict: Verdict) -> str:
    mutation = verdict.mutation
    if verdict.killed_by is None:
        noticed = "**nobody**"
    elif verdict.killed_by.startswith("simulation"):
        noticed = verdict.killed_by
    else:
        noticed = f"`{verdict.killed_by.partition('[')[0].removeprefix('tests/')}`"
    return f"| {mutation.rule} | {mutation.name} | {mutation.why} | {noticed} |"
