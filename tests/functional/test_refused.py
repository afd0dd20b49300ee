"""What GravityZone refuses to tell of one company, or lists for nobody: nobody else is
concerned.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from simulators.gravityzone.reach import UNAUTHORIZED
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, StandingState
from tally.domain.record.usage_record import RecordState
from testing.audit import audit
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")
CLOSE, LAST_DAY = gmt("2026-12-02 00:00"), gmt("2026-12-10 00:00")
WHO = {"by": "ann", "why": "they left"}
GONE = [
    (-32602, "The company does not exist or the user has not enough rights."),
    (-32000, "The company does not exist"),
    (-32001, "One or more items are not available for the specified action"),
    (-32002, "No."),
]
UNKNOWN = [
    (-32602, "Nothing to see here."),
    (-32000, "Something about a company."),
    (-32001, "Denied."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Msp:
    """Harbor Dental directly below the MSP, North Quay below the partner Tidewater IT; 5 and 7
    machines.
    """

    world: World
    harbor: Customer
    quay: Customer
    partner: str

    @property
    def tenant(self):  # type: ignore[no-untyped-def]  # noqa: ANN201 - the simulator's
        return self.world.gravityzone.tenant

    def shown(self, company_id: str) -> Cause:
        standing = self.world.ledger.standing(company_id)
        assert standing is not None
        return standing.shown

    def asked(self, method: str = "getCompanyDetails") -> list[str]:
        """Which companies calls of the method named, since the last time."""
        bodies = [
            json.loads(call.body)["params"] for call in self.world.gravityzone.calls.of(method)
        ]
        self.world.gravityzone.calls.clear()
        return [each.get("companyId") or each.get("parentId") or "" for each in bodies]

    def refuse_partner(self) -> None:
        """Tidewater IT opts out: its list is refused, and who stands below it is hidden."""
        self.tenant.reach.refuse(
            self.partner, "getCompaniesList", details="Access to this company was withdrawn."
        )
        self.tenant.reach.hide(self.quay.id)


@pytest.fixture
def msp() -> Msp:
    world = World(clock=VirtualClock(FIRST))
    partner = world.gravityzone.tenant.add_company("Tidewater IT", kind="partner")
    harbor, quay = (
        world.add_customer("Harbor Dental"),
        world.add_customer("North Quay", parent_id=partner),
    )
    world.check_in(harbor, 5)
    world.check_in(quay, 7)
    return Msp(world=world, harbor=harbor, quay=quay, partner=partner)


def is_right(msp: Msp, customer: Customer, month: str = "2026-11", *, closed: bool = False) -> bool:
    return audit(msp.world, customer, month, closed=closed) == []


class TestGone:
    """A company of which no list tells, and GravityZone refuses to tell."""

    @pytest.mark.parametrize(("code", "words"), GONE)
    @pytest.mark.parametrize("moved", [True, False])
    def test_in_known_words(self, msp: Msp, code: int, words: str, moved: bool) -> None:
        """SAFE-7, READ-9, CLOSE-5: deleted or moved out of reach, it is gone, in whatever code:
        asked once, closed as it stands.
        """
        options = msp.world.gravityzone.options
        options.gone_code, options.gone_details = code, words
        msp.world.play(FIRST)
        if moved:
            msp.tenant.reach.hide(msp.harbor.id)
        else:
            msp.tenant.delete_company(msp.harbor.id)
        msp.asked()
        msp.world.tick(SECOND)
        msp.world.work()
        msp.world.tick(THIRD)
        msp.world.work()
        assert msp.asked().count(msp.harbor.id) == 1
        assert (
            "not in GravityZone any more"
            in msp.world.standing(msp.harbor).causes[WHOLE_COMPANY].reason
        )
        msp.world.play(gmt("2026-12-01 00:00"), CLOSE)
        record = msp.world.record(msp.harbor, "2026-11")
        assert record is not None
        assert (record.state, record.count) == (RecordState.CLOSED, 5)
        assert is_right(msp, msp.quay, closed=True)
        assert msp.world.failures == []

    @pytest.mark.parametrize(("code", "words"), UNKNOWN)
    def test_in_words_that_nobody_knows(self, msp: Msp, code: int, words: str) -> None:
        """READ-9, SAFE-5, SAFE-7: it is that company's failing, with the words and the way out; the
        tick has not failed.
        """
        options = msp.world.gravityzone.options
        options.gone_code, options.gone_details = code, words
        msp.world.play(FIRST)
        msp.tenant.delete_company(msp.harbor.id)
        msp.asked()
        msp.world.tick(SECOND)
        msp.world.tick(THIRD)
        assert msp.asked().count(msp.harbor.id) == 1, "it is not asked again at every tick"
        shown = msp.shown(msp.harbor.id)
        assert (shown.state, shown.since) == (StandingState.FAILING, SECOND)
        assert words in shown.reason
        assert f"tally companies exclude {msp.harbor.id}" in shown.reason
        msp.world.tick(gmt("2026-11-02 00:00"))
        assert msp.asked().count(msp.harbor.id) == 1, "but once a day"

    @pytest.mark.parametrize(("code", "words"), UNKNOWN)
    def test_excluded(self, msp: Msp, code: int, words: str) -> None:
        """READ-9, CLOSE-5: who is excluded is not asked for, and says so; the open month closes
        with what stands.
        """
        options = msp.world.gravityzone.options
        options.gone_code, options.gone_details = code, words
        msp.world.play(FIRST)
        msp.tenant.delete_company(msp.harbor.id)
        msp.world.tick(SECOND)
        msp.world.set_up().exclude(msp.harbor.id, **WHO)
        msp.asked()
        for at in ("2026-11-02 00:00", "2026-12-01 00:00", "2026-12-02 00:00", "2026-12-02 00:15"):
            msp.world.tick(gmt(at))
            msp.world.work()
        assert msp.harbor.id not in msp.asked()
        assert "Excluded" in msp.world.standing(msp.harbor).causes[WHOLE_COMPANY].reason
        record = msp.world.record(msp.harbor, "2026-11")
        assert record is not None
        assert (record.state, record.count) == (RecordState.CLOSED, 5)
        assert is_right(msp, msp.quay, closed=True)
        assert is_right(msp, msp.quay, "2026-12")

    def test_unlinked(self, msp: Msp) -> None:
        """READ-9: unlinked, it opens nothing and fails nobody's tick."""
        msp.world.gravityzone.options.gone_details = "Nothing to see here."
        msp.world.play(FIRST)
        msp.tenant.delete_company(msp.harbor.id)
        msp.world.set_up().unlink(msp.harbor.id, **WHO)
        msp.world.tick(SECOND)
        msp.world.tick(gmt("2026-12-01 00:00"))
        assert msp.shown(msp.harbor.id).state is StandingState.FAILING

    def test_its_licence_is_refused(self, msp: Msp) -> None:
        """READ-9, SAFE-6: what is refused of one company's licence is its own failing; the message
        does not come again and again.
        """
        msp.tenant.reach.refuse(
            msp.harbor.id, "getMonthlyUsage", "getLicenseInfo", details="The license has expired."
        )
        msp.world.play(FIRST)
        shown = msp.shown(msp.harbor.id)
        assert shown.state is StandingState.FAILING
        assert "The license has expired." in shown.reason
        assert "key is wrong" not in shown.reason
        assert msp.world.queue.backlog() == 0
        assert msp.world.queue.dead == []
        assert is_right(msp, msp.quay)

    @pytest.mark.parametrize("subscription", [1, 5])
    def test_a_trial_month_is_not_billed_for_it(self, msp: Msp, subscription: int) -> None:
        """OPEN-9: that lists were read is what counts, however long one company could not be asked
        for.
        """
        msp.world.gravityzone.options.gone_details = "Nothing to see here."
        trial = msp.world.add_customer("Old Mill")
        msp.tenant.change_subscription(trial.id, subscription)
        msp.world.check_in(trial, 3)
        msp.world.play(FIRST)
        msp.tenant.delete_company(msp.harbor.id)
        msp.world.ledger._ticks = None
        msp.world.play(SECOND, gmt("2026-11-15 00:00"), gmt("2026-11-30 23:45"))
        msp.tenant.change_subscription(trial.id, 3)
        msp.world.play(gmt("2026-12-03 00:00"), gmt("2026-12-03 00:15"))
        assert msp.world.record(trial, "2026-11") is None
        assert is_right(msp, trial, "2026-12")

    def test_a_month_without_connectwise_was_looked_at(self, msp: Msp) -> None:
        """OPEN-9: a month in which only ConnectWise failed was looked at: who was seen licensed is
        opened late, a trial is not.
        """
        trial = msp.world.add_customer("Old Mill")
        msp.tenant.change_subscription(trial.id, 1)
        msp.world.check_in(trial, 3)
        msp.world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation="GET *"))
        msp.world.play(FIRST, gmt("2026-11-15 00:00"), gmt("2026-11-30 23:45"))
        msp.world.connectwise.faults.clear()
        msp.tenant.change_subscription(trial.id, 3)
        msp.world.play(gmt("2026-12-03 00:00"), gmt("2026-12-03 00:15"))
        assert msp.world.record(trial, "2026-11") is None
        assert is_right(msp, trial, "2026-12")
        assert is_right(msp, msp.harbor, closed=True)

    def test_no_answer_is_not_the_lists(self, msp: Msp) -> None:
        """OPEN-9, SAFE-5: nor does it matter that one company's call is never answered: the month
        was looked at, and ticks end.
        """
        msp.world.play(FIRST)
        msp.tenant.delete_company(msp.harbor.id)
        fault = Fault(kind=FaultKind.STATUS, operation="getCompanyDetails", contains=msp.harbor.id)
        msp.world.gravityzone.faults.add(fault)
        msp.world.play(gmt("2026-12-01 00:00"))
        ticks = msp.world.ledger.ticks()
        assert ticks is not None
        assert Month(2026, 12) in ticks.planned
        assert ticks.finished == gmt("2026-12-01 00:00")


