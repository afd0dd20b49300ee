"""Lists of the ConnectWise simulator: conditions, order, pages, chosen fields, and what records
look like.
"""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from simulators.connectwise import ConnectWiseSimulator
from simulators.connectwise.example import (
    FOREIGN_ADDITION,
    HARBOR,
    HARBOR_AGREEMENT,
    OLD_MILL_AGREEMENT,
    SECURITY,
    Caller,
    example_simulator,
    new_addition,
)

COMPANIES = "company/companies"
AGREEMENTS = "finance/agreements"
ADDITIONS = f"{AGREEMENTS}/{HARBOR_AGREEMENT}/additions"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def ids(rows: list[dict[str, int]]) -> list[int]:
    return [row["id"] for row in rows]


def fill(simulator: ConnectWiseSimulator, number: int) -> None:
    for index in range(number):
        simulator.people.add_company(f"C{index}", f"Company {index:04}")


@pytest.mark.parametrize(
    ("path", "first"),
    [
        (COMPANIES, HARBOR),
        ("finance/agreements/types", SECURITY),
        ("procurement/catalog", 501),
        (AGREEMENTS, HARBOR_AGREEMENT),
        (ADDITIONS, FOREIGN_ADDITION),
    ],
)
def test_every_list_has_its_records_its_count_and_its_reads_by_id(
    caller: Caller, path: str, first: int
) -> None:
    """Beside each list stand `/count` and the single record."""
    rows = caller.rows(path)
    assert rows[0]["id"] == first
    assert json.loads(caller.get(f"{path}/count").body) == {"count": len(rows)}
    assert json.loads(caller.get(f"{path}/{first}").body) == rows[0]


def test_nulls_are_left_out_and_names_stand_as_stored(caller: Caller) -> None:
    """An answer has no null, and a name keeps the spaces at its end."""
    rows = caller.rows(COMPANIES) + caller.rows(AGREEMENTS) + caller.rows(ADDITIONS)
    assert all(value is not None for row in rows for value in row.values())
    assert rows[1]["name"] == "Old Mill Bakery  "
    assert "endDate" not in rows[3]


def test_deleted_companies_are_listed_with_their_flag(caller: Caller) -> None:
    """A deleted company stays in the list."""
    assert [row["deletedFlag"] for row in caller.rows(COMPANIES)] == [False, False, True]


def test_agreement_as_documented(caller: Caller) -> None:
    """An agreement carries references, dates at midnight Z, and its status as of today."""
    agreement = caller.rows(AGREEMENTS)[1]
    assert agreement["company"]["identifier"] == "OldMill"
    assert agreement["type"]["name"] == "Security Server"
    assert agreement["billingCycle"]["name"] == "Monthly"
    assert agreement["billStartDate"] == "2026-11-10T00:00:00Z"
    assert agreement["noEndingDateFlag"] is True
    assert agreement["agreementStatus"] == "Active"
    assert agreement["_info"]["updatedBy"] == "admin"


def test_addition_as_documented(caller: Caller) -> None:
    """An Addition has double quantities, computed amounts, and no cancelled date if it is
    open-ended.
    """
    addition = caller.rows(ADDITIONS)[0]
    assert b'"quantity":3.0' in caller.get(ADDITIONS).body
    assert (addition["unitPrice"], addition["extPrice"], addition["extCost"]) == (4.5, 13.5, 3.6)
    assert addition["product"] == {"id": 501, "identifier": "GZ-ENDPOINT"}
    assert addition["agreementId"] == HARBOR_AGREEMENT
    assert "cancelledDate" not in addition


@pytest.mark.parametrize(
    ("form", "shown"), [("missing", "left out"), ("null", None), ("empty", "")]
)
def test_open_end_has_three_forms(caller: Caller, form: str, shown: str | None) -> None:
    """A cancelled date that is not set may be missing, null or an empty string, record by
    record.
    """
    acts = json.dumps({"act": "show_open_end", "addition_id": FOREIGN_ADDITION, "form": form})
    assert caller.simulator.control("POST", "/_sim/acts", acts.encode()).status == 200
    assert caller.rows(ADDITIONS)[0].get("cancelledDate", "left out") == shown
    caller.simulator.people.cancel_addition(FOREIGN_ADDITION, date(2026, 11, 30))
    assert caller.rows(ADDITIONS)[0]["cancelledDate"] == "2026-11-30T00:00:00Z"


