"""The worker's first invocation without Tally: it reads its record and its company's count.

Nothing has changed.
"""

import json
import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from verification.bench.bare import Clients, tell

logger = Logger(service="bare")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Read what each job of a batch is about."""
    clients = Clients()

    def read(record: SQSRecord) -> None:
        job = json.loads(record.body)
        for service in job["services"]:
            key = {
                "pk": {"S": f"COMPANY#{job['company_id']}"},
                "sk": {"S": f"RECORD#{job['month']}#{service['service']}"},
            }
            found = clients.table.get_item(
                TableName=os.environ["TABLE_NAME"], Key=key, ConsistentRead=True
            )
            year, month = job["month"].split("-")
            usage = clients.gravityzone(
                "licensing",
                "getMonthlyUsage",
                companyId=job["company_id"],
                targetMonth=f"{month}/{year}",
            )
            logger.debug(
                "read",
                extra={"changed": usage["endpointMonthlyUsage"] != found["Item"].get("count")},
            )

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    done = process_partial_response(
        event=event, record_handler=read, processor=processor, context=context
    )
    tell("worker", GravityZoneLatency=0.1, SweepLength=60)
    return done
