"""A statement as a page of HTML: one file, readable on any screen, on paper, and read aloud."""

from collections.abc import Sequence

from tally.domain.model.month import Month
from tally.domain.record.lines import Line
from tally.domain.statement import cells
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.course import Step
from tally.domain.statement.machines import known_of_machines
from tally.domain.statement.sentences import NOT_RECORDED, headline, in_gmt, limits, minute
from tally.domain.statement.statement import ServiceStatement, Statement
from tally.statements.chart import chart
from tally.statements.machine_tables import machine_section
from tally.statements.page import named, page, shown
from tally.statements.stacked_table import stacked_table


def drawn_as_page(of: Statement) -> str:
    """Return the page."""
    services = "".join(_service(each, of) for each in of.services)
    body = (
        f"<main>\n{_head(of)}{services}{machine_section(of)}{_limits(of)}</main>\n"
        f"<footer>\n<p>Version {of.version}, {of.stage}. SHA-256 of what it says: "
        f'<span class="code">{fingerprint(of)}</span></p>\n</footer>\n'
    )
    return page(title=f"{of.customer.name}, {of.month.label}: {of.stage}", body=body)


def _head(of: Statement) -> str:
    customer = of.customer
    there = (
        "linked to no company in ConnectWise"
        if customer.connectwise_id is None
        else f"ConnectWise: {named(customer.connectwise_name)} (id {customer.connectwise_id})"
    )
    return (
        f"<header>\n<h1>{named(customer.name)}</h1>\n"
        f'<p>Statement of {of.month.label} <span class="mark">{of.stage}</span> '
        f"{cells.STAGES[of.stage]}</p>\n"
        f'<p class="soft small">GravityZone: <span class="code">{shown(customer.id)}</span>; '
        f'{there}</p>\n<p class="small">{shown(in_gmt(of))}</p>\n</header>\n'
    )


def _service(of: ServiceStatement, on: Statement) -> str:
    month = on.month
    label = f"{of.service} of {month.label}"
    parts = (
        f"<section>\n<h2>{shown(of.service)}</h2>\n",
        f'<p><strong class="number">{of.numbers.billed:,}</strong> {shown(headline(of))}</p>\n',
        _waiting(of),
        _facts(of, known_of_machines(on, of)),
        *(f"<p>{shown(each)}</p>\n" for each in of.difference),
        "<h3>The month day by day</h3>\n",
        chart(of.days, month, floor=of.numbers.floor, of=of.service),
        _additions(of.lines, month, label),
        _changes(of.steps, label),
        _notices(of.notices),
        "</section>\n",
    )
    return "".join(parts)


def _waiting(of: ServiceStatement) -> str:
    if of.waiting is None:
        return ""
    return (
        f'<div class="waits"><strong>Waits for an answer since {minute(of.waiting.since)}</strong>'
        f"<p>{shown(of.waiting.why)}</p></div>\n"
    )


def _facts(of: ServiceStatement, machines: str) -> str:
    facts = cells.facts(of, machines=machines)
    # Nothing is escaped here: facts are Tally's own words, numbers and times.
    told = "".join(f"<div><dt>{what}</dt><dd>{value}</dd></div>" for what, value in facts)
    return f'<dl class="facts">{told}</dl>\n'


def _additions(lines: Sequence[Line], month: Month, label: str) -> str:
    if not lines:
        return "<h3>Additions in ConnectWise</h3>\n<p>None has been made.</p>\n"
    rows = ([*map(shown, cells.addition(each, month))] for each in lines)
    return (
        f"<h3>Additions in ConnectWise</h3>\n{stacked_table(f'Additions, {label}', _LINES, rows)}"
    )


_LINES = {
    "Addition": "",
    "Quantity": "right",
    "From": "dates",
    "To": "dates",
    "Agreement": "",
    "Product": "",
    "Reference": "code",
    "State": "",
}


def _changes(steps: Sequence[Step], label: str) -> str:
    if not steps:
        return f"<h3>Every change</h3>\n<p>{NOT_RECORDED}.</p>\n"
    table = stacked_table(f"Changes, {label}, oldest first", _STEPS, map(_change, steps))
    return f"<h3>Every change</h3>\n{table}"


_STEPS = {
    "Reading": "dates",
    "Recorded": "dates",
    "Billed": "dates",
    "What, and why": "wraps why",
    "By": "wraps",
}


def _change(step: Step) -> Sequence[str]:
    reading, recorded, billed, what, why, by = map(shown, cells.change(step))
    softer = f'<br><span class="soft">{why}</span>' if why else ""
    # On a narrow screen a cell is a grid, and the `div` is one item of it.
    return reading, recorded, billed, f"<div>{what}{softer}</div>", by


def _notices(notices: Sequence[str]) -> str:
    if not notices:
        return ""
    told = "".join(f"<li>{shown(each)}</li>" for each in notices)
    return f"<h3>Notices</h3>\n<ul>{told}</ul>\n"


def _limits(of: Statement) -> str:
    told = "".join(f"<li>{shown(each)}</li>" for each in limits(of))
    return f"<section>\n<h2>What this does not prove</h2>\n<ul>{told}</ul>\n</section>\n"
