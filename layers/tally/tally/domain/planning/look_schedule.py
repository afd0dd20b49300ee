"""The times at which an open record's Additions are looked at in ConnectWise (FOLLOW-5)."""

import zlib
from datetime import UTC, date, datetime, time, timedelta

from tally.domain.model.agreement import Agreement
from tally.domain.model.standing import Standing
from tally.domain.planning.tick_context import TickContext
from tally.domain.record.lines import Line, LineState
from tally.domain.record.usage_record import RecordState, UsageRecord

_DAY = timedelta(days=1)
_WITHIN = timedelta(hours=23)
"""The companies' times of day lie in these hours after midnight GMT: a tick still follows each."""
_EVE_BEGINS, _EVE_ENDS = timedelta(hours=6), timedelta(hours=1)
"""Hours before the day of an invoice: the one more look lies between these two."""


def is_to_be_looked_at(
    record: UsageRecord, standing: Standing | None, agreement: Agreement | None, at: TickContext
) -> bool:
    """Return True if no look has been made since the company's time of day.

    On the last day before the agreement's invoice there is one more look. A look that failed or was
    lost leaves no trace, so the next tick's job makes up for it. Every job looks at a record that
    is held for what stands in ConnectWise.
    """
    line = record.newest
    if record.state is not RecordState.OPEN or record.held_by_connectwise:
        return False
    if line is None or line.state not in (LineState.OPEN, LineState.FROZEN):
        return False
    seen = _last_look(record, line, standing)
    share = _share(record.key.company_id)
    invoice = None if agreement is None else agreement.next_invoice
    return seen < _last_time_of_day(at.tick, share) or _is_eve(
        at, share, seen=seen, invoice=invoice
    )


def _last_look(record: UsageRecord, line: Line, standing: Standing | None) -> datetime:
    """Return the last look: the noted one, or the one before the last write of ours."""
    noted = None if standing is None else standing.looked.get(record.key.scope)
    return line.written.at if noted is None else max(noted, line.written.at)


def _share(company_id: str) -> float:
    """Return the company's own number from 0 to 1, which spreads the looks over the day."""
    # Python's hash() of a text differs from one process to the next, and so from tick to tick.
    return zlib.crc32(company_id.encode(errors="replace")) / 2**32


def _last_time_of_day(tick: datetime, share: float) -> datetime:
    today = datetime.combine(tick.astimezone(UTC).date(), time.min, tzinfo=UTC) + share * _WITHIN
    return today if today <= tick else today - _DAY


def _is_eve(at: TickContext, share: float, *, seen: datetime, invoice: date | None) -> bool:
    """Return True in the last hours before the invoice's day where the MSP bills.

    Also at a tick that is the last one before that day.
    """
    if invoice is None or at.today + _DAY != invoice:
        return False
    begins = datetime.combine(invoice, time.min, tzinfo=at.policy.time_zone)
    eve = begins - _EVE_ENDS - share * (_EVE_BEGINS - _EVE_ENDS)
    if at.tick >= eve:
        return seen < eve
    before = at.ticks.finished
    return before is not None and seen <= before and at.tick + (at.tick - before) >= begins
