"""What every memory of the pulse promises: the twin in memory, and the DynamoDB adapter on moto."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tally.domain.model.month import Month
from tally.domain.pulse.account import Answer, Expected, checksum
from tally.domain.pulse.ledger_port import PulseLedger
from tally.domain.pulse.proof import Share
from tally.domain.pulse.state import Proof, Pulse, Searches, Trust
from tally.domain.pulse.total import Counts, Total
from tally.errors import ConflictError, TallyError
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from testing.pulse import MemoryPulse

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
SOON, LATER = TICK + timedelta(seconds=40), TICK + timedelta(seconds=80)
NOVEMBER = Month(2026, 11)
LARGEST = 400 * 1024
"""DynamoDB's limit of an item."""


@pytest.fixture
def dynamodb(moto_table: Any) -> DynamoDBPulse:  # noqa: ANN401 - boto3 makes its class as it runs
    """The adapter over an empty table on moto."""
    return DynamoDBPulse(moto_table, "ledger")


@pytest.fixture(params=["twin", "moto"])
def pulses(request: pytest.FixtureRequest) -> Iterator[PulseLedger]:
    """An empty memory."""
    with ExitStack():
        if request.param == "twin":
            yield MemoryPulse()
        else:
            yield request.getfixturevalue("dynamodb")


