"""Define what the third question is asked of, and what it answers."""

from collections.abc import Callable
from typing import NamedTuple

from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Owed, Uncounted
from tally.domain.facts.place import Freeze, Thaw
from tally.domain.holds import Hold
from tally.domain.model.standing import Cause, Unsaid
from tally.domain.record.lines import Place
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetQuantity, SetTerms, TakeOver, Write
from tally.domain.texts import notices


class Close:
    """Close the month, or record the second reading of a closed one."""

    __slots__ = ()


CLOSE = Close()


class Ask(NamedTuple):
    """Ask a person first. ``about`` is where the line in question would stand."""

    hold: Hold
    about: Place | None = None


class Forget(NamedTuple):
    """A ruling has had its time."""

    said: Said


type Move = Create | TakeOver | SetQuantity | SetTerms | Close | Ask | Freeze | Thaw | Forget


class Wanted(NamedTuple):
    """The wanted state: all lines as they are but for the ``move``, ``total`` in all.

    ``say`` is what the standing tells once it is so.
    """

    total: int
    say: Cause | Unsaid
    move: Move | None = None

    @property
    def write(self) -> Write | None:
        """The wanted write to ConnectWise."""
        move = self.move
        return move if isinstance(move, Create | TakeOver | SetQuantity | SetTerms) else None

    @property
    def about(self) -> Place | None:
        """Where a line would be opened, or is asked about."""
        move = self.move
        if isinstance(move, Create | TakeOver):
            return move.place
        return move.about if isinstance(move, Ask) else None


class Case(NamedTuple):
    """The values that the rows look at."""

    record: UsageRecord
    owing: Owed | Uncounted
    facts: Facts

    @property
    def total(self) -> int:
        """The number to be billed in all; what stands if nobody can say."""
        return self.owing.total if isinstance(self.owing, Owed) else self.record.stands

    @property
    def counted(self) -> int:
        """GravityZone's count; only for rows of a month that can be counted."""
        assert isinstance(self.owing, Owed)
        return self.owing.counted

    @property
    def agreed(self) -> int:
        """The count after a person's word; likewise."""
        assert isinstance(self.owing, Owed)
        return self.owing.agreed

    @property
    def why(self) -> str:
        """The reason why it cannot be counted."""
        return self.owing.why if isinstance(self.owing, Uncounted) else ""

    @property
    def closing(self) -> bool:
        """True if the month's close is due."""
        return self.facts.when.closing

    def stay(self, say: Cause | Unsaid, move: Move | None = None) -> Wanted:
        """Want nothing but the move, and have that said."""
        return Wanted(total=self.total, say=say, move=move)

    def well(self, counted: int | None = None) -> Cause:
        """Say that it is billed as it should be."""
        return notices.billing(self.record, self.facts, counted=counted)

    def held(self, why: str) -> Cause:
        """Say that it waits for a person."""
        return notices.held(self.record, self.facts, why)

    def ask(self, hold: Hold, *, about: Place | None = None) -> Wanted:
        """Want a person's word first."""
        return self.stay(self.held(hold.why), Ask(hold=hold, about=about))


type Row = Callable[[Case], Wanted | None]
type WriteRow = Callable[[Case, Write, Place], Wanted | None]
