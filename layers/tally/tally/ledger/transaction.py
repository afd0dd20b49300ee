"""Several items written together or not at all, though DynamoDB may cancel or not answer."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tally.aws.refusals import NO_ANSWER, as_tally_error, error_code, is_server_error
from tally.errors import AmbiguousError, ConflictError, ContractError, TallyError, TransientError
from tally.ledger.keys import Item, Key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
    )

_ABSENT = "attribute_not_exists(pk)"
_NO_VERSION = "NOT attribute_type(version, :number)"
_AT_VERSION = "version = :expected"
_FIRST_PAUSE = 0.05
_ATTEMPTS = 6
_PASSING = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Reasons that pass. DynamoDB gives one reason for each item; "None" is an item without trouble."""


class Parts:
    """Makes the parts of transactions on one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def put(self, item: Item, *, expected_version: int = 0) -> "TransactWriteItemTypeDef":
        """Write an item over that version of it; 0 if there must be none."""
        if not expected_version:
            return self.put_if(item, _ABSENT)
        return self.put_if(item, _AT_VERSION, {":expected": {"N": str(expected_version)}})

    def put_anew(self, item: Item) -> "TransactWriteItemTypeDef":
        """Write an item if there is none, or one whose version cannot be read."""
        return self.put_if(item, _NO_VERSION, {":number": {"S": "N"}})

    def put_if(
        self, item: Item, condition: str, values: "dict[str, AttributeValueTypeDef] | None" = None
    ) -> "TransactWriteItemTypeDef":
        """Write an item if a condition holds."""
        put: PutTypeDef = {"TableName": self._table, "Item": item, "ConditionExpression": condition}
        if values is not None:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}

    def check(self, key: Key, *, version: int) -> "TransactWriteItemTypeDef":
        """Write nothing, but only if the item is at that version."""
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": key,
                "ConditionExpression": _AT_VERSION,
                "ExpressionAttributeValues": {":expected": {"N": str(version)}},
            }
        }


class _CancelledError(TransientError):
    """DynamoDB cancelled it for another one under way: it has not happened, and may be repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The pauses before a cancelled transaction is repeated: at most 0.05 s, then double each time.

    ``pause`` sleeps the given seconds. ``jitter`` gives a number from 0 to 1: DynamoDB may cancel
    both of two transactions, and these must not meet again.
    """

    pause: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def after(self, attempt: int) -> None:
        """Wait after a failed attempt; the first is number 1."""
        self.pause(self.jitter() * _FIRST_PAUSE * 2 ** (attempt - 1))


def write_together(
    client: "DynamoDBClient",
    puts: "Sequence[TransactWriteItemTypeDef]",
    *,
    token: str,
    wrote: Callable[[], bool],
    what: str,
    patience: Patience,
) -> None:
    """Write all of ``puts`` once, whatever answers are lost.

    ``wrote`` reads the table and returns True if this very call has written the items. It is asked
    if a condition failed or no answer came, since the lost answer may have been a yes.

    Raises:
        ConflictError: a condition does not hold.
        TransientError: DynamoDB is busy.
        AmbiguousError: it may have happened.
        TallyError: as ``as_tally_error``.
    """
    # DynamoDB takes calls with one ClientRequestToken within ten minutes for one call (documented).
    # boto repeats a call without an answer by itself, and those repeats bear the token too.
    attempt = 1
    while True:
        try:
            client.transact_write_items(TransactItems=puts, ClientRequestToken=token)
        except (ClientError, BotoCoreError) as error:
            failure = _failure(error, what=what)
            # A repeat after the token's ten minutes meets its own items, as a failed condition.
            if isinstance(failure, ConflictError | AmbiguousError) and _happened(
                wrote, failure, what=what
            ):
                return
            if not isinstance(failure, _CancelledError) or attempt == _ATTEMPTS:
                raise failure from error
        else:
            return
        patience.after(attempt)
        attempt += 1


def _happened(wrote: Callable[[], bool], failure: TallyError, *, what: str) -> bool:
    try:
        return wrote()
    except TallyError as error:
        raise AmbiguousError(
            f"{what} may or may not be written: {failure} Reading it back failed: {error}"
        ) from error


def _failure(error: ClientError | BotoCoreError, *, what: str) -> TallyError:
    if isinstance(error, NO_ANSWER):
        return AmbiguousError(f"{what} may or may not be written: {error}")
    if not isinstance(error, ClientError):
        return as_tally_error(error, what=what)
    # "In progress" is said of an earlier attempt of this call: its answer was lost, and DynamoDB is
    # still at it.
    if is_server_error(error) or error_code(error) == "TransactionInProgressException":
        return AmbiguousError(
            f"{what} may or may not be written: {as_tally_error(error, what='DynamoDB')}"
        )
    if error_code(error) != "TransactionCanceledException":
        return as_tally_error(error, what=what)
    return _cancelled([reason.get("Code", "None") for reason in _reasons(error)], error, what=what)


def _cancelled(codes: Sequence[str], error: ClientError, *, what: str) -> TallyError:
    if "ConditionalCheckFailed" in codes:
        return ConflictError(f"{what} has been written by somebody else since it was read.")
    # DynamoDB cancels both of two transactions on one item, or one of them: it does not queue.
    if codes and _PASSING.issuperset(codes):
        return _CancelledError(f"{what} is in use by another transaction ({', '.join(codes)}).")
    return ContractError(f"{what} was refused: {error}")


def _reasons(error: ClientError) -> Sequence[dict[str, Any]]:
    # boto's types know no reasons; DynamoDB sends them beside the error.
    response: dict[str, Any] = dict(error.response)
    return response.get("CancellationReasons") or []
