"""The bucket that books are published in."""

from collections.abc import Iterator
from typing import Protocol


class Bucket(Protocol):
    """A bucket of objects by their keys. All methods raise TallyError, which names the bucket."""

    @property
    def name(self) -> str:
        """The bucket's name."""
        ...

    def put(self, key: str, content: bytes, *, media_type: str, only_new: bool = False) -> None:
        """Store an object, as a new version if there is one of that key.

        With ``only_new`` it is stored only if there is none: ConflictError says that there is.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """Return the newest version of an object; None if there is none, or it was deleted."""
        ...

    def keys(self, beginning: str) -> Iterator[str]:
        """Yield the keys of all objects that begin so, in order."""
        ...
