"""A scene whose job waits, and a worker that may be stopped anywhere in it: what such tests have in
common.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Protocol

from testing.effects import Effects, KilledError, Moment
from testing.world import World


class Scene(Protocol):
    """A world with one job on its queue, planned by ``tick``; ``following`` is the tick after
    it.
    """

    @property
    def world(self) -> World: ...

    @property
    def tick(self) -> datetime: ...

    @property
    def following(self) -> datetime: ...

    def problems(self) -> list[str]:
        """What is wrong in the end."""
        ...


def work(scene: Scene, effects: Effects) -> None:
    """One worker with the job that waits."""
    with suppress(KilledError):
        for message in scene.world.queue.receive():
            scene.world.deliver(message, scene.world.worker(wrap=effects.wrap))


def redelivered(scene: Scene) -> None:
    """The message comes again when its visibility timeout has run out."""
    scene.world.work(until=timedelta(minutes=40))


def overtaken(scene: Scene) -> None:
    """The next ticks' jobs run first, and the killed one comes again after them."""
    scene.world.clock.advance(timedelta(minutes=2))
    scene.world.play(scene.tick + timedelta(minutes=2), scene.following)
    scene.world.work(until=timedelta(minutes=40))


def moments(make: Callable[[], Scene]) -> list[Moment]:
    """Before and after each effect of a worker that is left in peace, of which one is a PATCH."""
    scene, effects = make(), Effects()
    work(scene, effects)
    redelivered(scene)
    assert scene.problems() == []
    assert effects.count("connectwise.test PATCH") >= 1
    return list(effects.moments)


def beside_another(scene: Scene, moment: Moment) -> None:
    """Two workers with the one job: the other one is at work, whole, at a moment of the first."""
    [message] = scene.world.queue.receive()
    scene.world.queue.repeat(message)
    other = Effects(lambda: work(scene, Effects()), at=moment)
    scene.world.deliver(message, scene.world.worker(wrap=other.wrap))
    redelivered(scene)
