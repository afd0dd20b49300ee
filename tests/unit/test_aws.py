"""AWS refusals sorted by who has to act."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from tally.aws.refusals import as_tally_error, aws_errors
from tally.errors import ConflictError, ContractError, SetupError, TransientError


def refused(code: str, *, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "the service's own words"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "request-1"},
    }
    return ClientError(response, "PutItem")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refused("AccessDeniedException"), SetupError),
        (refused("ResourceNotFoundException"), SetupError),
        (refused("AWS.SimpleQueueService.NonExistentQueue"), SetupError),
        (refused("UnrecognizedClientException"), SetupError),
        (refused("AuthorizationError", status=403), SetupError),
        (refused("NotFound", status=404), SetupError),
        (refused("ThrottlingException"), TransientError),
        (refused("Throttled", status=429), TransientError),
        (refused("ProvisionedThroughputExceededException"), TransientError),
        (refused("RequestThrottled", status=403), TransientError),
        (refused("InternalServerError", status=500), TransientError),
        (refused("NeverHeardOf", status=503), TransientError),
        (refused("ConditionalCheckFailedException"), ConflictError),
        (refused("ValidationException"), ContractError),
        (refused("NeverHeardOf"), ContractError),
        (ReadTimeoutError(endpoint_url="https://aws.test"), TransientError),
        (ConnectTimeoutError(endpoint_url="https://aws.test"), TransientError),
        (EndpointConnectionError(endpoint_url="https://aws.test"), TransientError),
        (NoCredentialsError(), SetupError),
        (ParamValidationError(report="Unknown parameter"), ContractError),
    ],
)
def test_error_says_who_has_to_act(error: Any, expected: type[Exception]) -> None:  # noqa: ANN401 - any of boto's
    """The class of the error follows from AWS's code and status; its text names the thing that was
    asked.
    """
    found = as_tally_error(error, what="the ledger table t")
    assert type(found) is expected
    assert str(found).startswith("the ledger table t ")


def test_refusal_can_be_looked_up() -> None:
    """An error's text has what AWS support asks for: code, message and request id."""
    with (
        pytest.raises(
            SetupError,
            match=r"AccessDeniedException: the service's own words \(request request-1\)",
        ),
        aws_errors("it"),
    ):
        raise refused("AccessDeniedException")


def test_other_errors_pass() -> None:
    """An error that is not boto's is not touched."""
    with pytest.raises(KeyError), aws_errors("it"):
        raise KeyError("a bug of ours")
