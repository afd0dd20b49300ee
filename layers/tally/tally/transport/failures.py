"""What can go wrong with one attempt at a call, split by whether an answer came: that split is the retry decision."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a call changes on the other side, and so whether it may be repeated."""

    NONE = "none"
    """A read."""
    SETS = "sets"
    """It sets a value: twice is once."""
    CREATES = "creates"
    """It makes something: twice is two."""

    @property
    def repeatable(self) -> bool:
        """Whether sending it again can do no harm."""
        return self is not Effect.CREATES

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self is not Effect.NONE


class Loss(StrEnum):
    """How far a call got that has no answer."""

    NOT_SENT = "not sent"
    """No connection came to be, so the other side has not seen it."""
    UNTRUSTED = "untrusted"
    """The other side's certificate is not trusted; nothing was sent."""
    UNKNOWN = "unknown"
    """It may have arrived, and taken effect."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing that could be read came back; ``why`` is our own wording and holds nothing of the request."""

    loss: Loss
    why: str


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """An answer that is not a 2xx.

    ``status`` is the HTTP status by its meaning, ``said`` what the answer's body says, both after the vendor's dialect
    has had its look. ``pause`` is the wait that was asked for, in seconds, if any was.
    """

    status: int
    said: str = ""
    pause: float | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A 2xx whose body is not what the call answers with."""

    why: str


type Failure = NoAnswer | BadAnswer | Unreadable


def may_have_happened(failure: Failure) -> bool:
    """Whether a write that failed so can have taken effect: no answer after sending, a 5xx, or an unreadable 2xx."""
    if isinstance(failure, NoAnswer):
        return failure.loss is Loss.UNKNOWN
    if isinstance(failure, BadAnswer):
        return not 300 <= failure.status < 500  # noqa: PLR2004 - redirected and refused are certain, all else is not
    return True
