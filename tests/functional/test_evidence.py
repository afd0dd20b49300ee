"""PROOF-1, 2 and 5: what is recorded of machines through a month, whatever becomes of them."""

from datetime import date

import pytest

from tally.domain.evidence.evidence import Fate
from tally.domain.model.month import Month
from testing.effects import Effects
from testing.world import Customer
from tests.functional.evidence_world import EvidenceWorld
from tests.functional.instants import gmt

LAST_HOUR = "2026-11-30 23:23"


def harbor(machines: int = 3) -> tuple[EvidenceWorld, Customer, list[str]]:
    """A customer with so many machines that checked in at the month's first hours."""
    play = EvidenceWorld.at()
    customer = play.world.add_customer("Harbor Dental")
    made = play.world.gravityzone.tenant.check_in_new(
        customer.id, machines, at=gmt("2026-11-01 02:00")
    )
    return play, customer, made


def test_all_machines_that_are_counted_are_proven_at_once() -> None:
    """PROOF-1: where as many are missing as are listed, each is asked about in the first walk."""
    play, customer, made = harbor()
    play.walk("2026-11-01 03:37")
    kept = play.evidence(customer)
    assert {each.id for each in kept.machines} == set(made)
    assert kept.proven == 3
    assert play.calls("getManagedEndpointDetails") == 3
    proof = kept.machines[0].proof
    assert proof is not None
    assert proof.seen == gmt("2026-11-01 02:00")
    assert gmt("2026-11-01 03:37") <= proof.read < gmt("2026-11-01 03:40")
    play.days(2, 9)
    assert play.calls("getManagedEndpointDetails") == 3, "nobody is missing any more"
    assert play.evidence(customer).begun < gmt("2026-11-01 03:40")
    assert play.evidence(customer).walked > gmt("2026-11-09 03:36")


def test_no_address_and_no_user_is_kept() -> None:
    """PROOF-3: id, name, FQDN and days alone."""
    play, customer, made = harbor(1)
    play.walk("2026-11-01 03:37")
    machine = play.machine(customer, made[0])
    name = machine.name
    assert (name[:3], machine.fqdn, machine.listed) == (
        "PC-",
        f"{name.lower()}.local",
        date(2026, 11, 1),
    )


def test_a_machine_that_did_not_connect_in_the_month_is_never_called_active() -> None:
    """PROOF-1: last month's lastSeen proves nothing, and it is asked for once, and once more in the
    last hour, since a deleted one is still counted.
    """
    play, customer, made = harbor()
    tenant = play.world.gravityzone.tenant
    asleep = tenant.check_in_new(customer.id, 1, at=gmt("2026-10-20 08:00"))[0]
    play.world.play(gmt("2026-11-01 02:30"))
    play.world.gravityzone.machines.delete(made[0])
    play.days(1, 8)
    assert (play.count(customer), play.evidence(customer).proven) == (3, 2)
    asked = play.calls("getManagedEndpointDetails")
    play.days(9, 12)
    assert play.calls("getManagedEndpointDetails") == asked == 3
    play.walk(LAST_HOUR)
    assert play.calls("getManagedEndpointDetails") == 4
    assert play.machine(customer, asleep).proof is None
    assert play.false_proofs() == []


def test_deleted_in_mid_month_and_still_counted() -> None:
    """PROOF-1, PROOF-3: its proof stays, the walk finds it gone, and the close says where it is."""
    play, customer, made = harbor()
    play.days(1, 10)
    play.world.gravityzone.machines.delete(made[0])
    play.days(11, 12)
    gone = play.machine(customer, made[0])
    assert (gone.fate, gone.gone) == (Fate.UNSEEN, date(2026, 11, 11))
    assert (play.evidence(customer).proven, play.count(customer)) == (3, 3)
    play.walk(LAST_HOUR)
    play.days(1, 2, "2026-12")
    after = play.machine(customer, made[0])
    assert (after.fate, after.gone, after.proof) == (Fate.DELETED, gone.gone, gone.proof)
    assert play.calls("getCustomGroupsList") == 1


