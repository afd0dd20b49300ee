"""Put the tickets function together; no other function imports its parts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

from tally.asking.round import Round
from tally.aws.clients import AwsClients
from tally.aws.secret import read_keys
from tally.connectwise.tickets.client import TicketClient
from tally.domain.asking.answer import Answerers
from tally.domain.asking.question import Question, deployment_name
from tally.domain.asking.tickets_port import DeskNames
from tally.domain.attaching.ports import Attachments
from tally.domain.attaching.wanted import Place, own_agreement
from tally.domain.model.standing import StandingState
from tally.errors import TallyError
from tally.ledger.asking.ticket_table import DynamoDBAsking
from tally.ledger.attachments.attachment_table import DynamoDBAttachments
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ports import Ledger
from tally.runtime.metrics import Traffic
from tally.runtime.parts.bootstrap import World, connectwise_client
from tally.runtime.settings import ConnectWiseSettings, Text
from tally.runtime.time_limits import Deadline, WallClock

_CONNECTIONS = 4
_ONE_MORE = 90.0
"""Seconds that must be left for one more ticket: eight calls of ten seconds, and the ledger."""
_CAUSES = {"set-up": StandingState.NEEDS_SETUP, "failing": StandingState.FAILING}


def _listed(value: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in value.split(","))))


def _standings(value: str) -> frozenset[StandingState]:
    """Read the causes that get a ticket beside holds, which always do."""
    causes = set(_listed(value)) - {"holds"}
    if unknown := causes - _CAUSES.keys():
        raise ValueError(f"{', '.join(sorted(unknown))}: there are holds, set-up and failing")
    return frozenset(_CAUSES[each] for each in causes)


class TicketSettings(ConnectWiseSettings):
    """The tickets function's settings: it reads the ledger and ConnectWise, no GravityZone.

    An empty ``ticket_board`` asks nobody.
    """

    table_name: Text
    stack_name: Text
    # Two stacks of one name may ask in one ConnectWise: references tell them apart by this (ASK-1).
    account_and_region: Text
    ticket_board: str = ""
    ticket_open_status: str = ""
    ticket_closed_status: str = ""
    ticket_type: str = ""
    ticket_priority: str = ""
    ticket_team: str = ""
    ticket_source: str = ""
    ticket_answerers: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    ticket_subcontractors: bool = False
    ticket_causes: Annotated[frozenset[StandingState], BeforeValidator(_standings)] = frozenset()

    @property
    def names(self) -> DeskNames:
        """The names of where tickets are made."""
        return DeskNames(
            board=self.ticket_board,
            open_status=self.ticket_open_status,
            closed_status=self.ticket_closed_status,
            type=self.ticket_type,
            priority=self.ticket_priority,
            team=self.ticket_team,
            source=self.ticket_source,
        )

    @property
    def answerers(self) -> Answerers:
        """The members whose answers count."""
        return Answerers(listed=self.ticket_answerers, subcontractors=self.ticket_subcontractors)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketsFunction:
    """The function's parts; ``traffic`` counts its calls, for its log alone."""

    round: Round
    deadline: Deadline
    traffic: Traffic


def tickets_parts(
    environment: Mapping[str, str], world: World | None = None
) -> TicketsFunction | None:
    """Put the function together; None if no board is set.

    Raises SetupError naming every setting or key that is wrong.
    """
    settings = TicketSettings.from_env(environment)
    # Before the keys are read and anything is called: without a board nobody is asked.
    if not settings.ticket_board:
        return None
    aws, deadline, heard = AwsClients(connections=_CONNECTIONS), Deadline(), Traffic()
    world = world or World()
    connectwise = connectwise_client(
        settings,
        read_keys(aws.client("secretsmanager"), settings.secret_id),
        deadline=deadline.seconds_left,
        adapter=world.connectwise,
        listener=heard.heard,
    )
    tables = aws.client("dynamodb")
    ledger = DynamoDBLedger(tables, settings.table_name)
    return TicketsFunction(
        round=Round(
            ledger=ledger,
            memory=DynamoDBAsking(tables, settings.table_name),
            tickets=TicketClient(connectwise.calls),
            clock=world.clock or WallClock(),
            names=settings.names,
            answerers=settings.answerers,
            deployment=deployment_name(settings.stack_name, settings.account_and_region),
            standings=settings.ticket_causes,
            settle=timedelta(seconds=settings.settle_seconds),
            statement_of=attached_statement(
                ledger, DynamoDBAttachments(tables, settings.table_name)
            ),
            has_time=lambda: deadline.seconds_left() >= _ONE_MORE,
        ),
        deadline=deadline,
        traffic=heard,
    )


def attached_statement(ledger: Ledger, attachments: Attachments) -> Callable[[Question], str]:
    """Return what says where the statement of a question's month is attached (PROOF-7)."""

    def told(question: Question) -> str:
        key = question.subject.key
        try:
            record = None if key is None else ledger.record(key)
            # A statement is attached where the month is billed: without a line there is no such
            # place.
            agreement_id = None if record is None else own_agreement(record.lines)
            if key is None or agreement_id is None:
                return ""
            place = Place(company_id=key.company_id, month=key.month, agreement_id=agreement_id)
            attached = attachments.attachment(place).attached
        except TallyError:
            # The question matters more than its enclosure.
            return ""
        if not attached:
            return ""
        return (
            f"The statement of {key.month.label} is a document of agreement {agreement_id}: "
            f'"{attached[-1].title}".'
        )

    return told
