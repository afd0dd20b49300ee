"""PULSE-1: a total tells a move once, so nobody is forgotten whose count a search cannot tell."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.company import EVERYBODY, Stretch
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.messages import Job
from testing.queue import Message
from tests.functional.pulse_world import MINUTE, TICK, PulseMsp


@pytest.fixture
def msp() -> PulseMsp:
    """An MSP whose totals have proven themselves."""
    found = PulseMsp()
    found.prove()
    return found


def test_an_index_that_lags_after_a_sweep_hides_no_move() -> None:
    """PULSE-2: what the sweep has read is no move since, though the index may not show it yet.

    Its last jobs end just before a look; then another company moves by as much.
    """
    msp = PulseMsp(index_lag=timedelta(seconds=50))
    msp.prove()
    first, last = msp.customers[0], msp.customers[28]  # the first one has moved lately
    before = (msp.billed(first), msp.billed(last))
    msp.world.check_in(first, 1)
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while (msp.now.minute - 5) % 15:
        msp.fire()
    assert msp.world.tick(msp.now).jobs == len(msp.customers)
    msp.now += 5 * MINUTE
    msp.world.clock.set(msp.now - timedelta(seconds=9))
    msp.world.work(until=timedelta(seconds=8))
    msp.world.check_in(last, 1)
    msp.pass_time(3 * MINUTE)
    assert (msp.billed(first), msp.billed(last)) == (before[0] + 1, before[1] + 1)


def test_a_search_that_takes_too_long_is_followed_by_a_full_sweep(
    msp: PulseMsp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PULSE-4: it knows nothing of the others, and what moved among them may show as a later move.

    Whose job comes late could stand for another company, which moves meanwhile.
    """
    first, last = msp.customers[0], msp.customers[28]  # the first one has moved lately
    before = (msp.billed(first), msp.billed(last))
    msp.world.check_in(first, 1)
    monkeypatch.setattr("tally.pulse.firing._LONGEST_SEARCH", timedelta())
    msp.world.clock.set(msp.now)
    msp.world.firing.pulse(msp.now)
    monkeypatch.undo()
    msp.now += MINUTE
    assert msp.pulse.asked == "a search took too long"
    for message in msp.world.queue.receive():  # only its job is in time
        if last.id in message.body:
            msp.world.deliver(message, msp.world.worker())
    msp.world.check_in(last, 1)
    msp.pass_time(TICK)
    assert (msp.billed(first), msp.billed(last)) == (before[0] + 1, before[1] + 1)
    assert not msp.whole()


def test_who_could_not_be_told_of_is_read_at_the_next_tick(msp: PulseMsp) -> None:
    """A search could not read it, and its job was lost: its move is in the total by now."""
    rose = msp.customers[4]
    before = msp.billed(rose)
    msp.world.check_in(rose, 1)
    msp.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, contains=rose.id))
    msp.world.clock.set(msp.now)
    assert msp.world.firing.pulse(msp.now).jobs == 1
    msp.world.queue.clear()
    msp.world.gravityzone.faults.clear()
    msp.now += MINUTE
    assert msp.fire().planned.skipped == "no total has moved"
    msp.pass_time(TICK)
    assert msp.billed(rose) == before + 1


def test_what_nobody_is_billed_for_makes_no_search_follow_another(msp: PulseMsp) -> None:
    """The MSP's own machines come one a minute: without the pulse, it would not cost less."""
    read = 0
    for _ in range(30):
        msp.world.gravityzone.tenant.check_in_new(msp.root, 1)
        read += len({each.id for each in msp.customers} & {*msp.fire().read})
    assert len(msp.customers) <= read <= 3 * len(msp.customers)


def _in_hand(msp: PulseMsp) -> Sequence[Message]:
    """Let workers take all jobs just before the next tick, and have them in hand."""
    msp.world.clock.set(msp.now + TICK - MINUTE)
    taken: list[Message] = []
    while messages := msp.world.queue.receive():
        taken += messages
    return taken


