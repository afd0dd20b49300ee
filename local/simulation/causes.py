"""What stands in the way of billing a company, by the truth alone, and the standing that each cause has (invariant 4)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time

from local.simulation import partners
from local.simulation.msp import Firm, Msp
from local.simulation.services import ENDPOINTS, Billed
from local.simulation.story import ViolationError
from local.simulators.connectwise.periods import moved
from local.simulators.connectwise.records import Fields, day_of
from local.simulators.connectwise.truth import API, AdditionTruth
from tally.domain.company import Mapping as CompanyMapping
from tally.domain.month import Month
from tally.domain.record import (
    CARRY_NO_MORE,
    HoldKind,
    Line,
    LineState,
    RecordKey,
    RecordState,
    UsageRecord,
)
from tally.domain.standing import StandingState

BILLING, WAITING, NEEDS_SETUP, HELD, FAILING = (
    StandingState.BILLING,
    StandingState.WAITING,
    StandingState.NEEDS_SETUP,
    StandingState.HELD,
    StandingState.FAILING,
)

TOO_MANY = "too many below it"

STANDINGS: Mapping[str, tuple[StandingState, str]] = {
    "billed": (BILLING, ""),
    "gone from GravityZone": (WAITING, "not in GravityZone any more"),
    "no monthly subscription": (WAITING, "no monthly subscription"),
    "a trial": (WAITING, "a trial is not billed"),
    "counter stays": (WAITING, "stays until the month closes"),
    "not tied": (NEEDS_SETUP, ""),
    "excluded": (WAITING, "Excluded"),
    "waived": (WAITING, "a person has waived it"),
    "product not found": (NEEDS_SETUP, "no product"),
    "no agreement": (NEEDS_SETUP, "agreement"),
    "several agreements": (NEEDS_SETUP, "active agreements of the type"),
    "not monthly": (NEEDS_SETUP, "billing cycle"),
    "refused": (NEEDS_SETUP, ""),
    "missed": (NEEDS_SETUP, "could not be opened in time"),
    "missed, and no record": (BILLING, ""),
    "no period is left": (NEEDS_SETUP, "has no place"),
    "bills later": (WAITING, "begins to bill on"),
    "not begun": (WAITING, "begins"),
    "before the first month": (WAITING, "Billing begins with"),
    "beside another": (HELD, ""),
    "changed by people": (HELD, ""),
    "grown": (HELD, ""),
    "grown, and unread": (HELD, "check the company in GravityZone"),
    "fallen": (HELD, "the count only rises"),
    "counter is nonsense": (FAILING, "which is not a count"),
    "counter is missing": (FAILING, "without the counter"),
    "late, to be asked": (HELD, "a line of their own"),
    "never written": (HELD, "No count is to be had any more"),
    "late, on the open line": (HELD, "for late ones"),
    "unplaced": (HELD, "are on no Addition"),
    "voided, and unread": (HELD, "nothing has taken its place"),
    "invoiced already": (NEEDS_SETUP, "invoiced"),
    "invoiced, and nothing was used": (WAITING, "there is nothing to bill"),
    "voided there": (NEEDS_SETUP, "was voided on agreement"),
    "a partner": (NEEDS_SETUP, "its own machines are not"),
    TOO_MANY: (NEEDS_SETUP, "are the most that can be taken off its count"),
    "others below it": (HELD, "are not those of the last count"),
    "those below count more": (FAILING, "more than for the whole"),
    "agreement is gone": (HELD, ""),
    "agreement refuses changes": (NEEDS_SETUP, ""),
}
"""Cause, as the truth shows it → the standing that it has, and what its reason says."""


class Causes:
    """Reads causes off the simulators; of the ledger only what people decided, and the counts that months closed with."""

    def __init__(
        self,
        msp: Msp,
        heads: Mapping[RecordKey, UsageRecord],
        chosen: Mapping[RecordKey, set[int]],
        billed: Billed = ENDPOINTS,
        *,
        earlier: Mapping[RecordKey, UsageRecord],
    ) -> None:
        self.msp = msp
        self.billed = billed
        self._heads = heads
        self._earlier = earlier
        self._chosen = chosen
        self.as_of: datetime | None = None
        """The last tick: what is counted since then, its jobs may not have seen."""

    def of_company(self, firm: Firm) -> str:
        """What stops the company as a whole, "" for nothing."""
        company = self.msp.gravityzone.tenant.find(firm.id)
        if company is None:
            return "gone from GravityZone"
        if firm.partner:
            records = (record for key, record in self._heads.items() if key.company_id == firm.id)
            if cause := partners.stopped(self.msp, firm, records):
                return cause
        if company.subscription_type not in {3, 4, 5}:
            return "no monthly subscription"
        mapping = self.msp.ledger.mappings().get(firm.id)
        if mapping is None:
            if self.tieable(firm):
                raise ViolationError(4, "it has one namesake, and is not tied", company=firm.name)
            return "not tied"
        if mapping.excluded_since is not None:
            return "excluded"
        if mapping.connectwise_id is None:
            return "not tied"
        return "" if self.has_product() else "product not found"

    def excluded_without_product(self, firm: Firm) -> bool:
        """Whether the product is not found, and the company's own standing has another word: that it is billed no more."""
        return self.of_company(firm) in {"excluded", "a partner"} and not self.has_product()

    def has_product(self) -> bool:
        """Whether ConnectWise has the service's product, without which no line can be opened (MATCH-2)."""
        product = self.msp.connectwise.tenant.products.get(self.billed.product_id)
        return product is not None and not product.fields["inactiveFlag"]

    def in_the_way(self, firm: Firm, month: Month, tick: datetime) -> Iterator[str]:
        """What stands in the way of opening the month now."""
        company = self.msp.gravityzone.tenant.find(firm.id)
        ticks = self.msp.ledger.ticks()
        first = self.msp.setting.first_month or (ticks.first_month if ticks else month)
        since = ticks.services.get(self.billed.name) if ticks else None
        if month < first or (since is not None and ticks is not None and ticks.first_month < since > month):
            yield "before the first month"
        if company is not None and company.subscription_type in {4, 5}:
            yield "a trial"
        if nonsense := self.nonsense(firm, month):
            yield nonsense
        mapping = self.msp.ledger.mappings().get(firm.id)
        if mapping is None or mapping.connectwise_id is None:
            yield "not tied"
        active = self._active(firm, month, tick, pinned=None if mapping is None else mapping.pinned_agreement_id)
        if len(active) != 1:
            yield "several agreements" if active else "no agreement"
            return
        yield from self._of_terms(active[0], month, tick)
        yield from self._of_invoicing(active[0], firm, month, tick)
        standing = self._standing(int(active[0]["id"]))
        if any(
            _covers(each, month) and not _is_apart(mapping, each) and not self._is_ours(firm, month, each)
            for each in standing
        ):
            yield "beside another"
        if self._grows_too_fast(firm, month) or self._grew_too_fast(firm, month, tick):
            yield "grown"

    def _of_invoicing(self, agreement: Fields, firm: Firm, month: Month, tick: datetime) -> Iterator[str]:
        """What the agreement's invoices have covered (LATE-1), by its next invoice date and how the MSP invoices."""
        setting = self.msp.setting
        record = self._heads.get(RecordKey(company_id=firm.id, month=month, service=self.billed.name))
        if is_covered(agreement, month.last, setting.invoicing) or (record is not None and record.refusal is not None):
            yield "invoiced already"
            yield "late, to be asked"
            yield "invoiced, and nothing was used"
            yield from self._places(firm, self._day_of_place(record, month, tick))
        elif setting.invoicing == "advance" and setting.late_usage == "hold":
            yield "invoiced already"

    def places_late_usage(self, firm: Firm, tick: datetime) -> Iterator[str]:
        """What stands in the way of a further line on the agreement that runs now (LATE-2)."""
        return self._places(firm, self._local(tick))

    def _places(self, firm: Firm, day: date) -> Iterator[str]:
        mapping = self.msp.ledger.mappings().get(firm.id)
        if mapping is None or mapping.connectwise_id is None:
            yield "not tied"
        pinned = None if mapping is None else mapping.pinned_agreement_id
        active = self._active_on(firm, day, pinned=pinned)
        if len(active) != 1:
            yield "several agreements" if active else "no agreement"
            return
        if active[0]["billingCycle"]["name"] != "Monthly":
            yield "not monthly"
        ends = _ends(active[0])
        if ends is not None and is_covered(active[0], ends, self.msp.setting.invoicing):
            yield "no period is left"
        if any(
            each.product == self.billed.product and each.created_by != API
            for each in self._standing(int(active[0]["id"]))
        ):
            yield "beside another"

    def _day_of_place(self, record: UsageRecord | None, month: Month, tick: datetime) -> date:
        """The day whose agreement takes late usage: today, but of a month that GravityZone still counts and nothing carries, one of that month's.

        East of Greenwich the next month, and its agreement, begin hours before that one ends.
        """
        carried = record is not None and any(line.state in CARRY_NO_MORE for line in record.lines)
        return self._local(tick) if carried or month < Month.of(tick) else self._decisive(month, tick)

    def _local(self, tick: datetime) -> date:
        return tick.astimezone(self.msp.setting.time_zone).date()

    def _decisive(self, month: Month, tick: datetime) -> date:
        return min(max(self._local(tick), month.first), month.last)

    def _is_ours(self, firm: Firm, month: Month, addition: AdditionTruth) -> bool:
        record = self._heads.get(RecordKey(company_id=firm.id, month=month, service=self.billed.name))
        lines = () if record is None else record.lines
        return any(line.addition_id == addition.id or line.reference in addition.text for line in lines)

    def _active(self, firm: Firm, month: Month, tick: datetime, *, pinned: int | None) -> list[Fields]:
        """The agreements of the type that run on the day that decides, or else begin after it."""
        return self._active_on(firm, self._decisive(month, tick), pinned=pinned)

    def _active_on(self, firm: Firm, day: date, *, pinned: int | None) -> list[Fields]:
        known = self.msp.agreements(firm)
        types = {each.type_id for each in self.msp.billed_now} - {self.billed.type_id}
        if types and any(each["id"] == pinned and each["type"]["id"] in types for each in known):
            pinned = None  # it is pinned for another service
        candidates = [
            each for each in known if each["type"]["id"] == self.billed.type_id and pinned in {None, each["id"]}
        ]
        return [each for each in candidates if _runs(each, day)] or [each for each in candidates if _to_come(each, day)]

    def _of_terms(self, agreement: Fields, month: Month, tick: datetime) -> Iterator[str]:
        if agreement["billingCycle"]["name"] not in self.msp.setting.cycles:
            yield "not monthly"
        effective = max(filter(None, (month.first, day_of(agreement["startDate"]), day_of(agreement["billStartDate"]))))
        begins = datetime.combine(effective, time.min, tzinfo=self.msp.setting.time_zone).astimezone(UTC)
        if effective > month.last:
            yield "bills later"
        elif tick < max(month.starts, begins):
            yield "not begun"

    def oddities(self, firm: Firm, record: UsageRecord, *, closing: bool) -> Iterator[str]:
        """What people did to the record's Addition or beside it, and what GravityZone takes back."""
        line, month = record.line, record.key.month
        assert line is not None
        truth = self.msp.connectwise.truth
        if self.msp.connectwise.tenant.agreements.get(line.agreement_id) is None:
            yield "agreement is gone"
            return
        if line.addition_id is None:
            return
        if firm.partner and partners.others_below(self.msp, firm, record):
            yield "others below it"
        ours = truth.addition(line.addition_id)
        if ours.deleted or ours.cancelled != line.cancelled or ours.quantity != line.pushed:
            yield "changed by people"
        if self._carried_changed(firm, record):
            yield "changed by people"
        yield from self._beside(firm, record, line)
        if self.count(firm, month) < record.beside + line.highest and not self.right(firm, record, closing=closing):
            yield "fallen"
        if self._grows_too_fast(firm, month):
            yield "grown"

    def _carried_changed(self, firm: Firm, record: UsageRecord) -> bool:
        """Whether an Addition that can carry no more is not as it was left, or has a copy."""
        truth = self.msp.connectwise.truth
        for other in record.lines[:-1]:
            if other.state is LineState.FROZEN and other.addition_id is not None:
                theirs = truth.addition(other.addition_id)
                beside = [each for each in self._standing(other.agreement_id) if each.id != theirs.id]
                copied = any(other.reference in each.text for each in beside)
                if copied or theirs.deleted or theirs.cancelled != other.cancelled or theirs.quantity != other.pushed:
                    return True
        newest = record.line
        return newest is not None and newest.state is LineState.FROZEN and self._copied_elsewhere(firm, newest)

    def _copied_elsewhere(self, firm: Firm, line: Line) -> bool:
        """Whether a copy stands on another agreement of the customer, where late usage would go: it is looked at too."""
        mapping = self.msp.ledger.mappings().get(firm.id)
        others = (each["id"] for each in self.msp.agreements(firm) if each["id"] != line.agreement_id)
        return any(
            line.reference in each.text and not _is_apart(mapping, each)
            for agreement_id in others
            for each in self._standing(agreement_id)
        )

    def _beside(self, firm: Firm, record: UsageRecord, line: Line) -> Iterator[str]:
        """What stands beside its lines, on their agreements or where late usage would go."""
        mapping = self.msp.ledger.mappings().get(firm.id)
        ours = {each.addition_id for each in record.lines}
        carried = {each.agreement_id for each in record.lines if each.state in CARRY_NO_MORE}
        for agreement_id in {line.agreement_id, *carried, *self._next_place(firm, line)}:
            for each in self._standing(agreement_id):
                if each.id in ours or _is_apart(mapping, each):
                    continue
                if any(other.reference in each.text for other in record.lines):
                    yield "changed by people"
                elif _covers(each, record.key.month) and not self._is_late(record, each):
                    yield "beside another"

    def _next_place(self, firm: Firm, line: Line) -> list[int]:
        """The agreement that runs at the last tick, where the line can carry no more; none where it is not the only one."""
        mapping = self.msp.ledger.mappings().get(firm.id)
        if line.state not in CARRY_NO_MORE or self.as_of is None or mapping is None:
            return []
        active = self._active_on(firm, self._local(self.as_of), pinned=mapping.pinned_agreement_id)
        monthly = [int(each["id"]) for each in active if each["billingCycle"]["name"] in self.msp.setting.cycles]
        return monthly if len(active) == 1 else []

    def _is_late(self, record: UsageRecord, addition: AdditionTruth) -> bool:
        """Whether it bills late usage of an earlier month of the company, which belongs beside this month's."""
        return any(
            line.number > 0 and line.reference in addition.text
            for key, other in self._heads.items()
            if key.company_id == record.key.company_id and key.month < record.key.month
            for line in other.lines
        )

    def _grows_too_fast(self, firm: Firm, month: Month) -> bool:
        return self.too_fast(firm, month, self.count(firm, month))

    def _grew_too_fast(self, firm: Firm, month: Month, tick: datetime) -> bool:
        """Whether it was so at the tick's job for the month, since that for the month before came only after it."""
        before = self._heads.get(RecordKey(company_id=firm.id, month=month.previous, service=self.billed.name))
        changed = before is not None and before.seen_tick == tick
        return changed and self.too_fast(firm, month, self.count(firm, month), earlier=True)

    def too_fast(
        self, firm: Firm, month: Month, count: int, *, before_close: bool = False, earlier: bool = False
    ) -> bool:
        """Whether a count is beyond the month before by the settings' share and by their seats, both (FOLLOW-4).

        ``before_close``: or was it a moment ago, when the month before was open still and the floor pushed already.
        ``earlier``: beyond what the month before was until its last tick.
        """
        heads = self._earlier if earlier else self._heads
        before = heads.get(RecordKey(company_id=firm.id, month=month.previous, service=self.billed.name))
        record = self._heads.get(RecordKey(company_id=firm.id, month=month, service=self.billed.name))
        base: int | None
        if record is not None and record.baseline is not None:
            base = record.baseline
        elif before is None or before.line is None:
            return False
        else:
            known = any(line.pushed is not None for line in before.lines)
            open_then = before_close or before.state is RecordState.OPEN
            base = (before.stands if known else None) if open_then else before.count
        setting = self.msp.setting
        beyond = None if base is None else count - base
        return (
            base is not None
            and beyond is not None
            and beyond > setting.growth_seats
            and beyond * 100 > base * setting.growth_percent
        )

    def had_grown(self, firm: Firm, record: UsageRecord) -> bool:
        """Whether it is held as too fast at no more than was counted when it was held: nonsense answered since lifts nothing."""
        hold, month, truth = record.hold, record.key.month, self.msp.gravityzone.truth
        if hold is None or hold.kind is not HoldKind.GROWTH:
            return False
        held_at = max(each.at for each in self.msp.ledger.history(record.key) if each.what == "held: growth")
        counted = sum(
            truth.count(firm.id, str(month), held_at, counter=self.billed.counter, product_type=each)
            for each in self.billed.product_types
        )
        return hold.quantity <= counted and self.too_fast(firm, month, hold.quantity)

    def beyond(self, firm: Firm, record: UsageRecord, *, closing: bool) -> bool:
        """Whether more is to be billed than the record's lines bill, which no person has kept as they are."""
        if self._is_kept(firm, record):
            return False
        company = self.msp.gravityzone.tenant.find(firm.id)
        count = self.count(firm, record.key.month)
        if self.msp.setting.bill_minimum and self.billed.floored and closing and company is not None:
            count = max(count, company.minimum_usage or 0)
        return count > record.stands

    def kept_open(self, firm: Firm, record: UsageRecord) -> bool:
        """Whether something keeps a record open after its close."""
        if record.line is None or record.line.state is not LineState.OPEN or len(record.lines) > 1:
            return True
        return bool(
            record.refusal
            or self.nonsense(firm, record.key.month, record)
            or list(self.oddities(firm, record, closing=True))
        )

    def _standing(self, agreement_id: int) -> list[AdditionTruth]:
        return [
            each
            for each in self.msp.connectwise.truth.additions(agreement_id=agreement_id, deleted=False)
            if each.product == self.billed.product
        ]

    def unread(self, firm: Firm, record: UsageRecord) -> bool:
        """Whether no count is to be had, which is no error: what stands, stays, and the month closes with it (CLOSE-5).

        Also of a partner where those below it count more than the whole, and a person keeps what stands as long as others
        stand below it than before (READ-4).
        """
        if self.of_company(firm) in {"gone from GravityZone", "no monthly subscription"}:
            return True
        if not firm.partner or self.nonsense(firm, record.key.month, record):
            return False
        return self._is_kept(firm, record) and self.count(firm, record.key.month) < 0

    def _is_kept(self, firm: Firm, record: UsageRecord) -> bool:
        """Whether a person keeps what stands, whatever is counted, as long as those stand below a partner (READ-4)."""
        moved = firm.partner and partners.moved_below(self.msp, firm, record)
        return moved and not partners.others_below(self.msp, firm, record)

    def nonsense(self, firm: Firm, month: Month, record: UsageRecord | None = None) -> str:
        """What is wrong with what GravityZone answers for the month, "" for nothing.

        That those below a partner count more than the whole is nothing wrong where others stand there than the record's:
        a person is asked then, or has answered.
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
        """The first answer that is no count, of the partner's and of those below it; or they count more than the whole."""
        answers = [_no_count(told, self.billed.counter) for _, told in partners.first_told(self.msp, firm, month)]
        if wrong := next(filter(None, answers), ""):
            return wrong
        moved = record is not None and partners.moved_below(self.msp, firm, record)
        return "those below count more" if partners.own_count(self.msp, firm, month) < 0 and not moved else ""

    def count(self, firm: Firm, month: Month, at: datetime | None = None) -> int:
        """What GravityZone answers now, or answered at an instant."""
        if firm.partner:
            return partners.own_count(self.msp, firm, month, at)
        return self.msp.count(self.billed, firm, month, at)

    def tieable(self, firm: Firm, *, to: int | None = None) -> bool:
        """Whether its name ties the company (MATCH-1): to that ConnectWise company, or to any."""
        tenant = self.msp.gravityzone.tenant
        names = Counter(each.name for each in tenant.companies() if not each.gone)
        company = tenant.company(firm.id)
        same = [
            document.fields
            for document in self.msp.connectwise.tenant.companies.current()
            if document.fields["name"] == company.name and not document.fields["deletedFlag"]
        ]
        if len(same) != 1 or names[company.name] != 1 or company.subscription_type not in {3, 4, 5}:
            return False
        taken = {
            mapping.connectwise_id for mapping in self.msp.ledger.mappings().values() if mapping.company_id != firm.id
        }
        return same[0]["id"] not in taken and to in {None, same[0]["id"]}

    def right(self, firm: Firm, record: UsageRecord, *, closing: bool) -> bool:
        """Whether the line stands at the count, at what a person has chosen, or at the close at the contract's floor."""
        line, company = record.line, self.msp.gravityzone.tenant.company(firm.id)
        assert line is not None
        count = self.count(firm, record.key.month)
        seen = self.count(firm, record.key.month, self.as_of)
        floored = self.msp.setting.bill_minimum and self.billed.floored and closing
        floor = {max(count, company.minimum_usage or 0)} if floored else set()
        if firm.partner and self.as_of is not None:
            seen -= partners.unseen(self.msp, firm, record.key.month, self.as_of, None)
            if seen <= record.stands <= count:
                return True
        return record.stands in {count, seen} | floor | self._chosen.get(record.key, set())


