"""Every command over customers, members and answers whose texts are orders to a terminal
(SAFE-10).
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from io import StringIO, TextIOWrapper
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console as RichConsole

from cli import command, main, output
from cli.deployment.dead_letters import Letter, LetterKind
from cli.output import Output
from local.checkout import ROOT
from simulators.faults import Fault, FaultKind
from tally.domain.book.edition import MonthBooks, Trouble
from tally.domain.evidence.evidence import Evidence, Machine
from tally.domain.model.month import Month
from tally.domain.pulse.state import Proof, Pulse, Trust
from tally.domain.reporting.digest import DigestKind
from tally.errors import SetupError
from tally.messages import Job
from tally.reporter.report import Report
from testing.world import PRODUCT, Customer
from tests.cli.command_names import NAMES
from tests.cli.console import Console
from tests.cli.installed import Installed
from tests.functional.instants import gmt

FORGED = "tally: all is well"
HOSTILE = f"\x1b]8;;https://x.test\x1b\\\x1b]52;c;eA==\x07\x1b[2J\x1b[1;1H\x1bP$q\x1b\\\x1b_G\x1b\\\x9b2J\x9d52;c;eA==\x9c\x90\x84\x7f\b\t\v\f\0\u202e\u2066\u2067\u061c\u200b\u200d\ufeff\u2060\u00ad\u3164\ufe0f\U000e0041\r\n{FORGED}\n{FORGED}\u2028\u2029\x85[link=https://x.test]x[/link][/][bold]"
INVISIBLE = set("\u3164\ufe0f\u00a0")
SEEN = "Acme"


def named(what: str) -> str:
    """A hostile name by which a customer is still told from the others."""
    return f"{SEEN} {what}{HOSTILE}"


@dataclass(slots=True)
class Scene:
    """An MSP all of whose names are hostile, with a customer in each state that a command is
    for.
    """

    console: Console = field(default_factory=Console)
    customers: dict[str, Customer] = field(default_factory=dict)
    unlinked: str = ""
    namesake: int = 0

    def ids(self, text: str) -> str:
        """A command's argument: the id of the customer in that state."""
        known = {
            **{state: each.id for state, each in self.customers.items()},
            "unlinked": self.unlinked,
            "namesake": str(self.namesake),
            "agreement": str(self.customers["plain"].agreement_id),
        }
        return known.get(text, text)


def scene() -> Scene:
    """November is closed, December is open; one has grown, one has an Addition of others, one's was
    changed, one is unlinked.
    """
    made = Scene()
    world = made.console.world
    people = world.connectwise.people
    for state in ("plain", "grown", "foreign", "changed", "terms"):
        made.customers[state] = world.add_customer(named(state))
        world.check_in(made.customers[state], 5)
    people.add_addition(
        made.customers["foreign"].agreement_id,
        PRODUCT,
        quantity=2,
        effective=date(2026, 11, 1),
        by=HOSTILE,
    )
    made.unlinked = world.gravityzone.tenant.add_company(named("unlinked"))
    made.namesake = people.add_company("unlinked", f"The {named('unlinked')}")
    world.play(gmt("2026-11-01 00:05"))
    (ours,) = world.connectwise.truth.additions(
        agreement_id=made.customers["terms"].agreement_id, deleted=False
    )
    people.set_terms(ours.id, unit_price=9.0, by=HOSTILE)
    world.play(gmt("2026-12-02 00:05"))
    world.check_in(made.customers["grown"], 60)
    world.check_in(made.customers["changed"], 1)
    *_, theirs = world.connectwise.truth.additions(
        agreement_id=made.customers["changed"].agreement_id, deleted=False
    )
    people.set_quantity(theirs.id, 99, by=HOSTILE)
    world.play(gmt("2026-12-03 00:05"))
    world.check_in(made.customers["plain"], 1)
    world.clock.set(gmt("2026-12-03 10:00"))
    made.console.letters.letters = list(letters(made))
    contradicted = Proof(trust=Trust.OFF, why=named("the total of plain"))
    world.pulses.pulse = Pulse(proof=contradicted)
    put_there(made.console)
    record_a_machine(made.console, made.customers["plain"].id)
    return made


def record_a_machine(console: Console, company_id: str) -> None:
    """A machine that somebody named."""
    now = console.world.clock.now()
    machine = Machine(id="m", name=HOSTILE, fqdn=HOSTILE, listed=now.date())
    console.evidence.save(
        Evidence(
            company_id=company_id,
            month=Month.of(now),
            begun=now,
            walked=now,
            machines=(machine,),
        ),
        drop_at=now,
    )


def put_there(console: Console) -> None:
    """Objects in the bucket of books that somebody named, a manifest that somebody wrote, and the
    reason of a failure.
    """
    november = MonthBooks(month=Month(2026, 11))
    console.books.save(november.let_go(Trouble(at=gmt("2026-12-02 05:30"), why=f"no {HOSTILE}")))
    for key in (f"books/{HOSTILE}", f"books/2026-10/1/{HOSTILE}"):
        console.bucket.objects[key] = b""
    console.bucket.objects["books/2026-10/1/manifest.json"] = json.dumps({"form": HOSTILE}).encode()


