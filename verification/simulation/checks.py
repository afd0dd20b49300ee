"""The invariants against the simulators' truth, for everything written since the last look."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import requests

from simulators.core import Call, CallLog
from simulators.gravityzone.tenant import PAID_MONTHLY
from tally.domain.model.month import Month
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import ContractError, TallyError
from tally.messages import Job
from verification.simulation import partners
from verification.simulation.addition_checks import AdditionChecks
from verification.simulation.billed_services import ENDPOINTS
from verification.simulation.books import Books
from verification.simulation.invoice_checks import InvoiceChecks
from verification.simulation.msp import Firm, Msp
from verification.simulation.pulse_checks import PulseChecks
from verification.simulation.rate_checks import RateChecks
from verification.simulation.record_checks import RecordChecks
from verification.simulation.standing_checks import StandingChecks, left_so
from verification.simulation.story import ViolationError
from verification.simulation.write_checks import WriteChecks

_BUG = "please report this as a bug"
_INDEX_SHOWS = timedelta(seconds=30)
_REACHED = timedelta(minutes=10)
_A_MOMENT = timedelta(microseconds=1)
_UNREAD = "Closed with the last count"


class Checks:
    """Looks at the books of one run.

    Every method raises ViolationError where something is wrong.
    """

    def __init__(self, msp: Msp) -> None:
        self.books = Books(msp=msp)
        self.msp = msp
        self.ledger = msp.ledger
        self.company_months = 0
        self.calls = 0
        self.additions = AdditionChecks(self.books)
        self.records = RecordChecks(self.books, self.additions)
        self.standings = {
            each.name: StandingChecks(self.books, each) for each in msp.setting.services
        }
        self.writes = WriteChecks(self.books, self.additions, self.standings)
        self.invoices = InvoiceChecks(msp)
        self.rates = RateChecks()
        self.pulse = PulseChecks(self.books, self._overridden)
        self._failed_jobs: set[str] = set()
        self._last_tick = datetime.min.replace(tzinfo=UTC)
        self._last_month: Month | None = None

    def before_write(self, request: requests.PreparedRequest) -> None:
        """Invariant 7: check that the ledger has the coming write as an intent by now."""
        self.records.follow()
        self.writes.look(request)

    def job_done(self, job: Job, done: Mapping[str, str], *, started: datetime) -> None:
        """Invariant 5: check an open record without a hold against its last good job's truth."""
        firm = self.msp.by_id.get(job.company_id)
        if firm is None or not job.licensed or firm.touched >= job.tick or "failed" in done:
            return
        company = self.msp.gravityzone.tenant.find(firm.id)
        if company is None or not company.monthly:
            return
        for each in job.services:
            if each.service not in done:
                continue  # another job has seen more of it
            paid = company.subscription_type == PAID_MONTHLY
            self._followed(firm, job, each.service, done, started=started, paid=paid)

    def _followed(
        self,
        firm: Firm,
        job: Job,
        service: str,
        done: Mapping[str, str],
        *,
        started: datetime,
        paid: bool,
    ) -> None:
        record = self.ledger.record(
            RecordKey(company_id=job.company_id, month=job.month, service=service)
        )
        if record is None or record.state is not RecordState.OPEN or record.hold or record.refusal:
            return
        if done.get(service) == "dropped" or self._overridden(record.key):
            return
        line = record.newest
        if line is None or line.state in (LineState.VOID, LineState.VOIDING):
            return
        now = self.msp.clock.now()
        least, most = self._bounds(firm, record.key, started, now)
        late = line.state is LineState.FROZEN or any(
            each.state is LineState.FROZEN for each in record.lines
        )
        right = (
            least <= record.stands <= most
            or record.stands in self.books.chosen.get(record.key, ())
            or self._is_floor(firm, record)
            # What it can carry no more is told, asked, or waits for an agreement: the end looks at
            # which (invariant 4).
            or late
            # READ-3: on trial, less than was billed is no count.
            or (not paid and most < record.highest)
        )
        # One that another worker, killed since, has written while this job was at work is the next
        # one's to see to.
        left = record.claim is not None and record.claim.at < started
        if not right or left:
            counted = str(most) if least == most else f"{least} to {most}"
            what = (
                f"the job of {job.tick} succeeded ({dict(done)}), GravityZone counts {counted}, "
                f"and the line is {line}"
            )
            raise self.books.violation(5, what, record.key)

    def job_failed(self, error: TallyError | None, company_id: str) -> None:
        """Take note of a job that came to nothing.

        A broken rule of the product is still a violation.
        """
        self._failed_jobs.add(company_id)
        if isinstance(error, ContractError) and _BUG in str(error):
            raise ViolationError(0, str(error))

    def after_plan(self) -> None:
        """Look at the decisions that a tick's planner takes alone: the links."""
        self.standings[ENDPOINTS.name].look_at_links()

    def after_step(self, *, tick: datetime, good: bool, odd: Collection[str] = ()) -> None:
        """All that the write logs have to say of one step.

        ``good``: nothing stood in its way, but what is ``odd`` of some companies.
        """
        self.records.follow()
        self._count_months(tick)
        gravityzone, connectwise = self.msp.gravityzone.calls, self.msp.connectwise.calls
        self.rates.of_gravityzone(gravityzone)
        self.rates.of_connectwise(connectwise)
        if connectwise.counts["POST additions"] or connectwise.counts["PATCH additions/{id}"]:
            self.additions.look(connectwise)
        if self.records.closed:
            self._look_at_closed(gravityzone)
        self.invoices.look()
        for log in (gravityzone, connectwise):
            self.calls += len(log)
            log.clear()
        # The planner's bulk reads are seconds old: back to back, it may not know yet what the tick
        # before wrote.
        in_sight = tick - self._last_tick > _INDEX_SHOWS
        if good and in_sight and self._failed_jobs.issubset(odd):
            self._look_at_everybody(tick, odd)
        self._failed_jobs.clear()
        self._last_tick = max(tick, self._last_tick)

    def at_the_end(self, *, tick: datetime) -> None:
        """Invariant 4: check, after some ticks in peace, that all is right or as expected.

        The table of causes says what is expected.
        """
        self.records.replay()
        for firm in self.msp.firms:
            if firm.there:
                for name, standings in self._known_services():
                    standings.look(firm, tick, self._records_of(firm, name))
        self.additions.look_at_all()
        self.invoices.look_at_all(self.books.heads)

    def _look_at_everybody(self, tick: datetime, odd: Collection[str]) -> None:
        """Invariants 4 and 10: check after a step without faults that the undisturbed are right.

        So they are beside a company of which something is odd (SAFE-5).
        """
        if not odd:
            self.pulse.after_tick(tick)
        for firm in self.msp.firms:
            if firm.there and firm.id not in odd and tick - firm.touched > _REACHED:
                for _, standings in self._known_services():
                    standings.look_quickly(firm, tick)

    def _known_services(self) -> list[tuple[str, StandingChecks]]:
        """Those that are billed by now."""
        return [(each.name, self.standings[each.name]) for each in self.msp.billed_now]

    def _records_of(self, firm: Firm, service: str) -> list[UsageRecord]:
        return [
            record
            for key, record in self.books.heads.items()
            if key.company_id == firm.id and key.service == service
        ]

    def _is_floor(self, firm: Firm, record: UsageRecord) -> bool:
        """Return True if the line is at the contract's floor, which is pushed only at the close."""
        line, setting = record.newest, self.msp.setting
        closing = record.seen_tick >= self.msp.closes(record.key.month)
        floor = self.msp.gravityzone.tenant.company(firm.id).minimum_usage
        floored = setting.bill_minimum and self.msp.billed(record.key.service).floored
        return floored and closing and line is not None and record.stands == floor

    def _look_at_closed(self, calls: CallLog) -> None:
        """Invariant 3: check that a record closes with the truth at its close.

        The truth may be of any instant between its last reading and the close.
        """
        readings = {
            each: calls.of(each) for each in {each.call for each in self.msp.setting.services}
        }
        for transition in self.records.closed:
            record, key = transition.after, transition.after.key
            firm = self.msp.by_id.get(key.company_id)
            if firm is None:
                continue
            if transition.tick < self.msp.closes(key.month):
                raise self.books.violation(
                    3, f"closed by the tick {transition.tick}, before its close", key
                )
            read = self._last_reading(
                readings[self.msp.billed(key.service).call], key, transition.at
            )
            company = self.msp.gravityzone.tenant.find(firm.id)
            told = any(
                _UNREAD in notice or "could not be read once more" in notice
                for notice in record.notices
            )
            if read is None and not told:
                raise self.books.violation(
                    3, "closed without a reading, and no notice says so", key
                )
            # Without a monthly subscription GravityZone answers 0 whatever it has counted: that is
            # no reading either.
            if read is not None and not (told and (company is None or not company.monthly)):
                if (
                    firm.partner
                    and transition.before is not None
                    and record.count == transition.before.stands
                ):
                    # It may have seemed to have fallen, for which a partner is read twice by one
                    # job.
                    answers = readings[self.msp.billed(key.service).call]
                    read = self._last_reading(answers, key, read - _A_MOMENT) or read
                least, most = self._bounds(firm, key, read, transition.at)
                numbers = self.books.chosen.get(key, set())
                # A person's number is billed at the floor at least, where floors are billed.
                floored = (
                    bool(numbers) and self.msp.setting.bill_minimum and record.count == record.floor
                )
                chosen = record.count in numbers or floored or firm.touched >= transition.tick
                chosen = chosen or told
                if (
                    not least <= (record.count or 0) <= most
                    and not chosen
                    and not self._overridden(key)
                ):
                    raise self.books.violation(
                        3, f"closed with {record.count}, GravityZone counted {least} to {most}", key
                    )
            for each in record.lines:
                new = transition.before is None or each not in transition.before.lines
                if each.state is LineState.FINAL and new and not left_so(record, each):
                    self.additions.look_at_close(each, key, transition.at)
        self.records.closed.clear()

    @staticmethod
    def _last_reading(readings: list[Call], key: RecordKey, at: datetime) -> datetime | None:
        company, month = key.company_id.encode(), key.month.target.encode()
        return max(
            (
                call.at
                for call in readings
                if company in call.body and month in call.body and call.at <= at
            ),
            default=None,
        )

    def _overridden(self, key: RecordKey) -> bool:
        firm = self.msp.by_id.get(key.company_id)
        if firm is not None and firm.partner:
            return partners.told_otherwise(self.msp, firm)
        return any(each[0] == key.company_id for each in self.msp.gravityzone.tenant.overrides)

    def _count_months(self, tick: datetime) -> None:
        month = Month.of(tick)
        if month != self._last_month:
            self._last_month = month
            self.company_months += sum(firm.there for firm in self.msp.firms)

    def _bounds(
        self, firm: Firm, key: RecordKey, since: datetime, until: datetime
    ) -> tuple[int, int]:
        """The least and the most that a reading between two instants can have come to."""
        least, most = self._true(firm, key, since), self._true(firm, key, until)
        return least - (
            partners.unseen(self.msp, firm, key.month, since, until) if firm.partner else 0
        ), most

    def _true(self, firm: Firm, key: RecordKey, at: datetime) -> int:
        if firm.partner:
            return partners.own_count(self.msp, firm, key.month, at)
        return self.msp.count(self.msp.billed(key.service), firm, key.month, at)
