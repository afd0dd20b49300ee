"""A statement in the form that is asked for, and the name of its file."""

import hashlib
import re
from enum import StrEnum

from tally.domain.statement.statement import Statement
from tally.statements.statement_document import drawn_as_document
from tally.statements.statement_page import drawn_as_page
from tally.statements.statement_table import drawn_as_table

_ID = re.compile(r"[0-9a-z]{1,40}")
_PLAIN = re.compile(r"[^a-z0-9]+")
_LONGEST = 40


class Form(StrEnum):
    """The form of a statement; its value is the file's suffix."""

    HTML = "html"
    CSV = "csv"
    JSON = "json"
    PDF = "pdf"


def drawn(of: Statement, form: Form) -> bytes:
    """Return the statement in that form, as the bytes of its file."""
    match form:
        case Form.HTML:
            return drawn_as_page(of).encode()
        case Form.CSV:
            return drawn_as_table(of).encode()
        case Form.JSON:
            return drawn_as_document(of).encode()
        case Form.PDF:
            # reportlab is in a layer of its own (template.yaml), and all other forms do without it.
            from tally.statements.statement_pdf import drawn_as_pdf

            return drawn_as_pdf(of)


def file_name(of: Statement, form: Form) -> str:
    """Return a name that any file system takes: something of the customer's, and its id."""
    company = of.customer.id
    # GravityZone's ids are 24 hexadecimal digits. Whatever else stands there could hold a path.
    mark = company if _ID.fullmatch(company) else hashlib.sha256(_bytes(company)).hexdigest()[:24]
    plain = _PLAIN.sub("-", of.customer.name.lower())[:_LONGEST].strip("-")
    return f"{'-'.join(filter(None, (plain, mark, str(of.month))))}.{form}"


def _bytes(text: str) -> bytes:
    # JSON can bring half a letter (a lone surrogate), which UTF-8 does not take.
    return text.encode(errors="surrogatepass")
