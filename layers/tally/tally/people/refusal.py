"""Raise the rules' refusal of what a person wants."""

from tally.errors import SetupError


def possible[T](outcome: T | str) -> T:
    """Return the outcome; raise SetupError if it is a text, which says why it cannot be."""
    if isinstance(outcome, str):
        raise SetupError(outcome)
    return outcome
