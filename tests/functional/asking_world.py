"""A world with a service desk, a customer whose November is held at 240, and who answers there."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from simulators.clock import VirtualClock
from simulators.connectwise import API
from simulators.connectwise.desk.example import JANE, ExampleDesk, example_desk
from tally.asking.round import Asked
from tally.domain.asking.ticket import Ticket
from tally.domain.holds import Hold
from tally.domain.model.standing import StandingState
from tally.domain.record.history import TALLY
from tally.domain.record.usage_record import UsageRecord
from testing.asking import MemoryAsking, asking_round
from testing.world import Customer, World
from tests.functional.instants import gmt

MONTH = "2026-11"
OCTOBER = ("2026-10-01 00:05", "2026-10-20 00:05", "2026-11-01 00:05", "2026-11-02 00:05")
HELD_AT = gmt("2026-11-16 08:00")
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
RUN_AFTER = timedelta(minutes=5)
"""A run begins so long after its tick."""


@dataclass(slots=True)
class AskingWorld:
    """A desk, a held customer, and the memory of what was asked."""

    world: World
    ids: ExampleDesk
    harbor: Customer
    memory: MemoryAsking = field(default_factory=MemoryAsking)

    @classmethod
    def held(cls) -> "AskingWorld":
        """November stood at 44 after October's 31, and 240 are counted now: held by FOLLOW-4."""
        world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
        ids = example_desk(world.connectwise.desk_people)
        harbor = world.add_customer("Harbor Dental")
        world.check_in(harbor, 31, at=gmt("2026-10-19 08:00"))
        world.check_in(harbor, 44, at=gmt("2026-11-01 08:00"))
        world.play(*map(gmt, OCTOBER))
        scene = cls(world=world, ids=ids, harbor=harbor)
        scene.count(240, at=HELD_AT)
        assert scene.hold is not None
        world.connectwise.calls.clear()
        return scene

    @property
    def people(self) -> Any:  # noqa: ANN401 - acts are looked up by name too
        """People at the desk."""
        return self.world.connectwise.desk_people

    def count(self, machines: int, *, at: datetime) -> None:
        """Let GravityZone count so many at a tick, and bring the record up to date."""
        known = self.world.gravityzone.truth.count(self.harbor.id, MONTH, gmt("2026-12-01 00:00"))
        if self.world.clock.now() < at:
            self.world.clock.set(at)
        self.world.check_in(self.harbor, machines - known, at=at)
        self.world.play(at)

    def tick(self, machines: int) -> None:
        """Let so many be counted at the next quarter of an hour."""
        now = self.world.clock.now()
        self.count(machines, at=now.replace(minute=0, second=0) + timedelta(hours=1))

    def run(
        self,
        *,
        after: timedelta = RUN_AFTER,
        wrap: Callable[[Any], Any] = lambda port: port,
        standings: tuple[StandingState, ...] = (),
        fails: bool = False,
    ) -> Asked:
        """Run the use case once, a little later than now."""
        self.world.clock.advance(after)
        done = asking_round(self.world, self.memory, wrap=wrap, standings=standings)()
        assert fails or done.failures == {}
        return done

    def settle(self, runs: int = 4) -> None:
        """Run as often as the schedule does in an hour, with what went wrong being over."""
        for _ in range(runs):
            self.run(after=QUARTER)

    @property
    def record(self) -> UsageRecord:
        """November's record."""
        record = self.world.record(self.harbor, MONTH)
        assert record is not None
        return record

    @property
    def hold(self) -> Hold | None:
        """What November waits for."""
        return self.record.hold

    @property
    def remembered(self) -> Ticket:
        """The newest ticket, as the ledger has it."""
        [ticket] = self.memory.tickets.values()
        return ticket

    @property
    def tickets(self) -> list[dict[str, Any]]:
        """All tickets in ConnectWise, oldest first."""
        return list(self.world.connectwise.desk)

    @property
    def newest(self) -> int:
        """The id of the newest ticket."""
        return int(self.tickets[-1]["id"])

    @property
    def code(self) -> str:
        """The code of the newest question, as a person finds it in the ticket."""
        asked = [each for each in self.texts() if "TALLY " in each and "exactly one of" in each]
        return re.findall(r"^TALLY (\w{4}) ", asked[-1], re.MULTILINE)[0]

    def texts(self, ticket_id: int | None = None, *, by: str = "TallyAPI") -> list[str]:
        """The notes that somebody wrote in a ticket, the newest one unless told otherwise."""
        notes = self.world.connectwise.desk.notes(ticket_id or self.newest).current()
        return [each.fields["text"] for each in notes if each.fields["createdBy"] == by]

    def line(self, option: str = "approve", *, code: str = "") -> str:
        """A note that answers the newest question, with its reason."""
        return f"TALLY {code or self.code} {option}\nThey took over a practice."

    def answer(self, option: str = "approve", *, by: str = JANE, code: str = "") -> int:
        """A member answers in the newest ticket, a minute later; return the note's id."""
        self.world.clock.advance(timedelta(minutes=1))
        note: int = self.people.add_note(self.newest, self.line(option, code=code), by=by)
        return note

    @property
    def rulings(self) -> list[tuple[str, str]]:
        """Who ruled and why, by November's history."""
        history = self.world.ledger.history(self.record.key)
        return [(each.by, each.why) for each in history if each.by != TALLY]

    def problems(self) -> Iterator[str]:
        """What must never be: a mail, two open tickets for one cause, two rulings of one answer."""
        desk = self.world.connectwise.desk
        yield from (f"mailed {each.to}: {each.why}" for each in desk.mails if each.by == API)
        still_open = [each["id"] for each in self.tickets if not each["closedFlag"]]
        if len(still_open) > 1:
            yield f"open at once: {still_open}"
        marks = [each["externalXRef"] for each in self.tickets]
        if len({*marks}) < len(marks):
            yield f"made twice: {marks}"
        if len({*self.rulings}) < len(self.rulings):
            yield f"ruled twice: {self.rulings}"


def said_once(texts: list[str], begins: str) -> bool:
    """Return True if exactly one text begins so."""
    return sum(each.startswith(begins) for each in texts) == 1
