"""`sam deploy --guided` writes its answers to a file that git ignores."""

import os
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from local.checkout import ROOT, tool

_COPIED = (".gitignore", "Makefile", "samconfig.example.toml", "template.yaml")

_BUCKET_OF_SAM = """<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
<DescribeStacksResult><Stacks><member>
<StackName>aws-sam-cli-managed-default</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
<CreationTime>2026-11-01T00:00:00Z</CreationTime>
<Tags><member><Key>ManagedStackSource</Key><Value>AwsSamCli</Value></member></Tags>
<Outputs><member><OutputKey>SourceBucket</OutputKey><OutputValue>bucket</OutputValue></member>
<member><OutputKey>SourceBucketVersion</OutputKey><OutputValue>1</OutputValue></member></Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""


_CALLER = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Account>123456789012</Account><UserId>U</UserId>
<Arn>arn:aws:iam::123456789012:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"""

_NO_STACK = """<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code>
<Message>Stack with id {name} does not exist</Message></Error></ErrorResponse>"""

_REFUSED = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>Nothing is deployed here.</Message></Error></ErrorResponse>"""


class _Aws(BaseHTTPRequestHandler):
    """Knows the bucket that SAM manages for itself and no stack; it refuses all writes."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode(errors="replace")
        if "Action=DescribeStacks" in body and "aws-sam-cli-managed-default" in body:
            self._answer(200, _BUCKET_OF_SAM)
        elif "Action=DescribeStacks" in body:
            (name,) = parse_qs(body)["StackName"]
            self._answer(400, _NO_STACK.format(name=name))
        elif "Action=GetCallerIdentity" in body:
            self._answer(200, _CALLER)
        else:
            self._answer(403, _REFUSED)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(403, _REFUSED)

    do_GET = do_HEAD = do_PUT  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())


@pytest.fixture
def aws() -> Iterator[str]:
    """The address of an AWS that lets `sam deploy --guided` ask its questions, and no more."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Aws) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the repository, as far as `sam deploy` reads it, with a built template."""
    folder = tmp_path / "clone"
    folder.mkdir()
    for name in _COPIED:
        shutil.copy(ROOT / name, folder)
    _git(folder, "init", "--quiet")
    _git(folder, "add", "--all")
    _git(folder, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "All")
    built = folder / ".aws-sam" / "build"
    built.mkdir(parents=True)
    shutil.copy(ROOT / "template.yaml", built)
    subprocess.run(["make", "--silent", "samconfig.toml"], cwd=folder, check=True)
    return folder


def test_a_guided_deployment_leaves_no_tracked_file_changed(clone: Path, aws: str) -> None:
    """The answers are in samconfig.toml, beside what the example gave, and git sees no change."""
    told = _deploy_guided(clone, aws)
    assert "Saved arguments to config file" in told, told
    saved = tomllib.loads((clone / "samconfig.toml").read_text())["default"]
    assert saved["deploy"]["parameters"]["region"] == "eu-west-1"
    assert 'BillingTimeZone="Europe/Berlin"' in saved["deploy"]["parameters"]["parameter_overrides"]
    assert saved["build"]["parameters"] == {"cached": True, "parallel": True}
    assert saved["global"]["parameters"]["stack_name"] == "tally"
    assert _git(clone, "status", "--porcelain") == ""


def test_answers_outlive_another_installation(clone: Path) -> None:
    """`make setup` and `make install` copy the example only where there is no samconfig.toml."""
    (clone / "samconfig.toml").write_text("# my answers\n")
    os.utime(clone / "samconfig.toml", (0, 0))  # older than the example, as after an update
    subprocess.run(["make", "--silent", "samconfig.toml"], cwd=clone, check=True)
    assert (clone / "samconfig.toml").read_text() == "# my answers\n"


@pytest.mark.parametrize("target", ["setup", "install"])
def test_both_installations_make_the_file(target: str) -> None:
    """Whoever has installed anything has a samconfig.toml before the first `sam build`."""
    asked = ["make", "--dry-run", "--always-make", target]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "cp samconfig.example.toml samconfig.toml" in told.stdout


def test_what_sam_writes_is_not_tracked() -> None:
    """A samconfig.toml that was added by mistake would be changed by the next guided deployment."""
    if not (ROOT / ".git").exists():
        pytest.skip("no clone")
    assert _git(ROOT, "ls-files", "samconfig.*") == "samconfig.example.toml\n"


def _deploy_guided(clone: Path, aws: str) -> str:
    """Answer each question of `sam deploy --guided`; return what it said."""
    asked = [
        "--region",
        "eu-west-1",
        "--parameter-overrides",
        "ParameterKey=BillingTimeZone,ParameterValue=Europe/Berlin",
    ]
    told = subprocess.run(
        [tool(".tools/sam", "sam"), "deploy", "--guided", *asked],
        cwd=clone,
        input="\n" * 80,  # Enter: each question's default
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(clone.parent),
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ENDPOINT_URL": aws,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_MAX_ATTEMPTS": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return told.stdout + told.stderr


def _git(folder: Path, *words: str) -> str:
    told = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return told.stdout
