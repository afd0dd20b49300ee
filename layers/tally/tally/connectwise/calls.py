"""Calls to one ConnectWise site: to its present codebase, one at a time or page by page."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import quote

from pydantic_core import from_json

from tally.connectwise.dialect import COMPANY, URL, explain, right_for
from tally.connectwise.models import COMPANY_INFO
from tally.connectwise.pages import COUNTED_PAGES, PAGE_SIZE, SMALLEST_PAGE, Pages
from tally.connectwise.site import JSON, Site
from tally.errors import (
    AmbiguousError,
    ContractError,
    CredentialsError,
    InFrontError,
    MissingRightError,
    NotFoundError,
    SetupError,
    TallyError,
    TooLargeError,
    TooSlowError,
    TransientError,
)
from tally.transport.failures import Effect
from tally.transport.http_call import Answer, Call, Transport
from tally.transport.rows import placed, read_list, whole

# Seen in public client code to be routed to any codebase.
_ROUTER = "v4_6_release/"
_CODEBASE = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_-]/?")


class _Row(Protocol):
    @property
    def id(self) -> int: ...


class Calls:
    """Makes calls to one site. The site itself tells the path of its API, the codebase."""

    def __init__(
        self, site: Site, transport: Transport, *, on_odd_row: Callable[[str], None]
    ) -> None:
        self._site = site
        self._transport = transport
        self._on_odd_row = on_odd_row
        self._codebase: str | None = None
        self._page_size = PAGE_SIZE

    def send(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        query: str = "",
        body: bytes | None = None,
        content_type: str = JSON,
        divisible: bool = False,
    ) -> Answer:
        """Make one call, and make it again if the codebase has moved.

        An upgrade moves it. Then a call is not found, or answered by something else than the API.
        A POST is made again too: what was answered so has not happened.
        """
        call = Call(name=f"ConnectWise {method} {path}", effect=effect, divisible=divisible)

        def sent_to(codebase: str) -> Answer:
            request = self._site.request(
                method, path, codebase, query=query, body=body, content_type=content_type
            )
            return self._transport.send(request, call)

        codebase = self._codebase or self._find_codebase()
        try:
            return sent_to(codebase)
        # ConnectWise knows no idempotency key, so nothing tells if a POST has happened but a look.
        except AmbiguousError:
            # A later look for what may have happened goes to the codebase of that time.
            self._codebase = None
            raise
        except CredentialsError as error:
            raise _naming_the_right(error, method, path) from None
        # On cloud sites a codebase that has moved is answered with 404 (seen in client code), and a
        # wrong path with 400 and a plain text (seen live).
        except SetupError as error:
            elsewhere = error
        try:
            moved_to = self._find_codebase()
        except InFrontError as page:
            raise (elsewhere if isinstance(elsewhere, InFrontError) else page) from None
        if moved_to == codebase:
            raise elsewhere
        return sent_to(moved_to)

    def rows[R: _Row](
        self,
        path: str,
        read: Callable[[Any], R],
        *,
        query: str = "",
        conditions: str = "",
        belongs: Callable[[R], bool] = lambda _: True,
        of_many: bool = True,
    ) -> Iterator[R]:
        """Give all records of a list, page by page. After an error, none of them may be used.

        ``read`` makes a record of a row; it raises ValidationError for a row that names nobody.
        ``query`` is what names the list beside its path, quoted already.
        ``belongs`` is True for a record that can be in this list; another one is an error.
        ``of_many`` is True for a list about everybody, as for ``Transport.parse``: rows that name
        nobody are told and left out, if the page has others.
        """
        seen: set[int] = set()
        for answer, rows in self._pages(path, query, conditions, of_many=of_many):
            page = self._records(answer, rows, read, of_many=of_many)
            if strangers := [row.id for row in page if not belongs(row)]:
                raise self._transport.unreadable(
                    answer, f"it lists what belongs elsewhere: {strangers[:10]}"
                )
            ids = [row.id for row in page]
            # A page that came twice, or rows that moved between pages, would bill somebody twice.
            if len({*ids}) < len(ids) or not seen.isdisjoint(ids):
                raise self._transport.unreadable(answer, "its pages repeat a record")
            seen.update(ids)
            yield from page

    def _records[R: _Row](
        self, answer: Answer, rows: list[Any], read: Callable[[Any], R], *, of_many: bool
    ) -> list[R]:
        page, others = placed(rows, read)
        if others and not (of_many and page):
            raise self._transport.unreadable(answer, others[0])
        for each in others:
            self._on_odd_row(f"{answer.call.name}: a row that names nobody: {each}")
        return page

    def parse[T](self, answer: Answer, parser: Callable[[bytes], T]) -> T:
        """Read an answer, as ``Transport.parse`` does."""
        return self._transport.parse(answer, parser)

    def unreadable(self, answer: Answer, why: str) -> TallyError:
        """Return the error for a 2xx that is not what was promised: ``Transport.unreadable``."""
        return self._transport.unreadable(answer, why)

    def contract_error(self, answer: Answer, why: str) -> ContractError:
        """Return the error for an answer that is certain, and wrong."""
        return ContractError(self._transport.text(answer.call, why, request_id=answer.request_id))

    def _pages(
        self, path: str, query: str, conditions: str, *, of_many: bool
    ) -> Iterator[tuple[Answer, list[Any]]]:
        narrowed = f"&{query}" if query else ""
        narrowed += f"&conditions={quote(conditions, safe='')}" if conditions else ""
        pages = Pages(self._page_size)
        while True:
            answer = self._page(path, narrowed, pages)
            self._page_size = pages.size
            page = self._transport.parse(answer, read_list, of_many=of_many)
            yield answer, page[pages.known :]
            if not pages.go_on(len(page), answer.headers.get("Link", "")):
                # An empty last page can lack but one who was alone on it: no call looks for that.
                if page:
                    self._see_unmoved(path, narrowed, pages)
                return
            pages.turn(page)
            if pages.read == COUNTED_PAGES:
                pages.total = self._count(path, narrowed)
            if pages.is_endless:
                raise self.contract_error(
                    answer, f"its pages do not end after {pages.read} with {pages.rows} records"
                )

    def _page(self, path: str, narrowed: str, pages: Pages) -> Answer:
        """Fetch the next page, a smaller one if it is too large for the server or for us.

        Pages of 1,000 time out on some servers where smaller ones pass (seen in client code).
        """
        while True:
            # In the order of ids, a record that is made meanwhile comes last, and moves no other
            # record to another page.
            query = f"pageSize={pages.size}&orderBy=id{narrowed}&page={pages.number}"
            try:
                return self.send(
                    "GET",
                    path,
                    effect=Effect.NONE,
                    query=query,
                    divisible=pages.size > SMALLEST_PAGE,
                )
            except (TooSlowError, TooLargeError):
                if pages.size == SMALLEST_PAGE:
                    raise
                pages.halve()

    def _see_unmoved(self, path: str, narrowed: str, pages: Pages) -> None:
        """Raise TransientError if a record has left the list while it was read (MATCH-8).

        Those behind it move up. So the first of a page is then on one that had been read before,
        and the list seems to lack it.
        """
        for place, last in pages.ends:
            query = f"pageSize=1&orderBy=id{narrowed}&page={place}"
            try:
                answer = self.send("GET", path, effect=Effect.NONE, query=query)
            except TooSlowError:
                continue
            there = self._transport.parse(answer, read_list, of_many=True)
            if len(there) == 1 and whole(there[0], "id") != last:
                raise TransientError(
                    self._transport.text(
                        answer.call,
                        "a record has left the list while it was read",
                        request_id=answer.request_id,
                    )
                )

    def _count(self, path: str, narrowed: str) -> int | None:
        """Ask a list how many records it has; None if it does not say."""
        try:
            # `/count` beside a list answers `{"count": n}` (developer guide); some lists may have
            # none.
            answer = self.send(
                "GET", f"{path}/count", effect=Effect.NONE, query=narrowed.removeprefix("&")
            )
            count = from_json(answer.body)["count"]
        except (TallyError, ValueError, TypeError, LookupError):
            return None
        return count if type(count) is int else None

    def _find_codebase(self) -> str:
        # Nobody documents the words for an unknown company.
        call = Call(name=f"ConnectWise GET /login/companyinfo/{self._site.company}", worded=False)
        unknown = SetupError(
            f"{call.name}: ConnectWise knows no such company, check {COMPANY} and {URL}"
        )
        # An unknown company is answered with null or with 404 (developer guide, client code).
        try:
            answer = self._transport.send(self._site.company_info(), call)
        except NotFoundError:
            answer = None
        if answer is None:
            raise unknown
        info = self._transport.parse(answer, COMPANY_INFO.validate_json)
        if info is None:
            raise unknown
        if not info.codebase and (said := explain(answer.body, answer.headers)):
            raise SetupError(
                self._transport.text(call, f"it answered {said}", request_id=answer.request_id)
            )
        codebase = info.codebase or _ROUTER
        if _CODEBASE.fullmatch(codebase) is None:
            raise self._transport.unreadable(answer, f"the codebase {codebase!r} is no path")
        # It comes as `v2025_1/`, with its slash.
        found = codebase if codebase.endswith("/") else f"{codebase}/"
        # Another thread's call may forget it at any moment.
        self._codebase = found
        return found


def _naming_the_right(error: CredentialsError, method: str, path: str) -> CredentialsError:
    right = right_for(method, path) if isinstance(error, MissingRightError) else ""
    return MissingRightError(f"{error}, {right}") if right else error
