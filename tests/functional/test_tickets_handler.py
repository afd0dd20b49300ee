"""The function `tickets` on moto: from the schedule's event to a ticket, and from a note to a
ruling.
"""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest

import tickets.handler as tickets_function
from simulators.connectwise import API, Credentials
from simulators.connectwise.desk.example import BOARD, CLOSED, JANE, OPEN, example_desk
from simulators.faults import Fault, FaultKind
from tally.domain.record.history import TALLY
from tally.domain.record.usage_record import UsageRecord
from tally.errors import CredentialsError, SetupError, SeveralError
from tally.ledger.dynamodb import DynamoDBLedger
from tally.runtime.parts import bootstrap
from tally.runtime.parts import tickets as tickets_parts
from testing.world import Customer
from tests.functional.deployed_functions import KEYS, Context, Deployed
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

EVENT = {"at": "2026-11-16T08:09:00Z"}
HELD_AT = gmt("2026-11-16 08:05")
SEATS = 501
"""One more than a first month has without being asked about."""
WHOLE = 840


@dataclass(slots=True, kw_only=True)
class Scene:
    """The function beside planner and worker, and a desk at which people answer."""

    deployed: Deployed
    log: io.StringIO

    def held(self, *names: str) -> list[Customer]:
        """Customers whose first month has more seats than is believed by itself."""
        customers = [self.deployed.world.add_customer(each) for each in names]
        for each in customers:
            self.deployed.world.check_in(each, SEATS)
        self.deployed.tick(HELD_AT)
        assert self.deployed.work(self.deployed.batch()) == []
        return customers

    def fire(self, *, seconds_left: int = WHOLE) -> dict[str, Any]:
        """A quarter of an hour later."""
        self.deployed.world.clock.advance(timedelta(minutes=15))
        return tickets_function.handler(EVENT, Context(seconds_left=seconds_left))  # type: ignore[arg-type]

    @property
    def tickets(self) -> list[dict[str, Any]]:
        """All tickets in ConnectWise, oldest first."""
        return list(self.deployed.world.connectwise.desk)

    def answer(self, option: str) -> None:
        """A member answers in the newest ticket, a minute later."""
        self.deployed.world.clock.advance(timedelta(minutes=1))
        connectwise = self.deployed.world.connectwise
        newest = self.tickets[-1]
        notes = connectwise.desk.notes(newest["id"]).current()
        [code] = {
            code
            for each in notes
            for code in re.findall(r"^TALLY (\w{4}) ", each.fields["text"], re.MULTILINE)
        }
        text = f"TALLY {code} {option}\nThey took over a practice."
        connectwise.desk_people.add_note(newest["id"], text, by=JANE)

    def record(self, customer: Customer) -> UsageRecord:
        """The customer's November, as the table has it."""
        [record] = [each for each in _ledger().all_open_records() if _is(each, customer)]
        assert isinstance(record, UsageRecord)
        return record

    def rulings(self, customer: Customer) -> list[tuple[str, str]]:
        """Who ruled and why, by the record's history."""
        history = _ledger().history(self.record(customer).key)
        return [(each.by, each.why) for each in history if each.by != TALLY]

    def lines(self, message: str) -> list[dict[str, Any]]:
        """What the function logged."""
        lines = [json.loads(each) for each in self.log.getvalue().splitlines()]
        return [each for each in lines if each["message"] == message]


def _ledger() -> DynamoDBLedger:
    return DynamoDBLedger(boto3.client("dynamodb"), "ledger")


def _is(record: object, customer: Customer) -> bool:
    return isinstance(record, UsageRecord) and record.key.company_id == customer.id


