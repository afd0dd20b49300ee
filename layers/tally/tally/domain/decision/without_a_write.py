"""Part of the fifth question: what is recorded and told where nothing is to be written."""

from tally.domain.decision import changes
from tally.domain.decision.case import Ask, Close, Forget, Wanted
from tally.domain.decision.closing import close_month
from tally.domain.decision.scene import Done, Outcome, Record, ask
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.place import Freeze, Thaw
from tally.domain.facts.sighting import Sighting
from tally.domain.holds import Hold, Moved
from tally.domain.model.standing import Cause, StandingState, Unsaid
from tally.domain.record.usage_record import UsageRecord


def without_a_write(
    record: UsageRecord, wanted: Wanted, facts: Facts, seen: Sighting | None
) -> Outcome:
    """Return what is recorded and told where nothing is written.

    ``seen`` is None if nobody looked.
    """
    move = wanted.move
    match move:
        case Forget():
            return Record(changes.forgotten(record, move, why=f"{wanted.total} are to be billed"))
        case Freeze() | Thaw():
            return Record(changes.turned(record, move, facts))
        case Ask():
            return _asked(record, move.hold, facts)
        case Close():
            return close_month(record, facts, seen)
    return _stays(record, wanted, facts, seen)


def _asked(record: UsageRecord, hold: Hold, facts: Facts) -> Outcome:
    """A new question ends the job, unless terms are to be carried over under it."""
    done, head = ask(record, hold, facts), record.head
    terms_wait = head is not None and head.terms is not None and head.terms.asked
    return Record(done.change) if done.change is not None and terms_wait else done


def _stays(record: UsageRecord, wanted: Wanted, facts: Facts, seen: Sighting | None) -> Outcome:
    """A hold whose cause is gone is lifted; one that nobody says anything of is told (SAFE-7)."""
    hold = record.hold
    if hold is None:  # the look may have shown that a write is wanted, which is to be claimed first
        return Done(wanted.say) if wanted.write is None else Record()
    # A hold for what ConnectWise showed is lifted only by another look.
    looked = seen is not None or not hold.needs_look
    if looked and _is_well(wanted):
        same = "the same companies are below it as before"
        why = same if isinstance(hold, Moved) else f"{wanted.total} are to be billed"
        return Record(changes.lifted(record, why=why))
    if record.lines and isinstance(wanted.say, Unsaid):
        return ask(record, hold, facts)
    return Done(wanted.say)


def _is_well(wanted: Wanted) -> bool:
    """Return True if nothing waits for a person: it is billed, or to be written."""
    billing = isinstance(wanted.say, Cause) and wanted.say.state is StandingState.BILLING
    return billing or wanted.write is not None
