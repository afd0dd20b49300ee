"""Tell one deployment from another: AWS names no version of a function or its layers to itself."""

import zlib
from pathlib import Path

import tally


def fingerprint(settings: str) -> str:
    """Return a short text that differs if the package's code or the ``settings`` differ."""
    known = zlib.crc32(settings.encode())
    for path in sorted(Path(tally.__file__).parent.rglob("*.py")):
        known = zlib.crc32(path.read_bytes(), known)
    return f"{known:08x}"
