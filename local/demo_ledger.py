"""The ledger of a deployed stack, whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.deployment import Deployment
from tally.domain.model.standing import Standing
from tally.domain.record.usage_record import UsageRecord
from tally.ledger.items import record_from, standing_from


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerContents:
    """All usage records, and the standings by GravityZone company id."""

    records: Sequence[UsageRecord]
    standings: Mapping[str, Standing]


def read_ledger(deployment: Deployment) -> LedgerContents:
    """Read every item of the ledger, as its operator may; ContractError for one it cannot read."""
    pages = deployment.dynamodb.get_paginator("scan").paginate(
        TableName=deployment.outputs["LedgerTable"], ConsistentRead=True
    )
    items = [item for page in pages for item in page["Items"]]
    standings = [standing_from(item) for item in items if item["sk"]["S"] == "STANDING"]
    return LedgerContents(
        records=[record_from(item) for item in items if item["sk"]["S"].startswith("RECORD#")],
        standings={standing.company_id: standing for standing in standings},
    )
