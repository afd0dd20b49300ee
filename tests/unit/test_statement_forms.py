"""The forms of a statement: the same bytes each time, and no text of others does anything there."""

import csv
import hashlib
import io
import json
import unicodedata
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tally.domain.holds import Grown
from tally.domain.model.month import Month
from tally.domain.record.history import HistoryEntry
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import Closing, RecordState, UsageRecord
from tally.domain.statement.canonical import canonical, fingerprint
from tally.domain.statement.course import at_days_ends
from tally.domain.statement.draw_up import Account, draw_up
from tally.domain.statement.statement import Customer, Stage, Statement
from tally.statements.book import INDEX, book
from tally.statements.drawing import Form, drawn, file_name
from tests.functional.drawn_text import text_of
from tests.functional.instants import gmt

NOVEMBER = Month(2026, 11)
FIRST = gmt("2026-11-01 00:05")
HOSTILE = [
    "Acme <script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    'O\'Brien & Sons, "The Bakers"',
    "عيادة النور",
    "\u202egnp.exe\u2066 \x1b[2J",
    "Café 🦷 👩‍💻",
    '=HYPERLINK("http://x","y")',
    "a\r\n+1;=2,@3\t-4",
    "\ud800 half a letter",
    "</style></title>&amp;&#0;",
    "",
]


def entry(
    version: int, at_hour: int, quantity: int, *, why: str = "", by: str = "tally"
) -> HistoryEntry:
    at = FIRST + timedelta(hours=at_hour)
    return HistoryEntry(
        version=version,
        what="opened" if version == 1 else "pushed",
        why=why,
        by=by,
        at=at + timedelta(seconds=3),
        tick=at,
        changes={"lines.0.written.quantity": (None, quantity)},
    )


def account(*quantities: int, closed: bool = False, text: str = "") -> Account:
    """A record that had these quantities, ten hours apart; ``text`` wherever others write."""
    record = UsageRecord(
        key=RecordKey(company_id="64f0c0ffee", month=NOVEMBER, service="endpoints"),
        version=len(quantities),
        seen_tick=FIRST + timedelta(hours=10 * len(quantities)),
        state=RecordState.CLOSED if closed else RecordState.OPEN,
        lines=(
            Line(
                number=0,
                state=LineState.FINAL if closed else LineState.OPEN,
                place=Place(
                    agreement_id=31,
                    product_id=52,
                    effective=NOVEMBER.first,
                    cancelled=NOVEMBER.last,
                ),
                reference="TLY-ABCDEFGHIJKL",
                addition_id=900,
                written=Written(quantity=quantities[-1], at=FIRST),
            ),
        ),
        hold=Grown(why=text, since=FIRST, agreed=240) if text else None,
        notices=(text,) if text else (),
        closing=Closing(count=quantities[-1], floor=0) if closed else None,
    )
    history = [
        entry(number + 1, 10 * number, quantity, why=text, by=text or "tally")
        for number, quantity in enumerate(quantities)
    ]
    return Account(record=record, history=history)


def statement(*accounts: Account, name: str = "Harbor Dental", zone: str = "UTC") -> Statement:
    customer = Customer(id="64f0c0ffee", name=name, connectwise_id=7, connectwise_name=name)
    return draw_up(customer, NOVEMBER, accounts, time_zone=zone)


