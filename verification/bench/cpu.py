"""A worker's processor time for an unchanged company, beside that of bare clients.

The bare clients make the same exchange.
"""

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from statistics import median

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.record.record_key import RecordKey
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.keys import record_key
from tally.messages import Job
from tally.ports import Ledger
from tally.standings import NOTED_EVERY
from testing.world import Customer, World
from verification.bench import fields_way
from verification.bench.figure import Figure
from verification.bench.load_scene import TICK
from verification.bench.table_stub import TABLE, TableStub

GROUP = "Processor time of a worker, unchanged company"
COMPANIES, BLOCK = 2000, 100
_MOST = 1.3
_NOVEMBER = Month(2026, 11)


def measure(*, companies: int = COMPANIES) -> Iterable[Figure]:
    """Yield the median over blocks of ours over theirs; milliseconds are for orientation.

    Each block is done both ways in turn. First comes the GravityZone exchange with the ledger in
    memory, then one with a GetItem of boto3 on both sides.
    """
    world, customers = _world(companies)
    stub = TableStub(world.ledger.every_record())
    gravityzone, _ = fields_way.sessions(world)

    def bare(customer: Customer) -> None:
        params = {"companyId": customer.id, "targetMonth": _NOVEMBER.target}
        assert (
            fields_way.licensing(gravityzone, "getMonthlyUsage", params)["endpointMonthlyUsage"]
            == 1
        )

    def bare_with_table(customer: Customer) -> None:
        key = RecordKey(company_id=customer.id, month=_NOVEMBER, service=ENDPOINTS.name)
        assert stub.client.get_item(TableName=TABLE, Key=record_key(key), ConsistentRead=True)[
            "Item"
        ]
        bare(customer)

    yield from _compared("the GravityZone call", world, customers, bare, ledger=world.ledger)
    yield from _compared(
        "the same and DynamoDB's",
        world,
        customers,
        bare_with_table,
        ledger=DynamoDBLedger(stub.client, TABLE),
    )


def _world(companies: int) -> tuple[World, list[Customer]]:
    world = World(clock=VirtualClock(_NOVEMBER.starts))
    customers = [world.add_customer(f"Customer {n}") for n in range(companies)]
    for customer in customers:
        world.check_in(customer, 1)
    world.play(_NOVEMBER.starts.replace(minute=5))
    return world, customers


def _compared(
    what: str,
    world: World,
    customers: Sequence[Customer],
    bare: Callable[[Customer], None],
    *,
    ledger: Ledger,
) -> Iterable[Figure]:
    # Once in six hours a tick writes when the last good reading was: this is none of those.
    noted = world.clock.now().replace(microsecond=0) + NOTED_EVERY
    world.play(noted)
    world.tick(noted + TICK)
    world.clock.advance(TICK)
    memory = world.ledger
    deliver = world.worker(wrap=lambda port: ledger if port is memory else port)
    received = world.queue.receive(len(customers))
    assert len(received) == len(customers)
    # A few have their day's look at ConnectWise at this tick, and write that: nor are those.
    messages = [each for each in received if not _has_look(each.body)]
    assert len(messages) > 0.9 * len(received)

    def ours(block: range) -> None:
        for number in block:
            message = messages[number]
            done = deliver(
                body=message.body, receipt=message.receipt, receives=1, on_job=lambda _: None
            )
            assert set(done.values()) == {"unchanged"}
            world.queue.delete(message)

    def theirs(block: range) -> None:
        for number in block:
            bare(customers[number])

    ratios, mine = [], 0.0
    for numbers in batched(range(len(messages)), BLOCK, strict=False):
        block = range(numbers[0], numbers[-1] + 1)
        seconds = _seconds(ours, block)
        mine += seconds
        ratios.append(seconds / _seconds(theirs, block))
    yield Figure(group=GROUP, what=f"{what}, over bare clients", figure=median(ratios), bound=_MOST)
    yield Figure(
        group=GROUP, what=f"{what}, for one company", figure=1000 * mine / len(messages), unit="ms"
    )


def _has_look(body: str) -> bool:
    return any(each.look for each in Job.model_validate_json(body).services)


def _seconds(work: Callable[[range], None], block: range) -> float:
    gc.collect()
    began = time.process_time()
    work(block)
    return time.process_time() - began
