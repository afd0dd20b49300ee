"""Log lines of libraries, with a root handler as Lambda's runtime makes one."""

import logging
from collections.abc import Iterator
from io import StringIO

import pytest

from tally.runtime.logs import quiet_libraries


@pytest.fixture
def written() -> Iterator[StringIO]:
    """What a handler of the root logger writes, at whatever level."""
    root = logging.getLogger()
    stream, level = StringIO(), root.level
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    quiet_libraries()
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


LIBRARIES = ["botocore.parsers", "urllib3.connectionpool", "s3transfer.tasks", "asyncio"]


@pytest.mark.parametrize("name", [*LIBRARIES, "reportlab"])
def test_a_library_with_a_level_of_its_own_is_quiet_too(written: StringIO, name: str) -> None:
    """SAFE-10: no library writes below WARNING, whoever set which level where."""
    library = logging.getLogger(f"{name}.of_a_test")
    library.setLevel(logging.DEBUG)
    for level in (logging.DEBUG, logging.INFO, 25):
        library.log(level, "an answer's whole body")
    library.warning("only %s", "this")
    assert written.getvalue() == "only this\n"
