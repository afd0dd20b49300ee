"""The common part of the bare programs for cold starts: clients, keys, a call to GravityZone.

A bare program is a script as one writes it for one MSP, with the same libraries as Tally: boto3,
requests, pydantic and Powertools, and no code between them and the calls. It checks nothing,
repeats nothing and hides no key.
"""

import os
import uuid
from typing import Any

import boto3
import requests
from aws_lambda_powertools.metrics import EphemeralMetrics
from botocore.config import Config
from pydantic import BaseModel, SecretStr

_CONFIG = Config(
    connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 4}
)
TIMEOUT = 7


class Keys(BaseModel):
    """The secret's JSON object."""

    gravityzone_api_key: SecretStr
    connectwise_public_key: SecretStr
    connectwise_private_key: SecretStr
    connectwise_client_id: SecretStr


class Clients:
    """The clients of AWS that a handler makes, one session for both APIs, and the keys."""

    def __init__(self) -> None:
        secrets = boto3.client("secretsmanager", config=_CONFIG)
        self.table = boto3.client("dynamodb", config=_CONFIG)
        self.queue = boto3.client("sqs", config=_CONFIG)
        secret = secrets.get_secret_value(SecretId=os.environ["SECRET_ID"])
        self.keys = Keys.model_validate_json(secret["SecretString"])
        self.session = requests.Session()

    def gravityzone(self, service: str, method: str, **params: object) -> Any:  # noqa: ANN401 - a JSON value
        """The result of a method."""
        answer = self.session.post(
            f"{os.environ['GRAVITYZONE_URL']}/v1.0/jsonrpc/{service}",
            json={"id": str(uuid.uuid4()), "jsonrpc": "2.0", "method": method, "params": params},
            auth=(self.keys.gravityzone_api_key.get_secret_value(), ""),
            timeout=TIMEOUT,
        )
        return answer.json()["result"]


def tell(function: str, **values: float) -> None:
    """Write the invocation's metrics on one line."""
    metrics = EphemeralMetrics(namespace="Bare")
    metrics.add_dimension(name="Stack", value=os.environ["STACK_NAME"])
    metrics.add_metadata(key="function", value=function)
    for name, value in values.items():
        metrics.add_metric(name=name, unit="Count", value=value)
    metrics.flush_metrics()
