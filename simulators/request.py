"""A call as it arrives at a simulator: what faults are matched with, and what `core` answers."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """One call as it arrives.

    `path` is decoded and has no query; header names are in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    body: bytes = b""
