"""Documents at agreements and companies in the ConnectWise simulator."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import requests
from urllib3.filepost import encode_multipart_formdata

from simulators.adapter import SimulatorAdapter
from simulators.connectwise import API, ConnectWiseOptions, ConnectWiseSimulator, Right
from simulators.connectwise.example import (
    HARBOR,
    HARBOR_AGREEMENT,
    OLD_MILL_AGREEMENT,
    Caller,
    example_simulator,
)
from simulators.core import Response
from simulators.faults import Fault, FaultKind

PDF = b"%PDF-1.7\r\n--not a boundary\r\n\x00\xff\xfe\r\n"
TITLE = 'November: "Müller & Söhne" [tally:0a1b2c3d]'


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def form(**changes: object) -> dict[str, Any]:
    """Return an upload's parts; a change to None leaves the part out."""
    parts: dict[str, object] = {
        "file": ("statement.pdf", PDF, "application/pdf"),
        "recordId": str(HARBOR_AGREEMENT),
        "recordType": "Agreement",
        "title": TITLE,
        "privateFlag": "true",
        **changes,
    }
    return {name: value for name, value in parts.items() if value is not None}


def post(caller: Caller, parts: Mapping[str, Any]) -> Response:
    """Upload these parts."""
    body, content_type = encode_multipart_formdata(parts)
    return Caller(caller.simulator, {**caller.headers, "content-type": content_type}).send(
        "POST", "system/documents", body
    )


def listed(caller: Caller, agreement_id: int = HARBOR_AGREEMENT, **query: str | int) -> list[Any]:
    """List an agreement's documents."""
    return caller.rows("system/documents", recordType="Agreement", recordId=agreement_id, **query)


def test_an_upload_is_listed_at_its_record(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """PROOF-7: the answer is 201 and the record; the list of another agreement lacks it."""
    answer = post(caller, form())
    assert answer.status == 201, answer.body
    record = json.loads(answer.body)
    assert (record["title"], record["fileName"], record["size"], record["publicFlag"]) == (
        TITLE,
        "statement.pdf",
        len(PDF),
        False,
    )
    assert record["guid"]
    assert listed(caller) == [record]
    assert listed(caller, OLD_MILL_AGREEMENT) == []
    assert json.loads(caller.get(f"system/documents/{record['id']}").body) == record
    [kept] = simulator.documents
    assert (kept.contents, kept.created_by, kept.private) == (PDF, API, True)


def test_equal_titles_are_taken(caller: Caller) -> None:
    """PROOF-7: nothing in ConnectWise keeps a document from being there twice."""
    for _ in range(2):
        assert post(caller, form()).status == 201
    assert [each["title"] for each in listed(caller)] == [TITLE, TITLE]


def test_the_list_has_pages(caller: Caller) -> None:
    """MATCH-8: a page is not the list; 25 records are the default."""
    for number in range(30):
        post(caller, form(title=f"document {number}"))
    answer = caller.get("system/documents", recordType="Agreement", recordId=HARBOR_AGREEMENT)
    assert len(json.loads(answer.body)) == 25
    assert 'rel="next"' in answer.headers["Link"]
    assert "recordType=Agreement" in answer.headers["Link"]
    assert [each["title"] for each in listed(caller, page=3, pageSize=12, orderBy="id")] == [
        f"document {number}" for number in range(24, 30)
    ]
    counted = caller.get(
        "system/documents/count", recordType="Agreement", recordId=HARBOR_AGREEMENT
    )
    assert json.loads(counted.body) == {"count": 30}


def test_the_list_lags(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """SAFE-2: an upload is missing from the list at first, a deletion is still shown."""
    simulator.options.list_lag = timedelta(seconds=90)
    made = json.loads(post(caller, form()).body)["id"]
    assert listed(caller) == []
    simulator.clock.advance(timedelta(seconds=90))
    assert [each["id"] for each in listed(caller)] == [made]
    simulator.people.delete_document(made)
    assert [each["id"] for each in listed(caller)] == [made]
    assert caller.get(f"system/documents/{made}").status == 404
    simulator.clock.advance(timedelta(seconds=90))
    assert listed(caller) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"recordType": "Invoice"}, 400),
        ({"recordType": None}, 400),
        ({"recordId": "seven"}, 400),
        ({"recordId": "999"}, 404),
        ({"recordType": "Company", "recordId": "999"}, 404),
        ({"file": None}, 400),
        ({"file": "text alone"}, 400),
    ],
)
def test_an_upload_that_is_refused(
    simulator: ConnectWiseSimulator, caller: Caller, changes: dict[str, object], status: int
) -> None:
    """PROOF-7: an invoice takes no document, nor does a record that is not there."""
    assert post(caller, form(**changes)).status == status
    assert list(simulator.documents) == []