def letters(made: Scene) -> Iterator[Letter]:
    """What failed for good: a job, a tick, and something that nobody can read."""
    plain = made.customers["plain"]
    sent = gmt("2026-12-03 00:20")
    job = Job.model_validate(
        {"tick": sent, "company_id": plain.id, "company_name": plain.name, "month": "2026-12"}
    )
    yield Letter(
        kind=LetterKind.JOB, id=f"m{HOSTILE}", body=job.model_dump_json(), sent=sent, reason=HOSTILE
    )
    tick = json.dumps({"requestPayload": {"tick": HOSTILE}})
    yield Letter(
        kind=LetterKind.PLANNER, id="p", body=tick, sent=sent, reason=f"It failed: {HOSTILE}"
    )
    yield Letter(kind=LetterKind.JOB, id="m-2", body=HOSTILE, sent=sent)


WHY = ("--why", f"they called {HOSTILE}", "--yes")
DECEMBER = ("--month", "2026-12")
COMMANDS = [
    ("status", "--why"),
    ("status", "--standing", HOSTILE),
    ("show", "plain"),
    ("show", "changed"),
    ("show", HOSTILE),
    ("plan",),
    ("sync", "--yes"),
    ("sync", "grown", "--yes"),
    ("approve", "grown", *WHY),
    ("reject", "grown", *WHY),
    ("take-over", "foreign", *DECEMBER, *WHY),
    ("keep-apart", "foreign", *DECEMBER, *WHY),
    ("waive", "foreign", *DECEMBER, *WHY),
    ("void", "plain", *DECEMBER, *WHY),
    ("credit-done", "plain", *WHY),
    ("carry-terms", "terms", *DECEMBER, *WHY),
    ("export", *DECEMBER),
    ("statement", "plain", *DECEMBER),
    ("statement", "changed", *DECEMBER),
    ("evidence", "remove", "plain", *DECEMBER, "--yes"),
    ("failed", "list"),
    ("failed", "retry", "--yes"),
    ("companies", "tie", "unlinked", "namesake", *WHY),
    ("companies", "untie", "plain", *WHY),
    ("companies", "pin", "plain", "agreement", *WHY),
    ("companies", "unpin", "plain", *WHY),
    ("companies", "exclude", "plain", *WHY),
    ("companies", "include", "plain", *WHY),
    ("companies", "bill-partner", "plain", *WHY),
    ("companies", "unbill-partner", "plain", *WHY),
    ("companies", "suggest"),
    ("pulse",),
    ("pulse", "on", "--yes"),
    ("book", "list"),
    ("book", "verify"),
    (HOSTILE,),
    ("status", f"--{HOSTILE}"),
]
OF_AN_INSTALLATION = ("doctor", "secrets set")
IDS = [" ".join(word for word in each if word.isprintable()) or "nonsense" for each in COMMANDS]


def test_every_command_is_walked() -> None:
    """SAFE-10: a command that is added is tried with hostile names too, here or over a whole
    installation below.
    """
    assert {
        name
        for name in NAMES
        if any(f"{' '.join(each)} ".startswith(f"{name} ") for each in COMMANDS)
    } == (set(NAMES) - set(OF_AN_INSTALLATION))


def check(shown: str) -> None:
    """Nothing in it does anything, nothing hides, and no line of it is one that somebody else
    wrote.
    """
    bad = {
        char
        for char in set(shown) - {"\n"}
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        or char in INVISIBLE
    }
    assert not bad, f"{sorted(bad)!r} in {shown!r}"
    assert not [line for line in shown.split("\n") if line.startswith(FORGED)]


@pytest.mark.parametrize("arguments", COMMANDS, ids=IDS)
def test_in_a_file(arguments: tuple[str, ...]) -> None:
    """SAFE-10: what is kept in a file or piped holds no order to a terminal, no hidden character
    and no forged line.
    """
    made = scene()
    ended = made.console.run(*map(made.ids, arguments))
    assert re.search(f"{SEEN}|x.test", ended.out + ended.err) or arguments[0] == "sync"
    check(ended.out)
    check(ended.err)


@pytest.mark.parametrize("arguments", COMMANDS, ids=IDS)
def test_as_a_document(arguments: tuple[str, ...]) -> None:
    """SAFE-10: in a document C1 controls, bidi overrides and the like are escaped, so that it holds
    the very same text.
    """
    made = scene()
    ended = made.console.run(*map(made.ids, arguments), "--json")
    check(ended.err)
    check(ended.out.replace(" ", ""))
    if ended.out and SEEN in ended.out:
        assert any(HOSTILE in each for each in texts(ended.json))


