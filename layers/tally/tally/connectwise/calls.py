"""Calls to ConnectWise: to the codebase of the day, one at a time or page by page."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import quote

from tally.connectwise.answers import COMPANY, URL, explain
from tally.connectwise.models import COMPANY_INFO
from tally.connectwise.site import Site
from tally.errors import ContractError, NotFoundError, SetupError, TallyError
from tally.transport.calls import Answer, Call, Transport
from tally.transport.failures import Effect
from tally.transport.rows import placed, read_list

PAGE_SIZE = 1000
"""What the API gives at most."""
MOST_PAGES = 1000
_ROUTER = "v4_6_release/"
_CODEBASE = re.compile(r"[A-Za-z0-9_.-]*[A-Za-z0-9_-]/?")
_NEXT = re.compile(r'rel="?next"?', re.IGNORECASE)


class _Row(Protocol):
    @property
    def id(self) -> int: ...


class Calls:
    """Makes calls to one site, which says itself under which path its API stands (the codebase)."""

    def __init__(self, site: Site, transport: Transport, *, on_odd_row: Callable[[str], None]) -> None:
        self._site = site
        self._transport = transport
        self._on_odd_row = on_odd_row
        self._codebase: str | None = None

    def send(
        self,
        method: str,
        path: str,
        *,
        effect: Effect,
        query: str = "",
        body: bytes | None = None,
    ) -> Answer:
        """Make one call.

        Where it is not found, the codebase may have moved on with an upgrade: it is asked for again, and the call is
        made there, a POST too: what was not found has not happened.
        """
        call = Call(name=f"ConnectWise {method} {path}", effect=effect)
        codebase = self._codebase or self._find_codebase()
        try:
            return self._transport.send(self._site.request(method, path, codebase, query=query, body=body), call)
        except NotFoundError as error:
            not_found = error
        moved_to = self._find_codebase()
        if moved_to == codebase:
            raise not_found
        return self._transport.send(self._site.request(method, path, moved_to, query=query, body=body), call)

    def rows[R: _Row](
        self,
        path: str,
        read: Callable[[Any], R],
        *,
        conditions: str = "",
        belongs: Callable[[R], bool] = lambda _: True,
        each_matters: bool = False,
    ) -> Iterator[R]:
        """All records of a list, page by page; an error, whenever it comes, means that none of them is to be used.

        ``read`` makes a record of a row, or raises ValidationError for one of which nobody can tell what it is of: such rows
        are told, and left out, unless ``each_matters`` or there are no others. ``belongs``: whether a record can be in this
        list at all; one that cannot is an error too.
        """
        seen: set[int] = set()
        for answer, rows in self._pages(path, conditions):
            page, others = placed(rows, read)
            if others and (each_matters or not page):
                raise self._transport.unreadable(answer, others[0])
            for each in others:
                self._on_odd_row(f"{answer.call.name}: a row that names nobody: {each}")
            if strangers := [row.id for row in page if not belongs(row)]:
                raise self._transport.unreadable(answer, f"it lists what belongs elsewhere: {strangers[:10]}")
            ids = [row.id for row in page]
            if len({*ids}) < len(ids) or not seen.isdisjoint(ids):
                raise self._transport.unreadable(answer, "its pages repeat a record")
            seen.update(ids)
            yield from page

    def parse[T](self, answer: Answer, parser: Callable[[bytes], T]) -> T:
        """Read an answer, as ``Transport.parse``."""
        return self._transport.parse(answer, parser)

    def unreadable(self, answer: Answer, why: str) -> TallyError:
        """The error for a 2xx that is not what was promised, as ``Transport.unreadable``."""
        return self._transport.unreadable(answer, why)

    def contract_error(self, answer: Answer, why: str) -> ContractError:
        """The error for an answer that is certain, and wrong."""
        return ContractError(self._transport.text(answer.call, why, request_id=answer.request_id))

    def _pages(self, path: str, conditions: str) -> Iterator[tuple[Answer, list[Any]]]:
        # Ordered by id, so that a record made meanwhile comes last and moves no other to another page.
        query = f"pageSize={PAGE_SIZE}&orderBy=id"
        if conditions:
            query += f"&conditions={quote(conditions, safe='')}"
        for number in range(1, MOST_PAGES + 1):
            answer = self.send("GET", path, effect=Effect.NONE, query=f"{query}&page={number}")
            page = self.parse(answer, read_list)
            yield answer, page
            # A server that gives fewer a page than asked for says so by its link; one without links, by a full page.
            if len(page) < PAGE_SIZE and not _NEXT.search(answer.headers.get("Link", "")):
                return
        raise self.contract_error(answer, f"its pages do not end after {MOST_PAGES}")

    def _find_codebase(self) -> str:
        call = Call(name=f"ConnectWise GET /login/companyinfo/{self._site.company}")
        unknown = SetupError(f"{call.name}: ConnectWise knows no such company, check {COMPANY} and {URL}")
        try:
            answer = self._transport.send(self._site.company_info(), call)
        except NotFoundError:
            answer = None
        if answer is None:
            raise unknown
        info = self._transport.parse(answer, COMPANY_INFO.validate_json)
        if info is None:
            raise unknown
        if not info.codebase and (said := explain(answer.body)):
            raise SetupError(self._transport.text(call, f"it answered {said}", request_id=answer.request_id))
        codebase = info.codebase or _ROUTER
        if _CODEBASE.fullmatch(codebase) is None:
            raise self._transport.unreadable(answer, f"the codebase {codebase!r} is no path")
        self._codebase = codebase if codebase.endswith("/") else f"{codebase}/"
        return self._codebase
