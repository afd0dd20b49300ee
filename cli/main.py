"""The command ``tally``: its commands, put together."""

import io
import sys

import typer

from cli.command import NOT_DONE, Group
from cli.commands import (
    answers,
    companies,
    doctor,
    export,
    failed,
    plan,
    secrets,
    show,
    status,
    sync,
)
from cli.output import Output

app = typer.Typer(
    name="tally",
    cls=Group,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _top() -> None:
    """Look after Tally: what each customer is billed, what waits for a person, and what is to be set up."""


for room in (status, show, plan, sync, answers, companies, failed, export, doctor, secrets):
    room.add(app)


def run() -> None:
    """The entry point of the command line. A letter that the output's encoding has not is written as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:  # noqa: BLE001 - with --debug each one comes here, to be shown where it arose
        Output(as_json=False).traceback(error)
        sys.exit(NOT_DONE)


if __name__ == "__main__":
    run()
