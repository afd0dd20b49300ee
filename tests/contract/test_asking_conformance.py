"""What every memory of tickets promises: the twin in memory, and the DynamoDB adapter on moto."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tally.domain.asking.asking_ledger_port import AskingLedger
from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Given, Ticket, TicketState
from tally.domain.model.month import Month
from tally.domain.record.unreadable import Unreadable
from tally.errors import ConflictError, TallyError, UnreadableItemError
from tally.ledger.asking.ticket_table import DynamoDBAsking
from testing.asking import MemoryAsking

AT = datetime(2026, 11, 16, 8, 15, tzinfo=UTC)
RECORD = Subject(company_id="c1", month=Month(2026, 11), service="endpoints")
STANDING = Subject(company_id="c1")


@pytest.fixture
def dynamodb(moto_table: Any) -> DynamoDBAsking:  # noqa: ANN401 - boto3 makes its class as it runs
    """The adapter over an empty table on moto."""
    return DynamoDBAsking(moto_table, "ledger")


@pytest.fixture(params=["twin", "moto"])
def memory(request: pytest.FixtureRequest) -> AskingLedger:
    """An empty memory."""
    if request.param == "twin":
        return MemoryAsking()
    made: AskingLedger = request.getfixturevalue("dynamodb")
    return made


def full(subject: Subject = RECORD) -> Ticket:
    """A ticket in which everything is set."""
    given = Given(
        note_id=77,
        member="JDoe",
        option="take-over",
        number=900,
        why="ünser \U0001f600",
        at=AT,
        about="A",
        before=4,
    )
    return Ticket(
        subject=subject,
        number=2,
        connectwise_id=250,
        reference="tally:tally:c1:202611:endpoints:2",
        state=TicketState.OPEN,
        about="ABC",
        code="T7K2",
        edition=3,
        ticket_id=9001,
        announced=AT,
        asked=AT,
        hinted=True,
        used=(77, 78),
        given=given,
        word="Done.",
        ours="TallyAPI",
        why_left="merged",
        unanswered=1,
        entries_read=AT,
        changed=AT,
    )


@pytest.mark.parametrize("subject", [RECORD, STANDING])
def test_what_was_written_is_read(memory: AskingLedger, subject: Subject) -> None:
    """ASK-1: field by field."""
    assert memory.ticket(subject) is None
    saved = memory.save_ticket(full(subject))
    assert replace(saved, version=0) == full(subject)
    assert memory.ticket(subject) == saved
    assert list(memory.all_open_tickets()) == [saved]


def test_the_first_to_write_wins(memory: AskingLedger) -> None:
    """ASK-1: of two that announce one ticket, one is told that it was too late."""
    saved = memory.save_ticket(full())
    with pytest.raises(ConflictError):
        memory.save_ticket(full())
    after = memory.save_ticket(replace(saved, number=3))
    with pytest.raises(ConflictError):
        memory.save_ticket(saved)
    assert memory.ticket(RECORD) == after


@pytest.mark.parametrize("state", [TicketState.CLOSED, TicketState.LEFT])
def test_what_is_over_is_not_listed(memory: AskingLedger, state: TicketState) -> None:
    """ASK-8: it is remembered, and read no more."""
    saved = memory.save_ticket(full())
    memory.save_ticket(full(STANDING))
    over = memory.save_ticket(replace(saved, state=state))
    assert [each.subject for each in memory.all_open_tickets()] == [STANDING]  # type: ignore[union-attr]
    assert memory.ticket(RECORD) == over


UNREADABLE = [
    '{"state": "dreaming"}',
    "[1]",
    "null",
    '"a text"',
    "[" * 100_000,
    '{"subject": [], "number": 1}',
    '{"subject": {"company_id": "c2", "month": "9999-12"}}',
]


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:20])
def test_an_item_that_cannot_be_read_is_set_aside(dynamodb: DynamoDBAsking, text: str) -> None:
    """SAFE-5: it concerns its own company."""
    dynamodb.save_ticket(full())
    dynamodb._client.put_item(
        TableName="ledger",
        Item={
            "pk": {"S": "COMPANY#c2"},
            "sk": {"S": "TICKET#STANDING"},
            "ipk": {"S": "TICKET"},
            "isk": {"S": "c2:standing"},
            "version": {"N": "1"},
            "ticket": {"S": text},
        },
    )
    first, second = dynamodb.all_open_tickets()
    assert isinstance(first, Ticket)
    assert isinstance(second, Unreadable)
    assert second.company_id == "c2"
    with pytest.raises(UnreadableItemError, match="COMPANY#c2"):
        dynamodb.ticket(Subject(company_id="c2"))


def test_a_table_that_is_not_there_is_told(dynamodb: DynamoDBAsking) -> None:
    """Every method raises TallyError."""
    gone = DynamoDBAsking(dynamodb._client, "no such table")
    with pytest.raises(TallyError):
        gone.ticket(RECORD)
    with pytest.raises(TallyError):
        list(gone.all_open_tickets())
    with pytest.raises(TallyError):
        gone.save_ticket(full())
