"""A small MSP for the end-to-end tests: the deployed stack, and what people do on both sides of
it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
from botocore.config import Config

from local.demo_ledger import read_ledger
from local.deployment import REGION, DeadLetters, Function
from local.processes import wait_until
from local.simulator_clients import ConnectWiseControls, GravityZoneControls, TrueAddition
from local.stack import KEYS, Stack
from simulators.demo_scenario import DEMO_AGREEMENT_TYPE, DEMO_PRODUCT
from simulators.gravityzone.tenant import made_id
from simulators.scenario import (
    AgreementType,
    CatalogProduct,
    ConnectWiseWorld,
    GravityZoneCompany,
    GravityZoneWorld,
    Scenario,
)
from tally.domain.model.standing import Cause
from tally.domain.record.usage_record import UsageRecord

TYPE_ID = 18
FIRST = datetime(2025, 3, 1, 0, 5, tzinfo=UTC)
"""The first tick of a month long past, in which most tests play."""


def empty_msp() -> Scenario:
    """The agreement type and the product are there, and no customer yet."""
    return Scenario(
        gravityzone=GravityZoneWorld(
            companies=(
                GravityZoneCompany(
                    id=made_id("e2e", "own"),
                    name="Bright Lantern IT",
                    parent_id=None,
                    kind="partner",
                ),
            )
        ),
        connectwise=ConnectWiseWorld(
            companies=(),
            agreement_types=(AgreementType(id=TYPE_ID, name=DEMO_AGREEMENT_TYPE),),
            products=(
                CatalogProduct(
                    id=501,
                    identifier=DEMO_PRODUCT,
                    description="Endpoint",
                    unit_price=Decimal("4.50"),
                    unit_cost=Decimal("1.85"),
                ),
            ),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer on both sides."""

    name: str
    id: str
    agreement_id: int


