"""`tally secrets set`: hidden, tried before they are stored, and nothing stored where it is
interrupted.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import typer
from botocore.exceptions import ClientError

from cli.command import Session
from cli.commands import secrets
from cli.commands.secrets import _set_keys
from cli.output import Output
from cli.stack import Target
from simulators.connectwise.options import Credentials, Right
from simulators.faults import Fault, FaultKind
from tally.errors import SetupError
from tally.runtime.parts import bootstrap
from tests.cli.installed import KEYS, Installed

NEW = {name: f"new-{value}" for name, value in KEYS.items()}


@dataclass(slots=True)
class Person:
    """Somebody at a hidden prompt who types these, one after the other; an error in place of text
    is pressed keys.
    """

    types: list[str | BaseException]
    asked: list[str] = field(default_factory=list)

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        typed = self.types.pop(0)
        if isinstance(typed, BaseException):
            raise typed
        return typed


@pytest.fixture
def msp(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """The clients that try the keys stand over the simulators too."""
    monkeypatch.setattr(bootstrap, "gravityzone_client", msp.gravityzone)
    monkeypatch.setattr(bootstrap, "connectwise_client", msp.connectwise)
    return msp


def enter(
    msp: Installed,
    *typed: str | BaseException,
    force: bool = False,
    yes: bool = True,
    as_json: bool = False,
) -> int | None:
    """Run the command with a person who types that."""
    session = Session(target=Target(), output=Output(as_json=as_json), given=msp.stack)
    return _set_keys(session, ask=Person(list(typed)), force=force, yes=yes)


def rotate(msp: Installed) -> None:
    """Both vendors take the new keys alone."""
    msp.world.gravityzone.change_key(NEW["gravityzone_api_key"])
    msp.world.connectwise.options.credentials = Credentials(
        public_key=NEW["connectwise_public_key"],
        private_key=NEW["connectwise_private_key"],
        client_id=NEW["connectwise_client_id"],
    )


def test_four_right_keys_are_stored(msp: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys that both APIs take are stored, under the names that the functions read; white space
    around them is not theirs.
    """
    rotate(msp)
    assert not enter(msp, *(f" {value}\n" for value in NEW.values()))
    assert msp.stored() == NEW
    assert msp.keys().connectwise_private_key.get_secret_value() == NEW["connectwise_private_key"]
    printed = capsys.readouterr()
    assert "Stored GravityZone API key, ConnectWise public key" in printed.err
    assert not [value for value in NEW.values() if value in printed.out + printed.err]


def test_the_first_time(msp: Installed) -> None:
    """The secret that the template makes has no value: every key is asked for, and asked for again
    where nothing is typed.
    """
    msp.client("secretsmanager").create_secret(Name="empty")
    msp.environment["SECRET_ID"] = "empty"
    person = Person(["", *KEYS.values()])
    session = Session(target=Target(), output=Output(as_json=False), given=msp.stack)
    assert not _set_keys(session, ask=person, force=False, yes=True)
    assert "None is stored yet" in person.asked[1]
    assert "Enter keeps" not in "".join(person.asked)
    text = msp.client("secretsmanager").get_secret_value(SecretId="empty")["SecretString"]
    assert json.loads(text) == KEYS


def test_one_key_is_rotated(msp: Installed) -> None:
    """Enter keeps a key: one alone is changed, the others are tried with it, and what else stands
    in the secret stays.
    """
    msp.store(note="rotated in May")
    msp.world.gravityzone.change_key(NEW["gravityzone_api_key"])
    assert not enter(msp, NEW["gravityzone_api_key"], "", "", "")
    assert msp.stored() == {
        **KEYS,
        "gravityzone_api_key": NEW["gravityzone_api_key"],
        "note": "rotated in May",
    }


