"""Word what is told beside a standing and stops nothing."""

from datetime import datetime, timedelta

from tally.domain.facts.job_facts import Facts, When
from tally.domain.facts.place import Thaw, turn_of
from tally.domain.model.agreement import Agreement
from tally.domain.model.invoicing import has_ended, invoice_notice
from tally.domain.model.month import Month
from tally.domain.model.reading import Count
from tally.domain.model.standing import Cause, StandingState
from tally.domain.model.terms import described
from tally.domain.record.credit import credit_notice, fewer_notice
from tally.domain.record.lines import Line, LineState
from tally.domain.record.usage_record import RecordState, UsageRecord

_AT_ABOUT_THAT_TIME = timedelta(minutes=1)
"""By so much ConnectWise's clock, which dates the change, and ours may differ."""


def notices(record: UsageRecord, facts: Facts) -> tuple[str, ...]:
    """Return what is to be told of the record beside its standing."""
    agreement = _shown(record, facts)
    invoice = None if agreement is None else invoice_notice(agreement, facts.when.today)
    credit = None if record.credit is None else credit_notice(record, facts.company)
    told = filter(None, (_differing_terms(record), invoice, credit))
    return (*record.notices, *_invoiced_anew(record, agreement, facts), *told)


def _invoiced_anew(
    record: UsageRecord, agreement: Agreement | None, facts: Facts
) -> tuple[str, ...]:
    """Tell of older lines whose invoice was deleted: they are billed again as they are."""
    if agreement is None:
        return ()
    return tuple(
        f"An invoice of agreement {agreement.named} was deleted or written off, or its dates were "
        f"put right: its next one is dated {agreement.next_invoice}, and bills Addition "
        f"{line.addition_id} at {line.pushed} once more, beside what stands on later lines."
        # The newest line follows the count again instead: ``taken_back`` tells of that.
        for line in record.lines[:-1]
        if line.agreement_id == agreement.id and isinstance(turn_of(line, facts), Thaw)
    )


def _shown(record: UsageRecord, facts: Facts) -> Agreement | None:
    """Return the agreement of the line that follows the count, or of the next one."""
    head = record.head
    return facts.offered if head is None else facts.agreement(head.agreement_id)


def billing(record: UsageRecord, facts: Facts, *, counted: int | None = None) -> Cause:
    """Say that all is well; and where a person has said otherwise than GravityZone, that."""
    told, word = notices(record, facts), record.last_word
    if word is not None and record.lines and counted not in (None, record.stands):
        kept = f"{record.stands} stays by the word of {word.by} on {word.at:%Y-%m-%d}."
        told = (*told, f"GravityZone counts {counted}; {kept}")
    elif counted is not None and counted < record.stands and record.is_carried_on:
        told = (*told, fewer_notice(record, counted=counted))
    return Cause(state=StandingState.BILLING, notices=told)


def held(record: UsageRecord, facts: Facts, why: str) -> Cause:
    """Say why the record waits for a person."""
    return Cause(state=StandingState.HELD, reason=why, notices=notices(record, facts))


def late_usage(record: UsageRecord, *, total: int) -> str:
    """Tell of late usage before the month closes, when a person is asked."""
    key = record.key
    return (
        f"GravityZone counts {total} {key.service} in {key.month.label}, {total - record.stands} "
        "more than are billed; since that period has been invoiced or its agreement has ended, "
        "what becomes of them is asked when the month closes."
    )


def invoice_doubts(line: Line, agreement: Agreement | None, facts: Facts) -> tuple[str, ...]:
    """Tell where an invoice may lack the last quantity that was written (LATE-1).

    It has, where the agreement was not yet invoiced at a tick after that write, and was changed
    after it. Of a line that was closed, no tick has looked: there the change alone decides.
    """
    if agreement is None:
        return ()
    if has_ended(agreement, facts.when.today):
        return _ended_oddly(line, agreement)
    before, changed, at = facts.when.before, _instant(agreement.version), line.written.at
    not_yet = line.state is LineState.FINAL or (before is not None and at < before)
    if not_yet and changed is not None and changed > at + _AT_ABOUT_THAT_TIME:
        return ()
    told = (
        f"Addition {line.addition_id} was set to {line.pushed} at {at:%Y-%m-%d %H:%M} GMT, at "
        f"about the time when agreement {agreement.named} was invoiced: see whether the invoice "
        f"bills {line.pushed}."
    )
    return (told,)


def floor_doubts(reading: Count, when: When, *, floor: int | None) -> tuple[str, ...]:
    """Tell of a contract's floor that is to be billed, and that nobody knows (CLOSE-2)."""
    if not (reading.odd_floor and when.policy.bill_minimum and floor is None):
        return ()
    told = (
        f"When {when.month.label} was closed, the contract's minimum could not be read, so the "
        f"count alone was billed: {reading.odd_floor}. See whether this customer has committed to "
        "more."
    )
    return (told,)


def _ended_oddly(line: Line, agreement: Agreement) -> tuple[str, ...]:
    """Tell of a line that is left alone for a date that may be forgotten on the agreement."""
    if not agreement.ends_oddly:
        return ()
    left = f"Until then Addition {line.addition_id} stays at {line.pushed}."
    return (f"Agreement {agreement.named} is {agreement.ends_oddly}. {left}",)


def taken_back(line: Line, agreement: Agreement | None) -> tuple[str, ...]:
    """Tell of a line that follows the count again, after an invoice or its agreement's end."""
    if agreement is None:
        return ()
    why = "so an invoice of it was deleted or written off, or its dates were put right"
    now = f"has its next invoice on {agreement.next_invoice} by now"
    told = f"agreement {agreement.named} {now}, {why}."
    return (f"Addition {line.addition_id} follows the count again: {told}",)


def _instant(version: str) -> datetime | None:
    """Return when the agreement was last changed: that is its version in ConnectWise."""
    try:
        found = datetime.fromisoformat(version)
    except ValueError:
        return None
    # Without a zone it may be hours off, and it is compared to the minute.
    return None if found.tzinfo is None else found


def voided_too_late(line: Line, why: str) -> str:
    """Tell that an invoice took the line's quantity before a person could have it voided."""
    return (
        f"Addition {line.addition_id} is voided, but {why}: see whether {line.pushed} must be "
        "credited there by hand."
    )


def terms_not_compared(month: Month, error: str) -> str:
    """Say that the terms could not be compared with those of the month before."""
    return (
        f"The terms of {month.label} were not compared with those of {month.previous.label}, which "
        f"could not be read: {error}"
    )


def _differing_terms(record: UsageRecord) -> str | None:
    """Say which terms of the newest Addition differ, and what can be done; None if none do."""
    line = record.newest
    if line is None or line.terms is None:
        return None
    month, before = record.key.month, record.key.month.previous.label
    differences = described(line.terms.now, line.terms.before)
    seen = f"Addition {line.addition_id} for {month.label} has {differences} in {before}."
    if line.terms.asked and line.state is LineState.OPEN:
        return f"{seen} The terms of {before} are carried over at the next tick, as was asked for."
    refused = f" They could not be carried over: {line.terms.refused}" if line.terms.refused else ""
    if record.state is not RecordState.OPEN or line.state is not LineState.OPEN:
        return (
            f"{seen}{refused} It is not written any more: what is to be otherwise is changed in "
            "ConnectWise."
        )
    if refused:
        return f"{seen}{refused} Change them in ConnectWise, or have them carried over once more."
    return (
        f"{seen} If something else was agreed with this customer, have the terms of {before} "
        "carried over."
    )
