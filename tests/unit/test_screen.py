"""What others wrote, as it is shown."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.screen import fit

ANY = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)
"""Lone surrogates too: JSON can hold them."""

NO_LETTER = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

HOSTILE = {
    "OSC 8, a link": (
        "Acme\x1b]8;;https://x.test\x1b\\here\x1b]8;;\x1b\\",
        r"Acme\x1b]8;;https://x.test\x1b\here\x1b]8;;\x1b" + "\\",
    ),
    "OSC 52, the clipboard": ("\x1b]52;c;cm0gLXJm\x07", r"\x1b]52;c;cm0gLXJm\x07"),
    "CSI": ("Acme\x1b[2J\x1b[1;1H", r"Acme\x1b[2J\x1b[1;1H"),
    "DCS": ("\x1bP$q\x1b\\", r"\x1bP$q\x1b" + "\\"),
    "C1 controls": ("\x9b2J\x9d52;c;\x9c\x90\x85", r"\x9b2J\x9d52;c;\x9c\x90 "),
    "DEL and backspace": ("Acme\x7f\b\b", r"Acme\x7f\x08\x08"),
    "bidi": (
        "Acme \u202egpj.exe\u202c \u2066x\u2069 \u061c",
        r"Acme \u202egpj.exe\u202c \u2066x\u2069 \u061c",
    ),
    "zero width": ("Ac\u200bme\ufeff\u2060\u00ad", r"Ac\u200bme\ufeff\u2060\xad"),
    "letters drawn as nothing": (
        "\u3164\u115f\u2800\ufe0f\U000e0101",
        r"\u3164\u115f\u2800\ufe0f\U000e0101",
    ),
    "tags": ("Acme\U000e0041", r"Acme\U000e0041"),
    "line breaks": ("Acme\r\nBolt\nC\rD\u2028E\u2029F\x85G\vH\fI", "Acme Bolt C D E F G H I"),
    "white space": ("Acme\tLtd\u00a0&\u3000Co", "Acme Ltd & Co"),
    "a lone surrogate": ("Acme \ud800", r"Acme \ud800"),
    "a non-character": ("Acme \ufffe", r"Acme \ufffe"),
    "a tower of accents": ("Z" + "\u0301" * 6, "Z" + "\u0301" * 4 + r"\u0301\u0301"),
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_what_does_something_is_shown_as_its_escape(text: str, shown: str) -> None:
    """SAFE-10: no text of others moves the cursor, writes to the clipboard, turns a line round or
    hides in it.
    """
    assert fit(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Harbor Dental",
        "  indented, and  spaced",
        "Müller & Söhne",
        "日本語株式会社",
        "Việt",
        "Vie\u0323\u0302t",
        "café",
        "שלום",
        "“Acme” ½ €",
    ],
)
def test_what_people_write_is_left_alone(text: str) -> None:
    """SAFE-10: letters of every script, accents and signs are shown as they are."""
    assert fit(text) == text


@given(ANY)
def test_whatever_is_given_is_one_line_that_shows(text: str) -> None:
    """SAFE-10: whatever it was, every character of it is seen; and what is fit stays as it is."""
    shown = fit(text)
    assert not {unicodedata.category(char) for char in shown} & NO_LETTER
    assert len(shown.splitlines()) <= 1
    assert fit(shown) == shown
