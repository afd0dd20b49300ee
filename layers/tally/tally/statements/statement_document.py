"""A statement as a JSON document, in ASCII: what does not show is escaped."""

import json

from tally.domain.statement.canonical import as_drawn, document, fingerprint
from tally.domain.statement.statement import Statement


def drawn_as_document(of: Statement) -> str:
    """Return the document with its hash, and with the names of the day, which are not hashed."""
    whole = {**document(of), "as_drawn": as_drawn(of), "sha256": fingerprint(of)}
    return json.dumps(whole, indent=2, ensure_ascii=True) + "\n"
