"""A ConnectWise company that is merged or deleted while a customer is linked to it."""

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.model.standing import WHOLE_COMPANY, StandingState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState
from testing.scopes import of_record
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

OPENED, MERGED, TOLD = gmt("2026-11-01 00:05"), gmt("2026-11-10 09:00"), gmt("2026-11-10 09:05")
CLOSE = gmt("2026-12-02 00:05")
WHO = {"by": "ann@example.com", "why": "merged"}


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer whose November is open at 4, beside another one."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 4)
    world.add_customer("Old Mill")
    world.play(OPENED)
    world.clock.set(MERGED)
    return customer


def merged(world: World, harbor: Customer, *, has_agreement: bool = False) -> tuple[int, int]:
    """Harbor Dental is merged into Harbor Group; its id, and that of an agreement of its own."""
    survivor = world.connectwise.people.add_company("HarborGroup", "Harbor Group")
    own = world.add_agreement(survivor, name="Group seats") if has_agreement else 0
    world.connectwise.people.merge_company(harbor.connectwise_id, into=survivor)
    return survivor, own


def state(world: World, customer: Customer, month: str = "2026-11") -> RecordState:
    record = world.record(customer, month)
    assert record is not None
    return record.state


def assert_told(world: World, customer: Customer, *said: str) -> None:
    """Its standing asks for a person, in these words."""
    shown = world.standing(customer).shown
    assert shown.state is StandingState.NEEDS_SETUP
    for each in said:
        assert each in shown.reason


def test_a_merger_is_told_at_once_and_nothing_closes_over_it(
    world: World, harbor: Customer
) -> None:
    """MATCH-7: by name, with where its agreement is now; the count is followed on, no month closes
    or opens.
    """
    survivor, _ = merged(world, harbor)
    world.check_in(harbor, 2)
    world.play(TOLD)
    assert_told(
        world,
        harbor,
        (
            f"'Harbor Dental' (id {harbor.connectwise_id}), to which it is linked, is not there "
            "any more"
        ),
        (
            f"'Managed security' (id {harbor.agreement_id}) is now one of 'Harbor Group' (id "
            f"{survivor})"
        ),
        "Link it to that one",
    )
    assert world.additions(harbor) == [(6, "2026-11-01", "2026-11-30")]
    world.play(gmt("2026-12-01 00:05"), CLOSE, gmt("2026-12-10 00:05"))
    assert state(world, harbor) is RecordState.OPEN
    assert world.record(harbor, "2026-12") is None
    assert_told(world, harbor, "Harbor Group")


def test_two_months_on_one_agreement_name_it_once(world: World, harbor: Customer) -> None:
    """MATCH-7: where the month before is open still, the agreement is told once, not by month."""
    world.play(gmt("2026-12-01 00:05"))
    merged(world, harbor)
    world.play(gmt("2026-12-01 00:20"))
    reason = world.standing(harbor).shown.reason
    assert reason.count(f"'Managed security' (id {harbor.agreement_id})") == 1


def test_a_survivor_that_is_deleted_is_not_offered_by_name(world: World, harbor: Customer) -> None:
    """MATCH-7: where the company that has the agreement is gone too, that is said."""
    survivor, _ = merged(world, harbor)
    world.connectwise.people.delete_company(survivor)
    world.play(TOLD)
    assert_told(world, harbor, f"the company of id {survivor}, which ConnectWise does not list")


