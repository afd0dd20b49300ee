"""One ticket at the moment when people act in it: what stands there, and how they write."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from simulators.connectwise.desk import Desk, DeskPeople
from simulators.connectwise.desk.example import JANE, PETER, ExampleDesk
from simulators.connectwise.desk.people import SOMEONE
from tally.domain.record.record_key import RecordKey
from verification.simulation.desk_members import Members
from verification.simulation.desk_notes import Asked, asked_in
from verification.simulation.msp import Firm, Msp

MEMBERS = (JANE, PETER, SOMEONE)
_REASONS = (
    "They took over a practice.",
    "",
    "Agreed on the phone\n\nwith  Ann",
    "-- Jane\nTALLY AAAA reject",
)
_NO_NUMBER = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One ticket at the moment of an act, and the luck of it.

    ``key`` is that of the record that it asks about, if any. ``soon`` lets something happen in the
    middle of the next run.
    """

    msp: Msp
    ids: ExampleDesk
    members: Members
    firm: Firm | None
    key: RecordKey | None
    ticket: int
    draw: Random
    soon: Callable[[Callable[[], str]], None]

    @property
    def people(self) -> DeskPeople:
        """Whoever is at the desk."""
        return self.msp.connectwise.desk_people

    @property
    def desk(self) -> Desk:
        """The desk itself."""
        return self.msp.connectwise.desk

    @property
    def fields(self) -> Mapping[str, Any]:
        """The ticket as it is."""
        return self.desk.ticket(self.ticket)

    @property
    def asked(self) -> list[Asked]:
        """All questions that stand in the ticket."""
        return asked_in(self.desk, self.ticket)

    def line(self) -> str:
        """Return a first line that answers the newest question; "" if nothing is asked."""
        asked = self.asked
        if not asked:
            return ""
        return self.choice(asked[-1], self.draw.choice(asked[-1].options))

    def choice(self, asked: Asked, option: tuple[str, str]) -> str:
        """Return the first line that chooses an option, written as people write."""
        word, number = option
        if word == "approve" and self.draw.random() < _NO_NUMBER:
            number = ""
        line = " ".join(filter(None, ("TALLY", asked.code, word, number)))
        return self.draw.choice((line, line, line.lower(), f"\n  {line.replace(' ', '  ')} \n"))

    def note(self, line: str, **more: Any) -> str:  # noqa: ANN401 - as of the desk's people
        """Write a note that begins with that line; return what is told of it."""
        by = more.pop("by", "") or self.draw.choice(MEMBERS)
        text = f"{line}\n{self.draw.choice(_REASONS)}"
        self.people.add_note(self.ticket, text, by=by, **more)
        return f"{by} notes {line.strip()!r}"