def test_nothing_is_typed(msp: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    """Where every key is kept nothing is written and nobody is asked."""
    calls = len(msp.world.connectwise.calls)
    versions = _versions(msp)
    assert not enter(msp, "", "", "", "", as_json=True)
    assert _versions(msp) == versions
    assert len(msp.world.connectwise.calls) == calls
    assert json.loads(capsys.readouterr().out) == {"stored": False, "changed": [], "checks": []}


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize(
    ("pressed", "code"), [(KeyboardInterrupt(), 130), (EOFError(), 2)], ids=["Ctrl-C", "Ctrl-D"]
)
def test_interrupted_at_a_prompt(
    msp: Installed, capsys: pytest.CaptureFixture[str], at: int, pressed: BaseException, code: int
) -> None:
    """Interrupted at whichever prompt, nothing is stored, nobody was asked, and one line says
    so.
    """
    versions, calls = _versions(msp), len(msp.world.gravityzone.calls)
    assert enter(msp, *list(NEW.values())[:at], pressed) == code
    assert msp.stored() == KEYS
    assert _versions(msp) == versions
    assert len(msp.world.gravityzone.calls) == calls
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert "nothing was stored" in line


def test_interrupted_while_the_keys_are_tried(
    msp: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted while a vendor is slow to answer, nothing is stored."""

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "connectwise_client", interrupted)
    assert enter(msp, *KEYS.values()) == 130
    assert _versions(msp) == 1


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (typer.Abort(), 130)], ids=["raw", "typer's"]
)
def test_interrupted_at_the_last_question(
    msp: Installed, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    """Interrupted where it asks whether to store them, nothing is stored."""

    def interrupted(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Session, "confirm", interrupted)
    assert enter(msp, *KEYS.values(), yes=False) == code
    assert _versions(msp) == 1


WRONG: dict[str, tuple[dict[str, str], str]] = {
    name: ({**KEYS, name: "hush-wrong"}, vendor)
    for name, vendor in {
        "gravityzone_api_key": (
            "GravityZone at https://gravityzone.test/api does not take the API key"
        ),
        "connectwise_public_key": "does not take the keys of the API member",
        "connectwise_private_key": "does not take the keys of the API member",
        "connectwise_client_id": "does not take the keys of the API member",
    }.items()
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_key_is_not_stored(
    msp: Installed, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """A key that its vendor does not take is refused with which and why; nothing is stored, not the
    right ones either.
    """
    keys, why = WRONG[name]
    assert enter(msp, *keys.values()) == 2
    assert msp.stored() == KEYS
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("tally: Nothing was stored: ")
    assert why in line
    assert "HTTP 401" in line
    assert "hush" not in printed.out + printed.err


def test_both_vendors_are_tried(msp: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    """Two wrong keys are told in one run."""
    assert enter(msp, "hush-a", "", "hush-b", "", as_json=True) == 2
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert document["stored"] is False
    assert document["changed"] == ["connectwise_private_key", "gravityzone_api_key"]
    verdicts = {each["check"]: each["verdict"] for each in document["checks"]}
    assert verdicts["gravityzone-key"] == verdicts["connectwise-keys"] == "needs set-up"
    assert "hush" not in printed.out + printed.err


@pytest.mark.parametrize("typed", ["two words", "schlüssel", "a\x00b"])
def test_what_no_key_can_be(msp: Installed, capsys: pytest.CaptureFixture[str], typed: str) -> None:
    """What cannot stand in a request, a slip of the clipboard, is refused by its name, unseen."""
    assert enter(msp, typed, "", "", "") == 2
    assert msp.stored() == KEYS
    printed = capsys.readouterr()
    assert (
        "gravityzone_api_key in the secret is empty, or has white space or other characters that "
        "no key has. Put"
    ) in printed.err
    assert typed not in printed.out + printed.err


def test_a_missing_right_is_not_stored(msp: Installed, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that may not do what Tally needs would fail later: it is refused, with the right that
    is missing.
    """
    msp.world.connectwise.options.taken_rights = frozenset({Right.AGREEMENTS_EDIT})
    assert enter(msp, *KEYS.values()) == 2
    assert "it lacks Finance > Agreements: Edit" in capsys.readouterr().err
    assert _versions(msp) == 1


def test_a_vendor_that_does_not_answer(msp: Installed) -> None:
    """A key that cannot be tried is not stored unless --force says so; then it is, and the code
    tells that something was found.
    """
    msp.world.gravityzone.faults.add(Fault(kind=FaultKind.REFUSED))
    assert enter(msp, NEW["gravityzone_api_key"], "", "", "") == 2
    assert msp.stored() == KEYS
    assert enter(msp, NEW["gravityzone_api_key"], "", "", "", force=True) == 1
    assert msp.stored()["gravityzone_api_key"] == NEW["gravityzone_api_key"]


def test_it_asks_before_it_stores(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that pass are stored on a yes, and not on a no; the question names the keys and not
    their values.
    """
    asked: list[str] = []

    def answer(session: Session, question: str, *, yes: bool) -> None:
        asked.append(question)
        raise SetupError("no")

    monkeypatch.setattr(Session, "confirm", answer)
    with pytest.raises(SetupError, match="no"):
        enter(msp, KEYS["gravityzone_api_key"], "", "", "", yes=False)
    assert asked == ["Store GravityZone API key in the secret keys?"]
    assert _versions(msp) == 1


def test_without_a_terminal(msp: Installed) -> None:
    """Keys are never taken from a pipe, where a shell's history or a file would keep them: 2, and
    one line.
    """
    ended = msp.run("secrets", "set")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("tally: Nothing was stored: keys are asked for on a terminal alone")
    assert _versions(msp) == 1


def test_no_key_on_the_command_line(msp: Installed) -> None:
    """There is no argument or option that takes a key: what stands there shows in lists of
    processes.
    """
    ended = msp.run("secrets", "set", "hush")
    assert ended.code == 2
    assert _versions(msp) == 1


@pytest.mark.parametrize("operation", ["get_secret_value", "put_secret_value"])
def test_aws_refuses(msp: Installed, monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """A secret that may not be read is not overwritten, as what else stands in it is not known; nor
    is a refusal hidden.
    """

    def refused(**_: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, operation)

    monkeypatch.setattr(msp.client("secretsmanager"), operation, refused)
    with pytest.raises(SetupError, match="AccessDeniedException"):
        enter(msp, *KEYS.values())
    monkeypatch.undo()
    assert _versions(msp) == 1


@pytest.mark.parametrize("text", ["a bare key", '["a"]', '{"gravityzone_api_key": 7}'])
def test_a_secret_that_holds_something_else(msp: Installed, text: str) -> None:
    """What is no such object counts as nothing: every key is asked for."""
    msp.client("secretsmanager").put_secret_value(SecretId="keys", SecretString=text)
    assert not enter(msp, *KEYS.values())
    assert msp.stored() == KEYS


def test_the_prompts_are_hidden(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the keys are asked for by getpass, which shows nothing of what is typed."""
    person = Person(list(KEYS.values()))
    monkeypatch.setattr(secrets, "getpass", person)
    monkeypatch.setattr(secrets, "somebody_is_there", lambda: True)
    session = Session(target=Target(), output=Output(as_json=False), given=msp.stack)
    assert not secrets.set_keys(session, yes=True)
    assert len(person.asked) == 4


def _versions(msp: Installed) -> int:
    """How many values the secret has ever had."""
    listed: Callable[..., dict[str, list[object]]] = msp.client(
        "secretsmanager"
    ).list_secret_version_ids
    return len(listed(SecretId="keys", IncludeDeprecated=True)["Versions"])
