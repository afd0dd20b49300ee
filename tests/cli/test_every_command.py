"""What holds for every command: its options, its exit codes, its width, and what a file gets of
it.
"""

import json
import re
from io import StringIO
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console as RichConsole
from typer.testing import CliRunner

from cli import output
from cli.main import app
from cli.stack import Stack
from tally.errors import SetupError
from tests.cli.command_names import NAMES, every_name
from tests.cli.console import WHY, Console, populated
from tests.functional.instants import gmt

READS = [
    ("status",),
    ("status", "--why"),
    ("plan",),
    ("companies", "suggest"),
    ("failed", "list"),
    ("failed", "retry", "--yes"),
    ("export",),
    ("pulse",),
    ("book", "list"),
    ("book", "verify"),
]
OF_A_COMPANY = [
    ("show", "Customer 0000"),
    ("statement", "Customer 0000"),
    ("plan", "Customer 0000"),
    ("sync", "Customer 0000", "--yes"),
    ("waive", "Customer 0000", *WHY, "--yes"),
    ("evidence", "remove", "Customer 0000", "--yes"),
    ("companies", "exclude", "Customer 0000", *WHY, "--yes"),
]
SHARED = ("--json", "--stack", "--region", "--profile", "--local", "--debug", "--help")
WRITES = ("--yes", "--why")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """A terminal of 80 columns in place of the two streams."""
    shown = StringIO()
    console = RichConsole(
        file=shown, force_terminal=True, width=80, highlight=False, markup=False, emoji=False
    )
    monkeypatch.setattr(output, "_console", lambda _: console)
    return shown


@pytest.mark.parametrize("arguments", READS, ids=" ".join)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_an_empty_stack(empty: Console, arguments: tuple[str, ...], as_json: bool) -> None:
    """On a stack that has never had a tick every command says what there is, which is nothing."""
    ended = empty.done(*arguments, *(["--json"] if as_json else []))
    # A list that is empty has no room for a sentence: why it is empty goes to standard error.
    if arguments == ("export",) or (as_json and arguments == ("companies", "suggest")):
        assert ended.err.startswith("No tick has run yet")
    else:
        assert ended.err == ""
    assert ended.out
    if as_json:
        json.loads(ended.out)


@pytest.mark.parametrize("arguments", OF_A_COMPANY, ids=" ".join)
def test_an_empty_stack_knows_no_company(empty: Console, arguments: tuple[str, ...]) -> None:
    """Whatever is asked of a company that nobody knows is refused in one line."""
    assert empty.refused(*arguments).startswith("tally: Tally knows no company 'Customer 0000'.")


@pytest.mark.parametrize(
    "arguments",
    [*READS, ("show", "Customer 0000"), ("statement", "Customer 0000"), ("sync", "--yes")],
    ids=" ".join,
)
def test_one_company(one: Console, arguments: tuple[str, ...]) -> None:
    """With one company every command works, as text and as one document on standard output."""
    one.world.clock.set(gmt("2026-11-01 00:20"))
    assert one.done(*arguments).out
    json.loads(one.done(*arguments, "--json").out)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize(
    "arguments",
    [*READS[:5], READS[6], ("show", "Customer 1999"), ("statement", "Customer 1999")],
    ids=" ".join,
)
def test_two_thousand_companies(thousands: Console, arguments: tuple[str, ...]) -> None:
    """With 2,000 companies what is read is read as lists, and each document is whole."""
    thousands.done(*arguments)
    json.loads(thousands.done(*arguments, "--json").out)


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_the_shared_options(name: str) -> None:
    """Each command explains itself, and takes the options that all share; one that writes can be
    told to do so unasked.
    """
    shown = CliRunner().invoke(app, [*name.split(), "--help"])
    assert shown.exit_code == 0
    for option in SHARED:
        assert option in shown.output
    if name not in (
        "status",
        "show",
        "plan",
        "export",
        "statement",
        "failed list",
        "companies suggest",
        "doctor",
        "book list",
        "book verify",
    ):
        assert "--yes" in shown.output
    assert all(len(line) <= 80 for line in shown.output.splitlines())


def test_every_command_is_looked_at_here() -> None:
    """A command that is added to this part of the command line is added to these tests."""
    assert set(NAMES) == every_name()


