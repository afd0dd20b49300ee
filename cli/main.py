"""The command ``tally``."""

import io
import sys

import typer

from cli.exit_codes import NOT_DONE
from cli.group import Group
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
    """Look after Tally: customers' bills, what waits for a person, and what is to be set up."""


def run() -> None:
    """Run the command line. A letter that the output's encoding lacks is written as its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except Exception as error:  # noqa: BLE001 - with --debug every error comes here, to be shown
        Output(as_json=False).traceback(error)
        sys.exit(NOT_DONE)


if __name__ == "__main__":
    run()
