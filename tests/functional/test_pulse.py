"""PULSE: totals of partners spare readings once they have proven themselves, and never a count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest

from simulators.faults import Fault, FaultKind
from simulators.gravityzone import TotalsTold
from simulators.gravityzone.usage import ENDPOINTS, CheckIn, Counter
from tally.domain.model.month import Month
from tally.domain.pulse.state import Trust
from tally.domain.record.record_key import RecordKey
from tally.errors import TallyError
from tests.functional.pulse_world import MINUTE, THIRD, TICK, PulseMsp


@pytest.fixture
def msp() -> PulseMsp:
    """An MSP whose totals have proven themselves."""
    found = PulseMsp()
    found.prove()
    return found


def test_every_tick_reads_every_company_until_the_totals_have_proven_themselves() -> None:
    """PULSE-3: three complete sweeps have to agree."""
    msp = PulseMsp()
    ids = {each.id for each in msp.customers}
    for fired in msp.pass_time(2 * TICK):
        if "every company" in fired.planned.pulse:
            assert ids <= {*fired.read}
        else:
            assert not ids & {*fired.read}
    assert msp.pulse.proof.trust is Trust.UNPROVEN


def test_totals_that_agree_but_never_rise_prove_nothing() -> None:
    """PULSE-3: a total that always says the same agrees with companies that do not move."""
    msp = PulseMsp()
    msp.pass_time(5 * TICK)
    assert (msp.pulse.proof.trust, msp.pulse.proof.agreed) == (Trust.UNPROVEN, 3)
    msp.world.check_in(msp.customers[1], 1)
    msp.pass_time(2 * TICK)
    assert msp.pulse.proof.trust is Trust.PROVEN


def test_a_total_that_has_not_moved_spares_the_companies_below_it(msp: PulseMsp) -> None:
    """A look costs one call, and a tick reads a sample and the total, once."""
    ids = {each.id for each in msp.customers}
    for fired in msp.pass_time(4 * TICK):
        if fired.planned.skipped:
            assert set(fired.read) <= {msp.root}
            assert len(fired.read) <= 2
        else:
            assert 20 <= len(ids & {*fired.read}) <= 21  # one may be due for its daily look
            assert fired.read.count(msp.root) == 1


def test_samples_go_through_all_companies(msp: PulseMsp) -> None:
    """PULSE-4: in some ticks everybody has been read, though no total moved."""
    read = {each for fired in msp.pass_time(2 * TICK) for each in fired.read}
    assert {each.id for each in msp.customers} <= read


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_samples_go_through_all_companies_however_rare_ticks_are(minutes: int) -> None:
    """PULSE-4: four samples are all, whatever ``ScheduleMinutes`` and the full sweeps between."""
    msp = PulseMsp(size=80)
    msp.prove()
    msp.every = timedelta(minutes=minutes)
    sampled: set[str] = set()
    samples = 0
    while samples < 4:
        fired = msp.fire()
        if "a sample" in fired.planned.pulse:
            samples += 1
            sampled.update(fired.read)
    assert {each.id for each in msp.customers} <= sampled


def test_a_rise_is_billed_after_the_next_look(msp: PulseMsp) -> None:
    """Fresher by minutes: the companies that rose, and no others, have a job."""
    first, second = msp.customers[3], msp.customers[8]
    before = (msp.billed(first), msp.billed(second))
    msp.world.check_in(first, 4)
    msp.world.check_in(second, 1)
    fired = msp.fire()
    assert fired.planned.jobs == 2
    assert (msp.billed(first), msp.billed(second)) == (before[0] + 4, before[1] + 1)
    assert msp.fire().planned.skipped == "no total has moved"


def test_a_search_ends_once_it_has_found_the_whole_move(msp: PulseMsp) -> None:
    """The likely ones come first: who moved lately is read before all others."""
    msp.world.check_in(msp.customers[5], 1)
    msp.fire()
    msp.world.check_in(msp.customers[5], 1)
    fired = msp.fire()
    companies = [each for each in fired.read if each not in {msp.root, msp.partner}]
    assert companies == [msp.customers[5].id] * 2  # by the search, and by its job


def test_a_search_whose_total_moves_on_is_followed_by_another(msp: PulseMsp) -> None:
    """What was found makes up the move, and the total, read again, does not agree.

    The next look knows how much is missing, and reads the likely ones first again, in place of all
    the unlikely ones now.
    """
    early, late = msp.customers[5], msp.customers[29]
    msp.world.check_in(early, 1)
    msp.fire()
    msp.world.check_in(early, 1)
    # One second after the total is read, and before the search has read its first company.
    msp.world.check_in(late, 1, at=msp.now + timedelta(milliseconds=150))
    before = (msp.billed(early), msp.billed(late))
    assert msp.fire().planned.jobs == 1
    assert msp.billed(early) == before[0] + 1
    assert msp.fire().planned.jobs == 1
    assert msp.billed(late) == before[1] + 1
    assert msp.fire().planned.skipped == "no total has moved"


def test_what_a_sweep_has_read_is_not_searched_again(msp: PulseMsp) -> None:
    """A machine comes between the totals before a sweep and the reading of its company."""
    msp.world.check_in(msp.customers[2], 1)
    msp.fire()
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while (msp.now.minute - 5) % 15:
        msp.fire()
    rose = max(msp.customers, key=lambda each: each.id)  # the last one to be read
    msp.world.check_in(rose, 1, at=msp.now + timedelta(seconds=1, milliseconds=500))
    before = msp.billed(rose)
    assert msp.fire().planned.pulse.startswith("every company")
    assert msp.billed(rose) == before + 1
    while not (fired := msp.fire()).planned.pulse:
        assert "every company" in fired.planned.skipped  # until the sweep is judged
    assert fired.planned.pulse == "searched: 0 companies read"
    assert not {each.id for each in msp.customers} & {*fired.read}
    assert msp.fire().planned.skipped == "no total has moved"


def test_a_tick_that_spares_readings_looks_at_the_totals_too(msp: PulseMsp) -> None:
    """No other look falls into its minute."""
    while (msp.now.minute - 5) % 15:
        msp.fire()
    msp.world.check_in(rose := msp.customers[29], 1)
    before = msp.billed(rose)
    assert "companies read" in msp.fire().planned.pulse
    assert msp.billed(rose) == before + 1


def test_a_look_does_not_supersede_a_tick_that_comes_late(msp: PulseMsp) -> None:
    """SAFE-4: the tick is planned after it; the same tick once more is superseded."""
    while (msp.now.minute - 5) % 15:
        msp.fire()
    late = msp.now
    msp.now += MINUTE
    msp.world.check_in(msp.customers[29], 1)
    assert "companies read" in msp.fire().planned.pulse
    planned = msp.world.tick(late)
    assert planned.pulse.startswith("who must be read, and a sample")
    assert planned.jobs
    msp.world.work()
    assert "superseded" in msp.world.tick(late).skipped


def test_a_tick_that_is_superseded_looks_at_nothing(msp: PulseMsp) -> None:
    """SAFE-4: it calls nobody, says of no company that it was read, and changes no memory."""
    while (msp.now.minute - 5) % 15:
        msp.fire()
    late = msp.now
    msp.fire()
    msp.world.check_in(msp.customers[29], 1)
    known = msp.pulse
    msp.world.gravityzone.calls.clear()
    planned = msp.world.tick(late - MINUTE)
    assert planned.skipped.startswith("superseded")
    assert (planned.pulse, planned.jobs, msp.pulse) == ("", 0, known)
    assert not msp.world.gravityzone.calls.of("getMonthlyUsage")


def test_a_tick_whose_sweep_waits_says_of_no_company_that_it_was_read(msp: PulseMsp) -> None:
    """PULSE-4: the last sweep's messages still wait, so nothing was sent."""
    msp.sweep()
    while (msp.now.minute - 5) % 15:
        msp.now += MINUTE
    msp.world.clock.set(msp.now)
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    assert msp.world.tick(msp.now).jobs
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    planned = msp.world.tick(msp.now + TICK)
    assert planned.skipped.endswith("of the last sweep's messages still wait")
    assert (planned.pulse, planned.jobs) == ("", 0)


