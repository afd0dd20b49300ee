"""What an operator sees who forgot something, or took too much away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta

import pytest

from local.stack import KEYS
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e


def test_forgotten_secret_is_named_and_kept(msp: Msp) -> None:
    """A planner without keys says so in one sentence; its tick is kept in its failure queue; with
    keys the next one works.
    """
    customer = msp.add_customer("Forget Me Not Gifts")
    msp.check_in(customer, 2, FIRST)
    msp.empty_secret()
    msp.start_anew("planner")
    event = {"tick": FIRST.strftime("%Y-%m-%dT%H:%M:%SZ")}
    msp.stack.functions.invoke(
        FunctionName=msp.stack.function_name("planner"),
        InvocationType="Event",
        Payload=json.dumps(event),
    )
    (letter,) = msp.wait_for_letters("planner")
    failure = json.loads(letter)
    sentence = failure["responsePayload"]["errorMessage"]
    assert failure["requestPayload"] == event
    assert sentence.startswith("The secret arn:aws:secretsmanager:")
    assert sentence.endswith(
        "has no value yet: put a JSON object with gravityzone_api_key, connectwise_public_key, "
        "connectwise_private_key, connectwise_client_id in it."
    )
    errors = [line for line in msp.logged("planner") if line["level"] == "ERROR"]
    assert [line["message"] for line in errors] == [sentence] * 2, (
        "the one retry that the template allows"
    )
    assert not any("exception" in line or "stack_trace" in line for line in errors)
    assert not [line for line in msp.lines("planner") if 'File "' in line], (
        "no frame of a stack trace"
    )
    assert msp.quantities(customer) == []

    msp.stack.put_secret(KEYS)
    msp.tick(FIRST + timedelta(minutes=15))
    assert msp.quantities(customer) == [2]


def test_missing_right_is_named(msp: Msp) -> None:
    """A worker that may not write the ledger writes nothing to ConnectWise either, and its log
    names the table and the right.
    """
    customer = msp.add_customer("Locked Gate Storage")
    msp.check_in(customer, 1, FIRST)
    with _without(msp, "dynamodb:PutItem"):
        msp.tick(FIRST)
        failed = msp.logged("worker", "failed")
        assert [line["level"] for line in failed] == ["ERROR"]
        assert msp.stack.outputs["LedgerTable"] in failed[0]["error"]
        assert "dynamodb:PutItem" in failed[0]["error"]
        assert msp.quantities(customer) == []
    msp.tick(FIRST + timedelta(minutes=15))
    assert msp.quantities(customer) == [1]


@contextmanager
def _without(msp: Msp, action: str) -> Iterator[None]:
    """Take one action from the worker's role."""
    iam, name = msp.stack.iam, msp.stack.function_name("worker")
    role = msp.stack.functions.get_function_configuration(FunctionName=name)["Role"].rpartition(
        "/"
    )[2]
    document = iam.get_role_policy(RoleName=role, PolicyName="worker")["PolicyDocument"]
    assert isinstance(document, dict)
    less = deepcopy(document)
    for statement in less["Statement"]:
        statement["Action"] = [each for each in _listed(statement["Action"]) if each != action]
    assert less != document
    iam.put_role_policy(RoleName=role, PolicyName="worker", PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="worker", PolicyDocument=json.dumps(document))


def _listed(actions: str | list[str]) -> list[str]:
    return [actions] if isinstance(actions, str) else actions
