"""The top of the command line: it imports a command's module when that command is called."""

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, override

import typer
from typer.core import TyperGroup

from cli.contents import CONTENTS
from cli.exit_codes import DONE, NOT_DONE
from cli.output import Output

_MODULES = {each.name: each.module for each in CONTENTS}


class _Commands(Mapping[str, Any]):
    """The commands by name. Each is made when it is looked up; to list the names makes none."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typer's own class of commands
        return _commands_of(_MODULES[name])[name]

    def __contains__(self, name: object) -> bool:
        return name in _MODULES

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


@cache
def _commands_of(module: str) -> Mapping[str, Any]:
    part = typer.Typer(rich_markup_mode=None, add_completion=False)
    # Without a callback, typer makes a module's only command the whole of its group.
    part.callback()(lambda: None)
    import_module(module).add(part)
    return typer.main.get_group(part).commands


class Group(TyperGroup):
    """The command's top. A usage error is one line on standard error, and exit code 2."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(**given)
        self.commands = _Commands()  # type: ignore[assignment]  # nothing is added to it later

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return list(self.commands)

    @override
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands from the table of contents, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(each.name, each.line) for each in CONTENTS])

    @override
    def main(self, *given: Any, **extra: Any) -> Any:
        """Run the command that the arguments name, and exit with its code."""
        try:
            # In standalone mode typer would print usage errors its own way, and exit by itself.
            code = super().main(*given, **{**extra, "standalone_mode": False})
        except typer.TyperException as error:
            message = error.format_message() if hasattr(error, "format_message") else str(error)
            Output(as_json=False).error(
                f"{message.rstrip('.')}. `tally --help` and `tally COMMAND --help` say what there "
                "is."
            )
            code = NOT_DONE
        except typer.Abort:
            Output(as_json=False).error("Interrupted; what was done until then stays.")
            code = NOT_DONE
        sys.exit(code if isinstance(code, int) else DONE)
