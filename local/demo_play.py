"""The play of the demo's two months: the planner's instants, and the changes of each, in words."""

import textwrap
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from local import demo_question
from local.demo_ledger import read_ledger
from local.errors import LocalError
from local.simulator_clients import (
    ConnectWiseControls,
    GravityZoneControls,
    TrueAddition,
    TrueInvoice,
)
from local.stack import Stack
from local.walk_at import walk_at
from simulators.connectwise.desk.example import JANE
from tally.domain.model.month import Month
from tally.domain.record.usage_record import RecordState

WIDTH = 108
"""Columns that the demo's output may take."""

_DRAIN_SECONDS = 120
_NO_BREAK = "\N{NO-BREAK SPACE}"


def instants(first: date, second: date) -> Sequence[datetime]:
    """Return the ticks worth watching of two months, given the first day of each, in GMT.

    The schedule fires 96 times a day; around these something happens to the demo's MSP. The first
    tick of the present month, which is not among them, closes the second month.
    """
    last = second - timedelta(days=1)
    return (
        _at(first, 0, 5),  # the first month is opened
        _at(first.replace(day=2), 0, 5),
        _at(first.replace(day=13), 9, 5),
        _at(first.replace(day=15), 0, 5),  # an agreement begins to bill
        _at(last, 23, 35),  # a machine connects for the first time at 23:50
        _at(second, 0, 5),  # the second month is opened beside the first
        _at(second.replace(day=2), 0, 5),  # the first is closed
        _at(second.replace(day=14), 9, 5),
        _at(second.replace(day=25), 9, 5),
    )


def last_walk(second: date) -> datetime:
    """Return the time of the last walk in the second month, given that month's first day, in GMT.

    It asks about every machine that is missing behind a count. The first month has no walk: what
    was not recorded is called so (PROOF-5).
    """
    return _at(Month.of(_at(second, 0, 0)).last, 23, 23)


