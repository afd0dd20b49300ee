"""The ConnectWise client's lists: whole or not at all, and filtered again."""

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulators.connectwise import Right
from simulators.connectwise.example import ENDPOINT, SECURITY, SECURITY_SERVER, example_world
from simulators.faults import Fault, FaultKind
from simulators.scenario import AgreementType, CatalogProduct, ConnectWiseCompany, ConnectWiseWorld
from tally.errors import (
    AmbiguousNameError,
    ContractError,
    MissingRightError,
    RateLimitedError,
    TooSlowError,
    TransientError,
)
from tests.unit.connectwise_caller import (
    INFO,
    SITE,
    World,
    companies,
    listing,
    make_client,
    scripted,
)
from tests.unit.scripted import Scripted, Step, answer, error_of


@pytest.fixture
def world() -> World:
    return World()


def test_agreement_types(world: World) -> None:
    """MATCH-2: all active types by their exact names, so that near misses can be named."""
    assert world.client.agreement_types("security") == {
        "Security": SECURITY,
        "Security Server": SECURITY_SERVER,
    }


def test_inactive_agreement_types_are_left_out() -> None:
    """MATCH-2: an inactive type is none; a missing flag means active."""
    client, _ = listing([{"id": 1, "name": "Old", "inactiveFlag": True}, {"id": 2, "name": "New"}])
    assert client.agreement_types("New") == {"New": 2}


def test_two_types_of_the_wanted_name() -> None:
    """MATCH-2: two of the very name asked for is the operator's to clear up; of another name it is
    nobody's matter.
    """
    rows = [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}, {"id": 3, "name": "A"}]
    error = error_of(lambda: listing(rows)[0].agreement_types("A"))
    assert type(error) is AmbiguousNameError
    assert "ids 1 and 3" in str(error)
    assert listing(rows)[0].agreement_types("B") == {"A": 1, "B": 2}


def test_a_product_by_its_identifier(world: World) -> None:
    """MATCH-2: found by a narrow search; the catalog is not read as a whole."""
    assert world.client.products("GZ-ENDPOINT") == {"GZ-ENDPOINT": ENDPOINT}
    assert world.simulator.calls.count("GET catalog") == 1


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("identifier", ["gz-endpoint", "GZ-ENDPOINT ", "Gz- Endpoint"])
def test_near_misses_of_a_product(identifier: str, strict: bool) -> None:
    """MATCH-2: one that differs by case or spaces is answered to be named, whether or not `=` minds
    case there.
    """
    assert World(strict_strings=strict).client.products(identifier) == {"GZ-ENDPOINT": ENDPOINT}


def test_no_such_product(world: World) -> None:
    """MATCH-2: one that merely contains the text, and a bundle, which cannot be an Addition, are no
    products for us.
    """
    assert world.client.products("GZ") == {}
    assert world.client.products("GZ-BUNDLE") == {}


@pytest.mark.parametrize(
    "identifier", ['19" rack', "back\\slash", "it's", "100%", "a & b = c", "Überwachung"]
)
def test_awkward_identifiers(identifier: str) -> None:
    """MATCH-4: how a quote is quoted is not documented, so that search is made by reading the
    catalog.
    """
    # Fmt: skip.
    product = CatalogProduct(
        id=7, identifier=identifier, description="", unit_price=Decimal(1), unit_cost=Decimal(1)
    )
    world = World(replace(example_world(), products=(*example_world().products, product)))
    assert world.client.products(identifier) == {identifier: 7}


def test_a_search_that_is_refused_or_finds_nothing_is_no_answer() -> None:
    """MATCH-4: a `conditions` answer is never trusted alone: without the product in it, the whole
    catalog is read.
    """
    catalog = answer(
        200, '[{"id": 7, "identifier": "X"}, {"id": 8, "identifier": "x", "inactiveFlag": true}]'
    )
    assert scripted(answer(200, "[]"), catalog).products("X") == {"X": 7}
    assert scripted(answer(400, '{"message": "no"}'), catalog).products("X") == {"X": 7}
    assert type(error_of(lambda: scripted(answer(403)).products("X"))) is MissingRightError


