"""The invariants, checked against the simulators' own truth: only what was written since the last look."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import requests

from local.audit import gaps, replayed
from local.simulation import partners
from local.simulation.additions import AdditionChecks, asked_for
from local.simulation.invoices import InvoiceChecks, owed
from local.simulation.msp import Firm, Msp
from local.simulation.rates import RateChecks
from local.simulation.services import ENDPOINTS
from local.simulation.standings import StandingChecks, left_so
from local.simulation.story import ViolationError
from local.simulators.connectwise.records import TERMS
from local.simulators.core import Call, CallLog
from local.simulators.scenario import MONTHLY_SUBSCRIPTION
from tally.domain.month import Month
from tally.domain.record import (
    LAID_DOWN,
    TALLY,
    Intent,
    IntentKind,
    LineState,
    RecordKey,
    RecordState,
    Transition,
    UsageRecord,
)
from tally.errors import ContractError, TallyError
from tally.ledger.plain import paths, record_fields
from tally.messages import Job

_BUG = "please report this as a bug"
_REPLAYED_ONE_IN = 16
"""Every record's chain of versions is followed; so many have their history read and replayed, which costs a hundred times that."""
_INDEX_SHOWS = timedelta(seconds=30)
_JUST_NOW = timedelta(minutes=2)
_REACHED = timedelta(minutes=10)
_A_MOMENT = timedelta(microseconds=1)
_UNREAD = "Closed with the last count"
_CLOSES = frozenset({"closed", "read again"})


