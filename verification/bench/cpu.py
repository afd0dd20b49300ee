"""A worker's processor time for an unchanged company, beside that of bare clients.

The bare clients make the same exchange. GravityZone's stand-in is served by a thread of its own on
loopback, so that both sides have a connection to it, and only the caller's thread is measured.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from statistics import median
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.core import Simulator
from simulators.server import SimulatorServer
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.record.record_key import RecordKey
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.keys import record_key
from tally.messages import Job
from tally.ports import Ledger
from tally.standings import NOTED_EVERY
from tally.transport.answer_timeout import BoundedAdapter
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
    with _served(world.gravityzone) as url:
        gravityzone, _ = fields_way.sessions(world)
        gravityzone.mount("https://", _Served(HTTPAdapter(), url))

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

        yield from _compared(
            "the GravityZone call", world, customers, bare, ledger=world.ledger, url=url
        )
        yield from _compared(
            "the same and DynamoDB's",
            world,
            customers,
            bare_with_table,
            ledger=DynamoDBLedger(stub.client, TABLE),
            url=url,
        )


@contextmanager
def _served(simulator: Simulator) -> Iterator[str]:
    """Serve a simulator while this lasts, and give its address."""
    server = SimulatorServer(simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Served(BaseAdapter):
    """Sends requests for a simulator's made-up host to the address where it is served."""

    def __init__(self, adapter: HTTPAdapter, url: str) -> None:
        super().__init__()
        self._adapter = adapter
        self._url = url

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 - requests' own
        **kwargs: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        """Send it on."""
        request.url = f"{self._url}{request.path_url}"
        return self._adapter.send(request, *args, **kwargs)

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()


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
    url: str,
) -> Iterable[Figure]:
    # Once in six hours a tick writes when the last good reading was: this is none of those.
    noted = world.clock.now().replace(microsecond=0) + NOTED_EVERY
    world.play(noted)
    world.tick(noted + TICK)
    world.clock.advance(TICK)

    def wired(port: Any) -> Any:  # noqa: ANN401 - the ledger, or an adapter of requests
        if port is world.ledger:
            return ledger
        served = isinstance(port, SimulatorAdapter) and port.simulator is world.gravityzone
        return _Served(BoundedAdapter(), url) if served else port

    deliver = world.worker(wrap=wired)
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
    began = time.thread_time()
    work(block)
    return time.thread_time() - began
