"""The events of `events/`, for `sam local invoke`, are what the handlers take."""

import hashlib
import json
import re

import pytest
from pydantic import ValidationError

from local.deployment import Function
from local.sam_local.events import EVENTS, EVENTS_FOLDER, Event
from local.sam_local.invoke import FUNCTIONS, command
from tally.domain.reporting.digest import DigestKind
from tally.errors import ContractError
from tally.evidence.jobs import WalkDue
from tally.messages import Job, Tick
from tally.publishing.book_due import BookDue
from tally.reporter.digest_due import DigestDue
from tests.contract.template import Template

NO_TICKS = {"tick-unfilled", "planner-failure"}
"""Inputs of the planner that it must refuse."""
DIGESTS = {"weekly-digest": DigestKind.WEEKLY, "close-day-digest": DigestKind.CLOSE_DAY}
POISONED = {"batch-with-poison": 1}
"""How many messages of a batch are no jobs."""


def _of(function: Function) -> list[Event]:
    return [event for event in EVENTS if event.function == function]


def test_each_file_is_played_and_has_its_outcome() -> None:
    """A file that is in no list would never be tried, and one that is missing would stop `make
    sam-local`.
    """
    assert sorted(path.stem for path in EVENTS_FOLDER.glob("*.json")) == sorted(
        event.name for event in EVENTS
    )
    for event in EVENTS:
        assert event.outcome.answer or event.outcome.error, event.name


def test_each_file_is_documented() -> None:
    """`events/README.md` lists them as they are played: the file, whose input it is, and when it
    happens.
    """
    rows = re.findall(
        r"^\| `(.+)\.json` \| (\w+) \| (\S+ \S+) \| (.+) \| (.+) \|$", _text(), flags=re.MULTILINE
    )
    assert [row[:3] for row in rows] == [
        (event.name, event.function, f"{event.at:%Y-%m-%d %H:%M}") for event in EVENTS
    ]
    assert all(what and outcome for *_, what, outcome in rows)


def test_each_function_has_events(template: Template) -> None:
    """No function of the template is left out."""
    names = {f"{function.title()}Function" for function in FUNCTIONS}
    assert names == set(template.of_type("AWS::Serverless::Function"))
    assert set(FUNCTIONS) == {event.function for event in EVENTS}


@pytest.mark.parametrize("event", _of("planner"), ids=lambda event: event.name)
def test_a_planners_event_is_a_tick(event: Event) -> None:
    """By the model that the planner reads it with; those that are none on purpose are refused by
    it.
    """
    if event.name in NO_TICKS:
        with pytest.raises(ContractError, match=re.escape(event.outcome.error)):
            Tick.of(event.payload)
    else:
        assert Tick.of(event.payload).at <= event.at


def test_the_schedules_event_is_a_tick(template: Template) -> None:
    """What the template's schedule sends is one file as it is, and another with its placeholder
    filled in.
    """
    sent = json.loads(
        template.properties("PlannerFunction")["Events"]["Tick"]["Properties"]["Input"]
    )
    events = {event.name: event for event in EVENTS}
    assert events["tick-unfilled"].payload == sent
    assert events["tick"].payload == {"tick": f"{events['tick'].at:%Y-%m-%dT%H:%M:%SZ}"}


def test_the_schedule_of_looks_sends_a_look(template: Template) -> None:
    """PULSE-1: what the template's other schedule sends, with its placeholder filled in, is a look
    at totals and no tick.
    """
    sent = template.properties("PlannerFunction")["Events"]["Pulse"]["Properties"]["Input"]
    (look,) = [event for event in EVENTS if event.name == "look"]
    filled = sent.replace("<aws.scheduler.scheduled-time>", f"{look.at:%Y-%m-%dT%H:%M:%SZ}")
    assert look.payload == json.loads(filled)
    assert Tick.of(look.payload).pulse


def test_a_failure_holds_the_tick_to_invoke_with() -> None:
    """What Lambda sends to the planner's failure queue bears the tick that failed."""
    events = {event.name: event for event in EVENTS}
    assert events["planner-failure"].payload["requestPayload"] == events["tick"].payload


@pytest.mark.parametrize("event", _of("reporter"), ids=lambda event: event.name)
def test_the_reporters_events_ask_for_a_digest(event: Event) -> None:
    """What the template's schedules send, with their placeholder filled in."""
    due = DigestDue.of(event.payload)
    assert (due.digest, due.at) == (DIGESTS[event.name], event.at)


def test_the_evidence_functions_events_are_what_its_schedules_send(template: Template) -> None:
    """PROOF-1: a walk and a look at the function's own queue, with their placeholder filled in."""
    walk, jobs = _of("evidence")
    events = template.properties("EvidenceFunction")["Events"]
    for event, name in ((walk, "Daily"), (jobs, "Jobs")):
        sent = events[name]["Properties"]["Input"]
        filled = sent.replace("<aws.scheduler.scheduled-time>", f"{event.at:%Y-%m-%dT%H:%M:%SZ}")
        assert event.payload == json.loads(filled)
    assert WalkDue.of(walk.payload).at == walk.at


@pytest.mark.parametrize("event", _of("book"), ids=lambda event: event.name)
def test_the_books_event_is_what_its_schedule_sends(event: Event, template: Template) -> None:
    """With its placeholder filled in."""
    sent = template.properties("BookFunction")["Events"]["Look"]["Properties"]["Input"]
    filled = sent.replace("<aws.scheduler.scheduled-time>", f"{event.at:%Y-%m-%dT%H:%M:%SZ}")
    assert event.payload == json.loads(filled)
    assert BookDue.of(event.payload).at == event.at


def test_the_tickets_event_is_what_its_schedule_sends(template: Template) -> None:
    """With its placeholder filled in."""
    (event,) = _of("tickets")
    sent = template.properties("TicketsFunction")["Events"]["Round"]["Properties"]["Input"]
    filled = sent.replace("<aws.scheduler.scheduled-time>", f"{event.at:%Y-%m-%dT%H:%M:%SZ}")
    assert event.payload == json.loads(filled)


@pytest.mark.parametrize("event", _of("worker"), ids=lambda event: event.name)
def test_a_batch_holds_jobs(event: Event) -> None:
    """Each message is a job by the model that the worker reads it with, but for those that are
    poison on purpose.
    """
    records = event.payload["Records"]
    poison = []
    for record in records:
        assert record["eventSource"] == "aws:sqs"
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()
        try:
            assert Job.model_validate_json(record["body"]).tick <= event.at
        except ValidationError:
            poison.append(record["messageId"])
    assert len(poison) == POISONED.get(event.name, 0) < len(records)
    assert event.outcome.answer["batchItemFailures"] == [
        {"itemIdentifier": each} for each in poison
    ]


def test_the_readme_has_the_command() -> None:
    """What `make sam-local` runs is what a person can type."""
    readme = (EVENTS_FOLDER.parent / "docs" / "try-it.md").read_text().replace("\\\n", " ")
    typed = {" ".join(line.split()) for line in readme.splitlines() if "sam local invoke" in line}
    run = command(
        EVENTS[0], environment=EVENTS_FOLDER.parent / ".local" / "sam-local-environment.json"
    )
    expected = re.sub(r"Architecture=\w+", "Architecture=x86_64", " ".join(run))
    assert any(line.endswith(expected) for line in typed)


def _text() -> str:
    return (EVENTS_FOLDER / "README.md").read_text()
