"""The command line as an operator runs it: a program of its own, on a deployed stack."""

from datetime import UTC, datetime

import pytest

from tests.e2e.command_line import document, run
from tests.e2e.msp import Msp

pytestmark = pytest.mark.e2e


def test_an_operators_day(msp: Msp) -> None:
    """From the first tick to an answer and an export: each command finds what it needs by the
    stack's outputs, and does what it says.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    month = f"{now:%Y-%m}"
    msp.set_clocks(now)
    customer, other = msp.add_customer("Amber Kettle Cafe"), msp.add_customer("Driftwood Hotel")
    msp.check_in(customer, 3, now)
    assert document(msp, "status")["companies"] == []
    (first, _) = document(msp, "plan")["writes"]
    assert (first["kind"], first["name"], first["quantity"]) == ("create", "Amber Kettle Cafe", 3)
    assert msp.additions(customer) == []

    assert document(msp, "sync", "--yes")["standings"]["billing"] == 2
    assert (msp.quantities(customer), msp.quantities(other)) == ([3], [0])
    msp.check_in(customer, 2, now)
    assert "pushed: Addition" in run(msp, "sync", "Amber Kettle Cafe", "--yes")
    assert msp.quantities(customer) == [5]

    said = document(msp, "companies", "exclude", "Driftwood Hotel", "--why", "it closed", "--yes")
    assert said["by"].startswith("arn:aws:")
    history = document(msp, "show", "Driftwood Hotel")["connectwise_history"]
    assert (history[-1]["what"], history[-1]["by"], history[-1]["why"]) == (
        "excluded",
        said["by"],
        "it closed",
    )
    assert [line.split(",")[3] for line in run(msp, "export", "--month", month).splitlines()] == [
        "company",
        "Amber Kettle Cafe",
        "Driftwood Hotel",
    ]

    msp.stack.queues.send_message(
        QueueUrl=msp.stack.outputs["JobsDeadLetterQueue"], MessageBody="poison"
    )
    (letter,) = document(msp, "failed", "list", code=1)
    assert letter["reason"] == "It is no job that this version of Tally can read."
    assert document(msp, "failed", "retry", "--yes")["removed"] == 1
