"""The companies' times of day: for a look at an open record's Additions, and at the licence.

Additions are looked at once a day (FOLLOW-5), the licence on a month's last day (READ-3).
"""

import zlib
from datetime import UTC, date, datetime, time, timedelta

from tally.domain.model.agreement import Agreement
from tally.domain.model.standing import LICENCE_HOLDS, Standing
from tally.domain.planning.tick_context import TickContext
from tally.domain.record.lines import Line, LineState
from tally.domain.record.usage_record import RecordState, UsageRecord

_DAY = timedelta(days=1)
_WITHIN = timedelta(hours=23)
"""The companies' times of day lie in these hours after midnight GMT: a tick still follows each."""
_EVE_BEGINS, _EVE_ENDS = timedelta(hours=6), timedelta(hours=1)
"""Hours before the day of an invoice: the one more look lies between these two."""
_OPENS_WITHIN = timedelta(hours=1)
"""The time after a month's begin in which it is opened: one more tick, and its sweep."""
_A_TICK = timedelta(hours=1)
"""The longest time between two ticks: one follows each company's time within the month."""


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


def is_licence_to_be_checked(company_id: str, standing: Standing | None, at: TickContext) -> bool:
    """Return True if the licence has not been seen, and the company's time on the last day is over.

    So its month is opened without asking for the licence in the first minutes of the month, when
    GravityZone is busiest. A check that failed or was lost leaves no trace, so the next tick's job
    makes up for it.
    """
    first, last = _times_of_checks(at)
    due = first + _share(company_id) * (last - first)
    seen = None if standing is None else standing.seen_monthly
    return at.tick >= due and (seen is None or seen < first)


def _times_of_checks(at: TickContext) -> tuple[datetime, datetime]:
    """Return the times of the first and the last company.

    What the first check sees still holds when the month is opened, which is not before it begins
    where the MSP bills (OPEN-2).
    """
    following = at.month.next
    # West of GMT a month begins later: there up to 12 of the 24 hours of LICENCE_HOLDS go by first.
    local = datetime.combine(following.first, time.min, tzinfo=at.policy.time_zone)
    opens = max(following.starts, local)
    return opens + _OPENS_WITHIN - LICENCE_HOLDS, following.starts - _A_TICK


def _last_look(record: UsageRecord, line: Line, standing: Standing | None) -> datetime:
    """Return the last look: the noted one, or the one before the last write of ours."""
    noted = None if standing is None else standing.looked.get(record.key.scope)
    # The Additions are listed before each write of ours (FOLLOW-3), so a write is a look as well.
    return line.written.at if noted is None else max(noted, line.written.at)


def _share(company_id: str) -> float:
    """Return the company's own number from 0 to 1, which spreads these times over the day."""
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
    # If the next tick comes after as long a time as this one did, it comes too late.
    before = at.ticks.finished
    return before is not None and seen <= before and at.tick + (at.tick - before) >= begins
