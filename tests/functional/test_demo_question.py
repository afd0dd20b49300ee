"""The demo's question: what of it is told, and what must not be left of it."""

from dataclasses import replace
from datetime import date

import pytest

from local.demo_question import faults, offered, told
from local.errors import LocalError
from local.simulator_clients import TrueMail, TrueTicket
from tests.functional.demo_world import DemoWorld

ASKED = TrueTicket(
    id=3,
    summary="Tally: October 2026 on hold - Juniper Law [T7K2]",
    closed=False,
    notes=("How many?\n\nTALLY T7K2 approve 54\n    It is billed.\n\nTALLY T7K2 reject\n",),
)
TAKEN_OVER = 54
CLOSED = replace(ASKED, closed=True, notes=(*ASKED.notes, "Answered by JDoe: approve 54. So."))


def test_a_question_is_told_when_it_is_asked_and_when_it_is_closed() -> None:
    """One line each, and nothing of a ticket that stays as it was."""
    assert told([], [ASKED]) == [f"Asked in ConnectWise, ticket 3: {ASKED.summary}"]
    assert told([ASKED], [ASKED]) == []
    assert told([ASKED], [CLOSED]) == ["Ticket 3 closed. Answered by JDoe: approve 54."]


def test_the_answer_is_the_line_that_is_offered() -> None:
    """ASK-3: the member writes exactly the line that approves, of the newest ticket."""
    assert offered([replace(ASKED, id=2, notes=()), ASKED]) == (ASKED, "TALLY T7K2 approve 54")


@pytest.mark.parametrize("tickets", [[], [replace(ASKED, notes=("Nothing is offered.",))]])
def test_a_question_that_is_not_asked_stops_the_demo(tickets: list[TrueTicket]) -> None:
    """Nothing is answered that was not asked."""
    with pytest.raises(LocalError):
        offered(tickets)


def test_what_must_not_be_left() -> None:
    """ASK-2, ASK-6: an open ticket and a mail to somebody outside are differences."""
    mail = TrueMail(ticket_id=3, to="Ann Harbor")
    assert faults([CLOSED], []) == []
    assert faults([ASKED], [mail]) == [
        f"Ticket 3 is open: {ASKED.summary}",
        "A mail went to Ann Harbor from ticket 3.",
    ]


def test_the_demo_asks_once_and_mails_nobody() -> None:
    """ASK-1, ASK-5: one ticket about Juniper Law, closed after its answer, which is billed."""
    demo = DemoWorld(present=date(2026, 11, 22))
    demo.play()
    [ticket] = demo.tickets()
    assert ticket.summary.startswith("Tally: October 2026 on hold - Juniper Law [")
    assert faults(demo.tickets(), demo.mails()) == []
    assert demo.addition("Juniper Law", "2026-10").quantity == TAKEN_OVER
