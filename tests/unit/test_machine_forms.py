"""Machines in each form of a statement: the same bytes, the same order, and no text of theirs does
anything there.
"""

import csv
import io
import json
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tally.domain.evidence.evidence import Fate
from tally.domain.model.month import Month
from tally.domain.statement.canonical import canonical, fingerprint
from tally.domain.statement.draw_up import draw_up
from tally.domain.statement.machines import machines_in_words
from tally.domain.statement.statement import Customer, Statement
from tally.statements.book import Entry, book, index
from tally.statements.drawing import Form, drawn
from tally.statements.machine_tables import MOST_UNFOLDED
from tally.statements.statement_document import drawn_as_document
from tally.statements.statement_page import drawn_as_page
from tally.statements.statement_table import COLUMNS, drawn_as_table
from tests.unit.machines_stated import (
    HARBOR,
    LAST_WALK,
    NOVEMBER,
    account,
    active,
    evidence,
    machine,
    renamed,
    stated,
)

HOSTILE = [
    'PC "1" <script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "محطة العمل",
    "\u202egnp.exe\u2066 \x1b[2J",
    "Café 🦷 👩‍💻",
    '=HYPERLINK("http://x","y")',
    "a\r\n+1;=2,@3\t-4|=5",
    "\ud800 half a letter",
    "</style></details></table>&amp;&#0;",
    "",
]


class Read(HTMLParser):
    """A page's elements, attributes and cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self._is_cell = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._is_cell = self._is_cell or tag == "td"
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_cell = self._is_cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.rows[-1][-1] += data


def machine_rows(of: Statement) -> list[dict[str, str]]:
    """The table's rows of machines."""
    table = csv.DictReader(io.StringIO(drawn_as_table(of), newline=""))
    return [each for each in table if each["kind"].startswith("machine ")]


def names_on_page(of: Statement) -> list[str]:
    """The first cells of the page's rows of machines, in their order."""
    return [row[0] for row in Read(drawn_as_page(of)).rows if row and "pc-" in row[0].casefold()]


MIXED = [
    machine(3, name="pc-b", fqdn="pc-b.local"),
    machine(1, name="PC-C", fate=Fate.DELETED),
    machine(2, name="PC-A"),
    machine(4, name="PC-0", active=False, fate=Fate.UNSEEN),
    machine(5, name="PC-B", fqdn="pc-b.other"),
]
BY_NAME = ["PC-A", "pc-b", "PC-B", "PC-C", "PC-0"]


@pytest.mark.parametrize("form", Form)
def test_the_order_of_machines_does_not_matter(form: Form) -> None:
    """PROOF-4: the same machines give the same bytes, in whichever order the store has them."""
    one, other = stated(MIXED, counted=5), stated(MIXED[::-1], counted=5)
    assert canonical(one) == canonical(other)
    assert drawn(one, form) == drawn(other, form)


@pytest.mark.parametrize(
    "changed",
    [
        MIXED[1:],
        [replace(MIXED[0], name="pc-d"), *MIXED[1:]],
        [replace(MIXED[0], fqdn=""), *MIXED[1:]],
        [replace(MIXED[0], proof=None), *MIXED[1:]],
        [replace(MIXED[0], fate=Fate.MOVED), *MIXED[1:]],
        [replace(MIXED[0], moved_in=LAST_WALK), *MIXED[1:]],
        [replace(MIXED[0], proof=machine(9).proof), *MIXED[1:]],
    ],
)
def test_the_machines_are_hashed(changed: Sequence[object]) -> None:
    """PROOF-4: a machine more or less, and each thing that is said of one, changes the hash."""
    known = fingerprint(stated(MIXED, counted=5))
    assert fingerprint(stated(changed, counted=5)) != known  # type: ignore[arg-type]


def test_a_new_edition_of_evidence_is_a_new_version() -> None:
    """PROOF-4: two statements that differ in their machines have two versions."""
    first = stated(active(2), counted=2)
    assert first.evidence is not None
    second = stated(replace(first.evidence, version=8), counted=2)
    assert (first.version, second.version) == (10, 11)
    assert stated(None, counted=2).version == 3


