"""Raise the rules' refusal of what a person wants."""

from tally.errors import ImpossibleError


def possible[T](outcome: T | str) -> T:
    """Return the outcome; raise ImpossibleError if it is a text, which says why it cannot be."""
    if isinstance(outcome, str):
        raise ImpossibleError(outcome)
    return outcome
