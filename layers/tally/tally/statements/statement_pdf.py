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
from tally.domain.statement.statement import ServiceStatement, Statement
from tally.statements.pdf import sheets
from tally.statements.pdf.letters import Text, drawable, name, register_fonts, text
from tally.statements.pdf.sheets import Column, Story


def drawn_as_pdf(of: Statement) -> bytes:
    """Return the file."""
    # For each file anew: fonts keep what an earlier one drew, and bytes would differ (PROOF-4).
    register_fonts()
    story = _head(of)
    for each in of.services:
        story += _service(each, of)
    story += _machines(of)
    story += [
        *sheets.section("What this does not prove"),
        *sheets.points(map(drawable, limits(of))),
    ]
    which = f"{of.month.label}, version {of.version}, {of.stage}: {name(of.customer.name)}"
    return sheets.file_of(
        story,
        title=drawable(f"{of.customer.name}, {of.month.label}: {of.stage}"),
        subject=f"Statement of {of.month.label}",
        footer=(which, f"SHA-256 of what it says: {fingerprint(of)}"),
    )


def _paragraph(of: object) -> Text:
    return text(drawable(of), sheets.TEXT)


def _small(of: object) -> Text:
    return text(drawable(of), sheets.SMALL)


def _head(of: Statement) -> Story:
    customer = of.customer
    there = (
        "linked to no company in ConnectWise"
        if customer.connectwise_id is None
        else f"ConnectWise: {name(customer.connectwise_name)} (id {customer.connectwise_id})"
    )
    return [
        text(drawable(customer.name), sheets.H1),
        *sheets.mark(f"Statement of {of.month.label}", of.stage.value, cells.STAGES[of.stage]),
        text(f"GravityZone: {name(customer.id)}; {there}", sheets.SMALL),
        _small(in_gmt(of)),
    ]


def _service(of: ServiceStatement, on: Statement) -> Story:
    label = drawable(f"{of.service} of {on.month.label}")
    story = [
        *sheets.section(drawable(of.service), with_next=150),
        *sheets.number(f"{of.numbers.billed:,}", drawable(headline(of))),
    ]
    if of.waiting is not None:
        since = f"Waits for an answer since {minute(of.waiting.since)}"
        story += sheets.notice(since, drawable(of.waiting.why))
    story += sheets.facts(cells.facts(of, machines=known_of_machines(on, of)))
    story += map(_paragraph, of.difference)
    story += _chart(of, on.month)
    story += _additions(of.lines, on.month, label)
    story += _changes(of.steps, label)
    if of.notices:
        story += [*sheets.heading("Notices"), *sheets.points(map(drawable, of.notices))]
    return story


def _chart(of: ServiceStatement, month: Month) -> Story:
    story = sheets.heading("The month day by day", with_next=120)
    if of.days:
        story += sheets.bars(
            [each.billed for each in of.days],
            places=month.last.day,
            line_at=of.numbers.floor,
            below=cells.chart_scale(month),
        )
    return [*story, _small(cells.chart_told(of.days, month, floor=of.numbers.floor))]


_ADDITIONS = (
    Column("Addition", 46),
    Column("Quantity", 46, right=True),
    Column("From", 56),
    Column("To", 56),
    Column("Agreement", 54),
    Column("Product", 46),
    Column("Reference"),
    Column("State"),
)


def _additions(lines: tuple[Line, ...], month: Month, label: str) -> Story:
    story = sheets.heading("Additions in ConnectWise")
    if not lines:
        return [*story, _paragraph("None has been made.")]
    rows = [[drawable(cell) for cell in cells.addition(each, month)] for each in lines]
    return [*story, *sheets.table(f"Additions, {label}", _ADDITIONS, rows)]


_CHANGES = (
    Column("Reading", 75),
    Column("Recorded", 75),
    Column("Billed", 58),
    Column("What, and why"),
    Column("By"),
)


def _changes(steps: tuple[Step, ...], label: str) -> Story:
    story = sheets.heading("Every change")
    if not steps:
        return [*story, _paragraph(f"{NOT_RECORDED}.")]
    rows = []
    for each in steps:
        *when, what, why, by = map(drawable, cells.change(each))
        rows.append([*when, f"{what}\n{why}" if why else what, by])
    return [*story, *sheets.table(f"Changes, {label}, oldest first", _CHANGES, rows)]


_NAMES = (Column("Name"), Column("FQDN"), Column("First listed", 56))
_BECAME = Column("What became of it")
_SEEN = (*_NAMES, Column("Seen active", 75), Column("Read", 75), _BECAME)
_NOT_SEEN = (*_NAMES, _BECAME)


def _machines(of: Statement) -> Story:
    return [
        *sheets.section("Machines seen active"),
        *map(_paragraph, machines_in_words(of)),
        *_listed(*cells.seen_machines(of), _SEEN, cells.seen_machine),
        *_listed(*cells.unseen_machines(of), _NOT_SEEN, cells.unseen_machine),
    ]


def _listed(
    caption: str,
    machines: Sequence[Machine],
    columns: Sequence[Column],
    row: Callable[[Machine], Sequence[str]],
) -> Story:
    if not machines:
        return []
    rows = [[drawable(cell) for cell in row(each)] for each in machines]
    return sheets.table(caption, columns, rows)
