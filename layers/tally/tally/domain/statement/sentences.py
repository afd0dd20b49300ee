"""The words of a statement: numbers compared, days told, and the limits of what it proves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from tally.domain.model.terms import priced
from tally.domain.record.rulings import Ruling
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.statement.course import Day
from tally.domain.statement.statement import Numbers, ServiceStatement, Stage, Statement

NOT_RECORDED = "not recorded"


def difference(
    record: UsageRecord, numbers: Numbers, *, kept: Ruling | None, followed: int
) -> tuple[str, ...]:
    """Say how the count, the number billed and the contract's floor differ, and why.

    ``kept`` is the person's word that keeps what is billed, ``followed`` the quantity that the
    history leads to.
    """
    return tuple(
        filter(
            None,
            (
                _counted_and_billed(record, numbers, kept),
                _refused(record),
                _without_children(record),
                _floor(record, numbers),
                _credited(numbers),
                _not_followed(record, numbers, followed),
            ),
        )
    )


def _counted_and_billed(record: UsageRecord, numbers: Numbers, kept: Ruling | None) -> str:
    billed, number = numbers.billed, numbers.counted
    if record.state is RecordState.WAIVED:
        return "By a person's word this month is not billed."
    if number is None:
        return _uncounted(record, billed, kept)
    seen = f"GravityZone counts {number}, and {_are(billed)} billed"
    if number == billed:
        return f"{seen}: there is no difference between the two."
    gap = f"{abs(number - billed)} {'fewer' if billed < number else 'more'} than counted"
    return f"{seen}, {gap}: {_reason(record, numbers)}."


def _are(number: int) -> str:
    return f"{number} {'is' if number == 1 else 'are'}"


def _were(number: int) -> str:
    return f"{number} {'was' if number == 1 else 'were'}"


def _uncounted(record: UsageRecord, billed: int, kept: Ruling | None) -> str:
    """Say what is billed where no count is recorded, and what is known instead (PROOF-5)."""
    # The number of a hold may have the contract's minimum in it: it is never called a count.
    if record.hold is not None:
        return (
            f"{_are(billed)} billed, and {_are(record.hold.quantity)} asked about: the question "
            "says what was counted."
        )
    if kept is not None:
        return (
            f"{_are(billed)} billed by the word of {kept.by} on {_date(kept.at)}, when "
            f"{_were(kept.number)} asked about. What GravityZone counted after that is "
            f"{NOT_RECORDED}."
        )
    return f"{_are(billed)} billed. GravityZone's count is {NOT_RECORDED} before the close."


def _refused(record: UsageRecord) -> str:
    refusal = record.refusal
    if refusal is None:
        return ""
    return (
        f"ConnectWise has refused to bill {refusal.total} since {_date(refusal.at)}: {refusal.why}"
    )


def _without_children(record: UsageRecord) -> str:
    """Say that a partner's count is of its own machines (READ-4)."""
    if record.children is None:
        return ""
    below = len(record.children)
    companies = "company" if below == 1 else "companies"
    return (
        "The count is of the partner's own machines: GravityZone's, without what it counts for the "
        f"{below} {companies} directly below."
    )


def _reason(record: UsageRecord, numbers: Numbers) -> str:
    # The first reason that holds is told: what waits for a person before what is decided.
    word = record.last_word
    if numbers.credit is not None:
        return "what was billed too much waits to be credited"
    if record.hold is not None:
        return "the difference waits for a person's answer"
    is_more = numbers.counted is not None and numbers.counted > numbers.billed
    if numbers.floor is not None and numbers.billed == numbers.floor and not is_more:
        return "the contract's minimum is billed"
    if word is not None:
        return f"so decided by {word.by} on {_date(word.at)}"
    return "the changes below tell how it came about"


def _floor(record: UsageRecord, numbers: Numbers) -> str:
    """Say what the contract's minimum is, and what was decided of it at the close (CLOSE-2)."""
    if record.state is RecordState.OPEN:
        return "The contract's minimum is recorded at the close."
    if numbers.floor is None:
        return f"The contract's minimum is {NOT_RECORDED}."
    if not numbers.floor:
        return "The contract has no minimum."
    least = f"The contract's minimum is {numbers.floor}"
    if numbers.counted is None:
        return f"{least}."
    if numbers.counted >= numbers.floor:
        return f"{least}, which the count reaches: it changes nothing."
    if numbers.billed == numbers.floor:
        return f"{least}, more than was counted: the minimum is billed."
    # Why is not known here: a setting, a person's word, or an invoice that was made before.
    than_billed = "less" if numbers.billed > numbers.floor else "more"
    return f"{least}, which is more than was counted and {than_billed} than is billed."


