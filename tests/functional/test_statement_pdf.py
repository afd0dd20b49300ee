"""A statement as PDF: what it says can be read, it is the same each time, and it prints."""

import hashlib
import io
import pickle
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pypdf
import pytest

from simulators.clock import VirtualClock
from tally.domain.evidence.evidence import Evidence, Machine, MachineProof
from tally.domain.model.month import Month
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.statement import Statement
from tally.statements.drawing import Form, drawn
from testing.world import World
from tests.functional.drawn_text import text_of, text_of_pdf
from tests.functional.instants import gmt
from tests.functional.stated import stated

pytestmark = pytest.mark.slow

NOVEMBER = Month(2026, 11)
NAMES = (
    "Harbor Dental",
    '"O\'Brien" & Söhne <b>GmbH</b> \\ (Holding)',
    "Ελληνικά Кириллица ไทย नमक ქართული հայերեն",
    "عيادة النور",
    "מרפאת שיניים",
)
MARKED = "हिन्दी ที่นี่ श्री"
"""Marks make shapes of these letters that have no number of their own."""

_IN_ANOTHER_PROCESS = """
import hashlib, pickle, sys
from tally.statements.drawing import Form, drawn
print(hashlib.sha256(drawn(pickle.load(sys.stdin.buffer), Form.PDF)).hexdigest())
"""
LETTER_CUTS = 25.0
"""What Letter, 792 points high, lacks of A4 above and below if a sheet is printed in its size."""


@pytest.fixture(scope="module")
def of() -> Statement:
    """A November with a change a day, which is closed; its evidence has three machines."""
    world = World(clock=VirtualClock(NOVEMBER.starts))
    customer = world.add_customer("Harbor Dental")
    for day in range(25):
        world.check_in(customer, 1, at=NOVEMBER.starts + timedelta(days=day, minutes=1))
        world.play(NOVEMBER.starts + timedelta(days=day, minutes=5))
    world.play(gmt("2026-12-02 00:05"))
    return with_machines(stated(world, customer, "2026-11", zone="America/New_York"), 3)


def with_machines(of: Statement, number: int) -> Statement:
    seen = MachineProof(seen=gmt("2026-11-03 08:13"), read=gmt("2026-11-03 13:13"))
    evidence = Evidence(
        company_id=of.customer.id,
        month=of.month,
        begun=gmt("2026-11-01 02:00"),
        walked=gmt("2026-11-30 23:10"),
        machines=tuple(
            Machine(
                id=f"{each:024x}",
                name=f"WS-{each:05}",
                fqdn=f"ws-{each:05}.a-rather-long-domain.harbor-dental.example",
                listed=date(2026, 11, 1),
                proof=seen,
            )
            for each in range(number)
        ),
    )
    return replace(of, evidence=evidence, evidence_of="endpoints")


def named(of: Statement, name: str) -> Statement:
    customer = replace(of.customer, name=name, connectwise_name=name)
    return replace(of, customer=customer)


def pages_of(file: bytes) -> Sequence[pypdf.PageObject]:
    return pypdf.PdfReader(io.BytesIO(file)).pages


def test_it_says_what_the_page_says(of: Statement) -> None:
    """PROOF-3: number, readings, reference, changes, machines, zone and limits can be read."""
    text = text_of(of, Form.PDF)
    (service,) = of.services
    for said in (
        f"{service.numbers.billed} Billed since the reading of",
        "Statement of November 2026 final",
        service.lines[0].reference,
        "GravityZone counts 25, and 25 are billed: there is no difference",
        "in America/New_York from 2026-10-31 20:00",
        "By day of November 2026 (GMT): 1 on day 1, 2 on day 2",
        "2026-11-25 00:05",
        "WS-00002",
        "2026-11-03 08:13",
        "What this does not prove",
    ):
        assert said in text


def test_every_sheet_tells_whose_it_is(of: Statement) -> None:
    """PROOF-4: version, stage and hash stand on each sheet, with its number of how many."""
    pages = pages_of(drawn(of, Form.PDF))
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        text = " ".join(page.extract_text().split())
        assert f"November 2026, version {of.version}, final: Harbor Dental" in text
        assert fingerprint(of) in text
        assert f"{number} of {len(pages)}" in text