def test_a_tick_that_comes_within_a_second_of_a_look_is_planned(msp: PulseMsp) -> None:
    """SAFE-9: it is planned as one that is after the look, and not later than now."""
    while (msp.now.minute - 5) % 15:
        msp.fire()
    late = msp.now
    searches = replace(msp.pulse.searches, last=late + timedelta(milliseconds=100))
    msp.world.pulses.pulse = replace(msp.pulse, searches=searches)
    msp.world.clock.set(late + timedelta(milliseconds=500))
    assert msp.world.tick(late).pulse.startswith("who must be read, and a sample")


def test_who_is_due_for_a_look_in_connectwise_is_searched_too(msp: PulseMsp) -> None:
    """FOLLOW-5: its count is plain; it need not wait for the tick that looks."""
    fourth = datetime(2026, 11, 4, tzinfo=UTC)
    times = {
        each.id: timedelta(hours=23) * (crc32(each.id.encode()) / 2**32) for each in msp.customers
    }
    rose = next(each for each in msp.customers if 6 <= (times[each.id] // MINUTE) % 15 <= 17)
    due = fourth + times[rose.id] // MINUTE * MINUTE + MINUTE
    msp.now = due - 2 * TICK
    msp.world.clock.set(msp.now)
    msp.pass_time(2 * TICK)
    msp.world.check_in(rose, 1)
    before = msp.billed(rose)
    assert "searched" in msp.fire().planned.pulse
    assert msp.billed(rose) == before + 1


def _search_alone(msp: PulseMsp) -> None:
    """Search for the move of one company, whose job nobody does."""
    msp.world.clock.set(msp.now)
    assert msp.world.firing.pulse(msp.now).jobs == 1
    msp.now += MINUTE


def test_a_move_whose_job_still_waits_is_not_found_twice(msp: PulseMsp) -> None:
    """A job of the look before is late: its company's rise makes up no other company's move."""
    first, second = msp.customers[5], msp.customers[29]
    before = (msp.billed(first), msp.billed(second))
    msp.world.check_in(first, 1)
    _search_alone(msp)
    (lost,) = msp.world.queue.receive()  # by a worker that is killed
    msp.world.check_in(second, 1)
    msp.fire()
    assert msp.billed(second) == before[1] + 1
    assert msp.world.queue.backlog() == 0
    msp.world.deliver(lost, msp.world.worker())
    assert msp.billed(first) == before[0] + 1


def test_a_move_whose_job_was_lost_is_read_at_the_next_tick(msp: PulseMsp) -> None:
    """A total tells a move once; what was found is not forgotten, and contradicts nothing."""
    rose = msp.customers[5]
    before = msp.billed(rose)
    msp.world.check_in(rose, 1)
    _search_alone(msp)
    msp.world.queue.clear()
    msp.pass_time(TICK)
    assert msp.billed(rose) == before + 1
    assert msp.pulse.proof.trust is Trust.PROVEN


def test_a_partner_that_has_not_moved_spares_its_companies(msp: PulseMsp) -> None:
    """Sub-partners narrow a move to their branch."""
    below = {each.id for each in msp.customers[1::2]}
    msp.world.check_in(msp.customers[0], 1)
    msp.world.check_in(msp.customers[2], 1)
    assert not below & {*msp.fire().read}


def test_a_counter_that_nobody_bills_is_looked_into(msp: PulseMsp) -> None:
    """PULSE-2: the whole vector is compared; a move that cancels out in one may show in another."""
    company = msp.customers[2].id
    check_in = CheckIn(at=msp.now, counted=msp.now, company_id=company)
    usage = msp.world.gravityzone.tenant.usage
    usage.add("a mailbox", (Counter(0, "emailSecurityMonthlyUsage"),), check_in)
    fired = msp.fire()
    assert "searched" in fired.planned.pulse
    assert {each.id for each in msp.customers[::2]} <= {*fired.read}


@pytest.mark.parametrize("kind", ["zero", "own alone", "no sub-partners"])
def test_totals_that_leave_companies_out_are_never_believed(kind: str) -> None:
    """A parent that reads 0, or without its children, contradicts the first sweep."""
    msp = PulseMsp()
    msp.world.gravityzone.options.totals = TotalsTold(kind=kind)  # type: ignore[arg-type]
    for number in range(6):
        msp.world.check_in(msp.customers[number], 1)
        msp.pass_time(TICK)
    assert msp.pulse.proof.trust is Trust.UNPROVEN
    assert "below the sum of its companies" in msp.pulse.proof.why
    assert msp.billed(msp.customers[5]) == 5 + 5 + 1


def test_totals_that_come_late_are_never_believed() -> None:
    """A rise that the company shows and its partner does not is a contradiction."""
    msp = PulseMsp()
    msp.pass_time(TICK)
    msp.world.gravityzone.options.totals = TotalsTold(kind="late", lag_seconds=3600)
    for number in range(6):
        msp.world.check_in(msp.customers[number], 1)
        msp.pass_time(TICK)
    assert msp.pulse.proof.trust is Trust.UNPROVEN


def test_the_first_contradiction_switches_it_off_and_sweeps_at_once(msp: PulseMsp) -> None:
    """PULSE-3: a company of the sample rose, and the total, stuck since, had not moved."""
    msp.get_stuck()
    for customer in msp.customers:
        msp.world.check_in(customer, 1)
    before = msp.billed(msp.customers[0])
    fired = msp.pass_time(2 * TICK)
    assert msp.pulse.proof.trust is Trust.OFF
    (error,) = msp.contradictions
    assert "every company is read at every tick" in str(error)
    assert "endpointMonthlyUsage" in error.vectors
    swept = next(
        each for each in fired if "The totals of partners are wrong" in each.planned.skipped
    )
    assert {each.id for each in msp.customers} <= {*swept.read}
    assert msp.billed(msp.customers[0]) == before + 1


@pytest.mark.slow
def test_who_switched_it_off_stays_off_until_a_person_switches_it_on(msp: PulseMsp) -> None:
    """However long the totals agree again afterwards."""
    msp.get_stuck()
    for customer in msp.customers:
        msp.world.check_in(customer, 1)
    msp.pass_time(2 * TICK)
    msp.world.gravityzone.options.totals = TotalsTold()
    msp.world.check_in(msp.customers[0], 1)
    msp.pass_time(6 * TICK)
    assert msp.pulse.proof.trust is Trust.OFF
    msp.world.pulses.change(lambda pulse: pulse.switched_on(msp.now))
    msp.pass_time(2 * TICK)
    msp.world.check_in(msp.customers[0], 1)
    msp.pass_time(3 * TICK)
    assert msp.pulse.proof.trust is Trust.PROVEN


def test_a_full_sweep_finds_within_four_hours_what_no_total_tells(msp: PulseMsp) -> None:
    """PULSE-4: a machine comes to one company as another leaves; only the company itself tells."""
    stuck = msp.customers[7]
    msp.get_stuck()
    before, since = msp.billed(stuck), msp.now
    msp.world.check_in(stuck, 1)
    while msp.billed(stuck) == before:
        msp.fire()
        assert msp.now - since <= timedelta(hours=4, minutes=15)


@pytest.mark.slow
def test_nothing_is_searched_while_a_full_sweep_is_due(msp: PulseMsp) -> None:
    """PULSE-4: the tick that should have made it is lost, and the next one reads everybody anyway.

    A search would ask for all lists, and leave the companies to that tick.
    """
    swept = msp.pulse.swept
    assert swept is not None
    msp.pass_time(swept + timedelta(hours=4) - msp.now)
    assert msp.pulse.swept == swept
    msp.now += MINUTE
    risen = msp.customers[3]
    before = msp.billed(risen)
    msp.world.check_in(risen, 1)
    fired = msp.fire()
    assert (fired.planned.skipped, fired.read) == ("the next tick reads every company", [])
    assert msp.whole() == "the last full sweep is long ago"
    assert msp.billed(risen) == before + 1


def test_a_full_sweep_follows_a_deployment(msp: PulseMsp) -> None:
    """PULSE-4."""
    assert not msp.whole()
    msp.world.firing = msp.world.with_pulse(msp.world.plan, code="2")
    assert msp.whole() == "the functions were deployed anew"
    assert not msp.whole()


def test_a_full_sweep_follows_an_error(msp: PulseMsp) -> None:
    """PULSE-4: a tick whose lists fail has not read everybody."""
    msp.world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, status=503))
    with pytest.raises(TallyError):
        msp.world.tick(msp.now)
    msp.world.connectwise.faults.clear()
    msp.now += MINUTE
    assert msp.whole() == "the tick before failed"
    assert not msp.whole()


