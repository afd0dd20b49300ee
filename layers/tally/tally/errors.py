"""Every error that Tally raises on purpose, sorted by who has to act.

    TallyError
    ├── TransientError          the world: try again
    │   ├── RateLimitedError        after `retry_after`
    │   ├── ConflictError           somebody else was first
    │   ├── TooSlowError            no answer in time: less may be asked for
    │   ├── NotStartedError         too little time was left to begin
    │   ├── NotYetError             nothing can be said before `retry_after`
    │   └── UnsavedError            some of many items were not written
    ├── AmbiguousError          a write whose answer never came: look before the next one
    ├── RefusedError            a write that was refused (400 or alike): it has not happened
    ├── SetupError              the operator: settings, keys, rights, names
    │   ├── CredentialsError        401: the keys are wrong
    │   │   └── MissingRightError       403: they are right, and lack a right
    │   ├── NotFoundError           404
    │   ├── ApiVersionError         the server does not know the version of its API that is asked for
    │   ├── InFrontError            something before the API answers in its place
    │   └── AmbiguousNameError      two things of one name
    ├── ContractError           the other side answered what we do not understand
    │   ├── TooLargeError           more of it than is read
    │   ├── DeclinedError           it understood, and says no
    │   ├── MalformedJobError       a message of the queue that is no job
    │   │   └── RefusedJobError         or none that a planner can have made
    │   ├── UnsentError             some of many jobs will never be taken by the queue (in ``messages``)
    │   └── UnreadableItemError     an item of the ledger that this version does not understand
    ├── BugError                us: what we did not foresee
    ├── SeveralError            services of one job failed, each for its own reason
    └── IncompletePlanError     a tick could not read all it needed; what it could read is planned

What may be tried again follows from the class alone. Of a write, every class but AmbiguousError says: it has not happened.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Self

from tally.domain.model.screen import LONGEST
from tally.redaction import told


class TallyError(Exception):
    """Base of all. ``str()`` is one sentence or two: what happened, and what to do where somebody can.

    Whatever it quotes, it shows no key and is at most ``LONGEST`` characters of one line (SAFE-10).
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(told(message, LONGEST))


class TransientError(TallyError):
    """It may work the next time: no connection, a 5xx on a read, a record in use."""


class RateLimitedError(TransientError):
    """The other side asked for a pause."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConflictError(TransientError):
    """The ledger's item is not at the version that was loaded: another worker was first (SAFE-3)."""


class TooSlowError(TransientError):
    """No whole answer came in the time that a call has."""


class NotStartedError(TransientError):
    """The function had not enough time left for it: it is to come back as it came."""


class NotYetError(TransientError):
    """ConnectWise's lists may not show our last write yet: the job comes back when they must (SAFE-2)."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AmbiguousError(TallyError):
    """A write was sent and its answer never came, came as a 5xx, or cannot be read: it may have happened."""


class RefusedError(TallyError):
    """A write was refused with a 400 or another 4xx of its own: it has not happened, and would be refused again."""


class SetupError(TallyError):
    """The operator has to act: a setting, a key, a right or a name is wrong."""


class CredentialsError(SetupError):
    """The keys are wrong (401), or lack a right (MissingRightError)."""


class MissingRightError(CredentialsError):
    """The keys are known, and may not do what was asked (403)."""


class NotFoundError(SetupError):
    """What was asked for is not there (404)."""


class ApiVersionError(SetupError):
    """The server does not know the version of its API that is asked for."""


class InFrontError(SetupError):
    """A page of something in front of the API, such as a firewall or a proxy, in place of the API's own answer.

    Nothing is concluded from its status: neither of keys and rights, nor of what is there.
    """


class AmbiguousNameError(SetupError):
    """Two things bear the name that the operator gave."""


class ContractError(TallyError):
    """An answer that does not have the shape that the API promises: nothing is concluded from it."""


class TooLargeError(ContractError):
    """The answer is larger than anything that is read."""


class DeclinedError(ContractError):
    """A well-formed answer that what was asked for is not to be had."""


class MalformedJobError(ContractError):
    """The message is no job. It is looked at by a person, in the dead-letter queue."""


class RefusedJobError(MalformedJobError):
    """It is one in form, and no planner can have made it (SAFE-9)."""


class BugError(TallyError):
    """Ours to mend. Of a write, what was sent before it happened is in the ledger as an intent."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """The error in words, for one that nobody foresaw."""
        return cls(f"A bug in Tally: {error!r}.")


class UnreadableItemError(ContractError):
    """An item of the ledger that this version cannot read: it concerns the company whose it is, and nobody else."""


class UnsavedError(TransientError):
    """Some of many were not written, each for its own reason; the others were. ``failures`` has the error of each by its company.

    ``left_out`` are those that somebody else had written before.
    """

    def __init__(self, message: str, *, failures: Mapping[str, TallyError], left_out: int) -> None:
        super().__init__(message)
        self.failures = failures
        self.left_out = left_out


class SeveralError(TallyError):
    """Several services of one job failed. ``errors`` says how each did; when to try again follows from all of them."""

    def __init__(self, message: str, *, errors: Sequence[TallyError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class IncompletePlanError(TallyError):
    """Some lists could not be read: nothing was planned from them, the rest was (SAFE-5). The next tick is the retry."""


def in_words(error: Exception) -> str:
    """What an error says, to be told to a person: of one that nobody foresaw, that it is a bug (SAFE-10)."""
    return str(error if isinstance(error, TallyError) else BugError.of(error))


def together(failures: Mapping[str, Exception]) -> Exception:
    """One error for those of a job's services, by name: a bug of ours before all, and what they have in common once."""
    for error in failures.values():
        if not isinstance(error, TallyError):
            return error
    errors = [error for error in dict.fromkeys(failures.values()) if isinstance(error, TallyError)]
    if len(errors) == 1:
        return errors[0]
    return SeveralError(
        "; ".join(f"{service}: {error}" for service, error in failures.items()), errors=errors
    )
