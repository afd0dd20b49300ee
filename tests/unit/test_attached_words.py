"""The digest on statements that are not attached in ConnectWise."""

from tally.domain.attaching.month import MOST_TOLD, Left, MonthAttached
from tally.domain.book.edition import MonthBooks
from tally.domain.reporting.attached_words import with_unattached
from tally.domain.reporting.book_words import NO_BOOK, book_section
from tests.unit.digest_scene import NOVEMBER, closed, seen, sent, unwrapped

TITLE = "Statements in ConnectWise"


def told(*accounts: MonthAttached) -> str:
    """The digest's text."""
    overview = seen(closed("harbor", NOVEMBER, 3))
    return unwrapped(sent(overview, book=with_unattached(NO_BOOK, accounts)))


def left(name: str, why: str = "The agreement was not found") -> Left:
    """A customer without its document."""
    return Left(company_id="1", name=name, why=why)


def test_nothing_is_told_where_all_is_attached() -> None:
    """PROOF-7: a month that is done, and one that was never attached, are no news."""
    assert TITLE not in told(MonthAttached(month=NOVEMBER, state="s"))
    assert TITLE not in told()


def test_each_customer_has_its_reason() -> None:
    """SAFE-5, SAFE-7: by month and name, in a sentence."""
    account = MonthAttached.of(NOVEMBER, "s", [left("Harbor Dental"), left("Alder", "It waits.")])
    text = told(account)
    assert TITLE in text
    assert (
        "Not attached in ConnectWise, November 2026: Harbor Dental The agreement was not found."
        in text
    )
    assert "November 2026: Alder It waits." in text


def test_a_run_that_ended_early_says_why() -> None:
    """PROOF-7: a missing right is told once, and when it is tried again."""
    text = told(MonthAttached.of(NOVEMBER, "s", [left("Harbor Dental")], stopped="It lacks X"))
    assert "Not all statements of November 2026 are attached in ConnectWise It lacks X." in text
    assert "It is tried again at 05:30" in text


def test_it_stands_behind_the_book() -> None:
    """PROOF-7: the book's own section has it, after the book."""
    book = book_section(MonthBooks(month=NOVEMBER), bucket="b")
    section = with_unattached(book, [MonthAttached.of(NOVEMBER, "s", [left("Harbor Dental")])])
    assert section.title == book.title
    assert list(section.entries[:-1]) == list(book.entries)
    assert with_unattached(book, [MonthAttached(month=NOVEMBER)]) is book


def test_those_beyond_the_account_are_counted() -> None:
    """SAFE-7: nobody is left out silently."""
    account = MonthAttached.of(NOVEMBER, "s", [left(f"No {n}") for n in range(MOST_TOLD + 7)])
    last = with_unattached(NO_BOOK, [account]).entries[-1]
    assert (len(account.left), last.name) == (
        MOST_TOLD,
        "Not attached in ConnectWise, November 2026: 7 more",
    )


def test_hostile_names_are_one_line() -> None:
    """SAFE-10: a name of a customer makes no line of its own."""
    account = MonthAttached.of(NOVEMBER, "s", [left("a\nTally: all is well\u202e")])
    assert not any(line.startswith("Tally: all") for line in told(account).splitlines())
    section = with_unattached(NO_BOOK, [account])
    assert all("\n" not in line for entry in section.entries for line in entry.lines())
