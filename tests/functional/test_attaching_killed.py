"""Attaching that is cut off, repeated, raced, left without an answer: never twice, never lost."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind, Garble
from tally.connectwise.documents import Documents
from tally.domain.attaching.document import Document, NewDocument
from testing.effects import Effects, KilledError, Moment, kill
from testing.world import Customer, World
from tests.functional.attached import Attaching, calls, closed, documents
from tests.functional.instants import gmt

DAY = timedelta(days=1)
SETTLED = timedelta(minutes=6)


def a_scene() -> tuple[Attaching, Customer]:
    """A customer whose November is closed."""
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4)
    return closed(world), harbor


def undisturbed() -> list[Moment]:
    """Before and after each effect of a run that is left in peace."""
    attaching, harbor = a_scene()
    effects = Effects()
    attaching.run(effects=effects)
    assert len(documents(attaching.world, harbor)) == 1
    assert effects.count("connectwise.test POST") == 1
    return list(effects.moments)


MOMENTS = undisturbed()


def attached_once(attaching: Attaching, harbor: Customer) -> None:
    """One document stands there, the ledger knows it, and nothing more is done."""
    [document] = documents(attaching.world, harbor)
    [item] = attaching.attachments.places.values()
    assert item.announced is None
    assert [each.document_id for each in item.attached] == [document.id]
    before = calls(attaching.world)
    run = attaching.run()
    assert (run.stood, run.left, calls(attaching.world)) == (1, 0, before)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_killed_between_any_two_effects(moment: Moment) -> None:
    """SAFE-1, SAFE-2: the next day's run finds out what has happened, and does what has not."""
    attaching, harbor = a_scene()
    with suppress(KilledError):
        attaching.run(effects=Effects(kill, at=moment))
    attaching.world.clock.advance(DAY)
    attaching.run()
    attached_once(attaching, harbor)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_killed_twice_at_the_same_place(moment: Moment) -> None:
    """SAFE-2: a run that makes up for a killed one may be killed as well."""
    attaching, harbor = a_scene()
    for _ in range(2):
        with suppress(KilledError):
            attaching.run(effects=Effects(kill, at=moment))
        attaching.world.clock.advance(DAY)
    attaching.run()
    attached_once(attaching, harbor)


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_two_runs_at_once(moment: Moment) -> None:
    """SAFE-3: another run, whole, at any moment of the first: one of them gets its announcement in,
    and the other leaves it alone.
    """
    attaching, harbor = a_scene()
    attaching.run(effects=Effects(lambda: void(attaching.run()), at=moment))
    assert len(documents(attaching.world, harbor)) == 1
    attaching.world.clock.advance(DAY)
    attaching.run()
    attached_once(attaching, harbor)


def void(_run: object) -> None:
    """Drop what a run says."""


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_two_runs_at_once_after_a_lost_answer(moment: Moment) -> None:
    """SAFE-2: who renews the announcement alone acts on it, also where nothing had arrived."""
    attaching, harbor = a_scene()
    attaching.world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="POST documents", times=1)
    )
    attaching.run()
    assert documents(attaching.world, harbor) == []
    attaching.world.clock.advance(SETTLED)
    attaching.run(effects=Effects(lambda: void(attaching.run()), at=moment))
    assert len(documents(attaching.world, harbor)) == 1
    attaching.world.clock.advance(DAY)
    attaching.run()
    attached_once(attaching, harbor)


LOST: list[tuple[Fault, bool]] = [
    (Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST documents", times=1), True),
    (Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="POST documents", times=1), False),
    (Fault(kind=FaultKind.STATUS, operation="POST documents", effect=True, times=1), True),
    (Fault(kind=FaultKind.STATUS, operation="POST documents", times=1), False),
    (Fault(kind=FaultKind.STATUS, status=502, operation="POST documents", times=1), False),
    (Fault(kind=FaultKind.GARBLED, operation="POST documents", times=1), True),
    (
        Fault(kind=FaultKind.GARBLED, garble=Garble.HTML, operation="POST documents", times=1),
        True,
    ),
]


@pytest.mark.parametrize(("fault", "arrived"), LOST)
def test_an_answer_that_is_lost(fault: Fault, arrived: bool) -> None:
    """SAFE-2: nothing is sent again until the list was read after the settle time, which finds it
    by its title, or shows that it is not there.
    """
    attaching, harbor = a_scene()
    world = attaching.world
    world.connectwise.faults.add(fault)
    assert (attaching.run().left, calls(world)) == (1, (1, 1))
    assert "may be attached" in attaching.left()[0][1]
    assert (attaching.run().left, calls(world)) == (1, (1, 1))
    assert len(documents(world, harbor)) == arrived
    world.clock.advance(SETTLED)
    run = attaching.run()
    assert (run.found, run.made) == ((1, 0) if arrived else (0, 1))
    attached_once(attaching, harbor)


def test_a_list_that_lags() -> None:
    """SAFE-2: a document that the list lacks at first is not added again."""
    attaching, harbor = a_scene()
    world = attaching.world
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST documents", times=1)
    )
    attaching.run()
    for _ in range(6):
        world.clock.advance(timedelta(minutes=1))
        attaching.run()
    attached_once(attaching, harbor)


