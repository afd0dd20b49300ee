"""What an answer holds: JSON to its last character, and lists row by row, so that one odd row concerns whom it names alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

LONGEST_NAME = 250
"""Characters of a name that are kept: ConnectWise holds 50."""


def read_json(body: bytes) -> Any:  # noqa: ANN401 - whatever the body holds
    """The value of a JSON text, its texts such as every store takes: half of a character becomes U+FFFD. Raises ValueError."""
    try:
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    # Half a surrogate pair comes as an escape alone, and then whatever else is escaped is looked at
    # once more.
    if b"\\ud" in body or b"\\uD" in body:
        text = json.dumps(value, ensure_ascii=False)
        value = json.loads(text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    return value


def read_list(body: bytes) -> list[Any]:
    """The rows of a JSON list, whatever they are. Raises ValueError."""
    value = read_json(body)
    if not isinstance(value, list):
        raise ValueError("Input should be a valid list")  # noqa: TRY004 - as what cannot be read raises
    return value


def name(value: object) -> str:
    """A name as it stands in a row, cut where it is longer than any; "" where it is none."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= LONGEST_NAME else f"{value[: LONGEST_NAME - 1]}…"


def problems(error: ValidationError) -> str:
    """What is wrong with a row, without the row."""
    found = error.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN]
    return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'row'}: {each['msg']}" for each in found)


_SHOWN = 3


def whole(row: object, *path: str) -> int | None:
    """The positive whole number at that path of a row; None if there is none."""
    value = row
    for each in path:
        value = value.get(each) if isinstance(value, Mapping) else None
    return value if type(value) is int and 0 < value < 2**31 else None


def placed[T](rows: Sequence[Any], read: Callable[[Any], T]) -> tuple[list[T], list[str]]:
    """The rows that name somebody, and what is wrong with each of the others."""
    found: list[T] = []
    others: list[str] = []
    for row in rows:
        try:
            found.append(read(row))
        except ValidationError as error:
            others.append(f"{problems(error)}; it is {str(row)[:_QUOTED]}")
    return found, others


_QUOTED = 200


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")