def test_searches_are_filtered_again() -> None:
    """MATCH-4: a server that ignores `conditions` changes nothing."""
    client, _ = listing(
        [{"id": 1, "name": "A", "deletedFlag": True}, {"id": 2, "name": "B", "deletedFlag": None}]
    )
    assert [each.id for each in client.companies()] == [2]
    rows = [{"id": n, "type": {"id": n}, "company": {"id": 5}} for n in (SECURITY, SECURITY_SERVER)]
    assert [each.id for each in listing(rows)[0].agreements(SECURITY)] == [SECURITY]


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503, 504])
def test_a_search_of_the_catalog_that_fails(world: World, status: int) -> None:
    """MATCH-4: whatever is wrong with the search alone, the whole catalog serves; a pause that was
    asked for is kept.
    """
    world.simulator.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, operation="GET catalog", contains="identifier=")
    )
    assert world.client.products("GZ-ENDPOINT") == {"GZ-ENDPOINT": ENDPOINT}
    world.simulator.faults.clear()
    world.simulator.faults.add(Fault(kind=FaultKind.THROTTLED, seconds=60, operation="GET catalog"))
    assert type(error_of(lambda: world.client.products("GZ-ENDPOINT"))) is RateLimitedError


def test_a_catalog_that_may_not_be_read(world: World) -> None:
    """SAFE-7: the error is about the catalog, and names the right that is missing there."""
    world.simulator.options.taken_rights = frozenset({Right.CATALOG_INQUIRE})
    error = error_of(lambda: world.client.products("GZ-ENDPOINT"))
    assert type(error) is MissingRightError
    assert "/procurement/catalog" in str(error)
    assert str(error).endswith("Procurement > Product Catalog: Inquire All")


def many(count: int) -> ConnectWiseWorld:
    each = (
        ConnectWiseCompany(id=n, identifier=f"C{n}", name=f"Company {n}")
        for n in range(1, count + 1)
    )
    return ConnectWiseWorld(companies=tuple(each), agreement_types=(), products=())


@pytest.mark.parametrize(("count", "most", "first", "later"), [
    (2501, 500, 1 + 11, 11), (2501, 250, 2 + 21, 21), (2501, 60, 5 + 101, 101),
    (620, 600, 1 + 3, 3), (40, 20, 5 + 1, None),
])  # fmt: skip
def test_large_pages_that_do_not_come(count: int, most: int, first: int, later: int | None) -> None:
    """SAFE-6: a page that does not come in time is asked for by half, once each, down to 50; what
    passed is kept to. Between two pages one record is looked at again.
    """
    world = World(many(count), slow_above=most)
    if later is None:
        assert type(error_of(world.client.companies)) is TooSlowError
        # Fmt: skip.
        assert [
            int(call.query["pageSize"]) for call in world.simulator.calls.of("GET companies")
        ] == [
            1000,
            500,
            250,
            125,
            62,
            50,
            50,
            50,
        ]
        return
    for calls in (first, later):
        world.simulator.calls.clear()
        assert [each.id for each in world.client.companies()] == list(range(1, count + 1))
        assert world.simulator.calls.count("GET companies") == calls


@pytest.mark.parametrize("fails", range(1, 7))
@pytest.mark.parametrize("status", [504, 408, 524])
def test_a_page_in_the_middle_that_does_not_come(fails: int, status: int) -> None:
    """SAFE-5: wherever the size changes, no record is lost and none comes twice, whoever says that
    it takes too long.
    """
    world = World(many(2777))
    world.simulator.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, operation="GET companies", after=fails, times=4)
    )
    assert [each.id for each in world.client.companies()] == list(range(1, 2778))


def test_a_page_that_is_too_large(world: World) -> None:
    """SAFE-10: one that is larger than what is read is asked for by half too."""
    large = [{**row, "name": "x" * 30_000} for row in companies(1, 700)]
    client, network = listing(large[:500], large[500:])
    network._steps = _by_size(large)
    assert len(list(client.companies())) == 700
    # 700 without a `Link` may be a server's limit, so there may be a page after it.
    # That one is empty, so nobody looks whether a record has left meanwhile.
    assert len(network.requests) == 1 + 1 + 3


