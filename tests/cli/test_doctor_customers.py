"""`tally doctor` and customers that cannot be billed as they are."""

from datetime import date, timedelta

import pytest

from simulators.connectwise import api_records
from testing.world import PRODUCT
from tests.cli.installed import HELP_DESK, NOW, Installed, add_help_desk, only

WHO = {"by": "ann@example.com", "why": "the owner called"}


def test_a_name_that_differs_a_little(msp: Installed) -> None:
    """MATCH-1: a customer without its namesake is shown with who it might be, and the command that
    links it.
    """
    company = msp.world.gravityzone.tenant.add_company("Blue Heron Brewing")
    connectwise = msp.world.connectwise.people.add_company("BlueHeron", "Blue Heron brewing")
    msp.world.add_agreement(connectwise)
    verdict, says, remedy = only(msp.check("companies"))
    assert verdict == "finding"
    assert f"Nearly so: 'Blue Heron brewing' (id {connectwise})" in says
    assert remedy == (
        f"It may be 'Blue Heron brewing' (`tally companies tie {company} {connectwise} --why …`)."
    )


def test_a_name_that_differs_more(msp: Installed) -> None:
    """What is no near miss is suggested by likeness, the likeliest first; whom somebody is linked
    to is nobody's suggestion.
    """
    company = msp.world.gravityzone.tenant.add_company("The Harbor Dental Clinic")
    people = msp.world.connectwise.people
    likely = people.add_company("HarborDentalC", "Harbor Dental Clinic & Partners")
    people.add_company("Bakery", "Old Mill Bakery")
    _, says, remedy = only(msp.check("companies"))
    assert "or nearly so" in says
    assert remedy.startswith(
        f"It may be 'Harbor Dental Clinic & Partners' (`tally companies tie {company} {likely} "
        "--why …`)"
    )
    assert "'Harbor Dental'" not in remedy
    assert "Bakery" not in remedy


def test_nobody_is_alike(msp: Installed) -> None:
    """Where nothing is alike nothing is suggested: a person finds or makes it."""
    company = msp.world.gravityzone.tenant.add_company("Zephyr Quay")
    _, _, remedy = only(msp.check("companies"))
    assert remedy.startswith(
        f"Find its ConnectWise company, or make it, then `tally companies tie {company} "
        "CONNECTWISE_ID --why …`"
    )


def test_a_customer_of_another_licence_is_nobodys_matter(msp: Installed) -> None:
    """READ-3: who has no monthly subscription is not billed, and so not missed."""
    msp.world.gravityzone.tenant.add_company("Riverside Chiropractic", subscription_type=2)
    msp.checks(code=0)


def test_two_of_one_name(msp: Installed) -> None:
    """MATCH-1: two customers of one name are not linked by it, though only one of them is counted
    by the month.
    """
    msp.customer("Lakeside Library")
    msp.world.gravityzone.tenant.add_company("Lakeside Library", subscription_type=2)
    assert "2 GravityZone companies are named 'Lakeside Library'" in only(msp.check("companies"))[1]


def test_unlinked_and_excluded(msp: Installed) -> None:
    """Who was unlinked by a person is missed, with who did it; who was excluded is not."""
    (harbor,) = msp.world.ledger.all_links()
    msp.world.set_up().unlink(harbor.company_id, **WHO)
    assert (
        "was left without a ConnectWise company by ann@example.com"
        in only(msp.check("companies"))[1]
    )
    msp.world.set_up().exclude(harbor.company_id, **WHO)
    assert "1 are excluded by a person" in only(msp.checks(code=0)["companies"])[1]


def test_a_link_to_a_deleted_company(msp: Installed) -> None:
    """Linked to a company that is deleted in ConnectWise, a customer shows as that, and not as one
    to be linked by its name.
    """
    (harbor,) = msp.world.ledger.all_links()
    msp.world.connectwise.people.delete_company(harbor.connectwise_id or 0)
    msp.world.connectwise.people.add_company("HarborDental2", "Harbor Dental")
    _, says, remedy = only(msp.check("companies"))
    assert says.endswith("which is deleted there.")
    assert remedy.startswith("It may be 'Harbor Dental'")


def test_no_agreement_of_the_type(msp: Installed) -> None:
    """MATCH-3: a customer without an agreement of the type is named; the others' are found."""
    msp.world.gravityzone.tenant.add_company("Old Mill Bakery")
    msp.world.connectwise.people.add_company("OldMill", "Old Mill Bakery")
    verdict, says, remedy = only(msp.check("agreements"))
    assert (verdict, says) == (
        "finding",
        (
            "Old Mill Bakery has no agreement of the type in ConnectWise: make one, or if it is "
            "there, let the API member's role be Inquire All."
        ),
    )
    assert "one active agreement of the type 'Endpoint Security'" in remedy


