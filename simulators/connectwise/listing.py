"""Lists as the API gives them: conditions, order, pages with their `Link`, chosen fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from simulators.connectwise.answers import RefusalError
from simulators.connectwise.conditions import Condition, ConditionError, parse, unrecognized
from simulators.connectwise.options import ConnectWiseOptions
from simulators.connectwise.store import Document, Table, sort_names
from simulators.core import Request, Response, json_bytes_response, json_response

DEFAULT_PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 1_000
_TOO_LONG = 600.0
"""Seconds: longer than any caller waits."""
_FORWARD_ONLY = "forward-only"


@dataclass(frozen=True, slots=True)
class Listing:
    """One list endpoint at one moment: its records and the names they may be asked by."""

    table: Table
    names: frozenset[str]
    now: datetime
    options: ConnectWiseOptions

    def count(self, request: Request) -> Response:
        """Answer `/count`."""
        return json_response({"count": len(self._select(request.query))})

    def page(self, request: Request) -> Response:
        """Answer the list; RefusalError for a query that the server does not understand."""
        query = request.query
        size = min(_number(query, "pageSize", DEFAULT_PAGE_SIZE), LARGEST_PAGE_SIZE)
        documents = self._select(query)
        if (
            self.options.slow_above is not None
            and min(size, len(documents)) > self.options.slow_above
        ):
            return Response(200, {}, b"[]", delay=_TOO_LONG)
        if request.headers.get("pagination-type", "").lower() == _FORWARD_ONLY:
            return self._forward(request, documents, size)
        page = _number(query, "page", 1)
        if self.options.page_limit is not None:
            size = min(size, self.options.page_limit)
            return self._answer(request, documents[(page - 1) * size : page * size], [])
        last = max(-(-len(documents) // size), 1)
        links: list[tuple[str, dict[str, str]]] = []
        if page < last:
            links = [
                ("next", {"pageSize": str(size), "page": str(page + 1)}),
                ("last", {"pageSize": str(size), "page": str(last)}),
            ]
        return self._answer(request, documents[(page - 1) * size : page * size], links)

    def _forward(self, request: Request, documents: list[Document], size: int) -> Response:
        if request.query.get("orderBy"):
            raise RefusalError(
                "orderBy cannot be used with forward-only pagination.", code="InvalidParameter"
            )
        after = _number(request.query, "pageId", 0, smallest=0)
        rest = [document for document in documents if document.fields["id"] > after]
        page = rest[:size]
        links: list[tuple[str, dict[str, str]]] = []
        if len(rest) > size:
            links = [("next", {"pageSize": str(size), "pageId": str(page[-1].fields["id"])})]
        return self._answer(request, page, links)

    def _select(self, query: Mapping[str, str]) -> list[Document]:
        text, order = query.get("conditions", "").strip(), query.get("orderBy", "").strip()
        condition: Condition | None = None
        try:
            if text:
                condition = parse(
                    text, known=self.names, strict_strings=self.options.strict_strings
                )
        except ConditionError as error:
            raise RefusalError(str(error), code="ApiFindCondition") from None
        for path in sort_names(order):
            if path not in self.names:
                raise RefusalError(unrecognized(path), code="ApiFindCondition")
        if condition is not None and condition.compound and self.options.empty_compounds:
            return []
        return self.table.select(self.now, condition, order)

    def _answer(
        self, request: Request, page: list[Document], links: list[tuple[str, dict[str, str]]]
    ) -> Response:
        headers = (
            {"Link": ", ".join(self._link(request, name, part) for name, part in links)}
            if links
            else None
        )
        asked = [
            path.strip() for path in request.query.get("fields", "").split(",") if path.strip()
        ]
        if not asked:
            return json_bytes_response(
                b"[%b]" % b",".join([self.table.json(document) for document in page]), 200, headers
            )
        if not self.names.issuperset(asked):
            # Reported from live tenants: a name that the server does not know in `fields` gives no
            # rows, and no error.
            return json_bytes_response(b"[]", 200, headers)
        return json_response([document.projected(asked) for document in page], 200, headers)

    def _link(self, request: Request, name: str, changed: Mapping[str, str]) -> str:
        query = {
            key: value for key, value in request.query.items() if key not in {"page", "pageId"}
        }
        query.update(changed)
        text = "&".join(f"{quote(key)}={quote(value, safe='/')}" for key, value in query.items())
        site = "" if self.options.links == "relative" else site_of(request)
        return f'<{site}{quote(request.path)}?{text}>; rel="{name}"'


def site_of(request: Request) -> str:
    """Return the site that a call came to, for absolute URLs; in-process it is a made-up one."""
    host = request.headers.get("host")
    return f"http://{host}" if host else "https://connectwise.test"


def one(
    document: Document,
    request: Request,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer a single record; `fields` it does not know are left out."""
    asked = [path.strip() for path in request.query.get("fields", "").split(",") if path.strip()]
    if asked:
        return json_response(document.projected(asked), status, headers)
    return json_bytes_response(document.json, status, headers)


def _number(query: Mapping[str, str], name: str, default: int, *, smallest: int = 1) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not text.isdecimal():
        raise RefusalError(f"{name} must be a number.", code="InvalidParameter")
    return max(int(text), smallest)
