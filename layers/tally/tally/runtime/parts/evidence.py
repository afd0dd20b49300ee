"""Put the evidence function together; no other function imports its parts (PROOF-2)."""

from collections.abc import Mapping
from dataclasses import dataclass

from requests.adapters import BaseAdapter

from tally.aws.clients import AwsClients
from tally.aws.secret import read_keys
from tally.aws.text_queue import SQSTextQueue
from tally.domain.record.unreadable import OddRows
from tally.evidence.delivery import EvidenceDelivery
from tally.evidence.drain import Drain
from tally.evidence.means import Means
from tally.evidence.store import Recorder
from tally.evidence.walk import Walk
from tally.gravityzone.inventory import InventoryClient
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.ports import Clock
from tally.runtime.metrics import Traffic
from tally.runtime.settings import EvidenceSettings
from tally.runtime.time_limits import Deadline, WallClock
from tally.services import evidence_of

_CONNECTIONS = 8
_ONE_MORE = 60.0
"""Seconds that must be left to begin with one more customer, machine or job.

The slowest is a customer with a walk of its own: pages of 20 s at most, and the table.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFunction:
    """The evidence function's parts.

    ``traffic`` counts its calls and ``odd_answers`` what of their answers was left out, both for
    its log alone: billing's metrics and their alarms are about billing (PROOF-2).
    """

    walk: Walk
    drain: Drain
    deadline: Deadline
    traffic: Traffic
    odd_answers: OddRows


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Stand-ins of tests for the network and the clock; None means the real one."""

    gravityzone: BaseAdapter | None = None
    clock: Clock | None = None


def evidence_parts(
    environment: Mapping[str, str], outside: Outside | None = None
) -> EvidenceFunction | None:
    """Put the function together; None if evidence is off.

    Raises SetupError naming every setting or key that is wrong.
    """
    settings = EvidenceSettings.from_env(environment)
    # Before the keys are read: what is switched off needs none.
    if not settings.evidence:
        return None
    aws, deadline, heard = AwsClients(connections=_CONNECTIONS), Deadline(), Traffic()
    odd_answers = OddRows()
    outside = outside or Outside()
    clock = outside.clock or WallClock()
    inventory = InventoryClient(
        url=settings.gravityzone_url,
        api_key=read_keys(aws.client("secretsmanager"), settings.secret_id).gravityzone_api_key,
        calls_per_second=settings.inventory_calls_per_second,
        now=clock.now,
        on_odd_row=odd_answers.heard,
        local_http_host=settings.local_http_host,
        timeout=settings.request_timeout_seconds,
        deadline=deadline.seconds_left,
        adapter=outside.gravityzone,
        listener=heard.heard,
    )
    tables = aws.client("dynamodb")
    recorder = Recorder(
        store=DynamoDBEvidence(tables, settings.table_name), months_kept=settings.evidence_months
    )
    queue = SQSTextQueue(aws.client("sqs"), settings.evidence_queue_url)

    # Asked anew each time: `deadline` is set at each invocation, and these parts outlive it.
    def has_time() -> bool:
        return deadline.seconds_left() >= _ONE_MORE

    means = Means(
        inventory=inventory,
        ledger=DynamoDBLedger(tables, settings.table_name),
        recorder=recorder,
        queue=queue,
        clock=clock,
        service=evidence_of(settings.services),
        has_time=has_time,
    )
    deliver = EvidenceDelivery.of(
        means, close_day=settings.close_day, on_odd_answer=odd_answers.heard
    )
    return EvidenceFunction(
        walk=deliver.walk,
        drain=Drain(deliver=deliver, has_time=has_time),
        deadline=deadline,
        traffic=heard,
        odd_answers=odd_answers,
    )
