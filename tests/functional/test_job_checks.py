"""Jobs that no planner can have made: old, damaged, or put on the queue by somebody else."""

import json
from datetime import timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tally.errors import RefusedJobError, TallyError
from tally.messages import Job
from testing.world import PRODUCT_ID, Customer, World
from tests.functional.instants import gmt

FIRST = gmt("2026-11-01 00:05")
LATER = gmt("2026-11-20 12:00")
WRITES = ("POST additions", "PATCH additions/{id}")
pytestmark = [pytest.mark.world(at=FIRST), pytest.mark.machines(12)]


def planned(world: World, at: str = "2026-11-01 00:05") -> dict[str, Any]:
    """Harbor Dental's job as the planner makes it, taken off the queue."""
    world.tick(gmt(at))
    world.clock.advance(timedelta(seconds=1))
    messages = world.queue.receive()
    for message in messages:
        world.queue.delete(message)
    jobs: list[dict[str, Any]] = [json.loads(message.body) for message in messages]
    return next(job for job in jobs if job["company_name"] == "Harbor Dental")


def run(world: World, job: dict[str, Any]) -> dict[str, str] | TallyError:
    """What a worker makes of a message."""
    try:
        done = world.worker()(body=json.dumps(job), receipt="0", receives=1, on_job=lambda _: None)
    except TallyError as error:
        return error
    return dict(done)


def written(world: World) -> int:
    return sum(world.connectwise.calls.count(operation) for operation in WRITES)


def other(job: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a message may hold
    return {**job, **fields}


def of_service(job: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a message may hold
    return other(job, services=[{**each, **fields} for each in job["services"]])


def test_one_message_of_the_year_2099_closes_nothing(world: World, harbor: Customer) -> None:
    """SAFE-9: a tick in the future is refused and told; the month goes on, is counted on, and
    closes on its day.
    """
    world.play(FIRST)
    forged = other(planned(world, "2026-11-20 12:00"), tick="2099-01-01T00:00:00Z")
    answer = run(world, forged)
    assert isinstance(answer, RefusedJobError)
    assert "2099-01-01T00:00:00Z lies in the future" in str(answer)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.state is RecordState.OPEN
    world.check_in(harbor, 3)
    world.play(LATER + timedelta(hours=1))
    assert world.additions(harbor) == [(15, "2026-11-01", "2026-11-30")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"tick": "2026-11-01T00:06:00Z"}, "lies in the future"),
        ({"tick": "9999-12-31T23:59:59Z"}, "no instant of the years"),
        ({"tick": "9999-12-31T23:59:59-23:59"}, ""),
        ({"tick": "0001-01-01T00:00:00Z"}, ""),
        ({"tick": "0001-01-01T00:00:00+23:59"}, ""),
        ({"tick": 1793491500}, ""),
        ({"tick": "1793491500"}, ""),
        ({"month": "2026-12"}, "had not begun"),
        ({"month": "9999-12"}, "no month of the years"),
        ({"month": "2026-09"}, "was not due"),
        ({"month": "0001-01"}, "no month of the years"),
        ({"month": "2000-01"}, "was not due"),
        ({"month": "0000-01"}, ""),
        ({"tick_before": "2026-11-01T00:05:01Z"}, "the tick before"),
        ({"company_id": ""}, ""),
        ({"company_id": "c" * 1_000}, ""),
        ({"connectwise_id": 10**400}, ""),
        ({"connectwise_id": -1}, ""),
        ({"children": {"ids": [f"{number:024x}" for number in range(21)]}}, "more than 20"),
        ({"children": {"ids": ["a" * 24, "a" * 24]}}, "companies below it"),
        ({"company_name": "\ud800"}, ""),
        ({"services": []}, ""),
    ],
)
def test_what_no_planner_made_is_refused(
    world: World, harbor: Customer, fields: dict[str, Any], says: str
) -> None:
    """SAFE-9: a job that cannot be one of ours makes no call to ConnectWise, leaves no trace in the
    ledger, and says why.
    """
    job = planned(world)
    standing = world.standing(harbor)
    answer = run(world, other(job, **fields))
    if fields != {"services": []}:
        assert isinstance(answer, TallyError)
        assert says in str(answer)
        assert "bug" not in str(answer)
    assert written(world) == 0
    assert world.standing(harbor) == standing
    assert world.record(harbor, "2026-11") is None
    run(world, job)
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]