def test_a_full_sweep_follows_a_change_of_companies_or_links(msp: PulseMsp) -> None:
    """PULSE-4, PULSE-5: a new customer, and a link that a person has changed."""
    new = msp.world.add_customer("New Customer Limited")
    msp.world.check_in(new, 3)
    assert msp.whole() == "the companies or their links have changed"
    assert msp.billed(new) == 3
    assert not msp.whole()


def test_a_full_sweep_follows_a_lost_or_doubled_job(msp: PulseMsp) -> None:
    """PULSE-2: a sweep is complete when each job has ended once."""
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while not (fired := msp.fire()).planned.pulse.startswith("every"):
        pass
    assert msp.pulse.is_sweeping
    account = msp.world.pulses.newest
    assert account is not None
    assert msp.pulse.expected is not None
    assert msp.pulse.expected.is_met_by(account)
    msp.world.pulses.open_account(fired.at)  # its jobs' ends are lost
    assert msp.whole() == "the last full sweep was not complete"
    assert not msp.whole()


def test_what_moves_during_a_sweep_is_found_by_the_next_look(msp: PulseMsp) -> None:
    """PULSE-2: moves are measured from the total read before the sweep, not after it."""
    rose = msp.customers[4]
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    while not msp.fire().planned.pulse.startswith("every"):
        pass
    before = msp.billed(rose)
    msp.world.check_in(rose, 1)  # all have been read, and nobody has looked at the totals since
    while not msp.fire().planned.pulse:
        pass  # until the sweep is judged
    assert msp.billed(rose) == before + 1


