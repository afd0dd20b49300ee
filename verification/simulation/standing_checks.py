"""Checks of invariant 4: records and standings as expected, once nothing stands in the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tally.domain.holds import Grown, Strangers
from tally.domain.model.month import Month
from tally.domain.model.standing import Scope, StandingState
from tally.domain.record.history import TALLY
from tally.domain.record.lines import LAID_DOWN, Line, LineState
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.ledger.form import scope_text
from verification.simulation.billed_services import Billed
from verification.simulation.books import Books
from verification.simulation.causes import Causes
from verification.simulation.causes_table import BILLING, STANDINGS, TOO_MANY
from verification.simulation.msp import Firm
from verification.simulation.story import ViolationError

_SEEN = frozenset({"changed by people", "beside another", "agreement is gone"})
"""Causes that a look at ConnectWise shows."""
_LOOKED_AT = timedelta(hours=26)
"""By then it has been looked at, a tick's jobs included."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The expectation for a company's month, or (no month) for the company: one of these causes."""

    month: Month | None
    causes: frozenset[str]


class StandingChecks:
    """Compares standings and records of one service with what they must be."""

    def __init__(self, books: Books, billed: Billed) -> None:
        self.books = books
        self.billed = billed
        self.msp = books.msp
        self.causes = Causes(books, billed)
        self._links = 0

    def look_at_links(self) -> None:
        """MATCH-1: who has just been linked is linked to the one company of its very name."""
        links = self.msp.ledger.links()
        if len(links) == self._links:
            return
        new = list(links.values())[self._links :]
        self._links = len(links)
        for link in new:
            firm = self.msp.by_id.get(link.company_id)
            if firm is None or link.linked_by != TALLY:
                continue
            # What the tick has read may be older than what somebody has just done.
            is_certain = self.msp.clock.now() - firm.touched > timedelta(minutes=10)
            if is_certain and not self.causes.tieable(firm, to=link.connectwise_id):
                raise ViolationError(
                    4, f"linked to {link}, which is not its only namesake", company=firm.name
                )
            if link.connectwise_id is not None:
                self.msp.is_linked(firm, link.connectwise_id)

    def look_quickly(self, firm: Firm, tick: datetime) -> None:
        """Check that an undisturbed company has its month's record, and no old one open."""
        month = Month.of(tick)
        record = self.books.head(firm, month, self.billed)
        before = self.books.head(firm, month.previous, self.billed)
        is_open = before is not None and before.state is RecordState.OPEN
        late = before if is_open and tick >= self.msp.closes(month.previous) else None
        unopened = (
            record is not None
            and _is_unopened(record)
            and not self._was_another_months(record, tick)
        )
        if record is not None and late is None and not unopened:
            return
        if self.causes.of_company(firm) or next(self.causes.in_the_way(firm, month, tick), ""):
            return
        if record is None:
            raise self._violation(
                4,
                f"nothing stands in the way of {month}, and it has no record after the tick {tick}",
                firm,
                month,
            )
        if unopened:
            raise self._violation(
                4,
                (
                    f"nothing stands in the way of {month}, and it has no Addition after the tick "
                    f"{tick}: {record}"
                ),
                firm,
                month,
            )
        if late is not None and not self.causes.kept_open(firm, late):
            raise self._violation(
                4,
                (
                    f"{month.previous} is open after the tick {tick}, and nothing stands in the "
                    f"way: {late}"
                ),
                firm,
                month.previous,
            )

    def look(self, firm: Firm, tick: datetime, records: Sequence[UsageRecord]) -> None:
        """Check at the end that every cause shown is true and in the table, and none missing."""
        self.books.as_of = tick
        left_out = self.causes.of_company(firm) == "left out"
        if left_out and self.msp.gravityzone.tenant.find(firm.id) is None:
            return  # asked for once a day, so that its months may still fail
        standing = self.msp.ledger.standing(firm.id)
        left_alone = firm.partner and self.causes.of_company(firm) == TOO_MANY
        # What was said of its months stays, since nothing is read or written for them.
        expected = (
            [Expected(None, frozenset({TOO_MANY}))]
            if left_alone
            else list(self._expected(firm, tick, records))
        )
        if standing is None:
            is_seen = self.msp.gravityzone.tenant.find(firm.id) is not None and not left_out
            if is_seen and not self.causes.unlicensed_since_today(firm, tick):
                raise ViolationError(4, "it has no standing", company=firm.name)
            return
        for each in expected:
            shown = [
                cause for scope, cause in standing.causes.items() if self._is_of(scope, each.month)
            ]
            fits = [
                any(_fits(cause.state, cause.reason, name) for name in each.causes)
                for cause in shown
            ]
            if not all(fits) or (not shown and "billed" not in each.causes):
                seen = (
                    "; ".join(f"{cause.state.label} ({cause.reason})" for cause in shown)
                    or "nothing"
                )
                what = f"the truth is one of {sorted(each.causes)}, the standing says {seen}"
                raise self._violation(4, what, firm, each.month)
        explained = {each.month for each in expected}
        for scope, cause in standing.causes.items():
            mine = self._is_of(scope, scope.month) and not (left_alone and scope.month)
            if scope.month not in explained and mine and cause.state is not BILLING:
                raise self._violation(
                    4,
                    f"nothing explains the standing {scope_text(scope)}: {cause.state.label} "
                    f"({cause.reason})",
                    firm,
                    scope.month,
                )

    def _expected(
        self, firm: Firm, tick: datetime, records: Sequence[UsageRecord]
    ) -> Iterator[Expected]:
        cause = self.causes.of_company(firm)
        if cause:
            yield Expected(None, frozenset({cause, *self.causes.said_instead(firm)}))
        month = Month.of(tick)
        by_month = {record.key.month: record for record in records}
        for record in records:
            line = record.newest
            if record.state is not RecordState.OPEN:
                yield from self._of_settled(firm, record, tick)
            elif line is not None and line.state is LineState.FROZEN:
                yield Expected(record.key.month, self._of_frozen(firm, record, tick))
            elif line is not None and line.state is LineState.OPEN and is_late(record):
                yield Expected(
                    record.key.month,
                    self._of_open(firm, record, tick) | self._of_frozen(firm, record, tick),
                )
            elif line is not None and line.state is LineState.OPEN:
                yield Expected(record.key.month, self._of_open(firm, record, tick))
            else:
                yield Expected(
                    record.key.month,
                    self._of_unopened(firm, record.key.month, tick, record, stopped=bool(cause)),
                )
        for each in (month.previous, month):
            if each not in by_month and not cause:
                yield Expected(each, self._of_unopened(firm, each, tick, None, stopped=False))

    def _of_open(self, firm: Firm, record: UsageRecord, tick: datetime) -> frozenset[str]:
        line, month = record.newest, record.key.month
        assert line is not None
        closing = self._closing(firm, month, tick)
        causes = set(self.causes.oddities(firm, record, closing=closing))
        nonsense = self.causes.counts.nonsense(firm, month, record)
        unread = self.causes.unread(firm, record)
        if unread and self.causes.counts.had_grown(firm, record):
            return frozenset({"grown, and unread"})
        asks = self.msp.setting.late_usage == "hold" and is_late(record) and closing
        if nonsense and not unread:
            causes.add(nonsense)
        elif not closing and (unread or self.causes.is_doubted(firm, record, tick)):
            causes.add("counter stays")
        elif unread and record.hold is not None:
            causes.add("never written")
        elif not unread and asks and self.causes.counts.beyond(firm, record, closing=closing):
            # Its contract's floor, say, is higher than when a person was asked.
            causes.add("late, on the open line")
        elif (
            not unread
            and not causes
            and not self.causes.counts.right(firm, record, closing=closing)
            and record.refusal is None
        ):
            raise self._violation(
                4,
                (
                    f"GravityZone counts {self.causes.counts.count(firm, month)}, and the line is "
                    f"{line}"
                ),
                firm,
                month,
            )
        if record.refusal is not None:
            causes.add("agreement refuses changes")
        if closing and not causes:
            raise self._violation(
                4, f"nothing keeps it open after the tick {tick}: {record}", firm, month
            )
        # Before the close, and as long as the count does not change, ConnectWise is looked at once
        # a day (FOLLOW-5).
        since = max((firm.touched, *self.books.written(firm)))
        seen = (
            closing
            or (unread and causes == {"counter stays"})
            or (causes & _SEEN and tick - since > _LOOKED_AT and not self._looked_in_part(record))
        )
        return frozenset(causes if seen else {*causes, "billed"})

    def _looked_in_part(self, record: UsageRecord) -> bool:
        """Return True if the last look was a failed tick's: a copy elsewhere waits for the next."""
        standing = self.msp.ledger.standing(record.key.company_id)
        looked = None if standing is None else standing.looked.get(record.key.scope)
        return looked in self.books.failed_ticks

    def _closing(self, firm: Firm, month: Month, tick: datetime) -> bool:
        """Return True if the close has come, and nothing stops the whole company (MATCH-7)."""
        return tick >= self.msp.closes(month) and not self.causes.merged(firm)

    def _of_frozen(self, firm: Firm, record: UsageRecord, tick: datetime) -> frozenset[str]:
        """Return the causes of a frozen line (LATE-2).

        Usage beyond it is told, then asked about, or goes onto a line of its own.
        """
        month, setting = record.key.month, self.msp.setting
        closing = self._closing(firm, month, tick)
        causes = set(self.causes.oddities(firm, record, closing=closing))
        if record.lines and record.head is None:
            # What was invoiced is no fall: the less is to be credited (LATE-3).
            causes.discard("fallen")
        nonsense = self.causes.counts.nonsense(firm, month, record)
        unread = self.causes.unread(firm, record)
        if nonsense and not unread:
            causes.add(nonsense)
        if not closing and (unread or self.causes.is_doubted(firm, record, tick)):
            causes.add("counter stays")
        if record.refusal is not None:
            causes |= {"refused", "invoiced already"}
        if unread and record.hold is not None:
            causes |= {"late, to be asked", "grown", "never written"}
        beyond = self.causes.counts.beyond(firm, record, closing=closing)
        if beyond and not unread and not self.causes.has_product():
            excluded = self.causes.excluded_without_product(firm)
            causes.add("unplaced" if closing else "product not found" if excluded else "billed")
        if beyond and not unread:
            causes |= set(self.causes.agreements.places_late_usage(firm, tick))
            causes |= {"unplaced"} if closing and causes else set()
            causes |= {"late, to be asked"} if setting.late_usage == "hold" or causes else set()
        if closing and not causes:
            raise self._violation(
                4, f"nothing keeps it open after the tick {tick}: {record}", firm, month
            )
        seen = not self.causes.merged(firm) and self.causes.counts.beyond(
            firm, record, closing=closing, at=self.books.as_of
        )
        if beyond and seen and not unread and not causes and setting.late_usage == "bill":
            raise self._violation(
                4, f"what it can carry no more is on no line: {record}", firm, month
            )
        return frozenset(causes) if closing else frozenset({*causes, "billed"})

    def _of_settled(self, firm: Firm, record: UsageRecord, tick: datetime) -> Iterator[Expected]:
        """Yield a waived month's cause while it runs, unless the whole company is stopped."""
        if record.state is RecordState.CLOSED:
            yield from self._of_closed(firm, record, tick)
        elif record.key.month == Month.of(tick):
            stopped = bool(self.causes.of_company(firm))
            yield Expected(
                record.key.month, frozenset({"waived", "billed"} if stopped else {"waived"})
            )

    def _of_closed(self, firm: Firm, record: UsageRecord, tick: datetime) -> Iterator[Expected]:
        """Yield a closed month's causes: it is read once more, then only late usage stands open.

        That waits for a person, or for want of a place.
        """
        month = record.key.month
        due = tick >= month.next.starts + timedelta(days=self.msp.setting.open_until_day - 1)
        line = record.newest
        asked = record.hold is not None or (line is not None and line.state not in LAID_DOWN)
        if not due or (record.closing is not None and record.closing.reread and not asked):
            return
        if self.causes.merged(firm):
            yield Expected(
                month, self._of_frozen(firm, record, tick) | {"late, to be asked", "billed"}
            )
            return
        if asked:
            yield Expected(
                month,
                self._of_frozen(firm, record, tick) | {"late, to be asked", "grown", "billed"},
            )
            return
        causes = {
            self.causes.counts.nonsense(firm, month, record),
            *self.causes.agreements.places_late_usage(firm, tick),
        } - {""}
        if record.refusal is not None:
            causes |= {"refused", "invoiced already"}
        if not causes:
            raise self._violation(
                4,
                f"it is closed, and was not read once more by the tick {tick}: {record}",
                firm,
                month,
            )
        yield Expected(month, frozenset({*causes, "billed"}))

    def _of_unopened(
        self, firm: Firm, month: Month, tick: datetime, record: UsageRecord | None, *, stopped: bool
    ) -> frozenset[str]:
        """Return the reasons for an unopened month.

        One that is over may be left for older reasons.
        """
        causes = set(self.causes.in_the_way(firm, month, tick))
        if record is not None and record.hold is not None:
            causes |= {"beside another", "late, to be asked"}
        if record is not None and any(line.state is LineState.VOID for line in record.lines):
            causes.add("voided there")
            causes |= {"product not found"} if self.causes.excluded_without_product(firm) else set()
            if self._closing(firm, month, tick):
                causes |= (
                    {"unplaced", "voided, and unread"}
                    if record.is_standing
                    else {"voided, and unread"}
                )
        if record is not None and record.refusal is not None:
            causes.add("refused")
        if record is not None:
            causes |= {"missed"} if month < Month.of(tick) else set()
        if month < Month.of(tick) or stopped:
            causes.add("billed")
        if not causes:
            raise self._violation(
                4,
                (
                    f"nothing stands in the way of {month}, and it is not open after the tick "
                    f"{tick}: {record}"
                ),
                firm,
                month,
            )
        return frozenset(causes)

    def _was_another_months(self, record: UsageRecord, tick: datetime) -> bool:
        """Return True if it is held for Additions that the company's other months have taken over.

        Jobs of the same tick did so.
        """
        if not isinstance(record.hold, Strangers):
            return False
        taken = {
            line.addition_id
            for key, other in self.books.heads.items()
            if key.company_id == record.key.company_id and key != record.key
            for line in other.lines
            if line.addition_id in self.msp.given and line.written.at >= tick
        }
        return taken.issuperset(record.hold.foreign)

    def _is_of(self, scope: Scope, month: Month | None) -> bool:
        """Return True if a cause is of that month, or (no month) of the company, and service.

        The service may be the cause's only one, or one of all.
        """
        return scope.month == month and scope.service in (None, self.billed.name)

    def _violation(
        self, invariant: int, what: str, firm: Firm, month: Month | None
    ) -> ViolationError:
        scope = (
            str(month or "")
            if self.msp.setting.second is None
            else f"{month or ''} {self.billed.name}"
        )
        return ViolationError(invariant, what, company=firm.name, month=scope)


def is_late(record: UsageRecord) -> bool:
    """Return True if the newest line carries usage that another line could not."""
    return any(
        line.state in (LineState.FROZEN, LineState.FINAL) for line in record.lines[:-1]
    ) or any(
        line.number > 0 and line.place.effective > record.key.month.last for line in record.lines
    )


def left_so(record: UsageRecord, line: Line) -> bool:
    """Return True if a person has left the frozen line's Addition as it is."""
    said = (f"line {line.number} is ", f"line {line.number} has cancelled date ")
    return any(each.startswith(said) for each in record.left_so)


def _is_unopened(record: UsageRecord) -> bool:
    """Return True if it has no Addition, and nobody said that it gets none.

    A person or ConnectWise can say so. One held for its growth may have been compared with a month
    before that was pushed later in the same tick.
    """
    grown = isinstance(record.hold, Grown)
    return (
        not record.lines
        and not grown
        and record.state is RecordState.OPEN
        and record.refusal is None
    )


def _fits(state: StandingState, reason: str, name: str) -> bool:
    wanted, fragment = STANDINGS[name]
    return state is wanted and fragment in reason
