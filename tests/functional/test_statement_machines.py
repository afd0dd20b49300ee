"""Statements of months that were played, with the machines that walks found behind the count."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.model.month import Month
from tally.domain.record.usage_record import RecordState
from tally.domain.statement.canonical import canonical
from tally.domain.statement.machines import machines_in_words
from tally.domain.statement.statement import Stage, Statement
from tally.errors import UnreadableItemError
from tally.people.read_statements import read_statements
from tally.statements.statement_page import drawn_as_page
from testing.evidence import MemoryEvidence
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.october import a_world, invoiced_early, october
from tests.functional.partner_world import Summit
from tests.functional.services_world import EMAIL, setting, world_of
from tests.functional.stated import stated

FIRST = gmt("2026-11-01 00:05")
CLOSE = gmt("2026-12-02 00:05")
NOVEMBER = Month(2026, 11)
SEEN = gmt("2026-11-03 08:00")
BOOKS = {"by": "ann", "why": "the owner called"}
MISSED = "(deleted, returned under a new id, or missed)"


class Machines(MemoryEvidence):
    """A store with the evidence of customers, put there by hand."""

    def put(
        self,
        customer: Customer,
        *machines: Machine,
        month: Month = NOVEMBER,
        begun: datetime | None = None,
    ) -> None:
        """Keep these machines as what walks found from the first night to the last hour."""
        found = Evidence(
            company_id=customer.id,
            month=month,
            begun=begun or month.starts + timedelta(hours=3),
            walked=month.next.starts - timedelta(minutes=40),
            machines=machines,
        )
        self.save(found, drop_at=month.next.starts)


def machine(name: str, *, seen: datetime = SEEN, fate: Fate = Fate.LISTED) -> Machine:
    """A machine with its name as its id, seen active at that time."""
    return Machine(
        id=name,
        name=name.partition("#")[0],
        fqdn=f"{name.partition('#')[0]}.local",
        listed=date(2026, 11, 1),
        proof=MachineProof(seen=seen, read=seen + timedelta(minutes=30)),
        fate=fate,
        gone=None if fate is Fate.LISTED else date(2026, 11, 14),
    )


def some(number: int) -> list[Machine]:
    """So many machines that were seen active and stayed."""
    return [machine(f"pc-{each}") for each in range(number)]


@pytest.fixture
def machines() -> Machines:
    """An empty store."""
    return Machines()


def proven(of: Statement) -> dict[str, int | None]:
    """The number of machines seen active, by service."""
    return {each.service: each.numbers.proven for each in of.services}


@pytest.mark.machines(12)
def test_most_of_those_counted_were_seen(
    world: World, harbor: Customer, machines: Machines
) -> None:
    """PROOF-3: the count, those seen by name, and the one that was not stand on the page."""
    machines.put(harbor, *some(11))
    world.play(FIRST, CLOSE)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert of.stage is Stage.FINAL
    assert proven(of) == {"endpoints": 11}
    assert machines_in_words(of)[0] == (
        f"GravityZone counts 12. Tally saw 11 of them active, by name; one was not seen {MISSED}."
    )
    page = drawn_as_page(of)
    assert all(f"<bdi>pc-{each}</bdi>" in page for each in range(11))


@pytest.mark.machines(3)
def test_deleted_in_mid_month_and_still_counted(
    world: World, harbor: Customer, machines: Machines
) -> None:
    """PROOF-3: a machine that was deleted stays among those seen, with its day, and it is told that
    GravityZone counts it to the month's end.
    """
    machines.put(harbor, *some(2), machine("gone", fate=Fate.DELETED))
    world.play(FIRST, CLOSE)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert proven(of) == {"endpoints": 3}
    assert any("was deleted within the month" in each for each in machines_in_words(of))
    assert "deleted, found on 2026-11-14" in drawn_as_page(of)


@pytest.mark.machines(4)
def test_deleted_returned_and_counted_twice(
    world: World, harbor: Customer, machines: Machines
) -> None:
    """PROOF-3: a machine that came back under a new id stands there twice, and it is told why."""
    machines.put(harbor, *some(2), machine("desk#old", fate=Fate.DELETED), machine("desk#new"))
    world.play(FIRST, CLOSE)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert proven(of) == {"endpoints": 4}
    assert any("stands there more than once" in each for each in machines_in_words(of))


@pytest.mark.machines(3)
def test_clones_share_an_id(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-3: clones are one machine of the list; what the count has beyond it was not seen."""
    machines.put(harbor, *some(2))
    world.play(FIRST, CLOSE)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert machines_in_words(of)[0].endswith(f"; one was not seen {MISSED}.")
    assert b"Clones that share an id stand in it once" in canonical(of)


