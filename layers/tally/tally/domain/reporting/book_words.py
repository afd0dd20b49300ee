"""Word for people where the newest book of a month is, or why there is none (PROOF-4)."""

from collections.abc import Iterator

from tally.domain.book.edition import Edition, MonthBooks
from tally.domain.book.manifest import folder
from tally.domain.reporting.letter import Entry, Section

NO_BOOK = Section(title="", entries=())
"""Nothing is told where no books are published, or nothing was recorded."""

# The times of the schedule that publishes books (template).
_AGAIN = "It is tried again at 05:30 and at 17:30 GMT."


def book_section(books: MonthBooks, *, bucket: str) -> Section:
    """Return what is told of a month's book, with the command that fetches it."""
    return Section(
        title=f"The book of {books.month.label}", entries=list(_entries(books, bucket=bucket))
    )


def unreadable_book(why: str) -> Section:
    """Return what is told where the ledger's word on the book cannot be read."""
    return Section(title="The book", entries=[Entry(name="Unknown", sentences=[f"{why}."])])


def _entries(books: MonthBooks, *, bucket: str) -> Iterator[Entry]:
    newest = books.newest
    if newest is not None:
        yield _published(books, newest, bucket=bucket)
    if books.trouble is not None:
        what = "Could not be published" if newest is None else "Could not be published anew"
        yield Entry(name=what, sentences=[books.trouble.why, _AGAIN])
    elif newest is None:
        yield Entry(name="Not published yet", sentences=[_AGAIN])


def _published(books: MonthBooks, newest: Edition, *, bucket: str) -> Entry:
    place = f"s3://{bucket}/{folder(books.month, newest.number)}"
    is_open = "" if newest.final else " It is published anew when what is open in it is closed."
    return Entry(
        name=f"Edition {newest.number}, {newest.stage}, of {newest.published:%Y-%m-%d %H:%M} GMT",
        sentences=[
            f"Every customer's statement, and an index of them.{is_open}",
            "This copies it into the folder book; open index.html there:",
        ],
        commands=[f"aws s3 cp --recursive {place} book"],
    )
