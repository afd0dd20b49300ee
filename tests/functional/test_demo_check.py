"""The demo's comparison: silent where Tally is right, and loud at every way of being wrong."""

from collections.abc import Callable
from datetime import date

import pytest

from simulators.demo_scenario import DEMO_PRODUCT
from tests.functional.demo_world import DemoWorld

pytestmark = pytest.mark.slow

PRESENT = date(2026, 11, 22)
BILLED = {
    "Harbor Dental",
    "Lakeside Library",
    "Old Mill Bakery",
    "Fox Hollow Farm",
    "Granite Peak Outfitters",
    "Juniper Law",
    "Maple Street Veterinary",
}


@pytest.fixture
def demo() -> DemoWorld:
    """The demo played to its end."""
    played = DemoWorld(present=PRESENT)
    played.play()
    return played


@pytest.mark.parametrize(
    "present",
    [
        PRESENT,
        date(
            2026, 3, 1
        ),  # February has no more days than the demo plays; the month before is not closed yet
        date(2026, 3, 2),
        date(2027, 1, 31),
        date(2028, 4, 30),  # a leap February
    ],
    ids=str,
)
def test_demo_is_right_whenever_it_is_run(present: date) -> None:
    """The demo finds no difference on any day of a year, and has 21 Additions of Tally's and one of
    others to look at.
    """
    demo = DemoWorld(present=present)
    demo.play()
    compared = demo.compared()
    assert compared.differences == []
    assert compared.compared == 22


def test_expectation_is_known_beforehand(demo: DemoWorld) -> None:
    """What must be billed follows from the scenario: every customer that should be, and its final
    counts.
    """
    expected = {(each.company, each.month): each for each in demo.expected()}
    assert {company for company, _ in expected} == BILLED
    assert expected["Harbor Dental", "2026-09"].quantity == 18
    assert expected["Harbor Dental", "2026-10"].quantity == 26
    assert expected["Granite Peak Outfitters", "2026-09"].quantity == 10, (
        "with the machine of 23:50 on the last day"
    )
    assert expected["Old Mill Bakery", "2026-10"].quantity == 0, "a true zero is billed as one"
    fox = expected["Fox Hollow Farm", "2026-09"]
    assert (fox.quantity, fox.effective, fox.cancelled) == (5, date(2026, 9, 15), date(2026, 9, 30))


def _wrong_quantity(demo: DemoWorld) -> None:
    demo.world.connectwise.people.set_quantity(demo.addition("Harbor Dental", "2026-09").id, 17)


def _fraction(demo: DemoWorld) -> None:
    demo.world.connectwise.people.set_quantity(demo.addition("Harbor Dental", "2026-10").id, 26.5)


def _zero_made_one(demo: DemoWorld) -> None:
    demo.world.connectwise.people.set_quantity(demo.addition("Old Mill Bakery", "2026-10").id, 1)


def _open_ended(demo: DemoWorld) -> None:
    demo.world.connectwise.people.cancel_addition(demo.addition("Juniper Law", "2026-10").id, None)


def _cancelled_a_day_early(demo: DemoWorld) -> None:
    demo.world.connectwise.people.cancel_addition(
        demo.addition("Juniper Law", "2026-10").id, date(2026, 10, 30)
    )


def _effective_on_the_first(demo: DemoWorld) -> None:
    fields = {"effectiveDate": "2026-09-01T00:00:00Z"}
    demo.world.connectwise.people.edit_addition(
        demo.addition("Fox Hollow Farm", "2026-09").id, fields
    )


def _effective_in_another_month(demo: DemoWorld) -> None:
    fields = {"effectiveDate": "2026-08-31T00:00:00Z"}
    demo.world.connectwise.people.edit_addition(
        demo.addition("Lakeside Library", "2026-09").id, fields
    )


def _without_effective_date(demo: DemoWorld) -> None:
    demo.world.connectwise.people.edit_addition(
        demo.addition("Lakeside Library", "2026-09").id, {"effectiveDate": None}
    )


def _deleted(demo: DemoWorld) -> None:
    demo.world.connectwise.people.delete_addition(
        demo.addition("Maple Street Veterinary", "2026-10").id
    )


def _price_of_its_own(demo: DemoWorld) -> None:
    demo.world.connectwise.people.edit_addition(
        demo.addition("Granite Peak Outfitters", "2026-10").id, {"unitPrice": 0.0}
    )


def _not_charged(demo: DemoWorld) -> None:
    fields = {"billCustomer": "NoCharge"}
    demo.world.connectwise.people.edit_addition(
        demo.addition("Granite Peak Outfitters", "2026-10").id, fields
    )


