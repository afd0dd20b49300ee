"""A letter that fits into SNS, whatever it has to tell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.reporting.letter import (
    MOST_BYTES,
    MOST_ENTRIES,
    Entry,
    Section,
    letter,
    one_line,
    wrapped,
)

SNS_BYTES = 262_144


def of(*sections: Section, subject: str = "Tally: 1 to answer") -> str:
    return letter(
        subject=subject, head=["Something."], sections=sections, foot=["tally status"]
    ).text


def section(number: int, *, title: str = "Held", size: int = 10) -> Section:
    return Section(
        title=title,
        entries=[Entry(name=f"Company {each}", commands=["x" * size]) for each in range(number)],
    )


def test_a_section_says_how_many_more_there_are() -> None:
    """Of 100 entries 40 are told, and the rest is counted and where to find it."""
    text = of(section(100))
    assert text.count("Company ") == MOST_ENTRIES
    assert f"… and {100 - MOST_ENTRIES} more: `tally status` lists them all." in text


def test_a_section_that_fits_is_told_whole() -> None:
    """Nothing is cut, and nothing said of more, where there is none."""
    text = of(section(MOST_ENTRIES))
    assert text.count("Company ") == MOST_ENTRIES
    assert "more" not in text


def test_empty_sections_are_left_out() -> None:
    """A title without anything below it tells nothing."""
    assert "Held" not in of(Section(title="Held", entries=[]))


def test_a_huge_section_leaves_room_for_the_others() -> None:
    """What stands first takes its share of the bytes, not all of them."""
    text = of(section(40, size=30_000), section(3, title="Failing"), section(2, title="Notices"))
    assert text.count("Company ") == 2 + 3 + 2
    assert "… and 38 more" in text


@pytest.mark.slow
@given(
    st.lists(
        st.lists(
            st.builds(
                Entry,
                name=st.text(alphabet="aé→😀 ", max_size=2000),
                sentences=st.lists(st.text(alphabet="aé→😀 ", max_size=3000), max_size=3),
            ),
            max_size=60,
        ),
        max_size=9,
    )
)
def test_it_always_fits(entries: list[list[Entry]]) -> None:
    """SNS takes 256 KiB: whatever is told, in whatever letters, it is less, and the foot is
    there.
    """
    text = of(*(Section(title="Held", entries=each) for each in entries))
    assert len(text.encode()) <= MOST_BYTES + 100 < SNS_BYTES
    assert text.endswith("\ntally status\n")


@pytest.mark.parametrize("subject", ["", "Tally: Zürich", "Tally:\nheld", "x" * 100])
def test_a_subject_that_sns_would_refuse_is_a_bug(subject: str) -> None:
    """SNS takes less than 100 characters on one line; ours are ASCII, as mail programs read
    everywhere.
    """
    with pytest.raises(ValueError, match="is no subject"):
        of(subject=subject)


def test_lines_are_those_of_a_mail() -> None:
    """Sentences are broken between words; a word that is longer than a line stays whole, as an
    address must.
    """
    lines = wrapped("word " * 40 + "https://example.com/" + "a" * 90, indent="  ")
    assert all(len(line) <= 76 for line in lines[:-1])
    assert all(line.startswith("  ") for line in lines)
    assert lines[-1].endswith("a" * 90)


def test_what_others_wrote_is_one_line() -> None:
    """SAFE-10: a name cannot start a line of its own, ring a bell, turn a line round or fill the
    mail.
    """
    assert one_line("Harbor\r\n Dental\t ") == "Harbor Dental"
    assert one_line("Harbor\x07 \u202elatneD") == r"Harbor\x07 \u202elatneD"
    assert len(one_line("x" * 9999)) == 1500
