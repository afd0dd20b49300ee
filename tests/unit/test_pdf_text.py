"""Letters on a line of a PDF: their order, their fonts, and where a line ends."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tally.statements.pdf.direction import ISOLATES, in_sight, isolated, levels
from tally.statements.pdf.faces import EM, drawable, in_faces
from tally.statements.pdf.lines import Style, lines

BODY = Style(size=10)
WORDS = st.text(alphabet="ab Wi.-é بגד1", max_size=60).map(drawable)


def seen(text: str) -> str:
    """The text's letters from left to right, without the marks around names."""
    return "".join(each for each in in_sight(text, levels(text)) if each not in ISOLATES)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc 12", "abc 12"),
        ("car is אבג", "car is גבא"),
        ("אבג 12 דה", "הד 12 גבא"),
        ("אבג (דה) x", ")הד( גבא x"),
        ("x (אב", "x (בא"),
        ("גל 1.5%", "1.5% לג"),
        ("سلام 12-13", "13-12 مالس"),
        ("אב, x", "בא, x"),
        (f"{isolated('אב')}, {isolated('גד')}", "בא, דג"),
        (f"{isolated('אב 12')} (id 7)", "12 בא (id 7)"),
        (f"{isolated('x אב')} 5", "x בא 5"),
    ],
    ids=ascii,
)
def test_letters_stand_in_the_order_of_their_script(text: str, shown: str) -> None:
    """SAFE-10: right-to-left words are turned, numbers in them are not, and a name that is set
    apart does not turn its neighbours (UAX #9).
    """
    assert seen(text) == shown


@given(text=WORDS)
@settings(max_examples=200, deadline=None)
def test_the_order_loses_no_letter(text: str) -> None:
    """SAFE-10: whatever a text mixes, each of its letters stands on the line, once."""
    assert sorted(in_sight(text, levels(text))) == sorted(text)


@given(text=st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_each_letter_has_a_font(text: str) -> None:
    """SAFE-10: what is drawn is in a font, in both weights: no letter becomes an empty box."""
    shown = drawable(text)
    for bold in (False, True):
        runs = list(in_faces(shown, bold=bold))
        assert "".join(shown[start:end] for _, start, end in runs) == shown
        for face, start, end in runs:
            assert {ord(char) for char in shown[start:end]} <= face.letters


@given(text=WORDS, most=st.integers(min_value=20, max_value=200))
@settings(max_examples=200, deadline=None)
def test_no_line_is_wider_than_its_column(text: str, most: int) -> None:
    """However long its words, a text stays within its column, and no letter of it is lost."""
    drawn = lines(text, BODY, float(most))
    assert all(each.width * BODY.size / EM <= most for each in drawn)
    letters = "".join(
        meant for each in drawn for _, run in each.runs for meant in run.letters.values()
    )
    assert set(letters) - {" "} <= set(text) | set("()")
    assert set(text) - {" "} <= set(letters)


def test_lines_end_between_words() -> None:
    """A line ends between words; a word that no line can hold ends behind a sign that joins."""

    def widths(text: str, most: float) -> list[int]:
        return [each.width for each in lines(text, BODY, most)]

    (word,) = widths("several", 500)
    assert widths("several several several", word * BODY.size / EM + 1) == [word] * 3
    whole = BODY.wide("host-0001.harbor-dental.example")
    (first, rest) = widths("host-0001.harbor-dental.example", whole * 0.9)
    assert first == widths("host-0001.harbor-dental.", 500)[0]
    assert rest == widths("example", 500)[0]


def test_other_forms_need_no_pdf_library() -> None:
    """PROOF-2: what draws PDFs is imported with the first PDF, and by no other form."""
    program = (
        "import sys, tally.statements.book; "
        "print([each for each in ('uharfbuzz', 'pydyf', 'tally.statements.pdf') "
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
