"""A deployed stack as the command sees it: its outputs, its settings, and its ports.

``Stack`` is the one seam: tests put their own ports into it.
``cli.deployment.connection`` makes one of a real deployment.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli.deployment.dead_letters import DeadLetters
from tally.domain.asking.asking_ledger_port import AskingLedger
from tally.domain.attaching.ports import Documents
from tally.domain.book.bucket_port import Bucket
from tally.domain.book.ledger_port import BookLedger
from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.pulse.ledger_port import PulseLedger
from tally.domain.record.unreadable import OddRows
from tally.errors import SetupError, TallyError
from tally.ports import Clock, ConnectWise, GravityZone, JobQueue, Ledger
from tally.runtime.settings import BookSettings, PlannerSettings

if TYPE_CHECKING:
    # For its type alone: a command that is not about tickets does not load the client.
    from tally.connectwise.tickets.client import TicketClient

DEFAULT_NAME = "tally"
"""What samconfig.toml calls the stack."""


class TickFailedError(TallyError):
    """The planner raised an error, whose sentence is the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The parts of a deployment that commands use.

    Ports are made when they are called for. Each raises TallyError where that fails.

    - ``outputs``: the template's outputs, by name.
    - ``environment``: a function's environment, by the output that names the function.
    - ``client``: a boto3 client of an AWS service in the stack's account and region.
    - ``pulse``: the pulse's memory in the ledger.
    - ``tickets``, ``asking``: ConnectWise's service tickets, and what the ledger remembers of them.
    - ``documents``: the documents of ConnectWise's agreements.
    - ``books``, ``bucket``, ``book_settings``: what the ledger knows of published books, the bucket
      they are in, and the settings of the function that publishes them.
    - ``invoke``: has the planner plan a tick that reads every company, and returns its answer.
      Raises TickFailedError.
    - ``ask``: hands an event to a function, named by its output, and waits for no answer.
    - ``waiting``: the number of jobs that are not done, with those in flight.
    - ``who``: the caller's ARN, which the history keeps.
    - ``odd_rows``: hears of rows of the vendors' lists that nobody can place.
    - ``evidence``: the store of machines that were seen active; None where there is none.
    - ``scheduled``: False if the stack was deployed with its schedules disabled: no tick comes by
      itself.
    """

    name: str
    outputs: Callable[[], Mapping[str, str]]
    environment: Callable[[str], Mapping[str, str]]
    settings: Callable[[], PlannerSettings]
    client: Callable[[str], Any]
    ledger: Callable[[], Ledger]
    pulse: Callable[[], PulseLedger]
    books: Callable[[], BookLedger]
    bucket: Callable[[], Bucket]
    book_settings: Callable[[], BookSettings]
    gravityzone: Callable[[], GravityZone]
    connectwise: Callable[[], ConnectWise]
    documents: Callable[[], Documents]
    tickets: Callable[[], "TicketClient"]
    asking: Callable[[], AskingLedger]
    queue: Callable[[], JobQueue]
    waiting: Callable[[], int]
    dead_letters: Callable[[], DeadLetters]
    invoke: Callable[[datetime], Mapping[str, Any]]
    ask: Callable[[str, Mapping[str, str]], None]
    who: Callable[[], str]
    clock: Clock
    scheduled: Callable[[], bool] = lambda: True
    sleep: Callable[[float], None] = time.sleep
    odd_rows: OddRows = field(default_factory=OddRows)
    evidence: Callable[[], EvidenceStore | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The deployment that is meant, as the options of the command line name it.

    With ``any_clock`` it is used also where this machine's clock, which tells the months that are
    due, is not AWS's.
    """

    name: str = DEFAULT_NAME
    region: str | None = None
    profile: str | None = None
    local: bool = False
    any_clock: bool = False


def output(outputs: Mapping[str, str], name: str, *, stack: str) -> str:
    """Return one of the template's outputs.

    Raises:
        SetupError: The deployed template is too old to have it.
    """
    try:
        return outputs[name]
    except KeyError:
        raise SetupError(
            f"The stack {stack} has no output {name}: is it Tally's, and of this version? Deploy "
            "it again."
        ) from None
