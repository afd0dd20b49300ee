"""The commands by which a person answers, for a mail: to be copied as they are."""

import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tally.domain.holds import person_answers as answers
from tally.domain.record.history import Transition
from tally.domain.record.rulings import Person
from tally.domain.record.usage_record import UsageRecord
from tally.domain.reporting.overview import CompanyRow, Overview

DEFAULT_STACK = "tally"
"""The stack that the command takes where none is named."""

# A name that begins with "-" would be taken for an option.
_SAFE_IN_QUOTES = re.compile(r"[^\W_-][\w .,&()+'/-]*", flags=re.ASCII)
"""Names that a shell takes within double quotes as they are; other companies get their id."""

_REASON = '"…"'
_WHY = f"--why {_REASON}"

_BY_NUMBER = (("approve", answers.approve), ("reject", answers.reject))
_ANYBODY = Person(by="", why="", at=datetime.min.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Commands for the companies of one deployment."""

    names: frozenset[str]
    """The names, in lower case, that only one company has."""
    services: frozenset[str]
    stack: str

    @classmethod
    def of(cls, seen: Overview, *, stack: str) -> "Commands":
        """Return the commands for the companies of an overview."""
        names = Counter(row.name.casefold() for row in seen.companies)
        return cls(
            names=frozenset(name for name, times in names.items() if times == 1),
            services=frozenset(
                record.key.service for row in seen.companies for record in row.records
            ),
            stack=stack,
        )

    def answers(self, row: CompanyRow, record: UsageRecord) -> list[str]:
        """Return the commands that answer the record, one a line.

        There are none where it is put right in ConnectWise alone.
        """
        which = f"--month {record.key.month}"
        if len(self.services) > 1:
            which = f"{which} --service {record.key.service}"
        return [
            (
                f"tally {name} {self._company(row)} "
                f"{which}{f' --addition {argument}' if argument else ''}{self._on} {_WHY}"
            )
            for name, argument in possible_answers(record)
        ]

    def foot(self) -> list[str]:
        """Return the lines on the commands that every mail gives."""
        return [
            f"tally status{self._on}    shows every company",
            f"tally show COMPANY{self._on}    shows one with its history",
            f"Put your reason in place of {_REASON}: it stands in the history beside your name.",
        ]

    def _company(self, row: CompanyRow) -> str:
        unique = row.name.casefold() in self.names
        return (
            f'"{row.name}"'
            if unique and _SAFE_IN_QUOTES.fullmatch(row.name)
            # An id comes from outside, too: whatever is in it, the shell must not run it.
            else shlex.quote(row.company_id)
        )

    @property
    def _on(self) -> str:
        return "" if self.stack == DEFAULT_STACK else f" --stack {self.stack}"


def possible_answers(record: UsageRecord) -> list[tuple[str, str]]:
    """Return the answers that the record takes: the command, and an Addition's id if needed."""
    found = [("credit-done", "")] if record.credit is not None else []
    hold = record.hold
    if hold is None:
        return found
    # Trying an answer is the only test of whether it applies. Nothing of it is kept.
    by_number = [
        (name, "")
        for name, answer in _BY_NUMBER
        if isinstance(answer(record, _ANYBODY), Transition)
    ]
    return [*found, *by_number, *_answers_on_foreign(record, hold.foreign)]


def _answers_on_foreign(record: UsageRecord, foreign: Sequence[int]) -> list[tuple[str, str]]:
    """Return the answers on Additions of others that hold the record (OPEN-6)."""
    if not foreign:
        return []
    # With an Addition of ours in place, no other can become the month's, nor can it be waived.
    if record.is_standing:
        return [("keep-apart", "")]
    return [*(("take-over", str(each)) for each in foreign), ("keep-apart", ""), ("waive", "")]
