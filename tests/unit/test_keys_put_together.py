"""Keys that were pasted as they stand in a header: refused with the word for what was made of
them.
"""

import base64
import random
import string
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from tally.errors import SetupError
from tally.transport.api_keys import check_key
from tests.unit.connectwise_caller import KEYS, make_client
from tests.unit.scripted import Scripted, answer

HEX = "0123456789abcdef" * 4
PUBLIC, PRIVATE = "AbCdEfGhIjKlMnOp", "Q1w2E3r4T5y6U7i8"
CLIENT_ID = "5b8e5a3c-0000-4000-8000-000000000000"


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (f"{HEX}:", "colon"),
        (f":{HEX}", "colon"),
        (f"{PUBLIC}:{PRIVATE}", "colon"),
        (f"msp+{PUBLIC}:{PRIVATE}", "colon"),
        (packed(f"{HEX}:"), "base64"),
        (packed(f"{HEX}:").rstrip("="), "base64"),
        (packed(HEX), "base64"),
        (packed(f"msp+{PUBLIC}:{PRIVATE}"), "base64"),
        (packed(PUBLIC), "base64"),
        (packed(CLIENT_ID), "base64"),
        (base64.urlsafe_b64encode(b"msp+??>>~~:??>>").decode(), "base64"),
        (f"Basic {packed(f'{HEX}:')}", "header"),
        (f"basic {HEX}", "header"),
        (f"Bearer {HEX}", "Bearer"),
        (f"bearer\t{HEX}", "Bearer"),
        (f"Authorization: Basic {packed(HEX)}", "Authorization"),
        (f'"{HEX}"', 'has "'),
        (f"'{PUBLIC}'", "has '"),
        (f"`{PUBLIC}`", "has `"),
        (f"{{{CLIENT_ID}}}", "has { and }"),
        (f"<{HEX}>", "has < and >"),
        (f"{HEX},", "has ,"),
        (f"{HEX}%3A", "has %"),
        ("*" * 16, "has"),
        (packed(f"{HEX}:\n"), "base64"),
        (packed(f"{HEX}\r\n"), "base64"),
        (base64.b64encode(f"{PUBLIC}:".encode("utf-16-le")).decode(), "base64"),
    ],
)
def test_what_was_made_of_a_key(value: str, word: str) -> None:
    """A key with its colon, or in base64, as the vendors' own instructions have it for a header, is
    refused with that word.
    """
    with pytest.raises(SetupError, match=word) as caught:
        check_key(SecretStr(value), name="some_key")
    assert value not in str(caught.value)
    assert "some_key" in str(caught.value)


def test_true_keys_are_taken() -> None:
    """Keys in the forms that both vendors give are none of that."""
    draw = random.Random(1)
    for _ in range(2_000):
        for letters, length in (
            ("0123456789abcdef", 64),
            (string.ascii_letters + string.digits, 16),
        ):
            key = "".join(draw.choices(letters, k=length))
            assert check_key(SecretStr(key), name="some_key") == key
    assert check_key(SecretStr(CLIENT_ID), name="some_key") == CLIENT_ID


@pytest.mark.parametrize("company", ["brightlantern", "BrightLantern"])
def test_a_public_key_with_the_company_before_it(company: str) -> None:
    """ConnectWise's user is company+key: with the company pasted along, it would stand there
    twice.
    """
    keys = replace(KEYS, public=SecretStr(f"{company}+{PUBLIC}"))
    with pytest.raises(SetupError, match="begins with the company and a plus"):
        make_client(Scripted([answer(200)]), keys=keys)


@pytest.mark.parametrize("field", ["public", "private", "client_id"])
def test_connectwise_is_not_called_with_such_a_key(field: str) -> None:
    """Nothing is sent with a key that cannot be one."""
    changed: dict[str, Any] = {field: SecretStr(packed(f"msp+{PUBLIC}:{PRIVATE}"))}
    with pytest.raises(SetupError, match="base64"):
        make_client(Scripted([answer(200)]), keys=replace(KEYS, **changed))
