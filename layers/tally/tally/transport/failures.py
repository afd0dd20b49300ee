"""Failures of one attempt at a call, split by whether an answer came.

That split is what the decision to retry rests on.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class Effect(StrEnum):
    """The effect of a call on the other side, which tells if it may be repeated."""

    NONE = "none"
    """A read."""
    SETS = "sets"
    """It sets a value: to do it twice is to do it once."""
    CREATES = "creates"
    """It makes something: to do it twice makes two."""

    @property
    def repeatable(self) -> bool:
        """True if it can do no harm to send it again."""
        return self is not Effect.CREATES

    @property
    def writes(self) -> bool:
        """True if it changes anything."""
        return self is not Effect.NONE


class Loss(StrEnum):
    """The point that a call without an answer got to."""

    NOT_SENT = "not sent"
    """There was no connection, so the other side has not seen it."""
    UNTRUSTED = "untrusted"
    """The other side's certificate is not trusted; nothing was sent."""
    UNKNOWN = "unknown"
    """It may have arrived, and taken effect."""
    LATE = "late"
    """It was sent, and no whole answer came in time; otherwise like ``UNKNOWN``."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer came. ``why`` is in our own words, and holds nothing of the request."""

    loss: Loss
    why: str


@dataclass(frozen=True, slots=True)
class BadAnswer:
    """An answer that is not a 2xx.

    ``status`` is the HTTP status by its meaning, and ``said`` the text of the body, both as the
    vendor's dialect reads them. ``pause`` is the wait in seconds that was asked for, if any was.
    ``in_front`` says that the answer came from something in front of the vendor, such as a
    firewall, a proxy or a maintenance page. Then its status tells of that alone.
    """

    status: int
    said: str = ""
    pause: float | None = None
    in_front: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A 2xx whose body the call cannot use; if ``too_large``, it was not read to its end."""

    why: str
    too_large: bool = False


type Failure = NoAnswer | BadAnswer | Unreadable


def may_have_happened(failure: Failure) -> bool:
    """Return True if a write that failed so can have taken effect.

    It can if no answer came after sending, and for a 5xx or an unreadable 2xx. It also can if
    something in front answered: that may have let the write through, and replaced the answer.
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
    """Return True if the answer may have been too much for its time, so that less may come."""
    if isinstance(failure, NoAnswer):
        return failure.loss is Loss.LATE
    return isinstance(failure, BadAnswer) and failure.status in _LATE and not failure.pause


_LATE = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.GATEWAY_TIMEOUT, 522, 524})
"""Statuses of an answer too late; 522 and 524 are Cloudflare's, of the server behind it."""
