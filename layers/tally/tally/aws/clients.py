"""A function's clients of AWS, made as a cold start can afford: out of one session, and without importing boto3 itself."""

from typing import Any

from botocore.config import Config
from botocore.exceptions import NoRegionError
from botocore.loaders import Loader
from botocore.session import get_session

from tally.errors import SetupError

SERVICES = ("dynamodb", "secretsmanager", "sns", "sqs")
"""All services that the functions call."""


class _OwnServices(Loader):
    """Botocore's loader, which knows of these services alone: it would look for the files of some 400 before it loads one."""

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that there is a client to be had of."""
        del type_name
        return list(SERVICES)


class AwsClients:
    """Makes clients that hold up to ``connections`` connections.

    Timeouts are short, so that a hanging AWS call cannot outlast the function; boto's standard mode repeats what is safe.
    """

    def __init__(self, *, connections: int) -> None:
        self._session = get_session()
        self._session.register_component("data_loader", _OwnServices())
        self._config = Config(
            connect_timeout=3,
            read_timeout=8,
            retries={"mode": "standard", "total_max_attempts": 4},
            max_pool_connections=connections,
        )

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its class as it goes
        """The client of one of ``SERVICES``; botocore's UnknownServiceError for another.

        Raises SetupError where the environment lacks a region, or names an address that is none.
        """
        try:
            return self._session.create_client(service, config=self._config)
        except (NoRegionError, ValueError) as error:
            raise SetupError(f"AWS cannot be asked for {service}: {error}") from None
