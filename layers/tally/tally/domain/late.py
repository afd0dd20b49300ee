"""Usage that the month's own Addition can carry no more: rules LATE-1 and LATE-2, and what a person is asked."""

from datetime import datetime, timedelta

from tally.domain.agreement import Agreement
from tally.domain.invoicing import LateUsage, has_ended, is_invoiced
from tally.domain.place import ServicePeriod
from tally.domain.record import CARRY_NO_MORE, HoldKind, Line, LineState, UsageRecord, is_carried_on
from tally.domain.situation import Situation
from tally.domain.target import quantity_of

_AT_ABOUT_THAT_TIME = timedelta(minutes=1)


def freezes(situation: Situation, line: Line) -> str:
    """Why what is written to the line from now on is billed to nobody (LATE-1); empty if it is billed."""
    agreement = situation.agreement
    if agreement is None or agreement.id != line.agreement_id:
        return ""
    if is_invoiced(agreement, line.cancelled, situation.policy.invoicing):
        return (
            f"agreement '{agreement.name}' (id {agreement.id}) has been invoiced up to {line.cancelled}: "
            f"its next invoice is dated {agreement.next_invoice}"
        )
    if has_ended(agreement, situation.today):
        oddly = f": it is {agreement.ends_oddly}" if agreement.ends_oddly else ""
        return f"agreement '{agreement.name}' (id {agreement.id}) has ended{oddly}"
    return ""


def thaws(situation: Situation, line: Line) -> bool:
    """Whether the line can be written again: the same agreement, which an invoice covers no more or which runs again."""
    agreement = situation.agreement
    # An invoice date that was emptied says nothing of the invoices before.
    if agreement is None or agreement.id != line.agreement_id or agreement.next_invoice is None:
        return False
    return not freezes(situation, line)


def doubts(situation: Situation, line: Line) -> tuple[str, ...]:
    """The notice where it cannot be known whether an invoice has the last quantity that was written (LATE-1).

    It has, where the agreement was not yet invoiced at a tick after that write, and was changed after it. Of a line that
    was closed, no tick has looked: there the change alone decides.
    """
    agreement = situation.agreement
    if line.pushed_at is None or agreement is None:
        return ()
    if has_ended(agreement, situation.today):
        return _ended_oddly(line, agreement)
    before, changed = situation.tick_before, _instant(agreement.version)
    not_yet = line.state is LineState.FINAL or (before is not None and line.pushed_at < before)
    if not_yet and changed is not None and changed > line.pushed_at + _AT_ABOUT_THAT_TIME:
        return ()
    notice = (
        f"Addition {line.addition_id} was set to {line.pushed} at {line.pushed_at:%Y-%m-%d %H:%M} GMT, at about the time when "
        f"agreement '{agreement.name}' (id {agreement.id}) was invoiced: see whether the invoice bills {line.pushed}."
    )
    return (notice,)


def _ended_oddly(line: Line, agreement: Agreement) -> tuple[str, ...]:
    """The notice of a line that is left as it is for a date which may have been forgotten on the agreement."""
    if not agreement.ends_oddly:
        return ()
    left = f"Until then Addition {line.addition_id} stays at {line.pushed}."
    return (f"Agreement '{agreement.name}' (id {agreement.id}) is {agreement.ends_oddly}. {left}",)


def taken_back(situation: Situation, line: Line) -> tuple[str, ...]:
    """The notice of a line that can be written again after its period had been invoiced, or its agreement had ended (LATE-1)."""
    agreement = situation.agreement
    if agreement is None:
        return ()
    why = "so an invoice of it was deleted or written off, or its dates were put right"
    told = f"agreement '{agreement.name}' (id {agreement.id}) has its next invoice on {agreement.next_invoice} by now"
    return (f"Addition {line.addition_id} follows the count again: {told}, {why}.",)


def invoiced_anew(situation: Situation, record: UsageRecord) -> tuple[str, ...]:
    """The notices of lines below the newest whose invoice was deleted or written off: they are billed again as they stand (LATE-1)."""
    agreement = situation.agreement
    return tuple(
        f"An invoice of agreement '{agreement.name}' (id {agreement.id}) was deleted or written off, or its dates were put right: its next one "
        f"is dated {agreement.next_invoice}, and bills Addition {line.addition_id} at {line.pushed} once more, beside what stands on later lines."
        for line in record.lines[:-1]
        if agreement is not None and line.state is LineState.FROZEN and thaws(situation, line)
    )


def _instant(version: str) -> datetime | None:
    """When the agreement was last changed, which is its version as ConnectWise gives it."""
    try:
        found = datetime.fromisoformat(version)
    except ValueError:
        return None
    return None if found.tzinfo is None else found


def is_late(record: UsageRecord, line: Line) -> bool:
    """Whether the line is a further one for late usage, rather than the month's own."""
    others = (each for each in record.lines if each.number != line.number)
    return line.effective > record.key.month.last or any(each.state in CARRY_NO_MORE for each in others)


