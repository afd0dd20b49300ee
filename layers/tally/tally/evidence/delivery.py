"""Hand a message to the use case of its task, and say when one that failed comes again."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self

from tally.errors import MalformedJobError, RateLimitedError, TallyError
from tally.evidence.jobs import EvidenceJob, Task
from tally.evidence.look import Conclude, Looks
from tally.evidence.means import Means
from tally.evidence.walk import Walk

PAUSE = timedelta(minutes=2)
"""The time after which a job that failed comes again: soon enough for a month's last hour."""

_EARLY = timedelta(minutes=5)
"""The most by which a walk's time may be ahead of our clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceDelivery:
    """The function's end of its queue: a use case for each task."""

    means: Means
    walk: Walk
    looks: Looks
    conclude: Conclude

    @classmethod
    def of(
        cls, means: Means, *, close_day: int, on_odd_answer: Callable[[str], None] = lambda _: None
    ) -> Self:
        """Put the use cases together."""
        return cls(
            means=means,
            walk=Walk(means=means, close_day=close_day),
            looks=Looks(means=means, on_odd_answer=on_odd_answer),
            conclude=Conclude(means=means),
        )

    def __call__(
        self, *, body: str, receipt: str, on_job: Callable[[EvidenceJob], None]
    ) -> Mapping[str, Any]:
        """Do the job; return its outcome for the log. Raises the TallyError of one that failed.

        One that failed comes again after a pause, and is a dead letter in the end.
        """
        # A message that is no job is not put off: it comes again by itself, and is a dead letter in
        # the end.
        job = EvidenceJob.parse(body)
        if job.at > self.means.clock.now() + _EARLY:
            raise MalformedJobError("The job is of a walk that is still to come.")
        on_job(job)
        try:
            return self._done(job)
        except TallyError as error:
            # GravityZone may ask for a longer pause: a call before its end would be refused, too.
            asked = error.retry_after if isinstance(error, RateLimitedError) else PAUSE
            self.means.queue.put_off(receipt, max(asked, PAUSE))
            raise

    def _done(self, job: EvidenceJob) -> Mapping[str, Any]:
        if job.task is Task.WALK:
            return asdict(self.walk(job.at, after=job.after))
        if job.task is Task.LOOK:
            return {"looks": self.looks(job)}
        return {"deleted": self.conclude(job)}
