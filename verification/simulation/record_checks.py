"""Checks of invariants 1, 3, 5 and 7: each transition of a record starts from the one before."""

from collections.abc import Callable
from datetime import datetime, timedelta

from tally.domain.holds import Altered, Edited, SettledEdited
from tally.domain.record.history import TALLY, Transition
from tally.domain.record.lines import LAID_DOWN
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.record.writes import SetTerms
from tally.ledger.history_entry import paths
from tally.ledger.record_codec import record_fields
from testing.audit import gaps, replayed
from verification.simulation.addition_checks import AdditionChecks
from verification.simulation.books import Books
from verification.simulation.invoice_checks import owed

_REPLAYED_ONE_IN = 16
"""One record in so many has its history read and replayed, at a hundred times the cost. Every
record's chain of versions is followed."""
_CLOSES = frozenset({"closed", "read again"})
_NO_WORD_ON_A_NUMBER = frozenset({"terms to be carried over", "credit done"})
"""Answers of a person that leave open how many are to be billed."""


class RecordChecks:
    """Follows one run's transitions as the ledger writes them, and keeps the books by them."""

    def __init__(self, books: Books, additions: AdditionChecks) -> None:
        self.books = books
        self.msp = books.msp
        self.closed: list[Transition] = []
        """Records that closed or were read again, until somebody has looked at the readings behind
        them."""
        self.ruled: Callable[[Transition], None] = lambda _: None
        """Hears each transition that a person made."""
        self._additions = additions
        self._journal: list[Transition] = []
        books.msp.ledger.journal = self._journal

    def follow(self) -> None:
        """Follow what was written since the last look."""
        for transition in self._journal:
            self._follow(transition)
        self._journal.clear()

    def replay(self) -> None:
        """At the end: the histories of some records, in full."""
        for key, record in self.books.heads.items():
            self._replay(key, record)

    def _follow(self, transition: Transition) -> None:
        """Invariants 7 and 3: check that each transition starts from the one before.

        A closed record is left alone.
        """
        after, key = transition.after, transition.after.key
        head = self.books.heads.get(key)
        if transition.before is not head and head is not None and transition.before != head:
            raise self.books.violation(
                7, f"version {after.version} was not made from version {head and head.version}", key
            )
        if head is not None and head.state is not RecordState.OPEN:
            self._look_at_settled(head, transition)
        if head is not None and transition.by == TALLY and transition.tick < head.seen_tick:
            raise self.books.violation(
                5, f"the older tick {transition.tick} changed what {head.seen_tick} had seen", key
            )
        due = key.month.next.starts + timedelta(days=self.msp.setting.open_until_day - 1)
        waits = transition.what.startswith("held") or transition.what == "refused by ConnectWise"
        if waits and not after.lines and transition.tick < due:
            self.books.asked.add(key)
        if head is not None and transition.at < self._since(head):
            raise self.books.violation(
                7, f"version {after.version} is older than the one before", key
            )
        self.books.heads[key] = after
        self._take_note_of_terms(transition)
        if head is not None and head.seen_tick < after.seen_tick:
            self.books.earlier[key] = head
        if (
            transition.by != TALLY
            and head is not None
            and transition.what not in _NO_WORD_ON_A_NUMBER
            and not _left_as_shown(head, after)
        ):
            self._choose(key, head)
        if transition.by != TALLY:
            self.ruled(transition)
        self._additions.know(after)
        if transition.what in _CLOSES:
            self.closed.append(transition)
            self._look_at_sum(after)

    def _take_note_of_terms(self, transition: Transition) -> None:
        claim = transition.before.claim
        if claim is not None and isinstance(claim.write, SetTerms):
            self.books.terms_at[transition.after.key] = transition.at

    def _look_at_settled(self, head: UsageRecord, transition: Transition) -> None:
        """Invariant 3: check that closed lines and waived records stay as they are (CLOSE-4)."""
        after = transition.after
        left = {line.number: line for line in after.lines}
        kept = all(left.get(line.number) == line for line in head.lines if line.state in LAID_DOWN)
        if head.state is RecordState.WAIVED or after.state is not head.state or not kept:
            what = f"the {head.state} record was changed: {transition.what}, {transition.why}"
            raise self.books.violation(3, what, head.key)

    def _look_at_sum(self, after: UsageRecord) -> None:
        """Invariant 1: check that a record's lines add up to its billed count (LATE-3).

        What they have beyond it must be credited.
        """
        final = owed(after, bill_minimum=self.msp.setting.bill_minimum)
        billed = sum(line.pushed for line in after.lines) - after.credited
        named = final if after.credit is None else after.credit.billed
        if billed != named or (
            after.credit is not None and not final == after.credit.counted < billed
        ):
            raise self.books.violation(
                1,
                f"closed with {after.count}, and its lines do not add up to it: {after}",
                after.key,
            )
        if after.hold or after.claim or any(line.state not in LAID_DOWN for line in after.lines):
            raise self.books.violation(3, f"closed with something left open: {after}", after.key)

    def _choose(self, key: RecordKey, held: UsageRecord) -> None:
        """Remember the numbers that a person has chosen between: the held one, and what stood."""
        numbers = self.books.chosen.setdefault(key, set())
        if held.hold is not None:
            numbers.add(held.hold.quantity)
            seen = held.hold.stands if isinstance(held.hold, Edited | SettledEdited) else None
            numbers |= set() if seen is None else {seen}
        numbers.add(held.stands)
        if held.lines:
            numbers |= {held.beside + stands for stands in numbers}

    @staticmethod
    def _since(head: UsageRecord) -> datetime:
        return max(
            (line.written.at for line in head.lines),
            default=head.seen_tick.min.replace(tzinfo=head.seen_tick.tzinfo),
        )

    def _replay(self, key: RecordKey, record: UsageRecord) -> None:
        """Invariant 7, in full, for some: check that the history replays to the record."""
        if (key.month.number + int(key.company_id[:24], 16)) % _REPLAYED_ONE_IN:
            return
        history = self.msp.ledger.history(key)
        if problems := list(gaps(history)):
            raise self.books.violation(7, "; ".join(problems), key)
        if replayed(history) != dict(paths(record_fields(record))):
            raise self.books.violation(7, "the history does not replay to the record", key)


def _left_as_shown(held: UsageRecord, after: UsageRecord) -> bool:
    """Return True if a person left other fields than a quantity: a later fall is asked about."""
    new = [each for each in after.rulings if each not in held.rulings]
    return isinstance(held.hold, Altered) and [each.said for each in new] == [Said.AS_SEEN]
