"""The inventory's client, against answers that the simulator is too truthful to give."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults import Fault, FaultKind, Garble
from tally.domain.evidence.inventory_port import LastSeen, Listed
from tally.errors import ContractError, InFrontError
from tally.gravityzone.inventory import MOST_PAGES
from tests.unit.gravityzone_caller import HARBOR, JUNIPER, World, replying
from tests.unit.scripted import Scripted, Step, answer, error_of

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
MACHINE = "1" * 24
ADDRESS = "203.0.113.77"

type Page = dict[str, Any]


def row(number: int, **fields: object) -> dict[str, object]:
    """A machine's row."""
    details = {"fqdn": f"pc-{number}.local", "ip": ADDRESS}
    plain = {"id": f"{number:024x}", "companyId": HARBOR, "name": f"PC-{number}", "type": 5}
    return {**plain, "details": details, **fields}


def page(number: int, rows: list[Any], *, more: object = False, **fields: object) -> Page:
    """A page of rows."""
    return {"page": number, "perPage": 1000, "hasMoreRecords": more, "items": rows, **fields}


def paging(make: Callable[[int], Page]) -> World:
    """A client whose walks get these pages, by their numbers."""

    def reply(request: requests.PreparedRequest) -> Step:
        asked = json.loads(request.body or b"")
        made = make(asked["params"]["page"])
        return answer(200, json.dumps({"id": asked["id"], "jsonrpc": "2.0", "result": made}))

    return World(Scripted(reply))


def walked(world: World) -> list[Listed]:
    """A whole walk below a company."""
    return list(world.inventory.machines(HARBOR))


@pytest.mark.parametrize(
    "odd",
    [
        3,
        None,
        [],
        {},
        row(2, id=None),
        row(2, id=""),
        row(2, id=7),
        row(2, id="x" * 65),
        row(2, id="a b"),
        row(2, id="a#b"),
        row(2, companyId=None),
        row(2, companyId=""),
        row(2, companyId=["x"]),
        row(2, companyId="x" * 10_000),
        row(2, type=None),
        row(2, type="5"),
        row(2, type=True),
        row(2, type=8),
        row(2, type=0),
        {each: value for each, value in row(2).items() if each != "companyId"},
    ],
    ids=str,
)
def test_an_odd_row_is_told_and_left_out(odd: object) -> None:
    """SAFE-5: a row that names no machine or no company hides no other; what stands in it is not
    repeated, since it may be an address.
    """
    world = paging(lambda number: page(number, [row(1), odd, row(3)], total=3))
    assert [each.name for each in walked(world)] == ["PC-1", "PC-3"]
    (told,) = world.odd
    assert f"{HARBOR}, page 1, row 2: " in told
    assert ADDRESS not in told
    assert len(told) < 500


def test_odd_rows_alike_are_told_one_by_one() -> None:
    """SAFE-5: who counts what was told counts rows."""
    world = paging(lambda number: page(number, [row(1), {}, {}, row(4)]))
    walked(world)
    assert len(set(world.odd)) == 2


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_rows_that_are_no_machines(kind: int) -> None:
    """SAFE-5: companies, containers, folders and groups may stand in a walk; nobody is told."""
    folder = {"id": "2" * 24, "name": "Folder", "type": kind}
    world = paging(lambda number: page(number, [folder, row(1)]))
    assert [each.name for each in walked(world)] == ["PC-1"]
    assert world.odd == []


def test_a_row_of_another_company_is_that_companys() -> None:
    """SAFE-5: a row concerns whom it names, whatever was walked."""
    world = paging(lambda number: page(number, [row(1, companyId=JUNIPER), row(2)]))
    assert [each.company_id for each in walked(world)] == [JUNIPER, HARBOR]


@pytest.mark.parametrize("company", [HARBOR, JUNIPER])
def test_a_machine_that_stands_twice(company: str) -> None:
    """READ-8: one id is one machine, on one page or on two; the first row counts."""
    again = row(1, companyId=company, name="CLONE")
    world = paging(lambda number: page(number, [row(1), again, row(2)]))
    assert [each.name for each in walked(world)] == ["PC-1", "PC-2"]
    assert len(world.odd) == 1
    pages = {1: page(1, [row(1)], more=True, total=3), 2: page(2, [again, row(2)])}
    world = paging(pages.__getitem__)
    assert [each.name for each in walked(world)] == ["PC-1", "PC-2"]
    assert len(world.odd) == 1


@pytest.mark.parametrize(
    ("fields", "name", "fqdn"),
    [
        ({"name": "x" * 5_000}, "x" * 249 + "…", "pc-1.local"),
        ({"name": None, "details": None}, "", ""),
        ({"name": 12, "details": []}, "", ""),
        (
            {"name": "<b>\u202e\u05d8\U0001f600</b>", "details": {}},
            "<b>\u202e\u05d8\U0001f600</b>",
            "",
        ),
        ({"details": {"fqdn": 3}}, "PC-1", ""),
        ({"details": {"fqdn": "y" * 5_000}}, "PC-1", "y" * 249 + "…"),
    ],
)
def test_absurd_names(fields: dict[str, object], name: str, fqdn: str) -> None:
    """SAFE-10: a name has a bound, and a machine without one is known by its id."""
    (found,) = walked(paging(lambda number: page(number, [row(1, **fields)])))
    assert (found.name, found.fqdn) == (name, fqdn)


