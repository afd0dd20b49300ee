"""Which addresses may be called, and which keys can stand in a header."""

import pytest
from pydantic import SecretStr

from tally.errors import SetupError
from tally.transport.api_keys import check_key
from tally.transport.urls import base_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://cloud.example/api", "https://cloud.example/api"),
        ("https://cloud.example/api/", "https://cloud.example/api"),
        ("https://psa.example:8443", "https://psa.example:8443"),
        ("http://127.0.0.1:8080/api", "http://127.0.0.1:8080/api"),
        ("http://127.8.9.1:1", "http://127.8.9.1:1"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://host.docker.internal:9", "http://host.docker.internal:9"),
    ],
)
def test_addresses_that_may_be_called(url: str, expected: str) -> None:
    """TLS, or plain http to this machine and to the one name that a local parameter allows."""
    assert base_url(url, setting="THE_URL", local_http_host="Host.Docker.Internal") == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://cloud.example/api",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://128.0.0.1",
        "http://host.docker.internal",
        "http://0.0.0.0",
        "HTTP://cloud.example",
        "ftp://cloud.example",
        "cloud.example",
        "",
        "https://",
        "https:///api",
        "https://user:pa55@cloud.example",
        "https://cloud.example@evil.example",
        "https://cloud.example/api?x=1",
        "https://cloud.example/api#x",
        "https://cloud.example/ap i",
        "https://cloud.example/\n",
        "https://cloud.example\\@evil.example",
        "https://[::1",
        "https://cloud.example:port",
        "https://cloud.example:99999",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    """TLS is required, and nothing may hide in an address; the message names the setting and shows
    no password.
    """
    with pytest.raises(SetupError, match="THE_URL") as caught:
        base_url(url, setting="THE_URL")
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "abc def", "abc\n", "\tabc", "schlüssel", "a\x00b"])
def test_keys_that_no_header_can_carry(key: str) -> None:
    """A key pasted with a blank or a line break is named by its field, and not shown."""
    with pytest.raises(SetupError, match="the_key") as caught:
        check_key(SecretStr(key), name="the_key")
    assert not key.strip() or key.strip() not in str(caught.value)
