"""Attach the final statements of a month, customer by customer: the use case (PROOF-7)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import batched

from tally.attaching.attach_one import AttachOne, Ended, Outcome
from tally.domain.attaching.month import Left, MonthAttached
from tally.domain.attaching.ports import Attachments
from tally.domain.attaching.wanted import Wanted, wanted
from tally.domain.model.month import Month
from tally.domain.statement.statement import Customer, Statement
from tally.errors import (
    ApiVersionError,
    CredentialsError,
    InFrontError,
    TransientError,
)

_AT_ONCE = 8
"""The number of agreements that are brought up to date side by side."""

_ENOUGH = 60.0
"""Seconds that must be left to begin some more: each takes three calls, and none is cut off."""

_EVERYBODYS = (ApiVersionError, CredentialsError, InFrontError, TransientError)
"""Errors that others would meet too, if all of one batch have met them."""

_NO_TIME = "The time did not suffice for more: the next run goes on."

type Statements = Callable[[Month, dict[str, str]], Iterator[Statement]]
"""Yields a month's statements; the reasons of those that cannot be read go to the dictionary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The counts of one run over a month; ``stopped`` says why it ended before its end."""

    month: Month
    made: int = 0
    found: int = 0
    stood: int = 0
    left: int = 0
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachMonth:
    """The use case with what it needs. ``seconds_left`` tells the time until the run is stopped."""

    one: AttachOne
    attachments: Attachments
    statements: Statements
    pdf: Callable[[Statement], bytes]
    seconds_left: Callable[[], float]
    at_once: int = _AT_ONCE

    def __call__(self, month: Month, *, state: str) -> Run:
        """Attach what is final in a month whose records have that mark; tell what is left.

        A month that is done for the state costs one read of the ledger. Raises TallyError if the
        ledger cannot be read or written; a customer's own trouble is told in the account.
        """
        known = self.attachments.month(month)
        if known is not None and known.is_done_for(state):
            return Run(month=month)
        unreadable: dict[str, str] = {}
        read: set[str] = set()
        ended: list[tuple[Customer, Ended]] = []
        stopped = self._attach_all(self._tasks(month, unreadable, read), ended)
        # A customer whose evidence alone cannot be read has its statement, and is left by its own
        # attempts alone: there is none where no document is wanted yet.
        unread = {each: why for each, why in unreadable.items() if each not in read}
        account = MonthAttached.of(month, state, _left(ended, unread), stopped=stopped)
        self.attachments.save_month(account)
        return _run(account, [end.outcome for _, end in ended])

    def _attach_all(
        self, tasks: Iterator[tuple[Statement, Wanted]], ended: list[tuple[Customer, Ended]]
    ) -> str:
        """Add each task's end to ``ended``; return why the run stops before the last, or ""."""
        for some in batched(tasks, self.at_once, strict=False):
            # A document that is announced and not sent makes the next run wait, and look for it.
            if self.seconds_left() < _ENOUGH:
                return _NO_TIME
            ends = self._batch(some)
            ended += zip((each.customer for each, _ in some), ends, strict=True)
            # One such error may be a single agreement's, as of a record in use: a whole batch is
            # the site's.
            if all(isinstance(each.error, _EVERYBODYS) for each in ends):
                return ends[0].why
        return ""

    def _tasks(
        self, month: Month, unreadable: dict[str, str], read: set[str]
    ) -> Iterator[tuple[Statement, Wanted]]:
        """Yield what is wanted; the ids of customers that have a statement go to ``read``."""
        for statement in self.statements(month, unreadable):
            read.add(statement.customer.id)
            for each in wanted(statement):
                yield statement, each

    def _batch(self, some: tuple[tuple[Statement, Wanted], ...]) -> list[Ended]:
        with ThreadPoolExecutor(self.at_once) as pool:
            return list(pool.map(self._attached, some))

    def _attached(self, task: tuple[Statement, Wanted]) -> Ended:
        statement, each = task
        return self.one(each, partial(self.pdf, statement))


_OPEN = (Outcome.WAITS, Outcome.FAILED)


def _left(ended: Sequence[tuple[Customer, Ended]], unread: Mapping[str, str]) -> list[Left]:
    """Return the customers without their document: they failed, or have no statement."""
    failed = [
        Left(company_id=customer.id, name=customer.name, why=end.why)
        for customer, end in ended
        if end.outcome in _OPEN
    ]
    return failed + [Left(company_id=each, name=each, why=why) for each, why in unread.items()]


def _run(account: MonthAttached, outcomes: list[Outcome]) -> Run:
    return Run(
        month=account.month,
        made=outcomes.count(Outcome.MADE),
        found=outcomes.count(Outcome.FOUND),
        stood=outcomes.count(Outcome.STANDS),
        left=account.left_out,
        stopped=account.stopped,
    )
