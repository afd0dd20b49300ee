"""Agreements that are invoiced through others, and companies that are merged."""

from datetime import UTC, date, datetime

import pytest

from simulators.clock import VirtualClock
from testing.world import PRODUCT, World

CHILD_DATE = "2026-11-01T00:00:00Z"


@pytest.fixture
def world() -> World:
    return World(clock=VirtualClock(datetime(2026, 11, 1, tzinfo=UTC)))


def family(world: World) -> tuple[int, int, int]:
    """A company with a parent agreement and one below it; their ids, the company's first."""
    company = world.connectwise.people.add_company("Harbor", "Harbor Dental")
    parent = world.add_agreement(
        company, name="Bundle", fields={"nextInvoiceDate": "2026-12-01T00:00:00Z"}
    )
    child = world.add_agreement(company, fields={"nextInvoiceDate": CHILD_DATE})
    world.connectwise.people.set_parent(child, parent)
    return company, parent, child


def fields(world: World, agreement_id: int) -> dict[str, object]:
    document = world.connectwise.tenant.agreements.get(agreement_id)
    assert document is not None
    return document.fields


def test_a_child_is_on_its_parents_invoice(world: World) -> None:
    """Bundled agreements are invoiced together: the child's Additions are billed, its own date does
    not move.
    """
    _, parent, child = family(world)
    made = world.connectwise.people.add_addition(
        child, PRODUCT, quantity=7, effective=date(2026, 11, 1)
    )
    world.connectwise.people.run_invoice(parent)
    (invoice,) = world.connectwise.truth.invoices()
    assert [(line.addition_id, line.quantity) for line in invoice.lines] == [(made, 7.0)]
    assert fields(world, child)["nextInvoiceDate"] == CHILD_DATE
    assert fields(world, parent)["nextInvoiceDate"] == "2027-01-01T00:00:00Z"
    assert fields(world, child)["parentAgreement"] == {"id": parent, "name": "Bundle"}
    assert world.connectwise.tenant.covered_by_invoice(child, CHILD_DATE)


def test_a_child_is_not_invoiced_by_itself(world: World) -> None:
    """As long as it has a parent, it has no invoice of its own."""
    _, _, child = family(world)
    assert world.connectwise.people.run_invoice(child) is None
    world.connectwise.people.set_parent(child, None)
    assert world.connectwise.people.run_invoice(child) == 1


@pytest.mark.parametrize("shown", [False, True])
def test_a_parents_list_may_show_its_childrens_additions(world: World, shown: bool) -> None:
    """A parent's list of Additions may show those of the agreements below it, theirs too."""
    world.connectwise.options.parents_list_children = shown
    company, parent, child = family(world)
    grandchild = world.add_agreement(company)
    world.connectwise.people.set_parent(grandchild, child)
    for agreement in (parent, child, grandchild):
        world.connectwise.people.add_addition(
            agreement, PRODUCT, quantity=1, effective=date(2026, 11, 1)
        )
    if not shown:
        assert [each.agreement_id for each in world.plan.connectwise.additions(parent)] == [parent]
    connectwise = world.connectwise.tenant
    assert {document.fields["id"] for document in connectwise.children(parent)} == {
        child,
        grandchild,
    }
    connectwise.change(
        connectwise.agreements, parent, {"parentAgreement": {"id": grandchild}}, by="jlee"
    )
    assert {document.fields["id"] for document in connectwise.children(parent)} == {
        child,
        grandchild,
    }


def test_a_merge_moves_the_agreements_and_ends_the_id(world: World) -> None:
    """Merging companies deletes one id and moves its agreements to the survivor."""
    company, parent, child = family(world)
    survivor = world.connectwise.people.add_company("Group", "Harbor Group")
    world.connectwise.people.merge_company(company, into=survivor)
    for agreement in (parent, child):
        assert fields(world, agreement)["company"] == {
            "id": survivor,
            "identifier": "Group",
            "name": "Harbor Group",
        }
    assert company not in world.connectwise.tenant.companies
    with pytest.raises(LookupError):
        world.connectwise.people.merge_company(survivor, into=survivor)
