"""PROOF-1: laws of evidence, whatever walks and looks come in what order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.evidence.inventory_port import LastSeen, Listed
from tally.domain.evidence.proofs import Look, proof_of, with_looks
from tally.domain.evidence.walked import Visit, after_walk, concluded, has_unseen
from tally.domain.evidence.whereabouts import Whereabouts
from tally.domain.evidence.whom_to_ask import (
    PATIENT_UNTIL,
    by_likelihood,
    is_last_walk,
    whom_to_ask,
)
from tally.domain.model.month import Month
from tests.functional.instants import gmt

NOVEMBER = Month(2026, 11)
HERE, THERE = "here", "there"
QUIET = gmt("2026-11-10 03:37")
MIDDAYS = st.integers(1, 30).map(lambda day: datetime(2026, 11, day, 12, tzinfo=UTC))
INSTANTS = st.integers(-48, 32 * 24).map(lambda hours: NOVEMBER.starts + timedelta(hours=hours))


def row(id_: str, company: str = HERE, name: str = "") -> Listed:
    """A row of the inventory."""
    return Listed(id=id_, company_id=company, name=name or f"PC-{id_}", fqdn=f"{id_}.local")


def machine(id_: str, *, proven: bool = False, asked: int | None = None, day: int = 1) -> Machine:
    """A listed machine."""
    proof = MachineProof(seen=gmt("2026-11-02 08:00"), read=QUIET) if proven else None
    return Machine(id=id_, name=id_, fqdn="", listed=date(2026, 11, day), proof=proof, asked=asked)


def evidence(*machines: Machine) -> Evidence:
    """The evidence of November up to a quiet hour."""
    return Evidence(
        company_id=HERE, month=NOVEMBER, begun=QUIET, walked=QUIET, machines=machines, version=3
    )


def walked(
    before: Evidence | None, *ids: str, at: datetime = QUIET, others: Sequence[Listed] = ()
) -> Evidence:
    """The evidence after a walk that found these machines here, and ``others`` elsewhere."""
    rows = [row(each) for each in ids]
    places = Whereabouts()
    if before is not None:
        places.remember(before)
    places.find([*rows, *others], at)
    return after_walk(before, Visit(company_id=HERE, at=at, rows=rows), places)


def by_id(found: Evidence) -> dict[str, Machine]:
    """Its machines."""
    return {each.id: each for each in found.machines}


@given(
    st.lists(st.tuples(MIDDAYS, st.sets(st.sampled_from("abcd"))), max_size=6).map(
        lambda walks: sorted(walks, key=lambda each: each[0])
    )
)
def test_machines_are_kept_whatever_walks_find(
    walks: Sequence[tuple[datetime, set[str]]],
) -> None:
    """PROOF-1: each machine ever found is there once, since the first day it was found; it is
    listed or has a day since which it is gone.
    """
    found: Evidence | None = None
    first: dict[str, date] = {}
    for at, ids in walks:
        found = walked(found, *ids, at=at)
        first = {**{each: at.date() for each in ids}, **first}
        assert {each.id: each.listed for each in found.machines} == first
        for each in found.machines:
            assert (each.fate is Fate.LISTED) == (each.id in ids) == (each.gone is None)
        assert (found.begun, found.walked) == (walks[0][0], at)
        assert walked(found, *ids, at=at) == found, "a walk made twice is one"


def test_a_machine_that_is_gone_is_unseen_since_the_first_walk_without_it() -> None:
    """PROOF-3: a later walk moves no day, and the machine's proof stays."""
    first = walked(None, "a", "b")
    first = with_looks(first, {"a": look("2026-11-09 08:00")}, count=2)
    gone = walked(walked(first, "b", at=QUIET + timedelta(days=1)), "b", at=gmt("2026-11-20 03:37"))
    assert by_id(gone)["a"].fate is Fate.UNSEEN
    assert by_id(gone)["a"].gone == date(2026, 11, 11)
    assert gone.proven == 1


