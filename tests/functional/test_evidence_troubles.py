"""PROOF-2: evidence stays out of billing's way, and one customer's trouble out of the others'."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.evidence.evidence import Evidence, Fate
from tally.domain.model.month import Month
from tally.errors import (
    MalformedJobError,
    SetupError,
    TallyError,
    TransientError,
    UnreadableItemError,
)
from tally.evidence.delivery import EvidenceDelivery
from tally.evidence.jobs import EvidenceJob, Task
from testing.effects import Effects, KilledError, Moment, kill
from testing.evidence import MemoryEvidence
from testing.world import Customer
from tests.functional.evidence_world import EvidenceWorld
from tests.functional.instants import gmt
from tests.functional.partner_world import Summit

NOVEMBER = Month(2026, 11)
FIRST_WALK = "2026-11-01 03:37"


def msp(customers: int = 2, machines: int = 3) -> tuple[EvidenceWorld, list[Customer]]:
    """Some customers with machines that checked in at the month's first hours."""
    play = EvidenceWorld.at()
    found = [play.world.add_customer(f"Customer {number}") for number in range(customers)]
    for each in found:
        play.world.check_in(each, machines, at=gmt("2026-11-01 02:00"))
    return play, found


def proven(play: EvidenceWorld, customers: list[Customer]) -> list[int]:
    """The number of each customer's proven machines."""
    return [play.evidence(each).proven for each in customers]


def test_a_partners_own_machines() -> None:
    """READ-4: they are the partner's; those of the companies below it are theirs."""
    summit = Summit.billed()
    play = EvidenceWorld(world=summit.world)
    play.walk(FIRST_WALK)
    assert proven(play, [summit.partner, summit.juniper, summit.harbor]) == [12, 5, 7]


def test_a_partners_own_machines_where_the_root_is_refused() -> None:
    """READ-4: a walk below the partner shows the others' machines too, which are not taken."""
    summit = Summit.billed()
    summit.world.gravityzone.options.root_walk = "refused"
    play = EvidenceWorld(world=summit.world)
    play.walk(FIRST_WALK)
    assert proven(play, [summit.partner, summit.juniper, summit.harbor]) == [12, 5, 7]


def test_two_services() -> None:
    """READ-6: the count is that of the service that bills endpoints."""
    email = '{"email": {"counter": "emailSecurityMonthlyUsage", "product": "GZ-EMAIL"}}'
    play = EvidenceWorld.at(services=email)
    customer = play.world.add_customer("Harbor Dental")
    play.world.check_in(customer, 3, at=gmt("2026-11-01 02:00"))
    play.walk(FIRST_WALK)
    assert proven(play, [customer]) == [3]
    assert play.calls("getManagedEndpointDetails") == 3


def test_the_root_walk_is_refused() -> None:
    """READ-9: then each customer is walked by itself, and nobody is left out."""
    play, customers = msp(3)
    play.world.gravityzone.options.root_walk = "refused"
    walked = play.walk(FIRST_WALK)
    assert (walked.customers, walked.troubles) == (3, {})
    assert proven(play, customers) == [3, 3, 3]
    assert play.calls("getNetworkInventoryItems") == 4


def test_answers_that_cannot_be_understood_are_no_outage() -> None:
    """SAFE-5: GravityZone answers between the failures of single customers, however oddly, so they
    are each customer's own and stop nobody's walk.
    """
    play, customers = msp(11, machines=1)
    faults = play.world.gravityzone.faults
    play.world.gravityzone.options.root_walk = "refused"
    ids = sorted(each.id for each in customers)
    for number, company_id in enumerate(ids[:-1]):
        is_odd = number % 2
        faults.add(
            Fault(
                kind=FaultKind.GARBLED if is_odd else FaultKind.STATUS,
                status=503,
                operation="getNetworkInventoryItems",
                contains=company_id,
            )
        )
    walked = play.walk(FIRST_WALK)
    assert sorted(walked.troubles) == ids[:-1]
    assert walked.customers == len(ids)


def test_a_machine_that_moves_where_the_root_walk_is_refused() -> None:
    """PROOF-3: a day later at the latest it is told as moved, whoever is walked first."""
    play, (first, second) = msp(2)
    play.world.gravityzone.options.root_walk = "refused"
    play.days(1, 2)
    tenant = play.world.gravityzone.tenant
    there, back = (play.evidence(each).machines[0].id for each in (first, second))
    tenant.move_endpoint(there, second.id)
    tenant.move_endpoint(back, first.id)
    play.days(3, 4)
    assert play.machine(first, there).fate is play.machine(second, back).fate is Fate.MOVED
    assert play.machine(second, there).moved_in is not None
    assert play.machine(first, back).moved_in is not None


