"""The one secret with its four keys."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from tally.aws.secret import ApiKeys, read_keys
from tally.errors import SetupError, TallyError, TransientError
from tally.runtime.parts import bootstrap
from tests.unit.set_environment import ENVIRONMENT

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

NAME = "tally-keys"
KEYS = {
    "gravityzone_api_key": "gz-7f3a-hush",
    "connectwise_public_key": "public-9c1d-hush",
    "connectwise_private_key": "private-5e2b-hush",
    "connectwise_client_id": "client-8a4c-hush",
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator["SecretsManagerClient"]:
    """Secrets Manager in memory."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-west-1")


def said(client: "SecretsManagerClient") -> str:
    """Why the secret cannot be used; no value of it is told."""
    with pytest.raises(SetupError) as raised:
        read_keys(client, NAME)
    text = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert "hush" not in text
    assert NAME in text
    return str(raised.value)


def put(client: "SecretsManagerClient", value: str) -> None:
    """The secret with that text."""
    client.create_secret(Name=NAME, SecretString=value)


def test_keys_are_read_and_shown_nowhere(client: "SecretsManagerClient") -> None:
    """The four keys come out of the secret's object; other fields in it are nobody's business, and
    no value shows.
    """
    put(client, json.dumps({**KEYS, "note": "rotated in May"}))
    keys = read_keys(client, NAME)
    assert {name: getattr(keys, name).get_secret_value() for name in ApiKeys.model_fields} == KEYS
    assert "hush" not in f"{keys!r} {keys} {keys.model_dump()} {keys.model_dump_json()}"


def test_a_secret_without_a_value(client: "SecretsManagerClient") -> None:
    """The template creates it empty: the function says that it has no value yet, and what belongs
    in it.
    """
    client.create_secret(Name=NAME)
    text = said(client)
    assert "no value yet" in text
    for name in KEYS:
        assert name in text


def test_no_such_secret(client: "SecretsManagerClient") -> None:
    """A secret that is not there reads the same: it has to be filled by the operator."""
    assert "no value yet" in said(client)


@pytest.mark.parametrize(
    "text",
    [
        "gz-7f3a-hush",
        "{'gravityzone_api_key': 'gz-7f3a-hush'}",
        '["gz-hush"]',
        '"gz-hush"',
        "null",
        "{",
    ],
)
def test_not_a_json_object(client: "SecretsManagerClient", text: str) -> None:
    """A bare key, a list or broken JSON: it must be an object with these four names; what stood
    there is not told.
    """
    put(client, text)
    answer = said(client)
    assert "JSON object" in answer
    assert "gravityzone_api_key" in answer


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", [None, 7, ["hush"], {"hush": "hush"}], ids=repr)
def test_a_key_that_is_no_text(client: "SecretsManagerClient", name: str, value: object) -> None:
    """A key that is missing, or no text, is named; the others are not said to be."""
    put(client, json.dumps({**KEYS, name: value}))
    assert f"has no text for, {name}:" in said(client)


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_key_is_named(client: "SecretsManagerClient", name: str) -> None:
    """A key that the object lacks is named."""
    put(client, json.dumps({key: value for key, value in KEYS.items() if key != name}))
    assert f"has no text for, {name}:" in said(client)


def test_all_missing_keys_are_named(client: "SecretsManagerClient") -> None:
    """An empty object lacks all four, and each is named."""
    put(client, "{}")
    assert ", ".join(KEYS) in said(client)


def test_a_binary_secret(client: "SecretsManagerClient") -> None:
    """A secret stored as bytes has no text: it is to be put in as JSON."""
    client.create_secret(Name=NAME, SecretBinary=b"hush")
    assert "no value yet" in said(client)


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDeniedException", 400, SetupError),
        ("InternalServiceError", 500, TransientError),
        ("ThrottlingException", 400, TransientError),
        ("DecryptionFailure", 400, TallyError),
    ],
)
def test_aws_refuses(
    client: "SecretsManagerClient", code: str, status: int, kind: type[TallyError]
) -> None:
    """A secret that may not or cannot be read is said to be that, and not to be empty."""
    with Stubber(client) as stub:
        stub.add_client_error("get_secret_value", service_error_code=code, http_status_code=status)
        with pytest.raises(kind) as raised:
            read_keys(client, NAME)
    assert NAME in str(raised.value)
    assert "no value" not in str(raised.value)


def test_aws_does_not_answer() -> None:
    """No answer from Secrets Manager is for the next try, not for the operator."""

    class Silent:
        def get_secret_value(self, **_: str) -> dict[str, str]:
            raise ConnectTimeoutError(endpoint_url="https://secretsmanager.example")

    with pytest.raises(TransientError):
        read_keys(Silent(), NAME)  # type: ignore[arg-type]  # as far as it is used


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", ["", " ", "two words", "line\nbreak"], ids=repr)
def test_a_key_that_no_header_can_carry(
    client: "SecretsManagerClient", name: str, value: str
) -> None:
    """A key left empty, or pasted with a break in it, is named when the function is put together,
    not at the first call.
    """
    put(client, json.dumps({**KEYS, name: value}))
    environment = {**ENVIRONMENT, "SECRET_ID": NAME}
    with pytest.raises(SetupError, match=name) as raised:
        bootstrap.worker(environment)
    assert "hush" not in str(raised.value)
