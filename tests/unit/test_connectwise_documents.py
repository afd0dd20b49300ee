"""The ConnectWise client's documents: what is sent, what is listed, and what an error means."""

from datetime import timedelta

import pytest

from simulators.connectwise import Right
from simulators.connectwise.example import HARBOR_AGREEMENT, OLD_MILL_AGREEMENT
from simulators.faults import Fault, FaultKind, Garble
from tally.connectwise.documents import LARGEST, Documents
from tally.domain.attaching.document import LONGEST_TITLE, Document, NewDocument
from tally.errors import (
    AmbiguousError,
    ContractError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    TallyError,
)
from tests.unit.connectwise_caller import World, listing, scripted
from tests.unit.scripted import answer, error_of

PDF = b"%PDF-1.7\r\n\x00\xff--\r\nContent-Disposition: form-data\r\n\r\n"
TITLE = 'Tally statement 2026-11, "é"; filename=x, version 7 [tally:ab12cd34]'
NEW = NewDocument(
    agreement_id=HARBOR_AGREEMENT, title=TITLE, file_name="tally-2026-11.pdf", contents=PDF
)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def documents(world: World) -> Documents:
    """The documents of that world."""
    return Documents(world.client.calls)


def posted(world: World) -> int:
    """The number of POSTs that arrived."""
    return world.simulator.calls.count("POST documents")


def test_what_is_added_is_listed(world: World, documents: Documents) -> None:
    """PROOF-7: the file arrives byte by byte, private, under its title, at its agreement alone."""
    added = documents.add(NEW)
    assert added == Document(id=1, title=TITLE, file_name="tally-2026-11.pdf")
    assert documents.of_agreement(HARBOR_AGREEMENT) == [added]
    assert documents.of_agreement(OLD_MILL_AGREEMENT) == []
    [truth] = world.simulator.documents
    assert (truth.contents, truth.title, truth.file_name) == (PDF, TITLE, "tally-2026-11.pdf")
    assert (truth.private, truth.record_type, truth.record_id) == (
        True,
        "Agreement",
        HARBOR_AGREEMENT,
    )


def test_a_document_for_the_portal(world: World, documents: Documents) -> None:
    """PROOF-7: only on demand it is shown to the customer."""
    documents.add(
        NewDocument(
            agreement_id=HARBOR_AGREEMENT,
            title=TITLE,
            file_name="tally.pdf",
            contents=PDF,
            private=False,
        )
    )
    assert [each.private for each in world.simulator.documents] == [False]


def test_the_list_is_read_to_its_end(world: World, documents: Documents) -> None:
    """MATCH-8: beyond one page, too."""
    for number in range(1100):
        world.simulator.people.add_document("Agreement", HARBOR_AGREEMENT, f"{number}")
    listed = documents.of_agreement(HARBOR_AGREEMENT)
    assert [each.title for each in listed] == [f"{number}" for number in range(1100)]


@pytest.mark.parametrize(
    ("fault", "there"),
    [
        (Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST *"), True),
        (Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="POST *"), False),
        (Fault(kind=FaultKind.STATUS, operation="POST *", effect=True), True),
        (Fault(kind=FaultKind.STATUS, operation="POST *"), False),
        (Fault(kind=FaultKind.GARBLED, operation="POST *"), True),
        (Fault(kind=FaultKind.GARBLED, operation="POST *", garble=Garble.HTML), True),
        (Fault(kind=FaultKind.GARBLED, operation="POST *", garble=Garble.DOUBLED), True),
    ],
)
def test_an_answer_that_is_lost_is_ambiguous(
    world: World, documents: Documents, fault: Fault, there: bool
) -> None:
    """SAFE-2: the POST is sent once, whatever became of it; only the list can tell."""
    world.simulator.faults.add(fault)
    assert isinstance(error_of(lambda: documents.add(NEW)), AmbiguousError)
    assert posted(world) == 1
    assert bool(documents.of_agreement(HARBOR_AGREEMENT)) is there


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(kind=FaultKind.THROTTLED, operation="POST *", seconds=1), RateLimitedError),
        (Fault(kind=FaultKind.STATUS, status=400, operation="POST *"), RefusedError),
        (Fault(kind=FaultKind.STATUS, status=404, operation="POST *"), NotFoundError),
        (Fault(kind=FaultKind.STATUS, status=415, operation="POST *"), RefusedError),
        (Fault(kind=FaultKind.STATUS, status=403, operation="POST *"), MissingRightError),
    ],
)
def test_a_refusal_has_not_happened(
    world: World, documents: Documents, fault: Fault, expected: type[TallyError]
) -> None:
    """SAFE-2: a 4xx says so, and nothing is sent again."""
    world.simulator.faults.add(fault)
    assert type(error_of(lambda: documents.add(NEW))) is expected
    assert posted(world) == 1
    assert list(world.simulator.documents) == []


