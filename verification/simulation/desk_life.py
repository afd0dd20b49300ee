"""The life of tickets: when people answer in them, rightly and wrongly, and change them.

Each ticket's life is drawn when it comes into being, from the key of what it asks about. What the
acts are stands in `desk_acts`.
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.connectwise.desk.example import ExampleDesk, example_desk
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from verification.simulation.desk_acts import ACTS, KINDS, LOSES, LOUD, STATUS, WEIGHTS
from verification.simulation.desk_members import Members
from verification.simulation.desk_rules import DeskRules
from verification.simulation.desk_scene import Scene
from verification.simulation.desk_setting import LEFT_US, DeskSetting
from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Firm, Msp
from verification.simulation.story import Tell

RULES = "ticket rules"
"""By the name under which a shape leaves them out."""
_DELAYS = (20, 240, 1_000, 5_000, 20_000, 90_000, 400_000)
_TOGETHER = 0.25
"""The probability that an act follows the one before within a minute."""
_EFFECTS = 50
"""About the effects of a run: what is to happen in the middle of one does so within the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a ticket of ours is about, as its external reference says, and its number."""

    company_id: str
    rest: str
    number: int

    @classmethod
    def of(cls, ticket: Mapping[str, Any]) -> "Subject | None":
        """Read a ticket's reference; None if it is none of ours."""
        parts = (ticket["externalXRef"] or "").split(":")
        if parts[:2] != ["tally", "tally"] or not parts[-1].isdigit():
            return None
        return cls(company_id=parts[2], rest=":".join(parts[3:-1]), number=int(parts[-1]))

    @property
    def cause(self) -> tuple[str, str]:
        """What all tickets about the same have in common."""
        return self.company_id, self.rest

    @property
    def key(self) -> RecordKey | None:
        """The key of the record that it asks about; None for anything else."""
        month, _, service = self.rest.partition(":")
        if not service:
            return None
        when = Month(int(month[:4]), int(month[4:]))
        return RecordKey(company_id=self.company_id, month=when, service=service)


@dataclass(frozen=True, slots=True, order=True)
class _Act:
    at: datetime
    ticket: int
    number: int
    kind: str = field(compare=False)
    draw: int = field(compare=False)


