"""Handlers in what Lambda would give them: the built layers, boto3, and nothing else."""

import hashlib
import pickle
import subprocess
from pathlib import Path

import pytest

from local.checkout import tool
from tally.domain.model.month import Month
from tally.domain.statement.statement import Customer, Statement
from tally.statements.drawing import Form, drawn

pytestmark = pytest.mark.slow

_PROGRAM = """
import sys
layers_and_code, handler = sys.argv[1:4], sys.argv[4]
sys.path[:0] = layers_and_code
import importlib
assert callable(importlib.import_module(handler).handler)
files = {
    name.partition(".")[0]: getattr(module, "__file__", None) or ""
    for name, module in sys.modules.items()
}
print(*(name for name, file in files.items() if "site-packages" in file))
"""
_DRAWS = """
import sys
sys.path[:0] = sys.argv[1:]
import hashlib, pickle
from tally.statements.drawing import Form, drawn
print(hashlib.sha256(drawn(pickle.load(sys.stdin.buffer), Form.PDF)).hexdigest())
"""
_BOTO3 = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
"""What Lambda's Python has beside its standard library: boto3 and what it needs."""


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("BookFunction", "book"),
        ("EvidenceFunction", "evidence"),
        ("PlannerFunction", "planner"),
        ("ReporterFunction", "reporter"),
        ("TicketsFunction", "tickets"),
        ("WorkerFunction", "worker"),
    ],
)
def test_a_handler_imports_with_the_built_layers_and_boto3_alone(
    built: Path, function: str, package: str
) -> None:
    """What the development environment has beside them is not there in Lambda. Nothing is read at
    import.
    """
    folders = [
        built / "TallyLayer" / "python",
        built / "DependenciesLayer" / "python",
        built / function,
    ]
    done = subprocess.run(
        [
            tool(".tools/ministack", "python"),
            "-I",
            "-B",
            "-W",
            "error",
            "-c",
            _PROGRAM,
            *folders,
            f"{package}.handler",
            built,
        ],
        env={"AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= _BOTO3


def test_the_book_draws_a_pdf_with_the_built_layers_alone(built: Path) -> None:
    """PROOF-4: in Lambda a statement is drawn by what the layers hold, and is the file that the
    command draws, whatever the letters.
    """
    of = Statement(
        customer=Customer(id="हिन्दी", name="Harbor مستشفى שיניים"),
        month=Month(2026, 11),
        time_zone="UTC",
        services=(),
    )
    layers = [built / each / "python" for each in ("TallyLayer", "DependenciesLayer", "PdfLayer")]
    done = subprocess.run(
        [tool(".tools/ministack", "python"), "-I", "-B", "-W", "error", "-c", _DRAWS, *layers],
        input=pickle.dumps(of),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().strip() == hashlib.sha256(drawn(of, Form.PDF)).hexdigest()