@pytest.mark.parametrize("lost", ["the walk", "its job"])
def test_deleted_and_told_though_the_close_days_walk_was_lost(lost: str) -> None:
    """CLOSE-3, PROOF-3: what became of a machine is told by the next walk that comes."""
    play, customer, made = harbor()
    play.days(1, 10)
    play.world.gravityzone.machines.delete(made[0])
    play.days(11, 12)
    play.walk(LAST_HOUR)
    play.days(1, 1, "2026-12")
    if lost == "its job":
        play.walk("2026-12-02 03:37", work=False)
        play.queue.bodies.clear()
    assert play.machine(customer, made[0]).fate is Fate.UNSEEN
    play.days(3, 20, "2026-12")
    assert play.machine(customer, made[0]).fate is Fate.DELETED
    assert play.calls("getCustomGroupsList") == 1


def test_one_of_whom_nothing_is_found_is_looked_for_a_week() -> None:
    """PROOF-3: what stands in no group "Deleted" stays unseen, and costs no call for ever."""
    play, customer, made = harbor()
    play.days(1, 10)
    play.world.gravityzone.machines.delete(made[0])
    play.days(11, 12)
    play.walk(LAST_HOUR)
    play.world.gravityzone.machines.purge(made[0])
    play.days(1, 20, "2026-12")
    assert play.machine(customer, made[0]).fate is Fate.UNSEEN
    assert play.calls("getCustomGroupsList") == 7


def test_deleted_before_it_was_seen_is_not_invented() -> None:
    """PROOF-3: 3 are counted, 2 were seen active, and nothing is made up for the third."""
    play, customer, made = harbor()
    play.world.play(gmt("2026-11-01 02:30"))
    play.world.gravityzone.machines.delete(made[0])
    play.days(1, 5)
    play.walk(LAST_HOUR)
    assert (play.count(customer), play.evidence(customer).proven) == (3, 2)
    assert made[0] not in {each.id for each in play.evidence(customer).machines}


def test_deleted_returned_and_counted_twice() -> None:
    """PROOF-1: under its new id it is a machine of its own, proven by its own connection."""
    play, customer, made = harbor()
    play.days(1, 4)
    play.world.gravityzone.machines.delete(made[0])
    play.reach(gmt("2026-11-05 09:00"))
    back = play.world.gravityzone.machines.come_back(made[0])
    play.days(6, 7)
    assert (play.count(customer), play.evidence(customer).proven) == (4, 4)
    old, new = play.machine(customer, made[0]), play.machine(customer, back)
    assert (old.fate, new.fate) == (Fate.UNSEEN, Fate.LISTED)
    assert new.listed == date(2026, 11, 6)
    assert play.false_proofs() == []


@pytest.mark.parametrize("kind", ["same id", "new id"])
def test_a_machine_that_is_installed_again(kind: str) -> None:
    """PROOF-1: whether it keeps its id or not, only what connected is proven."""
    play, customer, made = harbor()
    play.world.gravityzone.options.reinstalled = kind  # type: ignore[assignment]
    play.days(1, 4)
    play.reach(gmt("2026-11-05 09:00"))
    new = play.world.gravityzone.machines.reinstall(made[0])
    play.days(6, 7)
    play.walk(LAST_HOUR)
    assert play.count(customer) == 3
    assert play.machine(customer, made[0]).proof is not None
    assert play.machine(customer, new).fate is Fate.LISTED
    assert play.false_proofs() == []


def test_cloned_ids_are_one_machine() -> None:
    """PROOF-1: GravityZone counts them once, and so are they listed."""
    play, customer, made = harbor()
    play.reach(gmt("2026-11-01 02:30"))
    play.world.gravityzone.machines.clone(made[0], "PC-COPY")
    play.days(1, 4)
    assert (play.count(customer), play.evidence(customer).proven) == (3, 3)
    assert len(play.evidence(customer).machines) == 3


def two_customers() -> tuple[EvidenceWorld, Customer, Customer, str]:
    """Two customers with 2 machines each, recorded for some days, and one of the first's."""
    play, first, made = harbor(2)
    second = play.world.add_customer("Juniper Law")
    play.world.check_in(second, 2, at=gmt("2026-11-01 02:00"))
    play.days(1, 4)
    return play, first, second, made[0]


