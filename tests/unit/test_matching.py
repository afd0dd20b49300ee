"""Names: what is the same, and what is nearly so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.linking.likeness import likeness, near_misses
from tally.domain.linking.matching import Linked, NameIndex, NotLinked, count_names, resolve
from tally.domain.model.company import Company, CompanyKind, ConnectWiseCompany

WORDS = st.lists(
    st.text(alphabet="abcdefgopsz", min_size=1, max_size=6)
    | st.sampled_from(["co", "ltd", "sa", "inc", "ag"]),
    min_size=1,
    max_size=4,
)


def company(name: str) -> Company:
    """A GravityZone customer."""
    return Company(id="a" * 24, name=name, kind=CompanyKind.CUSTOMER, parent_id="b" * 24)


def connectwise(company_id: int, name: str, *, deleted: bool = False) -> ConnectWiseCompany:
    """A ConnectWise company."""
    return ConnectWiseCompany(
        id=company_id, identifier=f"C{company_id}", name=name, deleted=deleted
    )


@given(WORDS)
def test_likeness_minds_no_case(words: list[str]) -> None:
    """MATCH-1: names that differ by case are near."""
    name = " ".join(words)
    assert likeness(name) == likeness(name.upper()) == likeness(name.title())


@given(WORDS)
def test_likeness_minds_no_spaces(words: list[str]) -> None:
    """MATCH-1: names that differ by spaces are near, wherever the spaces stand."""
    assert likeness(" ".join(words)) == likeness("  ".join(words) + " ") == likeness("".join(words))


@given(
    WORDS,
    st.sampled_from(["Ltd", "Ltd.", "Limited", "Inc", "Inc.", ", Inc.", "LLC", "PLLC", "GmbH"]),
)
def test_likeness_minds_no_legal_form(words: list[str], form: str) -> None:
    """MATCH-1: names that differ by Ltd, Limited, Inc. and the like are near."""
    assert likeness(f"{' '.join(['bright', *words])} {form}") == likeness(
        " ".join(["bright", *words])
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbor Dental", "HARBOR DENTAL"),
        ("Harbor Dental", "Harbor Dental, Inc."),
        ("Acme Ltd", "ACME Limited"),
        ("A.C.M.E. Corp", "acme"),
        ("Harbor Dental", "Harbor Dental, P.L.L.C."),
        ("Harbor P", "Harbor P LLC"),
        ("Straße GmbH", "STRASSE"),
        ("Coop Bakery", "Co-op Bakery"),
        ("Co op Bakery", "Coop Bakery"),
    ],
)
def test_near(one: str, other: str) -> None:
    """MATCH-1: near misses share their likeness, in both directions."""
    assert likeness(one) == likeness(other)
    assert near_misses(one, [other]) == (other,)
    assert near_misses(other, [one]) == (one,)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Acme", "Acme Services"), ("Harbor Dental", "Harbour Dental"), ("Acme 1", "Acme 2")],
)
def test_not_near(one: str, other: str) -> None:
    """MATCH-1: another word makes another name."""
    assert likeness(one) != likeness(other)


@pytest.mark.parametrize("name", ["Ltd", "Co", "S.A.", "&", "", "株式会社"])
def test_odd_names_do_not_all_look_alike(name: str) -> None:
    """MATCH-1: a name of nothing but a legal form or signs is not near every other one."""
    assert near_misses(name, ["Acme", "Harbor Dental"]) == ()


def test_the_name_itself_is_no_near_miss() -> None:
    """MATCH-2: what is named exactly so is not offered as a near miss, and each near one is offered
    once.
    """
    assert near_misses("Acme", ["Acme", "ACME", "ACME", "acme"]) == ("ACME", "acme")


def test_resolve() -> None:
    """MATCH-2: a name resolves by case; else the sentence has the setting and the near misses."""
    ids = {"Endpoint Security": 18, "Help Desk": 3}
    assert resolve("Endpoint Security", ids, what="agreement type", setting="AgreementType") == 18
    wrong = resolve("endpoint security", ids, what="agreement type", setting="AgreementType")
    assert isinstance(wrong, str)
    for said in ("agreement type", "'endpoint security'", "AgreementType", "'Endpoint Security'"):
        assert said in wrong
    assert "Help Desk" not in wrong
    unlike = resolve("Backups", ids, what="agreement type", setting="AgreementType")
    assert isinstance(unlike, str)
    assert "There is" not in unlike


def test_one_namesake_links() -> None:
    """MATCH-1: unique on both sides and nobody's: linked; deleted ones are left out."""
    index = NameIndex(
        [connectwise(1, "Acme"), connectwise(2, "Acme", deleted=True), connectwise(3, "ACME")],
        linked={},
    )
    assert index.link(company("Acme"), namesakes=1) == Linked(company=connectwise(1, "Acme"))


@pytest.mark.parametrize(
    ("companies", "linked", "namesakes", "said"),
    [
        (
            [connectwise(1, "Acme")],
            {1: "Acme the first"},
            1,
            ["already linked", "Acme the first", "id 1"],
        ),
        ([connectwise(1, "Acme")], {}, 2, ["2 GravityZone companies", "'Acme'"]),
        (
            [connectwise(1, "Acme"), connectwise(2, "Acme")],
            {},
            1,
            ["2 ConnectWise companies", "id 1", "id 2"],
        ),
        ([connectwise(1, "ACME Ltd")], {}, 1, ["'ACME Ltd'", "id 1", "Near"]),
        ([connectwise(1, "Acme", deleted=True)], {}, 1, ["No ConnectWise company", "or nearly so"]),
        ([], {}, 1, ["No ConnectWise company", "'Acme'"]),
    ],
)
def test_anything_else_waits_for_a_person(
    companies: list[ConnectWiseCompany], linked: dict[int, str], namesakes: int, said: list[str]
) -> None:
    """MATCH-1: several, none, a near one, or one that is taken: no link, and the person reads
    why.
    """
    found = NameIndex(companies, linked=linked).link(company("Acme"), namesakes=namesakes)
    assert isinstance(found, NotLinked)
    for each in said:
        assert each in found.reason


def test_a_long_list_is_cut() -> None:
    """MATCH-1: the first few of many namesakes are listed, and how many more there are."""
    found = NameIndex([connectwise(number, "Acme") for number in range(1, 9)], linked={}).link(
        company("Acme"), namesakes=1
    )
    assert isinstance(found, NotLinked)
    assert "id 5" in found.reason
    assert "id 6" not in found.reason
    assert "and 3 more" in found.reason


def test_names_are_counted_by_case() -> None:
    """MATCH-1: namesakes bear the very same name."""
    counts = count_names([company("Acme"), company("Acme"), company("acme")])
    assert (counts["Acme"], counts["acme"], counts["other"]) == (2, 1, 0)
