"""The function `book` on moto: its handler publishes in S3 what `tally book verify` accepts."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

import book.handler as book_function
from simulators.clock import VirtualClock
from tally.aws.bucket import S3Bucket
from tally.errors import ContractError, SetupError
from tally.ledger.books.books_table import DynamoDBBooks
from tally.ledger.dynamodb import DynamoDBLedger
from tally.publishing.verify import Verified, Verify
from testing.ledger_table import create_ledger_table
from testing.world import World
from tests.functional.book_world import OCTOBER, key
from tests.functional.deployed_functions import Context
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

EVENT = {"at": "2026-11-02T05:30:00Z"}
NAME = "books-of-tests"


@dataclass(slots=True, kw_only=True)
class Deployed:
    """The function with its AWS; October is closed."""

    world: World
    objects: Any
    log: io.StringIO

    def publish(self, event: dict[str, Any]) -> dict[str, Any]:
        return book_function.handler(event, Context(seconds_left=900))  # type: ignore[arg-type]

    def keys(self) -> list[str]:
        """The keys of all objects."""
        return list(S3Bucket(self.objects, NAME).keys(""))

    def verify(self) -> Verified:
        """What `tally book verify` finds."""
        tables = boto3.client("dynamodb")
        verify = Verify(
            ledger=DynamoDBLedger(tables, "ledger"),
            books=DynamoDBBooks(tables, "ledger"),
            bucket=S3Bucket(self.objects, NAME),
            kept_months=120,
        )
        return verify(gmt("2026-11-03 00:00"), on_files=lambda *_: None)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """A new container of the function."""
    environment = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": "ledger",
        "BOOKS_BUCKET": NAME,
        "BILLING_TIME_ZONE": "Europe/Berlin",
        "CLOSE_DAY": "2",
        "STATEMENT_MONTHS": "120",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        tables, objects = boto3.client("dynamodb"), boto3.client("s3")
        create_ledger_table(tables, "ledger")
        objects.create_bucket(Bucket=NAME)
        world = World(clock=VirtualClock(gmt("2026-10-01 00:05")))
        world.ledger = DynamoDBLedger(tables, "ledger")  # type: ignore[assignment]
        world.plan = world.planner()
        for name, machines in (("Harbor Dental", 3), ("Pine Marine", 4)):
            world.check_in(world.add_customer(name), machines)
        for tick in ("2026-10-01 00:05", "2026-11-01 00:05", "2026-11-02 00:05"):
            world.play(gmt(tick))
        book_function._parts.cache_clear()
        log = io.StringIO()
        handler = book_function.logger.registered_handler
        monkeypatch.setattr(handler, "stream", log)
        yield Deployed(world=world, objects=objects, log=log)
        book_function._parts.cache_clear()


def test_the_look_publishes_what_verify_accepts(deployed: Deployed) -> None:
    """PROOF-6: through the handler and both adapters, once, however often the event comes."""
    assert deployed.publish(EVENT) == {"written": ["2026-10/1"], "unchanged": 0}
    assert deployed.publish(EVENT) == {"written": [], "unchanged": 1}
    assert len(deployed.keys()) == 4
    verified = deployed.verify()
    assert (verified.editions, verified.files, verified.differences) == (1, 3, ())
    index = deployed.objects.get_object(Bucket=NAME, Key=key(OCTOBER, 1, "index.html"))
    assert index["ContentType"] == "text/html; charset=utf-8"
    assert b"Harbor Dental" in index["Body"].read()


def test_a_page_that_was_changed_in_s3_shows(deployed: Deployed) -> None:
    """PROOF-6: whoever may write to the bucket is found out."""
    deployed.publish(EVENT)
    deployed.objects.put_object(Bucket=NAME, Key=key(OCTOBER, 1, "index.html"), Body=b"changed")
    [found] = deployed.verify().differences
    assert (found.file, found.edition) == ("index.html", 1)


@pytest.mark.parametrize("event", [{}, {"at": "<aws.scheduler.scheduled-time>"}, {"at": 12}])
def test_an_event_that_asks_for_no_book_is_refused(
    deployed: Deployed, event: dict[str, Any]
) -> None:
    """What comes in is checked, and there is no clock to fall back to."""
    with pytest.raises(ContractError, match="The event asks for no book"):
        deployed.publish(event)
    assert deployed.keys() == []


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda patch: patch.delenv("BOOKS_BUCKET"), "the setting BOOKS_BUCKET is missing"),
        (lambda patch: patch.setenv("CLOSE_DAY", "1"), "with the parameter CloseDay set right"),
        (lambda patch: patch.setenv("BOOKS_BUCKET", "gone"), "the bucket gone cannot be used"),
        (lambda patch: patch.setenv("TABLE_NAME", "gone"), "the ledger table gone"),
    ],
)
def test_what_is_set_wrong_is_named(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    says: str,
) -> None:
    """SAFE-6: a book that cannot be published fails, so that it is tried again and then kept; the
    sentence says what to do.
    """
    break_it(monkeypatch)
    with pytest.raises(SetupError, match=says):
        deployed.publish(EVENT)
    assert deployed.keys() == []


def test_the_log_has_keys(deployed: Deployed) -> None:
    """Which editions, due when; no name of a customer."""
    deployed.publish(EVENT)
    [line] = [
        json.loads(each) for each in deployed.log.getvalue().splitlines() if '"published"' in each
    ]
    assert (line["due"], line["written"]) == ("2026-11-02T05:30:00+00:00", ["2026-10/1"])
    assert "Harbor" not in deployed.log.getvalue()
