"""The ledger's adapter where DynamoDB cancels, times out, throttles, or answers in parts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from tally.domain.model.company import CompanyLink, LinkChange
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.record.history import Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState, UsageRecord, unopened
from tally.errors import AmbiguousError, ConflictError, ContractError, SetupError, TransientError
from tally.ledger import keys
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.transaction import Patience
from testing.ledger_table import moto_ledger
from tests.unit.ledger_values import A_LINK, TICK

KEY = RecordKey(company_id="gz-1", month=Month(2026, 11), service="endpoints")

type Interference = Callable[[Callable[[], Any]], Any]
"""What happens in place of one call, given that call."""


class Wire:
    """A DynamoDB client whose next calls of a method go as scripted; the others go through. Calls
    are remembered.
    """

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - boto's client
        self._client = client
        self._script: dict[str, list[Interference]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.page_size: int | None = None

    def next(self, operation: str, *interferences: Interference) -> None:
        self._script.setdefault(operation, []).extend(interferences)

    def of(self, operation: str) -> list[dict[str, Any]]:
        return [request for name, request in self.calls if name == operation]

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:  # noqa: ANN401 - boto's request and answer
            self.calls.append((operation, request))
            limit = {"Limit": self.page_size} if operation == "query" and self.page_size else {}

            def through() -> Any:  # noqa: ANN401
                return getattr(self._client, operation)(**request, **limit)

            script = self._script.get(operation)
            return script.pop(0)(through) if script else through()

        return call


def instead(error: Exception) -> Interference:
    """The call fails, and has not happened."""

    def fail(_through: Callable[[], Any]) -> None:
        raise error

    return fail


def after(error: Exception) -> Interference:
    """The call happens, and its answer is lost."""

    def fail(through: Callable[[], Any]) -> None:
        through()
        raise error

    return fail


def refusal(code: str, *, status: int = 400, reasons: tuple[str, ...] = ()) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "for a test"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "request-1"},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(response, "TransactWriteItems")


def cancelled(*reasons: str) -> ClientError:
    return refusal("TransactionCanceledException", reasons=reasons)


TIMEOUT = ReadTimeoutError(endpoint_url="https://dynamodb.test")
NO_CONNECTION = EndpointConnectionError(endpoint_url="https://dynamodb.test")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with moto_ledger("ledger-a") as client:
        yield Wire(client)


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def ledger(wire: Wire, pauses: list[float]) -> DynamoDBLedger:
    client: Any = wire
    return DynamoDBLedger(
        client, "ledger-a", patience=Patience(pause=pauses.append, jitter=lambda: 1.0)
    )


def record(
    *, key: RecordKey = KEY, version: int = 1, state: RecordState = RecordState.OPEN
) -> UsageRecord:
    return UsageRecord(key=key, version=version, seen_tick=TICK, state=state)


def opening(key: RecordKey = KEY) -> Transition:
    return Transition(
        before=unopened(key, TICK),
        after=record(key=key),
        what="opened",
        why="because",
        at=TICK,
        tick=TICK,
    )


def is_saved(ledger: DynamoDBLedger) -> bool:
    found = ledger.record(KEY)
    assert (found is not None) == (len(ledger.history(KEY)) == 1)
    return found is not None


# Transactions


@pytest.mark.slow
@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_cancelled_transaction_is_tried_again(
    ledger: DynamoDBLedger, wire: Wire, pauses: list[float], reason: str
) -> None:
    """SAFE-3: a transaction that DynamoDB cancels for another's sake is tried again, with its
    token, ever later.
    """
    wire.next("transact_write_items", *[instead(cancelled(reason, "None"))] * 3)
    ledger.save(opening())
    assert is_saved(ledger)
    assert pauses == [0.05, 0.1, 0.2]
    assert len({request["ClientRequestToken"] for request in wire.of("transact_write_items")}) == 1


def test_cancelled_to_the_last_is_transient(ledger: DynamoDBLedger, wire: Wire) -> None:
    """A transaction that is cancelled every time has not happened: TransientError, so the job comes
    again.
    """
    wire.next("transact_write_items", *[instead(cancelled("TransactionConflict"))] * 6)
    with pytest.raises(TransientError, match="in use"):
        ledger.save(opening())
    assert not is_saved(ledger)


def test_every_save_has_its_own_token(ledger: DynamoDBLedger, wire: Wire) -> None:
    """SAFE-3: a token shared by two workers would let both believe that they were first."""
    for _ in range(2):
        try:
            ledger.save(opening())
        except ConflictError:
            continue
    assert len({request["ClientRequestToken"] for request in wire.of("transact_write_items")}) == 2


@pytest.mark.parametrize(
    "lost",
    [
        TIMEOUT,
        NO_CONNECTION,
        refusal("InternalServerError", status=500),
        refusal("TransactionInProgressException"),
    ],
)
def test_lost_answer_of_a_write_that_happened(
    ledger: DynamoDBLedger, wire: Wire, lost: Exception
) -> None:
    """SAFE-1: a write whose answer was lost is looked for, and found: done, once."""
    wire.next("transact_write_items", after(lost))
    ledger.save(opening())
    assert is_saved(ledger)


def test_lost_answer_found_even_when_the_record_went_on(ledger: DynamoDBLedger, wire: Wire) -> None:
    """SAFE-1: our history entry, which stays, tells whether our write happened; the record others
    may have changed.
    """

    def overtaken(through: Callable[[], Any]) -> None:
        through()
        ledger.save(
            Transition(
                before=record(),
                after=record(version=2),
                what="next",
                why="because",
                at=TICK,
                tick=TICK,
            )
        )
        raise TIMEOUT

    wire.next("transact_write_items", overtaken)
    ledger.save(opening())
    assert [entry.what for entry in ledger.history(KEY)] == ["opened", "next"]


def test_repeat_by_boto_meets_its_own_write(ledger: DynamoDBLedger, wire: Wire) -> None:
    """SAFE-1: where boto's own repeat is refused because the first attempt took effect, the write
    is ours.
    """
    wire.next(
        "transact_write_items", after(cancelled("ConditionalCheckFailed", "ConditionalCheckFailed"))
    )
    ledger.save(opening())
    assert is_saved(ledger)


@pytest.mark.parametrize("lost", [TIMEOUT, refusal("InternalServerError", status=500)])
def test_lost_answer_of_a_write_not_seen_is_ambiguous(
    ledger: DynamoDBLedger, wire: Wire, lost: Exception
) -> None:
    """A write whose answer was lost, and which is not there, may yet arrive: "it has not happened"
    is not claimed.
    """
    wire.next("transact_write_items", instead(lost))
    with pytest.raises(AmbiguousError, match="gz-1 2026-11 endpoints may or may not be written"):
        ledger.save(opening())


@pytest.mark.parametrize("lost", [TIMEOUT, cancelled("ConditionalCheckFailed")])
def test_lost_answer_that_cannot_be_looked_for_is_ambiguous(
    ledger: DynamoDBLedger, wire: Wire, lost: Exception
) -> None:
    """Where the read that would tell fails too, nothing is claimed."""
    wire.next("transact_write_items", instead(lost))
    wire.next("get_item", instead(TIMEOUT))
    with pytest.raises(AmbiguousError, match="Reading it back failed"):
        ledger.save(opening())


def test_lost_answer_of_a_link(ledger: DynamoDBLedger, wire: Wire) -> None:
    """MATCH-1: a link whose answer was lost is found the same way, and is nobody else's."""
    wire.next("transact_write_items", after(TIMEOUT))
    ledger.add_link(A_LINK)
    assert ledger.link("gz-1") == A_LINK
    with pytest.raises(ConflictError):
        ledger.add_link(A_LINK)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (refusal("ThrottlingException"), TransientError),
        (refusal("AccessDeniedException"), SetupError),
        (refusal("ResourceNotFoundException"), SetupError),
        (refusal("ValidationException"), ContractError),
        (cancelled("ValidationError", "None"), ContractError),
        (cancelled(), ContractError),
        (NoCredentialsError(), SetupError),
    ],
)
def test_refused_transaction_says_who_has_to_act(
    ledger: DynamoDBLedger, wire: Wire, error: Exception, expected: type[Exception]
) -> None:
    """What a refused write raises names the one who can do something about it; the write has not
    happened.
    """
    wire.next("transact_write_items", instead(error))
    with pytest.raises(expected, match="the record of gz-1 2026-11 endpoints"):
        ledger.save(opening())
    assert not is_saved(ledger)


