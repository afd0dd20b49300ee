"""`tally book list` and `tally book verify`, over books that the function has published."""

import pytest

from tally.domain.book.edition import MonthBooks
from tally.domain.model.month import Month
from tally.errors import SetupError, UnreadableItemError
from testing.books import MemoryBooks
from tests.cli.console import Console
from tests.functional.book_world import NOVEMBER, OCTOBER, BookWorld, key, october_closed
from tests.functional.instants import gmt


@pytest.fixture
def msp() -> BookWorld:
    """October was published twice, November is open."""
    found = october_closed()
    found.publish("2026-11-02 05:30")
    found.world.play(gmt("2026-11-10 00:05"))
    found.publish("2026-11-10 05:30")
    return found


@pytest.fixture
def console(msp: BookWorld) -> Console:
    """The command on that MSP."""
    return Console(world=msp.world, books=msp.books, bucket=msp.bucket)


def test_the_list_names_each_edition_and_its_place(console: Console) -> None:
    """PROOF-4: the old edition stands beside the new one, and both can be opened."""
    lines = console.done("book", "list").out.splitlines()
    assert lines[1].split() == [
        *("2026-10", "1", "final", "2026-11-02", "05:30", "4"),
        "s3://books-of-tests/books/2026-10/1/index.html",
    ]
    assert lines[2].split()[:3] == ["2026-10", "2", "final"]
    assert "aws s3 cp --recursive" in lines[3]


def test_the_list_for_a_program(console: Console) -> None:
    """Each month with its editions and the hash of each manifest."""
    [october] = console.done("book", "list", "--json").json
    assert (october["month"], october["bucket"], october["failed"]) == (
        "2026-10",
        "books-of-tests",
        None,
    )
    newest = console.books.read(OCTOBER).newest
    assert newest is not None
    assert october["editions"][1] == {
        "edition": 2,
        "stage": "final",
        "published": "2026-11-10T05:30:00Z",
        "files": 4,
        "manifest_sha256": newest.sha256,
        "index": "books/2026-10/2/index.html",
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_a_book_that_could_not_be_published_is_told(
    msp: BookWorld, console: Console, as_json: bool
) -> None:
    """SAFE-6: why, and when it is tried again; a script sees it by the exit code."""
    msp.world.play(gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05"))
    msp.bucket.failure = OSError("the bucket is gone")
    with pytest.raises(OSError, match="the bucket is gone"):
        msp.publish("2026-12-02 05:30")
    msp.bucket.failure = None
    ended = console.run("book", "list", *(["--json"] if as_json else []))
    assert ended.code == 1
    if as_json:
        assert "the bucket is gone" in ended.json[1]["failed"]["why"]
        return
    assert "November 2026: the last attempt to publish its book failed at 2026-12-02" in ended.text
    assert "the bucket is gone" in ended.text
    assert "tried again at 05:30 and 17:30 GMT" in ended.text


class _OctoberDamaged(MemoryBooks):
    """The ledger's item of October cannot be read."""

    def read(self, month: Month) -> MonthBooks:
        """As the ledger's."""
        if month == OCTOBER:
            raise UnreadableItemError("the ledger's item BOOK#2026-10 BOOK cannot be read")
        return MemoryBooks.read(self, month)


def test_a_month_that_cannot_be_read_hides_no_other(msp: BookWorld, console: Console) -> None:
    """SAFE-5: it is named with its item, the others are listed, and a script sees it by the exit
    code.
    """
    msp.world.play(gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05"))
    msp.publish("2026-12-02 05:30")
    console.books = _OctoberDamaged(months=msp.books.months)
    ended = console.run("book", "list")
    assert ended.code == 1
    rows = [each for each in ended.out.splitlines() if "s3://books-of-tests" in each]
    assert [each.split()[:2] for each in rows] == [["2026-11", "1"]]
    assert "October 2026: the ledger's item BOOK#2026-10 BOOK cannot be read" in ended.text
    told = console.run("book", "list", "--json")
    assert told.code == 1
    october, november = told.json
    assert (october["month"], october["editions"]) == ("2026-10", [])
    assert "BOOK#2026-10" in october["unreadable"]
    assert november["unreadable"] is None
    assert [each["edition"] for each in november["editions"]] == [1]


def test_whole_books_are_said_to_be_so(console: Console) -> None:
    """PROOF-6: in one sentence, with how much was looked at; exit code 0."""
    assert console.done("book", "verify").text.strip() == (
        "2 books with 8 files in books-of-tests: all are as they were published."
    )
    assert console.done("book", "verify", "--json").json == {
        "editions": 2,
        "files": 8,
        "differences": [],
        "of_no_book": [],
    }


def test_what_differs_is_named(msp: BookWorld, console: Console) -> None:
    """PROOF-6: edition by edition, each file by its name; exit code 1."""
    msp.bucket.objects[key(OCTOBER, 1, "index.html")] = b"changed"
    del msp.bucket.objects[key(OCTOBER, 2)]
    msp.bucket.objects["books/stray"] = b""
    ended = console.run("book", "verify")
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert lines[0] == "October 2026, edition 1:"
    assert lines[1].startswith("  index.html: was changed: its SHA-256 is ")
    assert lines[2:5] == [
        "October 2026, edition 2:",
        "  The book: manifest.json is missing.",
        "books/stray: it is of no book, and was put there by others.",
    ]
    assert lines[5].startswith(
        "1 book with 4 files in books-of-tests: 3 differences. docs/books.md"
    )
    document = console.run("book", "verify", "--json").json
    assert [each["file"] for each in document["differences"]] == ["index.html", None]
    assert document["of_no_book"] == ["books/stray"]


def test_one_month_alone(msp: BookWorld, console: Console) -> None:
    """--month looks at that month's books."""
    msp.bucket.objects[key(OCTOBER, 1, "index.html")] = b"changed"
    assert console.run("book", "verify", "--month", "2026-10").code == 1
    assert console.done("book", "verify", "--month", str(NOVEMBER)).text.strip() == (
        "No book of November 2026 was published."
    )
    assert "is not a month" in console.refused("book", "verify", "--month", "November")


def test_how_long_books_are_kept_is_the_functions_setting(msp: BookWorld, console: Console) -> None:
    """What the bucket has let go by its rule is not missing."""
    msp.bucket.objects.clear()
    msp.world.clock.set(gmt("2027-12-01 00:00"))
    assert console.run("book", "verify").code == 1
    console.environment = {**console.environment, "STATEMENT_MONTHS": "12"}
    assert console.run("book", "verify").code == 0


def test_a_bucket_that_refuses_is_named(msp: BookWorld, console: Console) -> None:
    """SAFE-6: nothing is said of books that could not be read; exit code 2."""
    msp.bucket.failure = SetupError("the bucket books-of-tests cannot be used")
    assert console.refused("book", "verify") == "tally: the bucket books-of-tests cannot be used"


def test_before_the_first_close(empty: Console) -> None:
    """A tick has run, and no month is past its close."""
    empty.world.play(gmt("2026-11-01 00:05"))
    for name in ("list", "verify"):
        assert empty.done("book", name).text.startswith("No book was published yet: with the sett")
    assert empty.books.read(Month(2026, 11)).version == 0
