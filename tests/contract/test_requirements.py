"""Lock files: hashes, no addresses, and one version of what is tested and what is shipped."""

import re
import tomllib
from pathlib import Path

import pytest

from local.checkout import ROOT

LOCKS = sorted(
    [*(ROOT / "requirements").glob("*.txt"), *(ROOT / "layers").glob("*/requirements.txt")]
)


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", lock.read_text(), re.MULTILINE))


def _names(requirements: list[str]) -> set[str]:
    return {
        match[0] for line in requirements if (match := re.match(r"[A-Za-z0-9._-]+", line.strip()))
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: f"{lock.parent.name}/{lock.stem}")
def test_a_lock_has_hashes_and_no_addresses(lock: Path) -> None:
    """What is installed is what was resolved, from whatever index the machine is set to."""
    text = lock.read_text()
    assert "://" not in text
    for block in re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2]):
        if not block.startswith("#"):
            assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("layer", ["dependencies", "pdf"])
def test_what_is_shipped_is_what_is_tested(layer: str) -> None:
    """The layers' versions are those of the development environment."""
    tested = _pins(ROOT / "requirements" / "dev.txt")
    shipped = _pins(ROOT / "layers" / layer / "requirements.txt")
    assert shipped
    assert shipped.items() <= tested.items()


def test_what_draws_pdfs_is_in_a_layer_of_its_own() -> None:
    """PROOF-2: the command and the one function that draws PDFs have it, no other layer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    layers = ROOT / "layers"
    wanted = _names((layers / "pdf" / "requirements.in").read_text().splitlines())
    assert wanted <= _names(project["optional-dependencies"]["command"])
    pins = {layer: _pins(layers / layer / "requirements.txt") for layer in ("dependencies", "pdf")}
    assert wanted <= set(pins["pdf"])
    assert not set(pins["pdf"]) & set(pins["dependencies"])


@pytest.mark.parametrize(("part", "whole"), [("operator", "dev"), ("sam-deploy", "sam")])
def test_an_operator_has_what_was_tested(part: str, whole: str) -> None:
    """What `make install` brings is a part of what `make setup` brings, at the same versions."""
    requirements = ROOT / "requirements"
    assert (
        _pins(requirements / f"{part}.txt").items() < _pins(requirements / f"{whole}.txt").items()
    )


def test_the_layer_holds_what_the_project_depends_on_without_boto3() -> None:
    """Lambda's Python brings boto3; all else that the product imports is in the layer."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = (ROOT / "layers" / "dependencies" / "requirements.in").read_text().splitlines()
    assert _names(wanted) == _names(project["dependencies"]) - {"boto3"}
    assert not {"boto3", "botocore"} & set(
        _pins(ROOT / "layers" / "dependencies" / "requirements.txt")
    )