@pytest.mark.parametrize("managed", [None, "false", 0])
def test_only_false_is_unmanaged(managed: object) -> None:
    """PROOF-3: a machine is taken for an unmanaged one only where GravityZone says so."""
    (found,) = walked(paging(lambda n: page(n, [row(1, details={"isManaged": managed})])))
    assert found.managed


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        {"items": []},
        page(1, [], more=None),
        page(1, [], more="false"),
        page(1, [], more=0),
        {**page(1, []), "items": {}},
        {**page(1, []), "items": None},
        page(2, [row(1)]),
        page(0, [row(1)]),
        {**page(1, [row(1)]), "page": "1"},
        page(1, [], more=True),
    ],
    ids=str,
)
def test_a_page_of_another_shape_is_no_page(result: object) -> None:
    """SAFE-5: a list whose pages cannot be told apart, or its end, is not read."""
    assert type(error_of(lambda: walked(replying(result=result)))) is ContractError


@pytest.mark.parametrize("ends", [True, False])
def test_a_page_that_repeats_is_no_page(ends: bool) -> None:
    """SAFE-5: a page that brings nothing new hides another: the list is not used."""
    world = paging(lambda number: page(number, [row(1), row(2)], more=number == 1 or not ends))
    error = error_of(lambda: walked(world))
    assert type(error) is ContractError
    assert "page 2 has nothing new" in str(error)


def test_pages_that_never_end() -> None:
    """SAFE-10: a walk has a bound, whatever the pages say."""
    asked: list[int] = []

    def make(number: int) -> Page:
        asked.append(number)
        return page(number, [row(number)], more=True)

    error = error_of(lambda: walked(paging(make)))
    assert type(error) is ContractError
    assert len(asked) == MOST_PAGES


@pytest.mark.parametrize(("total", "whole"), [(3, False), (2, True), (1, True), (0, True)])
def test_fewer_rows_than_were_promised(total: int, *, whole: bool) -> None:
    """SAFE-5: rows that are missing at the end make it no list; more may have come meanwhile."""
    pages = {1: page(1, [row(1)], more=True, total=total), 2: page(2, [row(2)])}
    world = paging(pages.__getitem__)
    if whole:
        assert len(walked(world)) == 2
    else:
        assert "2 rows came of 3" in str(error_of(lambda: walked(world)))


@pytest.mark.parametrize("total", [None, "2", True, 2.5, [], -1])
def test_a_total_that_is_none(total: object) -> None:
    """SAFE-5: `hasMoreRecords` tells the end; a total is used only if it is a number."""
    assert len(walked(paging(lambda number: page(number, [row(1)], total=total)))) == 1


def test_a_later_total_is_not_read() -> None:
    """SAFE-5: `total` is documented on page 1 alone."""
    pages = {1: page(1, [row(1)], more=True, total=2), 2: page(2, [row(2)], total=99)}
    assert len(walked(paging(pages.__getitem__))) == 2


def test_a_last_page_that_is_empty() -> None:
    """SAFE-5: what stood on it may have gone meanwhile, if page 1 has not promised it."""
    pages = {1: page(1, [row(1)], more=True), 2: page(2, [])}
    assert len(walked(paging(pages.__getitem__))) == 1


@pytest.mark.parametrize("garble", Garble)
def test_a_garbled_answer_is_no_answer(garble: Garble) -> None:
    """READ-2: HTML, an empty body or truncated JSON is an error that names the call."""
    for call in (
        lambda world: list(world.inventory.machines(HARBOR)),
        lambda world: world.inventory.deleted_group(HARBOR),
        lambda world: world.inventory.last_seen(MACHINE),
    ):
        world = World()
        world.simulator.tenant.add_endpoint(HARBOR, endpoint_id=MACHINE)
        world.simulator.faults.add(Fault(kind=FaultKind.GARBLED, garble=garble))
        error = error_of(lambda call=call, world=world: call(world))  # type: ignore[misc]
        assert type(error) is (InFrontError if garble is Garble.HTML else ContractError)
        assert str(error).startswith("GravityZone get")


