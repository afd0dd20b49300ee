"""A bucket and the months' books in memory: they promise what those in AWS do."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tally.domain.book.edition import MonthBooks
from tally.domain.model.month import Month
from tally.errors import ConflictError


@dataclass(slots=True)
class MemoryBucket:
    """A bucket in memory. ``failure`` is raised by every call while it is set."""

    name: str = "books-of-tests"
    objects: dict[str, bytes] = field(default_factory=dict)
    media_types: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None

    def put(self, key: str, content: bytes, *, media_type: str, only_new: bool = False) -> None:
        """Store an object; with ``only_new``, raise ConflictError if there is another one."""
        self._look()
        if only_new and self.objects.get(key, content) != content:
            raise ConflictError(f"the bucket {self.name} has another object {key} already.")
        self.objects[key] = content
        self.media_types[key] = media_type

    def get(self, key: str) -> bytes | None:
        """Return an object; None if there is none."""
        self._look()
        return self.objects.get(key)

    def keys(self, beginning: str) -> Iterator[str]:
        """Yield the keys of all objects that begin so, in order."""
        self._look()
        return iter(sorted(each for each in self.objects if each.startswith(beginning)))

    def _look(self) -> None:
        if self.failure is not None:
            raise self.failure


@dataclass(slots=True)
class MemoryBooks:
    """The books of each month in memory."""

    months: dict[Month, MonthBooks] = field(default_factory=dict)

    def read(self, month: Month) -> MonthBooks:
        """Return the month's books."""
        return self.months.get(month, MonthBooks(month=month))

    def save(self, books: MonthBooks) -> MonthBooks:
        """Write the month's next version. Raises ConflictError if somebody was first."""
        if self.read(books.month).version != books.version:
            raise ConflictError(f"the books of {books.month} have another version")
        self.months[books.month] = replace(books, version=books.version + 1)
        return self.months[books.month]