class Checks:
    """Looks at the books of one run. Every method raises ViolationError where something is wrong."""

    def __init__(self, msp: Msp) -> None:
        self.msp = msp
        self.ledger = msp.ledger
        self.journal: list[Transition] = []
        msp.ledger.journal = self.journal
        self.company_months = 0
        self.calls = 0
        self._chosen: dict[RecordKey, set[int]] = {}
        self._asked: set[RecordKey] = set()
        self._heads: dict[RecordKey, UsageRecord] = {}
        self._earlier: dict[RecordKey, UsageRecord] = {}
        """What each record was before the last tick that changed it."""
        self.additions = AdditionChecks(msp=msp, chosen=self._chosen, heads=self._heads)
        self.standings = {
            each.name: StandingChecks(msp, self._heads, self._chosen, each, earlier=self._earlier)
            for each in msp.setting.services
        }
        self.invoices = InvoiceChecks(msp)
        self.rates = RateChecks()
        self._failed_jobs = 0
        self._last_tick = datetime.min.replace(tzinfo=UTC)
        self._last_month: Month | None = None
        self._closed_now: list[Transition] = []

    def before_write(self, request: requests.PreparedRequest) -> None:
        """Invariant 7: what is about to be written stands in the ledger as an intent, at this very moment."""
        self._read_journal()
        url, body = request.url or "", request.body
        payload = json.loads(body or b"null")
        if request.method == "POST":
            self._announced(
                self.additions.key_of_text(payload.get("invoiceDescription", "")),
                IntentKind.POST,
                payload["quantity"],
                url,
            )
        elif request.method == "PATCH":
            addition_id, values = int(url.rpartition("/")[2]), {each["path"]: each["value"] for each in payload}
            if TERMS.issuperset(values):
                self._asked_for(addition_id, values, url)
            elif set(values) == {"quantity"}:
                self._announced(self.additions.key_of_id(addition_id), IntentKind.PATCH, values["quantity"], url)
            elif set(values) == {"invoiceDescription", "cancelledDate"} and addition_id in self.msp.given:
                self._announced(
                    self.additions.key_of_text(values["invoiceDescription"]), IntentKind.TAKE_OVER, addition_id, url
                )
            else:
                raise ViolationError(7, f"a PATCH of {payload} on {url}")
        else:
            raise ViolationError(7, f"{request.method} {url} is never to be sent")

    def job_done(self, job: Job, done: Mapping[str, str], *, started: datetime) -> None:
        """Invariant 5: an open record without a hold equals the truth at the last job that succeeded for it."""
        firm = self.msp.by_id.get(job.company_id)
        if firm is None or not job.licensed or firm.touched >= job.tick or "failed" in done:
            return
        company = self.msp.gravityzone.tenant.find(firm.id)
        if company is None or not company.monthly:
            return
        for each in job.services:
            if each.service not in done:
                continue  # another job has seen more of it
            self._followed(firm, job, each.service, done, started=started)

    def _followed(self, firm: Firm, job: Job, service: str, done: Mapping[str, str], *, started: datetime) -> None:
        record = self.ledger.record(RecordKey(company_id=job.company_id, month=job.month, service=service))
        if record is None or record.state is not RecordState.OPEN or record.hold or record.refusal:
            return
        if done.get(service) == "dropped" or self._overridden(record.key):
            return
        line = record.line
        if line is None or line.state in (LineState.OPENING, LineState.VOID, LineState.VOIDING):
            return
        now = self.msp.clock.now()
        least, most = self._bounds(firm, record.key, started, now)
        late = line.state is LineState.FROZEN or any(each.state is LineState.FROZEN for each in record.lines)
        right = (
            least <= record.stands <= most
            or record.stands in self._chosen.get(record.key, ())
            or self._is_floor(firm, record)
            # What it can carry no more is told, asked, or waits for an agreement: the end looks at which (invariant 4).
            or late
        )
        # One that another worker, killed since, has written while this job was at work is the next one's to see to.
        left = line.intent is not None and line.intent.at < started
        if not right or left:
            counted = str(most) if least == most else f"{least} to {most}"
            what = (
                f"the job of {job.tick} succeeded ({dict(done)}), GravityZone counts {counted}, and the line is {line}"
            )
            raise self._violation(5, what, record.key)

    def job_failed(self, error: TallyError | None) -> None:
        """A job came to nothing this time; a contradiction of the rules is a violation all the same."""
        self._failed_jobs += 1
        if isinstance(error, ContractError) and _BUG in str(error):
            raise ViolationError(0, str(error))

    def after_plan(self) -> None:
        """What a tick's planner alone decides: who was tied to whom."""
        self.standings[ENDPOINTS.name].look_at_ties()

    def after_step(self, *, tick: datetime, good: bool) -> None:
        """All that the write logs have to say of one step; ``good``: nothing stood in its way."""
        self._read_journal()
        self._count_months(tick)
        gravityzone, connectwise = self.msp.gravityzone.calls, self.msp.connectwise.calls
        self.rates.of_gravityzone(gravityzone)
        self.rates.of_connectwise(connectwise)
        if connectwise.counts["POST additions"] or connectwise.counts["PATCH additions/{id}"]:
            self.additions.look(connectwise)
        if self._closed_now:
            self._look_at_closed(gravityzone)
        self.invoices.look()
        for log in (gravityzone, connectwise):
            self.calls += len(log)
            log.clear()
        # The planner's bulk reads are seconds old: back to back, it may not know yet what the tick before wrote.
        in_sight = tick - self._last_tick > _INDEX_SHOWS
        if good and in_sight and not self._failed_jobs:
            self._look_at_everybody(tick)
        self._failed_jobs = 0
        self._last_tick = max(tick, self._last_tick)

    def at_the_end(self, *, tick: datetime) -> None:
        """Invariant 4: after some ticks in peace everything is right, or stands as the table of causes says."""
        for key, record in self._heads.items():
            self._replay(key, record)
        for firm in self.msp.firms:
            if firm.there:
                for name, standings in self._known_services():
                    standings.look(firm, tick, self._records_of(firm, name))
        self.additions.look_at_all(self._heads)
        self.invoices.look_at_all(self._heads)

    def _look_at_everybody(self, tick: datetime) -> None:
        """After a step in which nothing went wrong, whoever was left in peace is billed right (invariant 4)."""
        for firm in self.msp.firms:
            if firm.there and tick - firm.touched > _REACHED:
                for _, standings in self._known_services():
                    standings.look_quickly(firm, tick)

    def _known_services(self) -> list[tuple[str, StandingChecks]]:
        """Those that are billed by now."""
        return [(each.name, self.standings[each.name]) for each in self.msp.billed_now]

    def _records_of(self, firm: Firm, service: str) -> list[UsageRecord]:
        return [record for key, record in self._heads.items() if key.company_id == firm.id and key.service == service]

    def _announced(self, key: RecordKey | None, kind: IntentKind, quantity: object, url: str) -> None:
        record = None if key is None else self._heads.get(key)
        line = None if record is None else record.line
        intent = None if line is None else line.intent
        taken = None if record is None else record.given
        sent = None if intent is None else (intent.kind, taken if kind is IntentKind.TAKE_OVER else intent.quantity)
        if sent == (kind, quantity):
            self._allowed(key, kind, intent)
        else:
            what = f"{kind} of {quantity} to {url} is about to be sent, and the intent in the ledger is {intent}"
            raise self._violation(7, what, key)

    def _asked_for(self, addition_id: int, terms: Mapping[str, object], url: str) -> None:
        """Terms are written as they were announced, and only those that a person has asked for (OPEN-5)."""
        key = self.additions.key_of_id(addition_id)
        line = None if key is None else self._heads[key].line
        quantity = None if line is None or line.intent is None else line.intent.quantity
        self._announced(key, IntentKind.TERMS, quantity, url)
        if addition_id not in self.msp.carried or not asked_for(line, terms):
            raise self._violation(7, f"{dict(terms)} is about to be sent to {url}, and nobody has asked for it", key)

    def _allowed(self, key: RecordKey | None, kind: IntentKind, intent: Intent | None) -> None:
        """What is about to be written is no fall (READ-7), not grown too fast (FOLLOW-4), nor a month not to be opened (OPEN-9)."""
        firm = None if key is None else self.msp.by_id.get(key.company_id)
        if key is None or firm is None or intent is None:
            return
        head = self._heads[key]
        line = head.line
        stands = (line.pushed if line else None) or 0
        if kind is IntentKind.PATCH and intent.quantity < stands and not self._chosen.get(key):
            raise self._violation(4, f"{intent.quantity} is less than {stands}, and nobody has accepted it", key)
        more = intent.quantity > stands
        closing = self.msp.setting.bill_minimum and head.seen_tick >= self.msp.closes(key.month)
        asked = kind is IntentKind.TAKE_OVER or closing or bool(self._chosen.get(key))
        too_fast = self.standings[key.service].causes.too_fast
        total = head.beside + intent.quantity
        if (
            more
            and not asked
            and too_fast(firm, key.month, total)
            and too_fast(firm, key.month, total, before_close=True)
        ):
            raise self._violation(
                4, f"{intent.quantity} is far beyond the month before, and nobody has approved it", key
            )
        if kind is IntentKind.POST and not head.has_addition:
            self._may_open(firm, key)

    def _may_open(self, firm: Firm, key: RecordKey) -> None:
        """A month is opened from the first on (OPEN-8), for whom it saw licensed (OPEN-9), for no trial (READ-3).

        And until its last day for that, unless a person was asked of it before.
        """
        now, tick, ticks = self.msp.clock.now(), self._heads[key].seen_tick, self.ledger.ticks()
        company = self.msp.gravityzone.tenant.find(firm.id)
        first = self.msp.setting.first_month or (ticks.first_month if ticks else key.month)
        if key.month < first:
            raise self._violation(4, f"it is opened, and {first} is the first month to be billed", key)
        due = key.month.next.starts + timedelta(days=self.msp.setting.open_until_day - 1)
        if tick >= due and key not in self._asked:
            raise self._violation(4, f"it is opened by the tick {tick}, when it is too late for that", key)
        if now - firm.touched > _JUST_NOW and (company is None or company.subscription_type != MONTHLY_SUBSCRIPTION):
            raise self._violation(
                4, f"it is opened, and its subscription is {company and company.subscription_type}", key
            )
        seen = ticks is not None and key.month in ticks.planned
        if seen and tick >= key.month.next.starts and not firm.licensed_in(key.month):
            raise self._violation(4, "it is opened late, and was never licensed in that month", key)

    def _read_journal(self) -> None:
        for transition in self.journal:
            self._follow(transition)
        self.journal.clear()

    def _follow(self, transition: Transition) -> None:
        """Invariant 7, cheaply: each transition starts from what the one before left; 3: a closed record is left alone."""
        after, key = transition.after, transition.after.key
        head = self._heads.get(key)
        if transition.before is not head and transition.before != head:
            raise self._violation(7, f"version {after.version} was not made from version {head and head.version}", key)
        if head is not None and head.state is not RecordState.OPEN:
            self._look_at_settled(head, transition)
        if head is not None and transition.by == TALLY and transition.tick < head.seen_tick:
            raise self._violation(5, f"the older tick {transition.tick} changed what {head.seen_tick} had seen", key)
        due = key.month.next.starts + timedelta(days=self.msp.setting.open_until_day - 1)
        if transition.what.startswith("held") and not after.has_addition and transition.tick < due:
            self._asked.add(key)
        if head is not None and transition.at < self._since(head):
            raise self._violation(7, f"version {after.version} is older than the one before", key)
        self._heads[key] = after
        if head is not None and head.seen_tick < after.seen_tick:
            self._earlier[key] = head
        if transition.by != TALLY and head is not None and (head.hold is None or after.hold != head.hold):
            self._choose(key, head)  # terms that are to be carried over leave the hold, and are no word on a number
        for line in after.lines:
            self.additions.know(line, key)
        if transition.what in _CLOSES:
            self._closed_now.append(transition)
            self._look_at_sum(after)

    def _look_at_settled(self, head: UsageRecord, transition: Transition) -> None:
        """Invariant 3: what a record closed with is never written again, and a waived one is left alone (CLOSE-4)."""
        after = transition.after
        left = {line.number: line for line in after.lines}
        kept = all(left.get(line.number) == line for line in head.lines if line.state in LAID_DOWN)
        if head.state is RecordState.WAIVED or after.state is not head.state or not kept:
            what = f"the {head.state} record was changed: {transition.what}, {transition.why}"
            raise self._violation(3, what, head.key)

    def _look_at_sum(self, after: UsageRecord) -> None:
        """Invariant 1: the lines of a record add up to its billed count; what is beyond it is to be credited (LATE-3)."""
        final = owed(after, bill_minimum=self.msp.setting.bill_minimum)
        billed = sum(line.pushed or 0 for line in after.lines) - after.credited
        named = final if after.credit is None else after.credit.billed
        if billed != named or (after.credit is not None and not final == after.credit.counted < billed):
            raise self._violation(
                1, f"closed with {after.count}, and its lines do not add up to it: {after}", after.key
            )
        if after.hold or any(line.intent or line.state not in LAID_DOWN for line in after.lines):
            raise self._violation(3, f"closed with something left open: {after}", after.key)

    def _choose(self, key: RecordKey, held: UsageRecord) -> None:
        """Remember the numbers that a person has chosen between: the held one, and what stood."""
        numbers = self._chosen.setdefault(key, set())
        if held.hold is not None:
            numbers |= {held.hold.quantity} | ({held.hold.stands} if held.hold.stands is not None else set())
        numbers.add(held.stands if held.has_addition else 0)
        if held.has_addition:
            numbers |= {held.beside + stands for stands in numbers}

    def _is_floor(self, firm: Firm, record: UsageRecord) -> bool:
        """Whether what stands is the contract's floor, which is pushed at the close and not before."""
        line, setting = record.line, self.msp.setting
        closing = record.seen_tick >= self.msp.closes(record.key.month)
        floor = self.msp.gravityzone.tenant.company(firm.id).minimum_usage
        floored = setting.bill_minimum and self.msp.billed(record.key.service).floored
        return floored and closing and line is not None and record.stands == floor

    @staticmethod
    def _since(head: UsageRecord) -> datetime:
        return max(
            (line.pushed_at for line in head.lines if line.pushed_at),
            default=head.seen_tick.min.replace(tzinfo=head.seen_tick.tzinfo),
        )

    def _look_at_closed(self, calls: CallLog) -> None:
        """Invariant 3: a record closes with the truth, as it was between its last reading and the close."""
        readings = {each: calls.of(each) for each in {each.call for each in self.msp.setting.services}}
        for transition in self._closed_now:
            record, key = transition.after, transition.after.key
            firm = self.msp.by_id.get(key.company_id)
            if firm is None:
                continue
            if transition.tick < self.msp.closes(key.month):
                raise self._violation(3, f"closed by the tick {transition.tick}, before its close", key)
            read = self._last_reading(readings[self.msp.billed(key.service).call], key, transition.at)
            company = self.msp.gravityzone.tenant.find(firm.id)
            told = any(_UNREAD in notice or "could not be read once more" in notice for notice in record.notices)
            if read is None and not told:
                raise self._violation(3, "closed without a reading, and no notice says so", key)
            # Without a monthly subscription GravityZone answers 0 whatever it has counted: that is no reading either.
            if read is not None and not (told and (company is None or not company.monthly)):
                if firm.partner and transition.before is not None and record.count == transition.before.stands:
                    # It may have seemed to have fallen, for which a partner is read twice by one job.
                    answers = readings[self.msp.billed(key.service).call]
                    read = self._last_reading(answers, key, read - _A_MOMENT) or read
                least, most = self._bounds(firm, key, read, transition.at)
                numbers = self._chosen.get(key, set())
                # A person's number is billed at the floor at least, where floors are billed.
                floored = bool(numbers) and self.msp.setting.bill_minimum and record.count == record.floor
                chosen = record.count in numbers or floored or firm.touched >= transition.tick
                chosen = chosen or told
                if not least <= (record.count or 0) <= most and not chosen and not self._overridden(key):
                    raise self._violation(3, f"closed with {record.count}, GravityZone counted {least} to {most}", key)
            for each in record.lines:
                new = transition.before is None or each not in transition.before.lines
                if each.state is LineState.FINAL and new and not left_so(record, each):
                    self.additions.look_at_close(each, key, transition.at)
        self._closed_now.clear()

    @staticmethod
    def _last_reading(readings: list[Call], key: RecordKey, at: datetime) -> datetime | None:
        company, month = key.company_id.encode(), key.month.target.encode()
        return max(
            (call.at for call in readings if company in call.body and month in call.body and call.at <= at),
            default=None,
        )

    def _overridden(self, key: RecordKey) -> bool:
        firm = self.msp.by_id.get(key.company_id)
        if firm is not None and firm.partner:
            return partners.told_otherwise(self.msp, firm)
        return any(each[0] == key.company_id for each in self.msp.gravityzone.tenant.overrides)

    def _replay(self, key: RecordKey, record: UsageRecord) -> None:
        """Invariant 7, in full, for some: the history replays to the record's present state, and lacks no version."""
        if (key.month.number + int(key.company_id[:24], 16)) % _REPLAYED_ONE_IN:
            return
        history = self.ledger.history(key)
        if problems := list(gaps(history)):
            raise self._violation(7, "; ".join(problems), key)
        if replayed(history) != dict(paths(record_fields(record))):
            raise self._violation(7, "the history does not replay to the record", key)

    def _count_months(self, tick: datetime) -> None:
        month = Month.of(tick)
        if month != self._last_month:
            self._last_month = month
            self.company_months += sum(firm.there for firm in self.msp.firms)

    def _bounds(self, firm: Firm, key: RecordKey, since: datetime, until: datetime) -> tuple[int, int]:
        """The least and the most that a reading between two instants can have come to."""
        least, most = self._true(firm, key, since), self._true(firm, key, until)
        return least - (partners.unseen(self.msp, firm, key.month, since, until) if firm.partner else 0), most

    def _true(self, firm: Firm, key: RecordKey, at: datetime) -> int:
        if firm.partner:
            return partners.own_count(self.msp, firm, key.month, at)
        return self.msp.count(self.msp.billed(key.service), firm, key.month, at)

    def _violation(self, invariant: int, what: str, key: RecordKey | None) -> ViolationError:
        if key is None:
            return ViolationError(invariant, what)
        firm = self.msp.by_id.get(key.company_id)
        return ViolationError(
            invariant, what, company=key.company_id if firm is None else firm.name, month=str(key.month)
        )