@pytest.mark.parametrize("invoiced", [False, True])
def test_a_copy_that_came_along_is_told(world: World, harbor: Customer, invoiced: bool) -> None:
    """MATCH-7, FOLLOW-3: copied with its Additions before the merger, an agreement bills them twice
    at the survivor: the month is held, its line frozen or not.
    """
    people = world.connectwise.people
    twin = people.double_agreement(harbor.agreement_id, with_additions=True)
    if invoiced:
        people.edit_agreement(harbor.agreement_id, {"nextInvoiceDate": "2027-01-01T00:00:00Z"})
    merged(world, harbor)
    world.play(gmt("2026-11-11 00:05"), gmt("2026-12-01 00:05"), CLOSE)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert f"on agreement {twin}" in record.hold.why
    assert "is a copy of ours, Addition 1 (" in record.hold.why
    people.delete_agreement(twin)
    world.play(gmt("2026-12-03 00:05"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert (record.state, record.hold) == (RecordState.OPEN, None)


@pytest.mark.parametrize("has_agreement", [False, True])
def test_the_way_out_is_to_link_it_to_the_survivor(
    world: World, harbor: Customer, has_agreement: bool
) -> None:
    """MATCH-7: linked to the survivor, the month closes and the next one opens; with its agreement
    pinned in one go where there are two.
    """
    survivor, own = merged(world, harbor, has_agreement=has_agreement)
    world.play(TOLD, gmt("2026-12-01 00:05"), CLOSE)
    agreement = harbor.agreement_id if own else None
    world.set_up().link(harbor.id, survivor, agreement_id=agreement, **WHO)
    world.play(gmt("2026-12-02 00:20"), gmt("2026-12-02 00:35"))
    assert state(world, harbor) is RecordState.CLOSED
    assert state(world, harbor, "2026-12") is RecordState.OPEN
    assert [quantity for quantity, *_ in world.additions(harbor)] == [4, 0]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_the_survivor_may_be_somebody_elses_too(world: World, harbor: Customer) -> None:
    """MATCH-7, MATCH-1: two customers are one company in ConnectWise by now: both are linked to it,
    each with its own agreement.
    """
    mill = next(each for each in world.ledger.links().values() if each.company_name == "Old Mill")
    assert mill.connectwise_id is not None
    (own,) = [
        each.fields["id"] for each in world.connectwise.tenant.agreements_of(mill.connectwise_id)
    ]
    world.connectwise.people.merge_company(harbor.connectwise_id, into=mill.connectwise_id)
    world.play(TOLD)
    assert_told(world, harbor, "now one of 'Old Mill'")
    set_up = world.set_up()
    set_up.pin(mill.company_id, own, **WHO)
    set_up.link(harbor.id, mill.connectwise_id, agreement_id=harbor.agreement_id, **WHO)
    world.play(gmt("2026-12-01 00:05"), CLOSE)
    assert state(world, harbor) is RecordState.CLOSED
    assert {world.standing(each).shown.state for each in (harbor,)} == {StandingState.BILLING}
    made = [
        (each.agreement_id, str(each.effective)) for each in world.connectwise.truth.made_by_api()
    ]
    assert sorted(made) == sorted(
        (agreement, first)
        for agreement in (own, harbor.agreement_id)
        for first in ("2026-11-01", "2026-12-01")
    )


@pytest.mark.parametrize("how", ["flagged", "removed", "with its agreement"])
def test_a_deleted_company_is_told(world: World, harbor: Customer, how: str) -> None:
    """MATCH-7: deleted, whether ConnectWise still lists it, no longer knows it, or has deleted its
    agreement as well.
    """
    people = world.connectwise.people
    if how == "with its agreement":
        people.delete_agreement(harbor.agreement_id)
    if how == "flagged":
        people.delete_company(harbor.connectwise_id)
    else:
        people.remove_company(harbor.connectwise_id)
    world.play(TOLD)
    company = world.standing(harbor).causes[WHOLE_COMPANY]
    assert company.state is StandingState.NEEDS_SETUP
    assert f"'Harbor Dental' (id {harbor.connectwise_id})" in company.reason
    assert ("was deleted there" in company.reason) is (how == "flagged")
    world.play(gmt("2026-12-01 00:05"), CLOSE)
    assert state(world, harbor) is RecordState.OPEN


def test_an_agreement_that_goes_to_another_company_is_told(world: World, harbor: Customer) -> None:
    """MATCH-7: the company is still there, and the agreement is another's: nobody is billed for it
    without a word.
    """
    other = world.connectwise.people.add_company("HarborGroup", "Harbor Group")
    moved = {"id": other, "identifier": "HarborGroup", "name": "Harbor Group"}
    world.connectwise.people.edit_agreement(harbor.agreement_id, {"company": moved})
    world.play(TOLD)
    assert_told(
        world,
        harbor,
        f"'Managed security' (id {harbor.agreement_id}) is now one of 'Harbor Group' (id {other})",
    )
    world.play(gmt("2026-12-01 00:05"), CLOSE)
    assert state(world, harbor) is RecordState.OPEN
    world.set_up().link(harbor.id, other, **WHO)
    world.play(gmt("2026-12-02 00:20"))
    assert state(world, harbor) is RecordState.CLOSED


def test_a_month_that_is_not_opened_yet_says_no_more_than_that(world: World) -> None:
    """MATCH-7: held before its Addition was made, it asks for no new agreement: that went along
    with the company.
    """
    mill = world.add_customer("Old Mill")
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=3, effective=gmt("2026-11-01 00:00").date()
    )
    world.play(OPENED)
    assert world.standing(harbor).shown.state is StandingState.HELD
    merged(world, harbor)
    world.play(TOLD)
    assert not [
        each for each in world.standing(harbor).causes.values() if "make one" in each.reason
    ]
    assert "Harbor Group" not in world.standing(mill).shown.reason
    assert "is not there any more" in world.standing(harbor).causes[WHOLE_COMPANY].reason


def test_a_company_that_a_person_links_elsewhere_is_no_merger(
    world: World, harbor: Customer
) -> None:
    """MATCH-7, MATCH-1: an open month stays where it stands by a person's word, and closes
    there.
    """
    other = world.connectwise.people.add_company("HarborGroup", "Harbor Group")
    world.add_agreement(other)
    world.set_up().link(harbor.id, other, **WHO)
    world.play(TOLD, gmt("2026-12-01 00:05"), CLOSE)
    assert state(world, harbor) is RecordState.CLOSED
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("how", ["the list fails", "one fails", "the list is empty"])
def test_an_absence_that_cannot_be_seen_is_not_claimed(
    world: World, harbor: Customer, how: str
) -> None:
    """MATCH-7, MATCH-8: a company list that fails or shows nobody says nothing; what was found
    before stands meanwhile.
    """
    faults = world.connectwise.faults
    broken = {
        "the list fails": Fault(kind=FaultKind.STATUS, status=500, operation="GET companies"),
        "one fails": Fault(kind=FaultKind.STATUS, status=500, operation="GET companies/{id}"),
        "the list is empty": Fault(
            kind=FaultKind.STATUS,
            status=200,
            body="[]",
            content_type="application/json",
            operation="GET companies",
        ),
    }[how]
    if how != "one fails":
        faults.add(broken)
        world.play(TOLD)
        assert world.standing(harbor).shown.state is StandingState.BILLING
        faults.clear()
    merged(world, harbor)
    world.play(gmt("2026-11-10 09:20"))
    assert_told(world, harbor, "Harbor Group")
    faults.add(broken)
    world.play(gmt("2026-12-01 00:05"), CLOSE)
    assert state(world, harbor) is RecordState.OPEN
    assert_told(world, harbor, "Harbor Group")
    faults.clear()
    world.play(gmt("2026-12-02 00:20"))
    assert state(world, harbor) is RecordState.OPEN


@pytest.mark.parametrize("status", [400, 403, 500])
def test_one_that_nobody_can_tell_of_is_its_customers_trouble(
    world: World, harbor: Customer, status: int
) -> None:
    """MATCH-7, SAFE-5: a company that no list has, and that ConnectWise does not answer for, is
    told where it is linked; the tick has not failed, and new months of others open.
    """
    old_mill = next(each for each in world.ledger.links().values() if each.company_id != harbor.id)
    world.connectwise.people.delete_company(harbor.connectwise_id)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, operation="GET companies/{id}")
    )
    world.play(TOLD, gmt("2026-12-01 00:05"), CLOSE)
    assert world.failures == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.FAILING
    assert f"'Harbor Dental' (id {harbor.connectwise_id})" in shown.reason
    assert str(status) in shown.reason
    assert state(world, harbor) is RecordState.OPEN
    december = RecordKey(
        company_id=old_mill.company_id, month=Month(2026, 12), service=ENDPOINTS.name
    )
    assert world.ledger.record(december) is not None
    world.connectwise.faults.clear()
    world.play(gmt("2026-12-02 00:20"))
    assert_told(world, harbor, "was deleted there")