def test_services_and_agreements_come_once(world: World, harbor: Customer) -> None:
    """SAFE-9: a job that names a service or an agreement twice would be done twice; it is
    refused.
    """
    job = planned(world)
    for name in ("services", "agreements"):
        assert isinstance(run(world, other(job, **{name: job[name] * 2})), RefusedJobError)
    assert written(world) == 0


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"product_id": 777}, "planned with product 777, and the settings' is 501"),
        ({"service": "email"}, "the setting Services has no such service"),
    ],
)
def test_what_the_settings_do_not_have_is_not_opened(
    world: World, harbor: Customer, fields: dict[str, Any], says: str
) -> None:
    """SAFE-9: a product or a service that is not the settings' opens nothing; the standing says so
    until the next tick.
    """
    job = planned(world)
    answer = run(world, of_service(job, **fields))
    assert isinstance(answer, dict)
    assert says in answer["failed"]
    assert written(world) == 0
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.FAILING
    assert says in shown.reason
    world.play(FIRST + timedelta(minutes=15))
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_an_agreement_of_another_company_is_not_billed(world: World, harbor: Customer) -> None:
    """SAFE-9, MATCH-3: neither an agreement of another company, nor another company's link, is
    taken from a job.
    """
    lake = world.add_customer("Lakeside Library")
    job = planned(world)
    [agreement] = job["agreements"]
    forged = other(
        of_service(job, agreement_id=lake.agreement_id),
        agreements=[{**agreement, "id": lake.agreement_id, "company_id": harbor.connectwise_id}],
    )
    run(world, forged)
    run(world, other(job, connectwise_id=lake.connectwise_id))
    assert written(world) == 0
    assert world.additions(lake) == []


def test_nothing_is_kept_of_a_company_that_nobody_knows(world: World, harbor: Customer) -> None:
    """SAFE-9: a job of a company that the ledger has nothing on opens nothing."""
    job = planned(world)
    stranger = world.gravityzone.tenant.add_company("Stranger")
    answer = run(world, other(job, company_id=stranger, company_name="Stranger"))
    assert isinstance(answer, dict | TallyError)
    assert written(world) == 0


def test_a_month_from_before_billing_began_is_not_opened() -> None:
    """SAFE-9, OPEN-8: a job of a month before the first one that the settings name opens
    nothing.
    """
    world = World(clock=VirtualClock(FIRST), first_month=Month(2026, 11))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12, at=gmt("2026-10-20 00:00"))
    world.gravityzone.tenant.check_in_new(harbor.id, 3)
    job = planned(world)
    answer = run(world, other(job, month="2026-10"))
    assert isinstance(answer, dict)
    assert "billing begins with November 2026" in answer["failed"]
    assert written(world) == 0


def test_a_renamed_product_is_believed_from_its_first_tick_on(
    world: World, harbor: Customer
) -> None:
    """SAFE-9: the ledger knows of a product by the newest tick that found it, also where the
    settings named another before.
    """
    world.tick(FIRST)
    world.ledger.note_products({"endpoints": 777, "email": 3})
    world.play(FIRST + timedelta(minutes=15))
    ticks = world.ledger.ticks()
    assert ticks is not None
    assert ticks.products == {"endpoints": PRODUCT_ID}
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]


def test_jobs_of_a_version_before_are_believed(world: World, harbor: Customer) -> None:
    """SAFE-9: a ledger that knows of no products yet, as an older version leaves it, stops
    nothing.
    """
    job = planned(world)
    world.ledger.note_products({})
    assert run(world, job) != {}
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    assert Job.model_validate(job)
