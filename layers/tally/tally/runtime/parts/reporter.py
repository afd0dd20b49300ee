"""Put the reporter together; no other function imports its parts."""

from dataclasses import replace

from tally.aws.clients import AwsClients
from tally.aws.topic import SNSTopic
from tally.domain.pulse.state import Pulse
from tally.ledger.attachments.attachment_table import DynamoDBAttachments
from tally.ledger.books.books_table import DynamoDBBooks
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tally.reporter.report import Report
from tally.runtime.settings import ReporterSettings

_CONNECTIONS = 8


def report_with(settings: ReporterSettings) -> Report:
    """Make the use case; without the pulse, what the ledger knows of an earlier one is no news."""
    aws = AwsClients(connections=_CONNECTIONS)
    tables = aws.client("dynamodb")
    memory = DynamoDBPulse(tables, settings.table_name)
    attachments = DynamoDBAttachments(tables, settings.table_name)
    report = Report(
        ledger=DynamoDBLedger(tables, settings.table_name),
        books=DynamoDBBooks(tables, settings.table_name),
        bucket=settings.books_bucket,
        announcements=SNSTopic(aws.client("sns"), settings.topic_arn),
        close_day=settings.close_day,
        stack=settings.stack_name,
        pulse=memory.read if settings.pulse_minutes else Pulse,
    )
    return replace(report, attached=attachments.month) if settings.attach_statements else report
