"""All of Tally in one process, on virtual time: its use cases and clients, over the simulators.

Nothing sleeps and no socket is opened: a wait moves the clock. A month of ticks takes well under a
second.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseOptions, ConnectWiseSimulator
from simulators.gravityzone import GravityZoneSimulator
from simulators.scenario import AgreementType, CatalogProduct, ConnectWiseWorld
from tally.connectwise.client import ConnectWiseClient
from tally.connectwise.documents import Documents
from tally.connectwise.site import Keys
from tally.connectwise.tickets.client import TicketClient
from tally.domain.model.invoicing import Invoicing, LateUsage
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.reading import ENDPOINTS
from tally.domain.model.standing import Standing
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import OddRows
from tally.domain.record.usage_record import UsageRecord
from tally.errors import TallyError
from tally.gravityzone.client import GravityZoneClient
from tally.gravityzone.inventory import InventoryClient
from tally.gravityzone.pace import TokenBucket
from tally.people.company_setup import SetUp
from tally.people.hold_answers import Answers
from tally.planner.plan import Plan, Planned
from tally.ports import JobQueue, Ledger
from tally.pulse.firing import Firing
from tally.pulse.partner_totals import PartnerTotals
from tally.services import places, read_services
from tally.worker.delivery import Delivery
from tally.worker.sweep_account import SweepAccount
from tally.worker.sync import Sync
from testing.ledger import MemoryLedger
from testing.pulse import MemoryPulse
from testing.queue import MemoryQueue, Message

AGREEMENT_TYPE, PRODUCT = "Endpoint Security", "GZ-ENDPOINT"
TYPE_ID, PRODUCT_ID = 18, 501
GRAVITYZONE_URL, GRAVITYZONE_KEY = "https://gravityzone.test/api", "gz-key"

_SETTLE = timedelta(minutes=5)


def plain_connectwise() -> ConnectWiseWorld:
    """A ConnectWise with the agreement type and the product, and nobody in it yet."""
    return ConnectWiseWorld(
        companies=(),
        agreement_types=(AgreementType(id=TYPE_ID, name=AGREEMENT_TYPE),),
        products=(
            CatalogProduct(
                id=PRODUCT_ID,
                identifier=PRODUCT,
                description="Endpoint",
                unit_price=Decimal("4.50"),
                unit_cost=Decimal("2.10"),
            ),
        ),
        agreements=(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer on both sides: its GravityZone id, its ConnectWise company and its agreement."""

    name: str
    id: str
    connectwise_id: int
    agreement_id: int