def test_a_list_that_is_out(world: World) -> None:
    """SAFE-6: other failures are not a matter of size: three attempts, as of any call."""
    world.simulator.faults.add(Fault(kind=FaultKind.STATUS, status=503, operation="GET companies"))
    assert type(error_of(world.client.companies)) is TransientError
    assert {call.query["pageSize"] for call in world.simulator.calls.of("GET companies")} == {
        "1000"
    }
    assert world.simulator.calls.count("GET companies") == 3


@pytest.mark.parametrize(
    ("count", "most"),
    [('{"count": 15}', 120), ("[]", 1010), ("null", 1010), ('{"count": "15"}', 1010), (None, 1010)],
)
def test_pages_that_go_on_for_ever(count: str | None, most: int) -> None:
    """SAFE-10: new records page after page end soon beyond those that the list counts, and some
    time if it counts none.
    """
    made = iter(range(1, 10_000_000))

    def page(request: requests.PreparedRequest) -> Step:
        url = request.url or ""
        if "companyinfo" in url:
            return INFO
        if "/count?" in url:
            return answer(404) if count is None else answer(200, count)
        first = next(made)
        return answer(
            200, json.dumps(companies(first, first)), {"Link": '<https://x.test/>; rel="next"'}
        )

    network = Scripted(page)
    error = error_of(make_client(network).companies)
    assert len(network.requests) < most
    assert type(error) is ContractError
    assert "do not end" in str(error)


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2000, 2001])
@pytest.mark.parametrize("linked", [True, False])
def test_lists_of_any_length(count: int, linked: bool) -> None:
    """SAFE-5: a list is read to its end, with or without `Link` headers, also where the last page
    is full.
    """
    rows = companies(1, count)
    pages = [rows[start : start + 1000] for start in range(0, count, 1000)]
    further, last = '<https://x.test/?page=2>; rel="next", <y>; rel="last"', '<x>; rel="first"'
    links = [{"Link": further if n < len(pages) else last} for n in range(1, len(pages) + 1)]
    client, _ = listing(*pages, headers=links if linked else None)
    assert [each.id for each in client.companies()] == list(range(1, count + 1))


def test_short_pages_with_a_next_one() -> None:
    """SAFE-5: a server that gives fewer a page than asked for says by its link that there is
    more.
    """
    more, last = {"Link": "<https://x.test/>; rel=next"}, {"Link": '<https://x.test/>; rel="prev"'}
    client, network = listing(companies(1, 3), [], companies(4, 5), headers=[more, more, last])
    assert [each.id for each in client.companies()] == [1, 2, 3, 4, 5]
    assert len(network.requests) == 5
    assert all((request.url or "").startswith(f"{SITE}/") for request in network.requests)


@pytest.mark.parametrize("most", [25, 100, 250, 500])
def test_short_pages_without_a_link(most: int) -> None:
    """MATCH-8: where a server gives fewer a page than asked for, and a proxy drops its `Link`
    header, no list ends before its end: what it seemed to lack would count as a fact.
    """
    rows = companies(1, 2 * most + 7)
    client, _ = listing(*(rows[at : at + most] for at in range(0, len(rows), most)))
    assert len(list(client.companies())) == len(rows)


@pytest.mark.parametrize(
    "link", ["<x>; rel='next'", '<x>; rel = "next"', '<x>; rel="prev", <y>; rel="last next"']
)
def test_a_next_page_in_other_words(link: str) -> None:
    """SAFE-5: a `Link` header has many forms (RFC 8288): none hides a next page."""
    client, _ = listing(companies(1, 3), companies(4, 5), headers=[{"Link": link}, {"Link": "<x>"}])
    assert len(list(client.companies())) == 5


