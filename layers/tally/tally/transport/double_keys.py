"""Keys that a JSON object has twice, so that nobody can tell which value is meant (READ-8)."""

import json
from typing import Any

from tally.domain.model.screen import shortened


class _DoubledKeyError(ValueError):
    """The key is the error's one argument."""


def twice(body: bytes, *, of_many: bool) -> str:
    """Say which key an object of the body has twice; "" if none has, or if it is no JSON.

    ``of_many`` is True for a list about everybody: only the outermost object is looked at.
    """
    try:
        doubled = (doubled_key_at_top if of_many else doubled_key)(body)
    except (ValueError, RecursionError):
        return ""
    return f"it has {shortened(doubled, _MOST_SHOWN)!r} twice" if doubled else ""


_MOST_SHOWN = 100


def doubled_key(body: bytes) -> str:
    """Find the first key that one object has twice; "" if there is none.

    ``body`` is JSON that has been read before.
    """
    try:
        _KEYS.decode(body.decode())
    except _DoubledKeyError as error:
        return str(error)
    return ""


def doubled_key_at_top(body: bytes) -> str:
    """Find the first key that the outermost object has twice; "" if there is none.

    ``body`` is JSON that has been read before. In a list about everybody, an odd row is its own.
    """
    if not body.lstrip().startswith(b"{"):
        return ""
    names = [name for name, _ in _PAIRS.decode(body.decode())]
    return next((name for place, name in enumerate(names) if name in names[:place]), "")


def _once(pairs: list[tuple[str, Any]]) -> None:
    # RFC 8259 leaves open which one counts, and Python takes the last.
    if len(dict(pairs)) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DoubledKeyError(
            next(name for position, name in enumerate(names) if name in names[:position])
        )


# Only keys are looked at, so numbers stay text: Python refuses to convert one of too many digits.
# One decoder serves all calls, since to make it costs more than to use it.
_KEYS = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str)
_PAIRS = json.JSONDecoder(object_pairs_hook=list, parse_int=str, parse_float=str)
"""Reads an object as the list of its pairs."""