# Reads


def test_all_pages_are_read(ledger: DynamoDBLedger, wire: Wire) -> None:
    """A list that comes in pages is read to its end."""
    wanted = [
        RecordKey(company_id=f"gz-{number}", month=KEY.month, service="endpoints")
        for number in range(5)
    ]
    for key in wanted:
        ledger.save(opening(key))
    wire.page_size = 2
    assert [each.key for each in ledger.all_open_records()] == wanted
    assert len(wire.of("query")) == 3


def test_page_that_fails_is_no_end(ledger: DynamoDBLedger, wire: Wire) -> None:
    """SAFE-5: a list whose second page cannot be had raises, and is never taken for a whole one."""
    for number in range(3):
        ledger.save(
            opening(RecordKey(company_id=f"gz-{number}", month=KEY.month, service="endpoints"))
        )
    wire.page_size = 2
    wire.next(
        "query", lambda through: through(), instead(refusal("InternalServerError", status=500))
    )
    with pytest.raises(TransientError, match="ledger-a"):
        list(ledger.all_open_records())


def test_single_reads_are_consistent(ledger: DynamoDBLedger, wire: Wire) -> None:
    """SAFE-3: what a worker loads is the newest; only bulk reads may lag, since an index cannot do
    otherwise.
    """
    ledger.record(KEY)
    ledger.link("gz-1")
    ledger.standing("gz-1")
    ledger.ticks()
    ledger.history(KEY)
    assert all(request["ConsistentRead"] for request in wire.of("get_item") + wire.of("query"))