def test_titles_of_a_table_stand_on_each_of_its_sheets(of: Statement) -> None:
    """A table that goes on has its titles again."""
    texts = [page.extract_text() for page in pages_of(drawn(of, Form.PDF))]
    with_changes = [each for each in texts if re.search(r"^2026-11-\d\d 00:05", each, re.MULTILINE)]
    assert len(with_changes) > 1
    assert all("What, and why" in each for each in with_changes)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_names_of_all_kinds(of: Statement, name: str) -> None:
    """SAFE-10: a name's letters are drawn, whatever their script; none becomes an escape.

    A reader gives words of right-to-left scripts in one order or the other.
    """
    text = text_of(named(of, name), Form.PDF)
    assert "\\u0" not in text
    for word in name.split():
        assert word in text or word[::-1] in text or sorted(word) in map(sorted, text.split())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dental 🦷", "Dental \\U0001f9b7"),
        ("東京", "\\u6771\\u4eac"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2068a\u2069", "\\u2068a\\u2069"),
        ("half \ud800", "half \\ud800"),
        ("a\tb\x1b", "a b\\x1b"),
    ],
    ids=ascii,
)
def test_what_cannot_be_drawn_is_an_escape(of: Statement, name: str, shown: str) -> None:
    """SAFE-10: what no font has and what does not show is told by its number, never left out."""
    assert text_of(named(of, name), Form.PDF).startswith(f"{shown} Statement of")


def test_a_name_without_letters_is_drawn(of: Statement) -> None:
    """SAFE-10: an empty name, and one of more letters than a line, have their statements."""
    assert "Statement of November 2026" in text_of(named(of, ""), Form.PDF)
    assert text_of(named(of, "W" * 3_000), Form.PDF).count("W") >= 3_000


@pytest.mark.parametrize("name", ["Harbor Dental", MARKED], ids=ascii)
def test_the_same_in_another_process(of: Statement, name: str) -> None:
    """PROOF-4: another process, in which sets have another order, gives the same bytes, and what
    was drawn before in this one, of other letters, leaves no trace.
    """
    for other in (*NAMES, "क्लिनिक", " ".join(reversed(MARKED.split()))):
        drawn(named(of, other), Form.PDF)
    known = hashlib.sha256(drawn(named(of, name), Form.PDF)).hexdigest()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS],
            input=pickle.dumps(named(of, name)),
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode().strip() == known


@pytest.mark.parametrize("number", [0, 1, 40])
def test_machines_stand_in_a_table(of: Statement, number: int) -> None:
    """PROOF-1: every machine that was seen active is on the page, and no table if there is none."""
    text = text_of(with_machines(of, number), Form.PDF)
    assert len(set(re.findall(r"WS-\d{5}", text))) == number
    assert ("Seen active in November 2026:" in text) == (number > 0)


@pytest.mark.slow
def test_five_thousand_machines(of: Statement) -> None:
    """PROOF-1: a page of 5,000 machines has each of them, and is below two megabytes."""
    file = drawn(with_machines(of, 5_000), Form.PDF)
    assert len(file) < 2_000_000
    text = text_of_pdf(file)
    assert len(set(re.findall(r"WS-\d{5}", text))) == 5_000


def test_it_is_small(of: Statement) -> None:
    """A statement can be mailed: fonts are cut down to the letters in use."""
    assert len(drawn(with_machines(of, 40), Form.PDF)) < 100_000


def test_a_month_that_was_not_recorded(of: Statement) -> None:
    """PROOF-5: a month without a record has a sheet that says so."""
    text = text_of(replace(of, services=(), evidence=None), Form.PDF)
    assert "not recorded Nothing of this month was recorded." in text
    assert "1 of 1" in text


def test_what_waits_is_told() -> None:
    """PROOF-3: a month that waits for an answer is provisional, and says what is asked."""
    world = World(clock=VirtualClock(NOVEMBER.starts))
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 9)
    world.play(gmt("2026-11-01 00:05"))
    world.check_in(customer, 700)
    world.play(gmt("2026-11-20 00:05"))
    of = stated(world, customer, "2026-11")
    (service,) = of.services
    assert service.waiting is not None
    text = text_of(of, Form.PDF)
    assert "provisional" in text
    assert f"Waits for an answer since 2026-11-20 00:05 GMT {service.waiting.why}" in text


