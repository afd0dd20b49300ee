"""The command line as an operator runs it: a program of its own, on a deployed stack."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.command_line import document, run
from tests.e2e.msp import Msp
from tests.functional.pages.browser import started, visiting

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


def test_the_book_of_a_month(msp: Msp, tmp_path: Path) -> None:
    """PROOF-3: `tally statement --all` writes the month that the deployed stack has billed, and a
    browser that opens the index finds each customer with its number, one step from its statement.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    msp.set_clocks(now)
    customers = {"Larch Street Books": 3, "Gull Rock Surgery": 2}
    for name, machines in customers.items():
        msp.check_in(msp.add_customer(name), machines, now)
    run(msp, "sync", "--yes")
    assert "2 statements" in run(msp, "statement", "--all", "--out", str(tmp_path / "book"))
    assert len(list((tmp_path / "book").iterdir())) == len(customers) + 1
    with started() as browser, visiting(browser, tmp_path / "book" / "index.html") as here:
        for name, machines in customers.items():
            row = here.page.get_by_role("row").filter(has=here.page.get_by_role("link", name=name))
            assert row.locator("[data-value]").last.inner_text() == str(machines)
            row.get_by_role("link").click()
            assert here.page.get_by_role("heading", level=1).inner_text() == name
            assert here.page.locator(".number").inner_text() == str(machines)
            here.page.go_back()
        assert (here.console, here.loads) == ([], [])
