"""Empty the function's queue: do its jobs one after another while there is time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tally.evidence.delivery import EvidenceDelivery
from tally.evidence.jobs import EvidenceJob


@dataclass(slots=True, kw_only=True)
class Ended:
    """The end of one job: its outcome for the log, or the error for which it comes again.

    ``job`` is None where the message is no job that is to be done.
    """

    job: EvidenceJob | None = None
    outcome: Mapping[str, Any] = field(default_factory=dict)
    error: Exception | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """The use case. ``has_time`` tells if there is time to begin with one more job."""

    deliver: EvidenceDelivery
    has_time: Callable[[], bool] = lambda: True

    def __call__(self) -> Iterator[Ended]:
        """Yield each job's end, until the queue is empty or time is nearly over.

        Jobs are taken one at a time, so that none is hidden that nobody does. One that is done is
        deleted; one that fails comes again, and stops no other (SAFE-6). Raises TallyError if the
        queue gives nothing.
        """
        while self.has_time():
            message = self.deliver.means.queue.receive()
            if message is None:
                return
            yield self._ended(*message)

    def _ended(self, body: str, receipt: str) -> Ended:
        ended = Ended()

        def begun(job: EvidenceJob) -> None:
            ended.job = job

        try:
            ended.outcome = self.deliver(body=body, receipt=receipt, on_job=begun)
            # After the work: if it is stopped in between, the job comes again, which is harmless.
            self.deliver.means.queue.delete(receipt)
        except Exception as error:  # noqa: BLE001 - whatever is wrong is one job's, and is told
            ended.error = error
        return ended