def test_a_company_left_out_of_the_root_walk() -> None:
    """READ-9: it has a count, so it is walked by itself; its machines are not gone."""
    play, customers = msp(2)
    play.walk(FIRST_WALK)
    play.world.gravityzone.options.root_leaves_out = frozenset({customers[0].id})
    walked = play.walk("2026-11-02 03:37")
    assert walked.troubles == {}
    for each in customers:
        assert {one.fate for one in play.evidence(each).machines} == {Fate.LISTED}


def test_an_absence_that_nobody_can_look_into_is_no_fact() -> None:
    """READ-9: it is left out of the root's walk, and its own is refused: nothing changes."""
    play, customers = msp(2)
    play.walk(FIRST_WALK)
    before = play.evidence(customers[0])
    gravityzone = play.world.gravityzone
    gravityzone.options.root_leaves_out = frozenset({customers[0].id})
    gravityzone.tenant.delete_company(customers[0].id)
    walked = play.walk("2026-11-02 03:37", tick=False)
    assert list(walked.troubles) == [customers[0].id]
    assert play.evidence(customers[0]) == before
    assert play.evidence(customers[1]).walked > before.walked


def test_a_list_that_breaks_off_is_no_list() -> None:
    """PROOF-1: nothing becomes unseen by it; the walk fails, and the next makes up for it."""
    play, customers = msp(2)
    play.walk(FIRST_WALK)
    before = [play.evidence(each) for each in customers]
    fault = Fault(kind=FaultKind.STATUS, status=503, operation="getNetworkInventoryItems", times=99)
    play.world.gravityzone.faults.add(fault)
    with pytest.raises(TallyError):
        play.walk("2026-11-02 03:37")
    assert [play.evidence(each) for each in customers] == before
    play.world.gravityzone.faults.clear()
    play.walk("2026-11-03 03:37")
    assert proven(play, customers) == [3, 3]


class _Unreadable(MemoryEvidence):
    """One customer's evidence cannot be read."""

    whose = ""

    def read(self, company_id: str, month: Month) -> Evidence | None:
        if company_id == self.whose:
            raise UnreadableItemError("the item cannot be read")
        return super().read(company_id, month)


def test_what_cannot_be_read_stops_nobody_else() -> None:
    """SAFE-5: it is that customer's trouble, and is not written over."""
    play, customers = msp(3)
    play.store = _Unreadable()
    _Unreadable.whose = customers[0].id
    walked = play.walk(FIRST_WALK)
    assert walked.troubles == {customers[0].id: "the item cannot be read"}
    assert proven(play, customers[1:]) == [3, 3]
    assert (customers[0].id, NOVEMBER) not in play.store.kept


def test_a_right_that_is_lacking_is_the_operators() -> None:
    """READ-9: it is nobody's trouble but the key's, and nothing is tried customer by customer."""
    play, _ = msp(3)
    play.world.gravityzone.options.enabled_apis = ("companies", "licensing")
    with pytest.raises(SetupError):
        play.walk(FIRST_WALK, tick=False)
    assert play.calls("getNetworkInventoryItems") == 1


def test_one_machines_odd_answer_stops_no_other() -> None:
    """SAFE-5: it is not proven, and the others are."""
    play, customers = msp(1)
    odd = play.world.gravityzone.tenant.endpoints_of(customers[0].id)[0].id
    fault = Fault(
        kind=FaultKind.STATUS,
        status=200,
        body="{}",
        operation="getManagedEndpointDetails",
        contains=odd,
        times=9,
    )
    play.world.gravityzone.faults.add(fault)
    play.walk(FIRST_WALK)
    assert proven(play, customers) == [2]
    assert play.machine(customers[0], odd).proof is None
    assert play.failures == []


def test_a_job_that_fails_keeps_what_it_found_and_comes_again() -> None:
    """SAFE-6: it is put off for minutes, soon enough for a month's last hour."""
    play, customers = msp(1, machines=5)
    last = sorted(each.id for each in play.world.gravityzone.tenant.endpoints_of(customers[0].id))
    fault = Fault(
        kind=FaultKind.STATUS,
        status=503,
        operation="getManagedEndpointDetails",
        contains=last[2],
        times=99,
    )
    play.world.gravityzone.faults.add(fault)
    play.walk(FIRST_WALK)
    assert len(play.failures) == 1
    assert proven(play, customers) == [2], "the newest were asked first"
    assert [each.total_seconds() for each in play.queue.put_off_for] == [120]
    play.world.gravityzone.faults.clear()
    play.walk("2026-11-02 03:37")
    assert proven(play, customers) == [5]
    assert play.calls("getManagedEndpointDetails") <= 5 + 10


def test_time_that_is_nearly_over_goes_on_as_a_job() -> None:
    """SAFE-6: walks and looks go on where they stopped, and ask nothing twice."""
    play, customers = msp(4, machines=5)
    play.has_time = lambda: False
    walked = play.walk(FIRST_WALK)
    assert (walked.customers, walked.goes_on) == (1, True)
    assert proven(play, customers) == [5, 5, 5, 5]
    assert play.calls("getManagedEndpointDetails") == 20
    assert play.calls("getNetworkInventoryItems") == 4