class TestPartner:
    """A sub-partner whose list is refused for good."""

    def test_its_standing_says_how(self, msp: Msp) -> None:
        """READ-9, MATCH-1, SAFE-7: it is the partner's own trouble, and says the way out; nobody
        new is linked by name until then.
        """
        msp.refuse_partner()
        msp.world.tick(FIRST)
        shown = msp.shown(msp.partner)
        assert shown.state is StandingState.FAILING
        assert "Access to this company was withdrawn." in shown.reason
        assert f"tally companies exclude {msp.partner}" in shown.reason
        unlinked = msp.shown(msp.harbor.id)
        assert unlinked.state is StandingState.NEEDS_SETUP
        assert "Tidewater IT" in unlinked.reason
        assert "exclude" in unlinked.reason

    @pytest.mark.parametrize("without_parent", [True, False])
    def test_who_is_below_is_told_so(self, msp: Msp, without_parent: bool) -> None:
        """READ-9, SAFE-7: who is in no list because of it says so, also where GravityZone tells no
        parent: nobody has excluded a partner.
        """
        msp.world.gravityzone.options.without_parent = without_parent
        msp.world.play(FIRST)
        msp.tenant.reach.refuse(msp.partner, "getCompaniesList")
        msp.world.tick(gmt("2026-11-02 00:00"))
        msp.world.work()
        shown = msp.shown(msp.quay.id)
        assert shown.state is StandingState.FAILING
        assert "below the partner Tidewater IT" in shown.reason

    def test_excluded(self, msp: Msp) -> None:
        """MATCH-1: an excluded partner is not walked, and names are unique among what is left."""
        msp.tenant.add_company("Harbor Dental", parent_id=msp.partner)
        msp.refuse_partner()
        msp.world.play(FIRST)
        msp.world.set_up().exclude(msp.partner, **WHO)
        msp.asked("getCompaniesList")
        msp.world.tick(SECOND)
        msp.world.work()
        assert msp.partner not in msp.asked("getCompaniesList")
        assert is_right(msp, msp.harbor)
        assert msp.shown(msp.partner).state is StandingState.WAITING
        assert "with all companies below it" in msp.shown(msp.partner).reason

    @pytest.mark.parametrize("refused_census", [True, False])
    def test_the_others_go_on(self, msp: Msp, refused_census: bool) -> None:
        """SAFE-5: while it is refused, those that are linked are followed, opened and closed; the
        ticks do not fail.
        """
        msp.world.play(FIRST)
        msp.refuse_partner()
        if refused_census:
            msp.tenant.reach.show(msp.quay.id)
        for at in ("2026-11-02 00:00", "2026-12-01 00:00", "2026-12-02 00:00"):
            msp.world.tick(gmt(at))
            msp.world.work()
        assert is_right(msp, msp.harbor, closed=True)
        assert is_right(msp, msp.harbor, "2026-12")
        assert msp.world.record(msp.quay, "2026-12") is None
        assert msp.shown(msp.quay.id).state is not StandingState.BILLING

    def test_below_it_and_visible_again(self, msp: Msp) -> None:
        """OPEN-9: of a month in which nobody could tell, what was used is opened late, though other
        lists were read in it.
        """
        msp.world.play(FIRST)
        msp.tenant.reach.refuse(msp.partner, "getCompaniesList")
        for at in ("2026-12-01 00:00", "2026-12-15 00:00"):
            msp.world.tick(gmt(at))
            msp.world.work()
        msp.tenant.check_in_new(msp.quay.id, 4)
        assert msp.world.record(msp.quay, "2026-12") is None
        msp.tenant.reach.show(msp.partner)
        msp.world.play(gmt("2027-01-03 00:00"), gmt("2027-01-03 00:15"))
        assert is_right(msp, msp.quay, "2027-01")
        record = msp.world.record(msp.quay, "2026-12")
        assert record is not None

    @pytest.mark.parametrize("without_parent", [True, False])
    def test_excluded_in_mid_month(self, msp: Msp, without_parent: bool) -> None:
        """CLOSE-5: whose partner is excluded goes on to the close of its open month, and opens no
        other until it is included.
        """
        inner = msp.tenant.add_company("Inner IT", parent_id=msp.partner, kind="partner")
        deep = msp.world.add_customer("Deep Water", parent_id=inner)
        msp.world.check_in(deep, 2)
        msp.world.gravityzone.options.without_parent = without_parent
        msp.world.play(FIRST)
        msp.world.set_up().exclude(msp.partner, **WHO)
        for customer in (msp.quay, deep):
            msp.world.check_in(customer, 1)
        msp.world.play(SECOND, gmt("2026-12-01 00:00"), CLOSE, gmt("2026-12-03 00:00"))
        for customer in (msp.quay, deep):
            assert is_right(msp, customer, closed=True)
            assert msp.world.record(customer, "2026-12") is None
            shown = msp.shown(customer.id)
            assert (shown.state, "below a partner that is excluded" in shown.reason) == (
                StandingState.WAITING,
                True,
            )
        assert is_right(msp, msp.harbor, "2026-12")
        msp.world.set_up().include(msp.partner, **WHO)
        msp.world.play(gmt("2026-12-04 00:00"))
        for customer in (msp.quay, deep):
            assert is_right(msp, customer, "2026-12")
        assert msp.world.failures == []

    @pytest.mark.parametrize("which", ["partner", "customer"])
    def test_usage_beyond_an_excluded_ones_line(self, msp: Msp, which: str) -> None:
        """CLOSE-5, LATE-2: an open month goes on to its close with what its line can carry no more,
        whether the customer is excluded or its partner is.
        """
        msp.world.settings = {"late_usage": LateUsage.BILL}
        msp.world.play(FIRST)
        msp.world.set_up().exclude(msp.partner if which == "partner" else msp.quay.id, **WHO)
        people = msp.world.connectwise.people
        people.expire_agreement(msp.quay.agreement_id, date(2026, 11, 20))
        msp.world.play(gmt("2026-11-22 00:00"))
        msp.world.check_in(msp.quay, 2)
        msp.world.play(CLOSE)
        asked = "no agreement of North Quay can be billed for them"
        assert asked in msp.world.standing(msp.quay).shown.reason
        msp.world.add_agreement(msp.quay.connectwise_id, name="New")
        msp.world.play(gmt("2026-12-03 00:00"), gmt("2026-12-03 00:15"))
        record = msp.world.record(msp.quay, "2026-11")
        assert record is not None
        assert (record.state, record.count, [line.pushed for line in record.lines]) == (
            RecordState.CLOSED,
            9,
            [7, 2],
        )
        assert msp.world.record(msp.quay, "2026-12") is None

    @pytest.mark.parametrize("at", [SECOND, gmt("2026-11-02 00:00")])
    @pytest.mark.parametrize("without_parent", [True, False])
    def test_a_lost_licence_beside_it(self, msp: Msp, at: datetime, without_parent: bool) -> None:
        """CLOSE-5, SAFE-7: who loses the monthly licence is told so, on that day too, and is not
        taken for one below the excluded partner.
        """
        msp.world.gravityzone.options.without_parent = without_parent
        msp.world.play(FIRST)
        msp.world.set_up().exclude(msp.partner, **WHO)
        msp.tenant.change_subscription(msp.harbor.id, 1)
        msp.world.play(at)
        assert "no monthly subscription" in msp.shown(msp.harbor.id).reason
        msp.world.play(CLOSE)
        assert "no monthly subscription" in msp.shown(msp.harbor.id).reason

    def test_a_folder_beside_it(self, msp: Msp) -> None:
        """SAFE-7: a customer in a folder, which no list shows, is not taken for one below the
        excluded partner.
        """
        msp.world.play(FIRST)
        msp.world.set_up().exclude(msp.partner, **WHO)
        msp.tenant.folders["f" * 24] = msp.tenant.own.id
        msp.tenant.move_company(msp.harbor.id, "f" * 24)
        msp.world.play(SECOND, gmt("2026-12-01 00:00"))
        assert is_right(msp, msp.harbor, "2026-12")

    @pytest.mark.parametrize("another", [True, False])
    def test_a_company_without_a_subscription_when_it_is_visible_again(
        self, msp: Msp, another: bool
    ) -> None:
        """SAFE-7, READ-9: who is no licensed customer stands in no list then either, and is told
        what is so at the first tick at which its partner is listed, whoever else is refused.
        """
        other = msp.tenant.add_company("Lighthouse IT", kind="partner")
        msp.world.play(FIRST)
        msp.tenant.reach.refuse(msp.partner, "getCompaniesList")
        if another:
            msp.tenant.reach.refuse(other, "getCompaniesList")
        msp.tenant.change_subscription(msp.quay.id, 1)
        morning = gmt("2026-11-02 00:00")
        msp.world.play(morning)
        assert "below the partner Tidewater IT" in msp.shown(msp.quay.id).reason
        msp.tenant.reach.show(msp.partner)
        msp.world.play(morning + timedelta(minutes=15))
        assert "no monthly subscription" in msp.shown(msp.quay.id).reason

    def test_who_is_below_is_asked_for_once(self, msp: Msp) -> None:
        """Known to stand below an excluded partner, it is asked for again once a day, as long as a
        month of it is open.
        """
        msp.world.play(FIRST)
        msp.world.set_up().exclude(msp.partner, **WHO)
        msp.asked()
        msp.world.tick(SECOND)
        assert msp.asked().count(msp.quay.id) == 1
        msp.world.tick(THIRD)
        assert msp.asked().count(msp.quay.id) == 0

    def test_can_be_billed_itself_afterwards(self, msp: Msp) -> None:
        """READ-4: a partner that is excluded or refused is a partner still, to whoever opts it
        in.
        """
        msp.refuse_partner()
        msp.world.play(FIRST)
        assert "nor for any company below it" in msp.world.set_up().exclude(msp.partner, **WHO)
        msp.world.play(SECOND)
        assert "own machines" in msp.world.set_up().bill_partner(msp.partner, **WHO)


def test_an_api_that_is_not_ticked_is_everybodys(msp: Msp) -> None:
    """READ-9: what is said of the key is nobody's refusal: no customer counts as gone, no partner
    as refused, and ticks fail.
    """
    msp.world.play(FIRST)
    msp.world.gravityzone.options.enabled_apis = ("companies", "licensing")
    msp.world.play(SECOND)
    assert "lacks the API Network" in str(msp.world.failures[0])
    assert msp.world.standing(msp.harbor).shown.state is StandingState.BILLING
    assert UNAUTHORIZED == -32001
