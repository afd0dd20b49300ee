"""Checks of invariants 14 to 18: what Tally may do in tickets, and what may come of notes there."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from simulators.connectwise import API
from simulators.connectwise.desk.mails import RULE
from tally.domain.asking.ticket import Ticket, TicketState
from tally.domain.asking.words import MORE, STAYS_OPEN
from tally.domain.record.history import Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Said
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import UsageRecord
from verification.simulation.books import Books
from verification.simulation.desk_life import DeskLife
from verification.simulation.desk_notes import (
    Answer,
    answers_in,
    asked_in,
    hints,
    notes_of,
    numbers_in,
)
from verification.simulation.story import ViolationError

_ANSWERED = re.compile(r"Answered by [^:]+: [a-z]")
_RULED = re.compile(r"(.+) in ticket ([0-9]+)")
_SAID = {
    "approved": "approve",
    "rejected": "reject",
    "kept apart": "keep-apart",
    "given": "take-over",
    "waived": "waive",
}
_NO_REASON = "No reason was given in the ticket."
_DAY = timedelta(days=1)
_A_SECOND = timedelta(seconds=1)
_MOST_UNANSWERED = 3
_SILENT = ("contact", "agreement")
_FLAGS = (
    "automaticEmailContactFlag",
    "automaticEmailResourceFlag",
    "automaticEmailCcFlag",
    "allowAllClientsPortalView",
)


@dataclass(slots=True, kw_only=True)
class _Open:
    """A ticket of ours that is open though its cause is gone, and since when in peace."""

    since: datetime
    runs: int = 0


@dataclass(slots=True, kw_only=True)
class TicketChecks:
    """Looks at the tickets of one run. Every method raises ViolationError where all is not well.

    ``open_now`` returns how many tickets are open as the product remembers them. ``begun`` are the
    beginnings of the runs that are under way.
    """

    books: Books
    life: DeskLife
    open_now: Callable[[], int] = lambda: 0
    begun: list[datetime] = field(default_factory=list)
    _taken: dict[tuple[int, int], Answer] = field(default_factory=dict)
    """The answers that were taken and are not carried out yet, by ticket and note."""
    _done: set[tuple[int, int]] = field(default_factory=set)
    _mails: int = 0
    """The mails that were looked at."""
    _gone: dict[int, _Open] = field(default_factory=dict)
    _closing: dict[int, datetime] = field(default_factory=dict)
    """Since when tickets are being closed."""

    def before_write(self, request: requests.PreparedRequest) -> bool:
        """Invariants 14 and 17: check a write that is about to be sent; False if it is no ticket's.

        Nothing is deleted, moved or reopened; notes are internal; and a ticket that people have
        taken away is never touched again.
        """
        url = request.url or ""
        if "/service/tickets" not in url:
            return False
        body = json.loads(request.body or b"null")
        below = url.partition("/service/tickets")[2].strip("/").split("/")
        if request.method == "POST" and below == [""]:
            self._silent(body)
            return True
        ticket = int(below[0])
        since = self.life.lost.get(ticket)
        if since is not None and since < min(self.begun):
            raise self._violation(17, f"{request.method} {url}, which is not ours since {since}")
        if request.method == "POST" and below[1:] == ["notes"]:
            self._internal(body)
        elif request.method == "PATCH" and len(below) == 1:
            self._patch(ticket, body)
        else:
            raise self._violation(17, f"{request.method} {url} is never to be sent")
        return True

    def saved(self, before: Ticket | None, after: Ticket) -> None:
        """Look at what is remembered of a ticket from now on.

        Invariant 16: where an answer is being taken, check that the ticket has it.
        """
        self._left(after)
        had = None if before is None or before.number != after.number else before.given
        given, ticket = after.given, after.ticket_id
        if given is None or ticket is None or had == given:
            return
        if (ticket, given.note_id) in self._taken and had is not None:
            return
        answer = self._answer(ticket, given.note_id)
        self._taken[ticket, given.note_id] = answer

    def ruled(self, transition: Transition) -> None:
        """Invariant 16: check a ruling that says that it came by a ticket."""
        match = _RULED.fullmatch(transition.by)
        if match is None:
            return
        ticket, key = int(match[2]), transition.after.key
        self._about(ticket, key)
        taken = [(note, each) for (of, note), each in self._taken.items() if of == ticket]
        if not taken:
            raise self._violation(16, f"{transition.what} by {transition.by}, and no note", key)
        note, answer = taken[-1]
        if (ticket, note) in self._done:
            raise self._violation(16, f"note {note} of ticket {ticket} is carried out again", key)
        self._done.add((ticket, note))
        self._as_said(transition, answer, match[1])
        self._not_moved(transition.before, ticket, answer)
        if answer.option[0] == "take-over":
            self.books.msp.given.add(int(answer.option[1]))
        firm = self.books.msp.by_id.get(key.company_id)
        if firm is not None:
            firm.touched = self.books.msp.clock.now()

    def after_run(self, *, quiet: bool) -> None:
        """Look at all tickets after a run; ``quiet``: nothing stood in its way."""
        self._no_mail()
        ours = self._ours()
        self._no_two(ours)
        self._no_more_than_may_be(ours)
        now = self.life.now
        gone = {each["id"] for each in ours if not self._has_cause(each["id"])}
        self._gone = {each: since for each, since in self._gone.items() if each in gone and quiet}
        for each in gone if quiet else ():
            known = self._gone.setdefault(each, _Open(since=now))
            known.runs += 1
            if now - known.since > _DAY and known.runs > 1:
                raise self._violation(
                    17, f"ticket {each} is open, and its cause is gone since {known.since}"
                )

    def at_the_end(self) -> None:
        """After a day in peace: no ticket is idle, no answer unheard, no hold unasked.

        Nor does a ticket tell of an answer that was not carried out.
        """
        for each in self._ours():
            ticket = each["id"]
            if not self._has_cause(ticket):
                raise self._violation(17, f"ticket {ticket} is open, and its cause is gone")
            heard = [each for each in self._answers(ticket) if self._always_counted(each)]
            if heard:
                raise self._violation(18, f"ticket {ticket} has an answer: {heard[0]}")
        self._no_false_word()
        # One that somebody closed and reopened at once may be ours still, or another may be.
        asked = {
            self.life.subjects[each["id"]].cause
            for each in self.life.desk
            if each["id"] in self.life.subjects
            and each["id"] not in self.life.lost
            and not each["closedFlag"]
        }
        is_full = self.open_now() >= self.life.setting.most_open
        for record in self.books.msp.ledger.every_record():
            if record.hold is not None and self._is_to_be_asked(record):
                cause = _cause(record.key)
                if cause not in asked and not (is_full and self._is_told_of_more(asked)):
                    raise self._violation(18, f"nobody is asked: {record.hold.why}", record.key)

    def _answer(self, ticket: int, note: int) -> Answer:
        """Return the note's answer; ViolationError unless it is one, and nothing speaks against."""
        since = self.life.lost.get(ticket)
        if since is not None and since < min(self.begun):
            raise self._violation(16, f"an answer of ticket {ticket}, not ours since {since}")
        heard = self._answers(ticket)
        found = next((each for each in heard if each.note == note), None)
        if found is None:
            notes = [each for each in notes_of(self.life.desk, ticket) if each["id"] == note]
            asked = asked_in(self.life.desk, ticket)[-1:]
            raise self._violation(16, f"this is no answer: {notes}, of {asked}")
        # What came while the run was under way, or is not listed yet, it cannot have seen.
        seen = min(self.begun) - self.books.msp.connectwise.options.list_lag - _A_SECOND
        read = [each for each in heard if each.at < seen and self._always_counted(each)]
        others = {each.option for each in read} - {found.option}
        if others:
            raise self._violation(16, f"{found} is taken in ticket {ticket} beside {others}")
        return found

    def _answers(self, ticket: int) -> list[Answer]:
        """Return the answers of a ticket, by whoever counted at some time since the run began."""
        since = min(self.begun, default=self.life.now)
        members = self.life.members
        return answers_in(self.life.desk, ticket, lambda each: members.counts(each, since=since))

    def _always_counted(self, answer: Answer) -> bool:
        """Return True unless its member did not count for a while since: then it may be used up."""
        return not self.life.members.was_away(answer.member, since=answer.at)

    def _left(self, after: Ticket) -> None:
        """Invariant 17: a ticket that a rule reopens is closed again for a day, and then left."""
        ticket = after.ticket_id
        if ticket is None:
            return
        if after.state is TicketState.CLOSING:
            self._closing.setdefault(ticket, self.life.now)
        if after.state is TicketState.LEFT and after.why_left == STAYS_OPEN:
            self.life.notice()
            tried = self.life.rules.is_reopened(ticket, min(self.begun))
            if not tried or self.life.now - self._closing[ticket] < _DAY:
                raise self._violation(17, f"ticket {ticket} is left open, and nobody reopens it")
            self.life.rules.left.add(ticket)

    def _about(self, ticket: int, key: RecordKey) -> None:
        """Check that the ticket is ours, and of this record."""
        self.life.notice()
        subject = self.life.subjects.get(ticket)
        if subject is None or subject.cause != _cause(key):
            raise self._violation(16, f"ticket {ticket} is not about this, but {subject}", key)

    def _as_said(self, transition: Transition, answer: Answer, who: str) -> None:
        key, after = transition.after.key, transition.after
        word, number = answer.option
        given = after.ruling(Said.GIVE)
        number_done = str(given.number) if word == "take-over" and given is not None else ""
        is_so = (
            _SAID.get(transition.what) == word
            and who == answer.member
            and (word != "take-over" or number_done == number)
        )
        if not is_so:
            raise self._violation(16, f"{transition.what} by {who}, and the note is {answer}", key)
        if not answer.why and transition.why != _NO_REASON:
            raise self._violation(16, f"{transition.why!r} is nobody's reason", key)
        if answer.why and transition.why != answer.why:
            raise self._violation(16, f"{transition.why!r}, and the note says {answer.why!r}", key)

    def _not_moved(self, before: UsageRecord, ticket: int, answer: Answer) -> None:
        """Check that the record waits for what the question said (ASK-4)."""
        asked = [each for each in asked_in(self.life.desk, ticket) if each.at < answer.at]
        hold, text = before.hold, asked[-1].text if asked else ""
        if hold is None:
            raise self._violation(16, f"{answer} is carried out, and nothing is held", before.key)
        number = answer.option[1]
        same = answer.option[0] != "approve" or not number or int(number) == hold.quantity
        if not same or not numbers_in(hold.why) <= numbers_in(text):
            raise self._violation(16, f"asked: {text!r}; and held is {hold}", before.key)

    def _no_mail(self) -> None:
        mailed = [
            each
            for each in self.life.desk.mails[self._mails :]
            if each.by in {API, RULE} and each.ticket_id not in self.life.lost
        ]
        self._mails = len(self.life.desk.mails)
        if mailed:
            raise self._violation(14, f"Tally has mailed somebody: {mailed[0]}")

    def _ours(self) -> list[dict[str, Any]]:
        """Return the open tickets of ours that nobody has taken from us."""
        mine = self.books.msp.connectwise.options.api_member
        return [
            each
            for each in self.life.desk
            if each["_info"]["enteredBy"] == mine
            and each["id"] in self.life.subjects
            and not each["closedFlag"]
            and not each["contact"]
            and each["id"] not in self.life.lost
            and not self.life.rules.is_theirs(each["id"])
        ]

    def _no_two(self, ours: list[dict[str, Any]]) -> None:
        """Invariants 15 and 17: one open ticket a cause, and one hint in each."""
        known: dict[tuple[str, str], int] = {}
        mine = self.books.msp.connectwise.options.api_member
        for each in ours:
            cause = self.life.subjects[each["id"]].cause
            if cause in known:
                raise self._violation(
                    15, f"tickets {known[cause]} and {each['id']} are open about {cause}"
                )
            known[cause] = each["id"]
            if hints(notes_of(self.life.desk, each["id"]), mine) > 1:
                raise self._violation(17, f"two hints in ticket {each['id']}")

    def _no_more_than_may_be(self, ours: list[dict[str, Any]]) -> None:
        """Invariant 17: no more questions are open at once than may be (ASK-8)."""
        asking = [each["id"] for each in ours if not self._is_of_more(each["id"])]
        if len(asking) > self.life.setting.most_open:
            raise self._violation(17, f"open at once: {asking}")

    def _is_of_more(self, ticket: int) -> bool:
        return self.life.subjects[ticket].company_id == MORE.company_id

    def _is_told_of_more(self, asked: set[tuple[str, str]]) -> bool:
        """Return True if a ticket says that more wait, or people have taken such a one away."""
        told = [each for each in self.life.subjects if self._is_of_more(each)]
        is_open = any(self.life.subjects[each].cause in asked for each in told)
        return is_open or any(map(self._is_lost, told))

    def _is_lost(self, ticket: int) -> bool:
        rules = self.life.rules
        return ticket in self.life.lost or ticket in rules.ended or ticket in rules.left

    def _no_false_word(self) -> None:
        """Invariant 16: what a ticket says was answered in it was carried out."""
        mine = self.books.msp.connectwise.options.api_member
        for ticket in self.life.subjects:
            for note in notes_of(self.life.desk, ticket):
                is_told = _ANSWERED.match(note["text"]) and note["createdBy"] == mine
                if is_told and ticket not in {of for of, _ in self._done}:
                    raise self._violation(16, f"ticket {ticket} says {note['text']!r}")

    def _has_cause(self, ticket: int) -> bool:
        """Return True if what a ticket asks about is still so, by the ledger's own words."""
        subject, ledger = self.life.subjects[ticket], self.books.msp.ledger
        if subject.company_id == MORE.company_id:
            return self._are_waiting() > self.life.setting.most_open
        if subject.rest == "standing":
            standing = ledger.standing(subject.company_id)
            return standing is not None and standing.shown.state in self.life.setting.standings
        record = None if subject.key is None else ledger.record(subject.key)
        return record is not None and record.hold is not None

    def _are_waiting(self) -> int:
        """Return how many questions of linked companies wait, or take a place all the same.

        Those are in tickets of others, or of theirs that a rule reopens each time they are closed.
        """
        ledger = self.books.msp.ledger
        linked = {each for each, link in ledger.links().items() if link.connectwise_id is not None}
        held = [
            each.key.company_id
            for each in readable(ledger.all_open_records())
            if each.hold is not None
        ]
        stopped = [
            each.company_id
            for each in ledger.all_standings()
            if each.shown.state in self.life.setting.standings
        ]
        asked = sum(each in linked for each in (*held, *stopped))
        causes = [self.life.subjects[each["id"]] for each in self._ours()]
        unlinked = sum(each.company_id not in {*linked, MORE.company_id} for each in causes)
        return asked + unlinked + sum(map(self._is_kept_open, self.life.desk))

    def _is_kept_open(self, ticket: dict[str, Any]) -> bool:
        """Return True if a rule alone keeps it open: what it asks about is gone."""
        of = ticket["id"]
        is_fought = not ticket["closedFlag"] and self.life.rules.is_fought_over(of)
        return is_fought and not self._is_of_more(of) and not self._has_cause(of)

    def _is_to_be_asked(self, record: UsageRecord) -> bool:
        """Return True for a linked company whose tickets people have not ended three times."""
        link = self.books.msp.ledger.links().get(record.key.company_id)
        if link is None or link.connectwise_id is None:
            return False
        if link.connectwise_id not in self.books.msp.connectwise.tenant.companies:
            return False
        lost = [
            each
            for each, subject in self.life.subjects.items()
            if subject.cause == _cause(record.key) and self._is_lost(each)
        ]
        return len(lost) < _MOST_UNANSWERED

    def _silent(self, body: dict[str, Any]) -> None:
        loud = [name for name in _FLAGS if body.get(name) is not False]
        named = [name for name in _SILENT if body.get(name) is not None]
        if loud or named or body.get("processNotifications") is not False:
            raise self._violation(14, f"a ticket is to be made with {loud}, {named}: {body}")
        if "initialDescription" in body:
            raise self._violation(14, f"customers may read how it begins: {body}")

    def _internal(self, body: dict[str, Any]) -> None:
        public = [name for name in ("detailDescriptionFlag", "resolutionFlag") if body.get(name)]
        is_quiet = body.get("processNotifications") is False
        if public or body.get("internalAnalysisFlag") is not True or not is_quiet:
            raise self._violation(14, f"a note is to be written that is not internal: {body}")

    def _patch(self, ticket: int, body: list[dict[str, Any]]) -> None:
        values = {each["path"]: each.get("value") for each in body}
        quiet = values.pop("processNotifications", None) is False
        if set(values) == {"status"}:
            allowed = (values["status"] or {}).get("id") == self.life.ids.closed_status
        else:
            allowed = {"contact"} <= set(values) <= {"contact", *_FLAGS} and not any(
                values.values()
            )
        if not allowed or not quiet:
            raise self._violation(17, f"ticket {ticket} is to be changed: {body}")

    def _violation(self, invariant: int, what: str, key: RecordKey | None = None) -> ViolationError:
        return self.books.violation(invariant, what, key)


def _cause(key: RecordKey) -> tuple[str, str]:
    return key.company_id, f"{key.month.year}{key.month.number:02d}:{key.service}"