def invoicing_day(second: date) -> datetime:
    """Return the instant, in GMT, at which the bookkeeper makes the first month's invoices.

    `second` is the first day of the second month; the first month is closed by then.
    """
    return _at(second.replace(day=3), 9, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state at one moment: Additions by id, and each month's number of closed companies."""

    additions: Mapping[int, TrueAddition]
    closed: Mapping[Month, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Plays a stack. `names` are ConnectWise's companies by id.

    `say` gets pieces of text as they come.
    """

    stack: Stack
    gravityzone: GravityZoneControls
    connectwise: ConnectWiseControls
    names: Mapping[int, str]
    say: Callable[[str], None]

    def tick(self, at: datetime) -> None:
        """Call the planner for that instant, wait until the workers are done, and say what changed.

        Raises LocalError when the planner fails or plans nothing, or the workers do not come to an
        end.
        """
        self._play(at, self._invoke)

    def fire_schedule(self) -> None:
        """Let the schedule itself fire, at the real present. Raises LocalError as `tick` does."""
        self._play(datetime.now(UTC).replace(microsecond=0), lambda _: self.stack.fire_schedule())

    def invoice(self, at: datetime, agreements: Iterable[int]) -> None:
        """Make those agreements' next invoices in ConnectWise, and say what they bill."""
        self._arrive(at)
        for agreement_id in agreements:
            self.connectwise.act("run_invoice", agreement_id=agreement_id)
        self.say(f"{in_lines(billed(self.connectwise.invoices(), self.names))}\n")

    def walk(self, at: datetime) -> None:
        """Walk the inventory at that instant, and say how many customers' machines were seen."""
        self._arrive(at)
        looks = walk_at(self.stack, at, self.stack.directory)
        self.say(
            f"{in_lines([f'Machines of {looks} customers recorded, each with when it was seen'])}\n"
        )

    def ask(self, at: datetime) -> None:
        """Have a round of tickets at that instant, and say what became of the tickets."""
        before = self.connectwise.tickets()
        self._arrive(at)
        self.stack.invoke("tickets", {})
        self.say(f"{in_lines(demo_question.told(before, self.connectwise.tickets()))}\n")

    def answer(self, at: datetime) -> None:
        """Answer what the newest ticket asks, as a member does, and say how."""
        ticket, line = demo_question.offered(self.connectwise.tickets())
        self._arrive(at)
        self.connectwise.act(
            "add_note",
            ticket_id=ticket.id,
            text=f"{line}\n{demo_question.REASON}",
            by=JANE,
        )
        self.say(f"{in_lines([demo_question.told_answer(line)])}\n")

    def _invoke(self, at: datetime) -> None:
        planned = self.stack.tick(at)
        if planned["skipped"]:
            raise LocalError(f"the tick {at:%Y-%m-%d %H:%M} planned nothing: {planned['skipped']}")

    def _play(self, at: datetime, fire: Callable[[datetime], object]) -> None:
        before = self._moment()
        self._arrive(at)
        fire(at)
        self.stack.wait_until_drained(seconds=_DRAIN_SECONDS)
        self.say(f"{in_lines(changes(before, self._moment(), self.names))}\n")

    def _arrive(self, at: datetime) -> None:
        self.say(f"  {at:%a %d %b %Y %H:%M}  ")
        for simulator in (self.gravityzone, self.connectwise):
            simulator.set_clock(at)

    def _moment(self) -> Moment:
        closed = Counter(
            record.key.month
            for record in read_ledger(self.stack).records
            if record.state is RecordState.CLOSED
        )
        return Moment(
            additions={each.id: each for each in self.connectwise.additions()}, closed=closed
        )


def changes(before: Moment, after: Moment, names: Mapping[int, str]) -> Sequence[str]:
    """Say what became of the Additions and of the months between two moments, one thing each."""
    opened: defaultdict[str, list[str]] = defaultdict(list)
    pushed: list[str] = []
    for addition in after.additions.values():
        name = names.get(addition.company_id, f"company {addition.company_id}")
        known = before.additions.get(addition.id)
        if known is None:
            month = (
                "an Addition"
                if addition.effective is None
                else Month.of(_at(addition.effective, 0, 0)).label
            )
            opened[month].append(f"{name} {addition.quantity:.0f}")
        elif known.quantity != addition.quantity:
            pushed.append(f"{name} {known.quantity:.0f} → {addition.quantity:.0f}")
    closed = (
        f"{month.label} closed for {more} {'company' if more == 1 else 'companies'}"
        for month, companies in sorted(after.closed.items())
        if (more := companies - before.closed.get(month, 0)) > 0
    )
    return [
        *([", ".join(sorted(pushed))] if pushed else []),
        *closed,
        *(
            f"{month} opened, {', '.join(sorted(companies))}"
            for month, companies in sorted(opened.items())
        ),
    ]


def billed(invoices: Iterable[TrueInvoice], names: Mapping[int, str]) -> Sequence[str]:
    """Say what invoices bill, by the month that they cover."""
    by_month: defaultdict[str, list[str]] = defaultdict(list)
    for invoice in invoices:
        if invoice.lines:
            quantities = " and ".join(f"{line.quantity:.0f}" for line in invoice.lines)
            name = names.get(invoice.company_id, f"company {invoice.company_id}")
            by_month[Month.of(_at(invoice.first, 0, 0)).label].append(f"{name} {quantities}")
    return [
        f"{month} invoiced in ConnectWise, {', '.join(sorted(lines))}"
        for month, lines in by_month.items()
    ]


def in_lines(changed: Sequence[str]) -> str:
    """Put what changed behind its date, in as many lines as it takes."""
    indent = " " * len("  Tue 01 Sep 2026 00:05  ")
    lines = [
        line for each in changed or ["nothing changed"] for line in _wrapped(each, len(indent))
    ]
    return f"\n{indent}".join(lines)


def _wrapped(text: str, taken: int) -> Iterator[str]:
    """Break at commas only: a name stays with its numbers."""
    unbroken = text.replace(" ", _NO_BREAK).replace(f",{_NO_BREAK}", ", ")
    for line in textwrap.wrap(
        unbroken, WIDTH - taken, subsequent_indent="  ", break_long_words=False
    ):
        yield line.replace(_NO_BREAK, " ")


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
