"""A statement as a PDF: the page of HTML on paper, to hand over, with its hash on every sheet."""

from collections.abc import Callable, Sequence

from tally.domain.evidence.evidence import Machine
from tally.domain.model.month import Month
from tally.domain.record.lines import Line
from tally.domain.statement import cells
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.course import Step
from tally.domain.statement.machines import known_of_machines, machines_in_words
from tally.domain.statement.sentences import NOT_RECORDED, headline, in_gmt, limits, minute
from tally.domain.statement.statement import ServiceStatement, Statement, Waiting
from tally.statements.pdf.bars import bars
from tally.statements.pdf.flow import SMALL, Flow, name, text
from tally.statements.pdf.panels import facts, mark, notice, number
from tally.statements.pdf.table import Column, table


def drawn_as_pdf(of: Statement) -> bytes:
    """Return the file."""
    flow = Flow()
    _head(flow, of)
    for each in of.services:
        _service(flow, each, of)
    _machines(flow, of)
    _limits(flow, of)
    which = f"{of.month.label}, version {of.version}, {of.stage}: {name(of.customer.name)}"
    return flow.file(
        title=text(f"{of.customer.name}, {of.month.label}: {of.stage}"),
        subject=f"Statement of {of.month.label}",
        footer=(which, f"SHA-256 of what it says: {fingerprint(of)}"),
    )


def _head(flow: Flow, of: Statement) -> None:
    customer = of.customer
    there = (
        "linked to no company in ConnectWise"
        if customer.connectwise_id is None
        else f"ConnectWise: {name(customer.connectwise_name)} (id {customer.connectwise_id})"
    )
    flow.heading(name(customer.name), "H1")
    mark(flow, f"Statement of {of.month.label}", of.stage.value, cells.STAGES[of.stage])
    flow.paragraph(f"GravityZone: {name(customer.id)}; {there}", SMALL)
    flow.paragraph(text(in_gmt(of)), SMALL)


def _service(flow: Flow, of: ServiceStatement, on: Statement) -> None:
    label = text(f"{of.service} of {on.month.label}")
    flow.begin_section()
    flow.heading(text(of.service), "H2", with_next=150)
    number(flow, f"{of.numbers.billed:,}", text(headline(of)))
    if of.waiting is not None:
        _waiting(flow, of.waiting)
    facts(flow, cells.facts(of, machines=known_of_machines(on, of)))
    for each in of.difference:
        flow.paragraph(text(each))
    _chart(flow, of, on.month)
    _additions(flow, of.lines, on.month, label)
    _changes(flow, of.steps, label)
    if of.notices:
        flow.heading("Notices", "H3")
        flow.points(map(text, of.notices))


def _waiting(flow: Flow, of: Waiting) -> None:
    notice(flow, f"Waits for an answer since {minute(of.since)}", text(of.why))


def _chart(flow: Flow, of: ServiceStatement, month: Month) -> None:
    flow.heading("The month day by day", "H3", with_next=120)
    if of.days:
        bars(
            flow,
            [each.billed for each in of.days],
            places=month.last.day,
            line_at=of.numbers.floor,
            below=cells.chart_scale(month),
            spoken=text(cells.chart_spoken(of.service, month)),
        )
    flow.paragraph(text(cells.chart_told(of.days, month, floor=of.numbers.floor)), SMALL)


_ADDITIONS = (
    Column("Addition"),
    Column("Quantity", right=True),
    Column("From"),
    Column("To"),
    Column("Agreement"),
    Column("Product"),
    Column("Reference", wraps=True),
    Column("State", wraps=True),
)


def _additions(flow: Flow, lines: tuple[Line, ...], month: Month, label: str) -> None:
    flow.heading("Additions in ConnectWise", "H3")
    if not lines:
        flow.paragraph("None has been made.")
        return
    rows = [[[text(cell)] for cell in cells.addition(each, month)] for each in lines]
    table(flow, f"Additions, {label}", _ADDITIONS, rows)


_CHANGES = (
    Column("Reading"),
    Column("Recorded"),
    Column("Billed"),
    Column("What, and why", wraps=True),
    Column("By", wraps=True),
)


def _changes(flow: Flow, steps: tuple[Step, ...], label: str) -> None:
    flow.heading("Every change", "H3")
    if not steps:
        flow.paragraph(f"{NOT_RECORDED}.")
        return
    rows = []
    for each in steps:
        reading, recorded, billed, what, why, by = map(text, cells.change(each))
        rows.append([[reading], [recorded], [billed], [what, why] if why else [what], [by]])
    table(flow, f"Changes, {label}, oldest first", _CHANGES, rows)


_NAMES = (Column("Name", wraps=True), Column("FQDN", wraps=True), Column("First listed"))
_BECAME = Column("What became of it", wraps=True)
_SEEN = (*_NAMES, Column("Seen active"), Column("Read"), _BECAME)
_NOT_SEEN = (*_NAMES, _BECAME)


def _machines(flow: Flow, of: Statement) -> None:
    flow.begin_section()
    flow.heading("Machines seen active", "H2")
    for each in machines_in_words(of):
        flow.paragraph(text(each))
    _listed(flow, *cells.seen_machines(of), _SEEN, cells.seen_machine)
    _listed(flow, *cells.unseen_machines(of), _NOT_SEEN, cells.unseen_machine)


def _listed(
    flow: Flow,
    caption: str,
    machines: Sequence[Machine],
    columns: Sequence[Column],
    row: Callable[[Machine], Sequence[str]],
) -> None:
    if machines:
        rows = [[[name(cell)] for cell in row(each)] for each in machines]
        table(flow, caption, columns, rows)


def _limits(flow: Flow, of: Statement) -> None:
    flow.begin_section()
    flow.heading("What this does not prove", "H2")
    flow.points(map(text, limits(of)))
