"""botocore's models of AWS's services, read once a process and not once a session.

A test makes sessions of its own, as each Lambda function does. Each would read some ten megabytes
of JSON again, which takes longer than most tests.
"""

from functools import cache
from typing import Any

from botocore.loaders import JSONFileLoader, Loader

_read = cache(JSONFileLoader().load_file)


class _ReadOnce(JSONFileLoader):
    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - whatever the file holds
        return _read(file_path)


def read_models_once() -> None:
    """Let all sessions of this process share what one of them has read."""
    Loader.FILE_LOADER_CLASS = _ReadOnce
