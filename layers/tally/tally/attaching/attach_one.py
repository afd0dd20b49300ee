"""Attach one statement to one agreement, once: announce, look, add, record (SAFE-1, SAFE-2).

Killed between any two of these effects, the next run finds the announcement. A young one may still
be another run's, so it is left alone. An older one is renewed by a conditional write, and what it
announced is looked for by its title before anything is added.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from tally.domain.attaching.attachment import Attachment, Trouble
from tally.domain.attaching.document import Document, NewDocument
from tally.domain.attaching.ports import Attachments, Documents
from tally.domain.attaching.wanted import Wanted, file_name
from tally.errors import AmbiguousError, ConflictError, TallyError, in_words
from tally.ports import Clock

_ROUNDS = 4
"""The most rounds of one run: to settle what was announced, take it back, announce, add."""

_FRESH = 4
"""A document is sent only within this part of the settle time after its announcement: whoever finds
the announcement settled knows that nothing is on its way any more."""


class Outcome(StrEnum):
    """The end of one attempt."""

    STANDS = "stands"
    """Nothing was to be done: it is attached already."""
    MADE = "made"
    FOUND = "found"
    """It was there, though the ledger did not know."""
    WAITS = "waits"
    """It may be there, or another run is at it: a later run will tell."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of one attempt, with the reason and the error where it did not succeed."""

    outcome: Outcome
    why: str = ""
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachOne:
    """The use case for one agreement. ``private`` documents are not shown in a customer's portal.

    ``settle`` is the time after which ConnectWise's lists are believed about a document.
    """

    documents: Documents
    attachments: Attachments
    clock: Clock
    settle: timedelta
    private: bool = True

    def __call__(self, wanted: Wanted, pdf: Callable[[], bytes]) -> Ended:
        """Attach what is wanted, unless it stands there. ``pdf`` draws it, if it is to be sent."""
        try:
            return self._rounds(wanted, pdf)
        except ConflictError:
            return Ended(outcome=Outcome.WAITS, why="Another run is attaching it.")
        except AmbiguousError as error:
            return Ended(
                outcome=Outcome.WAITS,
                why=f"It may be attached, and is looked for at the next run: {error}",
                error=error,
            )
        except Exception as error:  # noqa: BLE001 - one customer's trouble stays its own (SAFE-5)
            return Ended(outcome=Outcome.FAILED, why=in_words(error), error=error)

    def _rounds(self, wanted: Wanted, pdf: Callable[[], bytes]) -> Ended:
        known = self.attachments.attachment(wanted.place)
        outcome = Outcome.STANDS
        for _ in range(_ROUNDS):
            settles = known.settles_at(self.settle)
            if settles is None:
                if known.has(wanted.edition):
                    return Ended(outcome=outcome)
                # SAFE-1: the ledger knows the title before anything is sent under it.
                known = self._announced(known, wanted)
                found = self._look_first(known)
            # SAFE-2: until then its absence from the list proves nothing.
            elif self.clock.now() < settles:
                return Ended(
                    outcome=Outcome.WAITS,
                    why="It was announced a moment ago, and is looked for at the next run.",
                )
            else:
                # Of two runs that find it settled, one alone can write this, and goes on.
                known = self.attachments.save_attachment(known.renew(at=self.clock.now()))
                found = known.found(self.documents.of_agreement(wanted.place.agreement_id))
            if found is not None:
                known = self._recorded(known, found)
                outcome = Outcome.FOUND
            elif known.announced is None or known.announced.edition != wanted.edition:
                # It is not there and never will be: the numbers have moved on.
                known = self.attachments.save_attachment(known.withdraw())
            else:
                return self._add(known, wanted, pdf)
        raise ConflictError("what is announced keeps changing")

    def _announced(self, known: Attachment, wanted: Wanted) -> Attachment:
        return self.attachments.save_attachment(known.announce(wanted, at=self.clock.now()))

    def _look_first(self, known: Attachment) -> Document | None:
        """Look for what was announced just now: a restored ledger may have forgotten it (SAFE-8).

        If the list cannot be read, it is certain that nothing was sent.
        """
        try:
            return known.found(self.documents.of_agreement(known.place.agreement_id))
        except TallyError as error:
            self._withdrawn(known, error)
            raise

    def _add(self, known: Attachment, wanted: Wanted, pdf: Callable[[], bytes]) -> Ended:
        assert known.announced is not None
        try:
            new = _new(known, wanted, pdf(), private=self.private)
        except Exception as error:
            self._withdrawn(known, error)
            raise
        if self.clock.now() >= known.announced.at + self.settle / _FRESH:
            return Ended(outcome=Outcome.WAITS, why="It took too long to be sent.")
        try:
            made = self.documents.add(new)
        # It stays announced, since it may stand there: a later run looks for it by its reference.
        except AmbiguousError:
            raise
        except TallyError as error:
            self._withdrawn(known, error)
            raise
        self._recorded(known, made)
        return Ended(outcome=Outcome.MADE)

    def _recorded(self, known: Attachment, document: Document) -> Attachment:
        return self.attachments.save_attachment(known.record(document, at=self.clock.now()))

    def _withdrawn(self, known: Attachment, error: Exception) -> None:
        trouble = Trouble(at=self.clock.now(), why=in_words(error))
        self.attachments.save_attachment(known.withdraw(trouble))


def _new(known: Attachment, wanted: Wanted, contents: bytes, *, private: bool) -> NewDocument:
    assert known.announced is not None
    return NewDocument(
        agreement_id=wanted.place.agreement_id,
        title=known.announced.title,
        file_name=file_name(wanted.place, wanted.edition),
        contents=contents,
        private=private,
    )