@pytest.mark.parametrize("status", [500, 403, 404])
def test_a_list_that_cannot_be_read(status: int) -> None:
    """SAFE-2: without a look nothing is sent; a first attempt is free again at once."""
    attaching, harbor = a_scene()
    world = attaching.world
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, operation="GET documents")
    )
    assert (attaching.run().left, calls(world)[1]) == (1, 0)
    world.connectwise.faults.clear()
    assert attaching.run().made == 1
    attached_once(attaching, harbor)


def test_a_list_that_cannot_be_read_after_a_lost_answer() -> None:
    """SAFE-2: then the announcement stays, as the document may be there."""
    attaching, harbor = a_scene()
    world = attaching.world
    world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST documents", times=1)
    )
    attaching.run()
    world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation="GET documents", times=3))
    world.clock.advance(SETTLED)
    assert attaching.run().left == 1
    world.clock.advance(SETTLED)
    assert attaching.run().found == 1
    attached_once(attaching, harbor)


def test_a_run_that_takes_too_long_sends_nothing() -> None:
    """SAFE-2: who drew for longer than a part of the settle time does not send any more: another
    run may have looked since.
    """
    attaching, harbor = a_scene()
    drawn = attaching.pdf

    def slowly(statement: object) -> bytes:
        attaching.world.clock.advance(timedelta(minutes=2))
        return drawn(statement)  # type: ignore[arg-type]

    attaching.pdf = slowly
    assert (attaching.run().left, calls(attaching.world)) == (1, (1, 0))
    attaching.pdf = drawn
    attaching.world.clock.advance(SETTLED)
    assert attaching.run().made == 1
    attached_once(attaching, harbor)


def correct(attaching: Attaching, harbor: Customer) -> None:
    """Less is counted at the second reading, and the credit is done."""
    world = attaching.world
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 2)
    world.play(gmt("2026-12-10 00:05"))
    record = world.record(harbor, "2026-11")
    assert record is not None
    world.answers().credit_done(record.key, by="ann", why="the owner called")


@pytest.mark.parametrize(("fault", "arrived"), LOST)
def test_the_numbers_move_on_while_an_answer_is_lost(fault: Fault, arrived: bool) -> None:
    """PROOF-7, SAFE-2: what was announced is settled first. If it stands, the new one is a
    correction; if not, it never will, and the new one is the first.
    """
    attaching, harbor = a_scene()
    attaching.world.connectwise.faults.add(fault)
    attaching.run()
    correct(attaching, harbor)
    run = attaching.run()
    assert (run.made, run.left) == (1, 0)
    titles = [each.title for each in documents(attaching.world, harbor)]
    assert ["corrected" in each for each in titles] == ([False, True] if arrived else [False])


def test_a_ledger_that_was_restored_finds_its_document() -> None:
    """SAFE-8: the reference follows from customer, month, agreement and numbers."""
    attaching, harbor = a_scene()
    attaching.run()
    attaching.attachments.places.clear()
    attaching.attachments.months.clear()
    assert attaching.run().found == 1
    attached_once(attaching, harbor)


def test_a_title_that_is_cut_doubles_nothing() -> None:
    """PROOF-7, SAFE-2: how much of a title ConnectWise keeps is not documented; the file's name
    has the reference, too.
    """
    attaching, harbor = a_scene()
    attaching.world.connectwise.options.longest_title = 30
    lost = Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST documents", times=1)
    attaching.world.connectwise.faults.add(lost)
    attaching.run()
    attaching.world.clock.advance(DAY)
    assert attaching.run().found == 1
    attached_once(attaching, harbor)
    attaching.attachments.places.clear()
    assert attaching.run().found == 1
    attached_once(attaching, harbor)


ORDERS: list[Callable[[Attaching], object]] = [
    lambda attaching: attaching.run(),
    lambda attaching: attaching.world.clock.advance(timedelta(minutes=3)),
]


@pytest.mark.parametrize("pattern", range(32))
def test_repeats_at_any_distance(pattern: int) -> None:
    """SAFE-2: runs before and after the settle time, the first answer lost, in any order."""
    attaching, harbor = a_scene()
    attaching.world.connectwise.options.list_lag = timedelta(minutes=2)
    attaching.world.connectwise.faults.add(
        Fault(
            kind=FaultKind.TIMEOUT_AFTER if pattern % 2 else FaultKind.TIMEOUT_BEFORE,
            operation="POST documents",
            times=1,
        )
    )
    for bit in range(5):
        ORDERS[pattern >> bit & 1](attaching)
        attaching.run()
    attaching.world.clock.advance(DAY)
    attaching.run()
    attaching.world.clock.advance(DAY)
    attaching.run()
    attached_once(attaching, harbor)


class _Bugged:
    """Documents whose answer to what was added breaks off in a bug of ours."""

    def __init__(self, inner: Documents) -> None:
        self._inner = inner

    def of_agreement(self, agreement_id: int) -> Sequence[Document]:
        return self._inner.of_agreement(agreement_id)

    def add(self, new: NewDocument) -> Document:
        self._inner.add(new)
        raise TypeError("a bug")


def test_a_bug_after_a_document_was_sent_takes_nothing_back() -> None:
    """SAFE-2: nobody knows how far it came, so the list is read after the settle time."""
    attaching, harbor = a_scene()
    world = attaching.world
    world.connectwise.options.list_lag = timedelta(minutes=4)
    assert attaching.run(bug=_Bugged).left == 1
    world.clock.advance(timedelta(minutes=1))
    assert (attaching.run().left, len(documents(world, harbor))) == (1, 1)
    world.clock.advance(SETTLED)
    assert attaching.run().found == 1
    attached_once(attaching, harbor)
