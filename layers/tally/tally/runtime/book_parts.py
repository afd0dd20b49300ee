"""Put the function ``book`` together; no other function imports its parts."""

from collections.abc import Mapping
from dataclasses import dataclass

from tally.aws.bucket import S3Bucket
from tally.aws.clients import AwsClients
from tally.ledger.books.books_table import DynamoDBBooks
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.publishing.pages import Pages
from tally.publishing.publish import Publish
from tally.publishing.write_edition import WriteEdition
from tally.runtime.clock import WallClock
from tally.runtime.settings import BookSettings
from tally.runtime.time_limits import Deadline
from tally.services import evidence_of

_CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BookParts:
    """The function's use case, and the time at which it is stopped."""

    publish: Publish
    deadline: Deadline


def book_parts(environment: Mapping[str, str]) -> BookParts:
    """Make the parts. Raises SetupError naming every setting that is wrong."""
    settings = BookSettings.from_env(environment)
    aws, deadline = AwsClients(connections=_CONNECTIONS), Deadline()
    tables = aws.client("dynamodb")
    ledger = DynamoDBLedger(tables, settings.table_name)
    books = DynamoDBBooks(tables, settings.table_name)
    write = WriteEdition(
        books=books,
        bucket=S3Bucket(aws.client("s3"), settings.books_bucket),
        clock=WallClock(),
        pages=Pages(
            ledger=ledger,
            evidence=DynamoDBEvidence(tables, settings.table_name),
            evidence_of=evidence_of(settings.services),
            zone=settings.billing_time_zone.key,
        ),
        seconds_left=deadline.seconds_left,
    )
    publish = Publish(
        ledger=ledger,
        books=books,
        write=write,
        close_day=settings.close_day,
        seconds_left=deadline.seconds_left,
    )
    return BookParts(publish=publish, deadline=deadline)
