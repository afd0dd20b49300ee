"""What every store of attachments promises: the twin in memory, and DynamoDB's on moto."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tally.domain.attaching.attachment import Announced, Attached, Attachment, Trouble
from tally.domain.attaching.document import Document
from tally.domain.attaching.month import MOST_TOLD, Left, MonthAttached
from tally.domain.attaching.ports import Attachments
from tally.domain.attaching.wanted import Edition, Place, Wanted
from tally.domain.model.month import Month
from tally.errors import ConflictError, TallyError, UnreadableItemError
from tally.ledger.attachments.attachment_table import DynamoDBAttachments
from testing.attachments import MemoryAttachments

NOW = datetime(2026, 12, 2, 5, 30, tzinfo=UTC)
NOVEMBER = Month(2026, 11)
PLACE = Place(company_id="c" * 24, month=NOVEMBER, agreement_id=7)
EDITION = Edition(version=3, records=2, fingerprint="f" * 64, numbers="e" * 64)
WANTED = Wanted(place=PLACE, edition=EDITION, services=("endpoints",))
LARGEST = 400 * 1024
"""DynamoDB's limit of an item."""


@pytest.fixture
def dynamodb(moto_table: Any) -> DynamoDBAttachments:  # noqa: ANN401 - boto3 makes its class as it runs
    """The adapter over an empty table on moto."""
    return DynamoDBAttachments(moto_table, "ledger")


@pytest.fixture(params=["twin", "moto"])
def attachments(request: pytest.FixtureRequest) -> Attachments:
    """An empty store."""
    if request.param == "twin":
        return MemoryAttachments()
    store: Attachments = request.getfixturevalue("dynamodb")
    return store


def test_it_is_empty_at_first(attachments: Attachments) -> None:
    """PROOF-7: nothing was announced, and no month has an account."""
    assert attachments.attachment(PLACE) == Attachment(place=PLACE)
    assert attachments.month(NOVEMBER) is None


def test_what_was_written_is_read(attachments: Attachments) -> None:
    """SAFE-1: field by field, each step over the one before."""
    known = attachments.attachment(PLACE)
    for version, step in enumerate(
        (
            known.announce(WANTED, at=NOW),
            known.announce(WANTED, at=NOW).renew(at=NOW + timedelta(seconds=1)),
            known.announce(WANTED, at=NOW).record(Document(id=1, title="ü [x]"), at=NOW),
            replace(known, trouble=Trouble(at=NOW, why="refused")),
            Attachment(
                place=PLACE,
                announced=Announced(edition=EDITION, title="t", at=NOW),
                attached=(Attached(edition=EDITION, title="t", document_id=2**31 - 1, at=NOW),),
                trouble=Trouble(at=NOW, why="w"),
            ),
        )
    ):
        written = attachments.save_attachment(replace(step, version=version))
        assert written == replace(step, version=version + 1)
        assert attachments.attachment(PLACE) == written


def test_one_of_two_is_first(attachments: Attachments) -> None:
    """SAFE-3: the other gets a conflict, and what was written first stands."""
    known = attachments.attachment(PLACE)
    first = attachments.save_attachment(known.announce(WANTED, at=NOW))
    with pytest.raises(ConflictError):
        attachments.save_attachment(known.announce(WANTED, at=NOW))
    second = attachments.save_attachment(first.renew(at=NOW + timedelta(hours=1)))
    with pytest.raises(ConflictError):
        attachments.save_attachment(first.withdraw())
    assert attachments.attachment(PLACE) == second


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACE, company_id="d" * 24),
        replace(PLACE, month=NOVEMBER.next),
        replace(PLACE, agreement_id=8),
    ],
)
def test_each_place_is_its_own(attachments: Attachments, other: Place) -> None:
    """PROOF-7: by company, month and agreement."""
    attachments.save_attachment(Attachment(place=PLACE).announce(WANTED, at=NOW))
    assert attachments.attachment(other) == Attachment(place=other)


