"""Keys: checked before they are used, and put into headers."""

import base64
import re

from pydantic import SecretStr

from tally.errors import SetupError

_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")


def check_key(key: SecretStr, *, name: str) -> str:
    """The key's value. Raises SetupError, naming it by its field of the secret, if it cannot stand in a header."""
    value = key.get_secret_value()
    if not value or not value.isascii() or _SPACE_OR_CONTROL.search(value):
        raise SetupError(f"{name} in the secret is empty, or has white space or other characters that no key has")
    return value


def basic_auth(user: str, password: str) -> str:
    """The value of the ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
