"""The command ``tally``: its commands, put together."""

import typer

from cli.command import Group
from cli.commands import doctor, secrets, show, status

app = typer.Typer(
    name="tally",
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _top() -> None:
    """Look after Tally: what each customer is billed, what waits for a person, and what is to be set up."""


status.add(app)
show.add(app)
doctor.add(app)
secrets.add(app)


def run() -> None:
    """The entry point of the command line."""
    app()


if __name__ == "__main__":
    run()
