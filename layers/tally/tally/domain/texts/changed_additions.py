"""Word what is told of Additions that are not as we left them, or that bill beside ours."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from tally.domain.facts.as_written import Differences, Field, is_offboarded, may_be_left, untold
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Owed, Uncounted, owing_of, quantity_of
from tally.domain.facts.sighting import is_of_tally
from tally.domain.model.agreement import Addition
from tally.domain.record.lines import LAID_DOWN, Line, LineState
from tally.domain.record.usage_record import UsageRecord


def beside(
    record: UsageRecord,
    others: Sequence[Addition],
    company: str,
    *,
    wanted: int,
    counted: int | None,
) -> str:
    """Say that another Addition of the product covers the month: it would be billed twice."""
    stands = f"ours stands at {record.stands}" if record.lines else "nothing of ours stands there"
    seen = f"{described(others)} bills the same product to {company} in {record.key.month.label}"
    wish = f"{_counted(counted, wanted)} would be written beside it; {stands}"
    if not of_others(others):
        return (
            f"{seen}: Tally's own, of another month or customer. {wish}. Set its cancelled date "
            "right in ConnectWise."
        )
    if record.lines:
        return (
            f"{seen}, and is not ours. {wish}. Keep it apart and bill ours beside it, or cancel it "
            "in ConnectWise."
        )
    return (
        f"{seen}, and is not ours. {wish}. Take it over, keep it apart and bill ours beside it, or "
        "do not bill this month; or cancel it in ConnectWise."
    )


def _counted(counted: int | None, wanted: int) -> str:
    if counted is None:
        return f"{wanted}"
    rest = "which" if counted == wanted else f"and {wanted} of them"
    return f"GravityZone counts {counted}, {rest}"


def of_others(additions: Iterable[Addition]) -> tuple[int, ...]:
    """Return the ids of those that a person may give to us or keep apart, as none is ours."""
    return tuple(each.id for each in additions if not is_of_tally(each))


def doubled(additions: Sequence[Addition], mark: str, *, known: int | None = None) -> str:
    """Say that somebody has copied an Addition of ours; ``known`` is the id of ours."""
    own = [each for each in additions if each.id == known]
    copies = [each for each in additions if each.id != known]
    if not own or not copies:
        return (
            f"{described(additions)} all carry our reference {mark}: one is a copy of the other. "
            "Delete all but one."
        )
    told = " and ".join(
        f"{described([each])} on agreement {each.agreement_id}, last changed by {changed_by(each)},"
        for each in copies
    )
    verb = "is a copy" if len(copies) == 1 else "are copies"
    return (
        f"{told} {verb} of ours, {described(own)} on agreement {own[0].agreement_id}, with its "
        f"reference {mark}: both would be billed. Delete the copy, and the hold lifts itself."
    )


def described(additions: Sequence[Addition]) -> str:
    """Name the Additions as a person finds them in ConnectWise."""
    return ", ".join(
        f"Addition {each.id} (quantity {plain(each.quantity)}, "
        f"{each.effective or 'no effective date'} to {each.cancelled or 'open-ended'})"
        for each in additions
    )


def changed_by(addition: Addition) -> str:
    """Say who changed it last, and when, as ConnectWise shows it."""
    at = addition.updated_at
    when = "" if at is None else f" on {at:%Y-%m-%d %H:%M} GMT"
    # ConnectWise leaves out what is null, so nobody may be named.
    return f"{addition.updated_by or 'somebody'}{when}"


def plain(quantity: Decimal) -> str:
    """Write a quantity as a person does."""
    # normalize() alone would write 100 as 1E+2.
    return f"{quantity.normalize():f}"


def gone(record: UsageRecord, line: Line, facts: Facts) -> str:
    """Say that ours is gone, and what takes its place."""
    return (
        f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}), where "
        f"it stood at {line.pushed}; one with [{line.reference}] in its invoice description takes "
        f"its place. {_to_be_billed(record, line, facts)}"
    )


def unlike(
    record: UsageRecord,
    line: Line,
    it: Addition,
    found: Differences,
    facts: Facts,
) -> str:
    """Say that ours is not as we wrote it: what, by whom, when, and what a person can do."""
    leave = "; or reject, and it is left so" if may_be_left(line, it, found) else ""
    return (
        f"Addition {it.id} {what_happened(line, it)} in ConnectWise by {changed_by(it)}: "
        f"{listed(found)}. It was not overwritten. {_to_be_billed(record, line, facts)} "
        f"{_put_right(line, found)}, and the hold lifts itself{leave}."
    )


def listed(found: Differences) -> str:
    """Tell the differences in one breath."""
    parts = [str(each) for each in found]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _put_right(line: Line, found: Differences) -> str:
    if len(found) > 1:
        return "Set that back in ConnectWise"
    if found[0].field is Field.REFERENCE:
        return f"Put [{line.reference}] back into its invoice description"
    return f"Set it back to {found[0].written} in ConnectWise"


def what_happened(line: Line, it: Addition) -> str:
    """Say what happened to it: a customer left, if it ends early with its agreement."""
    if is_offboarded(line, it):
        return f"was cancelled together with its agreement (id {it.agreement_id})"
    return "was changed"


def edited(record: UsageRecord, line: Line, it: Addition, facts: Facts, *, total: int) -> str:
    """Say that somebody else changed the quantity of ours, and what can be answered."""
    return (
        f"Addition {it.id} was changed in ConnectWise by {changed_by(it)}: it stands at "
        f"{plain(it.quantity)}, we left it at {line.pushed}. It was not overwritten. "
        f"{_to_be_billed(record, line, facts)} Restore {line.pushed} in ConnectWise, and the hold "
        f"lifts itself{_answers(record, it, owing_of(record, facts), total=total)}."
    )


def _answers(record: UsageRecord, it: Addition, owing: Owed | Uncounted, *, total: int) -> str:
    """Say what a person can answer to somebody else's quantity; nothing to a fraction."""
    stands = it.seats
    # Quantities are doubles in ConnectWise, and no answer can keep a fraction (READ-8).
    if stands is None:
        return ""
    if isinstance(owing, Uncounted):
        return f"; or approve or reject, and {stands} stays"
    ours = quantity_of(record, total)
    return f"; or approve, and {ours} is written over it; or reject, and {stands} stays"


