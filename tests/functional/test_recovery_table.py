"""The commands of docs/recovery.md on a DynamoDB of moto: restoring a table, moving one, reading
what people said.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.standing import StandingState
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import EXPIRES
from testing.audit import audit
from testing.ledger_table import moto_ledger, table_definition
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.recovery_commands import command, options

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WHO = {"by": "mira", "why": "agreed with the customer"}
LOST, SINCE = "tally-LedgerTable", "2026-11-10T00:00:00Z"


@pytest.fixture
def dynamodb() -> "Iterator[DynamoDBClient]":
    with moto_ledger(LOST) as client:
        yield client


def on_table(world: World, client: "DynamoDBClient", name: str) -> None:
    """Name the table to Tally, as the parameter TableName does."""
    world.ledger = DynamoDBLedger(client, name)  # type: ignore[assignment]  # a Ledger, as the one in memory is
    world.plan = world.planner()


def played(client: "DynamoDBClient") -> tuple[World, Customer]:
    """A customer in October and November, its ledger restored to a point before November."""
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    on_table(world, client, LOST)
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4)
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-28 12:05"))
    return world, harbor


@pytest.mark.slow
def test_a_restored_table_is_a_ledger(dynamodb: "DynamoDBClient") -> None:
    """SAFE-8: the table that a restore makes, from before the month was opened, has its index and
    is gone on with.
    """
    world, harbor = played(dynamodb)
    # moto restores what is there now, so the restore happens at the instant that it restores to.
    words = command(
        "aws dynamodb restore-table-to-point-in-time",
        LOST=LOST,
        RESTORED="tally-restored",
        MOMENT="2026-10-28T12:30:00Z",
    )
    dynamodb.restore_table_to_point_in_time(**options(words))
    world.check_in(harbor, 3, at=gmt("2026-11-01 00:00"))
    world.play(gmt("2026-11-01 00:05"), gmt("2026-11-02 00:05"), gmt("2026-11-12 08:05"))

    on_table(world, dynamodb, "tally-restored")
    world.check_in(harbor, 1)
    world.play(gmt("2026-11-12 09:05"), gmt("2026-11-12 09:20"))
    assert audit(world, harbor, "2026-10", closed=True) == []
    assert audit(world, harbor, "2026-11") == []
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_restored_table_is_protected_again(dynamodb: "DynamoDBClient") -> None:
    """What a restore leaves out is set by the document's commands: deletion protection,
    point-in-time recovery, and the expiry of evidence (PROOF-5).
    """
    dynamodb.restore_table_to_point_in_time(SourceTableName=LOST, TargetTableName="tally-restored")
    dynamodb.update_table(
        **_flag(
            options(
                command(
                    "aws dynamodb update-table --table-name $RESTORED", RESTORED="tally-restored"
                )
            )
        )
    )
    words = command("aws dynamodb update-continuous-backups", RESTORED="tally-restored")
    given = options(words)
    name, value = given["PointInTimeRecoverySpecification"].split("=")
    dynamodb.update_continuous_backups(
        TableName=given["TableName"], PointInTimeRecoverySpecification={name: value == "true"}
    )
    assert (
        dynamodb.describe_table(TableName="tally-restored")["Table"]["DeletionProtectionEnabled"]
        is True
    )
    backups = dynamodb.describe_continuous_backups(TableName="tally-restored")[
        "ContinuousBackupsDescription"
    ]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    expiry = options(command("aws dynamodb update-time-to-live", RESTORED="tally-restored"))
    enabled, attribute = expiry["TimeToLiveSpecification"].split(",")
    assert (enabled, attribute) == ("Enabled=true", f"AttributeName={EXPIRES}")


def test_what_people_said_since_is_read_from_the_lost_table(dynamodb: "DynamoDBClient") -> None:
    """SAFE-8: the document's scan lists every answer and set-up of people since the moment, and
    nothing of Tally's own.
    """
    world, harbor = played(dynamodb)
    world.set_up().exclude(harbor.id, by="before", why="long ago")
    world.clock.set(gmt("2026-11-10 12:00"))
    world.set_up().include(harbor.id, **WHO)
    world.play(gmt("2026-11-10 12:05"))
    found = dynamodb.scan(
        **options(command("aws dynamodb scan --table-name $LOST", LOST=LOST, MOMENT=SINCE))
    )["Items"]
    assert [(each["what"]["S"], each["by"]["S"], each["why"]["S"]) for each in found] == [
        ("included", "mira", "agreed with the customer")
    ]


def test_a_table_is_imported_with_the_templates_keys_and_index() -> None:
    """What `import-table` makes in the other account has the keys, index and billing of the
    template's own table.
    """
    given = options(
        command("aws dynamodb import-table", BUCKET="b", EXPORT="e", RESTORED="tally-moved")
    )
    made = given["TableCreationParameters"]
    assert made.pop("TableName") == "tally-moved"
    assert made == table_definition()


def _flag(given: dict[str, Any]) -> dict[str, Any]:
    """A switch such as `--deletion-protection-enabled`, which boto3 takes as a truth value."""
    assert given["DeletionProtectionEnabled"] is True
    return given
