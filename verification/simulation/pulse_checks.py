"""The checks of invariant 10: no change is missed for longer than totals may spare readings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from simulators.gravityzone.tenant import PAID_MONTHLY
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.planning.look_schedule import is_licence_to_be_checked, is_to_be_looked_at
from tally.domain.planning.tick_context import TickContext
from tally.domain.pulse.state import Pulse
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import ContradictedError
from tally.planner.plan import Planned
from verification.simulation.billed_services import Billed
from verification.simulation.books import Books
from verification.simulation.msp import Firm
from verification.simulation.story import ViolationError

_TWO_DAYS, _FOUR_HOURS, _AN_HOUR = timedelta(days=2), timedelta(hours=4), timedelta(hours=1)


class PulseChecks:
    """Looks for counts that the pulse has missed.

    ``_overridden`` tells whether GravityZone answers otherwise than it counts. Every method raises
    ViolationError.
    """

    def __init__(self, books: Books, overridden: Callable[[RecordKey], bool]) -> None:
        self.books = books
        self.msp = books.msp
        self._overridden = overridden
        self.looks = 0

    def after_tick(self, tick: datetime) -> None:
        """Check after a tick without trouble: all that was counted before the full sweep is billed.

        That was at this tick, or less than its interval before it.
        """
        since = tick - longest_spared(tick)
        for firm in self.msp.firms:
            for each in self.msp.billed_now:
                if missed := self._missed(firm, each, tick, since=since):
                    raise self.books.violation(
                        10,
                        f"{missed}, though every company has been read since",
                        self._key(firm, each, tick),
                    )

    def after_look(self, at: datetime, pulse: Pulse) -> None:
        """Check after a look that found the total where it was, or where its move comes from.

        ``pulse`` is the memory after it. Nothing is said of totals that lie, nor where something
        may have fallen as something else rose.
        """
        swept = pulse.swept
        if swept is None or not self._are_true():
            return
        if self.msp.gravityzone.tenant.overrides or self.msp.shifted >= swept:
            return
        self.looks += 1
        for firm in self.msp.firms:
            for each in self.msp.billed_now:
                missed = self._missed(firm, each, at, since=at)
                if missed and not self._is_read_next(firm, each, at, pulse):
                    raise self.books.violation(
                        10,
                        f"{missed}, though a look has found the totals' move",
                        self._key(firm, each, at),
                    )

    def contradicted(self, error: ContradictedError, before: Pulse) -> None:
        """Check that only totals that lie are contradicted, or counts that answers made up.

        One company's usage may also have become another's since the last complete sweep: then one
        rose, and the total did not. ``before`` is the memory before the firing.
        """
        told_otherwise = self.msp.gravityzone.tenant.overrides
        begun = before.expected.tick if before.swept is None and before.expected else before.swept
        if begun is not None and self.msp.went_along >= begun:
            return
        if self._are_true() and not told_otherwise:
            raise ViolationError(10, f"totals that are true were contradicted: {error}")

    def _are_true(self) -> bool:
        """Return True if the totals are told truly.

        Those above a partner that was ever without a monthly subscription lack its companies.
        """
        partners = (firm for firm in self.msp.firms if firm.partner)
        always = all(
            licence == PAID_MONTHLY for partner in partners for _, licence in partner.licences
        )
        return self.msp.setting.totals.true and always

    def _missed(self, firm: Firm, billed: Billed, at: datetime, *, since: datetime) -> str:
        """Say that an undisturbed company is billed for less than what was counted by ``since``."""
        if not firm.there or firm.partner or firm.touched >= since:
            return ""
        company = self.msp.gravityzone.tenant.find(firm.id)
        key = self._key(firm, billed, at)
        record = self.msp.ledger.record(key)
        if company is None or not company.monthly or record is None or not self._follows(record):
            return ""
        counted = self.msp.count(billed, firm, key.month, since)
        if record.stands >= counted or self._overridden(key) or self._is_told(key):
            return ""
        return f"{counted} were counted by {since:%d. %H:%M:%S}, and billed are {record.stands}"

    def _follows(self, record: UsageRecord) -> bool:
        """Return True if nothing was said of it that stops its Addition from following."""
        line = record.newest
        return (
            record.state is RecordState.OPEN
            and not (record.hold or record.refusal or record.rulings)
            and record.key not in self.books.chosen
            and line is not None
            and [each.state for each in record.lines] == [LineState.OPEN]
        )

    def _waits(self, key: RecordKey) -> bool:
        """Return True if a tick must see to the record, whatever the totals say (PULSE-5)."""
        record = self.msp.ledger.record(key)
        if record is None or record.state is not RecordState.OPEN:
            return self._is_told(key)
        said = record.hold or record.refusal or record.rulings or record.claim
        plain = [(each.state, each.written.unsure) for each in record.lines] == [
            (LineState.OPEN, ())
        ]
        return bool(said) or not plain or self._is_told(key)

    def _is_remembered(self, firm: Firm, at: datetime, pulse: Pulse) -> bool:
        """Return True if a search has found more than the ledger has, or could not tell."""
        found = pulse.searches.found.get(firm.id)
        if found is None:
            return False
        keys = (self._key(firm, each, at) for each in self.msp.billed_now)
        records = {key.service: self.msp.ledger.record(key) for key in keys}
        stand = {name: record.stands for name, record in records.items() if record is not None}
        return not found or any(count > stand.get(name, count) for name, count in found.items())

    def _is_told(self, key: RecordKey) -> bool:
        """Return True if the company's standing says that it is not simply billed."""
        standing = self.msp.ledger.standing(key.company_id)
        return standing is None or any(
            cause.state is not StandingState.BILLING
            for scope, cause in standing.causes.items()
            if scope.month in (None, key.month) and scope.service in (None, key.service)
        )

    def _is_read_next(self, firm: Firm, billed: Billed, at: datetime, pulse: Pulse) -> bool:
        """Return True if the next tick reads it anyway, or a job that is on its way."""
        msp = self.msp
        if self._is_remembered(firm, at, pulse):
            return True
        if any(firm.id in body for body in msp.world.queue.bodies()):
            return True
        key = self._key(firm, billed, at)
        if any(self._waits(replace(key, service=each.name)) for each in msp.billed_now):
            return True  # a service of the company-month waits, so the tick reads all of it
        record, ticks = msp.ledger.record(key), msp.ledger.ticks()
        invoices = [str(each["nextInvoiceDate"])[:10] for each in msp.agreements(firm)]
        soon = {str((at + timedelta(days=days)).date()) for days in range(3)}
        if record is None or ticks is None or not soon.isdisjoint(invoices):
            return True
        context = TickContext(
            tick=at,
            ticks=ticks,
            first_month=ticks.first_month,
            services=(),
            policy=msp.world.policy,
            directory=None,
        )
        standing = msp.ledger.standing(firm.id)
        return is_licence_to_be_checked(firm.id, standing, context) or is_to_be_looked_at(
            record, standing, None, context
        )

    @staticmethod
    def _key(firm: Firm, billed: Billed, at: datetime) -> RecordKey:
        return RecordKey(company_id=firm.id, month=Month.of(at), service=billed.name)


def found_the_move(look: Planned | None, at: datetime, before: Pulse, after: Pulse) -> bool:
    """Return True if a look found the total where it was, or where its move comes from.

    A search that did has other totals to measure the next move from than it began with. Those were
    the totals of a sweep, if the look has judged one first. ``before`` and ``after`` are the
    memory around it.
    """
    if look is None:
        return False
    judged = before.expected is not None and after.swept == before.expected.tick != before.swept
    began_with = before.expected.totals if judged and before.expected else before.totals
    settled = after.searches.last == at and after.totals != began_with
    return settled or look.skipped == "no total has moved"


def longest_spared(tick: datetime) -> timedelta:
    """Return the age of the oldest full sweep that a tick may rely on (PULSE-4)."""
    month = Month.of(tick)
    if tick < month.starts + _TWO_DAYS:
        return timedelta()
    return _AN_HOUR if tick >= month.next.starts - _TWO_DAYS else _FOUR_HOURS