def test_a_company_takes_documents(caller: Caller) -> None:
    """PROOF-7: agreements and companies take them; each has a list of its own."""
    assert post(caller, form(recordType="Company", recordId=str(HARBOR))).status == 201
    assert listed(caller) == []
    assert caller.rows("system/documents", recordType="Company", recordId=HARBOR)


def test_json_is_no_upload(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """PROOF-7: a JSON body is answered 415."""
    parts = {"recordId": HARBOR_AGREEMENT, "recordType": "Agreement", "title": TITLE}
    assert caller.send("POST", "system/documents", parts).status == 415
    assert list(simulator.documents) == []


def test_a_list_without_a_record_is_refused(caller: Caller) -> None:
    """MATCH-8: nobody gets the documents of everybody."""
    assert caller.get("system/documents").status == 400
    assert caller.get("system/documents", recordType="Agreement").status == 400


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_refused(caller: Caller, method: str) -> None:
    """PROOF-7: contents cannot be replaced."""
    assert caller.send(method, "system/documents").status == 405


def test_rights(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """PROOF-7: to look and to add are two rights, and 403 is the answer without."""
    simulator.options.taken_rights = frozenset({Right.DOCUMENTS_ADD})
    assert post(caller, form()).status == 403
    assert listed(caller) == []
    simulator.options.taken_rights = frozenset({Right.DOCUMENTS_INQUIRE})
    assert post(caller, form()).status == 201
    assert caller.get("system/documents", recordType="Agreement", recordId=1).status == 403


@pytest.mark.parametrize("effect", [True, False])
def test_a_500_comes_before_or_after_the_effect(
    simulator: ConnectWiseSimulator, caller: Caller, effect: bool
) -> None:
    """SAFE-2: the answer does not tell which."""
    fault = Fault(kind=FaultKind.STATUS, operation="POST documents", effect=effect, times=1)
    simulator.faults.add(fault)
    assert post(caller, form()).status == 500
    assert len(listed(caller)) == effect


def test_people_upload_too(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """PROOF-7: a person's document may bear any title; the control calls show the truth."""
    order = {"act": "add_document", "record_type": "Agreement", "record_id": HARBOR_AGREEMENT}
    answer = simulator.control("POST", "/_sim/acts", json.dumps({**order, "title": TITLE}).encode())
    assert json.loads(answer.body)["result"] == listed(caller)[0]["id"]
    [shown] = json.loads(simulator.control("GET", "/_sim/truth", b"").body)["documents"]
    assert (shown["title"], shown["created_by"], shown["deleted"]) == (TITLE, "jlee", False)


def test_an_upload_over_requests() -> None:
    """PROOF-7: a body of bytes arrives byte by byte through the adapter."""
    simulator = example_simulator(ConnectWiseOptions())
    body, content_type = encode_multipart_formdata(form())
    session = requests.Session()
    session.mount("https://connectwise.test", SimulatorAdapter(simulator))
    headers = {**Caller(simulator).headers, "Content-Type": content_type}
    url = "https://connectwise.test/v4_6_release/apis/3.0/system/documents"
    assert session.post(url, data=body, headers=headers, timeout=5).status_code == 201
    assert [each.contents for each in simulator.documents] == [PDF]
