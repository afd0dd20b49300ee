"""The `conditions` query language, as far as the developer guide shows it.

`company/id=42 and (type/id in (18,19) or name like "Bit%") and not cancelledFlag=true`: comparisons
joined by `and` and `or` (and binds closer), parentheses, `not` before a condition or before
`contains`, `like` and `in`; strings in double quotes, `[dates]`, numbers, `true`, `false`, `null`.
The guide does not say how to write a quote inside a string. There is no way to do it here: the next
quote ends the string.

The guide leaves two more things open. Both are decided here as SQL Server does by default, since
the product runs on it. Equal strings may differ in case and in trailing spaces (`strict_strings`
turns that off). A comparison with a field that has no value is never true, except with `null`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

type Fields = Mapping[str, Any]
type Predicate = Callable[[Fields], bool]
type Literal = str | float | bool | None

SHORT_NAMES = {"lastUpdated": "_info/lastUpdated"}
"""Names that conditions and orderBy know beside those of the record's own fields."""

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"[^"]*"|'[^']*')
      | (?P<date>\[[^\]]*\])
      | (?P<number>-?\d+(?:\.\d+)?)(?![\w/])
      | (?P<operator><=|>=|!=|=|<|>)
      | (?P<mark>[(),])
      | (?P<word>[A-Za-z_][\w]*(?:/\w+)*)
    )""",
    re.VERBOSE,
)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z?)?")
_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda value, literal: value < literal,
    "<=": lambda value, literal: value <= literal,
    ">": lambda value, literal: value > literal,
    ">=": lambda value, literal: value >= literal,
}


class ConditionError(Exception):
    """A condition that the server refuses; the text is the message of its answer."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition: `matches` tests a record's fields.

    `compound` is true if it joins two or more conditions by and/or.
    """

    matches: Predicate
    compound: bool


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


@lru_cache(maxsize=1024)
def parse(text: str, *, known: frozenset[str], strict_strings: bool = False) -> Condition:
    """Parse a condition over the field paths in `known`.

    Raise ConditionError for any other name, or for bad syntax.
    """
    return _Parser(_tokens(text), known=known, strict_strings=strict_strings).parse()


def field_value(fields: Fields, path: str) -> Any:  # noqa: ANN401 - a JSON value
    """Return what stands at a path such as `company/id`, or None."""
    if "/" not in path:
        return fields.get(path)
    value: Any = fields
    for name in path.split("/"):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def unrecognized(name: str) -> str:
    """Return the server's sentence about an unknown field name, which shows it in lower case."""
    return f"{name.lower()} is not a recognized name."


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise ConditionError(f"Syntax error near '{text[position : position + 20].strip()}'.")
        tokens.append(_Token(match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return tokens


class _Parser:
    def __init__(
        self, tokens: list[_Token], *, known: Collection[str], strict_strings: bool
    ) -> None:
        self._tokens = tokens
        self._at = 0
        self._known = known
        self._strict = strict_strings
        self._compound = False

    def parse(self) -> Condition:
        predicate = self._either()
        if self._at < len(self._tokens):
            raise ConditionError(f"Syntax error near '{self._tokens[self._at].text}'.")
        return Condition(predicate, self._compound)

    def _either(self) -> Predicate:
        left = self._both()
        while self._take_word("or"):
            left = self._joined(left, self._both(), either=True)
        return left

    def _both(self) -> Predicate:
        left = self._one()
        while self._take_word("and"):
            left = self._joined(left, self._one(), either=False)
        return left

    def _joined(self, left: Predicate, right: Predicate, *, either: bool) -> Predicate:
        self._compound = True
        if either:
            return lambda fields: left(fields) or right(fields)
        return lambda fields: left(fields) and right(fields)

    def _one(self) -> Predicate:
        if self._take_word("not"):
            inner = self._one()
            return lambda fields: not inner(fields)
        if self._take("mark", "("):
            inner = self._either()
            self._demand("mark", ")")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        path = self._next("word").text
        if path not in self._known:
            raise ConditionError(unrecognized(path))
        path = SHORT_NAMES.get(path, path)
        if self._take_word("not"):
            return _negated(path, self._operation(path))
        return self._operation(path)

    def _operation(self, path: str) -> Predicate:
        if self._take_word("in"):
            return self._member(path)
        if self._take_word("contains"):
            return _text_test(
                path, self._fold(self._text()), lambda value, literal: literal in value, self._fold
            )
        if self._take_word("like"):
            pattern = re.compile(
                ".*".join(re.escape(part) for part in re.split(r"[%*]", self._fold(self._text())))
            )
            return _text_test(
                path, "", lambda value, _: pattern.fullmatch(value) is not None, self._fold
            )
        return self._comparison_with(path, self._next("operator").text, self._literal())

    def _comparison_with(self, path: str, operator: str, literal: Literal) -> Predicate:
        if operator == "=":
            return self._equal(path, literal)
        if operator == "!=":
            if literal is None:
                return lambda fields: field_value(fields, path) is not None
            return _negated(path, self._equal(path, literal))
        return _ordered(path, literal, _ORDERED[operator])

    def _member(self, path: str) -> Predicate:
        self._demand("mark", "(")
        tests = [self._equal(path, self._literal())]
        while self._take("mark", ","):
            tests.append(self._equal(path, self._literal()))
        self._demand("mark", ")")
        return lambda fields: any(test(fields) for test in tests)

    def _equal(self, path: str, literal: Literal) -> Predicate:
        if isinstance(literal, str):
            return _text_test(
                path, self._fold(literal), lambda value, wanted: value == wanted, self._fold
            )
        if isinstance(literal, bool) or literal is None:
            return lambda fields: field_value(fields, path) is literal
        return lambda fields: _is_number(value := field_value(fields, path)) and value == literal

    def _fold(self, text: str) -> str:
        return text if self._strict else text.rstrip(" ").casefold()

    def _literal(self) -> Literal:
        token = self._next()
        if token.kind == "string":
            return token.text[1:-1]
        if token.kind == "number":
            return float(token.text)
        if token.kind == "date":
            return _date(token.text[1:-1])
        words: dict[str, Literal] = {"true": True, "false": False, "null": None}
        if token.kind == "word" and token.text.lower() in words:
            return words[token.text.lower()]
        raise ConditionError(f"Syntax error near '{token.text}'.")

    def _text(self) -> str:
        return self._next("string").text[1:-1]

    def _next(self, kind: str = "") -> _Token:
        if self._at >= len(self._tokens):
            raise ConditionError("Unexpected end of condition.")
        token = self._tokens[self._at]
        if kind and token.kind != kind:
            raise ConditionError(f"Syntax error near '{token.text}'.")
        self._at += 1
        return token

    def _take(self, kind: str, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == _Token(kind, text):
            self._at += 1
            return True
        return False

    def _take_word(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at].kind == "word":
            found = self._tokens[self._at].text.lower() == word
            self._at += found
            return found
        return False

    def _demand(self, kind: str, text: str) -> None:
        if not self._take(kind, text):
            raise ConditionError(f"Expected '{text}'.")


def _date(text: str) -> str:
    if not _DATE.fullmatch(text):
        raise ConditionError(f"'{text}' is not a valid date.")
    date, _, time = text.partition("T")
    return f"{date}T{time.rstrip('Z') or '00:00:00'}Z"


def _negated(path: str, test: Predicate) -> Predicate:
    return lambda fields: field_value(fields, path) is not None and not test(fields)


def _text_test(
    path: str, literal: str, test: Callable[[str, str], bool], fold: Callable[[str], str]
) -> Predicate:
    def matches(fields: Fields) -> bool:
        value = field_value(fields, path)
        return isinstance(value, str) and test(fold(value), literal)

    return matches


def _ordered(path: str, literal: Literal, test: Callable[[Any, Any], bool]) -> Predicate:
    def matches(fields: Fields) -> bool:
        value = field_value(fields, path)
        if isinstance(literal, str):
            return isinstance(value, str) and test(value, literal)
        return _is_number(literal) and _is_number(value) and test(value, literal)

    return matches


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
