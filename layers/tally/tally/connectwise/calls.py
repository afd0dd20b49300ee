"""Calls to ConnectWise: to the codebase of the day, one at a time or page by page."""

import re
from collections.abc import Callable, Iterator
from typing import Protocol
from urllib.parse import quote

from pydantic import TypeAdapter

from tally.connectwise.answers import COMPANY, URL, explain
from tally.connectwise.models import COMPANY_INFO
from tally.connectwise.site import Site
from tally.errors import ContractError, NotFoundError, SetupError, TallyError
from tally.transport.calls import Answer, Call, Transport
from tally.transport.failures import Effect

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

    def __init__(self, site: Site, transport: Transport) -> None:
        self._site = site
        self._transport = transport
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
        adapter: TypeAdapter[list[R]],
        *,
        conditions: str = "",
        belongs: Callable[[R], bool] = lambda _: True,
        of_many: bool = True,
    ) -> Iterator[R]:
        """All records of a list, page by page; an error, whenever it comes, means that none of them is to be used.

        ``belongs``: whether a record can be in this list at all; one that cannot is an error too. ``of_many``: whether the list is
        everybody's, as for ``Transport.parse``.
        """
        seen: set[int] = set()
        for answer, page in self._pages(path, adapter, conditions, of_many=of_many):
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

    def _pages[R: _Row](
        self, path: str, adapter: TypeAdapter[list[R]], conditions: str, *, of_many: bool
    ) -> Iterator[tuple[Answer, list[R]]]:
        # Ordered by id, so that a record made meanwhile comes last and moves no other to another page.
        query = f"pageSize={PAGE_SIZE}&orderBy=id"
        if conditions:
            query += f"&conditions={quote(conditions, safe='')}"
        for number in range(1, MOST_PAGES + 1):
            answer = self.send("GET", path, effect=Effect.NONE, query=f"{query}&page={number}")
            page = self._transport.parse(answer, adapter.validate_json, of_many=of_many)
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
