"""The command goes out as the operator's machine does; the functions take nothing from their
environment.
"""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from cli.deployment.connection import connect
from cli.stack import Target
from tally.aws.secret import ApiKeys
from tally.errors import SetupError, TransientError
from tally.gravityzone.pace import TokenBucket
from tally.runtime.parts import bootstrap
from tally.runtime.settings import PlannerSettings
from tally.transport.operators import operators_network
from tally.transport.session import Way
from tests.unit.scripted import Scripted, answer
from tests.unit.set_environment import ENVIRONMENT

pytestmark = pytest.mark.slow

KEYS = ApiKeys(
    gravityzone_api_key=SecretStr("gz-key"),
    connectwise_public_key=SecretStr("public-key"),
    connectwise_private_key=SecretStr("private-key"),
    connectwise_client_id=SecretStr("client-id"),
)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine prescribes is left out."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def sent(network: Scripted) -> tuple[dict[str, str], bool | str]:
    return network.options[-1]["proxies"], network.options[-1]["verify"]


def test_functions_take_nothing_from_their_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a proxy nor a bundle of certificates in a function's environment changes where its
    keys go.
    """
    bundle = tmp_path / "bundle.pem"
    bundle.touch()
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    network, settings = Scripted([answer(200, "null")]), PlannerSettings.from_env(ENVIRONMENT)
    with pytest.raises(SetupError):
        bootstrap.connectwise_client(settings, KEYS, adapter=network).agreement(1)
    assert sent(network) == ({}, True)


@pytest.mark.parametrize(
    "name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "SSL_CERT_FILE"]
)
def test_the_command_trusts_what_the_machine_trusts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """The bundle of certificates that requests, curl, boto3 or OpenSSL is told of is taken."""
    bundle = Path(shutil.copy(requests.certs.where(), tmp_path / "bundle.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.msp.test:3128")
    monkeypatch.setenv("NO_PROXY", "psa.msp.test")
    way = operators_network({name: str(bundle)})
    assert (
        way("https://api-eu.myconnectwise.example/x").proxies["https"]
        == "http://proxy.msp.test:3128"
    )
    assert way("https://api-eu.myconnectwise.example/x").verify == str(bundle)
    assert way("https://psa.msp.test/x").proxies == {}
    assert way("http://127.0.0.1:8802/x") == Way(proxies={}, verify=True)


def test_a_bundle_that_is_not_there() -> None:
    """A bundle that is named and missing is said to be, with the variable that names it."""
    with pytest.raises(SetupError, match=r"REQUESTS_CA_BUNDLE is '/nowhere/bundle\.pem'"):
        operators_network({"REQUESTS_CA_BUNDLE": "/nowhere/bundle.pem"})


@pytest.mark.parametrize(
    "contents",
    [
        b"",
        b"hello",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        Path(requests.certs.where()).read_text().encode("utf-16"),
        None,
    ],
    ids=["empty", "no certificates", "broken", "in UTF-16", "not to be read"],
)
def test_a_bundle_that_holds_no_certificates(tmp_path: Path, contents: bytes | None) -> None:
    """Nor is one that cannot be read left for the first call, whose failure would not name it."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(contents or b"")
    name = "x" * 300 if contents is None else "bundle.pem"
    with pytest.raises(SetupError, match=r"SSL_CERT_FILE is .* no certificates can be read there"):
        operators_network({"SSL_CERT_FILE": str(tmp_path / name)})


def test_a_folder_of_certificates_is_taken(tmp_path: Path) -> None:
    """A variable of requests may name a folder too."""
    way = operators_network({"REQUESTS_CA_BUNDLE": str(tmp_path)})
    assert way("https://psa.msp.test/x").verify == str(tmp_path)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "http://[::1", "http://a b"])
def test_a_proxy_of_another_kind(monkeypatch: pytest.MonkeyPatch, name: str, proxy: str) -> None:
    """A proxy that cannot be gone through is named, rather than tried three times."""
    monkeypatch.setenv(name, proxy)
    with pytest.raises(SetupError, match="must be http://, a host and a port"):
        operators_network({})("https://psa.msp.test/x")


@pytest.mark.parametrize(
    "proxy", ["proxy:3128", "http://msp:p%40ss@proxy:3128/", "http://[::1]:3128", "https://proxy"]
)
def test_a_proxy_in_each_form(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """With a scheme or without, with a user or without, by name or address."""
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert operators_network({})("https://psa.msp.test/x").proxies["https"] == proxy


class Proxy:
    """A proxy that lets nobody through; notes the first line of what it is asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    self.asked.append(connection.recv(65_536))
                    connection.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.close()


def test_the_command_goes_through_the_proxy(monkeypatch: pytest.MonkeyPatch, proxy: Proxy) -> None:
    """Both vendors are called through the proxy of the operator's environment, which sees no
    key.
    """
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    settings = PlannerSettings.from_env(ENVIRONMENT)
    stack = connect(Target(region="eu-west-1"))
    connection = stack.gravityzone.__closure__[0].cell_contents  # type: ignore[attr-defined]  # the one connection behind all ports
    monkeypatch.setattr(type(connection), "settings", settings)
    monkeypatch.setattr(type(connection), "keys", KEYS)
    for ask in (
        lambda: stack.gravityzone().own_company(),
        lambda: stack.connectwise().agreement(1),
    ):
        with pytest.raises(
            TransientError, match="the proxy of this machine's environment lets nothing through"
        ):
            ask()
    hosts = {line.split(b" ")[1] for line in proxy.asked}
    assert hosts == {b"cloud.gravityzone.example:443", b"api-eu.myconnectwise.example:443"}
    assert all(line.startswith(b"CONNECT ") and b"uthorization" not in line for line in proxy.asked)


def test_a_function_does_not_go_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, proxy: Proxy
) -> None:
    """What a function calls it calls itself."""
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    settings = PlannerSettings.from_env(
        {**ENVIRONMENT, "GRAVITYZONE_URL": "https://127.0.0.1:9/api"}
    )
    bucket = TokenBucket(rate=5, depth=1)
    with pytest.raises(TransientError, match="no connection"):
        bootstrap.gravityzone_client(settings, KEYS, bucket=bucket).own_company()
    assert proxy.asked == []
