"""`tally export`: a month's records for a spreadsheet or a bookkeeping import."""

import csv
import io
import unicodedata

import pytest

from tests.cli.console import Console
from tests.functional.instants import gmt
from tests.functional.october import a_world


@pytest.fixture
def console() -> Console:
    """Two customers, one named as a formula, whose November is open."""
    console = Console()
    for name, machines in (('=HYPERLINK("http://x","Alder")', 4), ("Harbor Dental", 3)):
        console.world.check_in(console.world.add_customer(name), machines)
    console.world.play(gmt("2026-11-01 00:05"))
    return console


def rows(console: Console, *options: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(console.done("export", *options).out)))


def test_one_line_for_each_record(console: Console) -> None:
    """Each record is one line: who, what was counted, what is billed on which Addition."""
    out = console.done("export", "--month", "2026-11").out
    assert len(out.splitlines()) == 3
    harbor = rows(console)[1]
    assert (
        harbor["month"],
        harbor["company"],
        harbor["count"],
        harbor["billed"],
        harbor["final"],
    ) == (
        "2026-11",
        "Harbor Dental",
        "3",
        "3",
        "",
    )
    assert (harbor["state"], harbor["standing"], harbor["effective"], harbor["cancelled"]) == (
        "open",
        "billing",
        "2026-11-01",
        "2026-11-30",
    )


FORMULAS = {
    "=1+1": "'=1+1",
    "+1": "'+1",
    "-1": "'-1",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "' =1",
    "\r=1": "' =1",
    " =1": "' =1",
    "\u00a0=1": "' =1",
    "  +1": "'  +1",
    '"=1': "'\"=1",
    "\uff1d1+1": "'\uff1d1+1",
    "\uff0b1": "'\uff0b1",
    "\uff0d1": "'\uff0d1",
    " \uff20SUM(A1)": "' \uff20SUM(A1)",
    "\u3000\uff1d1": "' \uff1d1",
    "\u22121": "'\u22121",
    "Acme;=1+1": "Acme;'=1+1",
    "Acme; \uff1d1": "Acme;' \uff1d1",
    'Acme;"=1': "Acme;'\"=1",
    "Acme|@SUM(A1);;-1": "Acme|'@SUM(A1);;'-1",
    "\u200b=1": r"\u200b=1",
    "\x1b[2J": r"\x1b[2J",
}
"""Names, and what stands in the file for them."""


@pytest.mark.parametrize(("name", "cell"), FORMULAS.items(), ids=ascii)
def test_a_name_is_no_formula(name: str, cell: str) -> None:
    """SAFE-10: a customer's name that a spreadsheet of any language would run as a formula is text
    in the file.

    Also where the file is cut at other signs than its commas. In the document it is as it is.
    """
    console = Console()
    console.world.add_customer(name)
    console.world.play(gmt("2026-11-01 00:05"))
    (row,) = rows(console)
    assert (row["company"], row["connectwise_company"]) == (cell, cell)
    (document,) = console.done("export", "--format", "json").json
    assert document["company"] == name


@pytest.mark.parametrize(
    "name", [*FORMULAS, 'Acme;""=1', "Acme\t;'\uff0b1", "Acme,=1;@A1"], ids=ascii
)
def test_no_cell_begins_a_formula_however_the_file_is_cut(name: str) -> None:
    """SAFE-10: opened with whatever separator a language has, no cell of the file is one that is
    run.
    """
    console = Console()
    console.world.add_customer(name)
    console.world.play(gmt("2026-11-01 00:05"))
    out = console.done("export").out
    cells = [
        cell
        for cut in ",;\t|"
        for row in csv.reader(io.StringIO(out), delimiter=cut)
        for cell in row
    ]
    plain = [unicodedata.normalize("NFKC", cell).lstrip(' \t"') for cell in cells]
    assert not [cell for cell in plain if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize(
    "name",
    [
        "Smith & Sons",
        "Miller, Jones; Partners",
        "A+B",
        "R=G",
        "Co-op",
        "ann@example.com",
        "½ Price",
    ],
)
def test_a_plain_name_is_left_alone(name: str) -> None:
    """A sign of arithmetic within a name is no formula."""
    console = Console()
    console.world.add_customer(name)
    console.world.play(gmt("2026-11-01 00:05"))
    assert rows(console)[0]["company"] == name


def test_a_closed_month_has_its_final_number(console: Console) -> None:
    """CLOSE-2: a closed month is exported with what it was billed in the end."""
    console.world.play(gmt("2026-12-02 00:05"))
    assert [each["final"] for each in rows(console, "--month", "2026-11")] == ["4", "3"]
    assert [each["state"] for each in rows(console, "--month", "2026-12")] == ["open", "open"]


def test_credits_are_exported() -> None:
    """LATE-3: what was billed too much stands in the month's line, with its amount."""
    world, harbor = a_world()
    console = Console(world=world)
    world.play(gmt("2026-11-02 00:05"))
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-10 00:05"))
    (row,) = rows(console, "--month", "2026-10")
    assert (row["count"], row["billed"], row["credit_quantity"], row["credit_amount"]) == (
        "5",
        "7",
        "2",
        "9.00",
    )


def test_the_document(console: Console) -> None:
    """`--format json` and `--json` are one document of the same records."""
    document = console.done("export", "--json").json
    assert document == console.done("export", "--format", "json").json
    assert document[1]["additions"] == [2]


def test_a_month_that_nobody_has(console: Console) -> None:
    """A month without records is a file of its titles alone."""
    assert console.done("export", "--month", "2020-01").out.startswith(
        "month,service,company_id,company,"
    )
    assert rows(console, "--month", "2020-01") == []
    assert console.done("export", "--month", "2020-01", "--json").json == []


def test_thousands(thousands: Console) -> None:
    """2,000 records are 2,000 lines."""
    assert len(rows(thousands)) == 2000
