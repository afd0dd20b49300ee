"""The story of a run, told only to a listener, and its end where a rule is broken."""

from collections.abc import Callable
from datetime import datetime

type Tell = Callable[[datetime, str], None]


def silence(_at: datetime, _text: str) -> None:
    """Tell nobody."""


class ViolationError(Exception):
    """A broken rule: invariant (0: a crash), company, month, step and seed."""

    def __init__(
        self,
        invariant: int,
        what: str,
        *,
        company: str = "",
        month: str = "",
        seed: int = -1,
        step: int = -1,
    ) -> None:
        super().__init__(invariant, what, company, month, seed, step)
        self.invariant = invariant
        self.what = what
        self.company = company
        self.month = month
        self.seed = seed
        self.step = step

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.company, self.month)))
        return (
            f"invariant {self.invariant}, seed {self.seed}, step "
            f"{self.step}{f', {where}' if where else ''}: {self.what}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        return _remade, (self.invariant, self.what, self.company, self.month, self.seed, self.step)


def _remade(  # noqa: PLR0917 - for pickle
    invariant: int, what: str, company: str, month: str, seed: int, step: int
) -> ViolationError:
    return ViolationError(invariant, what, company=company, month=month, seed=seed, step=step)