def _credited(numbers: Numbers) -> str:
    told = []
    if numbers.credited:
        have = "has" if numbers.credited == 1 else "have"
        told.append(f"{numbers.credited} {have} been credited and taken off the number billed.")
    if (credit := numbers.credit) is not None:
        price = credit.unit_price
        amount = (
            "" if price is None else f" ({credit.quantity * price:.2f} at {priced(price)} each)"
        )
        told.append(
            f"{_were(credit.billed)} billed and {_are(credit.counted)} to be paid: "
            f"{credit.quantity} too many{amount}, to be credited in ConnectWise by hand."
        )
    return " ".join(told)


def _not_followed(record: UsageRecord, numbers: Numbers, followed: int) -> str:
    stands = numbers.billed + numbers.credited
    if followed == stands or (not record.lines and not followed):
        return ""
    return (
        f"The history that is kept leads to {followed} and not to {stands}: how it came about "
        f"is {NOT_RECORDED}."
    )


def headline(of: ServiceStatement) -> str:
    """Say in a sentence what is billed, and since when."""
    if of.state is RecordState.WAIVED:
        return "Not billed."
    since = of.readings.billed_since
    if since is None:
        return "No Addition has been made yet."
    when = since.recorded if since.reading is None else since.reading
    by = "since" if since.reading is None else "since the reading of"
    return f"Billed {by} {minute(when)}."


def in_gmt(of: Statement) -> str:
    """Explain once how the month is counted, beside the MSP's own clock."""
    month = of.month
    told = (
        f"GravityZone counts a month in GMT: {month.label} runs from {_at(month.starts)} to "
        f"{_at(month.next.starts)} GMT"
    )
    # At both ends, since the clocks may be changed within the month.
    zone = ZoneInfo(of.time_zone)
    first, last = month.starts.astimezone(zone), month.next.starts.astimezone(zone)
    if first.utcoffset() == last.utcoffset() == month.starts.utcoffset():
        return f"{told}. All times below are GMT."
    return (
        f"{told}, in {of.time_zone} from {_at(first)} to {_at(last)}. All times below are GMT; the "
        "days of an Addition are those of ConnectWise."
    )


def in_runs(days: Sequence[Day]) -> str:
    """Tell the course day by day in words: days of the same quantity together."""
    runs = [(billed, [*run]) for billed, run in groupby(days, key=lambda each: each.billed)]
    told = [
        f"{'nothing yet' if billed is None else f'{billed:,}'} on {_days(run[0], run[-1])}"
        for billed, run in runs
    ]
    return f"{', '.join(told)}." if told else f"The course of the month is {NOT_RECORDED}."


def limits(of: Statement) -> Iterator[str]:
    """Say what the statement does not prove (PROOF-3)."""
    if of.stage is Stage.NOT_RECORDED:
        yield (
            "Tally has no record of this month for this customer. Nothing is filled in afterwards, "
            "so this page says nothing of what was counted or billed."
        )
        return
    yield (
        f"Which machines were counted is {NOT_RECORDED}. The count is GravityZone's own; it names "
        "no machines, and Tally adds none to it."
    )
    if of.evidence is not None:
        yield (
            "The list of machines shows which ones were seen active, and not that these were "
            "counted. Clones that share an id stand in it once, a machine that returned under a "
            "new id twice, and one that came and went between two looks may be missing."
        )
    yield (
        "The quantities are those that ConnectWise confirmed to Tally. Which invoice took them, "
        "and at what price, is seen in ConnectWise alone."
    )
    if of.stage is Stage.PROVISIONAL:
        yield "The month is not closed: every number here may still change."


def minute(at: datetime) -> str:
    """Return an instant to the minute, in GMT."""
    return f"{_at(at.astimezone(UTC))} GMT"


def _date(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d}"


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"


def _days(first: Day, last: Day) -> str:
    if first == last:
        return f"day {first.day.day}"
    return f"days {first.day.day}-{last.day.day}"