def seen(value: object, **fields: object) -> LastSeen | None:
    """What is made of a `lastSeen`."""
    world = replying(result={"companyId": HARBOR, "lastSeen": value, **fields})
    return world.inventory.last_seen(MACHINE)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("2026-11-01T00:00:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01 00:00:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T00:00:00.5", datetime(2026, 11, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T01:00:00+02:00", datetime(2026, 10, 31, 23, tzinfo=UTC)),
        ("2026-11-10T12:00:00", NOW),
        ("2026-11-10T12:01:00", NOW),
        ("2026-11-10T12:01:01", None),
        ("2026-11-10T12:30:00-02:00", None),
        ("2027-01-01T00:00:00", None),
        ("2026-11-01", None),
        ("2026-11-31T00:00:00", None),
        ("2026-11-01T25:00:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("01/11/2026 00:00:00", None),
        ("", None),
        (None, None),
        (1_793_491_200, None),
        (True, None),
        (["2026-11-01T00:00:00"], None),
        ("٢٠٢٦-11-01T00:00:00", None),
    ],
    ids=str,
)
def test_instants(value: object, at: datetime | None) -> None:
    """PROOF-1: a time without a zone is UTC; one that is no instant, or still to come, proves
    nothing.
    """
    assert seen(value) == LastSeen(company_id=HARBOR, at=at)


@pytest.mark.parametrize(
    ("told", "proves"), [("2026-11-30T23:59:59", True), ("2026-12-01T00:00:00", False)]
)
def test_a_clock_ahead_of_ours_proves_nothing_of_a_month_that_is_over_there(
    told: str, proves: bool
) -> None:
    """PROOF-1: what GravityZone saw after the month is not taken for the end of it."""
    world = replying(result={"companyId": HARBOR, "lastSeen": told})
    world.simulator.clock.set(datetime(2026, 11, 30, 23, 59, 58, tzinfo=UTC))
    found = world.inventory.last_seen(MACHINE)
    assert found == LastSeen(company_id=HARBOR, at=world.simulator.clock.now() if proves else None)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own clock is set to Sydney."""
    monkeypatch.setenv("TZ", "Australia/Sydney")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_our_own_zone_changes_nothing() -> None:
    """PROOF-1: where Tally runs says nothing about GravityZone's clock."""
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert seen("2026-11-01T00:00:00") == LastSeen(company_id=HARBOR, at=at)


@given(ago=st.timedeltas(timedelta(0), timedelta(days=9_000)))
def test_no_instant_is_shifted(ago: timedelta) -> None:
    """PROOF-1: what GravityZone says is kept to the second."""
    at = (NOW - ago).replace(microsecond=0)
    told = seen(at.strftime("%Y-%m-%dT%H:%M:%S"))
    assert told == LastSeen(company_id=HARBOR, at=at)


@given(
    value=st.one_of(
        st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.none()
    )
)
def test_nothing_else_is_an_instant(value: object) -> None:
    """PROOF-1: an instant is never invented."""
    assert seen(value) == LastSeen(company_id=HARBOR, at=None)


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        {},
        {"companyId": None, "lastSeen": "2026-11-01T00:00:00"},
        {"companyId": "", "lastSeen": "2026-11-01T00:00:00"},
        {"companyId": HARBOR, "id": "2" * 24},
        {"companyId": HARBOR, "id": 3},
    ],
    ids=str,
)
def test_details_of_nobody_or_of_another(result: object) -> None:
    """MATCH-4: what is answered must be what was asked for, and name a company."""
    world = replying(result=result)
    assert type(error_of(lambda: world.inventory.last_seen(MACHINE))) is ContractError


def test_details_that_have_a_key_twice() -> None:
    """READ-8: an answer about one machine that says two things says nothing."""
    twice = f'{{"companyId": "{HARBOR}", "lastSeen": null, "lastSeen": "2026-11-01T00:00:00"}}'
    body = f'{{"id": "call-1", "jsonrpc": "2.0", "result": {twice}}}'
    world = World(Scripted([answer(200, body.encode())]))
    assert "twice" in str(error_of(lambda: world.inventory.last_seen(MACHINE)))


@pytest.mark.parametrize(
    ("rows", "group", "told"),
    [
        ([], None, 0),
        ([{"id": "a", "name": "Deleted"}], "a", 0),
        ([{"id": "a", "name": "deleted"}, {"id": "b", "name": "Deleted "}], None, 0),
        ([{"id": "a", "name": "Deleted"}, {"id": "a", "name": "Deleted"}], "a", 0),
        ([{"id": "a", "name": "Deleted"}, {"id": "b", "name": "Deleted"}], None, 1),
        ([{"name": "Deleted"}, {"id": "a", "name": "Deleted"}], "a", 1),
        ([3, {"id": "a"}, {"id": "b", "name": "Deleted"}], "b", 2),
    ],
    ids=str,
)
def test_groups(rows: list[object], group: str | None, told: int) -> None:
    """PROOF-3: the group is found by its exact name, and is none where two have it."""
    world = replying(result=rows)
    assert world.inventory.deleted_group(HARBOR) == group
    assert len(world.odd) == told


@pytest.mark.parametrize("result", [None, {}, {"items": []}, "x"])
def test_groups_of_another_shape(result: object) -> None:
    """SAFE-5: an answer that is no list of groups does not mean that there is none."""
    error = error_of(lambda: replying(result=result).inventory.deleted_group(HARBOR))
    assert type(error) is ContractError


@pytest.mark.parametrize("items", [{}, 3, None])
def test_an_answer_that_cannot_be_read_is_not_quoted(items: object) -> None:
    """SAFE-10: it may name people and addresses, and those stand in no log."""
    world = paging(lambda number: {"ip": ADDRESS, "page": number, "items": items})
    with pytest.raises(ContractError, match="bytes") as raised:
        walked(world)
    assert ADDRESS not in str(raised.value)
