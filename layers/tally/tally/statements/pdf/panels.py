"""The parts of a page that catch the eye: a mark, a large number, facts side by side, a notice."""

from collections.abc import Sequence

from tally.statements.pdf.flow import FAINT, INK, LEFT, SOFT, TEXT, WIDE, Flow, write_line
from tally.statements.pdf.lines import Style, lines
from tally.statements.pdf.sheets import Colour

_LEAD = Style(size=10.5)
_MARK = Style(size=8, bold=True)
_LARGE = Style(size=30, bold=True, height=1.15)
_STRONG = Style(size=9.5, bold=True)
_FACT = Style(size=9, bold=True)
_LABEL = Style(size=7.6, colour=SOFT)
_ALERT: Colour = (0.706, 0.325, 0.035)
_PALE: Colour = (1.0, 0.973, 0.925)
_GAP = 8.0


def mark(flow: Flow, lead: str, word: str, told: str) -> None:
    """Write a line with a framed word in it, and what the word means."""
    with flow.sheet.marked(flow.section.add("P")):
        x = LEFT
        _write(flow, lead, x, flow.y, _LEAD)
        x += _LEAD.wide(lead) + 8
        wide = _MARK.wide(word)
        flow.sheet.frame(x, flow.y + 1, wide + 10, _LEAD.leading - 2, INK)
        _write(flow, word, x + 5, flow.y + 1.8, _MARK)
        x += wide + 18
        _write(flow, told, x, flow.y + 0.7, TEXT)
    flow.y += _LEAD.leading + 5


def number(flow: Flow, large: str, told: str) -> None:
    """Write a large number, and beside it what it is."""
    flow.keep(_LARGE.leading)
    with flow.sheet.marked(flow.section.add("P")):
        _write(flow, large, LEFT, flow.y, _LARGE)
        x = LEFT + _LARGE.wide(large) + 12
        _write(flow, told, x, flow.y + 17.2, _LEAD)
    flow.y += _LARGE.leading + 7


def facts(flow: Flow, each: Sequence[tuple[str, str]]) -> None:
    """Write facts side by side, each below its title."""
    natural = [max(_LABEL.wide(title), _FACT.wide(value)) for title, value in each]
    more = (WIDE - sum(natural) - _GAP * (len(each) - 1)) / len(each)
    high = _LABEL.leading + _FACT.leading + 10
    flow.keep(high)
    x = LEFT
    for (title, value), least in zip(each, natural, strict=True):
        wide = least + more
        with flow.sheet.marked(None):
            flow.sheet.rule(x, flow.y, wide, FAINT, weight=1)
        with flow.sheet.marked(flow.section.add("P")):
            _write(flow, title, x, flow.y + 3, _LABEL)
            y = flow.y + 3 + _LABEL.leading
            _write(flow, value, x, y, _FACT)
        x += wide + _GAP
    flow.y += high


def notice(flow: Flow, title: str, told: str) -> None:
    """Write what must not be overlooked in a box of its own."""
    set_lines = lines(told, TEXT, WIDE - 24)
    high = _STRONG.leading + len(set_lines) * TEXT.leading + 12
    flow.keep(high)
    with flow.sheet.marked(None):
        flow.sheet.area(LEFT, flow.y, WIDE, high, _PALE)
        flow.sheet.area(LEFT, flow.y, 3, high, _ALERT)
    with flow.sheet.marked(flow.section.add("P")):
        _write(flow, title, LEFT + 12, flow.y + 5, _STRONG)
        for at, line in enumerate(set_lines):
            y = flow.y + 5 + _STRONG.leading + at * TEXT.leading
            write_line(flow.sheet, line, LEFT + 12, y, TEXT)
    flow.y += high + 8


def _write(flow: Flow, word: str, x: float, y: float, style: Style) -> None:
    """Write a few words, and a space: what is read aloud does not run into what stands beside."""
    write_line(flow.sheet, lines(f"{word} ", style, WIDE + 99)[0], x, y, style)
