"""What the eye takes for the same name."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.linking.likeness import (
    LONGEST_IN_CONNECTWISE,
    NearNames,
    is_seen,
    likeness,
    near_misses,
    quoted,
)
from tests.unit.near_names import LONG, NEAR


@pytest.mark.parametrize(("one", "other"), NEAR.values(), ids=NEAR)
def test_the_eye_takes_one_for_the_other(one: str, other: str) -> None:
    """MATCH-1: names that a person would read as the same are near, in both directions; none is the
    other.
    """
    assert likeness(one) == likeness(other)
    assert near_misses(one, [other, "Cedar Clinic"]) == (other,)
    assert near_misses(other, [one]) == (one,)
    assert NearNames([(1, other), (2, "Cedar Clinic")]).of(one) == [1]


@pytest.mark.parametrize(
    ("whole", "cut"),
    [
        (LONG, LONG[:LONGEST_IN_CONNECTWISE]),
        (f"{LONG[:49]} and more", LONG[:49]),
        (LONG, LONG.replace("&", "&amp;")[:LONGEST_IN_CONNECTWISE]),
        (f"{'Harbor ' * 6}R & D of the north", f"{'Harbor ' * 6}R &am"),
        (LONG, LONG.upper()[:LONGEST_IN_CONNECTWISE]),
        (
            f"{'Müller ' * 8}und Co",
            unicodedata.normalize("NFD", "Müller " * 8)[:LONGEST_IN_CONNECTWISE],
        ),
        ("Müller äöü " * 8, ("Müller äöü " * 8).encode()[:50].decode(errors="ignore")),
        ("Компания " * 8, ("Компания " * 8).encode()[:50].decode(errors="replace")),
        (f"{LONG[:47]} Inc", f"{LONG[:47]} Incorporated"[:LONGEST_IN_CONNECTWISE]),
    ],
)
def test_a_name_that_was_cut(whole: str, cut: str) -> None:
    """MATCH-1: a longer name than ConnectWise holds is near to what is left of it, wherever it was
    cut.
    """
    assert NearNames([(1, cut), (2, "Consolidated Amalgamated"), (3, "")]).of(whole) == [1]


def test_a_short_beginning_is_no_cut_name() -> None:
    """MATCH-1: a name that merely begins another is another's."""
    assert NearNames([(1, LONG[:30])]).of(LONG) == []
    assert NearNames([(1, LONG[:50])]).of("Consolidated Amalgamated Widgets") == []
    assert NearNames([(1, "Компания Компания Компания")]).of("Компания " * 8) == [1]
    assert NearNames([(1, "Компания " * 2)]).of("Компания " * 8) == []
    assert NearNames([(1, "Компания " * 4)]).of("Компания " * 8) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "\t\n",
        "\u00a0",
        "\u200b",
        "\u200b \ufeff",
        "\u3164",
        "\u2800",
        "\u202e",
        "\x00",
        "\u0301",
        "\ufe0f",
        "\x1b",
        "\u20e3",
        "\U00016fe4",
        "\U0001d159",
        "&nbsp;",
        "&#8203; &zwj;",
        "&amp;nbsp;",
    ],
)
def test_what_shows_nothing_is_no_name(name: str) -> None:
    """MATCH-1: a name that nobody can see names nobody, and is near to nobody."""
    assert not is_seen(name)
    assert near_misses(name, ["", " ", "\u200b", "\u3164", "Acme"]) == ()


@pytest.mark.parametrize("name", ["A", "株式会社", "-", "\u200bA", "é", "e\u0301", "🚀", "0"])
def test_what_shows_something_is_a_name(name: str) -> None:
    """MATCH-1: a name of one sign that is seen is a name."""
    assert is_seen(name)


@pytest.mark.parametrize(
    ("name", "beside", "said"),
    [
        ("Acme", "ACME Ltd", "'Acme'"),
        ("Acme", "Acme", "'Acme'"),
        ("\u0410cme", "Acme", "'\u0410cme' with CYRILLIC CAPITAL LETTER A"),
        ("Acme", "\u0410cme", "'Acme'"),
        ("Mu\u0308ller", "Müller", "'Mu\u0308ller' with COMBINING DIAERESIS"),
        ("Müller", "Mu\u0308ller", "'Müller' with LATIN SMALL LETTER U WITH DIAERESIS"),
        ("Acme\u00a0Ltd", "Acme Ltd", r"'Acme\xa0Ltd' with NO-BREAK SPACE"),
        ("Ac\u200bme\u200b", "Acme", r"'Ac\u200bme\u200b' with ZERO WIDTH SPACE"),
        ("Ann\u2019s", "Ann's", "'Ann\u2019s' with RIGHT SINGLE QUOTATION MARK"),
        (
            "\u0430\u0435\u043e\u0440",
            "aeop",
            (
                "'\u0430\u0435\u043e\u0440' with CYRILLIC SMALL LETTER A and CYRILLIC SMALL LETTER "
                "IE and CYRILLIC SMALL LETTER O"
            ),
        ),
    ],
)
def test_what_the_eye_does_not_see_is_said(name: str, beside: str, said: str) -> None:
    """MATCH-1: where two names look the same, a person is told by what they differ."""
    assert quoted(name, beside=beside) == said


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=40))
def test_any_text_has_a_likeness(text: str) -> None:
    """MATCH-1: no name is such that it cannot be compared, a lone surrogate neither; what looks
    alike looks so to itself.
    """
    assert likeness(text) == likeness(text)
    assert quoted(text, beside="Acme").startswith(("'", '"'))
    NearNames([(1, text)]).of(text)


@pytest.mark.parametrize(
    "text", ["e" + "\u0301\u0327" * 250_000, "&amp;" * 100_000, "ltd" * 160_000, "\u0390" * 500_000]
)
def test_a_huge_name_takes_no_time(text: str) -> None:
    """SAFE-5, SAFE-10: half a megabyte of a name does not stop the tick of all; normal forms would
    take minutes.
    """
    began = time.process_time()
    likeness(text)
    NearNames([(1, text)]).of(text)
    is_seen(text)
    assert time.process_time() - began < 5
