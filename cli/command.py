"""The run of a command: the options that all commands share, and how each command ends.

A command is a function of a ``Session`` and of its own parameters. It ends with 0, or with the exit
code that it returns. An error that keeps it from its work ends it with 2 and with one line that
says what to do.
"""

import inspect
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, NamedTuple

import typer

from cli.exit_codes import DONE, NOT_DONE
from cli.output import Output
from cli.stack import DEFAULT_NAME, Stack, Target
from tally.domain.model.screen import is_encodable
from tally.errors import BugError, TallyError

type CommandFunction = Callable[..., int | None]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking first.")]


class SharedOption(NamedTuple):
    """An option that every command has: its parameter, typer's annotation, and its default."""

    parameter: str
    annotation: Any
    default: Any


SHARED = (
    SharedOption(
        "as_json",
        Annotated[bool, typer.Option("--json", help="Print one JSON document, for a script.")],
        default=False,
    ),
    SharedOption(
        "stack",
        Annotated[str, typer.Option("--stack", help="Name of the CloudFormation stack.")],
        default=DEFAULT_NAME,
    ),
    SharedOption(
        "region",
        Annotated[str | None, typer.Option("--region", help="AWS region of the stack.")],
        default=None,
    ),
    SharedOption(
        "profile",
        Annotated[str | None, typer.Option("--profile", help="AWS profile to use.")],
        default=None,
    ),
    SharedOption(
        "local",
        Annotated[
            bool, typer.Option("--local", help="The stack that `make up` started on this machine.")
        ],
        default=False,
    ),
    SharedOption(
        "debug",
        Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")],
        default=False,
    ),
)


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run of one command: the stack that is meant, and the output that takes the result."""

    target: Target
    output: Output
    given: Stack | None = None

    @cached_property
    def stack(self) -> Stack:
        """The stack. It is connected to when it is first asked for."""
        if self.given is not None:
            return self.given
        # botocore is slow to import: help and usage errors do without it.
        from cli.deployment.connection import connect

        return connect(self.target)

    def agree(self, *told: str, yes: bool) -> None:
        """Tell what would follow, and ask whether it is wanted. With `--json` it is told aside."""
        tell = self.output.note if self.output.as_json else self.output.say
        for sentence in told:
            tell(sentence)
        self.confirm("Is this what you want?", yes=yes)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something is written.

        Raises:
            NotConfirmedError: The answer is no, or nobody is there to be asked.
        """
        if yes:
            return
        if not somebody_is_there():
            raise NotConfirmedError(
                "Nothing was written: there is no terminal to ask on. Give --yes to do it unasked."
            )
        if not self.output.ask(question):
            raise NotConfirmedError("Nothing was written, as you wished.")


def somebody_is_there() -> bool:
    """Return True if a person sits at the terminal and can answer questions."""
    return sys.stdin.isatty()


class UsageError(TallyError):
    """The command was given something that makes no sense."""


class NotConfirmedError(TallyError):
    """Nobody has confirmed what was to be written."""


def command(
    app: typer.Typer, name: str, *, says: str | None = None, without: Collection[str] = ()
) -> Callable[[CommandFunction], CommandFunction]:
    """Register a function of a ``Session`` as a command, with the options that all commands share.

    ``says`` is the text of its help, the function's docstring if left out. The command has an
    argument or option for each parameter of the function but those named in ``without``.
    """

    def register(function: CommandFunction) -> CommandFunction:
        signature = inspect.signature(function)
        _, *own = signature.parameters.values()
        parameters = [
            inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            *(
                each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
                for each in own
                if each.name not in without
            ),
            *(
                inspect.Parameter(
                    each.parameter,
                    inspect.Parameter.KEYWORD_ONLY,
                    annotation=each.annotation,
                    default=each.default,
                )
                for each in SHARED
            ),
        ]

        def run(*, ctx: typer.Context, **values: Any) -> None:  # noqa: ANN401 - what was typed
            options = {each.parameter: values.pop(each.parameter) for each in SHARED}
            raise typer.Exit(_ended(function, options, ctx.obj, values))

        run.__doc__ = says or function.__doc__
        signature = signature.replace(parameters=parameters)
        run.__signature__ = signature  # type: ignore[attr-defined]  # inspect reads it first
        run.__annotations__ = {each.name: each.annotation for each in parameters}
        app.command(name)(run)
        return function

    return register


def _ended(
    function: CommandFunction, options: dict[str, Any], given: object, values: dict[str, Any]
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
        # Tests hand their own stack over, as typer's context object.
        given=given if isinstance(given, Stack) else None,
    )
    try:
        _check_texts(values)
        return function(session, **values) or DONE
    except TallyError as error:
        if options["debug"]:
            raise
        output.error(str(error))
    # These are typer's own ends of a command: `Group.main` makes exit codes of them.
    except (typer.Exit, typer.Abort, typer.TyperException, KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception as error:
        if options["debug"]:
            raise
        output.error(f"{BugError.of(error)} Run it again with --debug and report what it prints.")
    return NOT_DONE


def _check_texts(values: Mapping[str, object]) -> None:
    """Check that the terminal could decode what was given: other text can be neither sent nor kept.

    Raises:
        UsageError: A text has bytes that are none in the terminal's encoding.
    """
    for name, value in values.items():
        texts = value if isinstance(value, list | tuple) else [value]
        # Python keeps a byte that it cannot decode as a lone surrogate.
        if any(isinstance(text, str) and not is_encodable(text) for text in texts):
            raise UsageError(
                f"What was given as {name} is no text: its bytes are none in this terminal's "
                "encoding."
            )
