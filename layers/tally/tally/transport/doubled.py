"""Keys that an object of a JSON text has twice: nobody can tell which of the values is meant (READ-8)."""

import json
from typing import Any


class _DoubledKeyError(ValueError):
    """The key is the error's one argument."""


def doubled_key(body: bytes) -> str:
    """Find the first key that one object has twice; "" if there is none. ``body`` is JSON that has been read before."""
    try:
        _KEYS.decode(body.decode())
    except _DoubledKeyError as error:
        return str(error)
    return ""


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        names = [name for name, _ in pairs]
        raise _DoubledKeyError(
            next(name for position, name in enumerate(names) if name in names[:position])
        )


# Numbers stay text: only keys are looked at, and a huge number is no trouble here. One for all
# calls: it costs more than it reads.
_KEYS = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str)
