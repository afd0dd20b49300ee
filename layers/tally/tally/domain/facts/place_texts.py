"""Word what is told of a line that can stand nowhere, or not where it was meant to."""

from tally.domain.model.agreement import Agreement
from tally.domain.model.invoicing import is_refused_as_invoiced
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, needs_setup
from tally.domain.record.record_key import MOST_LINES, RecordKey
from tally.domain.record.usage_record import UsageRecord

_NOT_INVOICED_YET = (
    "Use an agreement type that is invoiced after the month's close, or let late usage go onto the "
    "next invoice (setting LateUsage)."
)


def no_product(key: RecordKey, company: str) -> str:
    """Say that ConnectWise has no product to bill more of the month by, and what to do."""
    return (
        f"ConnectWise has no product as which more {key.service} of {company} in {key.month.label} "
        "can be billed: the one that the settings name is not in its catalog, inactive, or there "
        "twice. Put that right, or name another one."
    )


def too_many_lines(key: RecordKey, company: str) -> Cause:
    """Say that no further Addition is made for the month, and what is left to a person."""
    return needs_setup(
        f"Tally makes at most {MOST_LINES} Additions for {key.service} of one month, and has made "
        f"them for {company} in {key.month.label}: bill the rest by hand in ConnectWise."
    )


def another_agreement(agreement: Agreement) -> Cause:
    """Say that the agreement was moved to another company or type since it was listed."""
    return needs_setup(
        f"Agreement {agreement.named} is no longer of this company and type: looked for again at "
        "the next tick."
    )


def invoiced_in_advance(month: Month) -> Cause:
    """Say that invoices come before anybody knows what the month uses (LATE-1)."""
    return needs_setup(
        f"Agreements are invoiced in advance, before anybody knows what {month.label} uses: "
        f"nothing is opened. {_NOT_INVOICED_YET}"
    )


def invoiced_already(month: Month, agreement: Agreement) -> Cause:
    """Say that the month has been invoiced while it still runs (LATE-1)."""
    return needs_setup(
        f"{month.label} has been invoiced already on agreement {agreement.named}, whose next "
        f"invoice is dated {agreement.next_invoice}: an Addition would be billed to nobody. "
        f"{_NOT_INVOICED_YET}"
    )


def ends_before_its_invoice(month: Month, agreement: Agreement) -> Cause:
    """Say that the agreement ends before it could bill late usage."""
    pairs = ((agreement.cancelled_on, "is cancelled"), (agreement.ends, "ends"))
    # Cancelled on the very day on which it ends, it does not run on that day.
    day, how = min(((day, how) for day, how in pairs if day is not None), key=lambda each: each[0])
    return needs_setup(
        f"What {month.label} has used beyond its invoice has no place: agreement "
        f"{agreement.named} {how} on {day}, before its next invoice. The agreement that follows it "
        "is taken once it runs: make one if there is none, or bill the rest by hand."
    )


def voided_there(record: UsageRecord, agreement: Agreement) -> Cause:
    """Say that a person has called this very place the wrong one (OPEN-1)."""
    waivable = "" if record.is_standing else "; or do not bill this month"
    return needs_setup(
        f"An Addition for {record.key.month.label} was voided on agreement {agreement.named}: none "
        "is made there again. Link the company to the right one in ConnectWise, or pin the right "
        f"agreement{waivable}."
    )


def refused(why: str) -> Cause:
    """Say why ConnectWise refuses the write, and what helps where the month was invoiced."""
    return needs_setup(f"{why} {_NOT_INVOICED_YET}" if is_refused_as_invoiced(why) else why)


def no_agreement(company: str) -> str:
    """Say that no agreement can bill what is left over."""
    return f"no agreement of {company} can be billed for them: make one, or pin the right one."


def invoiced_up_to(agreement: Agreement, last: object) -> str:
    """Say why a line can no longer grow: its days were invoiced."""
    return (
        f"agreement {agreement.named} has been invoiced up to {last}: its next invoice is dated "
        f"{agreement.next_invoice}"
    )


def has_ended(agreement: Agreement) -> str:
    """Say why a line can no longer grow: its agreement runs no more."""
    oddly = f": it is {agreement.ends_oddly}" if agreement.ends_oddly else ""
    return f"agreement {agreement.named} has ended{oddly}"
