"""Run the job of one SQS message, and put the message off if the job fails (SAFE-6)."""

import math
from collections.abc import Callable, Iterable, Mapping
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
"""A job that always fails is received 13 times (template), so it is a dead letter in an hour."""
_AFTER_CONFLICT = timedelta(seconds=20)
_AT_ONCE = timedelta(0)


def wait_before_next(error: TallyError, *, receives: int, settle: timedelta) -> timedelta | None:
    """Return how long the message stays hidden; None if it is not tried again before the next tick.

    ``receives`` counts how often it has been received, this time included.
    """
    match error:
        case RateLimitedError(retry_after=asked):
            # SQS takes whole seconds alone, and a try before that time would be in vain.
            return timedelta(seconds=math.ceil(asked.total_seconds()))
        case NotYetError(retry_after=asked):
            # A write is believed absent once it is older than the settle time, not at that age.
            return timedelta(seconds=math.floor(asked.total_seconds()) + 1)
        case AmbiguousError():
            # Before that, an absence from ConnectWise's lists is not believed (SAFE-2).
            return settle + timedelta(seconds=1)
        case ConflictError():
            return _AFTER_CONFLICT
        case NotStartedError() | MalformedJobError():
            return _AT_ONCE
        case InFrontError():
            # A person may have to mend the firewall or proxy, or it may pass within a minute.
            return _longer_each_time(receives)
        case SetupError() | DeclinedError():
            # Keys, rights and names do not change within minutes, nor does GravityZone's no.
            return None
        case SeveralError(errors=errors):
            return _longest_wait(errors, receives=receives, settle=settle)
        case _:
            return _longer_each_time(receives)


def _longest_wait(
    errors: Iterable[TallyError], *, receives: int, settle: timedelta
) -> timedelta | None:
    """Return the longest wait of several errors: no API is called before the time it asked for."""
    waits = [wait_before_next(each, receives=receives, settle=settle) for each in errors]
    return max((wait for wait in waits if wait is not None), default=None)


def _longer_each_time(receives: int) -> timedelta:
    return min(_FIRST_WAIT * (1 << min(receives - 1, 10)), _LONGEST_WAIT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Runs jobs out of messages.

    ``seconds_left`` is the function's own deadline, ``slowest`` the longest time of a customer's
    job. A partner's job may be longer (READ-4): ``around_readings``, plus ``each_reading`` for each
    child and twice for the partner itself.
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
        """Run the message's job; return what was done, by service.

        ``on_job`` gets the job before it starts. Raises TallyError if the message must be received
        again; it is then hidden for as long as the error asks for.
        """
        job: Job | None = None
        try:
            job = _job(body)
            if self.seconds_left() < self._slowest(job).total_seconds():
                raise NotStartedError("not started: too little time is left for a slow job")
            on_job(job)
            return self.sync(job, again=receives > 1)
        except TallyError as error:
            wait = wait_before_next(error, receives=receives, settle=self.settle)
            if wait is None:
                if job is not None and self.sync.account is not None:
                    self.sync.account.ended(job, {})
                return {"failed": str(error)}
            # SQS would hide the message for the queue's whole visibility timeout.
            self.deliveries.put_off(receipt, wait)
            raise

    def _slowest(self, job: Job) -> timedelta:
        if job.children is None:
            return self.slowest
        return max(self.slowest, self.around_readings + self.each_reading * (job.companies + 1))


def may_open(body: str) -> bool:
    """Return True if the message's job may open a month: then it waits for ConnectWise mostly."""
    try:
        return any(each.may_open for each in _job(body).services)
    except MalformedJobError:
        return False


def _job(body: str) -> Job:
    try:
        return Job.model_validate_json(body)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
    raise MalformedJobError(f"The message is not a job of this version of Tally: {problems}")
