"""Make the functions' clients of AWS."""

import os
from typing import Any

import boto3.session
from botocore.config import Config
from botocore.exceptions import NoRegionError

from tally.errors import SetupError


class AwsClients:
    """Makes clients out of one session; each holds up to ``connections`` connections.

    The region and the credentials are those of the function's environment.
    """

    def __init__(self, *, connections: int) -> None:
        self._session = boto3.session.Session()
        # botocore waits 60 seconds for an answer, and tries several times: a call to AWS that hangs
        # would outlast the function. Its standard mode repeats what is safe to repeat.
        self._config = Config(
            connect_timeout=3,
            read_timeout=8,
            retries={"mode": "standard", "total_max_attempts": 4},
            max_pool_connections=connections,
            # A local stack's name has no names of buckets below it.
            s3={"addressing_style": "path" if os.environ.get("AWS_ENDPOINT_URL") else "auto"},
        )

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes as it goes
        """Return the client of a service, as boto3 names it.

        Raises SetupError if the environment lacks a region, or has an address that is none.
        """
        try:
            return self._session.client(service, config=self._config)  # type: ignore[call-overload]
        except (NoRegionError, ValueError) as error:
            raise SetupError(f"AWS cannot be asked for {service}: {error}") from None
