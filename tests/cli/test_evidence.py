"""`tally evidence remove`: one customer's machines go, and nothing else."""

import json
from datetime import timedelta

import pytest

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.errors import UnreadableItemError
from testing.evidence import MemoryEvidence
from tests.cli.console import Console

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


@pytest.fixture
def recorded(one: Console) -> Console:
    """Two months are recorded of Customer 0000, and one of somebody else."""
    for company_id, month in ((customer(one), OCTOBER), (customer(one), NOVEMBER), ("x", OCTOBER)):
        one.evidence.save(
            Evidence(
                company_id=company_id,
                month=month,
                begun=month.starts,
                walked=month.starts,
                machines=(),
            ),
            drop_at=month.starts + timedelta(days=900),
        )
    return one


def customer(console: Console) -> str:
    """The one customer's id."""
    return console.world.gravityzone.truth.company_id("Customer 0000")


def test_all_months_of_one_customer_are_removed(recorded: Console) -> None:
    """PROOF-5: all that is kept of it, and nothing of anybody else."""
    said = recorded.done("evidence", "remove", "Customer 0000", "--yes").out
    assert "2 months: 2026-11, 2026-10" in said
    assert "The next walk records the present month's machines anew." in said
    assert set(recorded.evidence.kept) == {("x", OCTOBER)}


def test_one_month_is_removed(recorded: Console) -> None:
    """PROOF-5: the other stays, and a program is told what went."""
    ended = recorded.done(
        "evidence", "remove", "Customer 0000", "--month", "2026-10", "--yes", "--json"
    )
    assert json.loads(ended.out)["removed"] == ["2026-10"]
    assert set(recorded.evidence.kept) == {(customer(recorded), NOVEMBER), ("x", OCTOBER)}


def test_nothing_is_removed_unasked(recorded: Console) -> None:
    """PROOF-5: without a terminal and without --yes it stays."""
    ended = recorded.run("evidence", "remove", "Customer 0000")
    assert (ended.code, "Nothing was written" in ended.err) == (2, True)
    assert len(recorded.evidence.kept) == 3


def test_that_there_is_nothing_is_said(recorded: Console) -> None:
    """PROOF-5: a month that was never recorded is called so."""
    said = recorded.refused("evidence", "remove", "Customer 0000", "--month", "2026-01", "--yes")
    assert "Nothing is kept of Customer 0000's machines in January 2026." in said


def test_what_cannot_be_read_can_be_removed(
    recorded: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-5: names that nobody can read are names still."""

    def unreadable(self: MemoryEvidence, company_id: str, month: Month) -> None:
        if (company_id, month) in self.kept:
            raise UnreadableItemError("it cannot be read")

    monkeypatch.setattr(MemoryEvidence, "read", unreadable)
    recorded.done("evidence", "remove", "Customer 0000", "--yes")
    assert set(recorded.evidence.kept) == {("x", OCTOBER)}
