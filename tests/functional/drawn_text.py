"""The text of a drawn statement, whichever form it has."""

import io
from unicodedata import normalize

import pypdf

from tally.domain.statement.statement import Statement
from tally.statements.drawing import Form, drawn


def text_of(of: Statement, form: Form) -> str:
    """Draw a statement, and return the text of its file."""
    file = drawn(of, form)
    return text_of_pdf(file) if form is Form.PDF else file.decode()


def text_of_pdf(file: bytes) -> str:
    """Return what a reader of a PDF finds in it, its lines joined by spaces.

    A letter of Arabic is read as the one that it is, whatever its form.
    """
    pages = pypdf.PdfReader(io.BytesIO(file)).pages
    text = " ".join(word for page in pages for word in page.extract_text().split())
    return normalize("NFKC", text)
