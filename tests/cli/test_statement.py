"""`tally statement`: one customer's month on a page, and the book of a month."""

import csv
import io
import json
from pathlib import Path

import pytest
from rich.console import Console as Terminal

from tally.domain.evidence.evidence import Evidence, Machine, MachineProof
from tally.domain.model.month import Month
from tally.domain.record.usage_record import UsageRecord
from tally.errors import UnreadableItemError
from testing.evidence import MemoryEvidence
from tests.cli.console import Console, populated
from tests.functional.instants import gmt


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The addresses that the browser is told to open; the present folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    addresses: list[str] = []
    monkeypatch.setattr("webbrowser.open", addresses.append)
    return addresses


def test_a_page_goes_to_standard_output(one: Console) -> None:
    """One customer's statement is a page on standard output, of the present month unless told."""
    ended = one.done("statement", "Customer 0000")
    assert ended.out.startswith("<!DOCTYPE html>")
    assert "November 2026" in ended.out
    assert ended.err == ""


def test_something_like_a_name_will_do(one: Console) -> None:
    """To look, something like the name will do, and it is said who was meant."""
    assert one.done("statement", "customer 00").err.startswith("Taken for Customer 0000")


def test_each_form(one: Console) -> None:
    """--format chooses the form; --json is the document."""
    table = one.done("statement", "Customer 0000", "--format", "csv").out
    kinds = {row["kind"]: row for row in csv.DictReader(io.StringIO(table))}
    assert kinds["billed"]["number"] == "3"
    document = one.done("statement", "Customer 0000", "--format", "json").json
    assert document == one.done("statement", "Customer 0000", "--json").json
    assert document["services"][0]["billed"] == 3


def test_a_pdf(one: Console, opened: list[str], tmp_path: Path) -> None:
    """A PDF goes to a pipe, to the file of --out, or to one named after customer and month."""
    assert one.done("statement", "Customer 0000", "--format", "pdf").out.startswith("%PDF-1.4")
    one.done("statement", "Customer 0000", "--format", "pdf", "--out", "one.pdf")
    assert (tmp_path / "one.pdf").read_bytes().endswith(b"%%EOF\n")
    one.done("statement", "Customer 0000", "--format", "pdf", "--open")
    (named,) = tmp_path.glob("customer-0000-*-2026-11.pdf")
    assert named.read_bytes() == (tmp_path / "one.pdf").read_bytes()
    assert opened == [named.as_uri()]


