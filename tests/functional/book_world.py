"""An MSP whose books are published in a bucket in memory, and what tests ask of it."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.publishing.pages import Pages
from tally.publishing.publish import Publish, Published
from tally.publishing.verify import Verified, Verify
from tally.publishing.write_edition import WriteEdition
from testing.books import MemoryBooks, MemoryBucket
from testing.evidence import MemoryEvidence
from testing.world import Customer, World
from tests.functional.instants import gmt

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
AFTER_THE_CLOSE = gmt("2026-11-02 05:30")


@dataclass(slots=True)
class BookWorld:
    """A world with its bucket; ``seconds`` is what Lambda leaves each run."""

    world: World = field(default_factory=lambda: World(clock=VirtualClock(gmt("2026-10-01 00:05"))))
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    books: MemoryBooks = field(default_factory=MemoryBooks)
    customers: list[Customer] = field(default_factory=list)
    seconds: float = 900
    pages: Callable[[Month, dict[str, str]], Iterable[tuple[str, bytes]]] | None = None

    def add(self, name: str, machines: int) -> Customer:
        """Add a customer with so many machines."""
        customer = self.world.add_customer(name)
        self.world.check_in(customer, machines)
        self.customers.append(customer)
        return customer

    def publishing(
        self, *, wrap: Callable[[Any], Any] = lambda port: port
    ) -> Callable[[datetime, str], Published]:
        """The function `book`, with its ports wrapped."""
        ledger, books = self.world.ledger, wrap(self.books)
        pages = Pages(ledger=ledger, evidence=self.evidence, evidence_of="endpoints", zone="UTC")
        write = WriteEdition(
            books=books,
            bucket=wrap(self.bucket),
            clock=self.world.clock,
            pages=self.pages or pages,
            seconds_left=lambda: self.seconds,
            at_once=1,
        )
        publish = Publish(
            ledger=ledger,
            books=books,
            write=write,
            missing=pages.missing,
            close_day=2,
            seconds_left=lambda: self.seconds,
        )
        return lambda at, run: publish(at, run=run)

    def publish(self, at: str | datetime, *, run: str = "run 1") -> list[str]:
        """Run the function at that instant; the editions that it added."""
        due = gmt(at) if isinstance(at, str) else at
        self.world.clock.set(max(due, self.world.clock.now()))
        return list(self.publishing()(due, run).written)

    def manifest(self, month: Month, edition: int) -> dict[str, Any]:
        """A manifest as JSON."""
        found: dict[str, Any] = json.loads(self.bucket.objects[key(month, edition)])
        return found

    def verify(self, month: Month | None = None, *, kept_months: int = 0) -> Verified:
        """What `tally book verify` finds now."""
        verify = Verify(
            ledger=self.world.ledger,
            books=self.books,
            bucket=self.bucket,
            kept_months=kept_months,
        )
        return verify(self.world.clock.now(), month=month, on_files=lambda *_: None)

    def differences(self, month: Month | None = None) -> list[str]:
        """What differs, each as a line: `2026-10/1 index.html was changed…`."""
        return [
            f"{each.month}/{each.edition} {each.file} {each.what}"
            for each in self.verify(month).differences
        ]


def key(month: Month, edition: int, name: str = "manifest.json") -> str:
    """A file's key in the bucket."""
    return f"books/{month}/{edition}/{name}"


def october_closed(*, through: int = 1) -> BookWorld:
    """Three customers, two months of usage, and so many months that are past their close."""
    msp = BookWorld()
    for number, name in enumerate(("Harbor Dental", "Pine Marine", "Zürich & Söhne"), 3):
        msp.add(name, number)
    msp.world.play(gmt("2026-10-01 00:05"), gmt("2026-10-20 00:05"))
    month = OCTOBER
    for _ in range(through):
        for day in closing_days(month):
            msp.world.play(day)
        month = month.next
    return msp


def closing_days(month: Month) -> Iterator[datetime]:
    """The ticks that close a month, and open the next one."""
    after = month.next
    yield gmt(f"{after}-01 00:05")
    yield gmt(f"{after}-02 00:05")
