"""Several items written together or not at all, on a DynamoDB that may cancel, time out, or answer twice."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from tally.aws.refusals import NO_ANSWER, as_tally_error, error_code, is_server_error
from tally.errors import AmbiguousError, ConflictError, ContractError, TallyError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

_FIRST_PAUSE = 0.05
_ATTEMPTS = 6
_PASSING = frozenset(
    {"None", "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)


class _CancelledError(TransientError):
    """DynamoDB cancelled it because of another one under way: it has not happened, and may be tried again at once."""


class Patience(NamedTuple):
    """How a cancelled transaction is tried again: up to 5 times, after at most 0.05 s, then 0.1 s, to 0.8 s, the pauses random.

    ``pause`` sleeps the given seconds; ``jitter`` gives a number from 0 to 1, so that two that cancelled each other do
    not meet again.
    """

    pause: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def after(self, attempt: int) -> None:
        """Wait after an attempt that failed, the first of which is number 1."""
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
    """Write all of ``puts``, once, whatever answers are lost.

    ``token`` makes DynamoDB take repeats of this call within ten minutes for one, boto's own repeats among them
    (ClientRequestToken of TransactWriteItems). ``wrote`` reads whether the items stand there as this very call writes
    them: it is asked where a condition failed or no answer came, since an answer that was lost may have been a yes.

    Raises ConflictError if a condition does not hold, TransientError if DynamoDB is busy, AmbiguousError if it may yet
    have happened; else as ``as_tally_error``.
    """
    attempt = 1
    while True:
        try:
            client.transact_write_items(TransactItems=puts, ClientRequestToken=token)
        except (ClientError, BotoCoreError) as error:
            failure = _failure(error, what=what)
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
    # In progress: an earlier attempt of the same call, whose answer was lost, is still under way.
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
    if codes and _PASSING.issuperset(codes):
        return _CancelledError(f"{what} is in use by another transaction ({', '.join(codes)}).")
    return ContractError(f"{what} was refused: {error}")


def _reasons(error: ClientError) -> Sequence[dict[str, Any]]:
    response: dict[str, Any] = dict(error.response)
    return response.get("CancellationReasons") or []
