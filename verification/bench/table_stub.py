"""A table below boto3 that answers GetItem from memory.

The client's cost stays in the figures, the network's does not.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from tally.domain.record.usage_record import UsageRecord
from tally.ledger.items import record_item

TABLE = "bench"
_TYPE = "application/x-amz-json-1.0"


class _Raw:
    """A body as urllib3 gives it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: object) -> Iterable[bytes]:
        """The whole, at once."""
        return iter((self._body,))


class TableStub:
    """Answers for the records that it got.

    ``client`` is a boto3 client of DynamoDB that asks it.
    """

    def __init__(self, records: Iterable[UsageRecord]) -> None:
        self._items: dict[tuple[str, str], bytes] = {}
        for record in records:
            item: Mapping[str, Any] = record_item(record)
            self._items[item["pk"]["S"], item["sk"]["S"]] = json.dumps({"Item": item}).encode()
        session = boto3.Session(
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106 - no secret
            region_name="eu-west-1",
        )
        self.client = session.client("dynamodb", config=Config(connect_timeout=3, read_timeout=8))
        # Whatever a handler of this event answers is taken for the response (botocore.endpoint);
        # its stubs know of none.
        self.client.meta.events.register("before-send.dynamodb.GetItem", self._answer)  # type: ignore[arg-type]

    def _answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        key = json.loads(request.body)["Key"]  # type: ignore[arg-type]  # bytes, as a JSON call has
        body = self._items[key["pk"]["S"], key["sk"]["S"]]
        headers = HTTPHeaders()
        headers["Content-Type"] = _TYPE
        return AWSResponse(request.url, 200, headers, _Raw(body))