def test_a_machine_that_returns_is_listed_again() -> None:
    """PROOF-1: since the day on which it was first found."""
    back = walked(walked(walked(None, "a"), at=gmt("2026-11-11 03:37")), "a")
    assert by_id(back)["a"] == by_id(walked(None, "a"))["a"]


def test_clones_are_one_machine() -> None:
    """PROOF-1: rows that share an id are one, by the name of the last."""
    rows = [row("a", name="ONE"), row("a", name="TWO")]
    found = after_walk(None, Visit(company_id=HERE, at=QUIET, rows=rows), Whereabouts())
    assert [each.name for each in found.machines] == ["TWO"]


def test_a_machine_that_stands_with_another_customer_has_moved() -> None:
    """PROOF-3: it is told as moved, and nothing of the other customer is kept."""
    moved = walked(walked(None, "a"), at=QUIET, others=[row("a", THERE)])
    assert by_id(moved)["a"].fate is Fate.MOVED
    assert THERE not in repr(moved)


def test_a_machine_that_vanished_is_told_as_moved_when_it_turns_up_elsewhere() -> None:
    """PROOF-3: the day since which it is gone stays."""
    unseen = walked(walked(None, "a"), at=QUIET)
    moved = walked(unseen, at=gmt("2026-11-12 03:37"), others=[row("a", THERE)])
    assert (by_id(moved)["a"].fate, by_id(moved)["a"].gone) == (Fate.MOVED, date(2026, 11, 10))


def test_a_clone_here_and_there_has_not_moved() -> None:
    """PROOF-1: it stands in both inventories, so it is listed in both."""
    found = walked(walked(None, "a"), "a", others=[row("a", THERE)])
    assert by_id(found)["a"] == by_id(walked(None, "a"))["a"]


def test_a_machine_that_came_from_another_customer_bears_when_it_was_found() -> None:
    """PROOF-1: a machine that is new in the tenant bears nothing, and so nothing is asked of it."""
    places = Whereabouts()
    places.remember(replace(evidence(machine("a")), company_id=THERE))
    visit = Visit(company_id=HERE, at=QUIET, rows=[row("a"), row("b")])
    found = by_id(after_walk(evidence(), visit, places))
    assert (found["a"].moved_in, found["b"].moved_in) == (QUIET, None)
    later = replace(visit, at=QUIET + timedelta(days=1))
    again = by_id(after_walk(after_walk(evidence(), visit, places), later, places))
    assert again["a"].moved_in == QUIET, "it did not move in once more"


def test_a_machine_that_comes_again_bears_when_it_was_found_again() -> None:
    """PROOF-1: another customer's walk found it there once more, right before it came back."""
    second, third, fourth = (gmt(f"2026-11-{day} 03:37") for day in ("02", "03", "04"))
    here = replace(evidence(replace(machine("a"), moved_in=third)), walked=third)
    there = replace(evidence(machine("a")), company_id=THERE, walked=second)
    for remembered in ((here, there), (there, here)):
        places = Whereabouts()
        for each in remembered:
            places.remember(each)
        places.find([row("a", THERE)], fourth)
        back = fourth + timedelta(minutes=3)
        found = after_walk(here, Visit(company_id=HERE, at=back, rows=[row("a")]), places)
        assert by_id(found)["a"].moved_in == back


def test_the_group_deleted_tells_the_fate_alone() -> None:
    """PROOF-1: only machines that nobody saw any more are in question, and nothing is proven."""
    before = walked(walked(None, "a", "b", "c"), "c", at=gmt("2026-11-11 03:37"))
    assert has_unseen(before)
    after = concluded(before, {"a", "c"})
    assert {each.id: each.fate for each in after.machines} == {
        "a": Fate.DELETED,
        "b": Fate.UNSEEN,
        "c": Fate.LISTED,
    }
    assert replace(by_id(after)["a"], fate=Fate.UNSEEN) == by_id(before)["a"]
    assert not has_unseen(concluded(before, {"a", "b"}))


