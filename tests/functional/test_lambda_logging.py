"""What the functions log, with logging set up as Lambda's own runtime does it."""

import base64
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
_PART = 8


class _Loader(yaml.CSafeLoader):
    """The template's own tags mean nothing here."""


_Loader.add_multi_constructor("!", lambda *_: None)
LEVELS = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Loader)["Parameters"][
    "LogLevel"
]["AllowedValues"]


@cache
def played(level: str) -> str:
    """All that the functions write and report, at the level, through good days and bad."""
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR"}},
        "PYTHONPATH": os.pathsep.join(
            str(ROOT / each) for each in (".", "layers/tally", "functions")
        ),
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": level,
        "AWS_LAMBDA_FUNCTION_NAME": "tally",
        "LOG_LEVEL": level,
    }
    # No pause is waited for, in whichever module it stands as a default.
    main = (
        "import time; time.sleep = lambda _: None; from tests.functional.as_lambda import main; "
        "main()"
    )
    program = [sys.executable, "-W", "ignore", "-c", main]
    done = subprocess.run(
        program, env=environment, capture_output=True, text=True, check=False, cwd=ROOT, timeout=300
    )
    written = done.stdout + done.stderr
    assert done.returncode == 0, written[-3000:]
    return written


def forms_of_keys() -> set[str]:
    """Eight characters in a row of each key, as it is and as the header has it in base64."""
    from tests.functional.as_lambda import KEYS  # noqa: PLC0415 - it needs Lambda's runtime

    pair = f"brightlantern+{KEYS['connectwise_public_key']}:{KEYS['connectwise_private_key']}"
    # Without the login's company, which is no secret.
    tokens = [
        base64.b64encode(f"{KEYS['gravityzone_api_key']}:".encode()).decode(),
        base64.b64encode(pair.encode()).decode()[20:],
    ]
    inside = [
        base64.b64encode(b"x" * before + key.encode()).decode()[4:-4]
        for key in KEYS.values()
        for before in range(3)
    ]
    whole = [*KEYS.values(), *tokens, *inside]
    return {form[at : at + _PART].lower() for form in whole for at in range(len(form) - _PART + 1)}


@pytest.mark.parametrize("level", LEVELS)
def test_no_key_is_logged_at_any_level(level: str) -> None:
    """SAFE-10: through an ordinary day and bad ones, nothing that a function writes or reports has
    eight characters of a key.
    """
    written = played(level)
    lowered = written.lower()
    found = sorted(part for part in forms_of_keys() if part in lowered)
    lines = [
        line[:600] for line in written.splitlines() if any(part in line.lower() for part in found)
    ]
    assert not found, "\n".join(lines[:5])
    assert "[key]" in written
    assert "servers_that_repeat_keys" in written


@pytest.mark.parametrize("level", LEVELS)
def test_libraries_do_not_log_below_warning(level: str) -> None:
    """SAFE-10: at whatever level the operator sets, the functions' own lines alone go below
    WARNING; they do at DEBUG.
    """
    lines = [json.loads(line) for line in played(level).splitlines() if line.startswith("{")]
    below = [line for line in lines if line.get("level") in {"DEBUG", "INFO"}]
    functions = {each.parent.name for each in (ROOT / "functions").glob("*/handler.py")}
    assert {line.get("service") for line in below} == functions
    assert [line for line in lines if line.get("logger", "").startswith("urllib3")]
    assert "secretsmanager" not in played(level).lower().replace("arn:aws:secretsmanager", "")


@pytest.mark.parametrize("level", LEVELS)
def test_lambda_is_told_errors_in_words(level: str) -> None:
    """SAFE-10: whatever fails, Lambda is told an error of Tally's, one line, and not what a library
    raised.
    """
    told = [
        json.loads(json.loads(line)["error"])
        for line in played(level).splitlines()
        if line.startswith('{"error"')
    ]
    assert told
    kinds = {each["errorType"] for each in told}
    assert kinds <= {
        "BugError",
        "ContractError",
        "CredentialsError",
        "InFrontError",
        "IncompletePlanError",
        "NotFoundError",
        "RateLimitedError",
        "SetupError",
        "TransientError",
    }
    assert all(
        "\n" not in each["errorMessage"] and len(each["errorMessage"]) <= 2_000 for each in told
    )
