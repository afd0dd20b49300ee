"""Where the statement of a question's month is: said in the ticket, if it is attached."""

from dataclasses import dataclass, replace

import pytest

from tally.domain.attaching.attachment import Attachment
from tally.domain.attaching.document import Document
from tally.domain.attaching.wanted import Edition, Place, Wanted
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.errors import TransientError
from tally.runtime.parts.tickets import attached_statement
from testing.attachments import MemoryAttachments
from tests.unit.asking_scene import ASKED, NOVEMBER, held, question

PLACE = Place(company_id="c1", month=NOVEMBER, agreement_id=31)


@dataclass(frozen=True)
class Record:
    """A ledger of one record; None cannot be read."""

    of: UsageRecord | None

    def record(self, _: RecordKey) -> UsageRecord:
        if self.of is None:
            raise TransientError("The table does not answer.")
        return self.of


def attachments() -> MemoryAttachments:
    """A statement that was attached, and its correction."""
    memory = MemoryAttachments()
    edition = Edition(version=7, fingerprint="f", numbers="n", records=5)
    wanted = Wanted(place=PLACE, edition=edition, services=("endpoints",))
    known = Attachment(place=PLACE)
    for number in (5, 6):
        announced = known.announce(wanted, at=ASKED)
        known = announced.record(Document(id=number, title=f"Statement {number}"), at=ASKED)
    memory.save_attachment(known)
    return memory


def test_the_newest_document_is_named() -> None:
    """ASK-1, PROOF-7: with the agreement where it is found."""
    told = attached_statement(Record(held()), attachments())  # type: ignore[arg-type]
    assert told(question()) == (
        'The statement of November 2026 is a document of agreement 31: "Statement 6".'
    )


@pytest.mark.parametrize("state", [LineState.VOID, LineState.VOIDING])
def test_a_voided_line_takes_no_statement(state: LineState) -> None:
    """OPEN-1, PROOF-7: after a void the statement is where the next line bills, and nowhere as long
    as there is none.
    """
    record = held()
    (line,) = record.lines
    wrong = replace(line, state=state, place=replace(line.place, agreement_id=30))
    for lines, is_told in (((wrong, replace(line, number=1)), True), ((wrong,), False)):
        ledger = Record(replace(record, lines=lines))
        told = attached_statement(ledger, attachments())(question())  # type: ignore[arg-type]
        assert ("agreement 31" in told) is is_told


def test_nothing_is_said_where_nothing_is_attached() -> None:
    """ASK-1: an open month has none, nor has one without an Addition."""
    asked = question()
    for ledger, memory in (
        (Record(held()), MemoryAttachments()),
        (Record(held(pushed=None)), attachments()),
    ):
        assert attached_statement(ledger, memory)(asked) == ""  # type: ignore[arg-type]


def test_what_cannot_be_read_keeps_no_question_back() -> None:
    """SAFE-5: the question is asked without it; a standing has no statement."""
    asked = question()
    told = attached_statement(Record(None), attachments())  # type: ignore[arg-type]
    assert told(asked) == ""
    about_nobody = replace(asked, subject=replace(asked.subject, month=None, service=None))
    assert told(about_nobody) == ""