def total(count: int, *, kinds: int = 1, counters: int = 30) -> Total:
    """A total as GravityZone answers it: some 30 counters for each product type."""
    names = [
        f"{kind} nameOfTheCounter{number}MonthlyUsage"
        for kind in range(kinds)
        for number in range(counters)
    ]
    return Total(
        month=NOVEMBER,
        counters={name: str(count + number) for number, name in enumerate(names)},
        counts={"endpoints": count, "email": count // 2},
    )


def full_memory(partners: int, *, kinds: int = 1) -> Pulse:
    """A memory in which everything is set, with so many partners."""
    totals = {f"{number:024x}": total(1000 + number, kinds=kinds) for number in range(partners)}
    shares = {each: {"endpoints": Share(1, 3), "email": Share(0, 0)} for each in totals}
    proof = Proof(
        trust=Trust.PROVEN,
        agreed=3,
        rise_seen=True,
        shares=shares,
        totals=totals,
        basis=7,
        check=9,
        failed=8,
        why="the total of 1 is 3 below the sum of its companies",
        since=TICK,
    )
    expected = Expected(tick=TICK, jobs=5_000, check=9, basis=7, totals=totals)
    return Pulse(
        root=f"{0:024x}",
        proof=proof,
        totals=totals,
        swept=TICK,
        asked="the tick before failed",
        searches=Searches(
            last=TICK + timedelta(minutes=1),
            busy_until=TICK + timedelta(minutes=11),
            found={f"{number:024x}": {"endpoints": number, "email": 0} for number in range(500)},
        ),
        expected=expected,
        sampled=f"{400:024x}",
        basis=7,
        code="abc",
    )


def asked(why: str) -> Callable[[Pulse], Pulse]:
    """A change that asks for a full sweep."""
    return lambda pulse: replace(pulse, asked=why)


def test_it_is_empty_at_first(pulses: PulseLedger) -> None:
    """PULSE-3: nothing has been proven then, and no sweep has an account."""
    assert (pulses.read(), pulses.account()) == (Pulse(), None)
    assert not pulses.add_to_account(TICK, [answer("1", {})], at=LATER)


@pytest.mark.parametrize("kept", [Pulse(), full_memory(2), full_memory(0)])
def test_what_was_written_is_read(pulses: PulseLedger, kept: Pulse) -> None:
    """Field by field; a change that changes nothing writes nothing."""
    written = pulses.change(lambda known: replace(kept, version=known.version))
    assert pulses.read() == written
    assert replace(written, version=0) == kept
    assert pulses.change(lambda known: known) == written


def test_a_change_is_made_again_where_somebody_else_was_first(pulses: PulseLedger) -> None:
    """Neither change is lost."""
    seen: list[str] = []

    def slow(known: Pulse) -> Pulse:
        seen.append(known.asked)
        if len(seen) == 1:
            pulses.change(asked("by another"))
        return replace(known, code=f"after {known.asked}")

    changed = pulses.change(slow)
    assert (changed.asked, changed.code) == ("by another", "after by another")
    assert (seen, pulses.read()) == (["", "by another"], changed)


def test_a_change_that_always_loses_is_given_up(pulses: PulseLedger) -> None:
    """It raises ConflictError, and what others wrote stands."""
    numbers = iter(range(100))

    def late(known: Pulse) -> Pulse:
        pulses.change(asked(f"{next(numbers)}"))
        return replace(known, code="late")

    with pytest.raises(ConflictError):
        pulses.change(late)
    assert pulses.read().code == ""


def answer(
    company_id: str,
    counts: Counts,
    *,
    branch: str = "b",
    services: Collection[str] = ("endpoints",),
    rises: Counts | None = None,
) -> Answer:
    """The end of a company's job."""
    return Answer(
        company_id=company_id, branch=branch, services=services, counts=counts, rises=rises or {}
    )


def test_answers_add_up(pulses: PulseLedger) -> None:
    """PULSE-2: by branch and service, whatever the names hold; failures by their checksum."""
    odd = "a branch: with #odd :names, and blanks"
    pulses.open_account(TICK)
    first = [
        answer("1", {"endpoints": 3, "e-mail": 1}, branch=odd, services=["endpoints", "e-mail"]),
        answer("2", {"endpoints": 0}, rises={"endpoints": 2}),
    ]
    second = [
        answer("3", {"endpoints": 4}, branch=odd, rises={"endpoints": 1}),
        answer("4", {"endpoints": 1}, services=["endpoints", "e-mail"]),
        answer("5", {}),
    ]
    assert pulses.add_to_account(TICK, first, at=SOON)
    assert pulses.add_to_account(TICK, second, at=LATER)
    account = pulses.account()
    assert account is not None
    assert (account.tick, account.answered, account.changed) == (TICK, 5, LATER)
    plain = [f"{each} endpoints" for each in ("5", "4", "2", "3", "1")]
    assert account.check == checksum([*plain, "1 e-mail", "4 e-mail"])
    assert account.failed == checksum(["5 endpoints", "4 e-mail"])
    assert account.sums == {odd: {"endpoints": 7, "e-mail": 1}, "b": {"endpoints": 1}}
    assert account.rises == {"endpoints": 3}


def test_an_end_of_an_older_sweep_is_not_added(pulses: PulseLedger) -> None:
    """PULSE-2: its reading was made before the newer sweep's totals."""
    later = TICK + timedelta(minutes=15)
    pulses.open_account(TICK)
    pulses.open_account(later)
    assert not pulses.add_to_account(TICK, [answer("1", {})], at=LATER)
    account = pulses.account()
    assert account is not None
    assert (account.tick, account.answered, account.sums) == (later, 0, {})


def test_an_end_that_is_added_twice_stands_for_no_other(pulses: PulseLedger) -> None:
    """PULSE-2: a job that came twice, and one that never ended, are no complete sweep."""
    names = ["1 endpoints", "2 endpoints"]
    expected = Expected(tick=TICK, jobs=2, check=checksum(names), basis=0, totals={})
    one, other = answer("1", {"endpoints": 1}), answer("2", {"endpoints": 1})
    for answers, met in (([one], False), ([one], False), ([other], False)):
        pulses.open_account(TICK)
        pulses.add_to_account(TICK, [one], at=LATER)
        pulses.add_to_account(TICK, answers, at=LATER)
        assert expected.is_met_by(pulses.account()) is (answers == [other])
        assert not met


def test_a_new_sweep_begins_a_new_account(pulses: PulseLedger) -> None:
    """Also where a tick fires twice."""
    pulses.open_account(TICK)
    pulses.add_to_account(TICK, [answer("1", {"endpoints": 3})], at=LATER)
    pulses.open_account(TICK)
    account = pulses.account()
    assert account is not None
    assert (account.answered, account.check, account.sums) == (0, 0, {})
    assert account.changed is None


@pytest.mark.parametrize(
    "item",
    [
        {"state": {"S": "{"}},
        {"state": {"S": "[]"}},
        {"state": {"B": b"nothing of ours"}},
        {"version": {"N": "3"}},
        {"version": {"S": "three"}, "state": {"S": "{}"}},
        {"version": {"NULL": True}},
    ],
)
def test_an_item_that_cannot_be_read_is_an_empty_memory(
    dynamodb: DynamoDBPulse, item: dict[str, dict[str, str]]
) -> None:
    """PULSE-3: it says so, every company is read, and the next change writes over it."""
    stored = {"pk": {"S": "PULSE"}, "sk": {"S": "PULSE"}, "version": {"N": "3"}, **item}
    dynamodb._client.put_item(TableName="ledger", Item=stored)  # type: ignore[arg-type]
    known = dynamodb.read()
    assert "cannot be read" in known.proof.why
    assert not known.is_proven
    for _ in range(2):
        dynamodb.change(asked("a test"))
        assert dynamodb.read().asked == "a test"
    assert dynamodb.change(asked("another")).version == dynamodb.read().version


@pytest.mark.parametrize(("partners", "kinds"), [(31, 1), (31, 12)])
def test_thirty_branches_have_room(dynamodb: DynamoDBPulse, partners: int, kinds: int) -> None:
    """The item stays well below what DynamoDB takes, also with counters of each product type."""
    kept = full_memory(partners, kinds=kinds)
    dynamodb.change(lambda known: replace(kept, version=known.version))
    item = dynamodb._client.get_item(
        TableName="ledger", Key={"pk": {"S": "PULSE"}, "sk": {"S": "PULSE"}}
    )["Item"]
    size = sum(len(next(iter(value.values()))) for value in item.values())  # type: ignore[arg-type]
    assert size < LARGEST / 2
    assert replace(dynamodb.read(), version=0) == kept


@pytest.mark.slow
@pytest.mark.no_cover
def test_an_account_of_thirty_branches_has_room(dynamodb: DynamoDBPulse) -> None:
    """A worker's batch of ten may name ten branches, and three services in each."""
    dynamodb.open_account(TICK)
    for batch in range(100):
        answers = [
            Answer(
                company_id=f"{batch} {number}",
                branch=f"{(batch * 10 + number) % 31:024x}",
                services=["endpoints", "email", "edr"],
                counts={"endpoints": 1, "email": 2, "edr": 3},
                rises={"endpoints": 1, "email": 1, "edr": 1},
            )
            for number in range(10)
        ]
        assert dynamodb.add_to_account(TICK, answers, at=LATER)
    account = dynamodb.account()
    assert account is not None
    assert (account.answered, len(account.sums)) == (1000, 31)
    assert sum(counts["edr"] for counts in account.sums.values()) == 3000


def test_a_table_that_is_not_there_is_told(dynamodb: DynamoDBPulse) -> None:
    """Every method raises TallyError."""
    gone = DynamoDBPulse(dynamodb._client, "no such table")
    calls: list[Callable[[], object]] = [
        gone.read,
        gone.account,
        lambda: gone.open_account(TICK),
        lambda: gone.change(asked("a test")),
        lambda: gone.add_to_account(TICK, [], at=LATER),
    ]
    for call in calls:
        with pytest.raises(TallyError):
            call()
