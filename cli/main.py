"""The command ``tally``: its commands, put together."""

import typer

from cli.command import Group
from cli.commands import answers, companies, doctor, export, failed, plan, secrets, show, status, sync

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
    """The entry point of the command line."""
    app()


if __name__ == "__main__":
    run()
