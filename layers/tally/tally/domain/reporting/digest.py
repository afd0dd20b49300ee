"""The digest that people get by mail each week and on the day after the close."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tally.domain.holds import LateUsage, Unwritten
from tally.domain.model.month import Month
from tally.domain.model.screen import brief
from tally.domain.model.standing import Cause, StandingState
from tally.domain.pulse.state import Pulse
from tally.domain.record.credit import credit_notice
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.reporting.commands import Commands
from tally.domain.reporting.letter import Entry, Letter, Section, letter
from tally.domain.reporting.month_totals import changes, totals
from tally.domain.reporting.overview import CompanyRow, Overview
from tally.domain.reporting.pulse_words import pulse_warning

_SILENT_AFTER = timedelta(hours=3)
"""Three of the slowest ticks."""


class DigestKind(StrEnum):
    """The two kinds of digest: once a week, and after a month's close."""

    WEEKLY = "weekly"
    CLOSE_DAY = "close-day"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestTime:
    """The scheduled time of a digest, and the last month that was closed by then."""

    at: datetime
    month: Month

    @classmethod
    def of(cls, at: datetime, *, close_day: int) -> "DigestTime":
        """Return the time with the newest month whose close day has begun, in GMT."""
        month = Month.of(at).previous
        return cls(at=at, month=month if month.day_after_end(close_day) <= at else month.previous)

    @property
    def months(self) -> tuple[Month, ...]:
        """The months that a digest covers, apart from those of open records."""
        return tuple(dict.fromkeys((Month.of(self.at), self.month, self.month.previous)))


def digest(
    seen: Overview, kind: DigestKind, time: DigestTime, *, stack: str, pulse: Pulse, book: Section
) -> Letter:
    """Return the letter on everything in the ledger, with commands for the deployment ``stack``."""
    texts = _DigestTexts(seen, time, Commands.of(seen, stack=stack))
    questions = [
        texts.holds("Held: waits for your answer", late=False),
        texts.holds("Late usage: to be billed on the next invoice?", late=True),
        texts.credits(),
    ]
    waiting = sum(len(each.entries) for each in questions)
    failing = texts.causes(StandingState.FAILING, "Failing: tried again at each tick")
    set_up = texts.causes(
        StandingState.NEEDS_SETUP, "Needs set-up: not billed, or not in full, until it is done"
    )
    changed = texts.changed() if kind is DigestKind.CLOSE_DAY else Section(title="", entries=())
    switched_off = _switched_off(pulse)
    sections = [
        *questions,
        failing,
        set_up,
        texts.unclosed(),
        switched_off,
        book,
        changed,
        texts.notices(),
    ]
    asks = waiting or set_up.entries or failing.entries or switched_off.entries
    return letter(
        subject=texts.subject(
            kind, waiting=waiting, set_up=len(set_up.entries), failing=len(failing.entries)
        ),
        head=texts.head(kind, all_well=not asks),
        sections=sections,
        foot=texts.commands.foot(),
    )