@pytest.mark.slow
def test_a_company_without_a_count_in_one_sweep_contradicts_nothing(msp: PulseMsp) -> None:
    """PULSE-2: who failed was not read: its count is in one sweep's sum, and not in the other's."""
    reach, failing = msp.world.gravityzone.tenant.reach, msp.customers[12]
    for fails in (False, True, False, False):
        if fails:
            reach.refuse(failing.id, code=-32001, details="Not allowed.", status=200)
        else:
            reach.refusals.pop(failing.id, None)
        msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
        assert msp.whole() == "a test asks for it"
        assert msp.pulse.proof.trust is Trust.PROVEN
    assert msp.pulse.proof.failed == 0


def test_a_company_that_is_read_from_now_on_contradicts_nothing(msp: PulseMsp) -> None:
    """PULSE-2: it was there before, without an agreement; its count is new in the sum alone."""
    world = msp.world
    company = world.gravityzone.tenant.add_company("Late Agreement Limited")
    world.gravityzone.tenant.check_in_new(company, 5)
    connectwise_id = world.connectwise.people.add_company("Late", "Late Agreement Limited")
    for agreed in (False, False, True, False):
        if agreed:
            world.add_agreement(connectwise_id)
        world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
        assert msp.whole() == "a test asks for it"
        assert msp.pulse.proof.trust is Trust.PROVEN
    assert world.ledger.record(
        RecordKey(company_id=company, month=Month(2026, 11), service="endpoints")
    )


