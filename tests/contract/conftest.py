"""The template as data, and what `sam build` makes of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from local.build import BUILT, build
from local.checkout import ROOT
from testing.ledger_table import moto_ledger
from tests.contract.template import Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="session")
def template() -> Template:
    """The template as it is deployed."""
    return Template(ROOT / "template.yaml")


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder with what `sam build` makes, up to date."""
    build()
    return BUILT


@pytest.fixture
def moto_table() -> "Iterator[DynamoDBClient]":
    """A client on moto, which has an empty table of the name `ledger`."""
    with moto_ledger("ledger") as client:
        yield client