@dataclass(frozen=True, slots=True)
class _DigestTexts:
    """The texts of a digest: one overview as of one time."""

    seen: Overview
    time: DigestTime
    commands: Commands

    def subject(self, kind: DigestKind, *, waiting: int, set_up: int, failing: int) -> str:
        if self._silent_since() is not None:
            return "Tally: it has not run"
        asks = [
            text
            for number, text in (
                (waiting, f"{waiting} to answer"),
                (set_up, f"{set_up} to set up"),
                (failing, f"{failing} failing"),
            )
            if number
        ]
        closed = [f"{self.time.month.label} closed for {_customers(len(self._closed()))}"]
        news = [*(closed if kind is DigestKind.CLOSE_DAY else []), *asks]
        return f"Tally: {', '.join(news) or 'nothing waits for you'}"

    def head(self, kind: DigestKind, *, all_well: bool) -> Iterator[str]:
        if (silent := self._silent_since()) is not None:
            yield f"{silent} What follows is as of then; docs/operations.md says what to do."
        if not self.seen.companies:
            yield "Tally knows no company yet: each one is known from the first tick that lists it."
            return
        if kind is DigestKind.WEEKLY:
            yield self._so_far()
        yield from self._summary()
        counts = self.seen.standings
        standings = ", ".join(
            f"{counts[state]} {state.label}" for state in StandingState if counts[state]
        )
        yield f"Of {_number(len(self.seen.companies), 'company', 'companies')}: {standings}."
        if all_well:
            yield "Nothing waits for you."

    def _silent_since(self) -> str | None:
        ticks = self.seen.ticks
        if ticks is None:
            return "Tally has never run."
        if self.time.at - ticks.newest <= _SILENT_AFTER:
            return None
        return f"Tally has not run since {ticks.newest:%Y-%m-%d %H:%M} GMT."

    def _so_far(self) -> str:
        month = Month.of(self.time.at)
        stands = totals(each for each in self._records(month) if each.is_standing)
        if not stands:
            return f"No Addition is open for {month.label} yet."
        return f"{month.label} so far: {'; '.join(each.in_words for each in stands)}."

    def _summary(self) -> Iterator[str]:
        month, before = self.time.month, totals(self._closed(self.time.month.previous))
        closed = totals(self._closed())
        if not closed:
            yield f"{month.label} is not closed for anybody."
            return
        earlier = {each.service: each for each in before}
        compared = (
            each.compared(earlier.get(each.service), month.previous.label) for each in closed
        )
        yield f"{month.label} is closed: {'; '.join(compared)}."
        if missing := len(self._open(month)):
            yield (
                f"Not in it: {_number(missing, 'record that is', 'records that are')} not closed "
                "yet."
            )

    def holds(self, title: str, *, late: bool) -> Section:
        """Return what a person has to answer, the oldest first.

        Without ``late`` it includes what is held without a question.
        """
        held = [
            (row, record, record.hold)
            for row, record in self._all_records()
            if record.hold is not None
        ]
        asked = [each for each in held if isinstance(each[2], LateUsage | Unwritten) is late]
        entries = [
            Entry(
                name=f"{self._named(row, record)}, held {self._since(hold.since)}",
                sentences=[hold.why],
                commands=self.commands.answers(row, record),
            )
            for row, record, hold in sorted(asked, key=lambda each: each[2].since)
        ]
        if not late:
            entries += self._causes(StandingState.HELD, but={hold.why for _, _, hold in held})
        return Section(title=title, entries=entries)

    def credits(self) -> Section:
        """Return what was billed too much."""
        return Section(
            title="Billed too much: to be credited by hand",
            entries=[
                Entry(
                    name=self._named(row, record),
                    sentences=[credit_notice(record, row.name)],
                    commands=self.commands.answers(row, record),
                )
                for row, record in self._all_records()
                if record.credit is not None
            ],
        )

    def causes(self, state: StandingState, title: str) -> Section:
        """Return the companies of one state, each with its reasons."""
        return Section(title=title, entries=list(self._causes(state)))

    def _causes(self, state: StandingState, *, but: Collection[str] = ()) -> Iterator[Entry]:
        for row in self.seen.companies:
            reasons: dict[str, Cause] = {}
            for cause in row.causes:
                if cause.state is state and cause.reason not in but:
                    reasons.setdefault(cause.reason, cause)
            for reason, cause in reasons.items():
                since = "" if cause.since is None else f", {self._since(cause.since)}"
                yield Entry(name=f"{row.name}{since}", sentences=[reason])

    def unclosed(self) -> Section:
        """Return the months that are over and not closed, without those that are held."""
        return Section(
            title="Over, and not closed yet",
            entries=[
                Entry(name=self._named(row, record))
                for row, record in self._all_records()
                if record.state is RecordState.OPEN
                and record.key.month <= self.time.month
                and record.hold is None
            ],
        )

    def changed(self) -> Section:
        """Return the companies whose number differs from the month before."""
        names = {row.company_id: row.name for row in self.seen.companies}
        unknown = {(each.key.company_id, each.key.service) for each in self._open(self.time.month)}
        return Section(
            title=f"Biggest changes since {self.time.month.previous.label}",
            entries=[
                Entry(
                    name=f"{names[each.company_id]}{self._service(each.service)}: {each.in_words}"
                )
                for each in changes(
                    self._closed(), self._closed(self.time.month.previous), but=unknown
                )
            ],
        )

    def notices(self) -> Section:
        """Return the notices: they are shown and stop nothing."""
        # A credit has a section of its own, with its command: it is told there alone.
        credited = {
            brief(credit_notice(record, row.name))  # as a standing keeps it
            for row, record in self._all_records()
            if record.credit is not None
        }
        return Section(
            title="Notices",
            entries=[
                Entry(name=row.name, sentences=notices)
                for row in self.seen.companies
                if (notices := [each for each in row.cause.notices if each not in credited])
            ],
        )

    def _records(self, month: Month) -> list[UsageRecord]:
        return [record for row in self.seen.companies for record in row.of(month)]

    def _closed(self, month: Month | None = None) -> list[UsageRecord]:
        return [
            each
            for each in self._records(month or self.time.month)
            if each.state is RecordState.CLOSED
        ]

    def _open(self, month: Month) -> list[UsageRecord]:
        return [each for each in self._records(month) if each.state is RecordState.OPEN]

    def _all_records(self) -> Iterator[tuple[CompanyRow, UsageRecord]]:
        return ((row, record) for row in self.seen.companies for record in row.records)

    def _named(self, row: CompanyRow, record: UsageRecord) -> str:
        return f"{row.name}, {record.key.month.label}{self._service(record.key.service)}"

    def _service(self, service: str) -> str:
        return f", {service}" if len(self.commands.services) > 1 else ""

    def _since(self, since: datetime) -> str:
        days = (self.time.at - since).days
        return f"for {_number(days, 'day', 'days')}" if days > 0 else "for less than a day"


def _switched_off(pulse: Pulse) -> Section:
    """Return what is to be told of the pulse: nothing unless totals were contradicted."""
    warning = pulse_warning(pulse)
    entries = [Entry(name="Switched off", sentences=[warning])] if warning else []
    return Section(title="The pulse", entries=entries)


def _customers(number: int) -> str:
    return _number(number, "customer", "customers")


def _number(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
