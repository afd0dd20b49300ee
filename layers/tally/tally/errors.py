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
    │   ├── ApiVersionError         the server does not know this version of its API
    │   ├── InFrontError            something before the API answers in its place
    │   └── AmbiguousNameError      two things of one name
    ├── ContractError           the other side answered what we do not understand
    │   ├── TooLargeError           more of it than is read
    │   ├── DeclinedError           it understood, and says no
    │   ├── MalformedJobError       a message of the queue that is no job
    │   │   └── RefusedJobError         or none that a planner can have made
    │   ├── UnsentError             jobs that the queue will never take (in ``messages``)
    │   └── UnreadableItemError     an item of the ledger that this version does not understand
    ├── BugError                us: nobody foresaw it
    ├── ContradictedError       totals of partners turned out wrong: all is read again
    ├── SeveralError            services of one job failed, each for its own reason
    └── IncompletePlanError     a tick could not read all it needed; what it could read is planned

The class alone decides what may be tried again. Of a write, every class but AmbiguousError says:
it has not happened.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Self

from tally.domain.model.screen import LONGEST
from tally.redaction import told


class TallyError(Exception):
    """The base of all. ``str()`` says in a sentence or two what happened, and what to do.

    It shows no key, and is one line of at most ``LONGEST`` characters (SAFE-10).
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(told(message, LONGEST))


class TransientError(TallyError):
    """A failure that may pass: no connection, a 5xx on a read, a record in use."""


class RateLimitedError(TransientError):
    """The other side asked for a pause."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConflictError(TransientError):
    """The ledger's item has another version than was loaded: another worker was first (SAFE-3)."""


class TooSlowError(TransientError):
    """No whole answer came within the time of a call."""


class NotStartedError(TransientError):
    """The function had too little time left to begin: the job comes back as it came."""


class NotYetError(TransientError):
    """ConnectWise's lists may not show our last write yet; the job comes back later (SAFE-2)."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AmbiguousError(TallyError):
    """A write may have happened: its answer never came, came as a 5xx, or cannot be read."""


class RefusedError(TallyError):
    """A write was refused with a 400 or alike: it has not happened, and would be refused again."""


class SetupError(TallyError):
    """The operator has to act: a setting, a key, a right or a name is wrong."""


class CredentialsError(SetupError):
    """The keys are wrong (401), or lack a right (MissingRightError)."""


class MissingRightError(CredentialsError):
    """The keys are known, and may not do what was asked (403)."""


class NotFoundError(SetupError):
    """The thing that was asked for is not there (404)."""


class ApiVersionError(SetupError):
    """The server does not know the version of its API that we ask for."""


class InFrontError(SetupError):
    """Something in front of the API answered in its place, such as a firewall or a proxy.

    Its status says nothing about keys, rights, or what is there.
    """


class ImpossibleError(SetupError):
    """What a person wants cannot be: the rules refuse it, and nothing was written."""


class AmbiguousNameError(SetupError):
    """Two things bear the name that the operator gave."""


class ContractError(TallyError):
    """An answer without the shape that the API promises: Tally concludes nothing from it."""


class TooLargeError(ContractError):
    """An answer that is larger than Tally reads."""


class DeclinedError(ContractError):
    """A well-formed answer that says no."""


class MalformedJobError(ContractError):
    """The message is no job. A person looks at it in the dead-letter queue."""


class ContradictedError(TallyError):
    """Totals of partners were believed, and turned out wrong (PULSE-3).

    ``vectors`` are what GravityZone answered before and after, and what was read, for the log.
    """

    def __init__(self, message: str, *, vectors: str) -> None:
        super().__init__(message)
        self.vectors = vectors


class RefusedJobError(MalformedJobError):
    """A job in form that no planner can have made (SAFE-9)."""


class BugError(TallyError):
    """An error of ours. A write that was sent before it is in the ledger as an intent."""

    @classmethod
    def of(cls, error: Exception) -> Self:
        """Word an error that nobody foresaw."""
        return cls(f"A bug in Tally: {error!r}.")


class UnreadableItemError(ContractError):
    """An item of the ledger that this version cannot read: it concerns its own company alone."""


class UnsavedError(TransientError):
    """Some of many items were not written, each for its own reason; all others were.

    ``failures`` maps a company to its error. ``left_out`` counts items that others wrote first.
    """

    def __init__(self, message: str, *, failures: Mapping[str, TallyError], left_out: int) -> None:
        super().__init__(message)
        self.failures = failures
        self.left_out = left_out


class SeveralError(TallyError):
    """Several services of one job failed; their ``errors`` together decide when to try again."""

    def __init__(self, message: str, *, errors: Sequence[TallyError]) -> None:
        super().__init__(message)
        self.errors = tuple(errors)


class IncompletePlanError(TallyError):
    """Some lists could not be read, and only the rest was planned (SAFE-5).

    The next tick is the retry.
    """


def in_words(error: Exception) -> str:
    """Word an error for a person; one that nobody foresaw is called a bug (SAFE-10)."""
    return str(error if isinstance(error, TallyError) else BugError.of(error))


def together(failures: Mapping[str, Exception]) -> Exception:
    """Make one error of the services' failures: a bug of ours is first, equals count once."""
    for error in failures.values():
        if not isinstance(error, TallyError):
            return error
    errors = [error for error in dict.fromkeys(failures.values()) if isinstance(error, TallyError)]
    if len(errors) == 1:
        return errors[0]
    return SeveralError(
        "; ".join(f"{service}: {error}" for service, error in failures.items()), errors=errors
    )
