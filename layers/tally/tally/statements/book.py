"""The book of a month: every statement, and an index that is searched and sorted without a server.

The statements come one by one and are let go, so that a book of a thousand takes little memory.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tally.domain.model.month import Month
from tally.domain.record.usage_record import RecordState
from tally.domain.statement.machines import known_of_machines
from tally.domain.statement.sentences import NOT_RECORDED
from tally.domain.statement.statement import ServiceStatement, Statement
from tally.errors import in_words
from tally.statements.drawing import Form, drawn, file_name
from tally.statements.index_script import SCRIPT
from tally.statements.page import named, page, shown

INDEX = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of the index: a service of a customer.

    ``proven`` is the number of machines that were seen active, and ``machines`` tells it.
    """

    file: str
    customer: str
    service: str
    billed: int
    counted: int | None
    proven: int | None
    machines: str
    state: RecordState
    waits: bool

    @property
    def in_words(self) -> str:
        """The state of the month, in a word or two."""
        if self.waits:
            return "waits for an answer"
        return {
            RecordState.OPEN: "provisional",
            RecordState.CLOSED: "final",
            RecordState.WAIVED: "not billed",
        }[self.state]


def book(
    statements: Iterable[Statement],
    month: Month,
    *,
    form: Form = Form.HTML,
    unreadable: dict[str, str],
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the book, each with its name and bytes; the index comes last.

    ``unreadable`` says why a customer's items could not be read; it may grow while the statements
    come, and grows by who cannot be drawn (SAFE-5).
    """
    entries: list[Entry] = []
    for each in statements:
        file = file_name(each, form)
        try:
            content = drawn(each, form)
        except Exception as error:  # noqa: BLE001 - one customer's page keeps back no other
            unreadable[each.customer.id] = f"{each.customer.name}: {in_words(error)}"
            continue
        yield file, content
        entries += (_entry(each, service, file) for service in each.services)
    # Last, as only now it is known who could not be read or drawn.
    yield INDEX, index(entries, month, unreadable=unreadable).encode()


def _entry(of: Statement, service: ServiceStatement, file: str) -> Entry:
    return Entry(
        file=file,
        customer=of.customer.name,
        service=service.service,
        billed=service.numbers.billed,
        counted=service.numbers.counted,
        proven=service.numbers.proven,
        machines=known_of_machines(of, service),
        state=service.state,
        waits=service.waiting is not None,
    )


def index(entries: Iterable[Entry], month: Month, *, unreadable: Mapping[str, str]) -> str:
    """Return the page that lists them all: what waits first, then by name."""
    ordered = sorted(
        entries,
        key=lambda each: (not each.waits, each.customer.casefold(), each.file, each.service),
    )
    body = (
        f"<main>\n<h1>Statements of {month.label}</h1>\n{_summary(ordered)}{_totals(ordered)}"
        f"{_unread(unreadable)}{_list(ordered, month)}</main>\n"
    )
    script = SCRIPT if ordered else ""
    return page(title=f"Statements of {month.label}", body=body, script=script)


def _summary(entries: Sequence[Entry]) -> str:
    # By file, since a customer with two services has two rows and one page.
    customers = len({each.file for each in entries})
    waiting = len({each.file for each in entries if each.waits})
    told = f"{customers:,} {'customer' if customers == 1 else 'customers'}"
    wait = "waits" if waiting == 1 else "wait"
    waits = f", of whom {waiting:,} {wait} for an answer" if waiting else ""
    return (
        f"<p>{told}{waits}. Customers of whom nothing was recorded in this month are not "
        "listed.</p>\n"
    )


def _totals(entries: Sequence[Entry]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{shown(service)}</th>{_numbers(of)}</tr>\n'
        for service in sorted({each.service for each in entries})
        if (of := [each for each in entries if each.service == service])
    )
    if not rows:
        return ""
    return (
        '<table class="listed"><caption>Totals</caption><thead><tr><th scope="col">Service</th>'
        '<th scope="col" class="right wide">Customers</th>'
        '<th scope="col" class="right">Counted</th><th scope="col" class="right">Seen active</th>'
        f'<th scope="col" class="right">Billed</th></tr></thead><tbody>{rows}</tbody></table>\n'
    )


def _numbers(of: Sequence[Entry]) -> str:
    cells = (
        _sum([each.counted for each in of]),
        _sum([each.proven for each in of]),
        f"{sum(each.billed for each in of):,}",
    )
    told = "".join(f'<td class="right">{each}</td>' for each in cells)
    return f'<td class="right wide">{len(of):,}</td>{told}'


def _sum(of: Sequence[int | None]) -> str:
    """Add up what is known, and say how many are not (PROOF-5)."""
    # A sum that took the unknown for 0 would say less than was counted.
    known = [each for each in of if each is not None]
    unknown = len(of) - len(known)
    if not known:
        return NOT_RECORDED
    return f"{sum(known):,} and {unknown:,} {NOT_RECORDED}" if unknown else f"{sum(known):,}"


def _unread(unreadable: Mapping[str, str]) -> str:
    if not unreadable:
        return ""
    told = "".join(f"<li>{shown(each)}</li>" for each in unreadable.values())
    return (
        f'<div class="waits"><strong>Could not be read, and is missing here</strong>'
        f"<ul>{told}</ul></div>\n"
    )


def _list(entries: Sequence[Entry], month: Month) -> str:
    if not entries:
        return ""
    rows = "".join(map(_row, entries))
    return (
        '<div class="search" id="search" hidden><label for="find">Find a customer</label><br>'
        '<input id="find" type="search" autocomplete="off"> <span id="found" role="status"></span>'
        '</div>\n<table id="statements" class="listed">'
        f"<caption>All statements of {month.label}</caption>"
        '<thead><tr><th scope="col">Customer</th><th scope="col" class="wide">Service</th>'
        '<th scope="col" class="right">Counted</th>'
        '<th scope="col" class="right wide">Seen active</th>'
        '<th scope="col" class="right">Billed</th>'
        f'<th scope="col">State</th></tr></thead><tbody>\n{rows}</tbody></table>\n'
    )


def _row(each: Entry) -> str:
    # Sorted as -1: what was not recorded stands below a true zero.
    counted = NOT_RECORDED if each.counted is None else f"{each.counted:,}"
    state = f"<strong>{each.in_words}</strong>" if each.waits else each.in_words
    return (
        f'<tr><th scope="row" class="wraps"><a href="{shown(each.file)}">'
        f'{named(each.customer)}</a><span class="narrow">{shown(each.service)}; seen active: '
        f"{each.machines}</span></th>"
        f'<td class="wide">{shown(each.service)}</td>'
        f'<td class="right" data-value="{-1 if each.counted is None else each.counted}">{counted}'
        f'</td><td class="right wide" data-value="{-1 if each.proven is None else each.proven}">'
        f'{each.machines}</td><td class="right" data-value="{each.billed}">{each.billed:,}</td>'
        f"<td>{state}</td></tr>\n"
    )