def test_no_table_is_the_operators(wire: Wire) -> None:
    """A table that does not exist is for the operator to mend, and is named."""
    client: Any = wire
    with pytest.raises(SetupError, match="the ledger table elsewhere cannot be used"):
        DynamoDBLedger(client, "elsewhere").ticks()


# Single writes


def test_repeated_put_of_a_standing_meets_itself(ledger: DynamoDBLedger, wire: Wire) -> None:
    """A standing whose put was repeated by boto after a lost answer is saved, and no conflict."""
    standing = Standing(company_id="gz-1", company_name="A", tick=TICK)
    wire.next("put_item", after(refusal("ConditionalCheckFailedException")))
    ledger.save_standing(standing)
    found = ledger.standing("gz-1")
    assert found is not None
    assert found.version == 1


def test_standing_that_cannot_be_saved_is_no_conflict(ledger: DynamoDBLedger, wire: Wire) -> None:
    """Of many standings one that fails raises: only one that somebody else wrote first is left out
    and counted.
    """
    wire.next("put_item", instead(refusal("ThrottlingException")))
    with pytest.raises(TransientError):
        ledger.save_standings([Standing(company_id="gz-1", company_name="A", tick=TICK)])


def test_two_ticks_that_end_at_once_both_count(ledger: DynamoDBLedger, wire: Wire) -> None:
    """OPEN-9: of two ticks that end at the same moment neither month is lost."""
    ledger.begin_tick(TICK)

    def overtaken(through: Callable[[], Any]) -> object:
        ledger.finish_tick(TICK - timedelta(days=5))
        return through()

    wire.next("update_item", overtaken)
    ledger.finish_tick(TICK)
    ticks = ledger.ticks()
    assert ticks is not None
    assert ticks.planned == (Month(2026, 10), Month(2026, 11))


