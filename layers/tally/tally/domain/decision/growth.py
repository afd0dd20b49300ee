"""Hold a count that grows too fast (FOLLOW-4, READ-8).

The limits themselves stand in ``domain.model.policy``, the baseline in ``domain.facts.job_facts``.
"""

from tally.domain.decision.case import Case, Wanted
from tally.domain.holds import Grown
from tally.domain.holds.count_questions import growth_question
from tally.domain.model.standing import Cause, StandingState
from tally.domain.record.lines import Place
from tally.domain.record.rulings import Said
from tally.domain.record.writes import Create, TakeOver, Write


def grown(case: Case, write: Write, place: Place) -> Wanted | None:
    """FOLLOW-4, READ-8: growth beyond the limits asks a person."""
    record, when = case.record, case.facts.when
    # A take-over leaves the quantity as it is: the write that raises it is judged by itself.
    if isinstance(write, TakeOver) or not is_beyond_baseline(case, case.agreed):
        return None
    # A number that was rejected before any line leaves nothing to keep: nothing is opened until the
    # count has grown as far again.
    said = record.ruling(Said.KEEP_GROWN)
    if (
        said is not None
        and not record.lines
        and not when.policy.is_beyond(case.agreed, baseline=said.number)
    ):
        word = f"{said.by} rejected {said.number} on {said.at:%Y-%m-%d}"
        reason = f"{word}: nothing is opened for {when.month.label}."
        return case.stay(Cause(state=StandingState.HELD, reason=reason))
    why = growth_question(
        record,
        case.facts.company,
        agreed=case.agreed,
        month_before=case.facts.before.baseline,
        first_month=when.policy.first_month_seats,
    )
    hold = Grown(why=why, since=when.tick, agreed=case.agreed)
    return case.ask(hold, about=place if isinstance(write, Create) else None)


def is_beyond_baseline(case: Case, count: int) -> bool:
    """Return True if a person is asked before so many are written (FOLLOW-4, READ-8)."""
    # What stands has not grown, and a job reads no month before for it.
    if count <= case.record.stands:
        return False
    said, policy = case.record.ruling(Said.GROW), case.facts.when.policy
    # An approved number is the new baseline, so the same growth is not asked about twice.
    baseline = case.facts.before.baseline if said is None else said.number
    if baseline is None:
        return count > policy.first_month_seats
    return policy.is_beyond(count, baseline=baseline)