@pytest.mark.parametrize(
    "other",
    [
        replace(evidence(active(2)), company_id="another"),
        replace(evidence(active(2)), month=Month(2026, 10)),
    ],
)
def test_evidence_of_another_page_is_refused(other: object) -> None:
    """PROOF-3: the machines of another company or month never come onto a statement."""
    with pytest.raises(ValueError, match="is not that of 64f0c0ffee for 2026-11"):
        draw_up(HARBOR, NOVEMBER, [account(2)], time_zone="UTC", evidence=other)  # type: ignore[arg-type]


def test_a_page_lists_those_seen_first() -> None:
    """PROOF-1: those seen active stand by name, then those of which nothing is proven, and each
    with what is known of it.
    """
    of = stated(MIXED, counted=5)
    assert names_on_page(of) == BY_NAME
    rows = {row[0]: row[1:] for row in Read(drawn_as_page(of)).rows if row}
    assert rows["PC-C"] == [
        "",
        "2026-11-01",
        "2026-11-02 03:00",
        "2026-11-02 04:00",
        "deleted, found on 2026-11-20",
    ]
    assert rows["PC-0"] == ["", "2026-11-01", "not found any more, found on 2026-11-20"]


def test_a_table_lists_the_same() -> None:
    """A spreadsheet has a row for each machine, with its id, in the order of the page."""
    rows = machine_rows(stated(MIXED, counted=5))
    assert [each["text"] for each in rows] == BY_NAME
    assert [each["kind"] for each in rows[-2:]] == [
        "machine seen active",
        "machine not seen active",
    ]
    deleted = rows[3]
    assert {name: deleted[name] for name in COLUMNS if deleted[name]} == {
        "month": "2026-11",
        "company_id": "64f0c0ffee",
        "company": "Harbor Dental",
        "service": "endpoints",
        "kind": "machine seen active",
        "from_date": "2026-11-01",
        "to_date": "2026-11-20",
        "text": "PC-C",
        "why": "deleted, found on 2026-11-20",
        "machine": f"{1:024x}",
        "seen_active": "2026-11-02 03:00",
        "read": "2026-11-02 04:00",
    }


def test_a_document_has_the_machines_by_id() -> None:
    """PROOF-4: the document has each machine once, by id, and what is said of them in words."""
    of = stated(MIXED, counted=5)
    document = json.loads(drawn_as_document(of))
    assert document["form"] == 2
    machines = document["machines"]
    assert (machines["service"], machines["seen_active"], machines["edition"]) == (
        "endpoints",
        4,
        7,
    )
    assert [int(each["id"], 16) for each in machines["listed"]] == [1, 2, 3, 4, 5]
    assert machines["listed"][0] == {
        "id": f"{1:024x}",
        "name": "PC-C",
        "fqdn": "",
        "first_listed": "2026-11-01",
        "seen_active": {"last_seen": "2026-11-02T03:00:00Z", "read": "2026-11-02T04:00:00Z"},
        "fate": "deleted",
        "gone": "2026-11-20",
        "moved_in": None,
    }
    assert document["machines_in_words"] == [*machines_in_words(of)]
    assert json.loads(drawn_as_document(stated(None, counted=5)))["machines"] is None


@pytest.mark.parametrize("of", [stated(MIXED, counted=5), stated(None, counted=5)])
def test_every_form_has_the_words(of: Statement) -> None:
    """PROOF-3: the page, the table and the document say the same of the machines."""
    page = drawn_as_page(of).replace("&#x27;", "'")
    rows = csv.DictReader(io.StringIO(drawn_as_table(of), newline=""))
    assert [each["text"] for each in rows if each["kind"] == "machines in words"] == [
        *machines_in_words(of)
    ]
    assert all(f"<p>{each}</p>" in page for each in machines_in_words(of))


