"""What every store of evidence promises: the twin in memory, and the DynamoDB adapter on moto."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tally.domain.evidence.ledger_port import EvidenceStore
from tally.errors import ConflictError, TallyError, UnreadableItemError
from tally.ledger.evidence import evidence_codec
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from testing.effects import Effects, KilledError, Moment, kill
from testing.evidence import MemoryEvidence
from tests.contract.evidence_scene import DROP_AT, FIRST_WALK, NOVEMBER, evidence_of

COMPANY, OTHER = "1" * 24, "2" * 24
MANY = 20_000
MEGABYTE = 1_000_000


@pytest.fixture
def client(moto_table: Any) -> Any:  # noqa: ANN401 - boto3 makes its class as it runs
    """A client of an empty table on moto."""
    return moto_table


@pytest.fixture(params=["twin", "moto"])
def store(request: pytest.FixtureRequest) -> EvidenceStore:
    """An empty store."""
    if request.param == "twin":
        return MemoryEvidence()
    return DynamoDBEvidence(request.getfixturevalue("client"), "ledger")


def items(client: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - boto's client
    """All items of the table."""
    pages = client.get_paginator("scan").paginate(TableName="ledger")
    return [item for page in pages for item in page["Items"]]


def size(item: dict[str, Any]) -> int:
    """The bytes that DynamoDB counts of an item: names and values."""
    values = (next(iter(value.values())) for value in item.values())
    return sum(map(len, item)) + sum(map(len, values))


def test_there_is_none_at_first(store: EvidenceStore) -> None:
    """PROOF-5: nothing was recorded, and nothing is filled in."""
    assert store.read(COMPANY, NOVEMBER) is None
    assert not store.remove(COMPANY, NOVEMBER)


@pytest.mark.parametrize("count", [0, 2, 12])
def test_what_was_saved_is_read(store: EvidenceStore, count: int) -> None:
    """PROOF-1: field by field, whatever names hold; another company or month has its own."""
    saved = store.save(evidence_of(count), drop_at=DROP_AT)
    assert saved == replace(evidence_of(count), version=1)
    assert store.read(COMPANY, NOVEMBER) == saved
    assert store.read(OTHER, NOVEMBER) is None
    assert store.read(COMPANY, NOVEMBER.next) is None


def test_each_save_follows_on_the_one_before(store: EvidenceStore) -> None:
    """PROOF-1: of two that saw the same edition, the second is refused, and loses nothing."""
    first = store.save(evidence_of(2), drop_at=DROP_AT)
    second = store.save(replace(first, walked=FIRST_WALK), drop_at=DROP_AT)
    assert second.version == 2
    for stale in (evidence_of(3), first):
        with pytest.raises(ConflictError):
            store.save(stale, drop_at=DROP_AT)
    assert store.read(COMPANY, NOVEMBER) == second


def test_one_customers_month_is_removed(store: EvidenceStore) -> None:
    """PROOF-5: only that one goes, once, and may be recorded anew."""
    store.save(evidence_of(3), drop_at=DROP_AT)
    kept = store.save(evidence_of(3, company=OTHER), drop_at=DROP_AT)
    assert store.remove(COMPANY, NOVEMBER)
    assert not store.remove(COMPANY, NOVEMBER)
    assert store.read(COMPANY, NOVEMBER) is None
    assert store.read(OTHER, NOVEMBER) == kept
    assert store.save(evidence_of(1), drop_at=DROP_AT).version == 1


@pytest.mark.slow
@pytest.mark.no_cover
def test_twenty_thousand_machines_have_room(client: Any) -> None:  # noqa: ANN401 - as above
    """PROOF-1: they are kept in parts below DynamoDB's limit; a new edition leaves no old part."""
    store = DynamoDBEvidence(client, "ledger")
    saved = store.save(evidence_of(MANY), drop_at=DROP_AT)
    parts = len(items(client))
    assert parts > 1
    assert max(map(size, items(client))) < 400 * 1024
    assert store.read(COMPANY, NOVEMBER) == saved
    again = store.save(replace(saved, walked=FIRST_WALK), drop_at=DROP_AT)
    assert len(items(client)) == parts
    assert store.read(COMPANY, NOVEMBER) == again
    assert store.remove(COMPANY, NOVEMBER)
    assert items(client) == []


