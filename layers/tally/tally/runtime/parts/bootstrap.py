"""Put each function together from its environment: nothing else knows the concrete classes.

The parts of one function alone are imported where that function is put together. At the top of the
module, each cold start would pay for all three functions' models and value classes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypedDict, Unpack

from requests.adapters import BaseAdapter

from tally.aws.clients import AwsClients
from tally.aws.queue import SQSJobQueue
from tally.aws.secret import ApiKeys, read_keys
from tally.connectwise.client import ConnectWiseClient
from tally.connectwise.site import Keys
from tally.domain.record.unreadable import OddRows
from tally.gravityzone.client import GravityZoneClient
from tally.gravityzone.pace import TokenBucket
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ports import Clock
from tally.runtime.metrics import Traffic
from tally.runtime.settings import (
    ConnectWiseSettings,
    PlannerSettings,
    ReporterSettings,
    Settings,
    WorkerSettings,
)
from tally.runtime.time_limits import (
    AROUND_READINGS,
    SLOWEST_JOB,
    SLOWEST_SERVICE,
    Deadline,
    WallClock,
    each_reading,
)
from tally.transport.http_call import Listener
from tally.transport.session import Network

if TYPE_CHECKING:
    from tally.planner.plan import Plan
    from tally.pulse.firing import Firing
    from tally.reporter.report import Report
    from tally.worker.delivery import Delivery
    from tally.worker.sweep_account import SweepAccount

_THREADS = 8
_GRAVITYZONE, _CONNECTWISE = "GravityZone", "ConnectWise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """The planner function's parts. ``traffic`` counts calls by API, for ``stack``'s metrics.

    ``firing`` is None if the pulse is off: then each tick is planned whole.
    """

    plan: "Plan"
    firing: "Firing | None"
    deadline: Deadline
    traffic: Mapping[str, Traffic]
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """The worker function's parts: ``jobs_at_once`` threads may ``deliver`` side by side."""

    deliver: "Delivery"
    jobs_at_once: int
    account: "SweepAccount | None"
    deadline: Deadline
    clock: Clock
    traffic: Mapping[str, Traffic]
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Stand-ins of tests for the network and the clock; None means the real one."""

    gravityzone: BaseAdapter | None = None
    connectwise: BaseAdapter | None = None
    clock: Clock | None = None


def planner(environment: Mapping[str, str], world: World | None = None) -> Planner:
    """Put the planner together. Raises SetupError naming every setting or key that is wrong."""
    from tally.planner.plan import Plan
    from tally.services import places

    settings = PlannerSettings.from_env(environment)
    services = places(
        settings.services, product=settings.product, agreement_type=settings.agreement_type
    )
    world = world or World()
    aws, deadline, traffic, odd_rows = (
        AwsClients(connections=_THREADS),
        Deadline(),
        _traffic(),
        OddRows(),
    )
    # Workers' buckets hold up to 4 of the key's burst of 5 (template.yaml): one call is left.
    bucket = TokenBucket(rate=settings.own_calls_per_second, depth=1)
    gravityzone, connectwise = _clients(
        settings,
        _keys(settings, aws),
        bucket,
        deadline,
        deadline.seconds_left,
        world=world,
        traffic=traffic,
        on_odd_row=odd_rows.heard,
    )
    plan = Plan(
        gravityzone=gravityzone,
        connectwise=connectwise,
        ledger=_ledger(settings, aws),
        queue=_queue(settings, aws),
        clock=world.clock or WallClock(),
        policy=settings.policy,
        services=services,
        calls_per_second=settings.sweep_calls_per_second,
        first_month=settings.first_month,
        odd_rows=odd_rows,
    )
    firing = None
    if settings.pulse_minutes:
        from tally.runtime.parts.pulse import firing_around

        firing = firing_around(plan, settings, aws)
    return Planner(
        deadline=deadline,
        traffic=traffic,
        stack=settings.stack_name,
        plan=plan,
        firing=firing,
    )


def worker(environment: Mapping[str, str], world: World | None = None) -> Worker:
    """Put the worker together. Raises SetupError naming every setting or key that is wrong."""
    from tally.worker.delivery import Delivery
    from tally.worker.sync import Sync

    settings = WorkerSettings.from_env(environment)
    world = world or World()
    aws, deadline, traffic = AwsClients(connections=_THREADS), Deadline(), _traffic()
    bucket, clock = _bucket(settings.calls_per_second, settings.burst), world.clock or WallClock()
    gravityzone, connectwise = _clients(
        settings,
        _keys(settings, aws),
        bucket,
        deadline,
        deadline.seconds_left_to_read,
        world=world,
        traffic=traffic,
    )
    account = None
    if settings.pulse_minutes:
        from tally.runtime.parts.pulse import sweep_account

        account = sweep_account(settings, aws, clock)
    sync = Sync(
        gravityzone=gravityzone,
        connectwise=connectwise,
        ledger=_ledger(settings, aws),
        clock=clock,
        policy=settings.policy,
        services=tuple(each.service for each in settings.services),
        first_month=settings.first_month,
        has_time=lambda: deadline.seconds_left() >= SLOWEST_SERVICE.total_seconds(),
        account=account,
    )
    return Worker(
        jobs_at_once=settings.jobs_at_once,
        deadline=deadline,
        clock=clock,
        traffic=traffic,
        stack=settings.stack_name,
        deliver=Delivery(
            sync=sync,
            deliveries=_queue(settings, aws),
            settle=settings.policy.settle,
            seconds_left=deadline.seconds_left,
            slowest=SLOWEST_JOB,
            around_readings=AROUND_READINGS,
            each_reading=each_reading(settings.calls_per_second_of_a_job, sync.services),
        ),
        account=account,
    )


def reporter(environment: Mapping[str, str]) -> "Report":
    """Put the reporter together. Raises SetupError naming every setting that is wrong."""
    from tally.runtime.parts.reporter import report_with

    return report_with(ReporterSettings.from_env(environment))


@cache
def _bucket(rate: float, depth: int) -> TokenBucket:
    """Return the container's one bucket: the pace is the API key's, and outlives the parts."""
    return TokenBucket(rate=rate, depth=depth)


def _traffic() -> dict[str, Traffic]:
    return {_GRAVITYZONE: Traffic(), _CONNECTWISE: Traffic()}


def _clients(
    settings: Settings,
    keys: ApiKeys,
    bucket: TokenBucket,
    deadline: Deadline,
    seconds_to_read: Callable[[], float],
    *,
    world: World,
    traffic: Mapping[str, Traffic],
    on_odd_row: Callable[[str], None] = lambda _: None,
) -> tuple[GravityZoneClient, ConnectWiseClient]:
    """Make a function's two clients; ``seconds_to_read`` tells the time left for GravityZone."""
    gravityzone = gravityzone_client(
        settings,
        keys,
        bucket=bucket,
        deadline=seconds_to_read,
        adapter=world.gravityzone,
        listener=traffic[_GRAVITYZONE].heard,
        on_odd_row=on_odd_row,
    )
    connectwise = connectwise_client(
        settings,
        keys,
        deadline=deadline.seconds_left,
        adapter=world.connectwise,
        listener=traffic[_CONNECTWISE].heard,
        on_odd_row=on_odd_row,
    )
    return gravityzone, connectwise


