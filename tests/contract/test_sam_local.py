"""`make sam-local` where there is no Docker engine, and where its bridge is found."""

import subprocess
import sys
from pathlib import Path

import pytest

from local.checkout import ROOT
from local.errors import LocalError
from local.processes import run
from local.sam_local.__main__ import NO_ENGINE
from local.sam_local.engine import gateway, remove_containers


def test_without_an_engine_one_line_says_so(tmp_path: Path) -> None:
    """Nothing is started, and the exit code is that of a missing set-up."""
    told = subprocess.run(
        [sys.executable, "-m", "local.sam_local"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DOCKER_HOST": f"unix://{tmp_path}/no.sock"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout, told.stderr) == (2, "", f"{NO_ENGINE}\n")


@pytest.mark.parametrize(
    ("bridge", "address"),
    [
        ({"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}, "172.17.0.1"),
        ({"Subnet": "172.17.0.0/16"}, "172.17.0.1"),
        ({"Subnet": "10.9.0.0/24", "Gateway": "10.9.0.254"}, "10.9.0.254"),
    ],
)
def test_the_bridges_gateway_is_where_containers_find_us(
    bridge: dict[str, str], address: str
) -> None:
    """Engines that have run no container yet leave the gateway out: it is the first address
    then.
    """
    assert gateway(bridge) == address


def test_a_container_that_cannot_be_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted run says that nothing is left running: so it must know, by the name in SAM's
    log.
    """
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no.sock")
    log = tmp_path / "log"
    remove_containers(log)
    log.write_text("Mounting /var/task\n")
    remove_containers(log)
    log.write_text("Mounting /var/task\nSAM_CONTAINER_ID: 119d3ab11d1c\n")
    with pytest.raises(LocalError, match="left running"):
        remove_containers(log)


def test_an_answer_is_kept_apart_from_the_log(tmp_path: Path) -> None:
    """SAM prints the function's answer on its standard output, and all else beside it."""
    log, answer = tmp_path / "log", tmp_path / "answer"
    command = [sys.executable, "-c", "import sys; print('answer'); print('told', file=sys.stderr)"]
    run(command, log=log, environment={}, directory=tmp_path, answer=answer)
    assert (log.read_text(), answer.read_text()) == ("told\n", "answer\n")
    run(command, log=log, environment={}, directory=tmp_path)
    assert sorted(log.read_text().split()) == ["answer", "told"]
