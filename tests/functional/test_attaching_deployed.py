"""The function `book` as deployed: what it attaches where the setting has it so."""

import io
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import book.handler as book_function
from simulators.connectwise import Right
from simulators.connectwise.options import Credentials
from tally.errors import BugError, SeveralError, TransientError
from tally.ledger.attachments.attachment_table import DynamoDBAttachments
from tally.publishing.publish import Publish
from tally.runtime.parts import book as book_parts
from tally.runtime.parts import bootstrap
from testing.world import Customer
from tests.functional.attached import CLOSE, FIRST, NOVEMBER, SECOND, calls, documents
from tests.functional.deployed_functions import KEYS, Context, Deployed
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

type Look = Callable[[str], dict[str, Any]]


@pytest.fixture
def harbor(deployed: Deployed) -> Customer:
    """A customer whose November is closed, by both functions as deployed."""
    customer = deployed.world.add_customer("Harbor Dental")
    deployed.world.check_in(customer, 4)
    for tick in (FIRST, CLOSE):
        deployed.tick(tick)
        assert deployed.work(deployed.batch()) == []
    return customer


@pytest.fixture
def look(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The function with its bucket, fired for an instant; statements are not attached by it."""
    boto3.client("s3").create_bucket(
        Bucket="books", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    monkeypatch.setenv("BOOKS_BUCKET", "books")
    monkeypatch.setenv("STATEMENT_MONTHS", "120")
    monkeypatch.setattr(book_parts, "World", bootstrap.World)
    monkeypatch.setattr(book_function.logger.registered_handler, "stream", io.StringIO())

    def fire(at: str) -> dict[str, Any]:
        deployed.world.clock.set(max(gmt(at), deployed.world.clock.now()))
        book_function._parts.cache_clear()
        event = {"at": gmt(at).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return book_function.handler(event, Context(seconds_left=900))  # type: ignore[arg-type]

    return fire


@pytest.fixture
def attaching(look: Look, monkeypatch: pytest.MonkeyPatch) -> Look:
    """The function with the setting turned on."""
    monkeypatch.setenv("ATTACH_STATEMENTS", "true")
    return look


def test_off_by_default(deployed: Deployed, harbor: Customer, look: Look) -> None:
    """PROOF-7: no key is read, and ConnectWise is not called."""
    deployed.secrets.delete_secret(SecretId=deployed.secret_id, ForceDeleteWithoutRecovery=True)
    before = deployed.world.connectwise.calls.count()
    assert look("2026-12-02 05:30")["written"] == ["2026-11/1"]
    assert deployed.world.connectwise.calls.count() == before


def test_on(deployed: Deployed, harbor: Customer, attaching: Look) -> None:
    """PROOF-7: the drawn PDF is attached after the book, once."""
    attaching("2026-12-02 05:30")
    [document] = documents(deployed.world, harbor)
    assert document.contents.startswith(b"%PDF-")
    assert document.private
    assert calls(deployed.world) == (1, 1)
    attaching("2026-12-02 17:30")
    deployed.tick(SECOND)
    assert deployed.work(deployed.batch()) == []
    assert attaching("2026-12-10 05:30")["written"] == ["2026-11/2"]
    assert calls(deployed.world) == (1, 1)


def test_shown_in_the_portal(
    deployed: Deployed, harbor: Customer, attaching: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROOF-7: only where the other setting says so."""
    monkeypatch.setenv("ATTACH_PRIVATELY", "false")
    attaching("2026-12-02 05:30")
    assert [each.private for each in documents(deployed.world, harbor)] == [False]


def test_what_was_left_is_done_at_the_next_look(
    deployed: Deployed, harbor: Customer, attaching: Look
) -> None:
    """SAFE-5: the book is published all the same; the account in the ledger has the reason."""
    options = deployed.world.connectwise.options
    options.taken_rights = frozenset({Right.DOCUMENTS_ADD})
    assert attaching("2026-12-02 05:30")["written"] == ["2026-11/1"]
    account = DynamoDBAttachments(boto3.client("dynamodb"), "ledger").month(NOVEMBER)
    assert account is not None
    assert [each.name for each in account.left] == ["Harbor Dental"]
    assert "Manage Documents: Add" in account.stopped
    options.taken_rights = frozenset()
    attaching("2026-12-02 17:30")
    assert len(documents(deployed.world, harbor)) == 1


def test_a_book_that_fails_keeps_no_statement_back(
    deployed: Deployed, harbor: Customer, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-5: what is published is attached, and the book's error is raised all the same; of two
    errors both are told.
    """
    look("2026-12-02 05:30")
    monkeypatch.setenv("ATTACH_STATEMENTS", "true")

    def no_book(*_: object, **__: object) -> None:
        raise TransientError("The bucket does not answer.")

    def no_account(*_: object) -> None:
        raise TransientError("The table does not answer.")

    monkeypatch.setattr(Publish, "__call__", no_book)
    with pytest.raises(TransientError, match="bucket"):
        look("2026-12-02 17:30")
    assert len(documents(deployed.world, harbor)) == 1
    monkeypatch.setattr(DynamoDBAttachments, "month", no_account)
    with pytest.raises(SeveralError, match=r"bucket does not answer.*table does not answer"):
        look("2026-12-03 05:30")

    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(DynamoDBAttachments, "month", bug)
    log = io.StringIO()
    monkeypatch.setattr(book_function.logger.registered_handler, "stream", log)
    with pytest.raises(BugError):
        look("2026-12-03 17:30")
    lines = map(json.loads, log.getvalue().splitlines())
    assert "The bucket does not answer." in [each.get("why") for each in lines]


def test_a_key_that_was_changed_is_read_again(
    deployed: Deployed, harbor: Customer, attaching: Look
) -> None:
    """A container that read the keys before they were changed reads them anew after a refusal."""
    deployed.world.connectwise.options.credentials = Credentials(
        public_key=KEYS["connectwise_public_key"], private_key="another"
    )
    attaching("2026-12-02 05:30")
    assert documents(deployed.world, harbor) == []
    deployed.secrets.put_secret_value(
        SecretId=deployed.secret_id,
        SecretString=json.dumps({**KEYS, "connectwise_private_key": "another"}),
    )
    event = {"at": "2026-12-02T17:30:00Z"}
    book_function.handler(event, Context(seconds_left=900))  # type: ignore[arg-type]
    assert len(documents(deployed.world, harbor)) == 1


@pytest.mark.slow
def test_months_before_the_setting_was_turned_on(
    deployed: Deployed, harbor: Customer, attaching: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROOF-7: of them the newest alone is attached; from then on each month is, also one that was
    missed.
    """
    monkeypatch.setenv("ATTACH_STATEMENTS", "false")
    for tick in ("2026-12-05 00:05", "2027-01-02 00:05"):
        deployed.tick(gmt(tick))
        assert deployed.work(deployed.batch()) == []
    attaching("2027-01-02 05:30")
    monkeypatch.setenv("ATTACH_STATEMENTS", "true")
    attaching("2027-01-02 17:30")
    assert [each.title[:23] for each in documents(deployed.world, harbor)] == [
        "Tally statement 2026-12"
    ]
    for tick in ("2027-01-05 00:05", "2027-02-02 00:05", "2027-02-05 00:05", "2027-03-02 00:05"):
        deployed.tick(gmt(tick))
        assert deployed.work(deployed.batch()) == []
    attaching("2027-03-02 05:30")
    assert [each.title[:23] for each in documents(deployed.world, harbor)] == [
        f"Tally statement {month}" for month in ("2026-12", "2027-01", "2027-02")
    ]