def test_a_company_that_changes_its_partner_contradicts_nothing(msp: PulseMsp) -> None:
    """PULSE-2: it is billed by nobody, so its move shows in the partner's total alone."""
    tenant = msp.world.gravityzone.tenant
    company = tenant.add_company("Nobody Bills It", parent_id=msp.partner)
    tenant.check_in_new(company, 5)
    assert msp.whole() == "the companies or their links have changed"
    msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
    assert msp.whole() == "a test asks for it"
    tenant.move_company(company, msp.root)
    for _ in range(2):
        assert msp.whole() == "the companies or their links have changed"
        assert msp.pulse.proof.trust is Trust.PROVEN
        tenant.move_company(company, msp.partner)


def test_every_tick_reads_all_on_the_first_two_days() -> None:
    """PULSE-4: nearly all counts move then."""
    msp = PulseMsp(size=6)
    msp.prove()
    msp.now = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
    msp.world.clock.set(msp.now)
    for _ in range(3):
        assert msp.whole() == "nearly all counts move on the first days of a month"


def test_sweeps_are_hourly_on_the_last_two_days() -> None:
    """PULSE-4."""
    msp = PulseMsp(size=4)
    msp.prove()
    msp.now = datetime(2026, 11, 29, 12, 5, tzinfo=UTC)
    msp.world.clock.set(msp.now)
    why = [bool(msp.whole()) for _ in range(9)]
    assert why == [True, False, False, False, True, False, False, False, True]