def test_two_agreements_of_the_type(msp: Installed) -> None:
    """MATCH-3: two active agreements are listed with their ids, and the command that pins one; a
    pinned one is enough.
    """
    cedar = msp.customer("Cedar & Stone Architects")
    second = msp.world.add_agreement(cedar.connectwise_id, name="Branch office")
    verdict, says, remedy = only(msp.check("agreements"))
    assert verdict == "finding"
    assert "Cedar & Stone Architects has 2 active agreements of the type" in says
    assert str(cedar.agreement_id) in says
    assert f"'Branch office' (id {second}" in says
    assert f"`tally companies pin {cedar.id} AGREEMENT_ID --why …`" in remedy
    msp.world.play(NOW)
    msp.world.set_up().pin(cedar.id, second, **WHO)
    msp.checks(code=0)


def test_a_pin_on_an_agreement_of_another_type(msp: Installed) -> None:
    """MATCH-3: a pin chooses among the agreements of its own type; a service of another type is
    billed on its one agreement all the same, as the planner has it.
    """
    tenant = msp.world.connectwise.tenant
    made = (
        (tenant.agreement_types, api_records.agreement_type(type_id=19, name="EDR")),
        (tenant.products, api_records.product(product_id=310, identifier="EDR", description="EDR")),
    )
    for table, fields in made:
        tenant.insert(table, fields, by="admin", at_once=True)
    (link,) = msp.world.ledger.all_links()
    (record,) = msp.world.ledger.all_open_records()
    msp.world.connectwise.people.add_agreement(
        link.connectwise_id or 0, 19, "EDR", start=date(2020, 1, 1)
    )
    msp.world.set_up().pin(link.company_id, record.lines[0].agreement_id, **WHO)
    msp.environment["SERVICES"] = (
        '{"edr": {"counter": "edrMonthlyUsage", "productTypes": [0, 3], "product": "EDR", '
        '"agreementType": "EDR"}, "endpoints": {"counter": "endpointMonthlyUsage"}}'
    )
    assert only(msp.checks(code=0)["agreements"])[1].endswith("(2 found).")


def test_a_quarterly_agreement(msp: Installed) -> None:
    """MATCH-5: an agreement of a longer cycle is not billed, and says why."""
    msp.customer("Fox Hollow Farm", fields={"billingCycle": {"id": 3, "name": "Quarterly"}})
    assert "billing cycle 'Quarterly'" in only(msp.check("agreements"))[1]


@pytest.mark.parametrize("effective", [date(2025, 1, 1), date(2026, 11, 1)])
def test_an_addition_left_by_the_classic_integration(msp: Installed, effective: date) -> None:
    """OPEN-6: an open-ended Addition of the product is named with its quantity before Tally holds
    the customer for it.
    """
    customer = msp.customer("Lakeside Library")
    addition = msp.world.connectwise.people.add_addition(
        customer.agreement_id, PRODUCT, quantity=14, effective=effective
    )
    verdict, says, remedy = only(msp.check("other-additions"))
    assert verdict == "finding"
    assert f"Addition {addition} (quantity 14, {effective} to open-ended)" in says
    assert "Lakeside Library" in says
    assert "classic integration" in says
    assert "tally take-over" in remedy


def test_an_addition_that_has_ended(msp: Installed) -> None:
    """OPEN-6: one that ended before this month is in nobody's way, and neither is one of another
    product.
    """
    customer = msp.customer("Lakeside Library")
    msp.world.connectwise.people.add_addition(
        customer.agreement_id,
        PRODUCT,
        quantity=14,
        effective=date(2025, 1, 1),
        cancelled=date(2026, 10, 31),
    )
    msp.checks(code=0)


@pytest.mark.parametrize("cancelled", [None, date(2026, 10, 31)])
def test_an_addition_that_cannot_be_read(msp: Installed, cancelled: date | None) -> None:
    """SAFE-5: an Addition with an odd field is told of its own customer if it stops the customer's
    job, and not if it ended before the month; whatever else bills the product is told.
    """
    people = msp.world.connectwise.people
    for name in ("Acorn Books", "Zenith Foods"):
        agreement = msp.customer(name).agreement_id
        people.add_addition(agreement, PRODUCT, quantity=14, effective=date(2025, 1, 1))
    odd = people.add_addition(
        msp.customer("Lakeside Library").agreement_id,
        PRODUCT,
        quantity=9,
        effective=date(2025, 1, 1),
        cancelled=cancelled,
    )
    people.show_oddly("addition", odd, {"quantity": "nine"})
    said = [each["says"] for each in msp.check("other-additions")["findings"]]
    told = [name for name in ("Acorn", "Lakeside", "Zenith") if any(name in each for each in said)]
    assert told == (["Acorn", "Lakeside", "Zenith"] if cancelled is None else ["Acorn", "Zenith"])
    assert any(f"Addition {odd} cannot be read" in each for each in said) is (cancelled is None)