def test_a_sweep_that_takes_longer_than_a_tick_is_waited_for() -> None:
    """PULSE-2: thousands of companies at GravityZone's pace; one begun anew never is complete."""
    msp = PulseMsp(calls_per_second=0.045)
    msp.prove()
    rose = msp.customers[3]
    before = msp.billed(rose)
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while (msp.now.minute - 5) % 15:
        msp.fire()
    begun = msp.now
    assert msp.world.tick(begun).jobs == len(msp.customers)
    messages = _in_hand(msp)
    msp.world.check_in(rose, 1)
    msp.now = begun + TICK
    assert msp.world.tick(msp.now).pulse.startswith("who must be read, and a sample")
    for message in messages:
        msp.world.deliver(message, msp.world.worker())
    msp.now += MINUTE
    msp.pass_time(3 * MINUTE)
    assert msp.pulse.swept == begun
    assert msp.billed(rose) == before + 1


def test_an_unproven_sweep_is_waited_for_too() -> None:
    """PULSE-3: each tick reads every company, and the account of the sweep before goes on."""
    msp = PulseMsp(calls_per_second=0.045)
    msp.world.tick(msp.now)
    messages = _in_hand(msp)
    msp.now += TICK
    assert msp.world.tick(msp.now).jobs == len(msp.customers)
    for message in messages:
        msp.world.deliver(message, msp.world.worker())
    msp.now += MINUTE
    msp.pass_time(3 * MINUTE)
    assert msp.pulse.proof.agreed == 1


def test_a_sweep_is_not_waited_for_by_its_own_tick() -> None:
    """PULSE-4: the tick comes again, as it was killed before it had sent anything."""
    msp = PulseMsp(calls_per_second=0.045)
    msp.prove()
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while (msp.now.minute - 5) % 15:
        msp.fire()
    assert msp.world.tick(msp.now).jobs
    msp.world.queue.clear()
    assert msp.world.tick(msp.now).jobs == len(msp.customers)
    msp.world.queue.clear()
    assert msp.world.tick(msp.now + 2 * TICK).pulse.endswith("the last full sweep was not complete")


def test_a_sweep_whose_job_was_overtaken_is_not_complete(msp: PulseMsp) -> None:
    """PULSE-2, SAFE-4: a newer job had read the company, maybe before the sweep's totals were."""
    rose = msp.customers[4]
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while (msp.now.minute - 5) % 15:
        msp.fire()
    msp.world.check_in(rose, 1)
    assert msp.world.tick(msp.now).jobs == len(msp.customers)
    for message in _in_hand(msp):
        if rose.id in message.body:
            newer = Job.model_validate_json(message.body)
            newer = newer.model_copy(update={"tick": newer.tick + MINUTE, "branch": ""})
            msp.world.deliver(message._replace(body=newer.model_dump_json()), msp.world.worker())
        msp.world.deliver(message, msp.world.worker())
    msp.now += TICK + MINUTE
    msp.pass_time(3 * MINUTE)
    assert msp.whole() == "the last full sweep was not complete"


@pytest.mark.parametrize("heals_at_a_look", [False, True])
def test_whose_trouble_has_ended_is_read_once_more(
    msp: PulseMsp, monkeypatch: pytest.MonkeyPatch, heals_at_a_look: bool
) -> None:
    """PULSE-5: a sweep could not read it, and its rise was in the total by then: no move tells."""
    rose, other = msp.customers[3], msp.customers[4]
    before = msp.billed(rose)
    sound = msp.world.ledger.all_open_records

    def odd(within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        for each in sound(within):
            assert isinstance(each, UsageRecord)
            is_odd = each.key.company_id == rose.id
            yield Unreadable(rose.id, "damaged", each.key.month) if is_odd else each

    monkeypatch.setattr(msp.world.ledger, "all_open_records", odd)
    msp.world.check_in(rose, 1)
    msp.sweep()
    msp.pass_time(8 * MINUTE)
    assert msp.billed(rose) == before
    monkeypatch.undo()
    monkeypatch.setattr("tally.pulse.tick_course.sample", lambda *_: ())
    if heals_at_a_look:
        msp.world.check_in(other, 1)
        assert msp.fire().planned.pulse.startswith("searched")
        assert msp.billed(rose) == before
    assert msp.whole() == ""
    assert msp.billed(rose) == before + 1
