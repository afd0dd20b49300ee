"""Types of stored fields: an item of another version, or edited by hand, may have any.

A field is known by its name, at every depth. Fields that pass here are safe to calculate and to
compare with.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any


def _is_whole(value: object) -> bool:
    # `isinstance` would take True for a number.
    return type(value) is int


def _are_whole(value: object) -> bool:
    return type(value) is list and all(type(each) is int for each in value)


def _is_text(value: object) -> bool:
    return type(value) is str


def _are_texts(value: object) -> bool:
    return type(value) is list and all(type(each) is str for each in value)


def _is_map(value: object) -> bool:
    return type(value) is dict


_NAMES: Mapping[Callable[[object], bool], str] = {
    _is_whole: "version connectwise_id pinned_agreement_id",
    _are_whole: "kept_apart",
    _is_text: "state why by reason company_name connectwise_name tied_by what",
    _are_texts: "notices licensed_in planned",
    _is_map: "causes",
}
_SHAPES = {name: has_shape for has_shape, names in _NAMES.items() for name in names.split()}


def shaped(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields. Raises TypeError for one whose type is not the one its name promises."""
    for name, value in fields.items():
        has_shape = _SHAPES.get(name)
        if has_shape is not None and not has_shape(value):
            raise TypeError(f"{name} is {str(value)[:_SHOWN]!r}")
    return fields


_SHOWN = 60

_DECODER = json.JSONDecoder(object_hook=shaped)


def nested(text: str) -> Any:  # noqa: ANN401 - whatever the text holds
    """Read the nested value of a text, its maps shaped.

    Raises ValueError, TypeError or RecursionError.
    """
    return _DECODER.decode(text)
