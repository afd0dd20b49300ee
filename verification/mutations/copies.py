"""A copy of the checkout, to plant one bug at a time; the checkout itself is never touched."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.checkout import ROOT
from verification.mutations.mutation import Mutation

_NEEDED = (
    "layers/tally",
    "functions",
    "cli",
    "simulators",
    "testing",
    "local",
    "verification",
    "tests",
    "events",
    "docs",
)
_FILES = (
    "pyproject.toml",
    "template.yaml",
    "samconfig.example.toml",
    "README.md",
    "CHANGELOG.md",
    "Makefile",
)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


class Copy:
    """One copy, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in _NEEDED:
            shutil.copytree(ROOT / name, folder / name, ignore=_LEFT_OUT)
        for name in _FILES:
            shutil.copy(ROOT / name, folder / name)

    @property
    def environment(self) -> Mapping[str, str]:
        """Our environment, with the copy before any editable install, and no stale bytecode."""
        places = (self.folder, self.folder / "layers" / "tally", self.folder / "functions")
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, places)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @contextmanager
    def with_bug(self, mutation: Mutation) -> Iterator[None]:
        """Within it the bug is in the copy. Raises LocalError if its text is not there any more."""
        path = self.folder / mutation.path
        sound = path.read_text()
        path.write_text(mutation.planted(sound))
        try:
            yield
        finally:
            path.write_text(sound)
