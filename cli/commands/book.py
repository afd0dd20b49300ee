"""`tally book …`: shows the books that were published, and verifies that nobody changed them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import Annotated

import typer

from cli.command import Session, command
from cli.exit_codes import DONE, FINDINGS
from cli.first_tick import before_first_tick
from cli.output import Column
from cli.presentation.documents import Document
from cli.presentation.words import instant, minute, month_of, several
from cli.stack import Stack
from tally.domain.book.chain import Difference
from tally.domain.book.edition import Edition, MonthBooks
from tally.domain.book.manifest import folder
from tally.domain.model.month import Month
from tally.publishing.known_books import UnreadBooks, known_books
from tally.publishing.verify import Verified, Verify
from tally.statements.book import INDEX

_AT_ONCE = 8
_NONE_YET = (
    "No book was published yet: with the setting Books, a month's is published at 05:30 GMT on the "
    "day of its close."
)


def add(app: typer.Typer) -> None:
    """Add the commands."""
    book = typer.Typer(
        rich_markup_mode=None, help="Show the published books, and verify that nobody changed them."
    )
    command(book, "list")(list_books)
    command(book, "verify")(verify)
    app.add_typer(book, name="book")


def list_books(session: Session) -> int:
    """List the published books, each edition with its place in the bucket.

    Exits with 1 if the last attempt to publish one has failed, or the ledger's item of one cannot
    be read.
    """
    stack, out = session.stack, session.output
    months = _months(stack)
    bucket = stack.bucket().name
    troubles = list(filter(None, map(_trouble, months)))
    if out.as_json:
        out.document([_document(each, bucket) for each in months])
    else:
        _list(session, months, troubles, bucket)
    return FINDINGS if troubles else DONE


def _list(
    session: Session,
    months: Sequence[MonthBooks | UnreadBooks],
    troubles: Sequence[str],
    bucket: str,
) -> None:
    """Print each edition in a row, and what is the trouble with a month."""
    stack, out = session.stack, session.output
    rows = [
        [str(each.month), *_row(edition), f"s3://{bucket}/{_index(each.month, edition)}"]
        for each in months
        if isinstance(each, MonthBooks)
        for edition in each.editions
    ]
    if rows:
        out.table(_COLUMNS, rows)
        out.paragraph(_HOW_TO_READ)
    elif not troubles:
        out.paragraph(before_first_tick(stack) or _NONE_YET)
    for each in troubles:
        out.paragraph(each)


_COLUMNS = (
    Column("Month"),
    Column("Edition", right=True),
    Column("Stage"),
    Column("Published (GMT)"),
    Column("Files", right=True),
    Column("Index", wide=1),
)
_HOW_TO_READ = (
    "To read one, copy its folder and open index.html there: `aws s3 cp --recursive s3://…/ book`. "
    "`tally book verify` says whether it is as it was published."
)


def verify(
    session: Session,
    *,
    month: Annotated[
        str | None, typer.Option(help="Only this month's books, yyyy-mm; all if left out.")
    ] = None,
) -> int:
    """Read every published file, and compare it with the manifests, their chain and the ledger.

    Exits with 1 if something was changed, is missing, or was put there by others.
    """
    stack, out = session.stack, session.output
    now = stack.clock.now()
    chosen = None if month is None else month_of(month, now=now)
    check = Verify(
        ledger=stack.ledger(),
        books=stack.books(),
        bucket=stack.bucket(),
        kept_months=stack.book_settings().statement_months,
    )
    read = 0
    with out.progress("Files") as step:

        def on_files(number: int, last: str) -> None:
            nonlocal read
            read += number
            step(done=read, what=last)

        verified = check(now, month=chosen, on_files=on_files)
    if out.as_json:
        out.document(_verified_document(verified))
    elif not (verified.editions or verified.differences or verified.strays):
        out.paragraph(before_first_tick(stack) or _nothing(chosen))
    else:
        for line in _told(verified, stack.bucket().name):
            out.paragraph(line, hanging="  ")
    return FINDINGS if verified.differences or verified.strays else DONE


def _nothing(month: Month | None) -> str:
    return _NONE_YET if month is None else f"No book of {month.label} was published."


def _told(verified: Verified, bucket: str) -> Iterator[str]:
    """Yield the result line by line: what differs, edition by edition, then the sum."""
    # `Verify` has sorted them by month and edition, as `groupby` needs it.
    for (month, edition), several_of in groupby(
        verified.differences, key=lambda each: (each.month, each.edition)
    ):
        yield f"{month.label}, edition {edition}:" if edition else f"{month.label}:"
        yield from (f"  {each.file or 'The book'}: {each.what}." for each in several_of)
    for each in verified.strays:
        yield f"{each}: it is of no book, and was put there by others."
    looked = f"{several(verified.editions, 'book')} with {several(verified.files, 'file')}"
    number = len(verified.differences) + len(verified.strays)
    if not number:
        yield f"{looked} in {bucket}: all are as they were published."
        return
    yield (
        f"{looked} in {bucket}: {several(number, 'difference')}. docs/books.md says what to do; "
        "the bucket keeps what was written over or deleted as an older version."
    )


def _months(stack: Stack) -> Sequence[MonthBooks | UnreadBooks]:
    """Read the books of every month since the first tick, leaving out months without any."""
    ticks = stack.ledger().ticks()
    if ticks is None:
        return []
    months = ticks.first_month.through(Month.of(stack.clock.now()))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(partial(known_books, stack.books()), months))
    return [
        each for each in found if isinstance(each, UnreadBooks) or each.editions or each.trouble
    ]


def _index(month: Month, edition: Edition) -> str:
    return f"{folder(month, edition.number)}{INDEX}"


def _row(edition: Edition) -> list[str]:
    return [
        str(edition.number),
        edition.stage,
        minute(edition.published),
        str(edition.files),
    ]


def _trouble(books: MonthBooks | UnreadBooks) -> str:
    """Return what is the trouble with a month's books; "" if there is none."""
    if isinstance(books, UnreadBooks):
        return (
            f"{books.month.label}: {books.why} Its books are in the bucket all the same, and "
            "`tally book verify` holds them to their manifests; docs/recovery.md says how to "
            "restore the ledger."
        )
    trouble = books.trouble
    if trouble is None:
        return ""
    return (
        f"{books.month.label}: the last attempt to publish its book failed at "
        f"{minute(trouble.at)} GMT: {trouble.why} It is tried again at 05:30 and 17:30 GMT."
    )


def _document(books: MonthBooks | UnreadBooks, bucket: str) -> Document:
    if isinstance(books, UnreadBooks):
        told: Document = {"editions": [], "failed": None, "unreadable": books.why}
    else:
        told = {**_known_document(books), "unreadable": None}
    return {"month": str(books.month), "bucket": bucket, **told}


def _known_document(books: MonthBooks) -> Document:
    trouble = books.trouble
    return {
        "editions": [
            {
                "edition": each.number,
                "stage": each.stage,
                "published": instant(each.published),
                "files": each.files,
                "manifest_sha256": each.sha256,
                "index": _index(books.month, each),
            }
            for each in books.editions
        ],
        "failed": None if trouble is None else {"at": instant(trouble.at), "why": trouble.why},
    }


def _verified_document(verified: Verified) -> Document:
    return {
        "editions": verified.editions,
        "files": verified.files,
        "differences": [_difference(each) for each in verified.differences],
        "of_no_book": list(verified.strays),
    }


def _difference(of: Difference) -> Document:
    return {
        "month": str(of.month),
        "edition": of.edition or None,  # 0 stands for the month as a whole
        "file": of.file or None,
        "what": of.what,
    }