def test_the_simulator_pages_too() -> None:
    """SAFE-5: 2,500 companies come whole over three pages; two further calls see that none has
    moved.
    """
    many = tuple(
        ConnectWiseCompany(id=n, identifier=f"C{n}", name=f"Company {n}") for n in range(1, 2501)
    )
    world = World(ConnectWiseWorld(companies=many, agreement_types=(), products=()))
    assert len(list(world.client.companies())) == 2500
    assert world.simulator.calls.count("GET companies") == 3 + 2


@pytest.mark.parametrize("gone", [1, 999, 1000, 1001, 1999, 2000])
@pytest.mark.parametrize("after", [1, 2])
def test_a_record_that_leaves_a_list_while_it_is_read(gone: int, after: int) -> None:
    """MATCH-8: what moves up onto a page that has been read is no record that is not there: the
    list is not used.
    """
    rows, asked = companies(1, 2_500), 0

    def page(request: requests.PreparedRequest) -> Step:
        nonlocal asked
        if "companyinfo" in (request.url or ""):
            return INFO
        answered = _by_size(rows)(request)
        asked += 1
        if asked == after:
            del rows[gone - 1]
        return answered

    client = make_client(Scripted(page))
    if gone > after * 1000:
        assert len(list(client.companies())) == 2_499
    else:
        error = error_of(lambda: list(client.companies()))
        assert type(error) is TransientError
        assert "has left the list while it was read" in str(error)


def test_a_record_that_joins_a_list_while_it_is_read() -> None:
    """SAFE-5: it comes last, in the order of ids, and moves no other."""
    rows = companies(1, 1_500)

    def page(request: requests.PreparedRequest) -> Step:
        if "companyinfo" in (request.url or ""):
            return INFO
        answered = _by_size(rows)(request)
        rows.extend(companies(len(rows) + 1, len(rows) + 1))
        return answered

    assert len(list(make_client(Scripted(page)).companies())) == 1_501


def test_a_page_that_fails_fails_the_list() -> None:
    """SAFE-5: when page 2 fails nothing comes of page 1 alone, and the next time it is whole."""
    many = tuple(
        ConnectWiseCompany(id=n, identifier=f"C{n}", name=f"Company {n}") for n in range(1, 1502)
    )
    world = World(ConnectWiseWorld(companies=many, agreement_types=(), products=()))
    world.simulator.faults.add(
        Fault(kind=FaultKind.STATUS, status=500, operation="GET companies", after=1, times=3)
    )
    assert type(error_of(world.client.companies)) is TransientError
    assert len(list(world.client.companies())) == 1501


def test_pages_that_repeat() -> None:
    """SAFE-5: a server that ignores `page` gives the same records for ever: that is an error, at
    once.
    """
    client, network = listing(companies(1, 1000), companies(1000, 1999))
    assert type(error_of(client.companies)) is ContractError
    assert len(network.requests) == 3


def test_pages_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-5: a list that says "next" for ever ends in an error."""
    monkeypatch.setattr("tally.connectwise.pages.MOST_PAGES", 3)
    more = {"Link": '<https://x.test/>; rel="next"'}
    error = error_of(listing([], [], [], [], headers=[more] * 4)[0].companies)
    assert type(error) is ContractError
    assert "do not end" in str(error)


def _by_size(rows: list[dict[str, Any]]) -> Callable[[requests.PreparedRequest], Step]:
    def page(request: requests.PreparedRequest) -> Step:
        asked = parse_qs(urlsplit(request.url or "").query)
        if not asked:
            return INFO
        size, number = int(asked["pageSize"][0]), int(asked["page"][0])
        return answer(200, json.dumps(rows[(number - 1) * size : number * size]))

    return page


def test_near_misses_by_case_only() -> None:
    """MATCH-2: a type that differs by case alone is in the answer under its own name."""
    types = (
        AgreementType(id=1, name="Managed SECURITY"),
        AgreementType(id=2, name="Managed Security "),
    )
    world = World(
        replace(example_world(), agreement_types=(*example_world().agreement_types, *types))
    )
    assert {"Managed SECURITY", "Managed Security "} < set(
        world.client.agreement_types("Managed Security")
    )