def test_a_pdf_is_not_for_a_terminal(
    one: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a terminal a PDF would be noise: a file is asked for, and nothing is written."""
    monkeypatch.setattr("cli.output._console", lambda stream: Terminal(file=stream))
    line = one.refused("statement", "Customer 0000", "--format", "pdf")
    assert line == "tally: A PDF is not for a terminal: give --out FILE, or --open."
    one.done("statement", "Customer 0000", "--format", "pdf", "--out", str(tmp_path / "x.pdf"))
    assert one.done("statement", "Customer 0000", "--format", "pdf", "--json").out.startswith("{")


def test_to_a_file(one: Console, tmp_path: Path) -> None:
    """--out writes the file, whose folder is made, and says where it is."""
    file = tmp_path / "november" / "statement.html"
    ended = one.done("statement", "Customer 0000", "--out", str(file))
    assert ended.out == ""
    assert ended.err == f"Written to {file}.\n"
    assert file.read_text() == one.done("statement", "Customer 0000").out


def test_a_table_keeps_its_line_ends_in_a_file(one: Console, tmp_path: Path) -> None:
    """RFC 4180: lines of a file end with CR and LF, on every system."""
    file = tmp_path / "statement.csv"
    one.done("statement", "Customer 0000", "--format", "csv", "--out", str(file))
    assert file.read_bytes().count(b"\r\n") == file.read_bytes().count(b"\n") > 10


def test_opened_in_the_browser(one: Console, opened: list[str], tmp_path: Path) -> None:
    """--open writes a file named after customer and month here, and opens it."""
    one.done("statement", "Customer 0000", "--open")
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("customer-0000-")
    assert opened == [file.as_uri()]


def test_a_file_that_cannot_be_written(one: Console, tmp_path: Path) -> None:
    """A file that cannot be written is told in one line."""
    (tmp_path / "file").write_text("")
    line = one.refused("statement", "Customer 0000", "--out", str(tmp_path / "file" / "x.html"))
    assert "cannot be written" in line


def test_a_month_that_nobody_recorded(one: Console) -> None:
    """PROOF-5: a month without a record has a page that says so, and a word of it."""
    ended = one.done("statement", "Customer 0000", "--month", "2025-01")
    assert "Nothing of this month was recorded." in ended.out
    assert ended.err == "Nothing of January 2025 was recorded for Customer 0000.\n"


def test_the_book(opened: list[str], tmp_path: Path) -> None:
    """--all writes every statement and an index into a folder named after the month."""
    console = populated(3)
    console.world.play(gmt("2026-12-02 00:05"))
    ended = console.done("statement", "--all", "--month", "2026-11", "--open")
    folder = tmp_path / "statements-2026-11"
    assert ended.out == (
        "3 statements of November 2026 in statements-2026-11: open index.html there.\n"
    )
    assert len(list(folder.iterdir())) == 4
    assert opened == [(folder / "index.html").as_uri()]
    page = (folder / "index.html").read_text()
    for file in folder.glob("customer-*.html"):
        assert f'href="{file.name}"' in page


def test_the_book_as_documents(tmp_path: Path) -> None:
    """A book can be of another form; what was written is told as a document too."""
    console = populated(2)
    folder = tmp_path / "book"
    told = console.done("statement", "--all", "--format", "json", "--out", str(folder), "--json")
    assert told.json == {
        "month": "2026-11",
        "folder": str(folder),
        "index": "index.html",
        "statements": 2,
        "unreadable": [],
    }
    assert all(json.loads(each.read_text())["sha256"] for each in folder.glob("*.json"))


def test_the_book_as_pdfs(tmp_path: Path) -> None:
    """A book of PDFs has a page as its index, which leads to each of them."""
    console = populated(2)
    folder = tmp_path / "book"
    console.done("statement", "--all", "--format", "pdf", "--out", str(folder))
    files = {each.name: each.read_bytes() for each in folder.iterdir()}
    index = files.pop("index.html").decode()
    assert len(files) == 2
    assert all(each.startswith(b"%PDF-1.4") for each in files.values())
    assert all(f'href="{name}"' in index for name in files)


def test_an_empty_book(empty: Console, tmp_path: Path) -> None:
    """Before the first tick a book is an index of nobody, and it is said why."""
    ended = empty.done("statement", "--all", "--out", str(tmp_path))
    assert ended.err.startswith("No tick has run yet")
    assert [each.name for each in tmp_path.iterdir()] == ["index.html"]


def test_one_that_cannot_be_read_keeps_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SAFE-5, SAFE-7: a customer whose record cannot be read is named in the index and by the
    command, which ends with 1; the others are stated.
    """
    console = populated(3)
    ledger = console.world.ledger
    read, bad = ledger.record, console.done("show", "Customer 0001", "--json").json["id"]

    def record(key: object) -> UsageRecord | None:
        if getattr(key, "company_id", None) == bad:
            raise UnreadableItemError("The ledger's item RECORD#2026-11 cannot be read.")
        return read(key)  # type: ignore[arg-type]

    monkeypatch.setattr(ledger, "record", record)
    ended = console.run("statement", "--all", "--out", str(tmp_path))
    told = "Customer 0001: The ledger's item RECORD#2026-11 cannot be read."
    assert ended.out.startswith("2 statements")
    assert (ended.code, ended.err) == (1, f"{told}\n")
    assert "Customer 0001: The ledger" in (tmp_path / "index.html").read_text()
    ended = console.run("statement", "--all", "--out", str(tmp_path), "--json")
    assert (ended.code, ended.json["statements"], ended.json["unreadable"]) == (1, 2, [told])


def test_one_that_cannot_be_drawn(
    one: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SAFE-7: a customer whose page cannot be drawn is named by the command, which ends with 1, and
    not in the index alone; the month is not said to be without a record for it.
    """

    def fail(*_: object) -> bytes:
        raise ValueError("a sign without a width")

    monkeypatch.setattr("tally.statements.book.drawn", fail)
    ended = one.run("statement", "--all", "--out", str(tmp_path))
    (line,) = ended.err.splitlines()
    assert ended.code == 1
    assert line.startswith("Customer 0000: ")
    assert "a sign without a width" in line


def looked_at(console: Console, name: str) -> str:
    """Keep evidence of one machine of the customer; return the customer's id."""
    company_id: str = console.done("show", name, "--json").json["id"]
    at = gmt("2026-11-01 00:30")
    desk = Machine(
        id="1" * 24,
        name="DESK-1",
        fqdn="desk-1.local",
        listed=at.date(),
        proof=MachineProof(seen=at, read=at),
    )
    found = Evidence(
        company_id=company_id, month=Month(2026, 11), begun=at, walked=at, machines=(desk,)
    )
    console.evidence.save(found, drop_at=gmt("2029-12-01 00:00"))
    return company_id


def test_machines_are_on_the_page_and_in_the_book(one: Console, tmp_path: Path) -> None:
    """PROOF-3: the machines that were seen are on a customer's page and in its document, and their
    number is in the book's index.
    """
    looked_at(one, "Customer 0000")
    assert "DESK-1" in one.done("statement", "Customer 0000").out
    document = one.done("statement", "Customer 0000", "--json").json
    assert document["machines"]["service"] == "endpoints"
    assert document["services"][0]["machines_proven"] == 1
    one.done("statement", "--all", "--out", str(tmp_path))
    assert "seen active: 1</span>" in (tmp_path / "index.html").read_text()


def test_machines_that_cannot_be_read(
    one: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SAFE-5, SAFE-7: evidence that cannot be read is named, in a word and in the index, and hides
    no statement; the command ends with 1.
    """

    def read(*_: object) -> Evidence | None:
        raise UnreadableItemError("The ledger's item EVIDENCE cannot be read.")

    monkeypatch.setattr(MemoryEvidence, "read", read)
    ended = one.run("statement", "Customer 0000")
    named = "Customer 0000, its machines: The ledger's item EVIDENCE cannot be read."
    assert (ended.code, ended.err) == (1, f"{named}\n")
    assert "not readable" in ended.out
    ended = one.run("statement", "--all", "--out", str(tmp_path))
    assert (ended.code, ended.err) == (1, f"{named}\n")
    assert ended.out.startswith("1 statement of")
    assert named.replace("'", "&#x27;") in (tmp_path / "index.html").read_text()