def test_moved_between_two_customers() -> None:
    """PROOF-1: at its new customer it is proven by what it did there, and not before."""
    play, first, second, machine = two_customers()
    tenant = play.world.gravityzone.tenant
    play.reach(gmt("2026-11-05 09:00"))
    tenant.move_endpoint(machine, second.id)
    # Another one checks in there, so that GravityZone counts one more than is proven.
    tenant.check_in_new(second.id, 1, at=gmt("2026-11-05 10:00"))
    play.walk("2026-11-06 03:37")
    moved = play.machine(first, machine)
    assert (moved.fate, moved.gone) == (Fate.MOVED, date(2026, 11, 6))
    assert moved.proof is not None
    assert second.id not in repr(play.evidence(first))
    assert play.machine(second, machine).proof is None
    tenant.check_in(machine, gmt("2026-11-07 08:00"))
    play.days(7, 9)
    arrived = play.machine(second, machine)
    assert arrived.proof is not None
    assert arrived.proof.seen == gmt("2026-11-07 08:00")
    assert (play.count(second), play.evidence(second).proven) == (4, 4)


def test_moved_along_with_what_it_used_it_must_be_seen_again() -> None:
    """PROOF-1: GravityZone may count it at its new customer for what it did at the old one; that is
    no proof here, even in the last hour.
    """
    play, _, second, machine = two_customers()
    play.reach(gmt("2026-11-05 09:00"))
    play.world.gravityzone.tenant.move_endpoint(machine, second.id, along=True)
    play.days(6, 8)
    play.walk(LAST_HOUR)
    assert (play.count(second), play.evidence(second).proven) == (3, 2)
    assert play.machine(second, machine).proof is None


def test_a_machine_seen_only_in_the_last_hour() -> None:
    """PROOF-1: the last walk finds it, and asks though another was asked about in vain before."""
    play, customer, _ = harbor()
    tenant = play.world.gravityzone.tenant
    asleep = tenant.check_in_new(customer.id, 2, at=gmt("2026-10-20 08:00"))
    play.days(1, 5)
    late = tenant.check_in_new(customer.id, 1, at=gmt("2026-11-30 23:05"))[0]
    tenant.check_in(asleep[0], gmt("2026-11-30 23:06"))
    play.walk(LAST_HOUR)
    assert (play.count(customer), play.evidence(customer).proven) == (5, 5)
    assert play.machine(customer, late).listed == date(2026, 11, 30)
    assert play.machine(customer, asleep[1]).proof is None


def test_a_look_read_after_the_month_proves_nothing() -> None:
    """PROOF-1: the machine was active in November, but nobody read that before it ended."""
    play, customer, _ = harbor()
    play.world.play(gmt("2026-11-30 23:11"))
    play.walk(LAST_HOUR, work=False)
    assert len(play.queue.bodies) == 1
    play.reach(gmt("2026-12-01 00:00"))
    play.work()
    assert play.evidence(customer).proven == 0
    assert play.calls("getManagedEndpointDetails") == 0


def test_looks_stop_where_the_month_ends() -> None:
    """PROOF-1: a proof is an answer that came within the month; the first of December is none."""
    play, customer, _ = harbor(12)
    play.walk(LAST_HOUR, work=False)
    play.reach(gmt("2026-11-30 23:59:57"))
    play.calls_per_second = 1
    play.work()
    kept = play.evidence(customer)
    assert 0 < kept.proven < 12
    for each in kept.machines:
        assert each.proof is None or each.proof.read < Month(2026, 12).starts


def test_a_walk_that_comes_after_its_month_records_nothing() -> None:
    """PROOF-5: December's machines are none of November's."""
    play, customer, _ = harbor()
    play.world.play(gmt("2026-11-30 23:11"))
    play.reach(gmt("2026-12-01 00:01"))
    walked = play.function().walk(gmt(LAST_HOUR))
    assert walked.skipped == "2026-11 is over"
    assert play.store.read(customer.id, Month(2026, 11)) is None


