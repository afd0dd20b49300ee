"""The template as data, and what `sam build` makes of it."""

from pathlib import Path

import pytest

from local.build import BUILT, build
from local.checkout import ROOT
from tests.contract.template import Template


@pytest.fixture(scope="session")
def template() -> Template:
    """The template as it is deployed."""
    return Template(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder with what `sam build` makes, up to date."""
    build()
    return BUILT
