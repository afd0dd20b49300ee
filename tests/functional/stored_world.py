"""A Tally in one process whose ledger is a table, so that its items can be spoilt as they are
stored.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.stack import Stack
from simulators.clock import VirtualClock
from tally.domain.model.standing import Cause
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.transaction import Patience
from tally.people.read_overview import read_overview
from tally.planner.plan import Planned
from testing.ledger_table import moto_ledger
from testing.world import Customer, World

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "ledger"


@dataclass(slots=True, kw_only=True)
class StoredWorld:
    """A world, and the table that its ledger is."""

    world: World
    client: "DynamoDBClient"
    ledger: DynamoDBLedger

    def wrap(self, port: Any) -> Any:  # noqa: ANN401 - any port
        """Put the table in the place of the ledger in memory."""
        return self.ledger if port is self.world.ledger else port

    def tick(self, at: datetime, *, work: bool = True) -> Planned:
        """One tick, and what workers do of it."""
        self.world.clock.set(max(at, self.world.clock.now()))
        planned = self.world.planner(wrap=self.wrap)(at)
        if work:
            self.world.work(deliver=self.world.worker(wrap=self.wrap))
        return planned

    def put(self, customer: Customer, sort: str, **attributes: dict[str, str]) -> None:
        """Overwrite attributes of one of the customer's items as they are stored."""
        for name, value in attributes.items():
            self.client.update_item(
                TableName=TABLE,
                Key={"pk": {"S": f"COMPANY#{customer.id}"}, "sk": {"S": sort}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": value},  # type: ignore[dict-item]
            )

    def shown(self, customer: Customer) -> Cause:
        """The customer's standing, as `tally status` has it."""
        (row,) = (
            each
            for each in read_overview(self.ledger, months=[]).companies
            if each.company_id == customer.id
        )
        return row.cause

    def shown_to(self, stack: Stack) -> None:
        """Let a command see this ledger."""
        stack.ledger = lambda: self.ledger  # type: ignore[method-assign]


@contextmanager
def stored_world(
    start: datetime, *, settings: Callable[[], dict[str, Any]] = dict
) -> Iterator[StoredWorld]:
    """A world of its own, whose table is gone afterwards."""
    with moto_ledger(TABLE) as client:
        patience = Patience(pause=lambda _: None)
        yield StoredWorld(
            world=World(clock=VirtualClock(start), **settings()),
            client=client,
            ledger=DynamoDBLedger(client, TABLE, patience=patience),
        )
