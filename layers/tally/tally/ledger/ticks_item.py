"""The ledger's one item about ticks: the newest, and what ticks came to."""

import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.model.month import Month
from tally.domain.model.ticks import Ticks
from tally.errors import ConflictError
from tally.ledger.attributes import fields_of, unreadable
from tally.ledger.form import any_instant, instant, instant_text
from tally.ledger.keys import Item, month_of, months, months_text, read_item, ticks_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_ATTEMPTS = 5
_KNOWN_SINCE = "since "


class TicksItem:
    """Reads and changes the item about ticks, in a table that errors call ``name``."""

    def __init__(self, client: "DynamoDBClient", table: str, *, name: str) -> None:
        self._client = client
        self._table = table
        self._name = name

    def read(self) -> Ticks | None:
        """Return what is known of ticks; None before the first."""
        item = read_item(self._client, self._table, ticks_key())
        return None if item is None else ticks_from(item)

    def begin(self, tick: datetime, services: Collection[str]) -> Ticks:
        """Write ``tick`` if it is the newest, with first months if there are none; return all."""
        # A service's attribute has a blank in its name, which an expression takes as a #name alone.
        # DynamoDB refuses an empty map of names: "newest" stands in it, so it never is.
        of_services = {f"#{number}": known_since(each) for number, each in enumerate(services)}
        firsts = [
            f"{name} = if_not_exists({name}, :month)" for name in ("first_month", *of_services)
        ]
        try:
            with aws_errors(self._name):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=ticks_key(),
                    UpdateExpression=f"SET #newest = :tick, {', '.join(firsts)}",
                    ConditionExpression="attribute_not_exists(#newest) OR #newest < :tick",
                    ExpressionAttributeNames={**of_services, "#newest": "newest"},
                    ExpressionAttributeValues={
                        ":tick": {"S": instant_text(tick)},
                        ":month": {"S": str(Month.of(tick))},
                    },
                    # The answer holds what this very write made. A read after it could see a later
                    # tick.
                    ReturnValues="ALL_NEW",
                )
        except ConflictError:
            known = self.read()
            if known is None:
                raise
            return known
        return ticks_from(answer["Attributes"])

    def set_products(self, products: Mapping[str, int]) -> None:
        """Write the product that each service is billed by. Raises ConflictError before a tick."""
        with aws_errors(self._name):
            self._client.update_item(
                TableName=self._table,
                Key=ticks_key(),
                UpdateExpression="SET products = :products",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":products": {"S": products_text(products)}},
            )

    def advance(self, tick: datetime, change: Callable[[Ticks, datetime], Ticks]) -> None:
        """Write what ``change`` makes of the ticks. Raises ConflictError if none has begun."""
        for _ in range(_ATTEMPTS):
            known = self.read()
            if known is None:
                break
            changed = change(known, tick)
            if changed == known or self._set_progress(changed, instead_of=known):
                return
        raise ConflictError(
            f"{self._name} did not take what the tick {instant_text(tick)} came to: had it begun?"
        )

    def _set_progress(self, ticks: Ticks, *, instead_of: Ticks) -> bool:
        values, before = progress_attributes(ticks), progress_attributes(instead_of)
        conditions = [
            f"{name} = :known_{name}" if name in before else f"attribute_not_exists({name})"
            for name in ("planned", "finished")
        ]
        try:
            with aws_errors(self._name):
                self._client.update_item(
                    TableName=self._table,
                    Key=ticks_key(),
                    UpdateExpression=f"SET {', '.join(f'{name} = :{name}' for name in values)}",
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in values.items()},
                        **{f":known_{name}": value for name, value in before.items()},
                    },
                )
        except ConflictError:
            return False
        return True


def progress_attributes(ticks: Ticks) -> dict[str, "AttributeValueTypeDef"]:
    """Return the attributes of what ticks came to, as texts that a condition can compare."""
    found: dict[str, AttributeValueTypeDef] = {}
    if ticks.planned:
        found["planned"] = {"S": json.dumps(months_text(ticks.planned))}
    if ticks.finished is not None:
        found["finished"] = {"S": instant_text(ticks.finished)}
    return found


def products_text(products: Mapping[str, int]) -> str:
    """Return the text that holds the products by service."""
    return json.dumps(products, sort_keys=True)


def known_since(service: str) -> str:
    """Return the name of the attribute that holds the first month of a service."""
    return f"{_KNOWN_SINCE}{service}"


def ticks_from(item: Item) -> Ticks:
    """Read the item about ticks. Raises ContractError."""
    try:
        fields = fields_of(item)
        return Ticks(
            newest=any_instant(fields["newest"]),
            first_month=month_of(fields["first_month"]),
            planned=months(fields.get("planned", [])),
            finished=None if "finished" not in fields else instant(fields["finished"]),
            services={
                name.removeprefix(_KNOWN_SINCE): month_of(str(month))
                for name, month in fields.items()
                if name.startswith(_KNOWN_SINCE)
            },
            products={
                str(service): int(product)
                for service, product in fields.get("products", {}).items()
            },
        )
    except Exception as error:
        raise unreadable(item, error) from error
