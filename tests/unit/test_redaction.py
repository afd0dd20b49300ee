"""Keys are struck out of texts, whole and in part, before anything else is done with these."""

import base64
import json

import pytest

from tally.errors import BugError, SeveralError, TallyError, TransientError, in_words
from tally.redaction import SHORTEST, Redactor, quoted, redact, told, told_lines

KEY = "Qx7Tb2WnZ4kLr9Vd0PyH"


@pytest.fixture
def strike() -> Redactor:
    redactor = Redactor()
    redactor.remember([KEY, "short", ""])
    return redactor


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY.upper(),
        KEY[:12],
        KEY[5:],
        f"company+public:{KEY}"[10:],
        base64.b64encode(f"{KEY}:".encode()).decode(),
        base64.b64encode(f"a+b:{KEY}".encode()).decode(),
        base64.b64encode(f"ab+bc:{KEY}".encode()).decode(),
        base64.b64encode(f"abc+bc:{KEY}x".encode()).decode(),
        json.dumps({"key": KEY, "twice": KEY * 2}),
        "".join(f"\\u{ord(char):04X}" for char in KEY),
        "".join(f"\\x{ord(char):02x}" for char in KEY),
        "".join(f"%{ord(char):02X}" for char in KEY),
        "".join(f"&#{ord(char)};" for char in KEY),
        "".join(f"&#x{ord(char):x};" for char in KEY),
        KEY.replace("T", "%54").replace("P", "\\u0050"),
    ],
)
def test_a_key_is_struck_out_whole_in_part_and_encoded(strike: Redactor, text: str) -> None:
    """SAFE-10: no eight characters of a key, or of its base64 form, stay beside one another,
    wherever it stands.
    """
    shown = strike(f"before {text} after")
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "[key]" in shown
    forms = [KEY] + [
        base64.b64encode(b"x" * before + KEY.encode()).decode()[4:-4] for before in range(3)
    ]
    parts = {
        form.lower()[at : at + SHORTEST] for form in forms for at in range(len(form) - SHORTEST + 1)
    }
    assert not [part for part in parts if part in shown.lower()]


def test_what_is_no_key_stays(strike: Redactor) -> None:
    """A text without a key is told as it is; the redactor shows none itself, and what is too short
    for a key is none.
    """
    assert strike("a short word") == "a short word"
    assert strike(KEY[:7]) == KEY[:7]
    assert KEY not in repr(strike)
    assert Redactor()("as it is") == "as it is"


def test_escapes_without_a_key_stay(strike: Redactor) -> None:
    """MATCH-1: a name is told as it stands, so that a person sees what makes it differ."""
    assert strike("Ann&#39;s at %20 \\u0041cme") == "Ann&#39;s at %20 \\u0041cme"


def test_an_answers_body_loses_the_keys_in_it(strike: Redactor) -> None:
    """SAFE-10: what a server repeats of a key is gone before anything is made of its answer."""
    assert strike.body(b'{"name": "' + KEY.encode() + b'"}') == b'{"name": "[key]"}'
    assert strike.body(b"{}") == b"{}"


def test_texts_are_redacted_before_they_are_shortened() -> None:
    """SAFE-10: a key that the end of a text cuts in two is struck out all the same, and a text is
    never longer than asked.
    """
    redact.remember([KEY])
    for before in range(60, 100):
        shown = told("x" * before + KEY, 100)
        assert KEY[:SHORTEST] not in shown
        assert len(shown) <= 100
    assert told("x" * 450_000, 50) == "x" * 49 + "…"
    assert quoted(f"\n\n <html> \n {KEY}\t{'y' * 300}", 30) == "<html> [key] " + "y" * 16 + "…"
    assert told_lines(f"Traceback\n  {KEY}\n", 100) == "Traceback\n  [key]\n"


@pytest.mark.parametrize("char", ["\ud800", "\ufffe", "\x9b", "\x1b", "\u202e", "\n", "\x00"])
def test_texts_are_made_fit(char: str) -> None:
    """SAFE-10: what no screen or store takes stands in no text: lone surrogates, no-characters,
    controls, marks of direction.
    """
    for text in (
        told(f"Harbor{char}Dental  Ltd", 100),
        told_lines(f"Harbor{char}Dental  Ltd", 100),
    ):
        assert text.replace("\n", " ").isprintable()
        assert text.encode()
        assert text.endswith("Dental  Ltd")
    assert len(told(char * 100, 50)) <= 50


def test_an_errors_text_is_redacted_and_short() -> None:
    """SAFE-10: whatever quotes a key or 450 kB, its error does not; the same for what nobody
    foresaw.
    """
    redact.remember([KEY])
    for error in (
        TransientError(f"it answered {KEY} {'z' * 450_000}"),
        SeveralError(f"{KEY} {'z' * 450_000}", errors=[]),
        BugError.of(ValueError(f"{KEY} {'z' * 450_000}")),
    ):
        assert isinstance(error, TallyError)
        assert KEY[:SHORTEST] not in str(error)
        assert len(str(error)) <= 2_000
    assert in_words(KeyError("id")) == "A bug in Tally: KeyError('id')."
    assert in_words(TransientError("no answer")) == "no answer"
