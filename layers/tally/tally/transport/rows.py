"""JSON answers and their lists, read row by row: an odd row concerns only whom it names."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

LONGEST_NAME = 250
"""Characters of a name that are kept; ConnectWise holds 50 of a company (seen in client code)."""


TWICE = ["twice"]
"""In place of a value whose key stands twice: no field takes it, so that its row is odd."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs. Nobody can tell which value of a key that stands twice is meant.

    RFC 8259 leaves it open (READ-8).
    """
    made = dict(pairs)
    if len(made) < len(pairs):
        times = Counter(name for name, _ in pairs)
        made.update((name, TWICE) for name, number in times.items() if number > 1)
    return made


def read_json(body: bytes) -> Any:  # noqa: ANN401 - whatever the body holds
    """Read a JSON text; half of a character becomes U+FFFD. Raises ValueError."""
    try:
        value = _JSON.decode(body.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    # No store takes half of a surrogate pair, and JSON can hold one as an escape. The detour over
    # UTF-8 replaces it.
    if b"\\ud" in body or b"\\uD" in body:
        text = json.dumps(value, ensure_ascii=False)
        value = json.loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    return value


def read_list(body: bytes) -> list[Any]:
    """Read a JSON list, with rows of any kind. Raises ValueError."""
    value = read_json(body)
    if not isinstance(value, list):
        raise ValueError("Input should be a valid list")  # noqa: TRY004 - as if unreadable
    return value


def name(value: object) -> str:
    """Return a row's name, cut at ``LONGEST_NAME``; "" if the value is no name."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= LONGEST_NAME else f"{value[: LONGEST_NAME - 1]}…"


def problems(error: ValidationError) -> str:
    """Say what is wrong with a row, without its contents."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN]
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'row'}: {each['msg']}" for each in found)


_SHOWN = 3


def whole(row: object, *path: str) -> int | None:
    """Return the positive whole number at a path of a row; None if there is none."""
    value = row
    for each in path:
        value = value.get(each) if isinstance(value, Mapping) else None
    return value if type(value) is int and 0 < value < 2**31 else None


def placed[T](rows: Sequence[Any], read: Callable[[Any], T]) -> tuple[list[T], list[str]]:
    """Return the rows that name somebody, and what is wrong with each of the others."""
    found: list[T] = []
    others: list[str] = []
    for row in rows:
        try:
            found.append(read(row))
        except ValidationError as error:
            others.append(f"{problems(error)}; it is {str(row)[:_QUOTED]}")
    return found, others


_QUOTED = 200


# Python reads NaN and Infinity, which JSON does not have. They are no ids, counts or quantities,
# and a whole list is not refused for one of them. One decoder serves all calls, since to make it
# costs more than to use it.
_JSON = json.JSONDecoder(object_pairs_hook=each_once)
