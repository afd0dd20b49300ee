"""Draw a statement up from a customer's records of a month, histories and evidence (PROOF-4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.domain.record.history import LAST_COUNT, NOT_READ_AGAIN, HistoryEntry
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.statement.course import Step, at_days_ends, billed_over, steps
from tally.domain.statement.last_count import kept_by, last_count
from tally.domain.statement.sentences import difference
from tally.domain.statement.statement import (
    Customer,
    Numbers,
    Readings,
    ServiceStatement,
    Statement,
    Waiting,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A record with its history, oldest first."""

    record: UsageRecord
    history: Sequence[HistoryEntry]


def draw_up(
    customer: Customer,
    month: Month,
    accounts: Iterable[Account],
    *,
    time_zone: str,
    last_reading: datetime | None = None,
    evidence: Evidence | None = None,
    evidence_of: str = "",
    evidence_unreadable: bool = False,
) -> Statement:
    """Return the customer's statement of a month, with its services by name.

    ``last_reading`` is the customer's last good reading, which counts while a record is open. The
    machines of ``evidence`` stand behind the service ``evidence_of``.

    Raises ValueError for the evidence of another company or month: its machines are not of this
    page.
    """
    if evidence is not None and (evidence.company_id, evidence.month) != (customer.id, month):
        raise ValueError(
            f"the evidence of {evidence.company_id} for {evidence.month} is not that of "
            f"{customer.id} for {month}"
        )
    seen = {} if evidence is None else {evidence_of: evidence.proven}
    ordered = sorted(accounts, key=lambda account: account.record.key.service)
    return Statement(
        customer=customer,
        month=month,
        time_zone=time_zone,
        services=tuple(
            _service(account, last_reading, proven=seen.get(account.record.key.service))
            for account in ordered
        ),
        evidence=evidence,
        evidence_of=evidence_of,
        evidence_unreadable=evidence_unreadable,
    )


def _service(
    account: Account, last_reading: datetime | None, *, proven: int | None
) -> ServiceStatement:
    record, history = account.record, account.history
    told = steps(history)
    numbers = _numbers(record, told, proven)
    last = _last_reading(record, last_reading)
    # By the tick and not the clock: what a late job wrote belongs to the day that it read.
    course = [(entry.tick, total) for entry, total in billed_over(history)]
    is_open = record.state is RecordState.OPEN
    # Of a closed month each day is known; of an open one, no day after the last reading.
    until = (last or record.seen_tick) if is_open else record.key.month.next.starts
    return ServiceStatement(
        service=record.key.service,
        version=record.version,
        state=record.state,
        numbers=numbers,
        readings=Readings(
            first=history[0].tick if history else None,
            last=last,
            billed_since=_billed_since(told),
        ),
        days=tuple(at_days_ends(course, record.key.month, until=until)) if course else (),
        steps=told,
        lines=record.lines,
        waiting=_waiting(record),
        difference=difference(
            record,
            numbers,
            kept=kept_by(record, told),
            followed=course[-1][1] if course else 0,
        ),
        notices=record.notices,
        is_partners_own=record.children is not None,
    )


def _numbers(record: UsageRecord, told: Sequence[Step], proven: int | None) -> Numbers:
    return Numbers(
        billed=record.stands,
        counted=last_count(record, told),
        floor=record.floor,
        credited=record.credited,
        credit=record.credit,
        proven=proven,
    )


def _last_reading(record: UsageRecord, of_customer: datetime | None) -> datetime | None:
    """Return the tick of the last reading; None where the ledger does not tell (PROOF-5)."""
    # The standing notes a good reading every six hours at most, so an outcome may be newer.
    if record.state is RecordState.OPEN:
        return max(of_customer or record.seen_tick, record.seen_tick)
    if any(LAST_COUNT in each or NOT_READ_AGAIN in each for each in record.notices):
        return None
    return record.seen_tick


def _billed_since(told: Sequence[Step]) -> Step | None:
    """Return the last step that changed the quantity."""
    opened = (each for each in reversed(told) if each.before != each.after)
    # A month that was opened at 0 changed no quantity: these are the words of its opening.
    first = (each for each in told if each.what in ("opened", "taken over"))
    return next(opened, next(first, None))


def _waiting(record: UsageRecord) -> Waiting | None:
    hold = record.hold
    if hold is None:
        return None
    return Waiting(since=hold.since, why=hold.why, quantity=hold.quantity)
