"""One customer's month on a page: the values that every form of it is drawn from.

A statement is made of what the ledger keeps, and of nothing else. So the same record, history and
evidence give the same statement, byte by byte (PROOF-4).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.domain.record.lines import Line
from tally.domain.record.usage_record import Credit, RecordState
from tally.domain.statement.course import Day, Step


class Stage(StrEnum):
    """``provisional`` until the close, ``final`` after it; ``not recorded`` without a record."""

    PROVISIONAL = "provisional"
    FINAL = "final"
    NOT_RECORDED = "not recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer by its ids and names; ``connectwise_id`` is None if it is linked to nobody."""

    id: str
    name: str
    connectwise_id: int | None = None
    connectwise_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a service.

    ``billed`` is on Additions, less what was credited. ``counted`` is GravityZone's newest count,
    None where the record does not prove it. ``floor`` is the contract's, recorded at the close.
    ``credited`` is what a person gave back. ``proven`` counts the machines that were seen active;
    None means that it was not recorded.
    """

    billed: int
    counted: int | None
    floor: int | None = None
    credited: int = 0
    credit: Credit | None = None
    proven: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """The ticks of the first and of the last reading; None where it was not recorded.

    ``billed_since`` is the step that brought the number that is billed.
    """

    first: datetime | None
    last: datetime | None
    billed_since: Step | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A hold that a person has not answered yet, with the number that it asks about."""

    since: datetime
    why: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatement:
    """One service of the month: its numbers, its course, its Additions, and what is open.

    ``is_partners_own`` is true where the count leaves out the companies below a partner (READ-4).
    """

    service: str
    version: int
    state: RecordState
    numbers: Numbers
    readings: Readings
    days: tuple[Day, ...]
    steps: tuple[Step, ...]
    lines: tuple[Line, ...]
    waiting: Waiting | None
    difference: tuple[str, ...]
    notices: tuple[str, ...]
    is_partners_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One customer's month. ``time_zone`` is the IANA name of the MSP's own.

    ``evidence`` has the machines, None where no walk recorded them (PROOF-5), or where what is
    stored of them cannot be read (``evidence_unreadable``, SAFE-5). They stand behind the service
    ``evidence_of``, which bills GravityZone's count of all endpoints.
    """

    customer: Customer
    month: Month
    time_zone: str
    services: tuple[ServiceStatement, ...]
    evidence: Evidence | None = None
    evidence_of: str = ""
    evidence_unreadable: bool = False

    @property
    def stage(self) -> Stage:
        """Provisional while any service's record is open."""
        if not self.services:
            return Stage.NOT_RECORDED
        # A waived month is as final as a closed one: nothing is billed any more.
        is_open = any(each.state is RecordState.OPEN for each in self.services)
        return Stage.PROVISIONAL if is_open else Stage.FINAL

    @property
    def version(self) -> int:
        """The number of changes that the ledger recorded of the month, those of evidence too.

        It rises with each, and falls only where evidence is removed.
        """
        evidence = 0 if self.evidence is None else self.evidence.version
        return sum(each.version for each in self.services) + evidence
