"""Queues for a plan that is not the planner's own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from tally.messages import Job
from tally.ports import JobQueue


@dataclass(slots=True, kw_only=True)
class CollectingQueue:
    """Implements ``tally.ports.JobQueue``: keeps the jobs that are ``wanted``."""

    wanted: Callable[[Job], bool]
    jobs: list[Job] = field(default_factory=list)

    def backlog(self) -> int:
        """Return 0: a plan is wanted whatever waits."""
        return 0

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Keep those that are wanted."""
        self.jobs += [job for job, _ in jobs if self.wanted(job)]

    def put_on(self, queue: JobQueue) -> None:
        """Put what was kept on a real queue, to be seen at once."""
        # Without a delay: they are a company's few jobs, and a person waits for them.
        queue.send((job, timedelta()) for job in self.jobs)
