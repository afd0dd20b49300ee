"""Report the ends of jobs to the account of their sweep, a batch at a time (PULSE-2)."""

from collections.abc import Mapping
from datetime import datetime

from tally.domain.pulse.account import Answer
from tally.domain.pulse.ledger_port import PulseLedger
from tally.messages import Job
from tally.ports import Clock


class SweepAccount:
    """Collects the ends of a batch's jobs, and adds them to the account in one write."""

    def __init__(self, ledger: PulseLedger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._answers: dict[datetime, list[Answer]] = {}

    def ended(
        self, job: Job, counts: Mapping[str, int], rises: Mapping[str, int] | None = None
    ) -> None:
        """Note that a job has ended for good, with those counts that it got."""
        if job.branch:
            answer = Answer(
                company_id=job.company_id,
                branch=job.branch,
                services=[each.service for each in job.services],
                counts=counts,
                rises=rises or {},
            )
            self._answers.setdefault(job.tick, []).append(answer)

    def report(self) -> None:
        """Add what was noted to the account, once. Raises TallyError.

        What is lost makes its sweep incomplete, so that the next tick reads every company.
        """
        answers, self._answers = self._answers, {}
        for tick, each in answers.items():
            self._ledger.add_to_account(tick, each, at=self._clock.now())
