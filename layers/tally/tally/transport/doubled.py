"""Keys that an object of a JSON text has twice: nobody can tell which of the values is meant (READ-8)."""

import json
from typing import Any


class _DoubledKeyError(ValueError):
    """The key is the error's one argument."""


def doubled_key(body: bytes) -> str:
    """Find the first key that one object has twice; "" if there is none. ``body`` is JSON that has been read before."""
    try:
        # Numbers stay text: only keys are looked at, and a huge number is no trouble here.
        json.loads(body, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _DoubledKeyError as error:
        return str(error)
    return ""


def _once(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len({*names}) < len(names):
        raise _DoubledKeyError(next(name for position, name in enumerate(names) if name in names[:position]))
