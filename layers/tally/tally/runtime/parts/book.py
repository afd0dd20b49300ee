"""Put the function ``book`` together; no other function imports its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from tally.attaching.attach_closed import AttachClosed
from tally.attaching.attach_month import AttachMonth
from tally.attaching.attach_one import AttachOne
from tally.aws.bucket import S3Bucket
from tally.aws.clients import AwsClients
from tally.aws.secret import read_keys
from tally.connectwise.documents import Documents
from tally.domain.book.ledger_port import BookLedger
from tally.domain.model.month import Month
from tally.ledger.attachments.attachment_table import DynamoDBAttachments
from tally.ledger.books.books_table import DynamoDBBooks
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.publishing.pages import Pages
from tally.publishing.publish import Publish
from tally.publishing.write_edition import WriteEdition
from tally.runtime.parts.bootstrap import World, connectwise_client
from tally.runtime.settings import BookSettings, ConnectWiseSettings
from tally.runtime.time_limits import Deadline, WallClock
from tally.services import evidence_of
from tally.statements.drawing import Form, drawn

_CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class BookParts:
    """The function's use cases, and the time at which it is stopped.

    ``attach`` is None if the setting is off: then no key is read, and ConnectWise is not called.
    """

    publish: Publish
    attach: AttachClosed | None
    deadline: Deadline


def book_parts(environment: Mapping[str, str], world: World | None = None) -> BookParts:
    """Make the parts. Raises SetupError naming every setting or key that is wrong."""
    settings, world = BookSettings.from_env(environment), world or World()
    aws, deadline = AwsClients(connections=_CONNECTIONS), Deadline()
    tables = aws.client("dynamodb")
    ledger = DynamoDBLedger(tables, settings.table_name)
    books = DynamoDBBooks(tables, settings.table_name)
    pages = Pages(
        ledger=ledger,
        evidence=DynamoDBEvidence(tables, settings.table_name),
        evidence_of=evidence_of(settings.services),
        zone=settings.billing_time_zone.key,
    )
    write = WriteEdition(
        books=books,
        bucket=S3Bucket(aws.client("s3"), settings.books_bucket),
        clock=world.clock or WallClock(),
        pages=pages,
        seconds_left=deadline.seconds_left,
    )
    publish = Publish(
        ledger=ledger,
        books=books,
        write=write,
        missing=pages.missing,
        close_day=settings.close_day,
        seconds_left=deadline.seconds_left,
    )
    attach = None
    # Without the setting the function's role may not read the keys (template.yaml).
    if settings.attach_statements:
        attachments = DynamoDBAttachments(tables, settings.table_name)
        attach = AttachClosed(
            attach=AttachMonth(
                one=_attach_one(
                    environment,
                    settings,
                    aws=aws,
                    attachments=attachments,
                    deadline=deadline,
                    world=world,
                ),
                attachments=attachments,
                statements=pages.statements,
                pdf=partial(drawn, form=Form.PDF),
                seconds_left=deadline.seconds_left,
            ),
            attachments=attachments,
            state=partial(_state, books),
        )
    return BookParts(publish=publish, attach=attach, deadline=deadline)


def _attach_one(
    environment: Mapping[str, str],
    settings: BookSettings,
    *,
    aws: AwsClients,
    attachments: DynamoDBAttachments,
    deadline: Deadline,
    world: World,
) -> AttachOne:
    calling = ConnectWiseSettings.from_env(environment)
    client = connectwise_client(
        calling,
        read_keys(aws.client("secretsmanager"), calling.secret_id),
        deadline=deadline.seconds_left,
        adapter=world.connectwise,
    )
    return AttachOne(
        documents=Documents(client.calls),
        attachments=attachments,
        clock=world.clock or WallClock(),
        settle=timedelta(seconds=calling.settle_seconds),
        private=settings.attach_privately,
    )


def _state(books: BookLedger, month: Month) -> str | None:
    newest = books.read(month).newest
    return None if newest is None else newest.state