def test_a_list_that_lags_is_no_deletion(world: World, harbor: Customer) -> None:
    """MATCH-7: who is missing from the list is asked for by id before anything is said."""
    others = [
        each.json.decode()
        for each in world.connectwise.tenant.companies.current()
        if each.fields["id"] != harbor.connectwise_id
    ]
    world.connectwise.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=200,
            body=f"[{','.join(others)}]",
            content_type="application/json",
            operation="GET companies",
        )
    )
    world.play(TOLD, gmt("2026-12-01 00:05"), CLOSE)
    assert state(world, harbor) is RecordState.CLOSED


@pytest.mark.parametrize("how", ["merged", "excluded", "unlinked", "gone from GravityZone"])
@pytest.mark.parametrize("held", [False, True], ids=["with nothing else in the way", "held"])
def test_a_failure_does_not_outlast_what_it_stopped(world: World, how: str, held: bool) -> None:
    """SAFE-7: where nothing is opened for the company any more, the month says what its record
    does, and not what a job before met.
    """
    harbor = world.add_customer("Harbor Dental")
    world.add_customer("Old Mill")
    refused = Fault(kind=FaultKind.STATUS, operation="POST additions", status=403)
    if held:
        first = gmt("2026-11-01 00:00").date()
        world.connectwise.people.add_addition(
            harbor.agreement_id, PRODUCT, quantity=3, effective=first
        )
        world.play(OPENED)
        refused = Fault(kind=FaultKind.STATUS, operation="GET additions", status=403)
    world.check_in(harbor, 4)
    world.connectwise.faults.add(refused)
    world.play(gmt("2026-11-02 00:05"))
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.connectwise.faults.clear()
    if how == "merged":
        merged(world, harbor)
    elif how == "excluded":
        world.set_up().exclude(harbor.id, **WHO)
    elif how == "unlinked":
        world.set_up().unlink(harbor.id, **WHO)
    else:
        world.gravityzone.tenant.delete_company(harbor.id)
    world.play(TOLD, gmt("2026-11-10 09:20"))
    causes = world.standing(harbor).causes
    assert StandingState.FAILING not in {cause.state for cause in causes.values()}
    month = causes.get(of_record("2026-11"))
    assert month is None or (held and month.state is StandingState.HELD)


def test_a_hold_does_not_outlast_the_addition_that_it_asked_about(
    world: World, harbor: Customer
) -> None:
    """SAFE-7, OPEN-1: voided after the merger, the Addition that somebody had changed asks nothing
    any more.
    """
    made = next(
        each
        for each in world.connectwise.truth.made_by_api()
        if each.agreement_id == harbor.agreement_id
    )
    world.connectwise.people.edit_addition(made.id, {"invoiceDescription": "Antivirus"})
    world.check_in(harbor, 1)
    world.play(TOLD)
    assert world.standing(harbor).shown.state is StandingState.HELD
    merged(world, harbor)
    record = world.record(harbor, "2026-11")
    assert record is not None
    world.answers().void(record.key, **WHO)
    world.play(gmt("2026-11-10 09:20"), gmt("2026-11-10 09:35"))
    assert StandingState.HELD not in {
        cause.state for cause in world.standing(harbor).causes.values()
    }
