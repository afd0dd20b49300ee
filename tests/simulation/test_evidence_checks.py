"""The checks of invariants 11 to 13: what machines are called proven, and that billing minds none
of it.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from tally.domain.evidence import walked
from tally.domain.evidence.evidence import Machine, MachineProof
from tally.domain.evidence.proofs import Look
from tally.domain.model.month import Month
from tally.domain.statement import machines
from tally.evidence import look
from tests.functional.instants import gmt
from verification.simulation.evidence_play import Ledger
from verification.simulation.evidence_queue import Queue
from verification.simulation.gathering import GATHERED, walks_of
from verification.simulation.life import script
from verification.simulation.life_machines import KINDS_OF_MACHINES
from verification.simulation.msp import Msp
from verification.simulation.play import play
from verification.simulation.setting import Shape, setting_of
from verification.simulation.story import ViolationError

SEED, STEPS = 2, 215
"""A seed with evidence, and steps in which a bug of it shows."""


def violation() -> ViolationError:
    with pytest.raises(ViolationError) as caught:
        play(Shape(seed=SEED, steps=STEPS))
    return caught.value


def test_a_machine_proven_by_last_month_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """PROOF-1, invariant 11: it was last seen on the day before the month."""

    def proof(of: Machine, seen: Look, *, company_id: str, month: Month) -> MachineProof | None:
        at = None if seen.seen is None else seen.seen.at
        if at is None or of.moved_in is not None or at < month.starts - timedelta(days=31):
            return None
        return MachineProof(seen=at, read=seen.read)

    monkeypatch.setattr(look, "proof_of", proof)
    monkeypatch.setattr("tally.domain.evidence.proofs.proof_of", proof)
    assert violation().invariant == 11


def test_a_machine_proven_by_what_it_did_elsewhere_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PROOF-1, invariant 11: walks had found it with another customer, where it connected."""
    monkeypatch.setattr(walked, "_has_come", lambda *_: False)
    assert violation().invariant == 11


def test_a_statement_that_says_another_number_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """PROOF-3, invariant 12: the words of a statement are those of its evidence."""
    monkeypatch.setattr(machines, "_saw", lambda proven: f"Tally saw {proven + 1} active")
    monkeypatch.setattr("verification.simulation.evidence_checks.EvidenceChecks.look", Counter)
    assert violation().invariant == 12


def test_evidence_that_writes_what_bills_is_found() -> None:
    """PROOF-2, invariant 13: its ledger can be read, and nothing else."""
    ledger = Ledger(Msp(Shape(seed=SEED)).ledger)
    assert list(ledger.all_links()) == []
    with pytest.raises(ViolationError, match="save_standing"):
        ledger.save_standing(None)


def test_billing_is_the_same_without_evidence() -> None:
    """PROOF-2, invariant 13: a seed that is played again comes to the same records, histories,
    standings and Additions, and its life is the same.
    """
    seed = next(
        each
        for each in range(3_000)
        if (drawn := setting_of(each)).gathering is not None
        and drawn.gathering.compared
        and drawn.companies * len(drawn.months) < 20
        and drawn.calm < 1
    )
    played = play(Shape(seed=seed))
    assert played.evidence["seeds played again without"] == 1
    assert played.evidence["walks"] > 0
    without = play(Shape(seed=seed, without=frozenset({GATHERED})))
    assert without.lived == played.lived
    assert (without.jobs, without.calls) == (played.jobs, played.calls)
    assert not without.evidence


def test_evidence_is_drawn() -> None:
    """PROOF-1: a quarter of the seeds has it, with each option of the inventory, and with all that
    happens to machines; in the others nothing of that happens.
    """
    drawn = [setting_of(seed) for seed in range(400)]
    on = [each for each in drawn if each.gathering is not None]
    assert 0.2 < len(on) / len(drawn) < 0.3
    for option in ("days", "root", "deleted_in_walk", "deleted_details", "reinstalled"):
        assert len({getattr(each.gathering, option) for each in on}) > 1
    assert any(each.gathering.left_out for each in on if each.gathering is not None)
    lived: dict[bool, set[str]] = {True: set(), False: set()}
    for setting in drawn[:60]:
        events = script(Msp(Shape(seed=setting.seed)))
        lived[setting.gathering is not None] |= {event.kind for event in events}
    assert lived[True] >= set(KINDS_OF_MACHINES)
    assert lived[False].isdisjoint(KINDS_OF_MACHINES)


def test_walks_are_the_templates() -> None:
    """PROOF-1: at 03:37 and in the month's last hour; on all days where so drawn."""
    gathering = next(each for seed in range(99) if (each := setting_of(seed).gathering) is not None)
    daily = replace(gathering, days=1.0)
    walks = walks_of(daily, (Month(2026, 11),), seed=1, close_day=2, rough=False)
    days = [gmt(f"2026-11-{day:02d} 03:37") for day in range(1, 31)]
    assert [each.at for each in walks] == [*days, gmt("2026-11-30 23:23")]


def test_the_queue_hides_and_gives_up() -> None:
    """A message that was received five times is dead, and comes again at most by a person."""
    clock = VirtualClock(gmt("2026-11-01 00:00"))
    queue = Queue(seed=1, clock=clock)
    queue.send(["a job"])
    for _ in range(5):
        due = queue.next_change()
        assert due is not None
        assert queue.receive(due) is not None
    due = queue.next_change()
    assert due is not None
    assert queue.receive(due) is None
    assert queue.dead == 1
