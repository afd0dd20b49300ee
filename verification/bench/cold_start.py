"""A container's first moments: import and first invocation of each handler, beside a bare program.

The bare program makes the same calls. The worker's first invocation finds one company unchanged;
the planner's is a tick of a small MSP. The bare programs (``bare_worker.py``, ``bare_planner.py``)
are compiled modules as the handlers are.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from verification.bench.figure import Figure
from verification.bench.first_answers import FirstAnswers, answering

GROUP = "Cold start, processor time of import and first invocation"
HANDLERS = {"planner": "planner.handler", "worker": "worker.handler"}
BARE = {"planner": "verification.bench.bare_planner", "worker": "verification.bench.bare_worker"}
_ROUNDS = 9
_MOST = 1.3
_ROOT = Path(__file__).parents[2]

_PROGRAM = """
import sys, time
began = time.process_time()
import json, os
class Context:
    function_name, memory_limit_in_mb = "tally", 256
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:tally"
    aws_request_id = "1"
    def get_remaining_time_in_millis(self):
        return 140_000
from {module} import handler
answer = handler(json.loads(os.environ["FIRST_EVENT"]), Context())
seconds = time.process_time() - began
assert not answer.get("batchItemFailures"), answer
modules = [module for name, module in [*sys.modules.items()] if name.startswith("tally.")]
ours = [each for module in modules for each in vars(module).values()]
kinds = {{each for each in ours if isinstance(each, type) and each.__module__.startswith("tally.")}}
made = sum("__dataclass_fields__" in vars(each) for each in kinds)
sys.stderr.write(json.dumps({{"seconds": seconds, "modules": [*sys.modules], "dataclasses": made}}))
"""


def measure() -> Iterable[Figure]:
    """Yield the least of some rounds, done in turn, ours over the bare.

    Both have compiled bytecode.
    """
    with first_moments() as moments:
        for name, handler in HANDLERS.items():
            least: dict[str, float] = {}
            for _ in range(1 + _ROUNDS):
                for module in (handler, BARE[name]):
                    # The first round compiles.
                    seconds = moments.run(name, module).seconds
                    least[module] = min(seconds, least.get(module, float("inf")))
            figure = least[handler] / least[BARE[name]]
            yield Figure(group=GROUP, what=f"{name}, over bare clients", figure=figure, bound=_MOST)
            yield Figure(group=GROUP, what=name, figure=1000 * least[handler], unit="ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMoment:
    """The cost of one program.

    That is ``seconds`` of processor time, the ``modules`` it imported, and the number of
    ``dataclasses`` of ours.
    """

    seconds: float
    modules: Sequence[str]
    dataclasses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstMoments:
    """Runs programs from their first line to the end of their first invocation, each on its own."""

    answers: FirstAnswers
    bytecode: str
    events: Mapping[str, object]

    def run(self, function: str, module: str) -> FirstMoment:
        """Return the cost of ``module`` with the function's first event."""
        environment = {
            **_environment(self.answers, self.bytecode),
            "FIRST_EVENT": json.dumps(self.events[function]),
        }
        program = [sys.executable, "-c", _PROGRAM.format(module=module)]
        done = subprocess.run(  # noqa: S603 - ours
            program, env=environment, capture_output=True, text=True, check=False, cwd=_ROOT
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return FirstMoment(**json.loads(done.stderr.splitlines()[-1]))


@contextmanager
def first_moments() -> Iterator[FirstMoments]:
    """With the answers served, and a place for bytecode."""
    with answering() as answers, tempfile.TemporaryDirectory() as bytecode:
        yield FirstMoments(answers=answers, bytecode=bytecode, events=answers.events())


def _environment(answers: FirstAnswers, bytecode: str) -> dict[str, str]:
    path = (_ROOT, _ROOT / "layers" / "tally", _ROOT / "functions")
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTHONPYCACHEPREFIX": bytecode,
        **answers.addresses,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TABLE_NAME": "bench",
        "SECRET_ID": "keys",
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
        "FIRST_MONTH_SEATS": "500",
        "SETTLE_SECONDS": "300",
        "LOCAL_HTTP_HOST": "",
        "LOG_LEVEL": "INFO",
        "REQUEST_TIMEOUT_SECONDS": "7",
        "CALLS_PER_SECOND": "1",
        "BURST": "1",
        "JOBS_AT_ONCE": "2",
        "SWEEP_CALLS_PER_SECOND": "5",
        "STACK_NAME": "tally",
    }
