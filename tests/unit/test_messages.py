"""The schedule's event and the job, as they travel."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, StandingState
from tally.errors import ContractError
from tally.messages import Job, JobService, Tick

DAYS = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001 - made aware
    lambda each: each.replace(tzinfo=UTC)
)
TEXTS = st.text(max_size=20)
AGREEMENTS = st.builds(
    Agreement,
    id=st.integers(1, 10**9),
    name=TEXTS,
    type_id=st.integers(1, 99),
    company_id=st.integers(1, 10**9),
    starts=DAYS,
    ends=DAYS,
    cancelled=st.booleans(),
    cancelled_on=DAYS,
    bill_starts=DAYS,
    billing_cycle=TEXTS,
    next_invoice=DAYS,
    version=TEXTS,
)
CAUSES = st.builds(
    Cause,
    state=st.sampled_from(StandingState),
    reason=TEXTS,
    since=st.none() | INSTANTS,
    until=st.none() | INSTANTS,
    notices=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(
    AGREEMENTS,
    st.dictionaries(st.sampled_from(["endpoints", "email"]), CAUSES),
    INSTANTS,
    st.builds(Month, st.integers(2020, 2030), st.integers(1, 12)),
)
def test_a_job_is_a_round_trip(
    agreement: Agreement, causes: dict[str, Cause], tick: datetime, month: Month
) -> None:
    """What the planner puts on a job is what the worker gets, to the last field, nulls left out on
    the way or not.
    """
    job = Job(
        tick=tick,
        company_id="c" * 24,
        company_name="Harbor Dental",
        connectwise_id=7,
        month=month,
        services=(
            JobService(service="endpoints", agreement_id=agreement.id, product_id=501, listed=True),
            JobService(
                service="email",
                agreement_id=agreement.id,
                product_id=502,
                listed=True,
                only_if_used=True,
            ),
            JobService(service="edr", may_open=False),
        ),
        agreements=(agreement,),
        standing=causes,
    )
    for text in (job.model_dump_json(), job.model_dump_json(exclude_defaults=True)):
        read = Job.model_validate_json(text)
        assert read == job
        assert [read.agreement_of(each) for each in read.services] == [agreement, agreement, None]
        assert read.standing == causes
        assert len(text.encode()) < 10_000


def test_a_job_is_as_it_was_planned() -> None:
    """A job is not changed on its way, and one of another version is refused."""
    job = Job(
        tick=datetime(2026, 11, 1, tzinfo=UTC),
        company_id="c",
        company_name="n",
        month=Month(2026, 11),
    )
    with pytest.raises(ValidationError):
        job.company_id = "other"  # type: ignore[misc]  # frozen
    with pytest.raises(ValidationError):
        Job.model_validate({**job.model_dump(), "surprise": 1})


@pytest.mark.parametrize(
    ("text", "tick"),
    [
        ("2026-11-01T00:00:00Z", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:00:00+02:00", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-10-31T14:05:00.000-10:00", datetime(2026, 11, 1, 0, 5, tzinfo=UTC)),
    ],
)
def test_the_tick_of_an_event(text: str, tick: datetime) -> None:
    """Time is an input: the scheduled time of the event, in UTC whatever zone it is written in."""
    found = Tick.of({"tick": text}).at
    assert found == tick
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"tick": ""},
        {"tick": None},
        {"tick": "2026-11-01T00:00:00"},
        {"tick": "2026-11-01"},
        {"tick": "<aws.scheduler.scheduled-time>"},
        {"time": "2026-11-01T00:00:00Z"},
        {"tick": "2026-11-01T00:00:00Z", "force": True},
        [],
        None,
    ],
    ids=repr,
)
def test_anything_else_is_no_tick(event: Any) -> None:  # noqa: ANN401 - whatever comes
    """An event without an instant is refused with the form that is wanted: there is no clock to
    fall back to.
    """
    with pytest.raises(ContractError, match="2026-11-01T00:05:00Z") as raised:
        Tick.of(event)
    assert raised.value.__cause__ is None


def test_an_instant_of_another_zone_is_the_same_tick() -> None:
    """SAFE-4: order is by instants: one written in another zone is neither older nor newer."""
    east = datetime(2026, 11, 1, 13, tzinfo=timezone(timedelta(hours=13)))
    job = Job(tick=east, company_id="c", company_name="n", month=Month(2026, 11))
    assert Job.model_validate_json(job.model_dump_json()).tick == datetime(2026, 11, 1, tzinfo=UTC)
