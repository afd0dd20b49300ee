"""A held record, its question, a ticket that asks it, and notes: one value a call."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tally.domain.asking.question import Question, code_of, question_of_hold, reference
from tally.domain.asking.seen import SeenMember, SeenNote, SeenTicket
from tally.domain.asking.ticket import Ticket, TicketState
from tally.domain.holds import Grown
from tally.domain.model.month import Month
from tally.domain.record.usage_record import Hold, UsageRecord
from tests.functional.instants import gmt
from tests.unit.digest_scene import record

NOVEMBER = Month(2026, 11)
ASKED = gmt("2026-11-16 08:15")
COMPANY, BOARD, OPEN, CLOSED = 250, 21, 560, 562
JANE = SeenMember(identifier="JDoe", license_class="F", active=True)
OURS = "TallyAPI"


def held(hold: Hold | None = None, *, pushed: int | None = 31) -> UsageRecord:
    """A record of November that is held, for growth to 240 unless told otherwise."""
    asked = hold or Grown(why="GravityZone counts 240, after 31.", since=ASKED, agreed=240)
    return record("c1", NOVEMBER, pushed, hold=asked)


def question(of: UsageRecord | None = None) -> Question:
    """The question of a held record."""
    found = question_of_hold(of or held(), "Harbor Dental")
    assert found is not None
    return found


def ticket(of: Question | None = None, **told: Any) -> Ticket:  # noqa: ANN401 - fields of a ticket
    """An open ticket that asks it."""
    asked = of or question()
    mark = reference("tally", asked.subject, 1)
    plain = Ticket(
        subject=asked.subject,
        number=1,
        connectwise_id=COMPANY,
        reference=mark,
        state=TicketState.OPEN,
        about=asked.about,
        code=code_of(asked, reference=mark, edition=1, at=ASKED),
        ticket_id=9001,
        asked=ASKED,
        ours=OURS,
    )
    return replace(plain, **told)


def seen(of: Ticket | None = None, **told: Any) -> SeenTicket:  # noqa: ANN401 - as above
    """The ticket as ConnectWise shows it."""
    known = of or ticket()
    plain = SeenTicket(
        id=9001,
        company_id=COMPANY,
        board_id=BOARD,
        closed=False,
        reference=known.reference,
        status_id=OPEN,
        entered_by=OURS,
        entered=ASKED,
    )
    return replace(plain, **told)


def note(text: str, **told: Any) -> SeenNote:  # noqa: ANN401 - as above
    """An internal note by Jane, an hour after the question."""
    plain = SeenNote(
        id=77,
        ticket_id=9001,
        text=text,
        internal=True,
        member=JANE.identifier,
        created_by=JANE.identifier,
        updated_by=JANE.identifier,
        created=ASKED + timedelta(hours=1),
    )
    return replace(plain, **told)
