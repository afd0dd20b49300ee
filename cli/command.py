"""How each command is run: the options that all of them share, and how it ends.

A command is a function of a ``Session`` and its own parameters. It ends with 0, or with the code that it returns: 1 where it
has found something. Whatever keeps it from its work ends with 2 and one line that says what to do.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli.output import Output
from cli.stack import DEFAULT_NAME, Stack, Target, connect
from tally.domain.model.screen import is_encodable
from tally.errors import BugError, TallyError

DONE, FINDINGS, NOT_DONE = 0, 1, 2
"""Exit codes: done · done, and something was found · not done, for its usage or its set-up."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking first.")]

SHARED: tuple[tuple[str, Any, Any], ...] = (
    (
        "as_json",
        Annotated[bool, typer.Option("--json", help="Print one JSON document, for a script.")],
        False,
    ),
    (
        "stack",
        Annotated[str, typer.Option("--stack", help="Name of the CloudFormation stack.")],
        DEFAULT_NAME,
    ),
    (
        "region",
        Annotated[str | None, typer.Option("--region", help="AWS region of the stack.")],
        None,
    ),
    ("profile", Annotated[str | None, typer.Option("--profile", help="AWS profile to use.")], None),
    (
        "local",
        Annotated[
            bool, typer.Option("--local", help="The stack that `make up` started on this machine.")
        ],
        False,
    ),
    (
        "debug",
        Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")],
        False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of one command: which stack, and where its result goes."""

    target: Target
    output: Output
    given: Stack | None = None

    @cached_property
    def stack(self) -> Stack:
        """The stack, connected to when it is first asked for."""
        return self.given or connect(self.target)

    def agree(self, *told: str, yes: bool) -> None:
        """Tell what would follow, beside a program's document, and ask whether it is wanted."""
        tell = self.output.note if self.output.as_json else self.output.say
        for sentence in told:
            tell(sentence)
        self.confirm("Is this what you want?", yes=yes)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something is written; NotConfirmedError where the answer is no, or nobody is there to be asked."""
        if yes:
            return
        if not somebody_is_there():
            raise NotConfirmedError(
                "Nothing was written: there is no terminal to ask on. Give --yes to do it unasked."
            )
        if not self.output.ask(question):
            raise NotConfirmedError("Nothing was written, as you wished.")


def somebody_is_there() -> bool:
    """Whether questions can be answered: a person sits at the terminal."""
    return sys.stdin.isatty()


class UsageError(TallyError):
    """The command was given something that makes no sense."""


class NotConfirmedError(TallyError):
    """Nobody has confirmed what was to be written."""


class Group(TyperGroup):
    """The command's top: a usage error is one line on standard error, and exit code 2."""

    def main(self, *given: Any, **extra: Any) -> Any:  # noqa: ANN401 - typer's own signature
        """Run the command of ``args`` and exit with its code."""
        try:
            code = super().main(*given, **{**extra, "standalone_mode": False})
        except typer.TyperException as error:
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            Output(as_json=False).error(
                f"{message.rstrip('.')}. `tally --help` and `tally COMMAND --help` say what "
                "there is."
            )
            code = NOT_DONE
        except typer.Abort:
            Output(as_json=False).error("Interrupted; what was done until then stays.")
            code = NOT_DONE
        sys.exit(code if isinstance(code, int) else DONE)


def command(
    app: typer.Typer, name: str
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Register a function of a ``Session`` and its own parameters as a command, with the options that all commands share."""

    def register(function: Callable[..., int | None]) -> Callable[..., int | None]:
        signature = inspect.signature(function)
        _, *own = signature.parameters.values()
        shared = [
            inspect.Parameter(
                parameter, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
            )
            for parameter, annotation, default in SHARED
        ]
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]

        def run(*, ctx: typer.Context, **values: Any) -> None:  # noqa: ANN401 - whatever the command line holds
            options = {parameter: values.pop(parameter) for parameter, _, _ in SHARED}
            raise typer.Exit(_ended(function, options, ctx.obj, values))

        run.__doc__ = function.__doc__
        run.__signature__ = signature.replace(parameters=[context, *own, *shared])  # type: ignore[attr-defined]  # what inspect.signature gives
        run.__annotations__ = {each.name: each.annotation for each in (context, *own, *shared)}
        app.command(name)(run)
        return function

    return register


def _ended(
    function: Callable[..., int | None],
    options: dict[str, Any],
    given: object,
    values: dict[str, Any],
) -> int:
    output = Output(as_json=options["as_json"])
    session = Session(
        target=Target(
            name=options["stack"],
            region=options["region"],
            profile=options["profile"],
            local=options["local"],
        ),
        output=output,
        given=given if isinstance(given, Stack) else None,
    )
    try:
        _check_texts(values)
        return function(session, **values) or DONE
    except TallyError as error:
        if options["debug"]:
            raise
        output.error(str(error))
    except (typer.Exit, typer.Abort, typer.TyperException, KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        if options["debug"]:
            raise
        output.error(f"{BugError.of(error)} Run it again with --debug and report what it prints.")
    return NOT_DONE


def _check_texts(values: Mapping[str, object]) -> None:
    """Raise UsageError for what the terminal could not decode: no name is written so, and it could be neither sent nor stored."""
    for name, value in values.items():
        texts = (
            [value] if isinstance(value, str) else value if isinstance(value, list | tuple) else []
        )
        if any(isinstance(text, str) and not is_encodable(text) for text in texts):
            raise UsageError(
                f"What was given as {name} is no text: its bytes are none in this "
                "terminal's encoding."
            )