def test_an_addition_of_another_product(msp: Installed) -> None:
    """OPEN-6: another product beside it is what an agreement is for."""
    add_help_desk(msp.world)
    customer = msp.customer("Lakeside Library")
    msp.world.connectwise.people.add_addition(
        customer.agreement_id, HELP_DESK, quantity=14, effective=date(2025, 1, 1)
    )
    msp.checks(code=0)


def test_an_addition_that_is_kept_apart(msp: Installed) -> None:
    """OPEN-6: what a person keeps apart is told no more."""
    harbor = next(iter(msp.world.ledger.all_open_records()))
    agreement = harbor.lines[0].agreement_id
    msp.world.connectwise.people.add_addition(
        agreement, PRODUCT, quantity=14, effective=date(2025, 1, 1)
    )
    msp.world.gravityzone.tenant.check_in_new(harbor.key.company_id, 2)
    msp.world.play(NOW)
    msp.checks(code=1)
    msp.world.answers().keep_apart(harbor.key, **WHO)
    msp.checks(code=0)


def test_two_customers_of_one_company(msp: Installed) -> None:
    """MATCH-1, OPEN-6: of two customers at one ConnectWise company each is told of its own
    agreement alone, and what one of them keeps apart is told of neither.
    """
    harbor = next(iter(msp.world.ledger.all_open_records()))
    (link,) = msp.world.ledger.all_links()
    first, company = harbor.lines[0].agreement_id, link.connectwise_id or 0
    site = msp.world.gravityzone.tenant.add_company("Harbor Dental North")
    north = msp.world.add_agreement(company, name="North")
    msp.world.play(NOW)
    msp.world.set_up().pin(link.company_id, first, **WHO)
    msp.world.set_up().link(site, company, agreement_id=north, **WHO)
    people = msp.world.connectwise.people
    people.add_addition(first, PRODUCT, quantity=14, effective=date(2025, 1, 1))
    verdict, says, _ = only(msp.check("other-additions"))
    assert (verdict, says.startswith("On agreement")) == ("finding", True)
    assert f"(id {first}) of Harbor Dental, Addition" in says
    msp.world.gravityzone.tenant.check_in_new(link.company_id, 2)
    msp.world.play(NOW + timedelta(minutes=15))
    msp.world.answers().keep_apart(harbor.key, **WHO)
    assert only(msp.checks(code=0)["other-additions"])[0] == "ok"


def test_tallys_own_additions(msp: Installed) -> None:
    """OPEN-1: what Tally has made is not left by others, also where somebody has taken its
    reference out of the text.
    """
    (made,) = msp.world.connectwise.truth.made_by_api()
    assert only(msp.checks(code=0)["other-additions"])[1] == (
        "No Addition of others bills the product to a customer in November 2026."
    )
    msp.world.connectwise.people.edit_addition(made.id, {"invoiceDescription": "Security"})
    msp.checks(code=0)


def test_rows_that_nobody_can_place(msp: Installed) -> None:
    """SAFE-5: rows of lists of which nobody can tell whom they concern are shown, and what stands
    in them.
    """
    people = msp.world.connectwise.people
    odd = msp.world.add_agreement(people.add_company("stranger", "Nobody's"))
    people.show_oddly("agreement", odd, {"id": "twelve", "name": "Odd one"})
    verdict, says, _ = only(msp.check("odd-rows"))
    assert verdict == "finding"
    assert (
        "/finance/agreements: a row that names nobody: id: Input should be a valid integer" in says
    )
    assert "Odd one" in says


def test_an_agreement_that_cannot_be_read(msp: Installed) -> None:
    """SAFE-5: an agreement with an odd field is its company's finding, by its id; nobody else's."""
    customer = msp.customer("Old Mill Bakery")
    msp.world.connectwise.people.show_oddly(
        "agreement", customer.agreement_id, {"startDate": "soon"}
    )
    checks = msp.checks(code=1)
    says = only(checks["agreements"])[1]
    assert f"(id {customer.agreement_id}) cannot be read: startDate" in says
    assert checks["odd-rows"]["verdict"] == "ok"