def look(seen: str | datetime | None, *, read: datetime = QUIET, company: str = HERE) -> Look:
    """An answer to a question about one machine."""
    at = gmt(seen) if isinstance(seen, str) else seen
    return Look(seen=LastSeen(company_id=company, at=at), read=read)


@given(INSTANTS, INSTANTS, st.none() | INSTANTS)
def test_a_proof_lies_within_the_month(
    seen: datetime, read: datetime, moved_in: datetime | None
) -> None:
    """PROOF-1: seen and read in it, in this order, and after the machine had moved in."""
    known = replace(machine("a"), moved_in=moved_in)
    proof = proof_of(known, look(seen, read=read), company_id=HERE, month=NOVEMBER)
    within = Month.of(seen) == Month.of(read) == NOVEMBER and seen <= read
    assert (proof is not None) == (within and (moved_in is None or seen > moved_in))
    assert proof in (None, MachineProof(seen=seen, read=read))


@pytest.mark.parametrize(
    ("seen", "read", "proves"),
    [
        ("2026-10-31 23:59:59", "2026-11-10 03:37", False),
        ("2026-11-01 00:00", "2026-11-10 03:37", True),
        ("2026-11-10 03:37", "2026-11-10 03:37", True),
        ("2026-11-10 03:38", "2026-11-10 03:37", False),
        ("2026-11-30 23:59:59", "2026-11-30 23:59:59", True),
        ("2026-11-30 22:00", "2026-12-01 00:00", False),
    ],
)
def test_the_edges_of_a_proof(seen: str, read: str, proves: bool) -> None:
    """PROOF-1: the 1st, 00:00 GMT, counts; the next month's does not, whatever it shows."""
    answer = look(seen, read=gmt(read))
    found = proof_of(machine("a"), answer, company_id=HERE, month=NOVEMBER)
    assert (found is not None) == proves


@pytest.mark.parametrize(
    "answer",
    [
        Look(seen=None, read=QUIET),
        look(None),
        look("2026-11-09 08:00", company=THERE),
    ],
)
def test_an_answer_that_says_nothing_of_this_customer_proves_nothing(answer: Look) -> None:
    """PROOF-1: the machine is gone, was never seen, or stands with somebody else."""
    assert proof_of(machine("a"), answer, company_id=HERE, month=NOVEMBER) is None


MACHINES = st.lists(
    st.tuples(st.booleans(), st.none() | st.integers(0, 12), st.integers(1, 9)), max_size=10
).map(
    lambda each: evidence(
        *(
            machine(f"{number:02d}", proven=proven, asked=asked, day=day)
            for number, (proven, asked, day) in enumerate(each)
        )
    )
)


@given(MACHINES, st.integers(0, 12), MIDDAYS)
def test_looks_are_few(known: Evidence, count: int, at: datetime) -> None:
    """PROOF-1: nobody is asked about who is proven, in vain at the same count, or beyond need."""
    asked = whom_to_ask(known, count=count, at=at)
    open_ones = {each.id: each for each in known.machines if each.proof is None}
    missing = count - known.proven
    assert set(asked) <= open_ones.keys()
    assert len(set(asked)) == len(asked) <= max(missing, 0)
    for each in asked:
        before = open_ones[each].asked
        assert before is None or before < count
    hopeful = at.day >= PATIENT_UNTIL and 2 * missing >= len(open_ones)
    if missing < len(open_ones) and not hopeful:
        assert asked == ()


@given(MACHINES, st.integers(0, 12))
def test_asking_comes_to_an_end(known: Evidence, count: int) -> None:
    """PROOF-1: where every look is in vain, each machine is asked about once at most."""
    times = 0
    while asked := whom_to_ask(known, count=count, at=QUIET):
        times += len(asked)
        assert times <= len(known.machines)
        known = with_looks(known, {each: look(None) for each in asked}, count=count)


@given(MACHINES, st.integers(0, 12))
def test_in_the_last_hour_all_are_asked_about(known: Evidence, count: int) -> None:
    """PROOF-1: a machine seen only in it can be proven at no other time."""
    asked = whom_to_ask(known, count=count, at=gmt("2026-11-30 23:20"))
    open_ones = {each.id for each in known.machines if each.proof is None}
    assert set(asked) == (open_ones if count > known.proven else set())


