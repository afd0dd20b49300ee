"""An installation in which nothing is wrong."""

from collections.abc import Iterator

import pytest

from tests.cli.installed import Installed, installed


@pytest.fixture
def msp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with installed() as installation:
        yield installation
