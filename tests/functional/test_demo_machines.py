"""The demo's statements: the machines behind each number, and what is missing of them."""

from collections.abc import Sequence
from datetime import date

import pytest

from local.demo_book import unproven
from tally.domain.statement.statement import Statement
from tally.people.read_statements import read_statements
from tests.functional.demo_world import DemoWorld

pytestmark = pytest.mark.slow


def _statements(demo: DemoWorld, month: int) -> Sequence[Statement]:
    unreadable: dict[str, str] = {}
    found = read_statements(
        demo.world.ledger,
        demo.months[month],
        zone="UTC",
        evidence=demo.machines.store,
        evidence_of="endpoints",
        unreadable=unreadable,
    )
    statements = list(found)
    assert unreadable == {}
    return statements


@pytest.mark.parametrize(
    "present", [date(2026, 11, 30), date(2026, 3, 1), date(2028, 4, 1)], ids=str
)
def test_each_number_has_its_machines(present: date) -> None:
    """PROOF-1: the second month's last walk sees every machine that was counted, on whatever day
    the demo is run; no proof is made after the month, and none says what is not so.
    """
    demo = DemoWorld(present=present)
    demo.play()
    statements = _statements(demo, 1)
    assert len(statements) == 7
    assert list(unproven(statements)) == []
    assert sum(each.numbers.proven or 0 for of in statements for each in of.services) > 100
    assert demo.machines.false_proofs() == []


def test_a_number_without_its_machines_is_told() -> None:
    """PROOF-5: the first month had no walk; the demo's check would name each customer."""
    demo = DemoWorld(present=date(2026, 11, 30))
    demo.play()
    told = list(unproven(_statements(demo, 0)))
    assert "Harbor Dental: 18 were counted, and None machines were seen active." in told