def test_likely_machines_come_first() -> None:
    """PROOF-1: those new in the month, those proven the month before, then the others; those that
    were asked about in vain are the last.
    """
    begun = evidence(machine("a"), machine("b"), machine("c"), machine("d", day=9))
    known = replace(begun, begun=gmt("2026-11-01 03:37"))
    assert whom_to_ask(known, count=2, at=QUIET, likely=("b", "a")) == ("d", "b")
    assert whom_to_ask(known, count=3, at=QUIET, likely=("b", "a")) == ("d", "b", "a")
    vain = replace(known, machines=(*known.machines[:3], machine("d", day=9, asked=2)))
    assert whom_to_ask(vain, count=3, at=QUIET, likely=("b", "a")) == ("b", "a", "c")


def test_the_most_used_are_the_likeliest() -> None:
    """PROOF-1: who was proven early in the month before, and had just been seen then."""
    early, late, stale = (
        replace(machine(name), proof=MachineProof(seen=gmt(seen), read=gmt(read)))
        for name, seen, read in (
            ("early", "2026-11-01 02:00", "2026-11-01 03:37"),
            ("late", "2026-11-20 02:00", "2026-11-20 03:37"),
            ("stale", "2026-11-09 02:00", "2026-11-20 03:37"),
        )
    )
    assert by_likelihood(evidence(stale, late, machine("never"), early)) == (
        "early",
        "late",
        "stale",
    )


def test_nobody_is_asked_about_while_most_looks_would_be_in_vain() -> None:
    """PROOF-1: fewer than half of the machines were active, and nobody knows which."""
    known = evidence(*map(machine, "abcde"))
    assert whom_to_ask(known, count=2, at=QUIET) == ()
    assert len(whom_to_ask(known, count=3, at=QUIET)) == 3
    assert whom_to_ask(known, count=3, at=gmt("2026-11-07 03:37")) == ()


def test_a_risen_count_asks_again() -> None:
    """PROOF-1: somebody has checked in since, and it may be the one that was asked in vain."""
    known = evidence(machine("a", proven=True), machine("b", asked=2), machine("c", asked=3))
    assert whom_to_ask(known, count=2, at=QUIET) == ()
    assert whom_to_ask(known, count=3, at=QUIET) == ("b",)


@pytest.mark.parametrize("fate", [Fate.DELETED, Fate.MOVED, Fate.UNSEEN])
def test_only_listed_machines_are_asked_about(fate: Fate) -> None:
    """PROOF-1: GravityZone knows nothing of the others here."""
    known = evidence(replace(machine("a"), fate=fate, gone=QUIET.date()))
    assert whom_to_ask(known, count=9, at=gmt("2026-11-30 23:20")) == ()


@pytest.mark.parametrize(
    ("at", "last"),
    [
        ("2026-11-30 22:59:59", False),
        ("2026-11-30 23:00", True),
        ("2026-11-30 23:59:59", True),
        ("2026-12-01 00:00", False),
        ("2028-02-29 23:20", True),
        ("2028-02-28 23:20", False),
    ],
)
def test_the_last_walk(at: str, last: bool) -> None:
    """PROOF-1: it is the one of the GMT month's last hour."""
    assert is_last_walk(gmt(at)) is last


@given(MACHINES, st.integers(0, 12))
def test_looks_made_twice_are_looks_made_once(known: Evidence, count: int) -> None:
    """PROOF-1: a proof stays the first one, and nothing that was asked goes unnoted."""
    looks = {each.id: look("2026-11-09 08:00") for each in known.machines[::2]}
    looks |= {each.id: look(None) for each in known.machines[1::2]}
    once = with_looks(known, looks, count=count)
    assert with_looks(once, looks, count=count) == once
    for before, after in zip(known.machines, once.machines, strict=True):
        assert after.proof is not None or after.asked == count
        if before.proof is not None:
            assert after == before
