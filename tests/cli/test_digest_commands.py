"""The commands in a digest are the command line's own: what a person copies out of a mail is
understood.
"""

import shlex

import pytest
import typer

from cli.main import app
from tally.domain.holds import KINDS, Strangers
from tally.domain.reporting.digest import DigestKind
from tests.unit.digest_scene import NOVEMBER, closed, credit, hold, record, seen, sent


def mailed(stack: str = "tally") -> list[str]:
    """Every command of a digest in which each kind of question stands, of two services."""
    kinds = [*(hold(kind) for kind in KINDS), hold(Strangers, additions=(7,))]
    records = [
        record(f"company {number}", NOVEMBER, None if held.foreign else 4, hold=held)
        for number, held in enumerate(kinds)
    ]
    letter = sent(
        seen(*records, closed("owed", NOVEMBER, 9, service="servers", credit=credit())),
        DigestKind.CLOSE_DAY,
        stack=stack,
    )
    return [line.strip() for line in letter.text.splitlines() if line.startswith("    tally ")]


@pytest.mark.parametrize("stack", ["tally", "tally-eu"])
def test_a_command_of_a_mail_is_understood(stack: str) -> None:
    """SAFE-7: its name, its options and what they take are those of the command."""
    group = typer.main.get_command(app)
    used = set()
    for line in mailed(stack):
        _, name, *words = shlex.split(line)
        found = group.commands[name]  # type: ignore[attr-defined]  # a click group
        context = found.make_context(name, words, resilient_parsing=False)
        assert context.params["why"] == "…"
        assert context.params["month"] == "2026-11"
        used.add(name)
    assert used == {"approve", "reject", "take-over", "keep-apart", "waive", "credit-done"}
