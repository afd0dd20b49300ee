"""The place in a list that is read page by page, and its end."""

import re
from collections.abc import Sequence

from tally.transport.rows import whole

PAGE_SIZE = 1000
"""Records of a page: the most that the API gives (developer guide)."""
SMALLEST_PAGE = 50
"""Records of the smallest page that is tried: a server too slow for it answers none in time."""
MOST_PAGES = 1000
"""The most pages of ``PAGE_SIZE`` in a list; smaller pages may be as many more."""
COUNTED_PAGES = 20
"""After so many pages the list is asked how many records it has: with more, it has no end."""
MOST_MOVED = 20
"""The most records that may leave a list while it is read: each costs a call at every page."""
_MADE_MEANWHILE = 100
"""Records that may be made while the list is read, on top of those that it counted."""
_EMPTY_PAGES = 3
"""So many empty pages in a row, each with a link to the next, have no end."""
_ROUND = 25
"""The default page size; a server's own limit is a multiple of it, such as 100 or 250."""
# The Link header names the next page and the last (developer guide). It may have no quotes or other
# ones, blanks, and several relations (RFC 8288).
_NEXT = re.compile(r"\brel\s*=\s*[\"']?[\w\s]*\bnext\b", re.IGNORECASE)


class Pages:
    """The place in a list: size and number of the next page, and its records known already."""

    __slots__ = (
        "_empty",
        "_guessed",
        "_linked",
        "ends",
        "known",
        "number",
        "read",
        "rows",
        "size",
        "total",
    )

    def __init__(self, size: int) -> None:
        self.size = size
        self.number = 1
        self.known = 0
        self.rows = 0
        self.read = 0
        self.total: int | None = None
        self.ends: list[tuple[int, int]] = []
        """The place in the list of each page's last record with an id, from 1, and that id."""
        self._empty = 0
        self._linked = False
        self._guessed = False

    def go_on(self, rows: int, link: str) -> bool:
        """Return True if there may be a page after one with so many records and that Link header.

        A server may give fewer records a page than it was asked for: then the header names a next
        page. A proxy may drop it: then a page of a round number may be a full one (MATCH-8).
        """
        self._linked = self._linked or link != ""
        if rows >= self.size or _NEXT.search(link):
            self._guessed = False
            return True
        if rows == 0 and self._guessed:
            # The page before was most likely the last: no call looks for who has left it.
            del self.ends[-1:]
        self._guessed = not self._linked and rows > 0 and rows % _ROUND == 0
        return self._guessed

    def turn(self, page: Sequence[object]) -> None:
        """Go on to the next page, after one with these records."""
        rows = len(page)
        self.rows += max(rows - self.known, 0)
        for back, row in enumerate(reversed(page[self.known :])):
            if (last := whole(row, "id")) is not None:
                self.ends.append((self.rows - back, last))
                break
        self.known = 0
        self.number += 1
        self.read += 1
        self._empty = 0 if rows else self._empty + 1

    def halve(self) -> None:
        """Go on from the same record, with pages of half the size."""
        self.size = max(self.size // 2, SMALLEST_PAGE)
        before, self.known = divmod(self.rows, self.size)
        self.number = before + 1

    @property
    def is_endless(self) -> bool:
        """True if the list has gone on for longer than any list can."""
        beyond = self.total is not None and self.rows > self.total + _MADE_MEANWHILE
        return (
            beyond or self._empty == _EMPTY_PAGES or self.read * self.size >= MOST_PAGES * PAGE_SIZE
        )