def test_conditions_filter_and_count(caller: Caller) -> None:
    """Conditions narrow a list and its count alike."""
    text = f"company/id={HARBOR} and type/id={SECURITY} and cancelledFlag=false"
    assert ids(caller.rows(AGREEMENTS, conditions=text)) == [HARBOR_AGREEMENT]
    assert json.loads(caller.get(f"{AGREEMENTS}/count", conditions=text).body) == {"count": 1}


@pytest.mark.parametrize("query", [{"conditions": "typeIds=18"}, {"orderBy": "typeIds desc"}])
def test_unknown_name_in_a_query(caller: Caller, query: dict[str, str]) -> None:
    """A field that it does not know is an ApiFindCondition error."""
    answer = caller.get(AGREEMENTS, **query)
    body = json.loads(answer.body)
    assert (answer.status, body["code"]) == (400, "ApiFindCondition")
    assert body["message"] == "typeids is not a recognized name."


def test_compound_conditions_may_find_nothing(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """On one tenant conditions with `and` were silently empty; simple ones were not."""
    simulator.options.empty_compounds = True
    assert caller.rows(AGREEMENTS, conditions=f"company/id={HARBOR} and type/id={SECURITY}") == []
    assert len(caller.rows(AGREEMENTS, conditions=f"company/id={HARBOR}")) == 1


def test_strict_strings(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Equal strings may differ in case, unless this server minds it."""
    assert len(caller.rows("procurement/catalog", conditions='identifier="gz-endpoint"')) == 1
    simulator.options.strict_strings = True
    assert caller.rows("procurement/catalog", conditions='identifier="gz-endpoint"') == []


def test_fields(caller: Caller) -> None:
    """`fields` picks fields and parts of references; an unknown name there gives no rows and no
    error.
    """
    assert caller.rows(AGREEMENTS, fields="id,company/name,endDate")[0] == {
        "id": HARBOR_AGREEMENT,
        "company": {"name": "Harbor Dental"},
    }
    assert caller.rows(AGREEMENTS, fields="id,titel") == []
    one = json.loads(caller.get(f"{AGREEMENTS}/{HARBOR_AGREEMENT}", fields="id,name").body)
    assert set(one) == {"id", "name"}


def test_order(caller: Caller) -> None:
    """`orderBy` sorts by several names, up or down; without it the id decides."""
    assert ids(caller.rows(COMPANIES, orderBy="name desc")) == [102, 101, 103]
    assert ids(caller.rows(COMPANIES, orderBy="deletedFlag desc, name asc")) == [103, 101, 102]


def test_page_size_has_a_default_and_a_cap(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Without pageSize there are 25 records to a page, and never more than 1,000."""
    fill(simulator, 1_100)
    assert len(caller.rows(COMPANIES)) == 25
    assert len(caller.rows(COMPANIES, pageSize=5_000)) == 1_000
    assert len(caller.rows(COMPANIES, pageSize=5_000, page=2)) == 103


def test_pages_and_links(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """`Link` leads to the next and the last page with the query kept; past the end there is an
    empty list.
    """
    fill(simulator, 5)
    answer = caller.get(COMPANIES, pageSize=3, page=1, conditions="id>0")
    site = "https://connectwise.test/v4_6_release/apis/3.0/company/companies"
    query = "pageSize=3&conditions=id%3E0&page="
    assert answer.headers["Link"] == f'<{site}?{query}2>; rel="next", <{site}?{query}3>; rel="last"'
    assert "Link" not in caller.get(COMPANIES, pageSize=3, page=3).headers
    pages = [caller.rows(COMPANIES, pageSize=3, page=page) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [3, 3, 2, 0]
    assert ids([row for page in pages for row in page]) == sorted(ids(caller.rows(COMPANIES)))


def test_links_may_be_relative(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """The URLs in `Link` need not name a host."""
    simulator.options.links = "relative"
    assert (
        caller.get(COMPANIES, pageSize=1)
        .headers["Link"]
        .startswith("</v4_6_release/apis/3.0/company/companies?")
    )


def test_forward_only_pages(caller: Caller) -> None:
    """With the forward-only header, pages go on after `pageId`, `Link` knows only the next, and no
    order is taken.
    """
    caller.headers["pagination-type"] = "forward-only"
    first = caller.get(COMPANIES, pageSize=2)
    assert 'rel="last"' not in first.headers["Link"]
    assert "pageId=102" in first.headers["Link"]
    second = caller.get(COMPANIES, pageSize=2, pageId=102)
    assert ids(json.loads(first.body) + json.loads(second.body)) == [101, 102, 103]
    assert "Link" not in second.headers
    assert caller.get(COMPANIES, orderBy="name").status == 400


def test_page_numbers_must_be_numbers(caller: Caller) -> None:
    """A page that is no number is refused."""
    assert caller.get(COMPANIES, page="next").status == 400


def test_writes_show_in_lists_only_after_the_lag(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Lists, searches and counts go on without a POST or PATCH until the lag is over; a read by id
    has it at once.
    """
    simulator.options.list_lag = timedelta(seconds=90)
    made = json.loads(caller.post_addition(HARBOR_AGREEMENT, new_addition()).body)["id"]
    assert ids(caller.rows(ADDITIONS)) == [FOREIGN_ADDITION]
    assert json.loads(caller.get(f"{ADDITIONS}/{made}").body)["quantity"] == 12.0
    simulator.clock.advance(timedelta(seconds=60))
    caller.patch_addition(HARBOR_AGREEMENT, made, "quantity", 15)
    simulator.clock.advance(timedelta(seconds=29))
    assert json.loads(caller.get(f"{ADDITIONS}/count").body) == {"count": 1}
    simulator.clock.advance(timedelta(seconds=1))
    assert [row["quantity"] for row in caller.rows(ADDITIONS)] == [3.0, 12.0]
    simulator.clock.advance(timedelta(seconds=60))
    assert [row["quantity"] for row in caller.rows(ADDITIONS, conditions="quantity=15")] == [15.0]


def test_writes_show_in_order_when_the_lag_shrinks(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A later write never shows before an earlier one of the same record."""
    simulator.options.list_lag = timedelta(minutes=5)
    caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 4)
    simulator.options.list_lag = timedelta(0)
    caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 5)
    assert caller.rows(ADDITIONS)[0]["quantity"] == 3.0
    simulator.clock.advance(timedelta(minutes=5))
    assert caller.rows(ADDITIONS)[0]["quantity"] == 5.0


def test_reads_by_id_may_lag_too(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Where the option says so, a read by id does not know the Addition yet either."""
    simulator.options.list_lag = timedelta(seconds=90)
    simulator.options.lag_reads_by_id = True
    made = json.loads(caller.post_addition(HARBOR_AGREEMENT, new_addition()).body)["id"]
    assert caller.get(f"{ADDITIONS}/{made}").status == 404
    simulator.clock.advance(timedelta(seconds=90))
    assert caller.get(f"{ADDITIONS}/{made}").status == 200


def test_a_deletion_lags_as_well(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A deleted Addition is listed until the lag is over, and gone by id at once."""
    simulator.options.list_lag = timedelta(seconds=90)
    simulator.people.delete_addition(FOREIGN_ADDITION)
    assert len(caller.rows(ADDITIONS)) == 1
    assert caller.get(f"{ADDITIONS}/{FOREIGN_ADDITION}").status == 404
    simulator.clock.advance(timedelta(seconds=90))
    assert caller.rows(ADDITIONS) == []


def test_long_lists_keep_up_with_writes(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A selection kept from one page to the next never outlives a write."""
    fill(simulator, 100)
    text = 'name contains "Company"'
    assert json.loads(caller.get(f"{COMPANIES}/count", conditions=text).body) == {"count": 100}
    simulator.people.rename_company(HARBOR, "Harbor Company")
    assert json.loads(caller.get(f"{COMPANIES}/count", conditions=text).body) == {"count": 101}


def test_status_is_as_of_the_msps_today(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """AgreementStatus follows the MSP's local date, on the agreement and on its Additions."""
    simulator.options.time_zone = "Pacific/Honolulu"
    simulator.people.expire_agreement(HARBOR_AGREEMENT, date(2026, 11, 30))
    simulator.people.cancel_agreement(OLD_MILL_AGREEMENT, date(2026, 12, 1))
    simulator.clock.set(datetime(2026, 12, 1, 9, 59, tzinfo=UTC))
    assert [row["agreementStatus"] for row in caller.rows(AGREEMENTS)] == ["Active", "Active"]
    simulator.clock.set(datetime(2026, 12, 1, 10, tzinfo=UTC))
    assert [row["agreementStatus"] for row in caller.rows(AGREEMENTS)] == ["Expired", "Cancelled"]
    assert caller.rows(ADDITIONS)[0]["agreementStatus"] == "Expired"