def _keys(settings: Settings, aws: AwsClients) -> ApiKeys:
    return read_keys(aws.client("secretsmanager"), settings.secret_id)


def _ledger(settings: Settings, aws: AwsClients) -> DynamoDBLedger:
    return DynamoDBLedger(aws.client("dynamodb"), settings.table_name)


def _queue(settings: Settings, aws: AwsClients) -> SQSJobQueue:
    return SQSJobQueue(aws.client("sqs"), settings.queue_url, threads=_THREADS)


class Calling(TypedDict, total=False):
    """How a client calls its API, by the names that both clients have for it."""

    deadline: Callable[[], float]
    adapter: BaseAdapter | None
    listener: Listener
    on_odd_row: Callable[[str], None]
    network: Network


def gravityzone_client(
    settings: Settings, keys: ApiKeys, *, bucket: TokenBucket, **calling: Unpack[Calling]
) -> GravityZoneClient:
    """Make the client of GravityZone at the pace of ``bucket``."""
    return GravityZoneClient(
        url=settings.gravityzone_url,
        api_key=keys.gravityzone_api_key,
        pace=bucket,
        local_http_host=settings.local_http_host,
        timeout=settings.request_timeout_seconds,
        **calling,
    )


def connectwise_client(
    settings: ConnectWiseSettings, keys: ApiKeys, **calling: Unpack[Calling]
) -> ConnectWiseClient:
    """Make the client of ConnectWise."""
    return ConnectWiseClient(
        url=settings.connectwise_url,
        company=settings.connectwise_company,
        keys=Keys(
            public=keys.connectwise_public_key,
            private=keys.connectwise_private_key,
            client_id=keys.connectwise_client_id,
        ),
        api_version=settings.connectwise_api_version,
        local_http_host=settings.local_http_host,
        timeout=settings.request_timeout_seconds,
        **calling,
    )
