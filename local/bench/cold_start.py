"""A container's first moments: import and first invocation of each handler, beside bare clients doing the same.

The worker's first invocation brings one unchanged company up to date; the planner's ends once it is put together, at an
event that names no tick. Both sides read the keys, and make the clients of AWS that the handler makes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from local.bench.figure import Figure
from local.bench.first_answers import answering, batch

GROUP = "Cold start, processor time of import and first invocation"
_ROUNDS = 9
_MOST = 1.15
_ROOT = Path(__file__).parents[2]

_TIMED = """
import sys, time
began = time.process_time()
{work}
sys.stderr.write(str(time.process_time() - began))
"""
_BARE = """
import json, os
import boto3, pydantic, requests
from botocore.config import Config
from aws_lambda_powertools import Logger
{powertools}
logger = Logger(service="bare")
config = Config(connect_timeout=3, read_timeout=8, retries={{"mode": "standard", "total_max_attempts": 4}})
secrets, table, queue = (boto3.client(name, config=config) for name in ("secretsmanager", "dynamodb", "sqs"))
keys = json.loads(secrets.get_secret_value(SecretId=os.environ["SECRET_ID"])["SecretString"])
"""
_BARE_WORKER = """
table.get_item(TableName="bench", Key={"pk": {"S": "a"}, "sk": {"S": "b"}}, ConsistentRead=True)
session = requests.Session()
call = {"id": "1", "jsonrpc": "2.0", "method": "getMonthlyUsage", "params": {}}
session.post(os.environ["GRAVITYZONE_URL"] + "/v1.0/jsonrpc/licensing", json=call, timeout=10).json()
logger.info("done")
"""
_HANDLER = """
class Context:
    function_name, memory_limit_in_mb = "tally", 256
    invoked_function_arn, aws_request_id = "arn:aws:lambda:eu-west-1:000000000000:function:tally", "1"
    def get_remaining_time_in_millis(self):
        return 140_000
"""
_WORKER = f"""{_HANDLER}
import json, os
from worker.handler import handler
answer = handler(json.loads(os.environ["FIRST_EVENT"]), Context())
assert answer == {{"batchItemFailures": []}}, answer
"""
_PLANNER = f"""{_HANDLER}
from planner.handler import handler
from tally.errors import TallyError
try:
    handler({{}}, Context())
except TallyError:
    pass
else:
    raise AssertionError("an event without a tick was taken")
"""
_PARTS = {
    "planner": (_PLANNER, _BARE.format(powertools="")),
    "worker": (
        _WORKER,
        _BARE.format(powertools="from aws_lambda_powertools.utilities.batch import BatchProcessor") + _BARE_WORKER,
    ),
}


def measure() -> Iterable[Figure]:
    """The least of some rounds, done in turn, ours over the bare; both with their bytecode compiled before."""
    with answering() as address, tempfile.TemporaryDirectory() as bytecode:
        environment = _environment(address, bytecode)
        for name, parts in _PARTS.items():
            handler, bare = (_TIMED.format(work=part) for part in parts)
            least: dict[str, float] = {}
            for _ in range(1 + _ROUNDS):
                for program in (handler, bare):
                    seconds = _run(program, environment)
                    # The first round compiles.
                    least[program] = min(seconds, least.get(program, float("inf")))
            yield Figure(
                group=GROUP, what=f"{name}, over bare clients", figure=least[handler] / least[bare], bound=_MOST
            )
            yield Figure(group=GROUP, what=name, figure=1000 * least[handler], unit="ms")


def _run(program: str, environment: dict[str, str]) -> float:
    done = subprocess.run(  # noqa: S603 - one of the programs above
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, cwd=_ROOT
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stderr.splitlines()[-1])


def _environment(address: str, bytecode: str) -> dict[str, str]:
    path = (_ROOT, _ROOT / "layers" / "tally", _ROOT / "functions")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONPYCACHEPREFIX": bytecode,
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "FIRST_EVENT": json.dumps(batch()),
        "TABLE_NAME": "bench",
        "QUEUE_URL": f"{address}/000000000000/jobs",
        "SECRET_ID": "keys",
        "GRAVITYZONE_URL": f"{address}/api",
        "CONNECTWISE_URL": address,
        "CONNECTWISE_COMPANY": "brightlantern",
        "AGREEMENT_TYPE": "Endpoint Security",
        "PRODUCT": "GZ-ENDPOINT",
        "SERVICES": "",
        "BILLING_TIME_ZONE": "UTC",
        "BILLING_CYCLES": "Monthly",
        "ADDITION_TEXT": "Active endpoints",
        "FIRST_MONTH": "",
        "CLOSE_DAY": "2",
        "OPEN_UNTIL_DAY": "10",
        "INVOICING": "arrears",
        "LATE_USAGE": "hold",
        "BILL_MINIMUM": "false",
        "GROWTH_PERCENT": "50",
        "GROWTH_SEATS": "20",
        "SETTLE_SECONDS": "300",
        "LOCAL_HTTP_HOST": "",
        "LOG_LEVEL": "INFO",
        "REQUEST_TIMEOUT_SECONDS": "7",
        "CALLS_PER_SECOND": "1",
        "BURST": "1",
        "SWEEP_CALLS_PER_SECOND": "5",
        "STACK_NAME": "tally",
    }