def test_a_month_of_a_thousand_customers_is_small(client: Any) -> None:  # noqa: ANN401 - as above
    """PROOF-1: with 12 machines each it takes at most 10 MB. One in 20 is kept here."""
    store = DynamoDBEvidence(client, "ledger")
    for number in range(50):
        store.save(evidence_of(12, company=f"{number:024x}"), drop_at=DROP_AT)
    assert 20 * sum(map(size, items(client))) < 10 * MEGABYTE


@pytest.mark.slow
@pytest.mark.no_cover
def test_all_items_expire_the_head_first(client: Any) -> None:  # noqa: ANN401 - as above
    """PROOF-5: the table drops them by itself, and never a part that its head still names."""
    DynamoDBEvidence(client, "ledger").save(evidence_of(MANY), drop_at=DROP_AT)
    found = {item["sk"]["S"]: int(item["expires"]["N"]) for item in items(client)}
    head = found.pop(str(NOVEMBER))
    assert head == DROP_AT.timestamp()
    assert found
    assert min(found.values()) > head + timedelta(days=2).total_seconds()


@pytest.mark.slow
@pytest.mark.no_cover
def test_stopped_anywhere_it_can_be_read_and_saved(
    client: Any,  # noqa: ANN401 - as above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PROOF-2: it is the edition before or the one after, and the next save goes on from there."""
    # Of each a hundredth of what takes two parts.
    monkeypatch.setattr(evidence_codec, "LARGEST_PART", evidence_codec.LARGEST_PART // 100)
    plain = DynamoDBEvidence(client, "ledger")
    first = evidence_of(MANY // 200, seed=2)
    second = replace(evidence_of(MANY // 200, seed=3), version=1)
    counting = Effects()
    DynamoDBEvidence(counting.wrap(client), "ledger").save(first, drop_at=DROP_AT)
    assert counting.names == ["dynamodb put_item", "dynamodb put_item"]
    deletes = [Moment(3, after=False), Moment(3, after=True)]
    for moment in [*counting.moments, *deletes]:
        plain.remove(COMPANY, NOVEMBER)
        before = plain.save(first, drop_at=DROP_AT)
        killed = DynamoDBEvidence(Effects(kill, at=moment).wrap(client), "ledger")
        with pytest.raises(KilledError):
            killed.save(second, drop_at=DROP_AT)
        found = plain.read(COMPANY, NOVEMBER)
        assert found in (before, replace(second, version=2)), str(moment)
        assert plain.save(found, drop_at=DROP_AT) == plain.read(COMPANY, NOVEMBER)


@pytest.mark.parametrize(
    "damage",
    [
        {"state": {"B": b"nothing of ours"}},
        {"state": {"S": "{}"}},
        {"parts": {"N": "3"}},
        {"version": {"S": "one"}},
        {"generation": {"N": "1"}},
    ],
)
def test_what_cannot_be_read_is_told(client: Any, damage: dict[str, Any]) -> None:  # noqa: ANN401 - as above
    """PROOF-2: it is never taken for a month without evidence, which would be recorded anew."""
    store = DynamoDBEvidence(client, "ledger")
    store.save(evidence_of(2), drop_at=DROP_AT)
    (item,) = items(client)
    client.put_item(TableName="ledger", Item={**item, **damage})
    with pytest.raises(UnreadableItemError, match=COMPANY):
        store.read(COMPANY, NOVEMBER)


def test_a_table_that_is_not_there_is_told(client: Any) -> None:  # noqa: ANN401 - as above
    """PROOF-2: every method raises TallyError."""
    gone = DynamoDBEvidence(client, "no such table")
    calls: list[Callable[[], object]] = [
        lambda: gone.read(COMPANY, NOVEMBER),
        lambda: gone.save(evidence_of(1), drop_at=DROP_AT),
        lambda: gone.remove(COMPANY, NOVEMBER),
    ]
    for call in calls:
        with pytest.raises(TallyError):
            call()
