"""What holds of all kinds are made with."""

from tally.domain.person import Person
from tally.domain.record import Hold, Ruling, Said


def ruling(said: Said, number: int, person: Person, *, about: tuple[str, ...] = ()) -> Ruling:
    """Return the person's word on a number."""
    return Ruling(said=said, number=number, by=person.by, at=person.at, about=about)


__all__ = ["Hold", "ruling"]
