"""Statements of one closed or open November with machines behind its count."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.model.month import Month
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import Closing, RecordState, UsageRecord
from tally.domain.statement.draw_up import Account, draw_up
from tally.domain.statement.statement import Customer, Statement

NOVEMBER = Month(2026, 11)
HARBOR = Customer(id="64f0c0ffee", name="Harbor Dental", connectwise_id=7, connectwise_name="HD")
FIRST_WALK = NOVEMBER.starts + timedelta(hours=3)
LAST_WALK = NOVEMBER.next.starts - timedelta(minutes=50)


def machine(
    number: int,
    *,
    name: str | None = None,
    fqdn: str = "",
    active: bool = True,
    fate: Fate = Fate.LISTED,
    moved_in: datetime | None = None,
) -> Machine:
    """A machine of that number; its name is made of it if none is given."""
    seen = FIRST_WALK + timedelta(days=number % 28)
    return Machine(
        id=f"{number:024x}",
        name=f"PC-{number:05d}" if name is None else name,
        fqdn=fqdn,
        listed=date(2026, 11, 1),
        proof=MachineProof(seen=seen, read=seen + timedelta(hours=1)) if active else None,
        fate=fate,
        gone=None if fate is Fate.LISTED else date(2026, 11, 20),
        moved_in=moved_in,
    )


def active(number: int) -> list[Machine]:
    """So many machines that were seen active, each with a name of its own."""
    return [machine(each) for each in range(number)]


def evidence(
    machines: Sequence[Machine], *, begun: datetime = FIRST_WALK, walked: datetime = LAST_WALK
) -> Evidence:
    """The evidence of these machines, in its seventh edition."""
    return Evidence(
        company_id=HARBOR.id,
        month=NOVEMBER,
        begun=begun,
        walked=walked,
        machines=tuple(machines),
        version=7,
    )


def account(counted: int | None, *, is_open: bool = False, partner: bool = False) -> Account:
    """A month that was closed with that count; None leaves it out, and the month open."""
    is_open = is_open or counted is None
    record = UsageRecord(
        key=RecordKey(company_id=HARBOR.id, month=NOVEMBER, service="endpoints"),
        version=3,
        seen_tick=FIRST_WALK,
        state=RecordState.OPEN if is_open else RecordState.CLOSED,
        closing=None if is_open or counted is None else Closing(count=counted, floor=0),
        children=("a" * 24,) if partner else None,
    )
    step = HistoryEntry(
        version=1, what="opened", why="", by="tally", at=FIRST_WALK, tick=FIRST_WALK, changes={}
    )
    return Account(record=record, history=[step])


def stated(
    machines: Sequence[Machine] | Evidence | None,
    *,
    counted: int | None,
    partner: bool = False,
    of: str = "endpoints",
    unreadable: bool = False,
) -> Statement:
    """The statement of these machines beside that count."""
    return draw_up(
        HARBOR,
        NOVEMBER,
        [account(counted, partner=partner)],
        time_zone="UTC",
        evidence=machines
        if machines is None or isinstance(machines, Evidence)
        else evidence(machines),
        evidence_of=of,
        evidence_unreadable=unreadable,
    )


def renamed(of: Statement, name: str) -> Statement:
    """The same statement with that name on every machine."""
    assert of.evidence is not None
    machines = tuple(replace(each, name=name, fqdn=name) for each in of.evidence.machines)
    return replace(of, evidence=replace(of.evidence, machines=machines))
