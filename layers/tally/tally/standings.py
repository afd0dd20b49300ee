"""Keeping a company's standing: what a worker has to say of one month, merged into what stands (SAFE-7)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tally.domain.model.standing import Cause, Standing, dated, planners_scope
from tally.errors import ConflictError
from tally.ports import Ledger

NOTED_EVERY = timedelta(hours=6)
"""The last good reading is written so often at most: of each company at each tick would cost more than all else.

So what is written may be older by that much than what was last read, never younger. One that fails has said so at once.
"""

_ATTEMPTS = 4


def note(
    ledger: Ledger,
    *,
    company_id: str,
    company_name: str,
    tick: datetime,
    causes: Mapping[str, Cause | None],
    known: Mapping[str, Cause] | None,
    last_reading: datetime | None,
    good_reading: bool,
    looked: Collection[str] = (),
) -> None:
    """Write the causes, by scope, if they say anything new; None takes a scope's cause away.

    ``looked`` are the scopes whose Additions were looked at for the day (FOLLOW-5), which is news in any case.

    ``known`` are the causes that stand as far as the job can tell, so that a quiet job reads and writes nothing; None:
    look. A standing that a newer tick has written is left as it is (SAFE-4). Raises ConflictError when others keep being
    first.
    """
    reading_due = good_reading and (last_reading is None or tick - last_reading >= NOTED_EVERY)
    news = known is None or any(
        not _same(cause, known.get(scope)) for scope, cause in causes.items()
    )
    is_noted = bool(looked) or reading_due
    if not news and not is_noted:
        return
    for attempt in range(1, _ATTEMPTS + 1):
        standing = ledger.standing(company_id) or Standing(
            company_id=company_id, company_name=company_name, tick=tick
        )
        if standing.tick > tick:
            return
        merged = merge(
            standing, tick=tick, causes=causes, last_reading=tick if good_reading else None
        )
        if merged.causes == standing.causes and not is_noted:
            return
        merged = replace(merged, looked={**merged.looked, **dict.fromkeys(looked, tick)})
        try:
            ledger.save_standing(merged)
        except ConflictError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def merge(
    standing: Standing,
    *,
    tick: datetime,
    causes: Mapping[str, Cause | None],
    last_reading: datetime | None,
) -> Standing:
    """The standing with the causes put in; each keeps since when it stands as long as its state stays.

    A cause of a month's service takes the place of what the planner said of the month as a whole, unless another service
    leaves the word to the planner: then it is of that one still.
    """
    merged = dict(standing.causes)
    planners = {scope.partition(" ")[0] for scope, cause in causes.items() if cause is None}
    for scope, cause in causes.items():
        merged.pop(scope, None)
        if cause is not None:
            month, _, service = scope.partition(" ")
            if month not in planners:
                merged.pop(month, None)
            merged.pop(planners_scope(month, service), None)
            merged[scope] = dated(cause, standing.causes.get(scope), tick=tick)
    return replace(
        standing, tick=tick, causes=merged, last_reading=last_reading or standing.last_reading
    )


def _same(cause: Cause | None, known: Cause | None) -> bool:
    return known is None if cause is None else cause.same_as(known)