def asks(situation: Situation, record: UsageRecord | None, total: int) -> bool:
    """Whether a person is to be asked before so many are billed, some of them late (LATE-2)."""
    if situation.policy.late_usage is LateUsage.BILL:
        return False
    return record is None or record.late is None or total > record.late


def unasked(record: UsageRecord | None) -> bool:
    """Whether nobody has been asked of late usage yet."""
    held = None if record is None else record.hold
    return record is None or held is None or held.kind is not HoldKind.LATE or record.held_uncounted


def never_written(record: UsageRecord) -> int | None:
    """The number that is to be billed by what a person or the last reading said, and is not: None if there is none such."""
    approved = record.late if record.late is not None and record.answer is None else 0
    if record.refusal is not None:
        refused = record.stands if record.refusal.total is None else record.refusal.total
        return max(approved, refused)
    return approved if approved > record.stands else None


def never_written_question(record: UsageRecord, company: str, *, number: int, why: str) -> str:
    """What to ask a person of such a number where no count is to be had any more, without which nothing is written (CLOSE-5)."""
    key, stands, refusal = record.key, record.stands, record.refusal
    said = "were approved" if record.late == number else "were to be billed"
    rest = f"the other {number - stands} were" if number > stands else "that was"
    refused = "" if refusal is None else f" ConnectWise refused it: {refusal.why}."
    by_hand = f"; bill the other {number - stands} by hand if they are to be paid" if number > stands else ""
    return (
        f"{number} {key.service} of {company} in {key.month.label} {said}, {stands} stand in ConnectWise, and {rest} never written.{refused} "
        f"No count is to be had any more, without which nothing is written: {why} Reject it, and the month closes with {stands}{by_hand}."
    )


def late_question(
    situation: Situation,
    record: UsageRecord | None,
    *,
    total: int,
    agreement: Agreement | None,
    period: ServicePeriod | None,
) -> str:
    """What to ask a person of usage that is late: what was seen, what was billed, what would be, and what can be said."""
    month, stands = situation.key.month.label, 0 if record is None else record.stands
    floor = "" if situation.count in (None, total) else f", and {total} are billed at least by its contract"
    counted = total if situation.count is None else situation.count
    written = None if record is None or record.line is None or record.line.state is not LineState.OPEN else record.line
    if record is not None and written is not None:
        billed = f"{stands} of them are billed, {written.pushed} on Addition {written.addition_id} for late ones"
        wish = f"that goes from {written.pushed} to {quantity_of(record, total)}"
    else:
        billed = f"{stands} of them are on Additions that can carry no more" if stands else "none of them are billed"
        billed = f"{billed}, since that period has been invoiced or its agreement has ended"
        those = f"the other {total - stands}" if stands else "they"
        wish = f"{those} become a line of their own for {month} {_where(agreement, period)}"
    stay = f"{stands} stay" if stands else "none are billed"
    return (
        f"GravityZone counts {counted} {situation.key.service} for {situation.company} in {month}{floor}; {billed}. Approve {total}, and "
        f"{wish}; or reject it, and {stay}."
    )


def _where(agreement: Agreement | None, period: ServicePeriod | None) -> str:
    if agreement is None:
        return "on the agreement that runs by then (none does at present)"
    dates = "" if period is None else f", dated {period.effective} to {period.cancelled}"
    return f"on agreement '{agreement.name}' (id {agreement.id}){dates}"


def late_notice(situation: Situation, *, total: int, stands: int) -> str:
    """What to show of late usage before the month closes, when a person is asked."""
    return (
        f"GravityZone counts {total} {situation.key.service} in {situation.key.month.label}, {total - stands} more than are billed; since that "
        "period has been invoiced or its agreement has ended, what becomes of them is asked when the month closes."
    )


def fall_question(situation: Situation, record: UsageRecord, line: Line, *, count: int) -> str:
    """What to ask of a count that has fallen (READ-7): what was billed, what counts now, what is written and what cannot be."""
    month = situation.key.month.label
    seen = (
        f"GravityZone counts {count} {situation.key.service} for {situation.company} in {month}, after {record.highest}; "
        "within a month the count only rises."
    )
    if not is_carried_on(record):
        return (
            f"{seen} The Addition stands at {line.pushed}. Approve {count} to accept the lower number, which is written then; or reject it, and "
            f"{line.pushed} stays."
        )
    billed = f"{record.beside} are on Additions that can be changed no more, and {line.pushed} on Addition {line.addition_id}"
    wish = f"that goes from {line.pushed} to {quantity_of(record, count)}"
    over = record.beside - count
    if over > 0:
        wish = f"{wish}, and the {over} billed too many are shown at the close, to be credited by hand: Tally credits nothing itself"
    return f"{seen} {billed}. Approve {count}, and {wish}; or reject it, and {record.stands} stay billed."