@pytest.fixture
def scene(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A new container, with the settings that name the example's desk."""
    example_desk(deployed.world.connectwise.desk_people)
    for name, value in {
        "TICKET_BOARD": BOARD,
        "TICKET_OPEN_STATUS": OPEN,
        "TICKET_CLOSED_STATUS": CLOSED,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tickets_parts, "World", bootstrap.World)
    monkeypatch.setattr("time.sleep", lambda _: None)
    log = io.StringIO()
    monkeypatch.setattr(tickets_function.logger.registered_handler, "stream", log)
    tickets_function._tickets.cache_clear()
    yield Scene(deployed=deployed, log=log)
    tickets_function._tickets.cache_clear()


def test_a_hold_becomes_a_ticket_and_its_answer_a_ruling(scene: Scene) -> None:
    """ASK-1, ASK-5, ASK-6: once each, with the member and the reason in the history, and the
    ticket closed.
    """
    [harbor] = scene.held("Harbor Dental")
    assert scene.fire() == _told(made=1)
    [ticket] = scene.tickets
    assert ticket["summary"].startswith("Tally: ")
    assert scene.fire() == _told(looked=1)
    scene.answer(f"approve {SEATS}")
    assert scene.fire() == _told(looked=1)
    [(by, why)] = scene.rulings(harbor)
    assert JANE in by
    assert why == "They took over a practice."
    assert [each["closedFlag"] for each in scene.tickets] == [True]
    assert scene.fire() == _told()
    scene.deployed.tick(gmt("2026-11-16 09:20"))
    assert scene.deployed.work(scene.deployed.batch()) == []
    assert scene.record(harbor).hold is None
    assert [mail for mail in scene.deployed.world.connectwise.desk.mails if mail.by == API] == []


def test_without_a_board_nothing_is_read(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by default: no key, no item of the ledger, no call."""
    scene.held("Harbor Dental")
    scene.deployed.secrets.delete_secret(
        SecretId=scene.deployed.secret_id, ForceDeleteWithoutRecovery=True
    )
    monkeypatch.setenv("TICKET_BOARD", "")
    monkeypatch.setenv("TABLE_NAME", "gone")
    before = scene.deployed.world.connectwise.calls.count()
    assert scene.fire() == {"skipped": "no board for tickets is set"}
    assert scene.deployed.world.connectwise.calls.count() == before


def test_with_nothing_to_ask_connectwise_is_not_called(scene: Scene) -> None:
    """ASK-8: no call with no question open."""
    before = scene.deployed.world.connectwise.calls.count()
    assert scene.fire() == _told()
    assert scene.deployed.world.connectwise.calls.count() == before


def test_one_that_fails_stops_no_other_and_is_told_in_the_end(scene: Scene) -> None:
    """SAFE-5: all are gone on with, then the run fails, so that the alarm counts it; the next run
    makes up for it, once what was announced can be believed absent (SAFE-2).
    """
    scene.held("Harbor Dental", "Lakeside Library", "Pine Marine")
    scene.deployed.world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=500, operation="POST tickets", times=1)
    )
    with pytest.raises(SeveralError, match=r"^Of \d questions, some failed: "):
        scene.fire()
    assert len(scene.tickets) == 2
    [line] = scene.lines("asked")
    assert (line["level"], line["made"], len(line["failures"])) == ("WARNING", 2, 1)
    assert scene.fire() == _told(looked=3)
    assert len(scene.tickets) == 3
    assert len({each["externalXRef"] for each in scene.tickets}) == 3


def test_what_there_is_no_time_for_has_its_turn_later(scene: Scene) -> None:
    """ASK-8: a run that has no time for one more ticket begins none, and loses none."""
    scene.held("Harbor Dental", "Lakeside Library")
    assert scene.fire(seconds_left=80) == _told(put_off=2)
    assert scene.tickets == []
    assert scene.fire() == _told(made=2)
    assert scene.fire(seconds_left=80) == _told(put_off=2)
    assert scene.fire() == _told(looked=2)


def test_a_desk_that_is_not_found_says_what_to_set(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-6: the error names the board; once it is set right, the same container goes on."""
    scene.held("Harbor Dental")
    monkeypatch.setenv("TICKET_BOARD", "Gone")
    with pytest.raises(SetupError, match="Gone"):
        scene.fire()
    monkeypatch.setenv("TICKET_BOARD", BOARD)
    assert scene.fire() == _told(made=1)


def test_a_key_that_was_changed_is_read_again(scene: Scene) -> None:
    """A container that read the keys before they were changed reads them anew after a failure."""
    scene.held("Harbor Dental")
    assert scene.fire() == _told(made=1)
    scene.deployed.secrets.put_secret_value(
        SecretId=scene.deployed.secret_id,
        SecretString=json.dumps({**KEYS, "connectwise_private_key": "another"}),
    )
    scene.deployed.world.connectwise.options.credentials = Credentials(
        public_key=KEYS["connectwise_public_key"], private_key="another"
    )
    with pytest.raises(CredentialsError):
        scene.fire()
    assert scene.fire() == _told(looked=1)


def test_what_is_missing_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-6: with the parameter that feeds it."""
    monkeypatch.setenv("TICKET_CAUSES", "holds,trouble")
    with pytest.raises(SetupError, match="with the parameter TicketCauses set right"):
        scene.fire()


def test_the_log_has_numbers_and_no_text_of_notes(scene: Scene) -> None:
    """SAFE-10: how many, how many calls and how slow; nothing that a person wrote."""
    scene.held("Harbor Dental")
    scene.fire()
    scene.answer(f"approve {SEATS}")
    scene.fire()
    first, second = scene.lines("asked")
    assert (first["made"], second["looked"]) == (1, 1)
    assert first["ConnectWise"]["calls"] > 0
    assert "practice" not in scene.log.getvalue()
    assert "Harbor" not in scene.log.getvalue()


def _told(*, looked: int = 0, made: int = 0, left_out: int = 0, put_off: int = 0) -> dict[str, Any]:
    return {
        "looked": looked,
        "made": made,
        "left_out": left_out,
        "put_off": put_off,
        "failures": {},
    }