def _to_be_billed(record: UsageRecord, line: Line, facts: Facts) -> str:
    key, company, owing = record.key, facts.company, owing_of(record, facts)
    if isinstance(owing, Uncounted):
        last = f"our last number for {company} in {key.month.label} is {line.pushed}"
        return f"No count is to be had; {last}."
    counted, total = owing.counted, owing.total
    billed = "" if total == counted else f", and {total} are to be billed"
    return f"GravityZone counts {counted} {key.service} for {company} in {key.month.label}{billed}."


_NOT_WRITTEN = (
    "That period has been invoiced or its agreement has ended, so nothing is written there."
)
_VOIDED = "It was voided, so nothing is written there."


def settled_edited(
    record: UsageRecord, line: Line, shown: Sequence[Addition], company: str, counted: int | None
) -> str:
    """Say that a frozen or voided line is not as we left it, and what can be answered."""
    key = record.key
    not_written = _VOIDED if line.state is LineState.VOID else _NOT_WRITTEN
    seen = f" GravityZone counts {counted} {key.service} for {company} in {key.month.label}."
    return (
        f"{_told(record, line, shown)} {not_written}{'' if counted is None else seen} "
        f"{_advice(line, shown)}"
    )


def shown_words(record: UsageRecord, line: Line, shown: Sequence[Addition]) -> str:
    """Say how a line is shown, in words that stay the same as long as it is the same."""
    # Stored with a person's answer (AS_SEEN): under another wording it would be asked once more.
    if not shown:
        return f"line {line.number} is gone"
    if len(shown) > 1:
        ids = ", ".join(str(each) for each in sorted(each.id for each in shown))
        return f"line {line.number} is {ids}"
    (it,) = shown
    rest = "".join(f", {each.field} {each.shown}" for each in _others(record, line, it))
    return f"line {line.number} is {plain(it.quantity)} until {it.cancelled}{rest}"


def _others(record: UsageRecord, line: Line, it: Addition) -> Differences:
    """Return the differences beside quantity and cancelled date, which are told first."""
    first = (Field.QUANTITY, Field.CANCELLED)
    return tuple(each for each in untold(record, line, it) if each.field not in first)


def billed_there(shown: Sequence[Addition]) -> int | None:
    """Return what is billed as it is shown; None for a fraction, or for several."""
    if not shown:
        return 0
    return shown[0].seats if len(shown) == 1 else None


def _told(record: UsageRecord, line: Line, shown: Sequence[Addition]) -> str:
    if not shown:
        return (
            f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}), "
            f"where it stood at {line.pushed}."
        )
    if len(shown) > 1:
        return doubled(shown, line.reference, known=line.addition_id)
    (it,) = shown
    others = _others(record, line, it)
    rest = f"; {listed(others)}" if others else ""
    return (
        f"Addition {it.id} {what_happened(line, it)} in ConnectWise by {changed_by(it)}: it stands "
        f"at {plain(it.quantity)} until {it.cancelled or 'further notice'}, we left it at "
        f"{line.pushed} until {line.place.cancelled}{rest}."
    )


def _advice(line: Line, shown: Sequence[Addition]) -> str:
    """Say what a person can do.

    The number of a closed month, or of a voided line, can be put right or left, not changed.
    """
    stands = billed_there(shown)
    leave = f"Reject, and it is left as it is, with {line.pushed} as what was billed"
    # CLOSE-4: the number that a month closed with stays, so there is nothing to approve.
    if stands not in (None, line.pushed) and line.state not in LAID_DOWN:
        leave = f"{leave}; approve, if {stands or 'nothing'} was billed"
    if stands == 0 and line.pushed:
        return (
            f"{leave}; or put it right: one with [{line.reference}] in its invoice description "
            "takes its place."
        )
    return f"{leave}; or put it right in ConnectWise."