class DeskLife:
    """People at the desk of one run.

    ``lost`` are tickets that must not be touched any more, each with since when.
    """

    def __init__(
        self, msp: Msp, setting: DeskSetting, tell: Tell, *, is_known: Callable[[int], bool]
    ) -> None:
        self.msp, self.setting, self._tell, self._is_known = msp, setting, tell, is_known
        self.desk, self.people = msp.connectwise.desk, msp.connectwise.desk_people
        self.ids: ExampleDesk = example_desk(self.people)
        self.people.add_member(LEFT_US, inactive=True)
        self.subjects: dict[int, Subject] = {}
        self.lost: dict[int, datetime] = {}
        self.members = Members(self.desk, self.people, setting)
        self.rules = DeskRules(self.desk, self.people, self.ids, setting.rule)
        self.happened: list[str] = []
        """The kinds of what has happened since somebody took note of it."""
        self._acts: list[_Act] = []
        self._soon: list[tuple[int, int, Callable[[], str]]] = []
        self._rests = False
        msp.connectwise.options.tickets_get_contacts = setting.contacts

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.msp.clock.now()

    def next_moment(self) -> datetime | None:
        """Return when the next act is due."""
        return self._acts[0].at if self._acts else None

    def act(self) -> None:
        """Let the next act happen, even if its time has not come yet."""
        act = heapq.heappop(self._acts)
        if act.ticket not in self.desk.tickets:
            return
        if act.kind in LOUD and not self._is_known(act.ticket):
            return  # Tally takes off what has come before it knew the ticket.
        scene = self._scene(act)
        if not (said := ACTS[act.kind](scene)):
            return
        if act.kind in LOSES:
            self.lost.setdefault(act.ticket, self.now)
        if act.kind in STATUS:
            self.rules.ended.setdefault(act.ticket, self.now)
        self.happened.append(act.kind)
        self._tell(self.now, f"ticket {act.ticket}: {said}")

    def rest(self) -> None:
        """Let nothing more happen, to new tickets either, and take rules away."""
        self._rests = True
        self._acts.clear()
        self._soon.clear()
        self.rules.drop()

    @property
    def waits(self) -> bool:
        """True if something is to happen in the middle of a run."""
        return bool(self._soon)

    def in_between(self) -> None:
        """Let what has waited for so many effects of runs happen."""
        self._soon = [(left - 1, ticket, act) for left, ticket, act in self._soon]
        self._let_happen(lambda left, _: left <= 0)

    def answered(self, ticket: int) -> None:
        """Let what was to happen in the middle of a run happen as an answer is taken, if not yet.

        Few effects are left then until it is carried out.
        """
        self._let_happen(lambda _, of: of == ticket)

    def after(self) -> None:
        """After a run: let all happen that was to happen in the middle of it."""
        self._let_happen(lambda *_: True)

    def prepare(self) -> None:
        """Before a run: let contacts and rules be as they are at present."""
        if self.setting.contacts:
            for firm in self.msp.firms:
                if firm.connectwise_id and firm.connectwise_id not in self.desk.contacts:
                    self.people.set_default_contact(firm.connectwise_id, f"Ann {firm.number}")
        self.rules.end(self.now)
        self.members.come_back(self.now)

    def notice(self) -> int:
        """After a run: draw new tickets' lives, until people rest; return how many are new."""
        new = [each for each in self.desk if each["id"] not in self.subjects]
        found = 0
        for each in new:
            subject = Subject.of(each)
            if subject is not None:
                self.subjects[each["id"]] = subject
                if not self._rests:
                    self._begin(each["id"], subject)
                found += 1
        self.rules.look(lambda ticket: ticket in self.subjects)
        return found

    def firm(self, ticket: int) -> Firm | None:
        """Return the company that a ticket is about."""
        subject = self.subjects.get(ticket)
        return None if subject is None else self.msp.by_id.get(subject.company_id)

    def _scene(self, act: _Act) -> Scene:
        draw, subject = Random(act.draw), self.subjects.get(act.ticket)

        def soon(what: Callable[[], str]) -> None:
            self._soon.append((draw.randrange(1, _EFFECTS), act.ticket, what))

        return Scene(
            msp=self.msp,
            ids=self.ids,
            members=self.members,
            firm=self.firm(act.ticket),
            key=None if subject is None else subject.key,
            ticket=act.ticket,
            draw=draw,
            soon=soon,
        )

    def _let_happen(self, is_due: Callable[[int, int], bool]) -> None:
        due = [each for each in self._soon if is_due(*each[:2])]
        self._soon = [each for each in self._soon if not is_due(*each[:2])]
        for _, ticket, act in due:
            if said := act():
                self._tell(self.now, f"  meanwhile, of ticket {ticket}: {said}")

    def _begin(self, ticket: int, subject: Subject) -> None:
        firm = self.msp.by_id.get(subject.company_id)
        key = sum(ord(each) * 31**place for place, each in enumerate(subject.rest)) % 1_000_003
        number = 0 if firm is None else firm.number
        draw = drawn(self.msp.setting.seed, Draw.DESK_LIFE, number, key, subject.number)
        at, count = self.now, 0
        while draw.random() < self.setting.busy - count * 0.1:
            seconds = draw.randrange(60) if draw.random() < _TOGETHER else draw.choice(_DELAYS)
            at += timedelta(seconds=seconds + draw.randrange(60))
            count += 1
            kind = draw.choices(KINDS, WEIGHTS)[0]
            act = _Act(at, ticket, count, kind, draw.getrandbits(32))
            if self.msp.shape.has(kind):
                heapq.heappush(self._acts, act)
        if draw.random() < 0.15:  # noqa: PLR2004 - now and then
            self._rule()

    def _rule(self) -> None:
        """Have a rule of the MSP's stand for some hours."""
        said = self.rules.begin(self.now) if self.msp.shape.has(RULES) else ""
        if said:
            self.happened.append(RULES)
            self._tell(self.now, said)