def test_tick_end_gives_up_in_the_end(ledger: DynamoDBLedger, wire: Wire) -> None:
    """An end that is overtaken every time raises, and the next tick will say the same."""
    ledger.begin_tick(TICK)
    wire.next("update_item", *[instead(refusal("ConditionalCheckFailedException"))] * 5)
    with pytest.raises(ConflictError):
        ledger.finish_tick(TICK)


def test_an_end_that_adds_nothing_writes_nothing(ledger: DynamoDBLedger, wire: Wire) -> None:
    """Twice is once: a tick that ends again, or ends after a newer one of its month, has nothing to
    add.
    """
    ledger.begin_tick(TICK)
    ledger.finish_tick(TICK)
    writes = len(wire.of("update_item"))
    ledger.finish_tick(TICK)
    ledger.finish_tick(TICK - timedelta(minutes=15))
    assert len(wire.of("update_item")) == writes


def test_refused_tick_without_a_newest_one_is_no_tick(ledger: DynamoDBLedger, wire: Wire) -> None:
    """A tick that is refused although none is known (the item was deleted just then) raises, to be
    fired again.
    """
    wire.next("update_item", instead(refusal("ConditionalCheckFailedException")))
    with pytest.raises(ConflictError):
        ledger.begin_tick(TICK)


def test_connectwise_company_remembers_whose_it_is(ledger: DynamoDBLedger, wire: Wire) -> None:
    """MATCH-1: the mark on a ConnectWise company says which company it is linked to."""
    ledger.add_link(
        CompanyLink(
            company_id="gz-1",
            company_name="A",
            connectwise_id=7,
            connectwise_name="A",
            linked_by="x",
            linked_at=TICK,
        )
    )
    found = wire.get_item(TableName="ledger-a", Key=keys.linked_key(7))
    assert found["Item"]["company_id"] == {"S": "gz-1"}


def test_nothing_is_ever_deleted(ledger: DynamoDBLedger, wire: Wire) -> None:
    """MATCH-1: an unlinked ConnectWise company's mark is written over, so that no role needs the
    right to delete.
    """
    mine = CompanyLink(
        company_id="gz-1",
        company_name="A",
        connectwise_id=7,
        connectwise_name="A",
        linked_by="x",
        linked_at=TICK,
    )
    ledger.add_link(mine)
    unlinked = replace(mine, connectwise_id=None, version=2)
    ledger.change_link(
        LinkChange(before=mine, after=unlinked, what="untied", why="", by="ann", at=TICK)
    )
    assert {
        next(iter(each))
        for request in wire.of("transact_write_items")
        for each in request["TransactItems"]
    } == {"Put"}
    assert "company_id" not in wire.get_item(TableName="ledger-a", Key=keys.linked_key(7))["Item"]


def test_lost_answer_of_a_change(ledger: DynamoDBLedger, wire: Wire) -> None:
    """SAFE-1: a change of a link whose answer was lost is found by its history, and is done,
    once.
    """
    mine = CompanyLink(
        company_id="gz-1",
        company_name="A",
        connectwise_id=7,
        connectwise_name="A",
        linked_by="x",
        linked_at=TICK,
    )
    ledger.add_link(mine)
    unlinked = replace(mine, connectwise_id=None, version=2)
    change = LinkChange(before=mine, after=unlinked, what="untied", why="", by="ann", at=TICK)
    wire.next("transact_write_items", after(TIMEOUT))
    ledger.change_link(change)
    assert ledger.link("gz-1") == unlinked
    with pytest.raises(ConflictError):
        ledger.change_link(change)