@pytest.mark.parametrize(
    ("machines", "unreadable", "said"),
    [(None, False, "not recorded"), (None, True, "not readable"), ([], False, "0")],
)
def test_what_is_not_known_is_called_so(
    machines: list[object] | None, *, unreadable: bool, said: str
) -> None:
    """PROOF-5, SAFE-5: no evidence, damaged evidence and no machine are told apart wherever the
    number stands.
    """
    of = stated(machines, counted=0, unreadable=unreadable)  # type: ignore[arg-type]
    assert f"<dt>Machines seen active</dt><dd>{said}</dd>" in drawn_as_page(of)
    rows = {
        each["kind"]: each for each in csv.DictReader(io.StringIO(drawn_as_table(of), newline=""))
    }
    assert (rows["machines seen active"]["number"] or rows["machines seen active"]["text"]) == said
    *_, (_, page) = book([of], NOVEMBER, unreadable={})
    assert f">{said}</td>" in (page if isinstance(page, str) else page.decode())


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_machines_name_is_no_markup(text: str) -> None:
    """SAFE-10: a machine's name and FQDN add no element and no attribute to a page, and give no
    order to the reader's eye.
    """
    of = stated(MIXED, counted=5)
    page = drawn_as_page(renamed(of, text))
    plain, hostile = Read(drawn_as_page(renamed(of, "x" if text else " "))), Read(page)
    assert hostile.tags == plain.tags
    assert hostile.attributes == plain.attributes
    assert not {char for char in page if unicodedata.category(char) in {"Cc", "Cf", "Cs"}} - {"\n"}


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_machines_name_is_no_formula(text: str) -> None:
    """SAFE-10: no cell begins a formula however the file is cut, and a machine is one row."""
    of = renamed(stated(MIXED, counted=5), text)
    table = drawn_as_table(of)
    assert len(machine_rows(of)) == len(MIXED)
    for cut in ",;\t|":
        for row in csv.reader(io.StringIO(table, newline=""), delimiter=cut):
            for cell in row:
                begins = unicodedata.normalize("NFKC", cell).lstrip(" \t\"'")
                assert not begins.startswith(("=", "+", "-", "@")) or cell.lstrip(' "')[0] == "'"


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_document_holds_a_machines_very_name(text: str) -> None:
    """SAFE-10: in a document a name is what it is, and all of the file is ASCII."""
    document = drawn_as_document(renamed(stated(MIXED, counted=5), text))
    assert document.isascii()
    assert {each["name"] for each in json.loads(document)["machines"]["listed"]} == {text}


@pytest.mark.slow
@given(text=st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_name_of_a_machine_can_be_drawn(text: str) -> None:
    """SAFE-10: whatever a name holds, every form can be drawn, and is the same again."""
    of = renamed(stated(MIXED, counted=5), text)
    for form in Form:
        assert drawn(of, form) == drawn(of, form)
    drawn_as_page(of).encode()
    drawn_as_table(of).encode()


def test_many_machines_are_folded() -> None:
    """Up to fifty machines stand open; more are folded on a screen, and all are in the file."""
    some, many = (stated(active(number), counted=number) for number in (50, 51))
    assert MOST_UNFOLDED == 50
    assert "<details>" not in drawn_as_page(some)
    page = drawn_as_page(many)
    assert page.count("<details>\n<summary>Seen active in November 2026: 51 machines, one by") == 1
    assert len(names_on_page(many)) == 51


@pytest.mark.slow
def test_five_thousand_machines() -> None:
    """PROOF-4: a customer of five thousand has a page in two seconds and of a few megabytes."""
    of = stated([machine(each, active=each % 50 > 0) for each in range(5_000)], counted=5_000)
    for draw in (drawn_as_page, drawn_as_table, drawn_as_document):
        began = time.process_time()
        text = draw(of)
        assert time.process_time() - began < 2
        assert text.count("PC-0") == 5_000
        assert len(text) < 3_000_000


def test_the_index_adds_up_what_was_seen() -> None:
    """The totals of a book have the machines that were seen active, and how many customers' are
    not recorded.
    """
    of = {
        name: replace(stated(seen, counted=9), customer=Customer(id=name, name=name))
        for name, seen in {"a": active(4), "b": active(5), "c": None}.items()
    }
    *_, (_, page) = book(of.values(), NOVEMBER, unreadable={})
    cells = Read(page if isinstance(page, str) else page.decode()).rows
    assert cells[1] == ["3", "27", "9 and 1 not recorded", "0"]
    assert [row[2] for row in cells[3:]] == ["4", "5", "not recorded"]


def test_an_index_of_months_before_evidence() -> None:
    """PROOF-5: where no customer's machines are recorded, the total is not 0."""
    of = stated(None, counted=9)
    entry = Entry(
        file="x.html",
        customer="x",
        service="endpoints",
        billed=9,
        counted=9,
        proven=None,
        machines="not recorded",
        state=of.services[0].state,
        waits=False,
    )
    assert Read(index([entry], NOVEMBER, unreadable={})).rows[1] == ["1", "9", "not recorded", "9"]