USAGES = [
    ((), "Missing command."),
    (("companies",), "Missing command."),
    (("nonsense",), "No such command 'nonsense'."),
    (("status", "--nonsense"), "No such option: --nonsense"),
    (("export", "--format", "xml"), "Invalid value for '--format'"),
    (("statement",), "Name one company, or give --all for the book of the month."),
    (("statement", "Customer 0000", "--all"), "Name one company, or give --all"),
    (("show", "Customer 0000", "--months", "0"), "Invalid value for '--months'"),
    (("pulse", "off"), "Invalid value for"),
    (("sync", "--month", "2026-13", "Customer 0000", "--yes"), "'2026-13' is not a month"),
]


@pytest.mark.parametrize(
    ("arguments", "said"), USAGES, ids=[" ".join(each) or "none" for each, _ in USAGES]
)
def test_usage_is_told_in_one_line(one: Console, arguments: tuple[str, ...], said: str) -> None:
    """A usage error is exit code 2 and one line on standard error that says what there is."""
    assert said in one.refused(*arguments)


def test_set_up_is_told_in_one_line(one: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong with the set-up ends with 2 and its one sentence, however it was worded, and
    without a traceback.
    """
    one.world.ledger.fail_next("ticks", SetupError("The table\nis not there."))
    assert one.refused("status") == "tally: The table is not there."


def test_a_bug_is_told_and_shown_on_demand(one: Console) -> None:
    """A bug ends with 2 and one line; its traceback comes with --debug alone."""
    one.world.ledger.fail_next("ticks", ZeroDivisionError("oh"))
    assert one.refused("status") == (
        "tally: A bug in Tally: ZeroDivisionError('oh'). Run it again with --debug and report what "
        "it prints."
    )
    one.world.ledger.fail_next("ticks", ZeroDivisionError("oh"))
    with pytest.raises(ZeroDivisionError):
        one.run("status", "--debug")


LONG = (
    "Consolidated Amalgamated Widgets and Sprockets of the Greater Metropolitan Area, Limited (in "
    "liquidation)"
)


@pytest.mark.parametrize(
    "arguments",
    [("status",), ("plan",), ("show", LONG), ("companies", "suggest"), ("failed", "list")],
    ids=" ".join,
)
def test_eighty_columns(terminal: StringIO, arguments: tuple[str, ...]) -> None:
    """On a terminal of 80 columns no line is longer, whatever a customer is called, and no word of
    its name is lost.
    """
    console = populated(3)
    world = console.world
    world.check_in(world.add_customer(LONG), 4)
    world.gravityzone.tenant.add_company(f"{LONG}, the other")
    world.play(gmt("2026-11-01 00:20"))
    world.gravityzone.tenant.check_in_new(console.done("show", LONG, "--json").json["id"], 3)
    world.clock.set(gmt("2026-11-01 00:35"))
    terminal.truncate(0)
    terminal.seek(0)
    console.run(*arguments)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in terminal.getvalue().splitlines()]
    assert lines
    assert max(map(cell_len, lines)) <= 80
    if arguments[0] in ("status", "plan", "show"):
        letters = re.sub(r"[^A-Za-z]", "", "".join(lines))
        assert "Consolidated" in letters
        assert "liquidation" in letters


def test_a_file_gets_plain_lines(one: Console) -> None:
    """Piped or kept in a file, there is no colour, no frame, and each row and sentence is on one
    line, for grep.
    """
    one.world.check_in(one.world.add_customer(LONG), 4)
    one.world.gravityzone.tenant.add_company(f"{LONG}, the other")
    one.world.play(gmt("2026-11-01 00:20"))
    out = one.done("status").out
    assert "\x1b" not in out
    (row,) = [line for line in out.splitlines() if line.startswith(f"{LONG} ")]
    assert row.split()[-2:] == ["billing", "1m"]
    (sentence,) = [line for line in out.splitlines() if "No ConnectWise company is named" in line]
    assert sentence.startswith(f"{LONG}, the other: needs set-up")
    assert all(line == line.rstrip() for line in out.splitlines())


def test_a_broken_pipe_is_no_bug() -> None:
    """`tally status | head` ends without a word of a bug."""
    console = populated(1)

    def broken() -> Any:  # noqa: ANN401 - never returns
        raise BrokenPipeError

    stack = console.stack
    fields = {name: getattr(stack, name) for name in Stack.__slots__}
    result = CliRunner().invoke(app, ["status"], obj=Stack(**{**fields, "ledger": broken}))
    assert "bug" not in result.stderr
