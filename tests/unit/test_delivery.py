"""What becomes of a message whose job fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.month import Month
from tally.domain.record.partner import Children
from tally.errors import (
    AmbiguousError,
    ConflictError,
    ContractError,
    CredentialsError,
    InFrontError,
    NotFoundError,
    NotYetError,
    RateLimitedError,
    RefusedError,
    SetupError,
    SeveralError,
    TallyError,
    TransientError,
)
from tally.messages import Job
from tally.worker.delivery import Delivery, MalformedJobError, NotStartedError, wait_before_next

SETTLE = timedelta(minutes=5)
JOB = Job(
    tick=datetime(2026, 11, 1, tzinfo=UTC),
    company_id="c" * 24,
    company_name="Harbor Dental",
    month=Month(2026, 11),
)


def seconds(error: TallyError, receives: int = 1) -> float | None:
    """The wait in seconds, or None where the message is done with."""
    wait = wait_before_next(error, receives=receives, settle=SETTLE)
    return None if wait is None else wait.total_seconds()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RateLimitedError("", retry_after=timedelta(seconds=42)), 42),
        (RateLimitedError("", retry_after=timedelta(seconds=41.2)), 42),
        (RateLimitedError("", retry_after=timedelta(0)), 0),
        (NotYetError("", retry_after=timedelta(seconds=123.001)), 124),
        (AmbiguousError(""), 301),
        (ConflictError(""), 20),
        (NotStartedError(""), 0),
        (MalformedJobError(""), 0),
        (SetupError(""), None),
        (InFrontError(""), 30),
        (CredentialsError(""), None),
        (NotFoundError(""), None),
        (TransientError(""), 30),
        (ContractError(""), 30),
        (RefusedError(""), 30),
        (SeveralError("", errors=[TransientError(""), AmbiguousError(""), SetupError("")]), 301),
        (SeveralError("", errors=[SetupError(""), NotStartedError("")]), 0),
        (SeveralError("", errors=[SetupError(""), CredentialsError("")]), None),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, TallyError) else str(each),
)
def test_wait_before_next(error: TallyError, expected: float | None) -> None:
    """SAFE-6: what asks for a pause gets it, an unknown outcome the settle time, the operator's
    affair no repeat at all.
    """
    assert seconds(error) == expected


def test_failures_wait_longer_each_time() -> None:
    """SAFE-6: 30 s, doubled with each receive, up to five minutes; however often, it stays a wait
    that SQS takes.
    """
    assert [seconds(TransientError(""), receives) for receives in (1, 2, 3, 4, 5, 6, 99)] == [
        30,
        60,
        120,
        240,
        300,
        300,
        300,
    ]


@given(st.floats(min_value=0, max_value=43_000, allow_nan=False))
def test_never_before_what_was_asked_for(asked: float) -> None:
    """SAFE-6: a `Retry-After` is kept to in whole seconds, never cut short."""
    wait = seconds(RateLimitedError("", retry_after=timedelta(seconds=asked)))
    assert wait is not None
    assert wait == int(wait)
    assert 0 <= wait - timedelta(seconds=asked).total_seconds() < 1


@dataclass(slots=True)
class Receipts:
    """What was put off, and for how long."""

    put: list[tuple[str, timedelta]] = field(default_factory=list)

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Note it."""
        self.put.append((receipt, wait))


@dataclass(slots=True)
class Script:
    """A use case that does, or fails, as told."""

    failure: TallyError | None = None
    jobs: list[Job] = field(default_factory=list)
    again: list[bool] = field(default_factory=list)
    account: None = None

    def __call__(self, job: Job, *, again: bool = False) -> Mapping[str, str]:
        """Run."""
        self.jobs.append(job)
        self.again.append(again)
        if self.failure is not None:
            raise self.failure
        return {"endpoints": "unchanged"}


