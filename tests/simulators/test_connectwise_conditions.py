"""ConnectWise's query language, as its developer guide shows it."""

import pytest

from simulators.connectwise.conditions import ConditionError, parse

RECORD = {
    "id": 42,
    "name": "Old Mill Bakery  ",
    "company": {"id": 7, "name": "Old Mill"},
    "cancelledFlag": False,
    "startDate": "2026-11-01T00:00:00Z",
    "endDate": None,
    "quantity": 12.0,
    "_info": {"lastUpdated": "2026-11-05T12:00:00Z"},
}
KNOWN = frozenset(
    {
        "id",
        "name",
        "company/id",
        "company/name",
        "cancelledFlag",
        "startDate",
        "endDate",
        "quantity",
    }
) | {"lastUpdated"}


def matches(text: str, *, strict_strings: bool = False) -> bool:
    return parse(text, known=KNOWN, strict_strings=strict_strings).matches(RECORD)


@pytest.mark.parametrize(
    "text",
    [
        "id=42",
        "id = 42 and company/id = 7",
        "id=1 or id=42",
        "id=1 and id=2 or id=42",
        "id=42 and (id=1 or company/id=7)",
        "id in (1, 42)",
        "id not in (1,2)",
        "not id=1",
        "not (id=1 or id=2)",
        "id != 1",
        "id>=42 and id<=42 and id<43 and id>41",
        "quantity=12",
        "quantity>11.5",
        'name="Old Mill Bakery"',
        'name contains "mill"',
        'name not contains "Dental"',
        'name like "old%"',
        'name like "*bakery"',
        "cancelledFlag=false",
        "cancelledFlag != true",
        "startDate=[2026-11-01T00:00:00Z]",
        "startDate<=[2026-11-01] and startDate>[2026-10-31T23:59:59Z]",
        "endDate=null",
        "startDate != null",
        "lastUpdated>[2026-11-05T11:59:59Z]",
        "ID=42".lower(),
        "id=42 AND company/id=7",
    ],
)
def test_condition_that_holds(text: str) -> None:
    """Comparisons, in, contains, like, not, and/or and parentheses find the record they
    describe.
    """
    assert matches(text)


@pytest.mark.parametrize(
    "text",
    [
        "id=1 or id=2 and id=42",
        "id=42 and company/id=8",
        "id not in (42)",
        'name contains "dental"',
        'name="Old Mill"',
        'name like "mill%"',
        "cancelledFlag=true",
        "startDate<[2026-11-01]",
        "endDate<[2030-01-01]",
        "endDate != [2030-01-01]",
        'id="42"',
        "name=42",
    ],
)
def test_condition_that_does_not_hold(text: str) -> None:
    """`and` binds closer than `or`, and a comparison with a missing value or another type is never
    true.
    """
    assert not matches(text)


def test_strings_mind_case_and_trailing_spaces_only_on_request() -> None:
    """Whether equality minds case is undocumented: it is a choice, and the default does not."""
    assert matches('name="OLD MILL BAKERY"')
    assert not matches('name="OLD MILL BAKERY"', strict_strings=True)
    assert not matches('name="Old Mill Bakery"', strict_strings=True)
    assert matches('name="Old Mill Bakery  "', strict_strings=True)


def test_a_name_the_server_does_not_know() -> None:
    """An unknown field is refused in the server's sentence, which shows it in lower case."""
    with pytest.raises(ConditionError, match=r"^typeids is not a recognized name\.$"):
        matches("typeIds=1")


def test_field_names_mind_case() -> None:
    """A field spelled in another case is another field."""
    with pytest.raises(ConditionError, match="startdate"):
        matches("StartDate=[2026-11-01]")


@pytest.mark.parametrize(
    "text",
    [
        "id=",
        "id",
        "id 42",
        "id=42 and",
        "(id=42",
        "id=42)",
        "name=Old",
        'name="Old',
        "id in ()",
        "startDate=[soon]",
        'name="say ""hi"""',
        r'name="say \"hi\""',
        "name like 4",
        "=1",
        "id==42",
    ],
)
def test_bad_syntax_is_refused(text: str) -> None:
    """What the guide does not show is refused, a quote inside a quoted string included."""
    with pytest.raises(ConditionError):
        matches(text)


def test_compound_conditions_are_known_as_such() -> None:
    """Only conditions joined by and/or are compound: one tenant was seen to answer those with
    nothing.
    """
    assert parse("id=1 and id=2", known=KNOWN).compound
    assert not parse('not name="a and b"', known=KNOWN).compound
