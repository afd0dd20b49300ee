"""The command line over a whole Tally in one process, and what it printed."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from typer.testing import CliRunner

from cli.deployment.dead_letters import Letter
from cli.main import app
from cli.stack import Stack
from simulators.clock import VirtualClock
from tally.errors import SetupError
from tally.runtime.settings import BookSettings, PlannerSettings
from testing.asking import MemoryAsking
from testing.books import MemoryBooks, MemoryBucket
from testing.evidence import MemoryEvidence
from testing.world import AGREEMENT_TYPE, PRODUCT, World

WHO = "arn:aws:iam::123456789012:user/ann"
WHY = ("--why", "the owner called")

ENVIRONMENT: Mapping[str, str] = {
    "ADDITION_TEXT": "Bitdefender GravityZone active endpoints",
    "AGREEMENT_TYPE": AGREEMENT_TYPE,
    "BILLING_CYCLES": "Monthly",
    "BILLING_TIME_ZONE": "UTC",
    "BILL_MINIMUM": "false",
    "BOOKS_BUCKET": "books-of-tests",
    "CLOSE_DAY": "2",
    "CONNECTWISE_COMPANY": "brightlantern",
    "CONNECTWISE_URL": "https://connectwise.test",
    "FIRST_MONTH": "",
    "GRAVITYZONE_URL": "https://gravityzone.test/api",
    "GROWTH_PERCENT": "50",
    "GROWTH_SEATS": "20",
    "FIRST_MONTH_SEATS": "500",
    "INVOICING": "arrears",
    "LATE_USAGE": "hold",
    "LOCAL_HTTP_HOST": "",
    "OPEN_UNTIL_DAY": "10",
    "PRODUCT": PRODUCT,
    "PULSE_MINUTES": "1",
    "QUEUE_URL": "https://sqs.test/jobs",
    "REQUEST_TIMEOUT_SECONDS": "10",
    "SECRET_ID": "keys",
    "SERVICES": "",
    "SETTLE_SECONDS": "300",
    "STACK_NAME": "tally",
    "STATEMENT_MONTHS": "120",
    "SWEEP_CALLS_PER_SECOND": "5",
    "TABLE_NAME": "ledger",
}
"""The environment of planner and book, as the template gives it."""


@dataclass(slots=True)
class MemoryLetters:
    """Dead letters in memory."""

    letters: list[Letter] = field(default_factory=list)
    released: int = 0

    def read(self) -> list[Letter]:
        return list(self.letters)

    def delete(self, letter: Letter) -> None:
        self.letters.remove(letter)

    def release(self, letters: list[Letter]) -> None:
        self.released += len(letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What one run of the command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command's document holds
        """The document on standard output."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Standard output with its white space run together, for sentences that may be wrapped."""
        return re.sub(r"\s+", " ", self.out)


@dataclass(slots=True)
class Console:
    """Runs commands as a person would, without a terminal, on one MSP."""

    world: World = field(
        default_factory=lambda: World(
            clock=VirtualClock(datetime.fromisoformat("2026-11-01T00:00Z"))
        )
    )
    letters: MemoryLetters = field(default_factory=MemoryLetters)
    asking: MemoryAsking = field(default_factory=MemoryAsking)
    evidence: MemoryEvidence = field(default_factory=MemoryEvidence)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(ENVIRONMENT))
    books: MemoryBooks = field(default_factory=MemoryBooks)
    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    invoked: list[datetime] = field(default_factory=list)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def stack(self) -> Stack:
        """The world as the command sees a stack: while it waits, workers work."""
        world = self.world
        environment = {
            **self.environment,
            "SERVICES": world.services,
            "FIRST_MONTH": "" if world.first_month is None else str(world.first_month),
        }
        return Stack(
            name="tally",
            outputs=dict,
            environment=lambda _: environment,
            settings=lambda: PlannerSettings.from_env(environment),
            client=_no_client,
            ledger=lambda: world.ledger,
            pulse=lambda: world.pulses,
            books=lambda: self.books,
            bucket=lambda: self.bucket,
            book_settings=lambda: BookSettings.from_env(environment),
            gravityzone=lambda: world.plan.gravityzone,
            connectwise=lambda: world.plan.connectwise,
            documents=world.documents,
            tickets=world.tickets,
            asking=lambda: self.asking,
            queue=lambda: world.queue,
            waiting=lambda: len(world.queue),
            dead_letters=lambda: self.letters,
            invoke=self._invoke,
            ask=lambda function, event: self.asked.append((function, dict(event))),
            who=lambda: WHO,
            clock=world.clock,
            sleep=self._sleep,
            evidence=lambda: self.evidence,
        )

    def run(self, *arguments: str, stdin: str | None = None) -> Ended:
        """Run ``tally`` with these arguments."""
        result = CliRunner().invoke(app, list(arguments), obj=self.stack, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(code=result.exit_code, out=result.stdout, err=result.stderr)

    def done(self, *arguments: str) -> Ended:
        """Run it, and see that it ends well."""
        ended = self.run(*arguments)
        assert ended.code == 0, f"{ended.err}\n{ended.out}"
        return ended

    def refused(self, *arguments: str) -> str:
        """Run it, and see that it ends with 2 and one line on standard error; answer that."""
        ended = self.run(*arguments)
        assert (ended.code, ended.out) == (2, ""), f"{ended.code} {ended.err}\n{ended.out}"
        (line,) = ended.err.splitlines()
        return line

    def _invoke(self, tick: datetime) -> Mapping[str, Any]:
        self.invoked.append(tick)
        world = self.world
        planned = world.firing.tick(tick, whole=True) if world.pulse else world.plan(tick)
        return {
            name: getattr(planned, name)
            for name in ("companies", "jobs", "linked", "standings", "backlog", "skipped")
        }

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.world.work(until=timedelta(seconds=seconds))
        self.world.clock.advance(timedelta(seconds=seconds))


def _no_client(service: str) -> Any:  # noqa: ANN401 - as boto3's
    raise SetupError(f"There is no {service} here.")


def populated(companies: int, *, machines: int = 3) -> Console:
    """An MSP with so many customers, whose November is open at ``machines``."""
    console = Console()
    for number in range(companies):
        customer = console.world.add_customer(f"Customer {number:04d}")
        console.world.check_in(customer, machines)
    console.world.play(datetime.fromisoformat("2026-11-01T00:05Z"))
    return console