def test_looks_that_are_not_saved_are_not_gone_on_with() -> None:
    """SAFE-6: the job comes again by itself; with a further one each time there were ever more."""
    play, _ = msp(1, machines=3)
    play.walk(FIRST_WALK, work=False)
    play.has_time = lambda: False

    class Full(MemoryEvidence):
        """Takes nothing more."""

        def save(self, evidence: Evidence, *, drop_at: datetime) -> Evidence:
            raise TransientError("the table is not available")

    play.store = Full(kept=play.store.kept)
    [body] = play.queue.bodies
    with pytest.raises(TransientError):
        play.function()(body=body, receipt="a receipt", on_job=lambda _: None)
    assert play.queue.bodies == [body]


def test_a_person_removes_while_looks_are_made() -> None:
    """PROOF-5: what a person removed does not come back by a look that was under way."""
    play, customers = msp(1)
    play.walk(FIRST_WALK, work=False)
    inventory = play.function()
    looked = inventory.means.inventory

    class Removing:
        """Removes the evidence when the first look is made."""

        def last_seen(self, machine_id: str) -> object:
            play.store.remove(customers[0].id, NOVEMBER)
            return looked.last_seen(machine_id)

    means = replace(inventory.means, inventory=Removing())  # type: ignore[arg-type]
    play.work(EvidenceDelivery.of(means, close_day=2))
    assert play.store.read(customers[0].id, NOVEMBER) is None


def test_billing_is_the_same_with_evidence_and_without() -> None:
    """PROOF-2: neither its ledger nor ConnectWise is written to by a walk or a look."""
    play, customers = msp(2)
    play.world.play(gmt("2026-11-01 03:25"))
    records = [play.world.record(each, "2026-11") for each in customers]
    calls = play.world.connectwise.calls.count()
    effects = Effects()
    play.reach(gmt(FIRST_WALK))
    function = play.function(effects.wrap)
    function.walk(gmt(FIRST_WALK))
    play.work(function)
    reads = {"all_links", "all_open_records", "all_settled_records", "record"}
    of_ledger = {name.split()[1] for name in effects.names if name.startswith("ledger ")}
    assert of_ledger <= reads
    assert play.world.connectwise.calls.count() == calls
    assert [play.world.record(each, "2026-11") for each in customers] == records


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        '{"task": "bill", "walk": "2026-11-01T03:37:00Z"}',
        '{"task": "look", "walk": 1}',
        '{"tick": "2026-11-01T03:37:00Z", "company_id": "1", "company_name": "x"}',
        EvidenceJob(task=Task.LOOK, walk=gmt("2026-12-01 03:37"), company_id="1").body,
    ],
)
def test_a_message_that_no_walk_can_have_made_is_refused(body: str) -> None:
    """SAFE-9: a billing job, another time's, anything else."""
    play, _ = msp(1)
    play.reach(gmt(FIRST_WALK))
    with pytest.raises(MalformedJobError):
        play.function()(body=body, receipt="", on_job=lambda _: None)


@pytest.mark.slow
def test_killed_between_any_two_effects() -> None:
    """PROOF-2: whatever was done, the event and the jobs that come again do the rest, and nothing
    is proven that was not so.
    """
    counting = Effects()
    whole, _ = _killed(counting, Moment(0, after=False))
    expected = whole.store.kept
    for moment in counting.moments:
        play, customers = _killed(Effects(kill, at=moment), moment)
        assert proven(play, customers) == [3, 2], str(moment)
        assert _shown(play) == {
            key: [(each.id, each.fate, each.gone) for each in kept.machines]
            for key, kept in expected.items()
        }, str(moment)
        assert play.false_proofs() == []


def _shown(play: EvidenceWorld) -> dict[tuple[str, Month], list[object]]:
    return {
        key: [(each.id, each.fate, each.gone) for each in kept.machines]
        for key, kept in play.store.kept.items()
    }


def _killed(effects: Effects, moment: Moment) -> tuple[EvidenceWorld, list[Customer]]:
    """A second day's walk and its jobs, stopped dead at the moment; then all comes again."""
    play, customers = msp(2, machines=2)
    play.walk(FIRST_WALK)
    tenant = play.world.gravityzone.tenant
    tenant.check_in_new(customers[0].id, 1, at=gmt("2026-11-02 02:00"))
    play.world.gravityzone.machines.delete(play.evidence(customers[1]).machines[0].id)
    due = gmt("2026-11-02 03:37")
    play.world.play(gmt("2026-11-02 03:25"))
    play.reach(due)
    for wrap in (effects.wrap, lambda port: port):
        function = play.function(wrap)
        with suppress(KilledError):
            function.walk(due)
            play.work(function)
    play.work()
    return play, customers
