"""A run that is stopped dead between any two effects, and another one at its side (PROOF-4)."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from tally.errors import ConflictError
from testing.effects import Effects, KilledError, Moment, kill
from tests.functional.book_world import AFTER_THE_CLOSE, OCTOBER, BookWorld, key, october_closed

LATER = timedelta(hours=12)


def moments() -> list[Moment]:
    """Before and after each effect of a run that is left in peace."""
    effects = Effects()
    october_closed().publishing(wrap=effects.wrap)(AFTER_THE_CLOSE, "run 1")
    assert effects.count("bucket put") == 5
    assert effects.count("books save") == 2
    return list(effects.moments)


MOMENTS = moments()


def written(msp: BookWorld) -> Iterator[tuple[str, bytes]]:
    """Every manifest that was ever written, also over another one."""
    return ((name, content) for name, content in msp.bucket.objects.items() if "manifest" in name)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("repeat", ["itself", "the evening's"])
def test_a_stopped_run_is_gone_on_with(moment: Moment, repeat: str) -> None:
    """PROOF-4: whoever comes next completes the edition: there is one, it is whole, and there was
    never a second manifest of it.
    """
    msp = october_closed()
    msp.world.clock.set(AFTER_THE_CLOSE)
    with suppress(KilledError):
        msp.publishing(wrap=Effects(kill, at=moment).wrap)(AFTER_THE_CLOSE, "run 1")
    manifests = dict(written(msp))
    same = repeat == "itself"
    at = AFTER_THE_CLOSE + (timedelta(minutes=1) if same else LATER)
    msp.publish(at, run="run 1" if same else "run 2")
    assert [each.number for each in msp.books.read(OCTOBER).editions] == [1]
    assert msp.differences() == []
    assert manifests.items() <= dict(written(msp)).items()
    assert set(dict(written(msp))) == {key(OCTOBER, 1)}
    assert msp.publish(at + LATER, run="run 3") == []


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_change_between_two_attempts_is_a_second_edition_or_none(moment: Moment) -> None:
    """PROOF-4: a manifest that was written stays as it is, though the records have changed since;
    the change is the next edition. With two editions in a run, its month is one that has changed.
    """
    msp = october_closed()
    msp.world.clock.set(AFTER_THE_CLOSE)
    with suppress(KilledError):
        msp.publishing(wrap=Effects(kill, at=moment).wrap)(AFTER_THE_CLOSE, "run 1")
    manifests = dict(written(msp))
    msp.world.play(AFTER_THE_CLOSE + timedelta(days=8))
    at = AFTER_THE_CLOSE + timedelta(days=8, hours=6)
    msp.world.clock.set(at)
    assert msp.publishing()(at, "run 2").unchanged == 0
    assert manifests.items() <= dict(written(msp)).items()
    assert len(dict(written(msp))) == 1 + len(manifests)
    assert msp.differences() == []


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_two_runs_at_once_write_one_manifest(moment: Moment) -> None:
    """PROOF-4: another run, whole, at any moment of the first: one edition, one manifest, and
    whoever lost fails or finds nothing to do.
    """
    msp = october_closed()
    msp.world.clock.set(AFTER_THE_CLOSE)

    def other() -> None:
        with suppress(ConflictError):
            msp.publishing()(AFTER_THE_CLOSE, "run 2")

    with suppress(ConflictError):
        msp.publishing(wrap=Effects(other, at=moment).wrap)(AFTER_THE_CLOSE, "run 1")
    msp.publish(AFTER_THE_CLOSE + LATER, run="run 3")
    assert [each.number for each in msp.books.read(OCTOBER).editions] == [1]
    assert msp.differences() == []


@pytest.mark.slow
def test_a_refusal_at_any_effect_is_made_up_for() -> None:
    """SAFE-6: an error at any effect leaves what the next run goes on from."""

    def refuse() -> None:
        raise ConflictError("refused")

    for moment in MOMENTS:
        msp = october_closed()
        act: Callable[[], None] = refuse
        with suppress(ConflictError):
            msp.publishing(wrap=Effects(act, at=moment).wrap)(AFTER_THE_CLOSE, "run 1")
        msp.publish(AFTER_THE_CLOSE + LATER, run="run 2")
        assert [each.number for each in msp.books.read(OCTOBER).editions] == [1], moment
        assert msp.differences() == [], moment
