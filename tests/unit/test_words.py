"""What is set, sent or typed wrong is told in Tally's own words: nobody meets what a library
raises.
"""

import os
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from cli.deployment.dead_letters import Letter, LetterKind, _letter
from tally.aws.clients import AwsClients
from tally.domain.model.month import Month
from tally.errors import ContractError, SetupError, TallyError
from tally.messages import Tick
from tally.publishing.book_due import BookDue
from tally.reporter.digest_due import DigestDue
from tally.runtime.settings import PlannerSettings, ReporterSettings, WorkerSettings
from tally.transport.urls import base_url
from tests.unit.set_environment import ENVIRONMENT

EDGES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-23:59",
    "10000-01-01T00:00:00Z",
    "+12026-11-01T00:00:00Z",
    "-2026-11-01T00:00:00Z",
    "2026-11-01T00:00:00+99:99",
    "\ud800",
    "2026-11-01T00:00:00\ud800",
    "[" * 100_000,
    "9" * 5_000,
    "1793491500",
    1793491500,
    1793491500.5,
    float("inf"),
    float("nan"),
    10**400,
    True,
    b"2026-11-01T00:00:00Z",
    ["2026-11-01T00:00:00Z"],
]


@pytest.mark.parametrize("value", EDGES, ids=lambda each: repr(each)[:40])
def test_an_instant_that_is_none_is_refused_in_words(value: Any) -> None:  # noqa: ANN401 - whatever an event holds
    """SAFE-10: an event whose instant lies at the calendar's edge, or is a number or nonsense, is
    refused in one sentence.
    """
    with pytest.raises(ContractError, match="The event is no tick"):
        Tick.of({"tick": value})
    with pytest.raises(ContractError, match="The event asks for no digest"):
        DigestDue.of({"digest": "weekly", "at": value})
    with pytest.raises(ContractError, match="The event asks for no book"):
        BookDue.of({"at": value})


@pytest.mark.parametrize(
    "text",
    [
        "0000-01",
        "0001-01",
        "1999-12",
        "3000-01",
        "9999-12",
        "\uff12\uff10\uff12\uff16-11",
        "2026-13",
        "",
    ],
)
def test_a_month_that_nobody_means(text: str) -> None:
    """SAFE-10: a month outside of the years 2000 to 2999 is none: its neighbours might not be on
    the calendar.
    """
    with pytest.raises(ValueError, match="month"):
        Month.parse(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://.x.test/api",
        "https://x..test/api",
        "https://-x.test/api",
        f"https://{'x' * 64}.test/api",
        f"https://{'.'.join(['x' * 60] * 5)}/api",
        "https://*/api",
        "https://x.test:99999/api",
        "https://[::1/api",
        "https://[x]/api",
        "https://\ud800.test/api",
        "https://x.test/\ud800",
        "https://x.test/\u202eapi",
        "https://%2e/api",
        "https://x y/api",
        "https://münchen.test/api",
        "https://",
        "//x.test/api",
    ],
    ids=ascii,
)
def test_an_address_that_is_none(url: str) -> None:
    """SAFE-10: an address that no library would take is refused with its setting's name, before any
    of them sees it.
    """
    with pytest.raises(SetupError, match="GRAVITYZONE_URL"):
        base_url(url, setting="GRAVITYZONE_URL")


@pytest.mark.parametrize(
    "url",
    [
        "https://x.test/api",
        "https://127.0.0.1:8443/api",
        "https://[::1]:8443/api",
        "https://a_b.x-y.test./api",
    ],
)
def test_an_address_that_is_one(url: str) -> None:
    """An address is taken as it is written."""
    assert base_url(url, setting="GRAVITYZONE_URL") == url


@pytest.mark.parametrize(
    "value", ["\ud800", "x\udcff", '{"e\ud800": {}}', "[" * 100_000, '{"a":' * 50_000, "9" * 5_000]
)
@pytest.mark.parametrize("kind", [PlannerSettings, WorkerSettings, ReporterSettings])
def test_a_setting_that_is_none(kind: type[PlannerSettings], value: str) -> None:
    """SAFE-10: whatever a setting holds, half characters and endless nesting too, it is taken or
    told in words.
    """
    for name in ENVIRONMENT:
        said = told(kind, {**ENVIRONMENT, "TOPIC_ARN": "arn:x", name: value})
        assert name in said or not said
        assert len(said) <= 2_000
    assert "TABLE_NAME" in told(
        kind, {**ENVIRONMENT, "TOPIC_ARN": "arn:x", "TABLE_NAME": "x\ud800"}
    )


def told(kind: type[PlannerSettings], environment: dict[str, str]) -> str:
    """Why the settings are refused; empty if they are taken."""
    try:
        kind.from_env(environment)
    except SetupError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "text", ['{"e": {"counter": "c", "product": "\\ud800"}}', '{"\\ud800": {}}', '"\\ud800"']
)
def test_half_a_character_in_services(text: str) -> None:
    """SAFE-10: half a character that JSON spells out is no product either."""
    with pytest.raises(SetupError, match="SERVICES"):
        PlannerSettings.from_env({**ENVIRONMENT, "SERVICES": text})


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"a":' * 100_000, "\ud800", "9" * 5_000, "null", "", '{"tick": 5}']
)
@pytest.mark.parametrize("kind", LetterKind)
def test_a_dead_letter_of_anything(kind: LetterKind, body: str) -> None:
    """SAFE-10: one dead letter that nobody can read keeps nobody from reading the others."""
    for sent in ("0", "1793491500000", "9" * 30, "9" * 5_000, "-1", "x", ""):
        letter = _letter(
            kind, {"Body": body, "MessageId": "1", "Attributes": {"SentTimestamp": sent}}
        )
        assert letter.job is None
        assert letter.tick == ""
        assert len(letter.reason) <= 2_000


def test_a_dead_letters_reason_is_short() -> None:
    """SAFE-10: what Lambda tells of a failure is shown in short."""
    body = (
        '{"responsePayload": {"errorMessage": "'
        + "z" * 200_000
        + '"}, "requestPayload": {"tick": "'
        + "y" * 500
        + '"}}'
    )
    letter = _letter(LetterKind.PLANNER, {"Body": body, "MessageId": "1"})
    assert isinstance(letter, Letter)
    assert len(letter.reason) <= 2_000
    assert len(letter.tick) <= 40


@pytest.mark.parametrize("address", ["nonsense", "http://[", "http://x:99999", "https://.x.test"])
def test_an_address_of_aws_that_is_none(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """SAFE-10: what boto raises of an address or a missing region is the operator's to put right,
    in words.
    """
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    try:
        AwsClients(connections=1).client("sqs")
    except TallyError as error:
        assert "AWS cannot be asked for sqs" in str(error)  # noqa: PT017 - boto looks at some when it calls alone
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    with pytest.raises(SetupError, match="AWS cannot be asked for sqs"):
        AwsClients(connections=1).client("sqs")


@pytest.mark.parametrize("payload", [b"[" * 100_000, b"{", b"\xff", b"12", b'"x"'])
def test_a_planners_answer_that_is_none(payload: bytes) -> None:
    """SAFE-10: the command tells in words that the planner's answer is none."""
    from cli.deployment.connection import _invoke  # noqa: PLC0415 - a look inside

    client = SimpleNamespace(invoke=lambda **_: {"Payload": SimpleNamespace(read=lambda: payload)})
    with pytest.raises(ContractError, match="no word on a tick"):
        _invoke(client, "planner", datetime(2026, 11, 1, tzinfo=UTC))  # type: ignore[arg-type]  # what is used of it
