"""Choose the months whose statements are attached: those since the setting was turned on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from tally.attaching.attach_month import AttachMonth, Run
from tally.domain.attaching.ports import Attachments
from tally.domain.model.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachClosed:
    """Attaches the statements of closed months.

    ``state`` gives the mark of the records that a month's newest book was drawn from, None before
    the first: what is not published is not attached.
    """

    attach: AttachMonth
    attachments: Attachments
    state: Callable[[Month], str | None]

    def __call__(self, months: Sequence[Month]) -> Sequence[Run]:
        """Attach what is due of the closed ``months``, oldest first; return the runs.

        It begins with the oldest month that has an account, and at first with the newest one: who
        turns the setting on gets no documents of a year at once. A month that fails stops no other;
        then the first error is raised.
        """
        since = list(dropwhile(lambda month: self.attachments.month(month) is None, months))
        runs: list[Run] = []
        failures: list[Exception] = []
        for month in since or months[-1:]:
            try:
                # After the book of this run: the account is kept for the state that the book has.
                state = self.state(month)
                if state is not None:
                    runs.append(self.attach(month, state=state))
            except Exception as error:  # noqa: BLE001 - a bug in one month stops no other either
                failures.append(error)
        if failures:
            # One is enough: months that failed are not done for their state, and are tried again.
            raise failures[0]
        return runs