def test_who_is_held_is_read_at_each_tick(msp: PulseMsp) -> None:
    """PULSE-5: whatever the totals say."""
    held = msp.customers[1]
    msp.world.check_in(held, 600)
    msp.fire()
    assert msp.world.standing(held).shown.state.label == "held"
    for _ in range(3):
        read = {each for fired in msp.pass_time(TICK) for each in fired.read}
        assert held.id in read


def test_who_fails_is_read_at_each_tick(msp: PulseMsp) -> None:
    """PULSE-5: a failure is tried again, whatever the totals say."""
    failing = msp.customers[4]
    agreement = msp.world.connectwise.people
    agreement.cancel_agreement(failing.agreement_id, msp.now.date())
    msp.world.check_in(failing, 1)
    msp.pass_time(TICK)
    for _ in range(2):
        read = {each for fired in msp.pass_time(TICK) for each in fired.read}
        assert failing.id in read


def test_a_search_that_dies_is_made_up_for(msp: PulseMsp) -> None:
    """The function was killed in the middle: nobody searches beside it, and a tick reads all."""
    rose = msp.customers[9]
    msp.world.pulses.change(
        lambda pulse: pulse.at_work(msp.now, now=msp.now, until=msp.now + timedelta(minutes=11))
    )
    before = msp.billed(rose)
    msp.world.check_in(rose, 1)
    assert msp.fire().planned.skipped == "an earlier firing still works"
    msp.pass_time(2 * TICK)
    assert msp.billed(rose) == before + 1


def test_a_month_closes_with_the_number_read_at_the_company(msp: PulseMsp) -> None:
    """PULSE-6: machines that came in the last hours, with totals that stopped telling."""
    tenant = msp.world.gravityzone.tenant
    rose = msp.customers[6]
    msp.now = datetime(2026, 11, 30, 23, 35, tzinfo=UTC)
    msp.world.clock.set(msp.now)
    msp.world.gravityzone.options.totals = TotalsTold(kind="zero")
    msp.world.check_in(rose, 2, at=datetime(2026, 11, 30, 23, 58, tzinfo=UTC))
    msp.pass_time(timedelta(hours=1))
    msp.now = datetime(2026, 12, 2, 0, 5, tzinfo=UTC)
    msp.world.clock.set(msp.now)
    msp.pass_time(TICK)
    record = msp.world.record(rose, "2026-11")
    assert record is not None
    assert record.count == tenant.usage.count(rose.id, "2026-11", None, Counter(0, ENDPOINTS))


def test_a_firing_of_the_month_before_is_nothing_new() -> None:
    """The totals of October say nothing of November."""
    msp = PulseMsp(size=4, begins=THIRD)
    msp.prove()
    assert {total.month.label for total in msp.pulse.totals.values()} == {"November 2026"}


def test_a_past_month_is_read_every_four_hours_until_its_close() -> None:
    """CLOSE-1: beside the new month's, which every tick of the first days reads."""
    msp = PulseMsp(size=4)
    msp.prove()
    msp.now = datetime(2026, 12, 1, 0, 5, tzinfo=UTC)
    msp.world.clock.set(msp.now)
    read = [len(each.read) for each in msp.pass_time(timedelta(hours=4, minutes=10)) if each.read]
    ticks = [number for number in read if number >= 4]
    assert [number >= 8 for number in ticks[:17]] == [True, *[False] * 15, True]


@pytest.mark.slow
@pytest.mark.parametrize("which", ["swept", "last", "busy_until", "quiet_until"])
@pytest.mark.parametrize("years", [1, 900])
def test_a_memory_of_the_future_spares_nothing_for_long(
    msp: PulseMsp, which: str, years: int
) -> None:
    """SAFE-9, PULSE-4: an instant that cannot have been, written by hand or by a clock that was
    wrong, stops no tick, and everybody is read again within the usual four hours.
    """
    later = msp.now.replace(year=msp.now.year + years)
    known = msp.pulse
    msp.world.pulses.pulse = (
        replace(known, swept=later)
        if which == "swept"
        else replace(known, searches=replace(known.searches, **{which: later}))
    )
    before = len(msp.fired)
    msp.pass_time(timedelta(hours=4, minutes=15))
    read = {each for fired in msp.fired[before:] for each in fired.read}
    assert {each.id for each in msp.customers} <= read
    assert any("every company is read" in fired.planned.pulse for fired in msp.fired[before:])
    assert msp.pulse.swept is not None
    assert msp.pulse.swept <= msp.now