class Reader(HTMLParser):
    """Reads a page: its elements with their attributes, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.mark.parametrize("form", Form)
def test_the_same_statement_gives_the_same_bytes(form: Form) -> None:
    """PROOF-4: drawn up and drawn twice from equal values, every form is the same, byte by byte."""
    one, other = (statement(account(3, 5, 8, closed=True, text="why")) for _ in range(2))
    assert drawn(one, form) == drawn(other, form)
    assert canonical(one) == canonical(other)


def test_the_order_of_services_does_not_matter() -> None:
    """PROOF-4: services stand by name, in whichever order the ledger gave them."""
    one = account(3)
    key = replace(one.record.key, service="email")
    two = Account(record=replace(one.record, key=key), history=one.history)
    assert canonical(statement(one, two)) == canonical(statement(two, one))


def test_a_page_is_final_once_every_service_is() -> None:
    """PROOF-4: while one of two services is open, their statement is provisional."""
    closed = account(3, closed=True)
    key = replace(closed.record.key, service="email")
    still_open = Account(record=replace(account(3).record, key=key), history=closed.history)
    assert statement(closed, still_open).stage is Stage.PROVISIONAL
    assert statement(closed).stage is Stage.FINAL


def test_the_hash_can_be_checked_by_anybody() -> None:
    """PROOF-4: the document without its hash and the names of the day gives the hash again."""
    whole = json.loads(text_of(statement(account(3, 5)), Form.JSON))
    sha256 = whole.pop("sha256")
    del whole["as_drawn"]
    text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == sha256


def test_a_new_name_is_no_new_version() -> None:
    """PROOF-4: a customer that is renamed later has the same statement; a change has another."""
    known = fingerprint(statement(account(3, 5)))
    assert fingerprint(statement(account(3, 5), name="Harbor", zone="Europe/Berlin")) == known
    assert fingerprint(statement(account(3, 6))) != known


@pytest.mark.parametrize("form", Form)
def test_every_form_has_hash_and_limits(form: Form) -> None:
    """PROOF-3: whatever the form, it says what it does not prove, and which version it is."""
    of = statement(account(3, 5))
    text = text_of(of, form)
    assert fingerprint(of) in text
    assert "Which machines were counted is not recorded." in text
    assert "provisional" in text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_page_holds_no_markup_of_others(text: str) -> None:
    """SAFE-10: names, reasons and members add no element and no attribute to a page, and give no
    order to the reader's eye.
    """
    plain = read(text_of(statement(account(3, 5, text="x"), name="x"), Form.HTML))
    page = text_of(statement(account(3, 5, text=text or "x"), name=text), Form.HTML)
    hostile = read(page)
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    assert not {char for char in page if unicodedata.category(char) in {"Cc", "Cf", "Cs"}} - {"\n"}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_table_holds_no_formula(text: str) -> None:
    """SAFE-10: no cell begins a formula however the file is cut, and each row is one line
    (RFC 4180).
    """
    table = text_of(statement(account(3, 5, text=text or "x"), name=text), Form.CSV)
    assert table.endswith("\r\n")
    lines = table.removesuffix("\r\n").split("\r\n")
    assert len(lines) == len(list(csv.reader(io.StringIO(table, newline=""))))
    for cut in ",;\t|":
        for row in csv.reader(io.StringIO(table, newline=""), delimiter=cut):
            for cell in row:
                begins = unicodedata.normalize("NFKC", cell).lstrip(" \t\"'")
                assert not begins.startswith(("=", "+", "-", "@")) or cell.lstrip(' "')[0] == "'"


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_document_holds_the_very_text(text: str) -> None:
    """SAFE-10: in a document a name is what it is, and all of the file is ASCII."""
    document = text_of(statement(account(3, 5), name=text), Form.JSON)
    assert document.isascii()
    assert json.loads(document)["as_drawn"]["name"] == text


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_file_has_a_name_that_every_system_takes(text: str) -> None:
    """SAFE-10: neither a customer's name nor its id leads out of the folder."""
    of = statement(account(3))
    for customer in (replace(of.customer, name=text), replace(of.customer, id=f"../{text}")):
        name = file_name(replace(of, customer=customer), Form.HTML)
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
        assert name.endswith("-2026-11.html")
        assert ".." not in name


def test_a_page_loads_nothing() -> None:
    """A page is one file: no element of it fetches anything, and its policy forbids the rest."""
    for page in (
        text_of(statement(account(3, 5)), Form.HTML),
        dict(book([statement(account(3))], NOVEMBER, unreadable={}))[INDEX].decode(),
    ):
        assert not {"img", "iframe", "object", "embed"} & set(read(page).tags)
        assert "http://" not in page
        assert "https://" not in page
        assert "default-src 'none'" in page


def test_the_index_lists_what_waits_first() -> None:
    """A book begins with what waits for a person, then goes by name; totals are those of all."""
    named = [
        replace(
            statement(each), customer=Customer(id=f"64f0c0ffee{number}", name=f"Customer {number}")
        )
        for number, each in enumerate((account(3), account(5), account(8, text="grown")))
    ]
    files = dict(book(named, NOVEMBER, unreadable={"x": "Customer X: its item is damaged"}))
    page = files[INDEX].decode()
    index = read(page).text
    assert len(files) == 4
    order = [index.index(f"Customer {number}") for number in (2, 0, 1)]
    assert order == sorted(order)
    assert "of whom 1 waits for an answer" in index
    assert "its item is damaged" in index
    assert all(f'href="{name}"' in page for name in files if name != INDEX)


def test_an_empty_book_is_an_index() -> None:
    """A month that nobody recorded has a book without statements."""
    assert [name for name, _ in book([], NOVEMBER, unreadable={})] == [INDEX]


def test_the_msps_clock_stands_beside_gmt() -> None:
    """PROOF-3: GMT is explained once, with the month's bounds on the MSP's own clock."""
    page = read(text_of(statement(account(3), zone="America/New_York"), Form.HTML)).text
    assert "in America/New_York from 2026-10-31 20:00 to 2026-11-30 19:00" in page
    assert "America/New_York" not in read(text_of(statement(account(3)), Form.HTML)).text


numbers = st.lists(st.integers(min_value=0, max_value=1_000_000), min_size=1, max_size=80)


@given(quantities=numbers, closed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_course_ends_at_the_number(quantities: list[int], *, closed: bool) -> None:
    """PROOF-4: steps chain from 0 to the number that stands, and the days follow the steps."""
    (service,) = statement(account(*quantities, closed=closed)).services
    assert [each.before for each in service.steps] == [0, *quantities[:-1]]
    assert service.steps[-1].after == service.numbers.billed == quantities[-1]
    course = [(each.reading, each.after) for each in service.steps if each.reading is not None]
    whole = list(at_days_ends(course, NOVEMBER, until=NOVEMBER.next.starts))
    assert [*service.days] == whole[: len(service.days)]
    assert not any("history" in each for each in service.difference)


@pytest.mark.slow
@given(text=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_drawn(text: str) -> None:
    """SAFE-10: whatever a name holds, every form can be drawn, encoded and read again."""
    of = statement(account(3, text=text or "x"), name=text)
    assert read(text_of(of, Form.HTML)).tags.count("script") == 0
    assert json.loads(text_of(of, Form.JSON))["as_drawn"]["name"] == text
    for form in Form:
        text_of(of, form)
