"""Answer what is held: each answer is written into its record, with who gave it and why.

Nothing here changes ConnectWise: the next tick's jobs carry out what is allowed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tally.domain.holds import person_answers as answers
from tally.domain.linking import link_changes as link
from tally.domain.model.company import Stretch
from tally.domain.record.history import Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Person, Said
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ImpossibleError
from tally.people.refusal import possible
from tally.ports import Clock, Ledger


def nothing(_: UsageRecord) -> str:
    """Refuse no record."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Writes a person's answers into held records.

    Each method returns the record with the answer. It raises ImpossibleError with the reason if
    the answer is impossible, or ConflictError if a job or another person was first. Nothing is
    written in either case. ``refuses`` says why a record may not be answered; "" if it may.
    """

    ledger: Ledger
    clock: Clock
    refuses: Callable[[UsageRecord], str] = nothing

    def approve(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Allow the held number to be written."""
        return self._answer(key, answers.approve, by=by, why=why)

    def reject(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Keep the quantity that ConnectWise has."""
        return self._answer(key, answers.reject, by=by, why=why)

    def keep_apart(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Bill ours beside others' Additions that hold the record, now and in future (OPEN-6)."""
        record, person = self._record(key), self._person(by=by, why=why)
        transition = possible(answers.keep_apart(record, person))
        known = self.ledger.link(key.company_id)
        if known is None:
            raise ImpossibleError(f"The ledger has no link of {key.company_id}.")
        additions = () if record.hold is None else record.hold.foreign
        # In one transaction: without the link's part the next tick would hold the record again.
        self.ledger.save(transition, link.keep_apart(known, person, additions=additions))
        return transition.after

    def take_over(self, key: RecordKey, addition_id: int, *, by: str, why: str) -> UsageRecord:
        """Give us the Addition that holds the record; the next job takes it over (OPEN-6).

        An Addition that covers several months becomes that of one month alone, because it has one
        cancelled date and carries one reference.
        """
        record, person = self._record(key), self._person(by=by, why=why)
        transition = possible(answers.take_over(record, person, addition_id=addition_id))
        if other := self._has_been_given(key, addition_id):
            raise ImpossibleError(
                f"Addition {addition_id} has been given to {other} already, and can be one month's "
                f"only. Keep it apart or do not bill {key.month}; or add one for {key.month} in "
                "ConnectWise, and take that over."
            )
        self.ledger.save(transition)
        return transition.after

    def waive(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Never bill the month (OPEN-6)."""
        return self._answer(key, answers.waive, by=by, why=why)

    def void(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Bill nothing by the newest line, which is at the wrong place (OPEN-1).

        The next job opens its successor on the agreement that the company's link gives then, so
        link or pin the company first.
        """
        return self._answer(key, answers.void, by=by, why=why)

    def credit_done(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Note that the excess was credited in ConnectWise (LATE-3)."""
        return self._answer(key, answers.credit_done, by=by, why=why)

    def carry_terms(self, key: RecordKey, *, by: str, why: str) -> UsageRecord:
        """Carry last month's terms over to this month's Addition, which has others (OPEN-5)."""
        return self._answer(key, answers.carry_terms, by=by, why=why)

    def _has_been_given(self, key: RecordKey, addition_id: int) -> RecordKey | None:
        """Return the company's other open month that has the Addition, or was given it."""
        for listed in readable(self.ledger.all_open_records(Stretch.alone(key.company_id))):
            # The index may lag: of two answers given at once, the second has to see the first.
            record = None if listed.key == key else self.ledger.record(listed.key)
            if record is not None and addition_id in _additions_of(record):
                return record.key
        return None

    def _answer(
        self,
        key: RecordKey,
        answer: Callable[[UsageRecord, Person], Transition | str],
        *,
        by: str,
        why: str,
    ) -> UsageRecord:
        transition = possible(answer(self._record(key), self._person(by=by, why=why)))
        self.ledger.save(transition)
        return transition.after

    def _record(self, key: RecordKey) -> UsageRecord:
        record = self.ledger.record(key)
        if record is None:
            raise ImpossibleError(f"The ledger has no record of {key}.")
        # Asked of the version that will be written: a newer one makes the write a conflict.
        if why := self.refuses(record):
            raise ImpossibleError(why)
        return record

    def _person(self, *, by: str, why: str) -> Person:
        return Person(by=by, why=why, at=self.clock.now())


def _additions_of(record: UsageRecord) -> set[int]:
    """Return the Additions that a record has, and the one that was given to it."""
    given = record.ruling(Said.GIVE)
    return {line.addition_id for line in record.lines} | ({given.number} if given else set())
