"""The shortest trace of a violation: its seed with the least life that breaks the same rule."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace

from verification.simulation.desk_acts import KINDS as DESK_ACTS
from verification.simulation.desk_life import RULES
from verification.simulation.desk_setting import TICKETS
from verification.simulation.gathering import GATHERED
from verification.simulation.life import Event, script
from verification.simulation.msp import Msp
from verification.simulation.odd_answers import KINDS_OF_ANSWERS
from verification.simulation.oddities import KINDS as ODDITIES
from verification.simulation.play import play
from verification.simulation.setting import PULSED, Shape
from verification.simulation.story import ViolationError
from verification.simulation.ticks import schedule
from verification.simulation.totals import LYING
from verification.simulation.trouble import KINDS as TROUBLES

_NAMED = 12
_ODD = (*ODDITIES, *KINDS_OF_ANSWERS)
_KINDS = (*TROUBLES, *_ODD, LYING, PULSED, GATHERED, TICKETS, *DESK_ACTS, RULES)


def shrink(violation: ViolationError, *, seconds: float) -> tuple[Shape, ViolationError]:
    """Leave out parts for so long, and return the rest with its violation."""
    search = _Search(violation, until=time.monotonic() + seconds)
    search.run()
    return search.shape, search.violation


def described(shape: Shape) -> str:
    """Return the played part of a shape's seed, in words."""
    whole = Msp(Shape(seed=shape.seed))
    ticks = [tick.number for tick in schedule(whole.setting)]
    played = [each for each in ticks[: shape.steps] if each not in shape.skipped]
    everybody = {firm.number for firm in whole.firms}
    present = everybody if shape.companies is None else everybody & shape.companies
    events = [event for event in script(whole) if event.number and event.firm in present]
    lived = Counter(
        event.kind
        for event in events
        if shape.has(event.kind) and (event.firm, event.number) not in shape.unlived
    )
    life = ", ".join(f"{name} {count}" for name, count in lived.items())
    trouble = ", ".join(str(kind) for kind in _KINDS if shape.has(kind))
    return "\n".join(
        (
            f"  companies  {_some('company', present, len(whole.firms))}",
            f"  ticks      {_some('tick', played, len(ticks))}",
            f"  life       {life or 'nothing happens'}",
            f"  trouble    {trouble or 'none'}",
        )
    )


def _some(what: str, numbers: Collection[int], of: int) -> str:
    if len(numbers) == of:
        return f"all {of}"
    listed = ", ".join(str(number) for number in sorted(numbers)[:_NAMED])
    return f"{what} {listed}{', …' if len(numbers) > _NAMED else ''} of {of}"


class _Search:
    def __init__(self, violation: ViolationError, *, until: float) -> None:
        self.shape = Shape(seed=violation.seed)
        self.violation = violation
        self._until = until

    def run(self) -> None:
        """Go through every way to leave something out until none helps, or the time is over."""
        self._try(replace(self.shape, steps=self.violation.step))
        left = -1
        while left != (left := len(str(self.shape))) and time.monotonic() < self._until:
            for way in (self._companies, self._kinds, self._events, self._steps):
                way()

    def _companies(self) -> None:
        present = sorted(
            self.shape.companies
            if self.shape.companies is not None
            else (firm.number for firm in Msp(self.shape).firms)
        )
        culprit = [
            number
            for number in present
            if self.violation.company.partition(" (")[0].endswith(f" {number}")
        ]
        if culprit:
            self._try(replace(self.shape, companies=frozenset(culprit)))
        self._halve(
            sorted(self.shape.companies if self.shape.companies is not None else present),
            lambda kept: replace(self.shape, companies=frozenset(kept)),
        )

    def _kinds(self) -> None:
        for kind in _KINDS:
            if self.shape.has(kind):
                self._try(replace(self.shape, without=self.shape.without | {kind}))

    def _events(self) -> None:
        events = [(event.firm, event.number) for event in self._script() if event.number]
        unlived = self.shape.unlived
        self._halve(
            events,
            lambda kept: replace(
                self.shape, unlived=unlived | (frozenset(events) - frozenset(kept))
            ),
        )

    def _script(self) -> list[Event]:
        return script(Msp(self.shape))

    def _steps(self) -> None:
        steps = [each for each in range(1, self.violation.step) if each not in self.shape.skipped]
        skipped = self.shape.skipped
        self._halve(
            steps,
            lambda kept: replace(
                self.shape, skipped=skipped | (frozenset(steps) - frozenset(kept))
            ),
        )

    def _halve[T](self, things: list[T], shape: Callable[[list[T]], Shape]) -> None:
        """Leave out halves, quarters, eighths … down to single things."""
        size = len(things)
        while size:
            start = 0
            while start < len(things):
                rest = things[:start] + things[start + size :]
                if time.monotonic() > self._until:
                    return
                if self._try(shape(rest)):
                    things = rest
                else:
                    start += size
            size //= 2

    def _try(self, shape: Shape) -> bool:
        if shape == self.shape or time.monotonic() > self._until:
            return False
        try:
            play(shape)
        except ViolationError as violation:
            if (
                violation.invariant == self.violation.invariant
                and violation.company.partition(" (")[0]
                == self.violation.company.partition(" (")[0]
            ):
                self.shape, self.violation = shape, violation
                return True
        return False