@dataclass(slots=True, kw_only=True)
class Msp:
    """The stack with an empty ledger, nobody's customers and no faults: as good as new, in a second
    instead of ten.
    """

    stack: Stack
    gravityzone: GravityZoneControls = field(init=False)
    connectwise: ConnectWiseControls = field(init=False)
    _lines_before: dict[Function, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.gravityzone = GravityZoneControls(self.stack.simulator_urls["gravityzone"])
        self.connectwise = ConnectWiseControls(self.stack.simulator_urls["connectwise"])
        for queue in (
            "JobsQueue",
            "JobsDeadLetterQueue",
            "ScheduleDeadLetterQueue",
            "PlannerFailureQueue",
            "ReporterFailureQueue",
            "EvidenceQueue",
            "EvidenceDeadLetterQueue",
            "BookFailureQueue",
        ):
            self.stack.queues.purge_queue(QueueUrl=self.stack.outputs[queue])
        table = self.stack.outputs["LedgerTable"]
        for item in self.stack.items():
            self.stack.dynamodb.delete_item(
                TableName=table, Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
            )
        objects, bucket = self.stack.client("s3"), self.stack.outputs["BooksBucket"]
        for each in objects.list_objects_v2(Bucket=bucket).get("Contents", []):
            objects.delete_object(Bucket=bucket, Key=each["Key"])
        for company in self.gravityzone.companies():
            self.gravityzone.call("DELETE", "companies", {"company": company.id})
        for simulator in (self.gravityzone, self.connectwise):
            simulator.call("DELETE", "faults")
            simulator.call("DELETE", "calls")
        self.set_clocks(FIRST)
        self.stack.put_secret(KEYS)
        for function in ("planner", "reporter", "worker", "book", "evidence", "tickets"):
            self._lines_before[function] = len(self.stack.log_lines(function))

    def add_customer(self, name: str) -> Customer:
        """A monthly-licensed customer of that name on both sides, with one agreement of the type.

        No two tests may share a name: ConnectWise keeps its companies from test to test, and two of
        one name are nobody's.
        """
        company = self.gravityzone.call("POST", "companies", {"name": name})
        connectwise_id = self.connectwise.act(
            "add_company", identifier="".join(name.split()), name=name
        )
        agreement = self.connectwise.act(
            "add_agreement",
            company_id=connectwise_id,
            type_id=TYPE_ID,
            name=f"{name} security",
            start="2020-01-01",
        )
        assert agreement is not None
        return Customer(name=name, id=company["id"], agreement_id=agreement)

    def check_in(self, customer: Customer, machines: int, at: datetime) -> None:
        """So many machines connect for the first time in their life."""
        self.gravityzone.call(
            "POST", "checkin", {"company": customer.id, "count": machines, "at": at.isoformat()}
        )

    def set_clocks(self, now: datetime) -> None:
        """Set both simulators' clocks."""
        for simulator in (self.gravityzone, self.connectwise):
            simulator.set_clock(now, backwards=True)

    def tick(self, at: datetime, *, drain: bool = True) -> Mapping[str, Any]:
        """The planner's answer to one tick; with `drain` the workers have done what it planned."""
        self.set_clocks(at)
        planned: Mapping[str, Any] = self.stack.tick(at)
        if drain:
            self.stack.wait_until_drained()
        return planned

    def additions(self, customer: Customer) -> Sequence[TrueAddition]:
        """Every Addition that is or was on the customer's agreement, in the order they were
        made.
        """
        return [
            each
            for each in self.connectwise.additions()
            if each.agreement_id == customer.agreement_id
        ]

    def quantities(self, customer: Customer) -> Sequence[int]:
        """What stands on the customer's agreement."""
        return [int(each.quantity) for each in self.additions(customer)]

    def records(self, customer: Customer) -> Mapping[str, UsageRecord]:
        """The customer's usage records, by month."""
        return {
            str(each.key.month): each
            for each in read_ledger(self.stack).records
            if each.key.company_id == customer.id
        }

    def standing(self, customer: Customer) -> Cause:
        """The customer's most serious cause."""
        return read_ledger(self.stack).standings[customer.id].shown

    def lines(self, function: Function) -> Sequence[str]:
        """What the function has logged in this test, Lambda's own lines included."""
        return self.stack.log_lines(function)[self._lines_before[function] :]

    def logged(self, function: Function, message: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Its structured lines, or those that say `message`; metrics are left out."""
        lines = [json.loads(line) for line in self.lines(function) if line.startswith("{")]
        return [line for line in lines if "level" in line and message in (None, line["message"])]

    def wait_for_letters(self, queue: DeadLetters) -> Sequence[str]:
        """What is in a dead-letter queue, once there is anything."""
        found: list[str] = []

        def arrived() -> bool:
            found[:] = self.stack.dead_letters(queue)
            return bool(found)

        wait_until(arrived, what=f"the dead-letter queue of {queue} has a message")
        return found

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that workers bring about."""
        wait_until(condition, what=what)

    def empty_secret(self) -> None:
        """Make the secret as the template makes it: here one without a value reads as an empty
        one.
        """
        unchecked = boto3.client(
            "secretsmanager",
            endpoint_url=self.stack.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(parameter_validation=False),  # boto would not send an empty text
        )
        unchecked.put_secret_value(SecretId=self.stack.outputs["ApiKeys"], SecretString="")

    def start_anew(self, function: Function) -> None:
        """Throw its running containers away, as Lambda does when its configuration is written."""
        name = self.stack.function_name(function)
        memory = self.stack.functions.get_function_configuration(FunctionName=name)["MemorySize"]
        self.stack.functions.update_function_configuration(FunctionName=name, MemorySize=memory)

    @contextmanager
    def jobs_held_back(self) -> Iterator[None]:
        """Workers take no jobs within it, and all that have gathered at its end: in one batch, if
        it holds them.
        """
        (link,) = self.stack.functions.list_event_source_mappings(
            FunctionName=self.stack.function_name("worker")
        )["EventSourceMappings"]
        self.stack.functions.update_event_source_mapping(UUID=link["UUID"], Enabled=False)
        try:
            yield
        finally:
            self.stack.functions.update_event_source_mapping(UUID=link["UUID"], Enabled=True)
