"""Where a record's next line goes and how many are to be billed by then; else why it cannot be opened (yet)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tally.domain.agreement import Agreement
from tally.domain.invoicing import Invoicing, LateUsage, is_invoiced, is_refused_as_invoiced, late_period
from tally.domain.place import (
    ServicePeriod,
    begins,
    choose_agreement,
    decisive_day,
    missed,
    not_begun,
    not_billed,
    service_period,
)
from tally.domain.reading import Unknown
from tally.domain.record import LineState, Refusal, UsageRecord, Verdict, is_carried_on
from tally.domain.situation import NoWord, Situation
from tally.domain.standing import ON_TRIAL, Cause, StandingState, needs_setup, waiting
from tally.domain.target import followed, left_out, target, with_floor

_OPENS_FOR = timedelta(days=1)
"""How much older than the newest tick a job may be and still open anything (OPEN-7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLine:
    """A line that may be opened: where, for which days, and ``total``, what all lines are to say with it.

    ``followed`` is that total without the contract's floor, which is no growth.

    ``late``: it is for usage that the month's own Addition cannot carry (LATE-2).
    """

    number: int
    agreement: Agreement
    period: ServicePeriod
    product_id: int
    total: int
    followed: int
    stands: int
    late: bool
    tick: datetime

    @property
    def quantity(self) -> int:
        """What the line itself is to say."""
        return self.total - self.stands

    @property
    def fingerprint(self) -> str:
        """What a refused POST of it depends on."""
        return post_fingerprint(self.agreement, self.period.effective, product_id=self.product_id, tick=self.tick)

    def is_where(self, agreement_id: int, product_id: int, effective: date) -> bool:
        """Whether a line that was to be opened there may still be; a late one also on days that are not invoiced yet."""
        same_day = effective == self.period.effective
        return (agreement_id, product_id) == (self.agreement.id, self.product_id) and (
            same_day or (self.late and effective > self.period.effective)
        )


def next_line(situation: Situation) -> NextLine | Cause | NoWord:
    """The line to be opened; else what to show instead."""
    record, reading = situation.record, situation.reading
    stopped = _stopped(situation)
    if stopped is not None:
        return stopped
    if isinstance(reading, Unknown):
        return waiting(reading.why)
    if situation.product_id is None:
        return _without_product(situation)
    agreement = _still_the_one(situation)
    if not isinstance(agreement, Agreement):
        return agreement
    late = _is_late(situation, agreement)
    period = _late_period(situation, agreement) if late else _own_period(situation, agreement)
    if not isinstance(period, ServicePeriod):
        return period
    if situation.only_if_used and reading.value == 0:
        return NoWord.PLANNERS
    if late and reading.value == 0 and not (record is not None and record.has_addition):
        return waiting(
            f"{situation.key.month.label} has been invoiced, and GravityZone counts 0: there is nothing to bill."
        )
    total, stands = _total(situation, reading.value, late=late), 0 if record is None else record.stands
    if (not late or total > stands) and _was_voided_there(record, agreement, situation.product_id):
        waivable = "" if record is not None and record.is_standing else "; or do not bill this month"
        return needs_setup(
            f"An Addition for {situation.key.month.label} was voided on agreement '{agreement.name}' (id {agreement.id}): none is made there "
            f"again. Tie the company to the right one in ConnectWise, or pin the right agreement{waivable}."
        )
    return NextLine(
        number=_number(record, late=late),
        agreement=agreement,
        period=period,
        product_id=situation.product_id,
        total=total,
        followed=_followed(situation, reading.value),
        stands=stands,
        late=late,
        tick=situation.tick,
    )


def post_fingerprint(agreement: Agreement, effective: date, *, product_id: int, tick: datetime) -> str:
    """What a refused POST depends on: it is tried again when the agreement or the product has changed (SAFE-2).

    And once a day: its cause is often outside the agreement, such as a product without a general ledger account.
    """
    return f"post {agreement.id} {agreement.version} {effective} {product_id} {tick:%Y-%m-%d}"


def refused_cause(refusal: Refusal) -> Cause:
    """What to show while ConnectWise refuses the Addition."""
    advice = f" {_NOT_INVOICED_YET}" if is_refused_as_invoiced(refusal.why) else ""
    return needs_setup(f"{refusal.why}{advice}")


def _followed(situation: Situation, count: int) -> int:
    """The count itself for the first Addition, of which no word of a person has kept anything standing yet."""
    record = situation.record
    if record is None:
        return count
    answered = record.answer is not None and record.answer.verdict is Verdict.LEFT_OUT
    return followed(situation, record, count) if record.has_addition or answered else count


def _total(situation: Situation, count: int, *, late: bool) -> int:
    record = situation.record
    if record is not None and record.has_addition:
        return target(situation, record, count)
    following = _followed(situation, count)  # the same with an intent on the first line as without
    if not late:  # the floor is pushed to it at the close, as the month's own can carry it
        return following
    total = with_floor(situation, following)
    return record.stands if record is not None and left_out(record, total) else total


def _number(record: UsageRecord | None, *, late: bool) -> int:
    """Line 0 is the month's own; the line that is being opened keeps its number."""
    newest = None if record is None else record.line
    if newest is None:
        return 1 if late else 0
    return newest.number if newest.state is LineState.OPENING else newest.number + 1


def _stopped(situation: Situation) -> Cause | NoWord | None:
    """What stops the opening whatever the agreement is like; None if nothing does."""
    record, facts = situation.record, situation.opening
    first = record is None or not record.has_addition
    if first and situation.too_late and (record is None or not record.asked):
        refusal = None if record is None else record.refusal
        return missed(situation.key.month, "" if refusal is None else refusal.why)
    if first and situation.too_late and isinstance(situation.reading, Unknown):
        return missed(situation.key.month, situation.reading.why.rstrip("."))
    if facts is None:
        return _as_recorded(situation)
    if facts.newest_tick - situation.tick > _OPENS_FOR:
        return NoWord.STAYS
    if facts.tied_to is None or facts.tied_to != situation.connectwise_id or (first and facts.excluded):
        return NoWord.PLANNERS
    if first and not facts.monthly:
        return waiting(ON_TRIAL)
    return None


def _as_recorded(situation: Situation) -> Cause | NoWord:
    """What the record itself says where nothing can be opened now, whatever a job before this one met; why, the planner says.

    Of more usage than stands it does not know, so that what a job before said of that goes on while lists cannot be read.
    """
    record = situation.record
    if record is None:
        return NoWord.PLANNERS
    if record.hold is not None:
        return Cause(state=StandingState.HELD, reason=record.hold.why)
    if record.is_standing and situation.count is not None and not situation.stays_open:
        return NoWord.STAYS
    return NoWord.PLANNERS if record.refusal is None else refused_cause(record.refusal)


def _without_product(situation: Situation) -> Cause | NoWord:
    """What the planner says of a product that is not found, it does not say of a company that it leaves alone (MATCH-2, SAFE-7)."""
    facts = situation.opening
    return NoWord.PLANNERS if facts is None or not facts.excluded else needs_setup(no_product(situation))


def no_product(situation: Situation) -> str:
    """What is missing where ConnectWise has no product to bill more of the month by, and what to do."""
    key = situation.key
    return (
        f"ConnectWise has no product as which more {key.service} of {situation.company} in {key.month.label} can be billed: the one that the "
        "settings name is not in its catalog, inactive, or there twice. Put that right, or name another one."
    )


def _still_the_one(situation: Situation) -> Agreement | Cause | NoWord:
    agreement, expected = situation.agreement, situation.expected_agreement
    if agreement is None or expected is None or agreement.id != expected.id:
        return NoWord.PLANNERS
    if agreement.company_id != situation.connectwise_id or agreement.type_id != expected.type_id:
        return needs_setup(
            f"Agreement '{agreement.name}' (id {agreement.id}) is no longer of this company and type: looked for again at the next tick."
        )
    month_day = decisive_day(situation.key.month, situation.tick, situation.policy.time_zone)
    return choose_agreement(
        (agreement,),
        company=situation.company,
        day=situation.today if situation.late or is_carried_on(situation.record) else month_day,
        pinned=None,
        cycles=situation.policy.cycles,
    )


def _was_voided_there(record: UsageRecord | None, agreement: Agreement, product_id: int) -> bool:
    """Whether a person has said of this very place that it is the wrong one (OPEN-1)."""
    lines = () if record is None else record.lines
    return any(
        line.state is LineState.VOID and (line.agreement_id, line.product_id) == (agreement.id, product_id)
        for line in lines
    )


def _is_late(situation: Situation, agreement: Agreement) -> bool:
    """Whether the month's own days can carry no Addition any more."""
    record = situation.record
    invoiced = is_invoiced(agreement, situation.key.month.last, situation.policy.invoicing)
    known = situation.late or is_carried_on(record) or invoiced or _was_refused_as_invoiced(situation, agreement)
    return known or _is_being_opened_late(situation, agreement)


def _is_being_opened_late(situation: Situation, agreement: Agreement) -> bool:
    """Whether the line whose intent stands was meant for late usage: a further one, and no voided one's successor."""
    record = situation.record
    newest = None if record is None else record.line
    if record is None or newest is None or newest.state is not LineState.OPENING or newest.number == 0:
        return False
    own = service_period(agreement, situation.key.month)
    succeeds = any(line.state is LineState.VOID for line in record.lines)
    return not succeeds or own is None or newest.effective != own.effective


def _was_refused_as_invoiced(situation: Situation, agreement: Agreement) -> bool:
    """Whether ConnectWise has said so of an Addition on the agreement, which has not changed since."""
    refusal = situation.refusal
    if refusal is None or not is_refused_as_invoiced(refusal.why):
        return False
    return refusal.fingerprint.startswith(f"post {agreement.id} {agreement.version} ")


def _own_period(situation: Situation, agreement: Agreement) -> ServicePeriod | Cause:
    month, policy = situation.key.month, situation.policy
    period = service_period(agreement, month)
    if period is None:
        return not_billed(agreement, month)
    start = begins(period, month, policy.time_zone)
    if situation.tick < start:
        return not_begun(period, month, start)
    if policy.invoicing is Invoicing.ADVANCE and policy.late_usage is LateUsage.HOLD and _still_runs(situation):
        return needs_setup(
            f"Agreements are invoiced in advance, before anybody knows what {month.label} uses: nothing is opened. {_NOT_INVOICED_YET}"
        )
    return period


def _late_period(situation: Situation, agreement: Agreement) -> ServicePeriod | Cause:
    month, policy = situation.key.month, situation.policy
    first = situation.record is None or not situation.record.has_addition
    if first and policy.late_usage is LateUsage.HOLD and _still_runs(situation):
        refusal = situation.refusal
        if refusal is not None and _was_refused_as_invoiced(situation, agreement):
            return refused_cause(refusal)
        return needs_setup(
            f"{month.label} has been invoiced already on agreement '{agreement.name}' (id {agreement.id}), whose next invoice is dated "
            f"{agreement.next_invoice}: an Addition would be billed to nobody. {_NOT_INVOICED_YET}"
        )
    invoicing = Invoicing.ADVANCE if _was_refused_as_invoiced(situation, agreement) else policy.invoicing
    period = late_period(agreement, invoicing, month=month, today=situation.today)
    ends = min(filter(None, (agreement.ends, agreement.cancelled_on)), default=None)
    if ends is not None and period.effective > ends:
        return needs_setup(
            f"What {month.label} has used beyond its invoice has no place: agreement '{agreement.name}' (id {agreement.id}) ends on {ends}, before "
            "its next invoice. The agreement that follows it is taken once it runs: make one if there is none, or bill the rest by hand."
        )
    return period


def _still_runs(situation: Situation) -> bool:
    return situation.tick < situation.key.month.next.starts


_NOT_INVOICED_YET = "Use an agreement type that is invoiced after the month's close, or let late usage go onto the next invoice (setting LateUsage)."