def _doubled(demo: DemoWorld) -> None:
    again = demo.addition("Harbor Dental", "2026-10")
    demo.world.connectwise.people.add_addition(
        again.agreement_id,
        DEMO_PRODUCT,
        quantity=26,
        effective=date(2026, 10, 1),
        cancelled=date(2026, 10, 31),
    )


def _on_one_of_two_agreements(demo: DemoWorld) -> None:
    demo.world.connectwise.people.add_addition(
        2105, DEMO_PRODUCT, quantity=11, effective=date(2026, 10, 1), cancelled=date(2026, 10, 31)
    )


def _on_the_unlicensed_one(demo: DemoWorld) -> None:
    demo.world.connectwise.people.add_addition(
        2103, DEMO_PRODUCT, quantity=0, effective=date(2026, 9, 1), cancelled=date(2026, 9, 30)
    )


def _before_the_first_month(demo: DemoWorld) -> None:
    demo.world.connectwise.people.add_addition(
        2100, DEMO_PRODUCT, quantity=9, effective=date(2026, 8, 1), cancelled=date(2026, 8, 31)
    )


def _help_desk_changed(demo: DemoWorld) -> None:
    demo.world.connectwise.people.set_quantity(7001, 26)


def _help_desk_deleted(demo: DemoWorld) -> None:
    demo.world.connectwise.people.delete_addition(7001)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (_wrong_quantity, ["Harbor Dental, 2026-09: ", "quantity 17; it must be 18"]),
        (_fraction, ["Harbor Dental, 2026-10: ", "quantity 26.5; it must be 26"]),
        (_zero_made_one, ["Old Mill Bakery, 2026-10: ", "quantity 1; it must be 0"]),
        (_open_ended, ["Juniper Law, 2026-10: ", "cancelled date none; it must be 2026-10-31"]),
        (
            _cancelled_a_day_early,
            ["Juniper Law, 2026-10: ", "cancelled date 2026-10-30; it must be 2026-10-31"],
        ),
        (
            _effective_on_the_first,
            ["Fox Hollow Farm, 2026-09: ", "effective date 2026-09-01; it must be 2026-09-15"],
        ),
        (
            _effective_in_another_month,
            ["Lakeside Library, 2026-09: there is no Addition", "must not exist"],
        ),
        (
            _without_effective_date,
            ["Lakeside Library, 2026-09: there is no Addition", "must not exist"],
        ),
        (_deleted, ["Maple Street Veterinary, 2026-10: ", "was deleted"]),
        (_price_of_its_own, ["Granite Peak Outfitters, 2026-10: ", "unit price 0; it must be 4.5"]),
        (
            _not_charged,
            ["Granite Peak Outfitters, 2026-10: ", "billing NoCharge; it must be Billable"],
        ),
        (_doubled, ["Harbor Dental, 2026-10: ", "are there, where one must be"]),
        (
            _on_one_of_two_agreements,
            ["Cedar & Stone Architects: ", "(quantity 11, from 2026-10-01", "must not exist"],
        ),
        (_on_the_unlicensed_one, ["Riverside Chiropractic: ", "must not exist"]),
        (_before_the_first_month, ["Harbor Dental: ", "from 2026-08-01", "must not exist"]),
        (_help_desk_changed, ["Not Tally's: Addition 7001 has the quantity 26; it must be 14"]),
        (_help_desk_deleted, ["Not Tally's: Addition 7001 was deleted"]),
    ],
)
def test_planted_difference_is_found(
    demo: DemoWorld, plant: Callable[[DemoWorld], None], said: list[str]
) -> None:
    """Whatever is wrong with one Addition is told, with the company, the month and what it must
    be.
    """
    plant(demo)
    told = "\n".join(demo.compared().differences)
    assert all(each in told for each in said), told


def test_tally_that_did_nothing_is_found(demo: DemoWorld) -> None:
    """Additions that were never made are missed, one sentence each."""
    idle = DemoWorld(present=PRESENT)
    idle.world.clock.set(demo.world.clock.now())
    compared = idle.compared()
    assert len(compared.differences) == 21
    assert compared.compared == 22
    assert (
        "Harbor Dental, 2026-09: there is no Addition; quantity 18 must be billed."
        in compared.differences
    )


def test_comparison_is_not_taken_from_tally() -> None:
    """The check works out for itself what must be: it imports nothing of the product."""
    from local import demo_check, simulator_clients  # noqa: PLC0415 - the modules are looked at

    for module in (simulator_clients, demo_check):
        assert not [
            name
            for name, each in vars(module).items()
            if getattr(each, "__module__", "").startswith("tally")
        ]
