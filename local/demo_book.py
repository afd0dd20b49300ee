"""The demo's book: the statements of a month, as `tally statement --all` writes them."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from local.deployment import Deployment
from local.errors import LocalError
from local.stack import DEMO_PARAMETERS
from tally.domain.model.month import Month
from tally.domain.statement.statement import Statement
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.people.read_statements import read_statements
from tally.services import evidence_of, read_services
from tally.statements.book import INDEX, book


def write_book(deployment: Deployment, month: Month, folder: Path) -> tuple[Path, Sequence[str]]:
    """Write every statement of the month and the index.

    Return the index, and a sentence for each number that has not as many machines behind it.
    """
    table = deployment.outputs["LedgerTable"]
    unreadable: dict[str, str] = {}
    statements = list(
        read_statements(
            DynamoDBLedger(deployment.dynamodb, table),
            month,
            zone=DEMO_PARAMETERS["BillingTimeZone"],
            evidence=DynamoDBEvidence(deployment.dynamodb, table),
            evidence_of=evidence_of(read_services(DEMO_PARAMETERS.get("Services", ""))),
            unreadable=unreadable,
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in book(statements, month, unreadable=unreadable):
        (folder / name).write_bytes(file)
    if unreadable:
        raise LocalError(f"statements are missing: {'; '.join(unreadable.values())}")
    return folder / INDEX, list(unproven(statements))


def unproven(statements: Iterable[Statement]) -> Iterator[str]:
    """Yield what a bookkeeper would miss: a count that has not as many machines seen active."""
    for statement in statements:
        for service in statement.services:
            numbers = service.numbers
            if numbers.proven != numbers.counted:
                yield (
                    f"{statement.customer.name}: {numbers.counted} were counted, and "
                    f"{numbers.proven} machines were seen active."
                )
