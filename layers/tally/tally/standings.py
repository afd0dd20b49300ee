"""Merge a worker's result for one month into its company's standing (SAFE-7)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from tally.domain.model.standing import Cause, RecordScope, Scope, Standing, dated
from tally.errors import ConflictError
from tally.ports import Ledger

NOTED_EVERY = timedelta(hours=6)
"""The least time between two writes of a company's last good reading.

A write for each company at each tick would cost more than all else. So the last reading that is
shown may be too old by that much, never too new. A failing reading is written at once.
"""

_ATTEMPTS = 4


def note(
    ledger: Ledger,
    *,
    company_id: str,
    company_name: str,
    tick: datetime,
    causes: Mapping[RecordScope, Cause | None],
    known: Mapping[RecordScope, Cause] | None,
    last_reading: datetime | None,
    good_reading: bool,
    looked: Collection[RecordScope] = (),
    seen_monthly: bool = False,
) -> None:
    """Write the causes, by scope, if they are news; None removes a scope's cause.

    ``looked`` are the scopes whose Additions were looked at today (FOLLOW-5), and ``seen_monthly``
    says that its licence was seen to be a paid monthly one (READ-3): always news.

    ``known`` are the present causes as far as the job can tell, so that a quiet job neither reads
    nor writes; None if it cannot tell. A standing that a newer tick has written stays as it is
    (SAFE-4). Raises ConflictError if others write at the same time again and again.
    """
    reading_due = good_reading and _is_to_be_noted(last_reading, tick)
    always = bool(looked) or seen_monthly or reading_due
    if not always and not _has_news(causes, known):
        return None
    merge = partial(
        _merge_in,
        ledger,
        Standing(company_id=company_id, company_name=company_name, tick=tick),
        causes,
        good_reading=good_reading,
        looked=looked,
        seen_monthly=tick if seen_monthly else None,
        always=always,
    )
    for _ in range(_ATTEMPTS - 1):
        try:
            return merge()
        except ConflictError:
            continue
    return merge()


def _is_to_be_noted(last_reading: datetime | None, tick: datetime) -> bool:
    return last_reading is None or tick - last_reading >= NOTED_EVERY


def _merge_in(
    ledger: Ledger,
    bare: Standing,
    causes: Mapping[RecordScope, Cause | None],
    *,
    good_reading: bool,
    looked: Collection[RecordScope],
    seen_monthly: datetime | None,
    always: bool,
) -> None:
    """Merge the causes into the ledger's standing, or the ``bare`` one; write it if changed."""
    tick = bare.tick
    standing = ledger.standing(bare.company_id) or bare
    if standing.tick > tick:
        return
    merged = merge(standing, tick=tick, causes=causes, last_reading=tick if good_reading else None)
    if merged.causes == standing.causes and not always:
        return
    looked_at = {**merged.looked, **dict.fromkeys(looked, tick)}
    seen = seen_monthly or merged.seen_monthly
    ledger.save_standing(replace(merged, looked=looked_at, seen_monthly=seen))


def merge(
    standing: Standing,
    *,
    tick: datetime,
    causes: Mapping[RecordScope, Cause | None],
    last_reading: datetime | None,
) -> Standing:
    """Return the standing with the causes put in; a state that stays keeps its date.

    A cause of a service replaces the planner's cause of the whole month. If another service has no
    cause of its own, the planner's cause stays: it is that service's.
    """
    merged = dict(standing.causes)
    kept = {Scope(scope.month) for scope, cause in causes.items() if cause is None}
    for scope, cause in causes.items():
        merged.pop(scope, None)
        if cause is not None:
            for each in {*scope.planners} - kept:
                merged.pop(each, None)
            merged[scope] = dated(cause, standing.causes.get(scope), tick=tick)
    return replace(
        standing, tick=tick, causes=merged, last_reading=last_reading or standing.last_reading
    )


def _has_news(
    causes: Mapping[RecordScope, Cause | None], known: Mapping[RecordScope, Cause] | None
) -> bool:
    return known is None or any(
        not _same(cause, known.get(scope)) for scope, cause in causes.items()
    )


def _same(cause: Cause | None, known: Cause | None) -> bool:
    return known is None if cause is None else cause.same_as(known)
