"""The totals of partners as a seed has them told: true in most, a lie in some (PULSE-1).

They lie to the pulse alone: those of partners that are billed themselves, and of partners directly
below them, are true in every seed.
"""

from dataclasses import dataclass
from typing import Literal

from simulators.gravityzone import Options, TotalsTold
from verification.simulation.draws import Draw, drawn

LYING = "totals of partners lie"
"""As a shape may leave it out."""

_KINDS: tuple[tuple[TotalsTold, int], ...] = (
    (TotalsTold(), 176),
    *((TotalsTold(kind="late", lag_seconds=lag), 2) for lag in (50, 300, 3_600, 21_600, 260_000)),
    (TotalsTold(kind="own alone"), 4),
    (TotalsTold(kind="no sub-partners"), 4),
    (TotalsTold(kind="zero"), 6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The lies of a seed: ``told`` by one partner alone, drawn by ``one``, or by all of them."""

    told: TotalsTold
    one: float | None
    moved_usage: Literal["goes", "stays"]
    deleted_usage: Literal["stays", "goes"]
    moved_machines: Literal["each", "once"]

    @property
    def true(self) -> bool:
        """True if none of them lies, whatever happens."""
        usual = (self.moved_usage, self.deleted_usage, self.moved_machines)
        return self.told.kind == "true" and usual == ("goes", "stays", "each")

    def __str__(self) -> str:
        late = f" by {self.told.lag_seconds:.0f} s" if self.told.kind == "late" else ""
        return (
            f"totals of {'all partners' if self.one is None else 'one partner'} are "
            f"{self.told.kind}{late}, a moved company's usage {self.moved_usage}, a deleted one's "
            f"{self.deleted_usage}, a moved machine counts for {self.moved_machines}"
        )

    def put_into(self, options: Options, partners: list[str]) -> None:
        """Have the partners told so; ``partners`` are those there are, the key's own included."""
        if self.one is None:
            options.totals = self.told
        else:
            options.totals_of = {partners[int(self.one * len(partners))]: self.told}
        options.moved_usage = self.moved_usage
        options.deleted_usage = self.deleted_usage
        options.moved_machines = self.moved_machines


def totals_of(seed: int) -> Totals:
    """Return how a seed has totals told."""
    draw = drawn(seed, Draw.TOTALS)
    (told,) = draw.choices([told for told, _ in _KINDS], [weight for _, weight in _KINDS])
    one = draw.random()
    return Totals(
        told=told,
        one=one * 2 if one < 0.5 else None,  # noqa: PLR2004 - either is as likely
        moved_usage="stays" if draw.random() < 0.1 else "goes",  # noqa: PLR2004 - unknown, and seldom drawn
        deleted_usage="goes" if draw.random() < 0.1 else "stays",  # noqa: PLR2004 - unknown, and seldom drawn
        moved_machines="once" if draw.random() < 0.1 else "each",  # noqa: PLR2004 - unknown, and seldom drawn
    )