def _no_count(told: Mapping[str, object], counter: str) -> str:
    if counter not in told:
        return ""
    value = told[counter]
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return ""
    return "counter is nonsense" if isinstance(value, int | float | str) else "counter is missing"


def is_covered(agreement: Fields, last: date, invoicing: str) -> bool:
    """Whether the agreement's invoices have covered all days up to ``last``, as far as its next invoice date tells."""
    following = day_of(agreement["nextInvoiceDate"])
    if following is None:
        return False
    return last < (following if invoicing == "advance" else moved(following, "monthly", periods=-1))


def _is_apart(mapping: CompanyMapping | None, addition: AdditionTruth) -> bool:
    return mapping is not None and addition.id in mapping.kept_apart


def _runs(agreement: Fields, day: date) -> bool:
    cancelled = day_of(agreement["dateCancelled"])
    if agreement["cancelledFlag"] and cancelled is None:
        return False
    if cancelled is not None and cancelled <= day:
        return False
    starts = day_of(agreement["startDate"])
    ends = None if agreement["noEndingDateFlag"] else day_of(agreement["endDate"])
    return (starts is None or starts <= day) and (ends is None or day <= ends)


def _ends(agreement: Fields) -> date | None:
    """The last day on which it can be billed, None if it has none: of a cancelled one, the day that it is cancelled as of."""
    ends = None if agreement["noEndingDateFlag"] else day_of(agreement["endDate"])
    return min(filter(None, (ends, day_of(agreement["dateCancelled"]))), default=None)


def _to_come(agreement: Fields, day: date) -> bool:
    starts = day_of(agreement["startDate"])
    return starts is not None and day < starts and _runs(agreement, starts)


def _covers(addition: AdditionTruth, month: Month) -> bool:
    begins = addition.effective is None or addition.effective <= month.last
    return begins and (addition.cancelled is None or addition.cancelled >= month.first)
