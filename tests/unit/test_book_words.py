"""The digest on the month's book: where it is, or why there is none."""

from datetime import timedelta

from tally.domain.book.edition import Edition, MonthBooks, Trouble
from tally.domain.reporting.book_words import book_section, unreadable_book
from tests.unit.digest_scene import AT, NOVEMBER, closed, seen, sent, unwrapped

PUBLISHED = AT - timedelta(minutes=30)


def edition(number: int, *, final: bool = True) -> Edition:
    """An edition that was published before the digest."""
    return Edition(number=number, state="a", final=final, sha256="b", files=3, published=PUBLISHED)


def told(books: MonthBooks) -> str:
    """The digest's text."""
    overview = seen(closed("harbor", NOVEMBER, 3))
    return unwrapped(sent(overview, book=book_section(books, bucket="some-bucket")))


def test_it_says_where_the_book_is() -> None:
    """PROOF-4: the newest edition, and a command that can be copied as it is."""
    text = told(MonthBooks(month=NOVEMBER, editions=(edition(1, final=False), edition(2))))
    assert "The book of November 2026" in text
    assert "Edition 2, final, of 2026-12-02 05:30 GMT" in text
    assert " aws s3 cp --recursive s3://some-bucket/books/2026-11/2/ book " in text
    assert "published anew" not in text
    assert "Could not" not in text


def test_a_provisional_book_says_so() -> None:
    """PROOF-4: what is open in it will change."""
    text = told(MonthBooks(month=NOVEMBER, editions=(edition(1, final=False),)))
    assert "Edition 1, provisional" in text
    assert "It is published anew when what is open in it is closed." in text


def test_a_book_that_could_not_be_written_says_why() -> None:
    """SAFE-6: the bucket's own sentence, and when it is tried again."""
    trouble = Trouble(at=PUBLISHED, why="the bucket some-bucket cannot be used.")
    books = MonthBooks(month=NOVEMBER).let_go(trouble)
    text = told(books)
    assert "Could not be published" in text
    assert "the bucket some-bucket cannot be used. It is tried again at 05:30" in text.replace(
        "  ", " "
    )
    anew = told(MonthBooks(month=NOVEMBER, editions=(edition(1),)).let_go(trouble))
    assert "Edition 1, final" in anew
    assert "Could not be published anew" in anew


def test_a_book_that_is_not_there_yet_says_so() -> None:
    """Nothing has failed, and nothing was written: the looks may be late."""
    assert "Not published yet" in told(MonthBooks(month=NOVEMBER))


def test_what_cannot_be_read_does_not_keep_the_digest_back() -> None:
    """SAFE-5: the item of the book concerns the book alone."""
    overview = seen(closed("harbor", NOVEMBER, 3))
    text = unwrapped(sent(overview, book=unreadable_book("the item cannot be read")))
    assert "The book -------- Unknown the item cannot be read." in text


def test_without_books_nothing_is_told() -> None:
    """With the setting off, or before the first month, a mail does not speak of books."""
    assert "book" not in unwrapped(sent(seen(closed("harbor", NOVEMBER, 3)))).lower()
