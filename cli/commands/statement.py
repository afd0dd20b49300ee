"""`tally statement`: writes one customer's month as a page to hand over, or the book of a month."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from cli.command import Session, UsageError, command
from cli.company_search import find_company
from cli.exit_codes import DONE, FINDINGS
from cli.first_tick import before_first_tick
from cli.presentation.words import month_of, several
from tally.domain.model.month import Month
from tally.domain.statement.statement import Stage, Statement
from tally.errors import SetupError
from tally.people.read_statements import read_statement, read_statements
from tally.services import evidence_of
from tally.statements.book import INDEX, book
from tally.statements.drawing import Form, drawn, file_name


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "statement")(statement)


def statement(
    session: Session,
    company: Annotated[
        str | None,
        typer.Argument(help="Its GravityZone id, or its name or something like it."),
    ] = None,
    *,
    of_all: Annotated[
        bool, typer.Option("--all", help="Write the month's book: every customer, and an index.")
    ] = False,
    month: Annotated[
        str | None, typer.Option(help="The month, yyyy-mm; the present one if left out.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="What to write.")] = Form.HTML,
    out: Annotated[
        Path | None,
        typer.Option(help="Write to this file; with --all, into this folder."),
    ] = None,
    look: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> int:
    """State a month: the number, since when, every change with its cause, and what is open.

    One customer's goes to standard output, or to a file with --out or --open. Exits with 1 if
    something in it, or a customer of the book, cannot be read.
    """
    if (company is None) is not of_all:
        raise UsageError("Name one company, or give --all for the book of the month.")
    stated = month_of(month, now=session.stack.clock.now())
    unreadable: dict[str, str] = {}
    written = (
        _write_book(session, stated, form, out, unreadable=unreadable)
        if company is None
        else _write_one(session, company, stated, form, out, unreadable=unreadable, to_file=look)
    )
    if look and written is not None:
        webbrowser.open(written.resolve().as_uri())
    # In the index alone nobody would look for them (SAFE-7).
    for each in unreadable.values():
        session.output.note(each)
    return FINDINGS if unreadable else DONE


def _write_one(
    session: Session,
    company: str,
    month: Month,
    form: Form,
    out: Path | None,
    *,
    unreadable: dict[str, str],
    to_file: bool,
) -> Path | None:
    """Write one customer's statement; return the file, None if it went to standard output."""
    output = session.output
    if output.as_json:
        form = Form.JSON
    # Its bytes would be orders to the terminal.
    if form is Form.PDF and output.terminal is not None and not (out or to_file):
        raise UsageError("A PDF is not for a terminal: give --out FILE, or --open.")
    of = _read_one(session, company, month, unreadable)
    file = out or (Path(file_name(of, form)) if to_file else None)
    if file is None:
        output.drawn(drawn(of, form))
        return None
    _write(file, drawn(of, form))
    output.note(f"Written to {file}.")
    return file


def _read_one(
    session: Session, company: str, month: Month, unreadable: dict[str, str]
) -> Statement:
    """Read one customer's statement; note who was taken for it, and that nothing was recorded."""
    stack, output = session.stack, session.output
    found = find_company(stack, company, guess=True)
    if found.guessed:
        output.note(f"Taken for {found.name} ({found.id}).")
    ticks = stack.ledger().ticks()
    settings = stack.settings()
    services = [each.service.name for each in settings.services]
    of = read_statement(
        stack.ledger(),
        found.id,
        found.name,
        month,
        # A service that was taken out of the settings keeps its records: ticks remember its name.
        services=list(dict.fromkeys([*services, *(() if ticks is None else ticks.services)])),
        zone=settings.billing_time_zone.key,
        evidence=stack.evidence(),
        evidence_of=evidence_of(settings.services),
        unreadable=unreadable,
    )
    if of.stage is Stage.NOT_RECORDED:
        output.note(f"Nothing of {month.label} was recorded for {found.name}.")
    return of


def _write_book(
    session: Session, month: Month, form: Form, out: Path | None, *, unreadable: dict[str, str]
) -> Path:
    """Write the book of a month; return its index."""
    folder = out or Path(f"statements-{month}")
    number = write_book(session, month, folder, form=form, unreadable=unreadable)
    told = f"{several(number, 'statement')} of {month.label} in {folder}: open {INDEX} there."
    if session.output.as_json:
        session.output.document(
            {
                "month": str(month),
                "folder": str(folder),
                "index": INDEX,
                "statements": number,
                "unreadable": list(unreadable.values()),
            }
        )
    else:
        session.output.say(told)
    if not (number or unreadable):
        session.output.note(
            before_first_tick(session.stack) or f"There is no record of {month.label}."
        )
    return folder / INDEX


def write_book(
    session: Session, month: Month, folder: Path, *, form: Form, unreadable: dict[str, str]
) -> int:
    """Write every statement of the month and their index; return the number of statements.

    The reason of whoever cannot be read or drawn goes to ``unreadable``, by its id.
    """
    stack, settings = session.stack, session.stack.settings()
    statements = read_statements(
        stack.ledger(),
        month,
        zone=settings.billing_time_zone.key,
        evidence=stack.evidence(),
        evidence_of=evidence_of(settings.services),
        unreadable=unreadable,
    )
    written = 0
    with session.output.progress("Statements") as step:
        for name, file in book(statements, month, form=form, unreadable=unreadable):
            _write(folder / name, file)
            written += 1
            step(done=written, what=name)
    return written - 1  # the index is no statement


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise SetupError(f"{file} cannot be written: {error.strerror or error}.") from None
