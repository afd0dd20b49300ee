"""The stored form of a subject's newest ticket."""

from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Given, Ticket, TicketState
from tally.ledger.form import INSTANT, MONTH, TEXT, TRUTH, WHOLE, many, shape, word

_SUBJECT = shape(Subject, company_id=TEXT, month=MONTH, service=TEXT)
_GIVEN = shape(
    Given,
    note_id=WHOLE,
    member=TEXT,
    option=TEXT,
    number=WHOLE,
    why=TEXT,
    at=INSTANT,
    about=TEXT,
    before=WHOLE,
)
TICKET = shape(
    Ticket,
    subject=_SUBJECT,
    number=WHOLE,
    connectwise_id=WHOLE,
    reference=TEXT,
    state=word(TicketState),
    about=TEXT,
    code=TEXT,
    edition=WHOLE,
    ticket_id=WHOLE,
    announced=INSTANT,
    asked=INSTANT,
    hinted=TRUTH,
    used=many(WHOLE),
    given=_GIVEN,
    word=TEXT,
    ours=TEXT,
    why_left=TEXT,
    unanswered=WHOLE,
    entries_read=INSTANT,
    changed=INSTANT,
    version=WHOLE,
)
"""Written as one text: it is read by its key, or with all that are open."""
