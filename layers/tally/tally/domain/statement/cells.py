"""The cells of a statement's tables, and its short words, as plain text: every form draws them."""

from collections.abc import Sequence
from datetime import datetime

from tally.domain.evidence.evidence import Machine
from tally.domain.model.month import Month
from tally.domain.record.lines import Line, LineState
from tally.domain.statement.course import Day, Step
from tally.domain.statement.machines import became_of, not_seen_active, seen_active
from tally.domain.statement.sentences import NOT_RECORDED, in_runs, minute
from tally.domain.statement.statement import ServiceStatement, Stage, Statement

STATES = {
    LineState.OPEN: "follows the count",
    LineState.FROZEN: "invoiced: can grow no more",
    LineState.VOIDING: "to be set to 0",
    LineState.VOID: "voided: set to 0 and replaced",
    LineState.FINAL: "final",
}
"""The states of a line, for a bookkeeper."""

STAGES = {
    Stage.PROVISIONAL: "The month is not closed yet.",
    Stage.FINAL: "The month is closed. A later change is a new version.",
    Stage.NOT_RECORDED: "Nothing of this month was recorded.",
}


def facts(of: ServiceStatement, *, machines: str) -> Sequence[tuple[str, str]]:
    """Return the facts that stand below the number, each with its title."""
    numbers, readings = of.numbers, of.readings
    return (
        ("GravityZone counts", _known(numbers.counted)),
        ("Contract's minimum", "none" if numbers.floor == 0 else _known(numbers.floor)),
        ("First reading", NOT_RECORDED if readings.first is None else minute(readings.first)),
        ("Last reading", NOT_RECORDED if readings.last is None else minute(readings.last)),
        ("Machines seen active", machines),
    )


def _known(number: int | None) -> str:
    return NOT_RECORDED if number is None else f"{number:,}"


def addition(line: Line, month: Month) -> Sequence[str]:
    """Return the cells of an Addition."""
    place = line.place
    late = f"; late usage of {month.label}" if place.late else ""
    return (
        str(line.addition_id),
        f"{line.pushed:,}",
        f"{place.effective}",
        f"{place.cancelled}",
        str(place.agreement_id),
        str(place.product_id),
        line.reference,
        f"{STATES[line.state]}{late}",
    )


def change(step: Step) -> Sequence[str]:
    """Return the cells of a change: reading, recorded, billed, what, why, by."""
    moved = f"{step.before:,}"
    if step.before != step.after:
        moved = f"{step.before:,} to {step.after:,}"
    return (
        "by a person" if step.reading is None else moment(step.reading),
        moment(step.recorded),
        moved,
        step.what,
        step.why,
        step.by,
    )


def seen_machines(of: Statement) -> tuple[str, Sequence[Machine]]:
    """Return the machines that were seen active, with the caption of their table."""
    machines = () if of.evidence is None else seen_active(of.evidence)
    return _counted(f"Seen active in {of.month.label}", machines), machines


def unseen_machines(of: Statement) -> tuple[str, Sequence[Machine]]:
    """Return the machines of which nothing is proven, with the caption of their table."""
    machines = () if of.evidence is None else not_seen_active(of.evidence)
    return _counted(f"In the inventory in {of.month.label}, not seen active", machines), machines


def _counted(caption: str, machines: Sequence[Machine]) -> str:
    number = len(machines)
    return f"{caption}: {number:,} {'machine' if number == 1 else 'machines'}"


def seen_machine(of: Machine) -> Sequence[str]:
    """Return the cells of a machine that was seen active."""
    name, fqdn, listed, became = unseen_machine(of)
    seen = read = ""
    if of.proof is not None:
        seen, read = moment(of.proof.seen), moment(of.proof.read)
    return name, fqdn, listed, seen, read, became


def unseen_machine(of: Machine) -> Sequence[str]:
    """Return the cells of a machine of which nothing is proven."""
    return of.name, of.fqdn, of.listed.isoformat(), became_of(of)


def moment(at: datetime) -> str:
    """Return an instant to the minute, where GMT is said elsewhere."""
    return minute(at).removesuffix(" GMT")


def chart_spoken(of: str, month: Month) -> str:
    """Say what the chart of a month is, to those who do not see it."""
    return f"{of}, {month.label}: the quantity billed at the end of each day, told in words below"


def chart_told(days: Sequence[Day], month: Month, *, floor: int | None) -> str:
    """Tell the chart in words; that alone where no day is known."""
    words = in_runs(days)
    if not days:
        return words
    legend = f" The dashed line is the number of the contract, {floor}." if floor else ""
    return f"By day of {month.label} (GMT): {words}{legend}"


def chart_scale(month: Month) -> Sequence[str]:
    """Return the labels below the chart: its first day, the one in the middle, its last."""
    last = month.last.day
    return tuple(f"{day} {month.label[:3]}" for day in (1, (last + 1) // 2, last))
