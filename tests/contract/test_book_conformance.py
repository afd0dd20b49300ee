"""What every bucket and every ledger of books promises: the twins in memory, and AWS's on moto."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from tally.aws.bucket import S3Bucket
from tally.aws.clients import AwsClients
from tally.domain.book.bucket_port import Bucket
from tally.domain.book.edition import Edition, MonthBooks, Trouble
from tally.domain.book.ledger_port import BookLedger
from tally.domain.model.month import Month
from tally.errors import (
    ConflictError,
    ContractError,
    SetupError,
    TransientError,
    UnreadableItemError,
)
from tally.ledger.books.books_table import DynamoDBBooks
from testing.books import MemoryBooks, MemoryBucket
from testing.ledger_table import create_ledger_table

NOW = datetime(2026, 12, 2, 5, 30, tzinfo=UTC)
NOVEMBER = Month(2026, 11)
LARGEST = 400 * 1024
"""DynamoDB's limit of an item."""


def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its class as it goes
    """A client of moto's AWS, that tries once."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(params=["twin", "moto"])
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """An empty bucket."""
    if request.param == "twin":
        yield MemoryBucket()
        return
    with mock_aws():
        objects = client("s3")
        objects.create_bucket(Bucket="books")
        objects.put_bucket_versioning(Bucket="books", VersioningConfiguration={"Status": "Enabled"})
        yield S3Bucket(objects, "books")


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBBooks]:
    """The adapter over an empty table on moto."""
    with mock_aws():
        tables = client("dynamodb")
        create_ledger_table(tables, "ledger")
        yield DynamoDBBooks(tables, "ledger")


@pytest.fixture(params=["twin", "moto"])
def books(request: pytest.FixtureRequest) -> BookLedger:
    """A ledger without books."""
    if request.param == "twin":
        return MemoryBooks()
    return request.getfixturevalue("dynamodb")  # type: ignore[no-any-return]


def edition(number: int = 1) -> Edition:
    """An edition of some book."""
    return Edition(
        number=number,
        state="a" * 64,
        final=number > 1,
        sha256="b" * 64,
        files=3,
        published=NOW + timedelta(days=number),
    )


# ---------------------------------------------------------------- the bucket


def test_what_is_stored_is_read(bucket: Bucket) -> None:
    """Byte by byte; what is not there is None, and no error."""
    content = bytes(range(256))
    bucket.put("books/2026-11/1/é ü.html", content, media_type="text/html")
    assert bucket.get("books/2026-11/1/é ü.html") == content
    assert bucket.get("books/2026-11/1/other.html") is None


def test_a_second_write_is_a_new_version(bucket: Bucket) -> None:
    """The newest is read."""
    for content in (b"one", b"two"):
        bucket.put("k", content, media_type="text/plain")
    assert bucket.get("k") == b"two"


def test_only_one_is_the_first(bucket: Bucket) -> None:
    """PROOF-4: where there is an object already, another one is refused, and the same is no
    conflict: boto repeats a write whose answer was lost.
    """
    bucket.put("k", b"one", media_type="text/plain", only_new=True)
    bucket.put("k", b"one", media_type="text/plain", only_new=True)
    with pytest.raises(ConflictError, match=f"the bucket {bucket.name} has another object k"):
        bucket.put("k", b"two", media_type="text/plain", only_new=True)
    assert bucket.get("k") == b"one"


@pytest.mark.slow
@pytest.mark.no_cover
def test_keys_come_in_order_over_all_pages(bucket: Bucket) -> None:
    """S3 gives a thousand keys at a time."""
    wanted = [f"books/2026-11/1/{number:05}.html" for number in range(1_100)]
    for key in [*reversed(wanted), "books/2026-10/1/index.html", "other"]:
        bucket.put(key, b"", media_type="text/html")
    assert list(bucket.keys("books/2026-11/")) == wanted
    assert list(bucket.keys("nothing/")) == []


@pytest.mark.parametrize(
    ("code", "status", "raised"),
    [
        ("NoSuchBucket", 404, SetupError),
        ("AccessDenied", 403, SetupError),
        ("InvalidAccessKeyId", 403, ContractError),
        ("SlowDown", 503, TransientError),
        ("InternalError", 500, TransientError),
        ("ConditionalRequestConflict", 409, TransientError),
        ("OperationAborted", 409, TransientError),
        ("InvalidRequest", 400, ContractError),
    ],
)
@pytest.mark.parametrize("call", ["put_object", "get_object", "list_objects_v2"])
def test_a_bucket_that_refuses_is_named(
    code: str, status: int, raised: type[Exception], call: str
) -> None:
    """SAFE-6: the error names the bucket and what S3 said, and its class says who has to act."""
    objects = client("s3")
    bucket = S3Bucket(objects, "books")
    calls: dict[str, Callable[[], object]] = {
        "put_object": lambda: bucket.put("k", b"", media_type="text/html", only_new=True),
        "get_object": lambda: bucket.get("k"),
        "list_objects_v2": lambda: list(bucket.keys("books/")),
    }
    with Stubber(objects) as stub:
        stub.add_client_error(call, code, "it says why", http_status_code=status)
        with pytest.raises(raised, match=rf"the bucket books .*{code}: it says why"):
            calls[call]()


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("", "books.s3.us-east-1.amazonaws.com"),
        ("http://host.docker.internal:4566", "host.docker.internal:4566"),
    ],
)
def test_a_local_stacks_bucket_is_in_the_path(
    monkeypatch: pytest.MonkeyPatch, endpoint: str, host: str
) -> None:
    """In AWS a bucket is a name below S3's, as S3 recommends; a local stack has no such names."""
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    else:
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for name, value in (("REGION", "us-east-1"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "test")
    objects = AwsClients(connections=1).client("s3")
    url = objects.generate_presigned_url("get_object", Params={"Bucket": "books", "Key": "k"})
    assert urlsplit(url).netloc in (host, host.replace(".us-east-1", ""))


def test_a_bucket_that_is_not_there_says_what_to_do() -> None:
    """SAFE-6: the operator can act on the sentence."""
    with mock_aws(), pytest.raises(SetupError, match=r"check that it exists and that the .* role"):
        S3Bucket(client("s3"), "gone").put("k", b"", media_type="text/html")


# ---------------------------------------------------------------- the ledger


def test_a_month_without_books_is_empty(books: BookLedger) -> None:
    """And is at version 0."""
    assert books.read(NOVEMBER) == MonthBooks(month=NOVEMBER)


def test_what_is_saved_is_read(books: BookLedger) -> None:
    """Editions, an announcement, and the reason of a failure; each month by itself."""
    claimed = books.save(MonthBooks(month=NOVEMBER).claimed("run 1", until=NOW))
    assert books.read(NOVEMBER) == claimed
    assert claimed.version == 1
    published = books.save(claimed.published(edition()))
    failed = books.save(published.let_go(Trouble(at=NOW, why="the bucket x refused")))
    assert books.read(NOVEMBER) == failed
    assert (failed.editions, failed.version) == ((edition(),), 3)
    assert books.read(NOVEMBER.next) == MonthBooks(month=NOVEMBER.next)


def test_of_two_writers_one_is_first(books: BookLedger) -> None:
    """PROOF-4: two runs that have read the same never both announce an edition."""
    empty = MonthBooks(month=NOVEMBER)
    first = books.save(empty.claimed("run 1", until=NOW))
    for stale in (empty, first):
        if stale is first:
            books.save(first.published(edition()))
        with pytest.raises(ConflictError):
            books.save(stale.claimed("run 2", until=NOW))
    assert books.read(NOVEMBER).newest == edition()


def test_the_same_write_twice_is_one(dynamodb: DynamoDBBooks) -> None:
    """Boto repeats a put whose answer was lost; the repeat meets what the first one wrote."""
    claimed = MonthBooks(month=NOVEMBER).claimed("run 1", until=NOW)
    assert dynamodb.save(claimed) == dynamodb.save(claimed)


def test_an_item_that_cannot_be_read_is_told(dynamodb: DynamoDBBooks) -> None:
    """SAFE-5: it names the item, and nothing is written over it."""
    dynamodb._client.put_item(
        TableName="ledger",
        Item={"pk": {"S": "BOOK#2026-11"}, "sk": {"S": "BOOK"}, "version": {"N": "1"}},
    )
    with pytest.raises(UnreadableItemError, match="BOOK#2026-11 BOOK"):
        dynamodb.read(NOVEMBER)
    with pytest.raises((ConflictError, UnreadableItemError)):
        dynamodb.save(MonthBooks(month=NOVEMBER))


def test_a_month_has_room_for_a_thousand_editions(dynamodb: DynamoDBBooks) -> None:
    """Two a day for more than a year stay below DynamoDB's limit of an item."""
    many = replace(MonthBooks(month=NOVEMBER), editions=tuple(map(edition, range(1, 1_001))))
    dynamodb.save(many)
    item = dynamodb._client.get_item(
        TableName="ledger", Key={"pk": {"S": "BOOK#2026-11"}, "sk": {"S": "BOOK"}}
    )["Item"]
    assert len(item["books"]["S"]) < LARGEST
    assert dynamodb.read(NOVEMBER).editions == many.editions


def test_a_table_that_is_not_there_is_told(dynamodb: DynamoDBBooks) -> None:
    """SAFE-6: both methods raise the operator's error."""
    gone = DynamoDBBooks(dynamodb._client, "gone")
    with pytest.raises(SetupError, match="the ledger table gone"):
        gone.read(NOVEMBER)
    with pytest.raises(SetupError, match="the ledger table gone"):
        gone.save(MonthBooks(month=NOVEMBER))
