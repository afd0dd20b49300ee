"""The manifest of a book: every file's hash, and what came before it (PROOF-6).

It holds no time, so that the same book has the same manifest, byte by byte (PROOF-4).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tally.domain.book.edition import Link
from tally.domain.model.month import Month

FORM = 1
"""The edition of the manifest's form: other keys or other meanings are a new one."""

FILE = "manifest.json"
ROOT = "books/"
_HASH = re.compile(r"[0-9a-f]{64}")
# DOTALL: a key that others have put there may have a line break, and is to be told as well.
_KEY = re.compile(rf"{ROOT}([0-9]{{4}}-[0-9]{{2}})/([1-9][0-9]{{0,8}})/(.+)", flags=re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """A file of a book by its name, hash, and size in bytes."""

    name: str
    sha256: str
    size: int

    @classmethod
    def of(cls, name: str, content: bytes) -> "FileMark":
        """Take a file's mark."""
        return cls(name=name, sha256=sha256(content), size=len(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of a manifest.

    ``before`` is the newest book of an earlier month, None for the first of all. ``replaces`` is
    the edition before it of the same month.
    """

    month: Month
    edition: int
    final: bool
    state: str
    files: tuple[FileMark, ...]
    before: Link | None
    replaces: Link | None

    def to_bytes(self) -> bytes:
        """Return the document that is stored, and hashed."""
        # This is hashed, so each space and the order of keys are part of the form (FORM).
        return (json.dumps(_document(self), indent=1, ensure_ascii=True) + "\n").encode("ascii")


def folder(month: Month, edition: int) -> str:
    """Return the beginning of the keys of a book's files."""
    return f"{ROOT}{month}/{edition}/"


def place_of(key: str) -> tuple[Month, int, str] | None:
    """Return month, edition and file name of a key; None if it is of no book."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    try:
        return Month.parse(found[1]), int(found[2]), found[3]
    except ValueError:
        return None


def sha256(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def state_mark(records: Iterable[tuple[str, str, int]], unreadable: Iterable[str]) -> str:
    """Return the mark of the records that a book is drawn from.

    A record is its company's id, its service and its version, which rises with each change.
    """
    # Sorted, so that the mark does not depend on the order in which the ledger lists records.
    plain = [sorted(records), sorted(set(unreadable))]
    return sha256(json.dumps(plain, separators=(",", ":"), ensure_ascii=True).encode("ascii"))


def read_manifest(content: bytes) -> Manifest:
    """Read a stored manifest. Raises ValueError for anything else."""
    try:
        told = json.loads(content)
        if told["form"] != FORM:
            raise ValueError(f"its form is {told['form']!r}, and this version knows {FORM}")
        return Manifest(
            month=Month.parse(told["month"]),
            edition=_whole(told["edition"]),
            final={"final": True, "provisional": False}[told["stage"]],
            state=_hash(told["state"]),
            files=tuple(_file(each) for each in told["files"]),
            before=_link(told["before"]),
            replaces=_link(told["replaces"]),
        )
    # Anybody with rights to the bucket can put any file there: it must end as a difference, and not
    # as a crash. JSON that is nested too deep raises RecursionError.
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"it is no manifest: {type(error).__name__}: {error}") from None


def _document(of: Manifest) -> dict[str, Any]:
    return {
        "form": FORM,
        "month": str(of.month),
        "edition": of.edition,
        "stage": "final" if of.final else "provisional",
        "state": of.state,
        "before": None if of.before is None else _link_document(of.before),
        "replaces": None if of.replaces is None else _link_document(of.replaces),
        "files": [
            {"name": each.name, "sha256": each.sha256, "bytes": each.size}
            for each in sorted(of.files, key=lambda each: each.name)
        ],
    }


def _link_document(of: Link) -> dict[str, Any]:
    return {"month": str(of.month), "edition": of.edition, "sha256": of.sha256}


def _link(told: Mapping[str, Any] | None) -> Link | None:
    if told is None:
        return None
    return Link(
        month=Month.parse(told["month"]),
        edition=_whole(told["edition"]),
        sha256=_hash(told["sha256"]),
    )


def _file(told: Mapping[str, Any]) -> FileMark:
    if not isinstance(told["name"], str) or not told["name"]:
        raise TypeError("a file without a name")
    return FileMark(
        name=told["name"], sha256=_hash(told["sha256"]), size=_whole(told["bytes"], least=0)
    )


def _hash(told: object) -> str:
    if not isinstance(told, str) or _HASH.fullmatch(told) is None:
        raise TypeError(f"{told!r} is no SHA-256")
    return told


def _whole(told: object, *, least: int = 1) -> int:
    # JSON's true becomes a bool, which Python takes for an int.
    if not isinstance(told, int) or isinstance(told, bool) or told < least:
        raise TypeError(f"{told!r} is no number")
    return told
