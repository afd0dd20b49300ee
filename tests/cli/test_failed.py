"""`tally failed …`: what failed for good, and having it done after all."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.command import Session
from cli.deployment.dead_letters import Letter, LetterKind
from cli.main import app
from simulators.faults import Fault, FaultKind
from tally.errors import SetupError
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
    """SAFE-6: each message of the queues, with what it is about and why it failed; they stay,
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
        "about",
        "company",
        "name",
        "month",
        "tick",
        "reason",
    }
    assert [each["queue"] for each in ended.json] == ["jobs", "planner", "schedule", "jobs"]


def lambda_letter(kind: LetterKind, number: str, event: object, why: str = "Refused.") -> Letter:
    """An event that Lambda put there after the last attempt."""
    return Letter(
        kind=kind, id=number, body=json.dumps({"requestPayload": event}), sent=SOON, reason=why
    )


@pytest.fixture
def beside(one: Console) -> Console:
    """Two looks at the books, a walk, a look at machines and two digests have failed for good."""
    one.world.clock.set(LATER)
    weekly = {"digest": "weekly", "at": "2026-11-02T07:00:00Z"}
    look = {"task": "look", "walk": "2026-11-02T03:37:00Z", "company_id": "c-7"}
    one.letters.letters = [
        lambda_letter(LetterKind.BOOK, "b-1", {"at": "2026-11-02T05:30:00Z"}),
        lambda_letter(LetterKind.BOOK, "b-2", {"at": "2026-11-02T17:30:00Z"}),
        lambda_letter(LetterKind.EVIDENCE, "e-1", {"walk": "2026-11-02T03:37:00Z"}),
        Letter(kind=LetterKind.EVIDENCE, id="e-2", body=json.dumps(look), sent=SOON),
        Letter(kind=LetterKind.DIGEST, id="d-1", body=json.dumps(weekly), sent=SOON),
        lambda_letter(LetterKind.DIGEST, "d-2", weekly),
    ]
    return one


def test_books_evidence_and_digests_are_listed(beside: Console) -> None:
    """SAFE-6: every queue of failures is looked at; each message tells what was to be done."""
    ended = beside.run("failed", "list", "--json")
    assert ended.code == 1
    assert [(each["queue"], each["about"]) for each in ended.json] == [
        ("books", "look at the books 2026-11-02T05:30:00Z"),
        ("books", "look at the books 2026-11-02T17:30:00Z"),
        ("evidence", "walk 2026-11-02T03:37:00Z"),
        ("evidence", "walk 2026-11-02T03:37:00Z, machines of c-7"),
        ("digests", "digest weekly, 2026-11-02T07:00:00Z"),
        ("digests", "digest weekly, 2026-11-02T07:00:00Z"),
    ]
    assert ended.json[0]["reason"] == "Refused."


def test_books_evidence_and_digests_are_made_up_for(beside: Console) -> None:
    """SAFE-6: one look and one walk now, each digest once; no tick is planned for them."""
    ended = beside.done("failed", "retry", "--yes", "--json")
    assert beside.asked == [
        ("BookFunction", {"at": "2026-11-03T10:00:00Z"}),
        ("EvidenceFunction", {"walk": "2026-11-03T10:00:00Z"}),
        ("ReporterFunction", {"digest": "weekly", "at": "2026-11-02T07:00:00Z"}),
    ]
    assert beside.invoked == []
    assert (ended.json["asked"], ended.json["removed"]) == (["books", "digests", "evidence"], 6)
    assert beside.letters.letters == []


def test_what_no_function_takes_stays(beside: Console) -> None:
    """SAFE-6: a digest that nobody can read stays, and so does what a function does not take."""

    def refuse(function: str, event: Mapping[str, str]) -> None:
        if function == "BookFunction":
            raise SetupError("The right is missing.")
        beside.asked.append((function, event))

    beside.letters.letters.append(lambda_letter(LetterKind.DIGEST, "d-3", {"digest": "hourly"}))
    stack = replace(beside.stack, ask=refuse)
    result = CliRunner().invoke(app, ["failed", "retry", "--yes"], obj=stack)
    assert result.exit_code == 1
    assert [each.id for each in beside.letters.letters] == ["b-1", "b-2", "d-3"]
    assert result.stdout.count("The right is missing.") == 2
    assert "asks for no digest" in result.stdout


def test_a_retry_says_what_it_will_do(beside: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is confirmed is told: what is done now, and how many messages go."""
    beside.letters.letters.append(job_letter(beside))
    asked: list[str] = []
    monkeypatch.setattr(Session, "confirm", lambda _, question, *, yes: asked.append(question))
    beside.done("failed", "retry")
    (question,) = asked
    assert question == (
        "Plan Customer 0000 anew, send the digests now, look at the books now, walk the inventory "
        "of machines now, and remove 7 messages?"
    )


def test_a_companys_retry_leaves_the_others(beside: Console) -> None:
    """A company's own jobs are planned anew; books, evidence and digests are of nobody alone."""
    beside.letters.letters.append(job_letter(beside))
    beside.done("failed", "retry", "Customer 0000", "--yes")
    assert beside.asked == []
    assert len(beside.letters.letters) == 6
