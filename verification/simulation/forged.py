"""Messages that no planner can have made, of a real job.

A worker must refuse them whole (SAFE-9).
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from tally.domain.model.month import Month
from tally.errors import RefusedJobError
from tally.messages import Job
from tally.worker.delivery import Delivery
from testing.queue import Message
from verification.simulation.story import ViolationError

_ONE_OF = 40
"""Jobs, of which one is followed by a forged one."""

_SOON, _FAR = timedelta(seconds=1), timedelta(days=40_000)

_KINDS: Mapping[str, Callable[[Job, datetime], Mapping[str, object]]] = {
    "a tick that has not come": lambda _, now: {"tick": now + _SOON},
    "a tick of another century": lambda _, now: {"tick": now + _FAR},
    "a month that has not begun": lambda _, now: {"month": Month.of(now).next.next},
    "a tick before that came later": lambda job, _: {"tick_before": job.tick + _SOON},
    "a service twice": lambda job, _: {"services": job.services * 2},
}


def offer(
    deliver: Delivery, message: Message, *, now: datetime, draw: Random, seed: int, step: int
) -> str:
    """Hand a worker a message forged from this one now and then.

    Return its kind if it was refused, else "". ViolationError where it was believed.
    """
    if draw.randrange(_ONE_OF):
        return ""
    kind, job = draw.choice([*_KINDS]), message.job
    body = job.model_copy(update={**_KINDS[kind](job, now)}).model_dump_json(exclude_none=True)
    try:
        done = deliver(body=body, receipt="", receives=1, on_job=lambda _: None)
    except RefusedJobError as error:
        return f"with {kind}: {error}"
    raise ViolationError(0, f"a job with {kind} was believed: {dict(done)}", seed=seed, step=step)