def test_the_account_of_a_month(attachments: Attachments) -> None:
    """SAFE-5: it is written over; it names some, and counts all."""
    left = [Left(company_id=f"{number}", name="n" * 50, why="w" * 3_000) for number in range(1000)]
    for account in (
        MonthAttached.of(NOVEMBER, "s", left),
        MonthAttached.of(NOVEMBER, "t", []),
        MonthAttached(month=NOVEMBER.next, state="u", stopped="no time"),
    ):
        attachments.save_month(account)
        assert attachments.month(account.month) == account
    read = attachments.month(NOVEMBER)
    assert read is not None
    assert read.is_done_for("t")
    assert not read.is_done_for("s")
    assert not MonthAttached(month=NOVEMBER, state="u", stopped="no time").is_done_for("u")
    first = MonthAttached.of(NOVEMBER, "s", left)
    assert (first.left_out, len(first.left)) == (1000, MOST_TOLD)
    assert not first.is_done_for("s")


def test_a_full_account_has_room(dynamodb: DynamoDBAttachments) -> None:
    """SAFE-10: the longest reasons of as many customers as it names fit into an item."""
    left = [
        Left(company_id="c" * 24, name="🏥" * 250, why="🏥" * 2_000) for _ in range(MOST_TOLD + 1)
    ]
    dynamodb.save_month(MonthAttached.of(NOVEMBER, "s", left))
    item = stored(dynamodb, "ATTACHED#2026-11", "ATTACHED")
    assert len(item["state"]["S"].encode()) < LARGEST


def stored(dynamodb: DynamoDBAttachments, partition: str, sort: str) -> dict[str, Any]:
    """An item as it is stored."""
    key = {"pk": {"S": partition}, "sk": {"S": sort}}
    item: dict[str, Any] = dynamodb._client.get_item(TableName="ledger", Key=key)["Item"]
    return item


@pytest.mark.parametrize(
    "odd",
    [
        {"state": {"S": "{"}},
        {"state": {"S": '{"announced": {"title": 7}}'}},
        {"state": {"S": '{"attached": [{}]}'}},
        {"state": {"N": "7"}},
        {"version": {"S": "one"}},
    ],
)
def test_an_item_that_cannot_be_read_is_told(
    dynamodb: DynamoDBAttachments, odd: dict[str, Any]
) -> None:
    """SAFE-5: it is never taken for an empty one: its document would be attached again."""
    dynamodb.save_attachment(Attachment(place=PLACE).announce(WANTED, at=NOW))
    item = stored(dynamodb, f"ATTACHMENT#{PLACE.company_id}", "2026-11#7")
    dynamodb._client.put_item(TableName="ledger", Item={**item, **odd})
    with pytest.raises(UnreadableItemError, match="2026-11#7"):
        dynamodb.attachment(PLACE)


def test_an_account_that_cannot_be_read_is_of_nothing_done(dynamodb: DynamoDBAttachments) -> None:
    """SAFE-5: then every customer is looked at again."""
    key = {"pk": {"S": "ATTACHED#2026-11"}, "sk": {"S": "ATTACHED"}}
    dynamodb._client.put_item(TableName="ledger", Item={**key, "state": {"S": "[]"}})
    assert dynamodb.month(NOVEMBER) == MonthAttached(month=NOVEMBER)


def test_a_table_that_is_not_there_is_told(dynamodb: DynamoDBAttachments) -> None:
    """SAFE-7: every method raises TallyError."""
    gone = DynamoDBAttachments(dynamodb._client, "no such table")
    with pytest.raises(TallyError):
        gone.attachment(PLACE)
    with pytest.raises(TallyError):
        gone.save_attachment(Attachment(place=PLACE))
    with pytest.raises(TallyError):
        gone.month(NOVEMBER)
    with pytest.raises(TallyError):
        gone.save_month(MonthAttached(month=NOVEMBER))
