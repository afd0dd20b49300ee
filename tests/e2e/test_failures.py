"""What SQS, Lambda and the worker make of failures together: visibility, partial batches,
dead-letter queues.
"""

import time
from datetime import timedelta

import pytest

from local.deployment import QueueDepth
from tally.domain.model.standing import StandingState
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e


def test_poison_message_ends_in_the_dead_letter_queue(msp: Msp) -> None:
    """SAFE-5, SAFE-6: a message that is no job is tried to the last attempt and kept; its neighbour
    is done meanwhile.
    """
    customer = msp.add_customer("Copper Kettle Cafe")
    msp.check_in(customer, 4, FIRST)
    with msp.jobs_held_back():
        msp.tick(FIRST, drain=False)
        msp.stack.queues.send_message(
            QueueUrl=msp.stack.outputs["JobsQueue"], MessageBody='{"tick": "soon"}'
        )
    assert msp.wait_for_letters("jobs") == ['{"tick": "soon"}']
    msp.stack.wait_until_drained()
    assert msp.quantities(customer) == [4]
    refused = [
        line for line in msp.logged("worker", "comes again") if line["kind"] == "MalformedJobError"
    ]
    # Several containers take turns at it, and their lines do not come in the order of the attempts.
    assert sorted(line["receives"] for line in refused) == list(range(1, 14)), (
        "thirteen attempts, as the template says"
    )
    assert "tick: " in refused[0]["error"]


def test_failed_job_alone_comes_again(msp: Msp) -> None:
    """SAFE-5: of a batch whose one job fails, that one stays in the queue, hidden for a while, and
    the others are done.
    """
    failing = msp.add_customer("Broken Arrow Garage")
    fine = [msp.add_customer(name) for name in ("Quiet Harbor Books", "Stone Bridge Bikes")]
    for customer in (failing, *fine):
        msp.check_in(customer, 3, FIRST)
    msp.gravityzone.call(
        "POST",
        "faults",
        {"kind": "status", "status": 500, "operation": "getMonthlyUsage", "contains": failing.id},
    )
    with msp.jobs_held_back():
        msp.tick(FIRST, drain=False)
    msp.wait_until(lambda: bool(msp.logged("worker", "comes again")), "the job has failed")
    hidden = QueueDepth(visible=0, in_flight=1, delayed=0)
    msp.wait_until(lambda: msp.stack.queue_depth() == hidden, "the others are gone from the queue")

    (again, *_), done = msp.logged("worker", "comes again"), msp.logged("worker", "done")
    assert {line["function_request_id"] for line in done} == {again["function_request_id"]}, (
        "they were one batch"
    )
    assert again["company"] == failing.id
    assert [msp.quantities(customer) for customer in (failing, *fine)] == [[], [3], [3]]
    standing = msp.standing(failing)
    assert standing.state is StandingState.FAILING
    assert all(each in standing.reason for each in ("getMonthlyUsage", failing.id, "500"))

    msp.gravityzone.call("DELETE", "faults")
    msp.tick(FIRST + timedelta(minutes=15), drain=False)
    msp.wait_until(
        lambda: len(msp.logged("worker", "done")) >= 2 + 3, "the next tick's jobs are done"
    )
    msp.wait_until(
        lambda: msp.stack.queue_depth().total <= 1, "none but the failed one is still there"
    )
    assert msp.quantities(failing) == [3], "the next tick makes up for it"
    assert msp.standing(failing).state is StandingState.BILLING


def test_retry_after_becomes_the_visibility(msp: Msp) -> None:
    """SAFE-6: a pause longer than a worker waits for is spent in the queue, for as long as
    GravityZone asks.
    """
    customer = msp.add_customer("Silver Birch Clinic")
    msp.check_in(customer, 6, FIRST)
    msp.gravityzone.call(
        "POST",
        "faults",
        {
            "kind": "throttled",
            "seconds": 7,
            "operation": "getMonthlyUsage",
            "contains": customer.id,
            "times": 1,
        },
    )
    began = time.monotonic()
    msp.tick(FIRST, drain=False)
    msp.wait_until(lambda: bool(msp.logged("worker", "comes again")), "the call was refused")
    msp.stack.wait_until_drained()
    assert 7 <= time.monotonic() - began < 600, "seven seconds, and not the queue's own 888"
    refused = [(line["kind"], line["company"]) for line in msp.logged("worker", "comes again")]
    assert refused == [("RateLimitedError", customer.id)]
    assert msp.quantities(customer) == [6]
