"""Letters of a PDF: what has no font, their order on a line, and where a line ends."""

import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import getFont, stringWidth

from tally.statements.pdf.letters import BOLD, PLAIN, drawable, name, register_fonts, text

BODY = ParagraphStyle("", fontName=PLAIN, fontSize=10, leading=14)
WORDS = st.text(alphabet="ab Wi.-é بגד1", max_size=60).map(drawable)


@pytest.fixture(autouse=True)
def _fonts() -> None:
    register_fonts()


def lines(of: str, most: float = 500) -> Sequence[str]:
    """The lines of a text, each from left to right."""
    drawn = text(of, BODY)
    drawn.wrap(most, 800)
    return [" ".join(words) for _, words in drawn.blPara.lines]


@pytest.mark.parametrize(
    ("of", "shown"),
    [
        ("abc 12", "abc 12"),
        ("car is אבג", "car is גבא"),
        ("אבג 12 דה", "הד 12 גבא"),
        ("x (אב", "x (בא"),
        ("x (אב) y", "x (בא) y"),
        ("(אב) x", "x (בא)"),
        ("מר-12 ש (12)", "(12) ש 12-רמ"),
        ("ConnectWise: אב 12 (id 7)", "ConnectWise: 12 בא (id 7)"),
        ("אב, x", "x ,בא"),
        ("x אב", "x בא"),
    ],
    ids=ascii,
)
def test_letters_stand_in_the_order_of_their_script(of: str, shown: str) -> None:
    """SAFE-10: right-to-left words are turned, numbers in them are not, and brackets close what
    they open; a name keeps its own direction.
    """
    assert lines(of) == [shown]


@pytest.mark.parametrize(
    ("of", "shown"),
    [
        ("Harbor", "Harbor (id 7)"),
        ("מר (חי)", "(יח) רמ (id 7)"),
        ("אב x", "x בא (id 7)"),
        ("a\u202eb", "a\\u202eb (id 7)"),
    ],
    ids=ascii,
)
def test_a_name_does_not_turn_its_neighbours(of: str, shown: str) -> None:
    """SAFE-10: within a sentence a name keeps its own direction, and all else stays as it is."""
    assert lines(f"ConnectWise: {name(of)} (id 7)") == [f"ConnectWise: {shown}"]


def test_the_first_words_stand_on_the_first_line() -> None:
    """A text that runs backwards and takes several lines is read from the first line down."""
    first, second = lines("אבג דהו זחט יכל", stringWidth("אבג דהו", PLAIN, 10) + 1)
    assert (first, second) == ("והד גבא", "לכי טחז")


def test_letters_of_arabic_are_joined() -> None:
    """SAFE-10: a word of Arabic has the forms that join its letters, and keeps its vowel signs."""
    assert lines("سلا") == ["\ufefc\ufeb3"]
    assert lines("بَب") == ["\ufe90\u064e\ufe91"]


@given(of=WORDS)
@settings(max_examples=200, deadline=None)
def test_the_order_loses_no_letter(of: str) -> None:
    """SAFE-10: whatever a text mixes, each of its letters stands on the line, once."""
    shown = "".join(lines(of, 5_000)).replace("\ufe8f", "ب")
    shown = shown.replace("\ufe90", "ب").replace("\ufe91", "ب").replace("\ufe92", "ب")
    assert sorted(shown.replace(" ", "")) == sorted(of.replace(" ", ""))


@given(of=st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_each_letter_has_a_font(of: str) -> None:
    """SAFE-10: what is drawn is in both fonts: no letter becomes an empty box."""
    drawn = text(drawable(of), BODY)
    drawn.wrap(500, 800)
    shown = {ord(char) for char in drawn.getPlainText(identify=0)} - {ord(" ")}
    for font in (PLAIN, BOLD):
        assert shown <= set(getFont(font).face.charToGlyph)


def test_marks_stand_where_their_letters_want_them() -> None:
    """SAFE-10: HarfBuzz places the marks of letters, and joins those of Devanagari."""
    of = "हिन्दी"
    drawn = text(of, BODY)
    drawn.wrap(500, 800)
    apart = sum(stringWidth(char, PLAIN, 10) for char in of)
    assert 0 < drawn.blPara.lines[0].maxWidth - drawn.blPara.lines[0].extraSpace < apart


@given(of=WORDS, most=st.integers(min_value=20, max_value=200))
@settings(max_examples=200, deadline=None)
def test_no_line_is_wider_than_its_column(of: str, most: int) -> None:
    """However long its words, a text stays within its column."""
    shrunk = 1.0  # reportlab lets a space be a twentieth narrower
    assert all(stringWidth(each, PLAIN, 10) <= most + shrunk for each in lines(of, most))


def test_lines_end_between_words() -> None:
    """A line ends between words; a word that no line can hold is broken in it."""
    word = stringWidth("several", PLAIN, 10)
    assert lines("several several several", word + 1) == ["several"] * 3
    whole = "host-0001.harbor-dental.example"
    broken = lines(whole, stringWidth(whole, PLAIN, 10) * 0.6)
    assert len(broken) == 2
    assert "".join(broken) == whole
    assert all(len(one) >= len(next_) for one, next_ in pairwise(broken))


def test_other_forms_need_no_pdf_library() -> None:
    """PROOF-2: what draws PDFs is imported with the first PDF, and by no other form."""
    program = (
        "import sys, tally.statements.book; "
        "print([each for each in "
        "('arabic_reshaper', 'bidi', 'reportlab', 'uharfbuzz', 'tally.statements.pdf') "
        "if each in sys.modules])"
    )
    done = subprocess.run(  # a program of ours
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
