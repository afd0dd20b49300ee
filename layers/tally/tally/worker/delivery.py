"""One SQS message to one job, and what becomes of the message when the job fails (SAFE-6)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError

from tally.errors import (
    AmbiguousError,
    ConflictError,
    DeclinedError,
    InFrontError,
    MalformedJobError,
    NotStartedError,
    NotYetError,
    RateLimitedError,
    SetupError,
    SeveralError,
    TallyError,
)
from tally.messages import Job
from tally.ports import Deliveries
from tally.worker.sync import Sync

_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=5)
"""With the template's thirteen receives a job that fails each time is a dead letter within the hour."""
_AFTER_CONFLICT = timedelta(seconds=20)
_AT_ONCE = timedelta(0)


def wait_before_next(error: TallyError, *, receives: int, settle: timedelta) -> timedelta | None:
    """How long the message stays hidden before it is tried again; None: it is done with, the next tick tries anew.

    ``receives`` counts how often it has been received, this time included.
    """
    match error:
        case RateLimitedError(retry_after=asked):
            # Whole seconds, rounded up: SQS takes no fractions, and too early would be in vain.
            return timedelta(seconds=math.ceil(asked.total_seconds()))
        case NotYetError(retry_after=asked):
            # A second more: what is exactly as old as the settle time is not older than it.
            return timedelta(seconds=math.floor(asked.total_seconds()) + 1)
        case AmbiguousError():
            # Only then is the absence of what was sent believed (SAFE-2).
            return settle + timedelta(seconds=1)
        case ConflictError():
            return _AFTER_CONFLICT
        case NotStartedError() | MalformedJobError():
            return _AT_ONCE
        case InFrontError():
            # A wall or a proxy between may be for a person to mend, or gone in a minute: tried as
            # long as what passes by itself.
            return _longer_each_time(receives)
        case SetupError() | DeclinedError():
            # Keys, rights or names, or a plain no: nothing changes within minutes. The standing
            # says so, and the next tick asks again.
            return None
        case SeveralError(errors=errors):
            # The longest: whoever asked for it is not to be called before, and a new tick waits for
            # nobody.
            waits = [wait_before_next(each, receives=receives, settle=settle) for each in errors]
            return max((wait for wait in waits if wait is not None), default=None)
        case _:
            return _longer_each_time(receives)


def _longer_each_time(receives: int) -> timedelta:
    return min(_FIRST_WAIT * (1 << min(receives - 1, 10)), _LONGEST_WAIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Runs jobs out of messages.

    ``seconds_left`` is the function's own deadline, ``slowest`` a job's longest time. A partner's may be longer: it takes
    ``each_reading`` for each child, and twice for the partner itself, and ``around_readings`` beside (READ-4).
    """

    sync: Sync
    deliveries: Deliveries
    settle: timedelta
    seconds_left: Callable[[], float]
    slowest: timedelta
    around_readings: timedelta
    each_reading: timedelta

    def __call__(
        self, *, body: str, receipt: str, receives: int, on_job: Callable[[Job], None]
    ) -> Mapping[str, str]:
        """Run the message's job; answer what was done, by service. ``on_job`` is told the job before it starts.

        Raises TallyError when the message is to be received again; it is then hidden for as long as the error asks for.
        """
        try:
            job = _job(body)
            if self.seconds_left() < self._slowest(job).total_seconds():
                raise NotStartedError("not started: too little time is left for a slow job")
            on_job(job)
            return self.sync(job, again=receives > 1)
        except TallyError as error:
            wait = wait_before_next(error, receives=receives, settle=self.settle)
            if wait is None:
                return {"failed": str(error)}
            self.deliveries.put_off(receipt, wait)
            raise

    def _slowest(self, job: Job) -> timedelta:
        if job.children is None:
            return self.slowest
        return max(self.slowest, self.around_readings + self.each_reading * (job.companies + 1))


def _job(body: str) -> Job:
    try:
        return Job.model_validate_json(body)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
    raise MalformedJobError(f"The message is not a job of this version of Tally: {problems}")