def texts(document: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Every text in a document."""
    if isinstance(document, str):
        yield document
    for each in (
        document.values()
        if isinstance(document, dict)
        else document
        if isinstance(document, list)
        else ()
    ):
        yield from texts(each)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """A terminal of 80 columns in place of the two streams, with somebody at it."""
    shown = StringIO()
    console = RichConsole(
        file=shown, force_terminal=True, width=80, highlight=False, markup=False, emoji=False
    )
    monkeypatch.setattr(output, "_console", lambda _: console)
    monkeypatch.setattr(command, "somebody_is_there", lambda: True)
    return shown


RICH = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[lh]|(\r?\x1b\[1A|\r)?\x1b\[2K")
"""What rich writes itself: colours, the cursor hidden and shown, a line of progress taken back. No
hostile name has these.
"""


@pytest.mark.parametrize("arguments", COMMANDS, ids=IDS)
def test_on_a_terminal(terminal: StringIO, arguments: tuple[str, ...]) -> None:
    """SAFE-10: nor is there any on a terminal, in tables, sentences, progress and what is asked."""
    made = scene()
    ended = made.console.run(
        *(each for each in map(made.ids, arguments) if each != "--yes"), stdin="y\n"
    )
    for shown in (RICH.sub("", terminal.getvalue()), ended.out, ended.err):
        check(shown.replace(FORGED, ""))


@pytest.mark.parametrize("error", [SetupError(HOSTILE), ZeroDivisionError(HOSTILE)], ids=repr)
def test_in_an_error(
    error: Exception, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-10: nor in an error's one line, nor in the traceback that `--debug` shows."""
    made = scene()
    made.console.world.ledger.fail_next("ticks", error)
    check(made.console.run("status").err)
    made.console.world.ledger.fail_next("ticks", error)
    monkeypatch.setattr(main, "app", lambda: made.console.run("status", "--debug"))
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    check(err)


def test_of_an_installation(
    msp: Installed, terminal: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-10: nor in what the doctor says of customers, agreements, alarms and addresses, and when
    keys are stored.
    """
    hostile = msp.customer(named("two agreements"))
    msp.world.add_agreement(hostile.connectwise_id, name=HOSTILE)
    msp.customer(named("unlinked"), connectwise_name=f"The {named('unlinked')}")
    msp.client("cloudwatch").set_alarm_state(
        AlarmName="tally-Jobs", StateValue="ALARM", StateReason=HOSTILE
    )
    for arguments in (("doctor",), ("doctor", "--json")):
        ended = msp.run(*arguments)
        assert ended.code == 1
        check(ended.out.replace(" ", "") if "--json" in arguments else ended.out)
    shown = RICH.sub("", terminal.getvalue())
    assert "two agreements" in " ".join(shown.split())
    check(shown.replace(FORGED, ""))
    msp.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, status=401, times=None))
    monkeypatch.setattr("cli.commands.secrets.getpass", lambda _: HOSTILE)
    monkeypatch.setattr("cli.commands.secrets.somebody_is_there", lambda: True)
    ended = msp.run("secrets", "set")
    assert ended.code == 2
    check(ended.err)


def test_in_a_mail() -> None:
    """SAFE-10: a digest shows names, reasons and members as they are, and none of them writes a
    line of its own into the mail.
    """
    made = scene()
    sent: list[str] = []
    topic = SimpleNamespace(publish=lambda *, subject, text: sent.extend((subject, text)))
    report = Report(
        ledger=made.console.world.ledger,
        books=made.console.books,
        bucket="books",
        announcements=topic,
        close_day=2,
        stack="tally",
        pulse=made.console.world.pulses.read,
    )
    for kind in DigestKind:
        report(kind, gmt("2026-12-03 06:00"))
    assert len(sent) == 4
    for each in sent:
        check(each.replace(f"  {FORGED}", ""))
    assert any("grown" in each for each in sent)


def test_letters_that_the_output_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-10: where the output takes ASCII alone, a name does not end the command, and a document
    is still one.
    """
    from io import BytesIO  # noqa: PLC0415 - only here

    written = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(written, encoding="ascii", write_through=True))
    monkeypatch.setattr(main, "app", lambda: None)
    main.run()
    out = Output(as_json=False)
    out.say("Müller")
    out.document("Müller \ud800")
    lines = written.getvalue().decode("ascii").splitlines()
    assert lines[0] == r"M\xfcller"
    assert json.loads(lines[1]) == "Müller \ud800"


def test_output_is_made_in_one_place() -> None:
    """SAFE-10: what is written or asked goes through `cli/output.py`, where it is made fit; a
    second way out would go past that.
    """
    past = re.compile(
        r"(?<![\w.])print\(|\.(stdout|stderr)\b\.?(write|print)|typer\.(echo|secho|confirm|prompt)\(|Console\(|csv\."
    )
    for path in (ROOT / "cli").rglob("*.py"):
        if path != ROOT / "cli" / "output.py":
            assert not past.search(path.read_text()), path
