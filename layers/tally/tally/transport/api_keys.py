"""API keys: checked before they are used, and put into headers."""

import base64
import re

from pydantic import SecretStr

from tally.errors import SetupError

_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")
_AROUND = frozenset("\"'`<>()[]{}\\,;%*")
"""Signs that are put around or behind a key, or in its place. Neither vendor's keys have any."""
_HEADER = re.compile(r"(basic|bearer)\b|authorization", re.IGNORECASE)
_UNPACKED = re.compile(rb"[!-~]*:[!-~]*|[0-9A-Za-z-]{16,}")
"""A key unpacked from base64, with a colon or without. Few true keys unpack to such bytes."""


def check_key(key: SecretStr, *, name: str) -> str:
    """Return the key's value. Raises SetupError, with the secret's field, if it cannot be a key."""
    # Both vendors' instructions put keys together with colons and as base64. ``basic_auth`` does
    # that here, so the secret must hold the key alone.
    value = key.get_secret_value()
    if wrong := _put_together(value):
        raise SetupError(f"{name} in the secret {wrong}: give the key alone, as it was shown")
    if not value or not value.isascii() or _SPACE_OR_CONTROL.search(value):
        raise SetupError(
            f"{name} in the secret is empty, or has white space or other characters that no key has"
        )
    return value


def _put_together(value: str) -> str:
    """Say what has been made of the key; "" if it may be the key itself."""
    if header := _HEADER.match(value):
        return f"is a whole header, which begins with {header[0].capitalize()}"
    if ":" in value:
        return "has a colon"
    if around := sorted(_AROUND.intersection(value)):
        return f"has {' and '.join(around)}"
    try:
        packed = base64.b64decode(
            value + "=" * (-len(value) % 4),
            altchars=b"-_" if "-" in value or "_" in value else None,
            validate=True,
        )
    except ValueError:
        return ""
    # `echo` packs a line's end along, and PowerShell two bytes for each letter.
    return "is base64" if _UNPACKED.fullmatch(packed.replace(b"\0", b"").strip()) else ""


def basic_auth(user: str, password: str) -> str:
    """Return the value of the ``Authorization`` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
