"""The ledger's table as the template defines it, without a deployment: on moto or MiniStack."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import yaml
from moto import mock_aws

from local.checkout import ROOT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class _Template(yaml.CSafeLoader):
    """Reads CloudFormation's tags (`!Ref`, `!If`) as None; the table's keys need none."""


_Template.add_multi_constructor("!", lambda _loader, _tag, _node: None)


@cache
def table_definition() -> dict[str, Any]:
    """Return the arguments of `CreateTable`, out of `template.yaml`."""
    template = yaml.load((ROOT / "template.yaml").read_text(), Loader=_Template)  # noqa: S506  # a SafeLoader
    table = template["Resources"]["LedgerTable"]["Properties"]
    return {
        name: table[name]
        for name in ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    }


def create_ledger_table(client: "DynamoDBClient", name: str) -> None:
    """Make an empty ledger table."""
    client.create_table(TableName=name, **table_definition())


@contextmanager
def moto_ledger(name: str) -> "Iterator[DynamoDBClient]":
    """Give a client on moto, which has an empty ledger table of that name and nothing else."""
    with mock_aws():
        client = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - moto wants one, whatever it is
        )
        create_ledger_table(client, name)
        yield client
