"""The commands by their whole names: those that the tests know of, and those that there are."""

from typing import Any

import typer

from cli.main import app

NAMES = [
    *(
        "status",
        "show",
        "plan",
        "sync",
        "approve",
        "reject",
        "take-over",
        "keep-apart",
        "waive",
        "void",
        "credit-done",
    ),
    *(
        "carry-terms",
        "export",
        "statement",
        "evidence remove",
        "failed list",
        "failed retry",
        "companies suggest",
        "doctor",
        "secrets set",
        "pulse",
        "book list",
        "book verify",
    ),
    *(
        f"companies {each}"
        for each in (
            "tie",
            "untie",
            "pin",
            "unpin",
            "exclude",
            "include",
            "bill-partner",
            "unbill-partner",
        )
    ),
]


def every_name() -> set[str]:
    """Every command there is, by its whole name."""

    def named(command: Any, prefix: str) -> set[str]:  # noqa: ANN401 - typer's own class of groups
        commands = getattr(command, "commands", None)
        if commands is None:
            return {prefix.strip()}
        return {each for name, sub in commands.items() for each in named(sub, f"{prefix} {name}")}

    return named(typer.main.get_command(app), "")
