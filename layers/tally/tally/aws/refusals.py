"""Turn the errors of AWS's services into Tally's, by who has to act."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from tally.errors import ConflictError, ContractError, SetupError, TallyError, TransientError

NO_ANSWER = (HTTPClientError, BotoConnectionError)
"""boto's errors of a call without an answer: a write may have happened."""

# Each service has its own words for the same refusal: "NotFound" is SNS's for a missing topic, and
# "NonExistentQueue" SQS's for a missing queue. S3 answers 409
# "ConditionalRequestConflict" and "OperationAborted" where two writes meet (its error codes).
_OPERATOR = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "KmsAccessDenied",
        "MissingAuthenticationToken",
        "NoSuchBucket",
        "NotFound",
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ResourceNotFoundException",
        "UnrecognizedClientException",
    }
)
_PASSING = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SERVER_ERROR = 500


def error_code(error: ClientError) -> str:
    """Return the service's own name of the error."""
    return error.response.get("Error", {}).get("Code", "")


def is_server_error(error: ClientError) -> bool:
    """Return True for a 5xx: a write may have happened."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR


def as_tally_error(error: ClientError | BotoCoreError, *, what: str) -> TallyError:
    """Return the error to raise in place of boto's; ``what`` names the thing, such as the table."""
    if not isinstance(error, ClientError):
        return _without_answer(error, what=what)
    code = error_code(error)
    request_id = error.response.get("ResponseMetadata", {}).get("RequestId", "unknown")
    said = f"{code}: {error.response.get('Error', {}).get('Message', '')} (request {request_id})"
    if code == "ConditionalCheckFailedException":
        return ConflictError(f"{what} is not in the state that the write was made for. {said}")
    if code in _OPERATOR:
        return SetupError(
            f"{what} cannot be used; check that it exists and that the function's role allows it. "
            f"{said}"
        )
    if code in _PASSING or is_server_error(error):
        return TransientError(f"{what} is not available at the moment. {said}")
    return ContractError(f"{what} refused what was asked. {said}")


def _without_answer(error: BotoCoreError, *, what: str) -> TallyError:
    if isinstance(error, NO_ANSWER):
        return TransientError(f"{what} did not answer: {error}")
    if isinstance(error, NoCredentialsError | PartialCredentialsError | NoRegionError):
        return SetupError(f"{what} cannot be reached: {error}")
    return ContractError(f"{what} was asked wrongly or answered unreadably: {error}")


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Raise TallyErrors in place of boto's, for reads and for writes that are safe to repeat."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise as_tally_error(error, what=what) from error
