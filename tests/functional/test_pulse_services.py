"""PULSE-2: totals of several services; sweeps are compared only over the same counts."""

import pytest

from tally.domain.model.month import Month
from tally.domain.pulse.state import Trust
from tally.domain.record.record_key import RecordKey
from tests.functional.pulse_world import TICK, PulseMsp
from tests.functional.services_world import (
    EMAIL,
    add_edr_agreement,
    options_of,
    restarted,
    setting,
    use,
)


@pytest.fixture
def msp() -> PulseMsp:
    """An MSP whose totals have proven themselves; e-mail has agreements of a type of its own."""
    services = setting(email={**EMAIL, "agreementType": "EDR"})
    found = PulseMsp(size=6, options=options_of(services))
    found.prove()
    return found


def test_a_service_that_is_read_from_now_on_contradicts_nothing(msp: PulseMsp) -> None:
    """PULSE-2: its company was read before, for another service; its count is new in the sum
    alone.
    """
    harbor = msp.customers[2]
    use(msp.world, harbor, EMAIL["counter"], 5)
    for agreed in (False, False, True, False):
        if agreed:
            add_edr_agreement(msp.world, harbor)
        msp.world.pulses.change(lambda pulse: pulse.asking("a test asks for it"))
        assert msp.whole() == "a test asks for it"
        assert msp.pulse.proof.trust is Trust.PROVEN
    record = msp.world.ledger.record(
        RecordKey(company_id=harbor.id, month=Month(2026, 11), service="email")
    )
    assert record is not None
    assert record.stands == 5


@pytest.mark.parametrize("services", ["", setting(mail={**EMAIL, "agreementType": "EDR"})])
def test_a_sweep_that_was_sent_for_other_services_is_not_judged(
    msp: PulseMsp, services: str
) -> None:
    """PULSE-4: one was taken out or renamed; looks go on until the next tick reads everybody."""
    msp.sweep()
    restarted(msp.world, services)
    msp.world.firing = msp.world.with_pulse(msp.world.plan, code="2")
    looks = msp.pass_time(TICK - (msp.now - msp.fired[-1].at))
    assert {each.planned.skipped for each in looks} == {"the next tick reads every company"}
    assert msp.whole() == "the last full sweep was not complete"
    msp.pass_time(TICK)
    assert msp.pulse.proof.trust is Trust.PROVEN
    assert not msp.pulse.is_sweeping