def deliver(
    script: Script, receipts: Receipts, body: str, *, left: float = 100.0, receives: int = 1
) -> Mapping[str, str]:
    """One message, received for the first time unless told otherwise."""
    delivery = Delivery(
        sync=script,  # type: ignore[arg-type]  # a script in place of the use case
        deliveries=receipts,
        settle=SETTLE,
        seconds_left=lambda: left,
        slowest=timedelta(seconds=65),
        around_readings=timedelta(seconds=55),
        each_reading=timedelta(seconds=2),
    )
    return delivery(body=body, receipt="r-1", receives=receives, on_job=lambda _: None)


def test_a_job_that_succeeds() -> None:
    """SAFE-6: done: the answer is the use case's, and nothing is put off."""
    script, receipts = Script(), Receipts()
    assert deliver(script, receipts, JOB.model_dump_json()) == {"endpoints": "unchanged"}
    assert (script.jobs, receipts.put) == ([JOB], [])


def test_a_job_is_told_that_it_was_tried_before() -> None:
    """SAFE-7: received again, a job is not to trust what stood when it was planned."""
    script = Script()
    for receives in (1, 2, 5):
        deliver(script, Receipts(), JOB.model_dump_json(), receives=receives)
    assert script.again == [False, True, True]


def test_a_job_that_comes_again() -> None:
    """SAFE-6: it fails with its error, hidden for as long as that asks for."""
    script, receipts = (
        Script(RateLimitedError("slow down", retry_after=timedelta(seconds=42))),
        Receipts(),
    )
    with pytest.raises(RateLimitedError):
        deliver(script, receipts, JOB.model_dump_json())
    assert receipts.put == [("r-1", timedelta(seconds=42))]


def test_a_job_for_the_operator_is_done_with() -> None:
    """SAFE-6: wrong keys are not tried again within minutes: the message is gone, and says so."""
    script, receipts = Script(CredentialsError("wrong key")), Receipts()
    assert deliver(script, receipts, JOB.model_dump_json()) == {"failed": "wrong key"}
    assert receipts.put == []


def test_too_little_time() -> None:
    """SAFE-6: no job is started that may outlive the function: the message goes back at once."""
    script, receipts = Script(), Receipts()
    with pytest.raises(NotStartedError):
        deliver(script, receipts, JOB.model_dump_json(), left=64.9)
    assert script.jobs == []
    assert receipts.put == [("r-1", timedelta(0))]
    assert deliver(script, receipts, JOB.model_dump_json(), left=65.0)


def test_a_partners_job_needs_time_for_each_child() -> None:
    """READ-4, SAFE-6: 20 children and two looks at the partner, at 2 s each: 55 + 44 s must be
    left, or it is not started.
    """
    script, receipts = Script(), Receipts()
    children = Children(ids=tuple(f"{each:024x}" for each in range(20)))
    body = JOB.model_copy(update={"children": children}).model_dump_json()
    with pytest.raises(NotStartedError):
        deliver(script, receipts, body, left=98.9)
    assert script.jobs == []
    assert deliver(script, receipts, body, left=99.0)
    assert script.jobs[0].children == children


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "Invalid JSON"),
        ("[]", "not a job"),
        ("{}", "company_id"),
        (JOB.model_dump_json().replace("2026-11-01T00:00:00Z", "2026-11-01T00:00:00"), "tick"),
        (JOB.model_dump_json().replace('"2026-11"', '"2026-13"'), "month"),
        (JOB.model_dump_json()[:-1] + ', "surprise": 1}', "surprise"),
    ],
)
def test_a_message_that_is_no_job(body: str, said: str) -> None:
    """SAFE-6: it is never run, says which field is wrong, and goes its way to the dead-letter
    queue.
    """
    script, receipts = Script(), Receipts()
    with pytest.raises(MalformedJobError, match=said):
        deliver(script, receipts, body)
    assert script.jobs == []
    assert receipts.put == [("r-1", timedelta(0))]