@pytest.mark.slow
@pytest.mark.no_cover
def test_many_services(of: Statement) -> None:
    """Each service has its heading, its number and its chart, and none is cut off by a sheet."""
    (service,) = of.services
    many = tuple(replace(service, service=f"service-{each:02}") for each in range(30))
    text = text_of(replace(of, services=many), Form.PDF)
    assert text.count("By day of November 2026 (GMT): 1 on day 1") == 30
    for each in many:
        assert f"{each.service} 25 Billed since" in text


def test_a_reason_longer_than_a_sheet(of: Statement) -> None:
    """SAFE-10: the longest reasons are drawn to their end, over as many sheets as that takes."""
    (service,) = of.services
    long = " ".join(f"word-{each:04}" for each in range(1_500))
    step = replace(service.steps[0], why=long, by="W" * 500)
    waits = replace(service, steps=(step, *service.steps[1:]), notices=(long,))
    text = text_of(replace(of, services=(waits,)), Form.PDF).replace("- ", "-")
    assert [text.count(f"word-{each:04}") for each in range(1_500)] == [2] * 1_500


def test_it_prints_on_letter_too(of: Statement) -> None:
    """What is written on A4 stays within what Letter holds, printed in its size."""
    for page in pages_of(drawn(with_machines(of, 100), Form.PDF)):
        places = places_on(page)
        assert len(places) > 10
        for x, y in places:
            assert 36 < x < 595 - 36
            assert LETTER_CUTS + 18 < y < 842 - LETTER_CUTS - 18


def places_on(page: pypdf.PageObject) -> Sequence[tuple[float, float]]:
    """Where each text on a page begins, in points from its lower left corner."""
    places: list[tuple[float, float]] = []

    def visit(text: str, matrix: Sequence[float], at: Sequence[float], *_: object) -> None:
        if text.strip():
            across, up = at[4], at[5]
            places.append((matrix[4] + across * matrix[0], matrix[5] + up * matrix[3]))

    page.extract_text(visitor_text=visit)
    return places


def test_it_says_what_it_is(of: Statement) -> None:
    """The file has a title, an author and a language, for those who have it read aloud."""
    reader = pypdf.PdfReader(io.BytesIO(drawn(of, Form.PDF)))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (
        "Harbor Dental, November 2026: final",
        "Tally",
    )
    assert reader.root_object["/Lang"] == "en"


def test_it_bears_no_date() -> None:
    """PROOF-4: drawn at another time, the file is the same; its date is the same for all."""
    world = World(clock=VirtualClock(NOVEMBER.starts))
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 3)
    world.play(gmt("2026-11-01 00:05"))
    world.play(gmt("2026-12-02 00:05"))
    one = drawn(stated(world, customer, "2026-11"), Form.PDF)
    world.clock.advance(timedelta(days=400))
    assert drawn(stated(world, customer, "2026-11"), Form.PDF) == one
    assert b"/CreationDate (D:20000101000000+00'00')" in one


HEBREW = " ".join(
    f"{word}{each}"
    for each, word in enumerate(
        ["שלום", "עולם", "לקוח", "חשבון", "נקודות", "קצה", "מרפאה", "שיניים"] * 17
    )
)


@pytest.mark.parametrize(
    "said", ["บริษัทที่นี่จำกัด" * 24, "हिन्दीश्री" * 40, HEBREW], ids=["thai", "devanagari", "hebrew"]
)
def test_a_text_with_marks_or_backwards_is_not_cut_by_a_sheets_end(
    of: Statement, said: str
) -> None:
    """SAFE-10: wherever the sheet ends, the statement is drawn, and no word leaves its line."""

    def lines(above: int) -> list[str]:
        [service] = of.services
        told = replace(service, difference=("Plain.",) * above + (said,))
        drawn_up = drawn(replace(of, services=(told,)), Form.PDF)
        found = "\n".join(page.extract_text() for page in pages_of(drawn_up)).splitlines()
        return [each.strip() for each in found if re.search("[\u0590-\u05ff\u0900-\u0e7f]", each)]

    first = lines(1)
    assert all(lines(above) == first for above in range(16, 34))
