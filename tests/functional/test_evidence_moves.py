"""PROOF-1: a machine that moves is proven at its new customer by what it did there alone, whenever
it moved, as long as any walk had seen it at the old one.
"""

from collections.abc import Callable
from contextlib import suppress

from simulators.faults import Fault
from simulators.request import Request
from tally.domain.evidence.evidence import Evidence, Fate, Machine
from tally.domain.model.month import Month
from tally.errors import TransientError
from testing.evidence import MemoryEvidence
from testing.world import Customer
from tests.functional.evidence_world import EvidenceWorld
from tests.functional.instants import gmt

LAST_HOUR = "2026-11-30 23:23"


def two(at: str = "2026-11-01 02:00") -> tuple[EvidenceWorld, Customer, Customer, str]:
    """Two customers with 2 machines each, walked one by one, and a machine of the first's."""
    play = EvidenceWorld.at("2026-10-29 23:00")
    first, second = (play.world.add_customer(name) for name in ("Harbor Dental", "Juniper Law"))
    if first.id > second.id:
        first, second = second, first
    tenant = play.world.gravityzone.tenant
    machine = tenant.check_in_new(first.id, 2, at=gmt(at))[0]
    play.world.check_in(second, 2, at=gmt(at))
    play.world.gravityzone.options.root_walk = "refused"
    return play, first, second, machine


def counts_one_more(play: EvidenceWorld, customer: Customer, at: str) -> None:
    """Let GravityZone count a machine that nobody sees, so that all others are asked about."""
    play.reach(gmt(at))
    machines = play.world.gravityzone.tenant
    (made,) = machines.check_in_new(customer.id, 1, at=gmt(at))
    play.world.gravityzone.machines.delete(made)


def before_the_third_list(play: EvidenceWorld, act: Callable[[], None]) -> None:
    """Let something happen before the second customer is walked: the root comes first."""
    lists: list[str] = []

    def chooser(_: Request, operation: str) -> Fault | None:
        if operation == "getNetworkInventoryItems":
            lists.append(operation)
            if len(lists) == 3:
                act()
        return None

    play.world.gravityzone.faults.chooser = chooser


def machine_of(play: EvidenceWorld, customer: Customer, id_: str) -> Machine | None:
    return next((each for each in play.evidence(customer).machines if each.id == id_), None)


def test_moved_between_two_months() -> None:
    """It connected on the 1st at its old customer, whom only October's walks had seen it with."""
    play, first, second, machine = two("2026-10-30 02:00")
    tenant = play.world.gravityzone.tenant
    play.walk("2026-10-30 03:37")
    play.reach(gmt("2026-11-01 01:00"))
    tenant.check_in(machine, gmt("2026-11-01 01:00"))
    for each in list(tenant.endpoints_of(second.id)):
        tenant.check_in(each.id, gmt("2026-11-01 01:00"))
    counts_one_more(play, second, "2026-11-01 01:10")
    play.reach(gmt("2026-11-01 02:00"))
    tenant.move_endpoint(machine, second.id)
    play.days(1, 3)
    play.walk(LAST_HOUR)
    arrived = machine_of(play, second, machine)
    assert arrived is not None
    assert arrived.proof is None
    assert machine_of(play, first, machine) is None


def test_moved_while_its_first_walk_is_made() -> None:
    """One walk finds it with both customers, one after the other."""
    play, first, second, machine = two()
    tenant = play.world.gravityzone.tenant
    counts_one_more(play, second, "2026-11-01 02:10")
    before_the_third_list(play, lambda: tenant.move_endpoint(machine, second.id))
    play.days(1, 3)
    play.walk(LAST_HOUR)
    arrived = machine_of(play, second, machine)
    assert machine_of(play, first, machine) is not None
    assert arrived is not None
    assert arrived.proof is None


def test_moved_away_and_back_while_its_customer_could_not_be_walked() -> None:
    """What it did at the other customer is none of the first's, where it was listed all along."""
    play, first, second, _ = two()
    tenant = play.world.gravityzone.tenant
    (asleep,) = tenant.check_in_new(first.id, 1, at=gmt("2026-10-20 08:00"))
    play.days(1, 4)
    play.reach(gmt("2026-11-05 01:00"))
    tenant.move_endpoint(asleep, second.id)
    tenant.check_in(asleep, gmt("2026-11-05 02:00"))
    tenant.reach.hide(first.id)
    play.walk("2026-11-05 03:37")
    there = machine_of(play, second, asleep)
    assert there is not None
    assert machine_of(play, first, asleep).fate is Fate.LISTED  # type: ignore[union-attr]
    tenant.reach.show(first.id)
    tenant.move_endpoint(asleep, first.id)
    counts_one_more(play, first, "2026-11-05 09:00")
    play.days(6, 8)
    play.walk(LAST_HOUR)
    back = machine_of(play, first, asleep)
    assert back is not None
    assert back.proof is None


def test_moved_from_a_customer_who_is_billed_no_more() -> None:
    """November's walks saw it with a customer that a person excluded then: what it did there in
    December proves nothing here.
    """
    play, first, second, machine = two()
    tenant = play.world.gravityzone.tenant
    play.walk("2026-11-01 03:37")
    play.world.set_up().exclude(first.id, by="mira", why="left us")
    play.reach(gmt("2026-12-01 01:00"))
    for each in (machine, *(each.id for each in tenant.endpoints_of(second.id))):
        tenant.check_in(each, gmt("2026-12-01 01:00"))
    counts_one_more(play, second, "2026-12-01 01:10")
    tenant.move_endpoint(machine, second.id)
    play.days(1, 9, "2026-12")
    play.walk("2026-12-31 23:23")
    (arrived,) = [each for each in play.evidence(second, "2026-12").machines if each.id == machine]
    assert arrived.proof is None


def test_a_walk_that_cannot_read_where_machines_were_records_nothing() -> None:
    """A table that does not answer for the old customer hides that a machine came from there."""
    play, first, second, machine = two()
    play.walk("2026-11-01 03:37")
    for _ in range(2):
        counts_one_more(play, second, "2026-11-01 09:00")
    play.world.gravityzone.tenant.move_endpoint(machine, second.id)

    class Failing(MemoryEvidence):
        def read(self, company_id: str, month: Month) -> Evidence | None:
            if company_id == first.id:
                raise TransientError("DynamoDB does not answer")
            return MemoryEvidence.read(self, company_id, month)

    play.world.play(gmt("2026-11-02 03:25"))
    play.reach(gmt("2026-11-02 03:37"))
    whole, play.store = play.store, Failing(play.store.kept)
    with suppress(TransientError):
        play.function().walk(gmt("2026-11-02 03:37"))
    play.store = whole
    play.work()
    play.days(3, 9)
    arrived = machine_of(play, second, machine)
    assert arrived is not None
    assert arrived.proof is None