@dataclass(slots=True, kw_only=True)
class World:
    """One MSP with its GravityZone, its ConnectWise and its Tally, at one virtual instant."""

    clock: VirtualClock
    zone: str = "UTC"
    first_month: Month | None = None
    agreement_type: str = AGREEMENT_TYPE
    product: str = PRODUCT
    services: str = ""
    """The setting of that name, as the operator writes it."""
    growth_seats: int = 20
    bill_minimum: bool = False
    connectwise_world: ConnectWiseWorld = field(default_factory=plain_connectwise)
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Differences from the template's policy, by the policy's names."""
    workers: int = 1
    """The containers that share the pace of GravityZone's licensing calls."""
    burst: int = 1
    """The licensing calls that a container makes at once after a pause."""
    pulse: bool = False
    """True if the planner looks at the totals of partners between two ticks."""
    companies_at_once: int = 2_000
    """The companies that the planner has in hand at a time."""
    gravityzone: GravityZoneSimulator = field(init=False)
    connectwise: ConnectWiseSimulator = field(init=False)
    ledger: MemoryLedger = field(init=False)
    queue: MemoryQueue = field(init=False)
    plan: Plan = field(init=False)
    firing: Firing = field(init=False)
    pulses: MemoryPulse = field(default_factory=MemoryPulse)
    failures: list[TallyError] = field(default_factory=list)
    jitter: Callable[[], float] = lambda: 0.5
    odd_rows: OddRows = field(default_factory=OddRows)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.gravityzone = GravityZoneSimulator(self.clock)
        self.connectwise = ConnectWiseSimulator(
            self.clock, self.connectwise_world, ConnectWiseOptions(time_zone=self.zone)
        )
        self.ledger = MemoryLedger()
        self.queue = MemoryQueue(
            now=self.clock.now, visibility=timedelta(minutes=12), max_receives=13
        )
        self.plan = self.planner()
        self.firing = self.with_pulse(self.plan)

    def with_pulse(
        self, plan: Plan, *, code: str = "1", wrap: Callable[[Any], Any] = lambda port: port
    ) -> Firing:
        """The pulse around a planner; ``code`` is what is deployed, ``wrap`` as of ``planner``."""
        services = tuple(each.service for each in read_services(self.services))
        return Firing(
            plan=plan,
            ledger=wrap(self.pulses),
            totals=PartnerTotals(gravityzone=plan.gravityzone, services=services),
            clock=self.clock,
            code=code,
            calls_per_second=plan.calls_per_second,
        )

    def beat(self, at: datetime) -> Planned:
        """One look at the totals, at its time or later, and the work that comes of it."""
        if self.clock.now() < at:
            self.clock.set(at)
        planned = self.firing.pulse(at)
        self.work(until=timedelta(seconds=50))
        return planned

    def planner(self, *, wrap: Callable[[Any], Any] = lambda port: port) -> Plan:
        """A planner; ``wrap`` is put around its ledger, its queue and its two ways out."""
        ledger: Ledger = wrap(self.ledger)
        queue: JobQueue = wrap(self.queue)
        return Plan(
            gravityzone=self._gravityzone_client(
                wrap(SimulatorAdapter(self.gravityzone)), rate=4 if self.pulse else 5
            ),
            connectwise=self._connectwise_client(wrap(SimulatorAdapter(self.connectwise))),
            ledger=ledger,
            queue=queue,
            clock=self.clock,
            policy=self.policy,
            services=places(
                read_services(self.services),
                product=self.product,
                agreement_type=self.agreement_type,
            ),
            calls_per_second=5,
            first_month=self.first_month,
            companies_at_once=self.companies_at_once,
            odd_rows=self.odd_rows,
        )

    @property
    def policy(self) -> Policy:
        """The template's defaults, and ``settings`` over them."""
        defaults = Policy(
            time_zone=ZoneInfo(self.zone),
            cycles=frozenset({"Monthly"}),
            close_day=2,
            open_until_day=10,
            settle=_SETTLE,
            text="Bitdefender GravityZone active endpoints",
            bill_minimum=self.bill_minimum,
            growth_percent=50,
            growth_seats=self.growth_seats,
            first_month_seats=500,
            invoicing=Invoicing.ARREARS,
            late_usage=LateUsage.HOLD,
        )
        return replace(defaults, **self.settings)

    def worker(
        self,
        *,
        wrap: Callable[[Any], Any] = lambda port: port,
        has_time: Callable[[], bool] = lambda: True,
    ) -> Delivery:
        """Return a worker as in its own container.

        ``wrap`` goes around its ledger and its two ways out. ``has_time`` returns True if it has
        time left for a further service of a job.
        """
        ledger: Ledger = wrap(self.ledger)
        sync = Sync(
            gravityzone=self._gravityzone_client(
                wrap(SimulatorAdapter(self.gravityzone)), rate=5 / self.workers
            ),
            connectwise=self._connectwise_client(wrap(SimulatorAdapter(self.connectwise))),
            ledger=ledger,
            clock=self.clock,
            policy=self.policy,
            services=tuple(each.service for each in read_services(self.services)),
            first_month=self.first_month,
            has_time=has_time,
            account=SweepAccount(wrap(self.pulses), self.clock) if self.pulse else None,
        )
        return Delivery(
            sync=sync,
            deliveries=self.queue,
            settle=self.policy.settle,
            seconds_left=lambda: 1000.0,
            slowest=timedelta(seconds=65),
            around_readings=timedelta(seconds=55),
            each_reading=timedelta(seconds=1),
        )

    def inventory(
        self,
        *,
        wrap: Callable[[Any], Any] = lambda port: port,
        calls_per_second: float = 5,
        on_odd_row: Callable[[str], None] | None = None,
    ) -> InventoryClient:
        """Return a client of GravityZone's inventory; ``wrap`` goes around its way out.

        Rows that cannot be read are told to ``on_odd_row``, by default together with all others.
        """
        ids = itertools.count(1)
        return InventoryClient(
            url=GRAVITYZONE_URL,
            api_key=SecretStr(GRAVITYZONE_KEY),
            calls_per_second=calls_per_second,
            now=self.clock.now,
            sleep=self._sleep,
            monotonic=self._monotonic,
            jitter=self.jitter,
            ids=lambda: f"look-{next(ids)}",
            adapter=wrap(SimulatorAdapter(self.gravityzone)),
            on_odd_row=on_odd_row or self.odd_rows.heard,
        )

    def tickets(self, *, wrap: Callable[[Any], Any] = lambda port: port) -> TicketClient:
        """Return a client of service tickets; ``wrap`` goes around its way out."""
        adapter = wrap(SimulatorAdapter(self.connectwise))
        return TicketClient(self._connectwise_client(adapter).calls)

    def answers(self, *, wrap: Callable[[Any], Any] = lambda port: port) -> Answers:
        """Return the use case by which a person answers."""
        return Answers(ledger=wrap(self.ledger), clock=self.clock)

    def documents(self, *, wrap: Callable[[Any], Any] = lambda port: port) -> Documents:
        """The client of documents; ``wrap`` as of ``planner``."""
        return Documents(self._connectwise_client(wrap(SimulatorAdapter(self.connectwise))).calls)

    def set_up(self, *, wrap: Callable[[Any], Any] = lambda port: port) -> SetUp:
        """Return the use case by which a person sets a company up."""
        connectwise = self._connectwise_client(wrap(SimulatorAdapter(self.connectwise)))
        return SetUp(ledger=wrap(self.ledger), connectwise=connectwise, clock=self.clock)

    def add_customer(
        self,
        name: str,
        *,
        connectwise_name: str | None = None,
        parent_id: str = "",
        **agreement: Any,  # noqa: ANN401 - the fields of an agreement as the API has them
    ) -> Customer:
        """Add a monthly-licensed customer, one name on both sides, one agreement of the type."""
        company_id = self.gravityzone.tenant.add_company(name, parent_id=parent_id)
        connectwise_id = self.connectwise.people.add_company(
            "".join(filter(str.isalnum, name)), connectwise_name or name
        )
        agreement_id = self.add_agreement(connectwise_id, **agreement)
        return Customer(
            name=name, id=company_id, connectwise_id=connectwise_id, agreement_id=agreement_id
        )

    def add_agreement(
        self,
        connectwise_id: int,
        *,
        name: str = "Managed security",
        **fields: Any,  # noqa: ANN401 - as above
    ) -> int:
        """Add an agreement of the type; by default it runs since 2020 and has no invoice date."""
        fields["fields"] = {"nextInvoiceDate": None, **fields.get("fields", {})}
        start = fields.pop("start", datetime(2020, 1, 1).date())  # noqa: DTZ001 - a date
        return self.connectwise.people.add_agreement(
            connectwise_id, TYPE_ID, name, start=start, **fields
        )

    def check_in(self, customer: Customer, machines: int, *, at: datetime | None = None) -> None:
        """So many machines connect for the first time in their life."""
        self.gravityzone.tenant.check_in_new(customer.id, machines, at=at)

    def tick(self, at: datetime) -> Planned:
        """The planner's part of one tick, at its time or later."""
        if self.clock.now() < at:
            self.clock.set(at)
        return self.firing.tick(at) if self.pulse else self.plan(at)

    def work(
        self, *, until: timedelta = timedelta(minutes=14), deliver: Delivery | None = None
    ) -> None:
        """Let workers take jobs off the queue until then.

        Failures go into ``failures`` and come again.
        """
        deliver = deliver or self.worker()
        end = self.clock.now() + until
        while True:
            while messages := self.queue.receive():
                for message in messages:
                    self.deliver(message, deliver)
            following = self.queue.next_change()
            if following is None or following > end:
                return
            self.clock.set(max(following, self.clock.now()))

    def deliver(self, message: Message, deliver: Delivery) -> None:
        """One message to one worker."""
        try:
            deliver(
                body=message.body,
                receipt=message.receipt,
                receives=message.receives,
                on_job=lambda _: None,
            )
        except TallyError as error:
            self.failures.append(error)
        else:
            self.queue.delete(message)
        if deliver.sync.account is not None:
            deliver.sync.account.report()

    def play(self, *ticks: datetime) -> None:
        """Tick and work, in order. A tick whose lists fail is noted.

        The next one makes up for it.
        """
        for at in ticks:
            try:
                self.tick(at)
            except TallyError as error:
                self.failures.append(error)
            self.work()

    def record(
        self, customer: Customer, month: str, service: str = ENDPOINTS.name
    ) -> UsageRecord | None:
        """The customer's usage record."""
        return self.ledger.record(
            RecordKey(company_id=customer.id, month=Month.parse(month), service=service)
        )

    def standing(self, customer: Customer) -> Standing:
        """The customer's standing. KeyError if it has none."""
        standing = self.ledger.standing(customer.id)
        if standing is None:
            raise KeyError(customer.name)
        return standing

    def additions(self, customer: Customer) -> list[tuple[int, str, str]]:
        """Return quantity and both dates of each Addition on the agreement, oldest first."""
        return [
            (int(each.quantity), str(each.effective or ""), str(each.cancelled or ""))
            for each in self.connectwise.truth.additions(
                agreement_id=customer.agreement_id, deleted=False
            )
        ]

    def _gravityzone_client(self, adapter: BaseAdapter, *, rate: float = 5) -> GravityZoneClient:
        bucket = TokenBucket(
            rate=rate, depth=self.burst, monotonic=self._monotonic, sleep=self._sleep
        )
        return GravityZoneClient(
            url=GRAVITYZONE_URL,
            api_key=SecretStr(GRAVITYZONE_KEY),
            pace=bucket,
            sleep=self._sleep,
            monotonic=self._monotonic,
            jitter=self.jitter,
            ids=lambda: f"call-{next(self._ids)}",
            adapter=adapter,
            on_odd_row=self.odd_rows.heard,
        )

    def _connectwise_client(self, adapter: BaseAdapter) -> ConnectWiseClient:
        return ConnectWiseClient(
            url="https://connectwise.test",
            company="brightlantern",
            keys=Keys(
                public=SecretStr("public-key"),
                private=SecretStr("private-key"),
                client_id=SecretStr("client-id"),
            ),
            sleep=self._sleep,
            jitter=self.jitter,
            adapter=adapter,
            on_odd_row=self.odd_rows.heard,
        )

    def _monotonic(self) -> float:
        return self.clock.now().timestamp()

    def _sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))