@pytest.mark.machines(3)
def test_moved_between_two_customers(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-3: a machine that moved stands with both, each is told so, and neither page names the
    other customer.
    """
    juniper = world.add_customer("Juniper Law")
    world.check_in(juniper, 2)
    moved = machine("laptop", fate=Fate.MOVED)
    machines.put(harbor, *some(3), moved)
    came = replace(moved, fate=Fate.LISTED, gone=None, moved_in=gmt("2026-11-14 03:00"))
    machines.put(juniper, came, machine("desk"))
    world.play(FIRST, CLOSE)
    for customer, other in ((harbor, juniper), (juniper, harbor)):
        of = stated(world, customer, "2026-11", evidence=machines)
        told = machines_in_words(of)
        assert any("moved between this inventory and another company's" in each for each in told)
        assert "laptop.local" in drawn_as_page(of)
        assert other.name not in drawn_as_page(of)
        assert other.id.encode() not in canonical(of)
    assert (
        " one more than it counts (moved,"
        in machines_in_words(stated(world, harbor, "2026-11", evidence=machines))[0]
    )


@pytest.mark.machines(1)
def test_seen_only_in_the_last_hour(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-1: what was seen and read in the month's last hour is a proof, with both times."""
    machines.put(harbor, machine("late", seen=gmt("2026-11-30 23:05")))
    world.play(FIRST, CLOSE)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert proven(of) == {"endpoints": 1}
    page = drawn_as_page(of)
    assert "2026-11-30 23:05" in page
    assert "2026-11-30 23:35" in page


def test_a_partners_own_machines() -> None:
    """READ-4: a partner's statement has the machines of its own inventory, and says so."""
    summit, machines = Summit.billed(), Machines()
    machines.put(summit.partner, *some(12))
    machines.put(summit.harbor, *some(7))
    of = stated(summit.world, summit.partner, "2026-11", evidence=machines)
    assert proven(of) == {"endpoints": 12}
    assert any("the partner's own inventory" in each for each in machines_in_words(of))
    below = stated(summit.world, summit.harbor, "2026-11", evidence=machines)
    assert not any("partner" in each for each in machines_in_words(below))


def test_machines_stand_behind_one_of_two_services() -> None:
    """READ-6: machines are the evidence of the count of endpoints, and of no other."""
    world, machines = world_of(setting(email=EMAIL)), Machines()
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    machines.put(harbor, *some(3))
    world.play(FIRST)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert proven(of) == {"email": None, "endpoints": 3}
    assert machines_in_words(of)[0].startswith("GravityZone counts 3. Tally saw 3 machines")


def test_a_floor_above_the_count() -> None:
    """CLOSE-2, PROOF-3: machines stand beside what was counted, not beside what the floor bills."""
    world, harbor = a_world(bill_minimum=True)
    machines = Machines()
    machines.put(harbor, *some(7), month=Month(2026, 10))
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 10
    world.play(gmt("2026-11-02 00:05"))
    of = stated(world, harbor, "2026-10", evidence=machines)
    assert of.services[0].numbers.billed == 10
    assert machines_in_words(of)[0].startswith("GravityZone counts 7. Tally saw 7 machines")


def test_a_late_line() -> None:
    """LATE-2, PROOF-3: with usage that came late, machines stand beside the whole count."""
    world, harbor = invoiced_early(late_usage="bill")
    machines = Machines()
    machines.put(harbor, *some(8), month=Month(2026, 10))
    world.play(gmt("2026-11-02 00:05"))
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 01:05"))
    of = stated(world, harbor, "2026-10", evidence=machines)
    assert [each.place.late for each in of.services[0].lines] == [False, True]
    assert machines_in_words(of)[0] == (
        f"GravityZone counts 9. Tally saw 8 of them active, by name; one was not seen {MISSED}."
    )


def test_a_voided_line() -> None:
    """OPEN-1, PROOF-3: a line that was voided changes nothing of the machines or their count."""
    world, harbor = a_world()
    machines = Machines()
    machines.put(harbor, *some(7), month=Month(2026, 10))
    before = machines_in_words(stated(world, harbor, "2026-10", evidence=machines))
    right = world.connectwise.people.add_company("HarborNorth", "Harbor Dental North")
    world.add_agreement(right)
    world.set_up().link(harbor.id, right, **BOOKS)
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-10-21 00:05"))
    of = stated(world, harbor, "2026-10", evidence=machines)
    assert len(of.services[0].lines) == 2
    assert machines_in_words(of) == before
    assert before[0].startswith("GravityZone counts 7. Tally saw 7 machines")


def test_no_machines(world: World, harbor: Customer, machines: Machines) -> None:
    """READ-3: a customer without a machine has 0 of them, which is a number."""
    machines.put(harbor)
    world.play(FIRST, CLOSE)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert proven(of) == {"endpoints": 0}
    assert machines_in_words(of)[0] == "GravityZone counts 0. Tally saw no machine active."


@pytest.mark.machines(4)
def test_a_count_that_waits(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-5: where a person has kept a number, no count is recorded to compare machines with."""
    machines.put(harbor, *some(4))
    world.play(FIRST)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 2)
    world.play(gmt("2026-11-03 00:05"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    world.answers().reject(record.key, **BOOKS)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert machines_in_words(of)[0] == (
        "Tally saw 4 machines active, by name. GravityZone's count is not recorded: nothing is "
        "compared."
    )


@pytest.mark.machines(3)
def test_an_open_month_has_looks_to_come(
    world: World, harbor: Customer, machines: Machines
) -> None:
    """PROOF-4: while the month is open, who was not seen may be seen yet, and that is said."""
    machines.put(harbor, *some(2))
    world.play(FIRST)
    of = stated(world, harbor, "2026-11", evidence=machines)
    assert machines_in_words(of)[0].endswith(f"; one was not seen yet {MISSED}.")


@pytest.mark.machines(2)
def test_machines_without_a_record(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-5: where nothing was billed, machines stand there without a count, and nothing is made
    up of them.
    """
    machines.put(harbor, *some(2), month=Month(2026, 9))
    world.play(FIRST)
    of = stated(world, harbor, "2026-09", evidence=machines)
    assert (of.stage, of.services) == (Stage.NOT_RECORDED, ())
    assert machines_in_words(of)[0] == (
        "Tally saw 2 machines active, by name. There is no count of all endpoints here to compare "
        "that with."
    )
    assert "pc-1" in drawn_as_page(of)


@pytest.mark.machines(4)
def test_a_month_before_evidence(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-5: what is found in one month fills in nothing of the month before; evidence that was
    off the whole month is the same.
    """
    world.play(FIRST, CLOSE)
    machines.put(harbor, *some(4), month=NOVEMBER.next)
    before = stated(world, harbor, "2026-11", evidence=machines)
    assert proven(before) == {"endpoints": None}
    assert machines_in_words(before)[0].startswith(
        "Which machines were seen active is not recorded:"
    )
    assert canonical(before) == canonical(stated(world, harbor, "2026-11", evidence=None))


@pytest.mark.machines(4)
def test_evidence_that_began_in_mid_month(
    world: World, harbor: Customer, machines: Machines
) -> None:
    """PROOF-5: of a month in which Tally began to look late, that is said."""
    machines.put(harbor, *some(3), begun=gmt("2026-11-14 05:00"))
    world.play(FIRST, CLOSE)
    told = machines_in_words(stated(world, harbor, "2026-11", evidence=machines))
    assert any("machines that were gone by then are not recorded" in each for each in told)


@pytest.mark.machines(4)
def test_the_same_again(world: World, harbor: Customer, machines: Machines) -> None:
    """PROOF-4: record, history and evidence give the same bytes a year later; a further look gives
    a new version.
    """
    machines.put(harbor, *some(4))
    world.play(FIRST, CLOSE)
    first = stated(world, harbor, "2026-11", evidence=machines)
    world.clock.advance(timedelta(days=400))
    again = stated(world, harbor, "2026-11", evidence=machines)
    assert canonical(again) == canonical(first)
    kept = machines.read(harbor.id, NOVEMBER)
    assert kept is not None
    gone = replace(kept.machines[0], fate=Fate.DELETED)
    machines.save(replace(kept, machines=(gone, *kept.machines[1:])), drop_at=CLOSE)
    later = stated(world, harbor, "2026-11", evidence=machines)
    assert later.version == first.version + 1
    assert canonical(later) != canonical(first)


def test_evidence_that_cannot_be_read_hides_no_statement(
    world: World, harbor: Customer, machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-5: a customer whose evidence is damaged has its statement, which says so, and is named;
    the others have theirs, with their machines.
    """
    juniper = world.add_customer("Juniper Law")
    for customer in (harbor, juniper):
        world.check_in(customer, 2)
        machines.put(customer, *some(2))
    world.play(FIRST, CLOSE)
    read = machines.read

    def damaged(company_id: str, month: Month) -> Evidence | None:
        if company_id == harbor.id:
            raise UnreadableItemError("The ledger's item EVIDENCE cannot be read.")
        return read(company_id, month)

    monkeypatch.setattr(Machines, "read", lambda _, *of: damaged(*of))
    unreadable: dict[str, str] = {}
    of_harbor, of_juniper = read_statements(
        world.ledger,
        NOVEMBER,
        zone="UTC",
        evidence=machines,
        evidence_of="endpoints",
        unreadable=unreadable,
    )
    assert of_harbor.services[0].state is RecordState.CLOSED
    assert of_harbor.evidence_unreadable
    assert "is not readable." in machines_in_words(of_harbor)[0]
    assert unreadable == {
        harbor.id: "Harbor Dental, its machines: The ledger's item EVIDENCE cannot be read."
    }
    assert (of_juniper.evidence_unreadable, proven(of_juniper)) == (False, {"endpoints": 2})
