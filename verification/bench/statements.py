"""Time and memory of a month's book, and the time to one statement, each in a process of its own.

The ledger repeats one customer's month: what is measured is ours, not the table's.
"""

import json
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from simulators.clock import VirtualClock
from tally.domain.evidence.evidence import Evidence, Machine, MachineProof
from tally.domain.model.month import Month
from tally.ledger.evidence.evidence_codec import packed
from tally.statements.drawing import Form
from testing.world import World
from verification.bench.figure import Figure
from verification.bench.repeated_ledger import RepeatedLedger

GROUP = "Statements of a month"
CUSTOMERS = 1_000
MACHINES, MOST_MACHINES = 12, 5_000
"""Of a customer: the usual, and the most that a page must hold."""

_NOVEMBER = Month(2026, 11)
_DAYS = 30
_PROGRAM = """
import cli.main, cli.commands.statement  # what the command imports is part of its time
import pathlib, sys
from verification.bench.repeated_ledger import main
from tally.statements.drawing import Form
main(pathlib.Path(sys.argv[1]), Form(sys.argv[2]))
"""


def measure() -> Iterable[Figure]:
    """Yield time and peak of a book of a thousand, and the time to one statement.

    The latter is of a whole process: interpreter, imports, reading, drawing.
    """
    ledger = played()
    for form in (Form.HTML, Form.PDF):
        book_of = f"{form}: book of {CUSTOMERS:,} customers, a change a day, {MACHINES} machines"
        yield from _book(replace(ledger, customers=CUSTOMERS), form, book_of)
        _, _, whole = _in_its_own_process(ledger, form)
        what = f"{form}: one statement, its process"
        yield Figure(group=GROUP, what=what, figure=whole, bound=2, unit="s")
    large = replace(ledger, evidence=packed(walked("64f0c0ffee", MOST_MACHINES)))
    what = f"{Form.PDF}: one statement of {MOST_MACHINES:,} machines"
    yield from _book(large, Form.PDF, what)


def _book(ledger: RepeatedLedger, form: Form, what: str) -> Iterable[Figure]:
    seconds, megabytes, _ = _in_its_own_process(ledger, form)
    yield Figure(group=GROUP, what=what, figure=seconds, bound=60, unit="s")
    yield Figure(group=GROUP, what=f"{what}, peak", figure=megabytes, bound=256, unit="MB")


def played() -> RepeatedLedger:
    """Play a month in which the count rises each day, and close it."""
    world = World(clock=VirtualClock(_NOVEMBER.starts))
    customer = world.add_customer("Harbor Dental")
    for day in range(_DAYS):
        tick = _NOVEMBER.starts + timedelta(days=day, minutes=5)
        world.check_in(customer, 1, at=tick - timedelta(minutes=1))
        world.play(tick)
    for day in (2, 10):
        world.play(_NOVEMBER.day_after_end(day) + timedelta(minutes=5))
    record = world.record(customer, str(_NOVEMBER))
    assert record is not None
    assert record.stands == _DAYS
    return RepeatedLedger(
        repeated=record,
        steps=world.ledger.history(record.key),
        evidence=packed(walked(customer.id, MACHINES)),
        customers=1,
    )


def walked(company_id: str, machines: int) -> Evidence:
    """Return the evidence of the month's last walk: each machine was seen in its first days."""
    return Evidence(
        company_id=company_id,
        month=_NOVEMBER,
        begun=_NOVEMBER.starts + timedelta(hours=3),
        walked=_NOVEMBER.next.starts - timedelta(minutes=40),
        machines=tuple(_machine(number, company_id) for number in range(machines)),
    )


def _machine(number: int, company_id: str) -> Machine:
    seen = _NOVEMBER.starts + timedelta(days=number % 27, hours=9)
    name = f"DESKTOP-{number:07d}"
    return Machine(
        id=f"{number:024x}",
        name=name,
        fqdn=f"{name.lower()}.{company_id[-6:]}.local",
        listed=_NOVEMBER.first,
        proof=MachineProof(seen=seen, read=seen + timedelta(hours=14)),
    )


def _in_its_own_process(ledger: RepeatedLedger, form: Form) -> tuple[float, float, float]:
    """Return the book's seconds, the process's peak in megabytes, and the process's seconds."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(pickle.dumps(ledger))
        file.flush()
        began = time.monotonic()
        done = subprocess.run(  # noqa: S603 - a program of ours
            [sys.executable, "-c", _PROGRAM, file.name, form],
            capture_output=True,
            text=True,
            check=True,
        )
        whole = time.monotonic() - began
    told = json.loads(done.stdout)
    return told["seconds"], told["megabytes"], whole
