"""Items dated in the future: newer news would count as old for ever, so they are not believed.

A clock that was wrong, or a hand, may have written one (SAFE-9).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from tally.domain.model.standing import Standing
from tally.domain.record.usage_record import UsageRecord

OTHER_CLOCKS = timedelta(hours=1)
"""The most by which the clock that wrote an item may be ahead of ours."""


def record_of_the_future(record: UsageRecord, now: datetime) -> str:
    """Say that a record is dated in the future; "" if it is not."""
    newest = max(_instants(record))
    if newest <= now + OTHER_CLOCKS:
        return ""
    key = record.key
    return _told(key.company_id, f"RECORD#{key.month}#{key.service}", newest)


def _instants(record: UsageRecord) -> Iterator[datetime]:
    # Only the instants that a job compares: those of holds and rulings are shown to people.
    yield record.seen_tick
    yield from (line.written.at for line in record.lines)
    if record.claim is not None:
        yield record.claim.at
    if record.refusal is not None:
        yield record.refusal.at


def standing_as_dated(standing: Standing, now: datetime) -> Standing:
    """Return the standing, or what is left of it without instants of the future, marked so.

    Like one that cannot be read, it is written anew at this tick.
    """
    latest = now + OTHER_CLOCKS
    noted = (standing.last_reading, standing.seen_monthly, *standing.looked.values())
    newest = max((standing.tick, *filter(None, noted)))
    if newest <= latest:
        return standing
    return replace(
        standing,
        # An older tick never overwrites a newer one, and this tick has to write the standing anew.
        tick=min(standing.tick, now),
        last_reading=_if_past(standing.last_reading, latest),
        seen_monthly=_if_past(standing.seen_monthly, latest),
        looked={scope: at for scope, at in standing.looked.items() if at <= latest},
        unreadable=standing.unreadable or _told(standing.company_id, "STANDING", newest),
    )


def _if_past(at: datetime | None, latest: datetime) -> datetime | None:
    return None if at is None or at > latest else at


def _told(company_id: str, item: str, at: datetime) -> str:
    return (
        f"the ledger's item COMPANY#{company_id} {item} cannot be true: it is dated "
        f"{at:%Y-%m-%dT%H:%M:%SZ}, which lies in the future; was it written by a clock that was "
        "wrong, or by hand?"
    )
