"""`tally failed …`: what failed for good, and having it done after all."""

import json

import pytest

from cli.deployment.dead_letters import Letter, LetterKind
from simulators.faults import Fault, FaultKind
from tally.messages import Job
from tests.cli.console import Console
from tests.functional.instants import gmt

SOON, LATER = gmt("2026-11-01 00:20"), gmt("2026-11-03 10:00")


def job_letter(console: Console, number: str = "m-1") -> Letter:
    """A job of days ago that failed for good: it would set the count of then."""
    customer, link = next(iter(console.world.ledger.links().items()))
    job = Job.model_validate(
        {
            "tick": SOON,
            "company_id": customer,
            "company_name": link.company_name,
            "month": "2026-11",
        }
    )
    return Letter(kind=LetterKind.JOB, id=number, body=job.model_dump_json(), sent=SOON)


def tick_letter(kind: LetterKind, number: str) -> Letter:
    body = {"tick": "2026-11-01T00:20:00Z"}
    return Letter(
        kind=kind,
        id=number,
        body=json.dumps({"requestPayload": body} if kind is LetterKind.PLANNER else body),
        sent=SOON,
        reason="The secret has no value yet.",
    )


@pytest.fixture
def console(one: Console) -> Console:
    """A job, a tick of the planner, a tick of the schedule and something unreadable have failed for
    good.
    """
    one.world.clock.set(LATER)
    one.letters.letters = [
        job_letter(one),
        tick_letter(LetterKind.PLANNER, "p-1"),
        tick_letter(LetterKind.SCHEDULE, "s-1"),
        Letter(kind=LetterKind.JOB, id="m-2", body="poison", sent=SOON),
    ]
    return one


def test_each_is_listed_with_its_reason(console: Console) -> None:
    """SAFE-6: each message of the three queues, with what it is about and why it failed; they stay,
    for others to see.
    """
    console.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, status=401, operation="getMonthlyUsage", times=None)
    )
    console.world.play(gmt("2026-11-03 10:05"))
    ended = console.run("failed", "list")
    assert ended.code == 1, "findings"
    lines = ended.out.splitlines()
    assert "Customer 0000, 2026-11" in lines[1]
    assert "GravityZone" in lines[1]
    assert lines[2].endswith("tick 2026-11-01T00:20:00Z  The secret has no value yet.")
    assert lines[4].endswith("It is no job that this version of Tally can read.")
    assert (len(console.letters.letters), console.letters.released) == (4, 4)


def test_nothing_failed(one: Console) -> None:
    """Empty queues are exit code 0."""
    assert one.done("failed", "list").out == "Nothing has failed for good.\n"
    assert one.done("failed", "list", "--json").json == []
    assert one.done("failed", "retry", "--yes").out == "Nothing has failed for good.\n"


def test_a_retry_plans_anew(console: Console) -> None:
    """OPEN-7, SAFE-4: a job is not replayed; its company is planned anew by what is so now, and
    then the message goes.
    """
    customer = next(iter(console.world.ledger.links()))
    console.world.gravityzone.tenant.check_in_new(customer, 4)
    ended = console.done("failed", "retry", "Customer 0000", "--yes")
    assert ended.out.splitlines() == ["Customer 0000: November 2026.", "1 message removed."]
    assert [each.id for each in console.letters.letters] == ["p-1", "s-1", "m-2"]
    (message,) = console.world.queue.receive()
    assert message.job.tick == LATER
    console.world.deliver(message, console.world.worker())
    assert [int(each.quantity) for each in console.world.connectwise.truth] == [7]


def test_a_failed_tick_and_the_unreadable_are_made_up_for_by_one_tick(console: Console) -> None:
    """CLOSE-3: one tick now makes up for all that failed before, and for a message that nobody can
    read.
    """
    ended = console.done("failed", "retry", "--yes", "--json")
    assert console.invoked == [LATER]
    assert ended.json["removed"] == 4
    assert ended.json["kept"] == []
    assert console.letters.letters == []


def test_what_cannot_be_planned_stays(console: Console) -> None:
    """SAFE-6: where a tick is skipped or lists cannot be read, its messages stay, the reason is
    told, and the exit code is 1.
    """
    console.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, status=401, times=None))
    ended = console.run("failed", "retry", "--yes")
    assert ended.code == 1
    assert "Kept: " in ended.out
    assert len(console.letters.letters) >= 3


def test_a_retry_is_confirmed(console: Console) -> None:
    """Without a terminal and without --yes nothing is planned, and every message stays and is seen
    by others again.
    """
    assert "Give --yes" in console.refused("failed", "retry")
    assert (len(console.letters.letters), console.letters.released, console.invoked) == (4, 4, [])


def test_the_document(console: Console) -> None:
    """`--json`: stable keys."""
    ended = console.run("failed", "list", "--json")
    assert set(ended.json[0]) == {
        "id",
        "queue",
        "sent",
        "company",
        "name",
        "month",
        "tick",
        "reason",
    }
    assert [each["queue"] for each in ended.json] == ["jobs", "planner", "schedule", "jobs"]
