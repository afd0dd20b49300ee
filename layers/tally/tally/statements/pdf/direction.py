"""The order of letters on a line where some are read from right to left (Unicode's UAX #9).

No text has marks that set a direction: ``fit`` has made them visible (SAFE-10). The one exception
is the pair that ``isolated`` puts around a name, so that a name does not turn its neighbours.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from unicodedata import bidirectional

_FIRST, _LAST = "\u2068", "\u2069"
ISOLATES = frozenset((_FIRST, _LAST))
"""The marks around a name; they are not drawn."""

_ISOLATED = re.compile(f"{_FIRST}([^{_LAST}]*){_LAST}")
_RIGHT = frozenset(("R", "AL", "AN"))
_NUMBERS = frozenset(("EN", "AN"))
_NEUTRAL = frozenset(("B", "S", "WS", "ON"))
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def isolated(name: str) -> str:
    """Return a name that keeps its own direction of writing, and does not turn its neighbours."""
    return f"{_FIRST}{name}{_LAST}"


def levels(text: str) -> Sequence[int]:
    """Return the level of each letter: even ones are read from left to right, odd ones back.

    The text around names is English, so the base is left to right.
    """
    if not any(bidirectional(char) in _RIGHT for char in text):
        return [0] * len(text)
    whole = list(_levels(_ISOLATED.sub(lambda each: "\ufffc" * len(each[0]), text), 0))
    for each in _ISOLATED.finditer(text):
        whole[each.start(1) : each.end(1)] = _of_a_name(each[1], whole[each.start()])
    return whole


def _of_a_name(name: str, around: int) -> Sequence[int]:
    backwards = _strong(name) in _RIGHT
    lowest = around + 1 if (around + 1) % 2 == backwards else around + 2
    return _levels(name, lowest)


def _strong(text: str) -> str:
    return next((of for of in map(bidirectional, text) if of in {"L", "R", "AL"}), "L")


def in_sight[T](pieces: Sequence[T], of: Sequence[int]) -> list[T]:
    """Return pieces, each with its level, as they stand from left to right (rule L2)."""
    placed = list(zip(of, pieces, strict=True))
    for level in range(max(of, default=0), 0, -1):
        placed = _turned(placed, level)
    return [piece for _, piece in placed]


def _turned[T](placed: Sequence[tuple[int, T]], level: int) -> list[tuple[int, T]]:
    """Turn each run of pieces of that level or a higher one."""
    turned: list[tuple[int, T]] = []
    for is_higher, run in groupby(placed, key=lambda each: each[0] >= level):
        pieces = [*run]
        turned += reversed(pieces) if is_higher else pieces
    return turned


def _levels(text: str, base: int) -> Sequence[int]:
    """Return the levels within one direction (rules W1 to I2)."""
    around = "R" if base % 2 else "L"
    classes = _numbers([bidirectional(char) or "L" for char in text], around)
    _brackets(text, classes, around)
    _neutrals(classes, around)
    return [base + _raised(of, base) for of in classes]


def _raised(of: str, base: int) -> int:
    if base % 2:
        return 0 if of == "R" else 1
    return {"L": 0, "R": 1}.get(of, 2)


def _numbers(classes: list[str], around: str) -> list[str]:
    """Resolve marks, numbers and their signs (rules W1 to W7)."""
    before, strong = around, around
    for at, of in enumerate(classes):
        if of == "NSM":
            classes[at] = before
        elif of == "EN" and strong == "AL":
            classes[at] = "AN"
        before = classes[at]
        strong = before if before in {"L", "R", "AL"} else strong
    classes = ["R" if of == "AL" else of for of in classes]
    _separators(classes)
    _terminators(classes)
    strong = around
    for at, of in enumerate(classes):
        strong = of if of in {"L", "R"} else strong
        if of == "EN" and strong == "L":
            classes[at] = "L"
    return classes


def _separators(classes: list[str]) -> None:
    """Take one sign between two numbers into the number (rule W4)."""
    for at in range(1, len(classes) - 1):
        before, of, after = classes[at - 1 : at + 2]
        fits = of == "CS" or (of == "ES" and before == "EN")
        if fits and before == after and before in _NUMBERS:
            classes[at] = before


def _terminators(classes: list[str]) -> None:
    """Take signs such as % into the number beside them; others are neutral (rules W5 and W6)."""
    at = 0
    for of, run in groupby(classes[:]):
        size = len([*run])
        if of == "ET":
            beside = classes[at - 1 : at] + classes[at + size : at + size + 1]
            classes[at : at + size] = ["EN" if "EN" in beside else "ON"] * size
        elif of in {"ES", "CS"}:
            classes[at : at + size] = ["ON"] * size
        at += size


def _brackets(text: str, classes: list[str], around: str) -> None:
    """Give both brackets of a pair one direction (rule N0)."""
    open_ones: list[int] = []
    pairs = []
    for at, char in enumerate(text):
        if classes[at] != "ON":
            continue
        if char in _BRACKETS:
            open_ones.append(at)
        elif any(_BRACKETS[text[each]] == char for each in open_ones):
            while _BRACKETS[text[open_ones[-1]]] != char:
                open_ones.pop()
            pairs.append((open_ones.pop(), at))
    for first, last in sorted(pairs):
        within = {_direction(of) for of in classes[first + 1 : last]} - {""}
        if not within:
            continue
        before = next(filter(None, map(_direction, reversed(classes[:first]))), around)
        classes[first] = classes[last] = around if around in within else before


def _direction(of: str) -> str:
    return "R" if of in {"R", *_NUMBERS} else "L" if of == "L" else ""


def _neutrals(classes: list[str], around: str) -> None:
    """Let neutral letters go with those on both sides, else with the base (rules N1 and N2)."""
    at = 0
    for is_neutral, run in groupby(classes[:], key=lambda of: of in _NEUTRAL or not of):
        size = len([*run])
        if is_neutral:
            before = _direction(classes[at - 1]) if at else around
            after = _direction(classes[at + size]) if at + size < len(classes) else around
            classes[at : at + size] = [before if before == after else around] * size
        at += size