@pytest.mark.parametrize("right", [Right.DOCUMENTS_INQUIRE, Right.DOCUMENTS_ADD])
def test_a_missing_right_is_named(world: World, documents: Documents, right: Right) -> None:
    """PROOF-7: the error names the module and the level of the security role."""
    world.simulator.options.taken_rights = frozenset({right})
    if right is Right.DOCUMENTS_ADD:
        error = error_of(lambda: documents.add(NEW))
        assert "Companies > Manage Documents: Add" in str(error)
    else:
        error = error_of(lambda: documents.of_agreement(HARBOR_AGREEMENT))
        assert "Companies > Manage Documents: Inquire All" in str(error)
    assert isinstance(error, MissingRightError)


def test_a_codebase_that_moved_is_found_again(world: World, documents: Documents) -> None:
    """SAFE-2: a POST to the old one was not found, and did not happen."""
    documents.of_agreement(HARBOR_AGREEMENT)
    world.simulator.move_codebase("v2025_2")
    documents.add(NEW)
    assert len(list(world.simulator.documents)) == 1


@pytest.mark.parametrize(
    "new",
    [
        NewDocument(
            agreement_id=HARBOR_AGREEMENT,
            title=TITLE,
            file_name="tally.pdf",
            contents=bytes(LARGEST + 1),
        ),
        NewDocument(
            agreement_id=HARBOR_AGREEMENT,
            title="x" * (LONGEST_TITLE + 1),
            file_name="tally.pdf",
            contents=PDF,
        ),
    ],
)
def test_what_is_too_large_is_not_sent(
    world: World, documents: Documents, new: NewDocument
) -> None:
    """SAFE-10: a file and a title have bounds."""
    assert isinstance(error_of(lambda: documents.add(new)), RefusedError)
    assert world.simulator.calls.count() == 0


@pytest.mark.parametrize("row", [{"title": "no id"}, {"id": "7"}, {"id": 0}, None, 7])
def test_an_odd_row_spoils_the_list(row: object) -> None:
    """MATCH-8: it may be ours, so nothing is concluded from the others."""
    client, _ = listing([{"id": 1, "title": "good"}, row])  # type: ignore[list-item]
    with pytest.raises(ContractError):
        Documents(client.calls).of_agreement(HARBOR_AGREEMENT)


def test_odd_titles_are_read() -> None:
    """SAFE-10: one that is missing, null or no text is empty; a long one is cut."""
    client, _ = listing([{"id": 1}, {"id": 2, "title": None}, {"id": 3, "title": 7}])
    listed = Documents(client.calls).of_agreement(HARBOR_AGREEMENT)
    assert [each.title for each in listed] == ["", "", ""]


def test_an_answer_without_an_id_is_ambiguous() -> None:
    """SAFE-2: it was answered as done, so it may be there."""
    documents = Documents(scripted(answer(201, '{"title": "x"}')).calls)
    assert isinstance(error_of(lambda: documents.add(NEW)), AmbiguousError)


def test_the_list_lags(world: World, documents: Documents) -> None:
    """SAFE-2: what was just added may be missing."""
    world.simulator.options.list_lag = timedelta(minutes=2)
    documents.add(NEW)
    assert documents.of_agreement(HARBOR_AGREEMENT) == []
