"""A world whose final statements are attached to its customers' agreements."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from simulators.connectwise import DocumentTruth
from tally.attaching.attach_month import AttachMonth, Run, Statements
from tally.attaching.attach_one import AttachOne
from tally.domain.model.month import Month
from tally.domain.statement.canonical import canonical
from tally.domain.statement.statement import Statement
from tally.people.read_statements import read_statements
from testing.attachments import MemoryAttachments
from testing.effects import Effects
from testing.evidence import MemoryEvidence
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST = gmt("2026-11-01 00:05")
CLOSE = gmt("2026-12-02 00:05")
SECOND = gmt("2026-12-10 00:05")
NOVEMBER = Month(2026, 11)


def paper(statement: Statement) -> bytes:
    """A file in place of the drawn one: what a statement says."""
    return b"%PDF-1.7\r\n" + canonical(statement)


@dataclass(slots=True, kw_only=True)
class Attaching:
    """The use case over a world; ``seconds_left`` is the time that each run has."""

    world: World
    attachments: MemoryAttachments = field(default_factory=MemoryAttachments)
    seconds_left: Callable[[], float] = lambda: 900.0
    pdf: Callable[[Statement], bytes] = paper
    private: bool = True
    month: Month = NOVEMBER
    statements: Statements | None = None
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    _states: Iterator[int] = field(default_factory=count)

    def run(
        self,
        *,
        state: str = "",
        effects: Effects | None = None,
        bug: Callable[[Any], Any] = lambda port: port,
    ) -> Run:
        """One run over the month; without a ``state`` it looks at everything anew."""
        wrap: Callable[[Any], Any] = (effects or Effects()).wrap
        kept = wrap(self.attachments)
        one = AttachOne(
            documents=bug(self.world.documents(wrap=wrap)),
            attachments=kept,
            clock=self.world.clock,
            settle=self.world.plan.policy.settle,
            private=self.private,
        )
        attach = AttachMonth(
            one=one,
            attachments=kept,
            statements=self.statements or self._statements,
            pdf=self.pdf,
            seconds_left=self.seconds_left,
            at_once=1,
        )
        return attach(self.month, state=state or f"{next(self._states)}")

    def _statements(self, month: Month, unreadable: dict[str, str]) -> Iterator[Statement]:
        return read_statements(
            self.world.ledger,
            month,
            zone="UTC",
            evidence=self.evidence,
            evidence_of="endpoints",
            unreadable=unreadable,
        )

    def left(self) -> list[tuple[str, str]]:
        """The customers without their document, by name, and why."""
        account = self.attachments.month(self.month)
        assert account is not None
        return [(each.name, each.why) for each in account.left]


def documents(world: World, customer: Customer) -> Sequence[DocumentTruth]:
    """All documents ever added at the customer's agreement, oldest first."""
    return [
        each
        for each in world.connectwise.documents
        if (each.record_type, each.record_id) == ("Agreement", customer.agreement_id)
    ]


def closed(world: World) -> Attaching:
    """A world whose November is closed, and nothing attached yet."""
    world.play(FIRST, CLOSE)
    return Attaching(world=world)


def calls(world: World) -> tuple[int, int]:
    """The numbers of lists and of uploads that ConnectWise saw."""
    counts = world.connectwise.calls.counts
    return counts["GET documents"], counts["POST documents"]
