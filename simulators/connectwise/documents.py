"""Documents at companies and agreements: uploads by the API and by people, and what lists show.

An upload is a form of parts with a file, as browsers send it. Equal titles are taken, and contents
cannot be replaced.
"""

import hashlib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any, Literal

from simulators.connectwise.answers import RefusalError, error
from simulators.connectwise.api_records import Fields, instant, paths
from simulators.connectwise.billing_truth import API
from simulators.connectwise.listing import Listing, one
from simulators.connectwise.store import Document, Table
from simulators.connectwise.tenant import Tenant
from simulators.core import Request, Response

type RecordType = Literal["Agreement", "Company"]

_TAKEN = ("Agreement", "Company")
"""Kinds of record that take an upload; public client code says that an Invoice does not."""
_FORM = "multipart/form-data"


@dataclass(slots=True)
class DocumentTruth:
    """One document that is or was. Read only."""

    id: int
    record_type: str
    record_id: int
    title: str
    file_name: str
    private: bool
    contents: bytes
    created_at: datetime
    created_by: str
    deleted: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the values that a control call shows."""
        return {
            "id": self.id,
            "record_type": self.record_type,
            "record_id": self.record_id,
            "title": self.title,
            "file_name": self.file_name,
            "private": self.private,
            "size": len(self.contents),
            "sha256": hashlib.sha256(self.contents).hexdigest(),
            "created_at": instant(self.created_at),
            "created_by": self.created_by,
            "deleted": self.deleted,
        }


@dataclass(frozen=True, slots=True)
class _Upload:
    record_type: str
    record_id: int
    title: str
    file_name: str
    private: bool
    contents: bytes


class Documents:
    """All documents of a tenant, by the record that they belong to."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._tables: dict[tuple[str, int], Table] = {}
        self._truth: dict[int, DocumentTruth] = {}

    def __iter__(self) -> Iterator[DocumentTruth]:
        return iter(self._truth.values())

    def answer(self, request: Request, record_id: int, *, counts: bool) -> Response:
        """Answer a GET or a POST of documents; RefusalError for one that makes no sense."""
        if request.method == "POST":
            return self._post(request)
        if record_id:
            return self._read(request, record_id)
        key = _named(request.query)
        table = self._tables.get(key, Table())
        listing = Listing(table, _NAMES, self._tenant.clock.now(), self._tenant.options)
        return listing.count(request) if counts else listing.page(request)

    def add(self, upload: _Upload, *, by: str) -> Document:
        """Add a document; lists show it once they have caught up."""
        now, options = self._tenant.clock.now(), self._tenant.options
        new_id = len(self._truth) + 1
        fields: Fields = {
            "id": new_id,
            "title": upload.title[: options.longest_title],
            "fileName": upload.file_name,
            "serverFileName": f"{new_id}-{upload.file_name}",
            "owner": options.api_member if by == API else by,
            "linkFlag": False,
            "imageFlag": False,
            "publicFlag": not upload.private,
            "size": len(upload.contents),
            "guid": str(uuid.UUID(int=new_id)),
            "_info": {
                "lastUpdated": instant(now),
                "updatedBy": options.api_member if by == API else by,
            },
        }
        document = Document(fields)
        table = self._tables.setdefault((upload.record_type, upload.record_id), Table())
        table.put(new_id, document, now=now, lag=options.list_lag)
        self._truth[new_id] = DocumentTruth(
            id=new_id,
            record_type=upload.record_type,
            record_id=upload.record_id,
            title=upload.title,
            file_name=upload.file_name,
            private=upload.private,
            contents=upload.contents,
            created_at=now,
            created_by=by,
        )
        return document

    def add_by_hand(self, record_type: RecordType, record_id: int, title: str, *, by: str) -> int:
        """Upload a file as a person does in ConnectWise's window; return its id."""
        upload = _Upload(record_type, record_id, title, "scan.pdf", private=True, contents=b"%PDF-")
        return int(self.add(upload, by=by).fields["id"])

    def delete(self, document_id: int) -> None:
        """Delete a document; LookupError if there is none."""
        known = self._truth[document_id]
        table = self._tables[known.record_type, known.record_id]
        table.put(
            document_id, None, now=self._tenant.clock.now(), lag=self._tenant.options.list_lag
        )
        known.deleted = True

    def _read(self, request: Request, document_id: int) -> Response:
        known = self._truth.get(document_id)
        if known is None or known.deleted:
            return error(404, "NotFound", "Document not found")
        document = self._tables[known.record_type, known.record_id].get(document_id)
        assert document is not None
        return one(document, request)

    def _post(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").lower().startswith(_FORM):
            return error(
                415, "UnsupportedMediaType", "The request entity's media type is not supported."
            )
        upload = _upload(request)
        if not self._exists(upload.record_type, upload.record_id):
            return error(404, "NotFound", f"{upload.record_type} {upload.record_id} not found")
        return one(self.add(upload, by=API), request, 201)

    def _exists(self, record_type: str, record_id: int) -> bool:
        tenant = self._tenant
        return record_id in (tenant.agreements if record_type == "Agreement" else tenant.companies)


def _upload(request: Request) -> _Upload:
    """Read the parts of a form."""
    parts = {
        str(part.get_param("name", header="content-disposition")): part for part in _parts(request)
    }
    file = parts.get("file")
    if file is None or not file.get_filename():
        raise RefusalError("The document has no file.")
    text = {name: _bytes(part).decode("utf-8", "replace") for name, part in parts.items()}
    record_type, record_id = _named(text)
    return _Upload(
        record_type=record_type,
        record_id=record_id,
        title=text.get("title") or str(file.get_filename()),
        file_name=str(file.get_filename()),
        private=text.get("privateFlag", "").lower() == "true",
        contents=_bytes(file),
    )


def _parts(request: Request) -> list[EmailMessage]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser(EmailMessage, policy=policy.HTTP).parsebytes(head + request.body)
    return [part for part in form.iter_parts() if isinstance(part, EmailMessage)]


def _bytes(part: EmailMessage) -> bytes:
    contents = part.get_payload(decode=True)
    return contents if isinstance(contents, bytes) else b""


def _named(values: Mapping[str, str]) -> tuple[str, int]:
    """Return the record that a call is about."""
    record_type, record_id = values.get("recordType", ""), values.get("recordId", "")
    if record_type not in _TAKEN:
        raise RefusalError(f"recordType '{record_type}' is not supported for documents.")
    if not record_id.isdecimal():
        raise RefusalError("recordId must be a number.", code="InvalidParameter")
    return record_type, int(record_id)


_NAMES = paths(
    {
        "id": 0,
        "title": "",
        "fileName": "",
        "serverFileName": "",
        "owner": "",
        "linkFlag": False,
        "imageFlag": False,
        "publicFlag": False,
        "size": 0,
        "guid": "",
    },
    {},
    more="documentType",
)
"""The names that a list of documents may be asked by."""
