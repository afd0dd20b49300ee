"""Causes on counts: GravityZone's numbers, if they are counts, against the ledger's."""

from collections.abc import Mapping
from datetime import datetime

from tally.domain.holds import Grown
from tally.domain.model.month import Month
from tally.domain.model.reading import MOST_SEATS
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from verification.simulation import partners
from verification.simulation.billed_services import Billed
from verification.simulation.books import Books
from verification.simulation.msp import Firm


class Counts:
    """Reads one service's counts off GravityZone, and compares them with the ledger's."""

    def __init__(self, books: Books, billed: Billed) -> None:
        self.books = books
        self.billed = billed
        self.msp = books.msp

    def count(self, firm: Firm, month: Month, at: datetime | None = None) -> int:
        """Return GravityZone's present answer, or the one at an instant."""
        if firm.partner:
            return partners.own_count(self.msp, firm, month, at)
        return self.msp.count(self.billed, firm, month, at)

    def nonsense(self, firm: Firm, month: Month, record: UsageRecord | None = None) -> str:
        """Return the fault in GravityZone's answer for the month, "" for none.

        Those below a partner may count more than the whole without a fault, if others stand there
        than the record knows. A person is asked then, or has answered.
        """
        overrides = self.msp.gravityzone.tenant.overrides
        if not overrides:
            return ""
        if firm.partner:
            return self._nonsense_of_partner(firm, month, record)
        for each in self.billed.product_types:
            told = overrides.get((firm.id, str(month), each), {})
            if wrong := _no_count(told, self.billed.counter):
                return wrong
        return ""

    def _nonsense_of_partner(self, firm: Firm, month: Month, record: UsageRecord | None) -> str:
        """Return the first fault among the answers for the partner and those below it.

        It is also a fault if they count more than the whole.
        """
        answers = [
            _no_count(told, self.billed.counter)
            for _, told in partners.first_told(self.msp, firm, month)
        ]
        if wrong := next(filter(None, answers), ""):
            return wrong
        moved = record is not None and partners.moved_below(self.msp, firm, record)
        return (
            "those below count more"
            if partners.own_count(self.msp, firm, month) < 0 and not moved
            else ""
        )

    def right(self, firm: Firm, record: UsageRecord, *, closing: bool) -> bool:
        """Return True if the line is at the count, a person's number, or the close's floor."""
        line, company = record.newest, self.msp.gravityzone.tenant.company(firm.id)
        assert line is not None
        count = self.count(firm, record.key.month)
        seen = self.count(firm, record.key.month, self.books.as_of)
        floored = self.msp.setting.bill_minimum and self.billed.floored and closing
        floor = {max(count, company.minimum_usage or 0)} if floored else set()
        if firm.partner and self.books.as_of is not None:
            seen -= partners.unseen(self.msp, firm, record.key.month, self.books.as_of, None)
            if seen <= record.stands <= count:
                return True
        return record.stands in {count, seen} | floor | self.books.chosen.get(record.key, set())

    def beyond(
        self, firm: Firm, record: UsageRecord, *, closing: bool, at: datetime | None = None
    ) -> bool:
        """Return True if more is to be billed, now or at an instant, than the record's lines bill.

        A difference that a person has accepted does not count.
        """
        if self.is_kept(firm, record):
            return False
        company = self.msp.gravityzone.tenant.find(firm.id)
        count = self.count(firm, record.key.month, at)
        if (
            self.msp.setting.bill_minimum
            and self.billed.floored
            and closing
            and company is not None
        ):
            count = max(count, company.minimum_usage or 0)
        return count > record.stands

    def is_kept(self, firm: Firm, record: UsageRecord) -> bool:
        """Return True if a person keeps the line while those stand below a partner.

        READ-4.
        """
        moved = firm.partner and partners.moved_below(self.msp, firm, record)
        return moved and not partners.others_below(self.msp, firm, record)

    def grows_too_fast(self, firm: Firm, month: Month) -> bool:
        """Return True if the month's count is too far above the month before, as that is now."""
        return self.too_fast(firm, month, self.count(firm, month))

    def grew_too_fast(self, firm: Firm, month: Month, tick: datetime) -> bool:
        """Return True if it was too far above at the tick's job for the month.

        The tick's job for the month before came only after it.
        """
        before = self.books.head(firm, month.previous, self.billed)
        changed = before is not None and before.seen_tick == tick
        return changed and self.too_fast(firm, month, self.count(firm, month), earlier=True)

    def too_fast(
        self,
        firm: Firm,
        month: Month,
        count: int,
        *,
        before_close: bool = False,
        earlier: bool = False,
    ) -> bool:
        """Return True if a count is beyond the month before by both limits (FOLLOW-4).

        Without a month before: if it is above the most that is billed unasked (READ-8).

        ``before_close``: also if it was so a moment ago, when the month before was still open and
        the floor pushed already. ``earlier``: also if it is beyond what the month before was until
        its last tick.
        """
        heads = self.books.earlier if earlier else self.books.heads
        before = heads.get(
            RecordKey(company_id=firm.id, month=month.previous, service=self.billed.name)
        )
        record = self.books.head(firm, month, self.billed)
        base: int | None
        approved = None if record is None else record.ruling(Said.GROW)
        if approved is not None:
            base = approved.number
        elif before is None or not before.lines:
            base = None
        else:
            open_then = before_close or before.state is RecordState.OPEN
            base = before.stands if open_then else before.count
        setting = self.msp.setting
        if base is None:
            return count > setting.first_month_seats
        beyond = count - base
        return beyond > setting.growth_seats and beyond * 100 > base * setting.growth_percent

    def had_grown(self, firm: Firm, record: UsageRecord) -> bool:
        """Return True if it is held as too fast at no more than the count of that time.

        Nonsense answered since then lifts no hold.
        """
        hold, month, truth = record.hold, record.key.month, self.msp.gravityzone.truth
        if not isinstance(hold, Grown):
            return False
        held_at = max(
            each.at for each in self.msp.ledger.history(record.key) if each.what == "held: growth"
        )
        counted = sum(
            truth.count(
                firm.id, str(month), held_at, counter=self.billed.counter, product_type=each
            )
            for each in self.billed.product_types
        )
        return hold.quantity <= counted and self.too_fast(firm, month, hold.quantity)


def _no_count(told: Mapping[str, object], counter: str) -> str:
    if counter not in told:
        return ""
    value = told[counter]
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_SEATS:
        return ""
    return "counter is nonsense" if isinstance(value, int | float | str) else "counter is missing"
