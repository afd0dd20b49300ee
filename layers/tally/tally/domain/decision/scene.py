"""Define what the fifth question is asked of, and what it answers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from tally.domain.decision import changes, write_changes
from tally.domain.decision.case import Wanted
from tally.domain.decision.changes import Change
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Owed, Uncounted, owing_of
from tally.domain.facts.sighting import Seen, Sighting
from tally.domain.holds import Hold
from tally.domain.model.agreement import Addition
from tally.domain.model.standing import Cause, Unsaid
from tally.domain.record.lines import Line
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, TakeOver, Write
from tally.domain.texts import notices


class Record(NamedTuple):
    """Save the change if there is one, and ask again from what is known by then."""

    change: Change | None = None


class Do(NamedTuple):
    """Make the claimed write, to that Addition where there is one; then ask again.

    ``copies`` bear the reference of the same line, and the write is made to each of them first.
    """

    write: Write
    addition: Addition | None
    copies: tuple[Addition, ...] = ()


class Wait(NamedTuple):
    """Nothing can be said before ``until`` (wall clock): save the change, the job comes back."""

    until: datetime
    why: str
    change: Change | None


class Done(NamedTuple):
    """The job is done: save the change if there is one, and tell the cause."""

    say: Cause | Unsaid
    change: Change | None = None


type Outcome = Record | Do | Wait | Done


class Scene(NamedTuple):
    """The values that the rows look at."""

    record: UsageRecord
    wanted: Wanted
    seen: Sighting
    facts: Facts

    @property
    def owing(self) -> Owed | Uncounted:
        """How many are to be billed, for texts."""
        return owing_of(self.record, self.facts)

    @property
    def counted(self) -> int | None:
        """What GravityZone counts, if it can be told."""
        return self.owing.counted if isinstance(self.owing, Owed) else None

    @property
    def head(self) -> tuple[Line, Seen] | None:
        """The line that follows the count, and what is seen of it."""
        head = self.record.head
        return None if head is None else (head, self.seen.lines[head.number])

    @property
    def opening(self) -> Create | TakeOver | None:
        """The opening that is claimed."""
        claim = None if self.record.claim is None else self.record.claim.write
        return claim if isinstance(claim, Create | TakeOver) else None

    @property
    def claim_is_wanted(self) -> bool:
        """True if this very round has claimed what is wanted now.

        Nothing is written under an older claim: its age would mislead the next job (SAFE-2).
        """
        claim = self.record.claim
        if claim is None or claim.at != self.facts.when.now:
            return False
        return is_same_write(claim.write, self.wanted.write)

    def hold(self, hold: Hold) -> Done:
        """Wait for a person."""
        return ask(self.record, hold, self.facts)

    def wait(self, line: Line, until: datetime) -> Wait:
        """Wait until ConnectWise's lists show what was written."""
        why = (
            f"A write to Addition {line.addition_id} may not show in ConnectWise's lists yet: it "
            "is looked at again."
        )
        # A claim of this job is given up, so that nobody has to wait for its age as well.
        unsent = None if self.record.claim is None else write_changes.dropped(self.record, why=why)
        return Wait(until, why, unsent)


type Row = Callable[[Scene], Outcome | None]


def is_same_write(claimed: Write, wanted: Write | None) -> bool:
    """Return True if the claim is what is wanted. A late line may also stand on later days."""
    if not isinstance(claimed, Create) or not isinstance(wanted, Create):
        return claimed == wanted
    place = claimed.place
    # It may have been claimed for the next period before an invoice was taken back.
    if wanted.place.late and place.effective > wanted.place.effective:
        place = replace(wanted.place, agreement_id=place.agreement_id, product_id=place.product_id)
    return claimed._replace(place=place) == wanted


def ask(record: UsageRecord, hold: Hold, facts: Facts) -> Done:
    """Hold the record and tell why, unless it is held so already."""
    cause = notices.held(record, facts, hold.why)
    # An unchanged question writes nothing: a month held for weeks would fill its history.
    if hold.same_as(record.hold) and record.claim is None:
        return Done(cause)
    return Done(cause, changes.held(record, hold, facts.when))
