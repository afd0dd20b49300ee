"""Documents at ConnectWise agreements: listed, and added once (PROOF-7).

The functions that plan and bill do not import this module (PROOF-2). ``POST /system/documents``
takes a form of parts, with the file as one of them (public client code); JSON is answered 415
(developer guide).
"""

from collections.abc import Sequence
from typing import Final

from urllib3.filepost import encode_multipart_formdata

from tally.connectwise.calls import Calls
from tally.connectwise.fields import Id, Name
from tally.connectwise.models import Received
from tally.domain.attaching.document import LONGEST_TITLE, Document, NewDocument
from tally.errors import RefusedError
from tally.transport.failures import Effect

_PATH: Final = "/system/documents"
LARGEST: Final = 8 << 20
"""Bytes of a file that is sent, at most. A limit of ConnectWise's own is not known."""


class _DocumentRow(Received):
    id: Id
    title: Name = ""
    file_name: Name = ""

    def document(self) -> Document:
        return Document(id=self.id, title=self.title, file_name=self.file_name)


class Documents:
    """Reads and adds documents of agreements. Implements ``tally.attaching.ports.Documents``."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def of_agreement(self, agreement_id: int) -> Sequence[Document]:
        """List all documents of one agreement.

        ConnectWise's lists can lag a write (seen live), so that one is missing says little.
        """
        # One odd row may be ours, so the list is read whole or not at all.
        rows = self._calls.rows(
            _PATH,
            _DocumentRow.model_validate,
            query=f"recordType=Agreement&recordId={agreement_id:d}",
            of_many=False,
        )
        return [row.document() for row in rows]

    def add(self, new: NewDocument) -> Document:
        """POST a document, once, and never again.

        Raises:
            AmbiguousError: it may be there.
            TallyError: any other one means that it is not.
        """
        if len(new.contents) > LARGEST:
            raise RefusedError(
                f"The file {new.file_name} has {len(new.contents):,} bytes, more than the "
                f"{LARGEST:,} that Tally sends: it was not sent."
            )
        if len(new.title) > LONGEST_TITLE:
            raise RefusedError(f"The title of {new.file_name} is too long: it was not sent.")
        body, content_type = encode_multipart_formdata(
            {
                "file": (new.file_name, new.contents, "application/pdf"),
                "recordType": "Agreement",
                "recordId": str(new.agreement_id),
                "title": new.title,
                "privateFlag": "true" if new.private else "false",
            }
        )
        answer = self._calls.send(
            "POST", _PATH, effect=Effect.CREATES, body=body, content_type=content_type
        )
        return self._calls.parse(answer, _DocumentRow.of).document()
