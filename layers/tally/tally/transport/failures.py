"""What can go wrong with one attempt at a call, split by whether an answer came: that split is the retry decision."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


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
    LATE = "late"
    """As unknown: it was sent, and no whole answer came in its time."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nothing that could be read came back; ``why`` is our own wording and holds nothing of the request."""

    loss: Loss
    why: str


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """An answer that is not a 2xx.

    ``status`` is the HTTP status by its meaning, ``said`` what the answer's body says, both after the vendor's dialect
    has had its look. ``pause`` is the wait that was asked for, in seconds, if any was. ``in_front``: the answer is none of
    the vendor's, but of something before it (a firewall, a proxy, a maintenance page), so that its status tells of that
    alone.
    """

    status: int
    said: str = ""
    pause: float | None = None
    in_front: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A 2xx whose body is not what the call answers with; ``too_large``: it was not read to its end."""

    why: str
    too_large: bool = False


type Failure = NoAnswer | BadAnswer | Unreadable


def may_have_happened(failure: Failure) -> bool:
    """Whether a write that failed so can have taken effect: no answer after sending, a 5xx, or an unreadable 2xx.

    So it may where something in front answered for the vendor: that may have looked at the vendor's answer first.
    """
    if isinstance(failure, NoAnswer):
        return failure.loss in {Loss.UNKNOWN, Loss.LATE}
    if isinstance(failure, BadAnswer):
        refused_from = (
            HTTPStatus.BAD_REQUEST if failure.in_front else HTTPStatus.INTERNAL_SERVER_ERROR
        )
        return not HTTPStatus.MULTIPLE_CHOICES <= failure.status < refused_from
    return True


def is_late(failure: Failure) -> bool:
    """Whether a call asked for more than could be given in time, as far as anybody can tell: less may do."""
    if isinstance(failure, NoAnswer):
        return failure.loss is Loss.LATE
    return isinstance(failure, BadAnswer) and failure.status in _LATE and not failure.pause


_LATE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT, 522, 524})
"""The last two are Cloudflare's: no connection to the server behind it, and no answer from it in time."""
