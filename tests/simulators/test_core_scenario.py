"""Scenarios: the demo's MSP, and files."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from simulators.clock import VirtualClock
from simulators.demo_scenario import DEMO_AGREEMENT_TYPE, demo_months, demo_scenario
from simulators.gravityzone import GravityZoneSimulator, Truth
from simulators.scenario import dump_scenario, load_scenario

PRESENT = date(2027, 1, 22)


@pytest.fixture
def truth() -> Truth:
    clock = VirtualClock(datetime(2027, 1, 22, tzinfo=UTC))
    return GravityZoneSimulator(clock, demo_scenario(PRESENT).gravityzone).truth


def test_demo_depends_on_the_month_alone() -> None:
    """The demo is the same on any day of a month, and plays the two months before it."""
    assert demo_scenario(date(2027, 1, 1)) == demo_scenario(date(2027, 1, 31))
    assert demo_scenario(date(2027, 1, 1)) != demo_scenario(date(2027, 2, 1))
    assert demo_months(PRESENT) == ("2026-11", "2026-12", "2027-01")


@pytest.mark.parametrize("present", [date(2028, 3, 31), date(2027, 3, 1), date(2026, 12, 15)])
def test_demo_fits_every_month(present: date) -> None:
    """February, leap or not, and the turn of a year hold the same story."""
    clock = VirtualClock(datetime(present.year, present.month, 1, 12, tzinfo=UTC))
    truth = GravityZoneSimulator(clock, demo_scenario(present).gravityzone).truth
    harbor = truth.company_id("Harbor Dental")
    assert [truth.count(harbor, month) for month in demo_months(present)] == [18, 26, 14]


def test_demo_has_every_awkward_customer(truth: Truth) -> None:
    """Growth, a quiet one, a true zero, an unlicensed one, a partner with customers and machines of
    its own.
    """
    counts = {one.name: truth.count(one.id, "2026-11") for one in truth.companies()}
    assert counts["Harbor Dental"] == 18
    assert counts["Lakeside Library"] == 6
    assert counts["Old Mill Bakery"] == 0
    assert truth.total(truth.company_id("Riverside Chiropractic"), "2026-11") == 0
    assert counts["Riverside Chiropractic"] == 5
    assert counts["Summit Peak IT"] == 3
    assert truth.total(truth.company_id("Summit Peak IT"), "2026-11") == 3 + 12 + 6


def test_demo_counts_the_machine_of_the_last_ten_minutes(truth: Truth) -> None:
    """The machine first seen at 23:50 GMT on the last day belongs to that month."""
    granite = truth.company_id("Granite Peak Outfitters")
    assert truth.count(granite, "2026-11", datetime(2026, 11, 30, 23, 49, tzinfo=UTC)) == 9
    assert truth.count(granite, "2026-11", datetime(2026, 11, 30, 23, 50, tzinfo=UTC)) == 10
    assert truth.final_count(granite, "2026-11") == 10


def test_demo_names_differ_by_case_only_where_meant() -> None:
    """One name differs by case, one customer has two agreements of the type, one agreement bills
    from mid-month.
    """
    scenario = demo_scenario(PRESENT)
    in_gravityzone = {
        one.name for one in scenario.gravityzone.companies if one.parent_id is not None
    }
    in_connectwise = {one.name for one in scenario.connectwise.companies if not one.deleted}
    assert in_gravityzone - in_connectwise == {"Blue Heron Brewing"}
    assert in_connectwise - in_gravityzone == {"Blue Heron brewing"}
    billed = next(
        one.id for one in scenario.connectwise.agreement_types if one.name == DEMO_AGREEMENT_TYPE
    )
    open_ended = [
        one for one in scenario.connectwise.agreements if one.type_id == billed and one.end is None
    ]
    customers = [one.company_id for one in open_ended]
    assert {one for one in customers if customers.count(one) > 1} == {105}
    assert [one.bill_start for one in open_ended if one.bill_start] == [date(2026, 11, 15)]


def test_scenario_survives_a_file(tmp_path: Path) -> None:
    """What is written is read again the same."""
    file = tmp_path / "msp.json"
    file.write_bytes(dump_scenario(demo_scenario(PRESENT)))
    assert load_scenario(file) == demo_scenario(PRESENT)


def test_scenario_with_a_typo_is_refused(tmp_path: Path) -> None:
    """A field that nobody reads is a mistake, and is named."""
    file = tmp_path / "msp.json"
    file.write_text('{"gravityzone": {"companies": [], "endpoint": []}, "connectwise": {}}')
    with pytest.raises(ValidationError, match=r"gravityzone\.endpoint"):
        load_scenario(file)
