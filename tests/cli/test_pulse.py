"""`tally pulse`, and what `tally status` says of it: PULSE-3 for the people who live with it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from tally.domain.pulse.state import Proof, Pulse, Trust
from testing.world import World
from tests.cli.console import WHO, Console
from tests.functional.instants import gmt
from tests.functional.pulse_world import PulseMsp

OFF = Proof(
    trust=Trust.OFF,
    since=gmt("2026-11-03 00:07"),
    why="the total of the root for endpoints is 5 below the sum of its companies",
)


@pytest.fixture
def off(one: Console) -> Console:
    """One customer, and a pulse that was contradicted two days later."""
    one.world.pulses.pulse = Pulse(
        proof=OFF, swept=gmt("2026-11-03 00:05"), searched=gmt("2026-11-02 23:48")
    )
    one.world.clock.set(gmt("2026-11-03 00:20"))
    return one


def of_an_msp(msp: PulseMsp) -> Console:
    """The command over that MSP."""
    return Console(world=msp.world)


def test_a_pulse_proves_itself() -> None:
    """How many of the three sweeps have agreed, then since when it is proven, when all companies
    were read last, and when they are at the latest.
    """
    msp = PulseMsp(size=4)
    console = of_an_msp(msp)
    msp.pass_time(timedelta(minutes=14))
    text = console.done("pulse").text
    assert "unproven: of 3 complete sweeps in a row that must agree, 1 did" in text
    assert "no rise was seen yet on both sides" in text
    assert "Last full sweep: 2026-11-03 00:05 GMT, 13m ago. Last search: none yet." in text
    assert "at the next tick: the totals of partners have not proven themselves." in text
    msp.prove()
    document = console.done("pulse", "--json").json
    assert document["state"] == "proven"
    assert document["next_full_sweep_because"] == ""
    assert document["next_full_sweep"] > document["last_full_sweep"]
    text = console.done("pulse").text
    assert "The pulse is proven since 2026-11-03" in text
    assert "Next full sweep: at the latest with the first tick from 2026-11-03 0" in text


def test_off_by_the_setting(one: Console) -> None:
    """With PulseMinutes 0 what the ledger still knows is no matter, and nothing can be switched."""
    one.world.pulses.pulse = Pulse(proof=OFF)
    one.environment = {**one.environment, "PULSE_MINUTES": "0"}
    ended = one.done("pulse")
    assert ended.text.strip() == (
        "The pulse is off by the setting PulseMinutes, which is 0: totals of partners are not "
        "looked at, and every company is read at every tick."
    )
    assert one.done("pulse", "--json").json["state"] == "off by setting"
    assert "off by the setting" in one.refused("pulse", "on", "--yes")
    assert "pulse" not in one.done("status").text
    assert one.world.pulses.pulse.proof == OFF


def test_a_contradiction_is_told(off: Console) -> None:
    """Since when it is switched off, why, and what to do; a script learns it by the exit code."""
    ended = off.run("pulse")
    assert ended.code == 1
    assert "The pulse is switched off since 2026-11-03 00:07 GMT" in ended.text
    assert OFF.why in ended.text
    assert "Totals have not agreed with a full sweep since then." in ended.text
    assert "`tally pulse on` lets them prove themselves anew" in ended.text
    off.world.pulses.pulse = Pulse(proof=replace(OFF, agreed=2))
    assert "agreed with the last full sweeps since then, 2." in off.run("pulse").text
    off.world.pulses.pulse = Pulse(proof=replace(OFF, agreed=3))
    assert "agreed with the last full sweeps since then, at least 3." in off.run("pulse").text
    document = off.run("pulse", "--json").json
    assert (document["state"], document["since"]) == ("switched off", "2026-11-03T00:07:00Z")


def test_status_says_that_it_is_off(off: Console) -> None:
    """SAFE-7: whoever looks at the customers hears of it, and of nothing while all is well."""
    assert "The pulse is switched off since 2026-11-03 00:07 GMT" in off.done("status").text
    assert off.done("status", "--json").json["pulse"] == "switched off"
    off.world.pulses.pulse = Pulse(proof=replace(OFF, trust=Trust.PROVEN))
    assert "pulse" not in off.done("status").text
    assert off.done("status", "--json").json["pulse"] == "proven"


def test_a_person_switches_it_on_again(off: Console) -> None:
    """It has to prove itself anew; who did it stands where the reason stood."""
    ended = off.done("pulse", "on", "--yes")
    assert "it has to prove itself anew" in ended.text
    assert f"Last of all: it was switched on again by {WHO}." in ended.text
    known = off.world.pulses.pulse
    assert known.proof.trust is Trust.UNPROVEN
    assert known.proof.since == gmt("2026-11-03 00:20")
    assert known.asked == "the pulse was switched on again"
    assert "Nothing was written" in off.refused("pulse", "on", "--yes")
    assert off.world.pulses.pulse == known


def test_it_is_asked_first(off: Console) -> None:
    """Without --yes and without a terminal nothing is switched."""
    ended = off.run("pulse", "on")
    assert (ended.code, off.world.pulses.pulse.proof) == (2, OFF)
    assert "there is no terminal to ask on" in ended.err


def test_what_was_switched_on_meanwhile_stays(off: Console) -> None:
    """Of two people who switch it on, the second begins no proof anew."""
    stack = off.stack
    stack.pulse().change(lambda known: known.switched_on(gmt("2026-11-03 00:19"), by="bob"))
    known = off.world.pulses.pulse
    assert off.refused("pulse", "on", "--yes").startswith("tally: Nothing was written")
    assert off.world.pulses.pulse == known


def test_a_person_who_asks_gets_every_company_read() -> None:
    """PULSE-4: `tally sync` reads everybody, whatever the totals say."""
    msp = PulseMsp(size=60)
    msp.prove()
    console = of_an_msp(msp)
    msp.world.clock.advance(timedelta(minutes=1))
    assert console.done("sync", "--yes", "--json").json["planned"]["jobs"] == 60


def test_an_empty_world_is_unproven() -> None:
    """Before the first tick there is nothing to tell, and that is said."""
    console = Console(world=World(clock=VirtualClock(gmt("2026-11-05 00:00")), pulse=True))
    text = console.done("pulse").text
    assert "Last full sweep: none yet. Last search: none yet." in text
