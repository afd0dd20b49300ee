"""What a container's first invocation asks for, answered over loopback: the keys, one record, and one count."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.bench.planner_scene import CAUSES, TICK, agreement, open_record
from local.world import PRODUCT_ID
from tally.ledger.items import record_item
from tally.messages import Job, JobService

COUNT = 7
_KEYS = {
    "gravityzone_api_key": "gravityzone-key",
    "connectwise_public_key": "public-key",
    "connectwise_private_key": "private-key",
    "connectwise_client_id": "client-id",
}
_AGREEMENT, _RECORD = agreement(COUNT), open_record(COUNT)
_ITEM = record_item(_RECORD)
_KEY = {name: _ITEM[name] for name in ("pk", "sk")}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer one call of Secrets Manager, DynamoDB or GravityZone."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        answers: dict[str, Any] = {
            "GetSecretValue": {"ARN": "arn", "Name": "keys", "SecretString": json.dumps(_KEYS)},
            "GetItem": {"Item": _ITEM} if asked.get("Key") == _KEY else {},
            "": {"id": asked.get("id"), "jsonrpc": "2.0", "result": {"endpointMonthlyUsage": COUNT}},
        }
        body = json.dumps(answers[operation]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if not operation else "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[str]:
    """Serve on a free port of loopback; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def batch() -> dict[str, Any]:
    """A batch of one job, for the record that the table has, whose count is what GravityZone says."""
    job = Job(
        tick=TICK,
        company_id=_RECORD.key.company_id,
        company_name="Customer",
        connectwise_id=_AGREEMENT.company_id,
        month=_RECORD.key.month,
        services=(
            JobService(
                service=_RECORD.key.service,
                agreement_id=_AGREEMENT.id,
                product_id=PRODUCT_ID,
                listed=True,
                may_open=False,
            ),
        ),
        agreements=(_AGREEMENT,),
        licensed=True,
        tick_before=TICK,
        standing=CAUSES,
        last_reading=TICK,
    )
    record = {
        "messageId": "first",
        "receiptHandle": "first",
        "body": job.model_dump_json(exclude_defaults=True),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1793880000000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:jobs",
        "awsRegion": "eu-west-1",
    }
    return {"Records": [record]}