def test_each_month_begins_anew() -> None:
    """PROOF-1: a proof of November is none of December, and the likely ones are asked first."""
    play, customer, made = harbor()
    tenant = play.world.gravityzone.tenant
    stale = tenant.check_in_new(customer.id, 1, at=gmt("2026-10-20 08:00"))
    play.days(1, 9)
    for each in made:
        tenant.check_in(each, gmt("2026-12-01 08:00"))
    before = play.calls("getManagedEndpointDetails")
    play.days(1, 9, "2026-12")
    december = play.evidence(customer, "2026-12")
    assert {each.id for each in december.machines if each.proof} == set(made)
    assert play.calls("getManagedEndpointDetails") - before <= 3
    assert {*made, *stale} == {each.id for each in december.machines}
    assert play.false_proofs() == []


def test_no_machines() -> None:
    """PROOF-5: that there are none is recorded too: it is not the same as nothing recorded."""
    play, customer, _ = harbor(0)
    play.walk("2026-11-01 03:37")
    kept = play.evidence(customer)
    assert (kept.machines, kept.begun) == ((), kept.walked)
    assert play.calls("getManagedEndpointDetails") == 0


@pytest.mark.slow
@pytest.mark.no_cover
def test_five_thousand_machines() -> None:
    """PROOF-1: one customer's looks go on for many minutes, and are saved on the way."""
    play, customer, _ = harbor(5_000)
    play.world.settings = {"first_month_seats": 10_000}
    play.world.plan = play.world.planner()
    effects = Effects()
    play.walk("2026-11-01 03:37", work=False)
    play.work(play.function(effects.wrap))
    assert play.evidence(customer).proven == 5_000
    assert effects.count("evidence save") == 25


def test_names_of_strangers_are_not_kept() -> None:
    """PROOF-5: machines of a company that is not billed are nobody's evidence."""
    play, _, _ = harbor()
    stranger = play.world.gravityzone.tenant.add_company("Nobody's Firm")
    play.world.gravityzone.tenant.check_in_new(stranger, 2, at=gmt("2026-11-01 02:00"))
    play.days(1, 3)
    assert play.store.read(stranger, Month(2026, 11)) is None


def test_evidence_is_dropped_after_the_setting() -> None:
    """PROOF-5: so many months after its month has ended."""
    play, customer, _ = harbor()
    play.walk("2026-11-01 03:37")
    assert play.store.dropped[customer.id, Month(2026, 11)] == gmt("2029-12-01 00:00")


def test_nothing_is_walked_where_no_service_bills_endpoints() -> None:
    """PROOF-2: machines would explain nothing then."""
    play, _, _ = harbor()
    play.service = ""
    assert play.walk("2026-11-01 03:37").skipped == "no service bills endpoints"
    assert play.calls("getNetworkInventoryItems") == 0


@pytest.mark.slow
@pytest.mark.no_cover
def test_calls_are_few() -> None:
    """PROOF-1: at 12 machines a customer, half a call a customer and month for walks, and one a
    machine, with customers of whom some machines sleep and some are gone.
    """
    play = EvidenceWorld.at()
    tenant = play.world.gravityzone.tenant
    customers = [play.world.add_customer(f"Customer {number:03d}") for number in range(100)]
    for number, each in enumerate(customers):
        active = tenant.check_in_new(each.id, 12 - number % 3, at=gmt("2026-11-01 02:00"))
        tenant.check_in_new(each.id, number % 3, at=gmt("2026-10-20 08:00"))
        for late in active[: number % 4]:
            tenant.check_in(late, gmt(f"2026-11-{2 + number % 20:02d} 12:00"))
    for day in range(1, 31):
        play.walk(f"2026-11-{day:02d} 03:37", tick=day in (1, 2, 3, 10, 20))
    play.walk(LAST_HOUR)
    looks = play.calls("getManagedEndpointDetails")
    walks = play.calls("getNetworkInventoryItems")
    pages_of_a_walk = 2
    assert walks <= 32 * pages_of_a_walk
    assert looks <= 100 * 12
    assert all(play.evidence(each).proven == play.count(each) for each in customers)
    assert play.false_proofs() == []
