"""Questions in ConnectWise tickets as deployed, with the role that the template gives."""

from datetime import timedelta

import pytest

from local.demo_question import offered
from local.simulator_clients import TrueTicket
from simulators.connectwise.desk.example import JANE
from tests.e2e.command_line import document
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e

NAME, MACHINES = "Willow Bend Dental", 501
"""More machines than a first month may have without a person's word (READ-8)."""


def about(msp: Msp) -> list[TrueTicket]:
    """The tickets about the customer, oldest first."""
    return [each for each in msp.connectwise.tickets() if NAME in each.summary]


def test_a_hold_is_answered_in_a_ticket(msp: Msp) -> None:
    """ASK-1, ASK-2, ASK-5, ASK-6: one ticket asks; a member's note in it is a ruling, the ticket is
    closed, the next tick bills what was approved, and nobody outside got a mail.
    """
    customer = msp.add_customer(NAME)
    msp.check_in(customer, MACHINES, FIRST)
    msp.tick(FIRST)
    assert MACHINES not in msp.quantities(customer)
    assert msp.records(customer)["2025-03"].hold is not None

    event = {"at": "now"}
    assert msp.stack.invoke("tickets", event)["made"] == 1
    again = msp.stack.invoke("tickets", event)
    assert (again["looked"], again["made"], again["failures"]) == (1, 0, {})
    [asked] = about(msp)
    assert not asked.closed

    msp.set_clocks(FIRST + timedelta(minutes=10))
    ticket, line = offered([asked])
    text = f"{line}\nThey took over a practice."
    msp.connectwise.act("add_note", ticket_id=ticket.id, text=text, by=JANE)
    assert msp.stack.invoke("tickets", event)["failures"] == {}
    [answered] = about(msp)
    assert answered.closed
    assert answered.notes[-1].startswith(f"Answered by {JANE}: approve {MACHINES}.")

    [record] = document(msp, "show", NAME)["records"]
    [ruling] = [each for each in record["history"] if each["by"] != "tally"]
    assert (ruling["by"], ruling["why"]) == (
        f"{JANE} in ticket {ticket.id}",
        "They took over a practice.",
    )
    msp.tick(FIRST + timedelta(minutes=15))
    assert msp.quantities(customer) == [MACHINES]
    assert msp.connectwise.mails() == []
    assert msp.stack.invoke("tickets", event) == {
        "looked": 0,
        "made": 0,
        "left_out": 0,
        "put_off": 0,
        "failures": {},
    }
