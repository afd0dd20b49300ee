"""The planner's first invocation without Tally.

It reads all lists and queues one job for each customer.
"""

import json
import os
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from verification.bench.bare import TIMEOUT, Clients, tell

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

logger = Logger(service="bare")
_PARTITIONS = ("OPEN", "SETTLED#2026-10", "SETTLED#2026-11", "MAPPING", "STANDING")
_TICKS = {"pk": {"S": "TICKS"}, "sk": {"S": "TICKS"}}


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Read the table, the customers and the agreements, and send the jobs."""
    clients = Clients()
    table = os.environ["TABLE_NAME"]
    began = clients.table.update_item(
        TableName=table,
        Key=_TICKS,
        UpdateExpression="SET newest = :tick",
        ExpressionAttributeValues={":tick": {"S": event["tick"]}},
        ReturnValues="ALL_NEW",
    )
    known = {
        name: clients.table.query(
            TableName=table,
            IndexName="index",
            KeyConditionExpression="ipk = :partition",
            ExpressionAttributeValues={":partition": {"S": name}},
        )["Items"]
        for name in _PARTITIONS
    }
    customers = _customers(clients, clients.gravityzone("companies", "getCompanyDetails")["id"])
    agreements = {each["company"]["id"]: each for each in _agreements(clients)}
    links = {each["pk"]["S"].removeprefix("COMPANY#"): each for each in known["MAPPING"]}
    jobs = [
        {
            "tick": event["tick"],
            "month": began["Attributes"]["first_month"]["S"],
            "company_id": each["id"],
            "company_name": each["name"],
            "agreement": agreements[int(links[each["id"]]["connectwise_id"]["N"])],
        }
        for each in customers
    ]
    _send(clients, jobs)
    ticks = clients.table.get_item(TableName=table, Key=_TICKS, ConsistentRead=True)["Item"]
    clients.table.update_item(
        TableName=table,
        Key=_TICKS,
        UpdateExpression="SET finished = :tick",
        ConditionExpression="finished = :known",
        ExpressionAttributeValues={":tick": {"S": event["tick"]}, ":known": ticks["finished"]},
    )
    tell(
        "planner",
        CompaniesBilling=len(jobs),
        CompaniesWaiting=0,
        GravityZoneLatency=0.1,
        ConnectWiseLatency=0.1,
    )
    planned = {"companies": len(customers), "jobs": len(jobs)}
    logger.info("planned", extra=planned)
    return planned


def _customers(clients: Clients, parent: str) -> list[dict[str, Any]]:
    """The monthly-licensed customers below a company, at any depth."""
    lists = [
        clients.gravityzone("network", "getCompaniesList", parentId=parent, filters=filters)
        for filters in ({"companyType": 1, "licenseType": 3}, {"companyType": 0})
    ]
    customers, partners = lists
    return [
        *customers,
        *(customer for each in partners for customer in _customers(clients, each["id"])),
    ]


def _agreements(clients: Clients) -> list[dict[str, Any]]:
    """The agreements of the type; the product is looked for as well."""
    base, company, session = (
        os.environ["CONNECTWISE_URL"],
        os.environ["CONNECTWISE_COMPANY"],
        clients.session,
    )
    site = session.get(f"{base}/login/companyinfo/{company}", timeout=TIMEOUT).json()["Codebase"]
    keys = clients.keys
    user = f"{company}+{keys.connectwise_public_key.get_secret_value()}"

    def listed(path: str, conditions: str = "") -> Any:  # noqa: ANN401 - a JSON value
        return session.get(
            f"{base}/{site.strip('/')}/apis/3.0{path}",
            params={"pageSize": "1000", "page": "1", "conditions": conditions},
            headers={"clientId": keys.connectwise_client_id.get_secret_value()},
            auth=(user, keys.connectwise_private_key.get_secret_value()),
            timeout=TIMEOUT,
        ).json()

    wanted = os.environ["AGREEMENT_TYPE"]
    kind = next(
        each["id"] for each in listed("/finance/agreements/types") if each["name"] == wanted
    )
    found: list[dict[str, Any]] = listed("/finance/agreements", f"type/id={kind}")
    listed("/company/companies", "deletedFlag=false")
    product = os.environ["PRODUCT"]
    assert [
        each["identifier"] for each in listed("/procurement/catalog", f'identifier="{product}"')
    ] == [product]
    return found


def _send(clients: Clients, jobs: list[dict[str, Any]]) -> None:
    """All in one batch, where nothing waits any more."""
    queue = os.environ["QUEUE_URL"]
    waiting = clients.queue.get_queue_attributes(
        QueueUrl=queue,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"],
    )
    if not any(int(each) for each in waiting["Attributes"].values()):
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": str(number), "MessageBody": json.dumps(job), "DelaySeconds": number // 5}
            for number, job in enumerate(jobs)
        ]
        clients.queue.send_message_batch(QueueUrl=queue, Entries=entries)
