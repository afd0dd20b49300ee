"""What the use cases need of the world. Adapters: gravityzone/, connectwise/, ledger/, queue.py, clock.py."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from tally.domain.model.agreement import Addition, Agreement, NewAddition
from tally.domain.model.company import (
    EVERYBODY,
    Company,
    CompanyKind,
    CompanyLink,
    ConnectWiseCompany,
    LinkChange,
    Stretch,
)
from tally.domain.model.month import Month
from tally.domain.model.reading import Usage, UsagePerProductType
from tally.domain.model.standing import Standing
from tally.domain.model.terms import Terms
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry, Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.messages import Job

LONGEST_DELAY = timedelta(seconds=900)
"""The longest that a job can be put off as it is sent: ``DelaySeconds`` of a message (SQS quotas)."""

BATCH = 10
"""How many jobs a worker is handed at once, the template's ``BatchSize``: as many as SQS gives in one answer (SQS quotas)."""


class GravityZone(Protocol):
    """Reads of the GravityZone Public API. All raise TallyError; none changes anything there."""

    def enabled_apis(self) -> frozenset[str]:
        """The services that are ticked on the API key, as GravityZone names them."""
        ...

    def own_company(self) -> Company:
        """The company that the API key belongs to: the MSP itself."""
        ...

    def children(
        self, parent_id: str, *, kind: CompanyKind, monthly_only: bool
    ) -> Sequence[Company]:
        """The companies of one kind directly below ``parent_id``, which must be a partner: below a customer there is no list."""
        ...

    def company(self, company_id: str) -> Company | None:
        """One company by id, or None if GravityZone no longer has it, or none within reach. DeclinedError: it refuses to say."""
        ...

    def is_monthly(self, company_id: str) -> bool:
        """Whether its subscription is, at this moment, a paid monthly one (``subscriptionType`` 3)."""
        ...

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """The counters of that month; ``targetMonth`` is always sent (READ-1)."""
        ...

    def usage_per_product_type(self, company_id: str, *, month: Month) -> UsagePerProductType:
        """The counters of that month for each product type (READ-6); ``targetMonth`` is always sent (READ-1)."""
        ...


class ConnectWise(Protocol):
    """The calls we make to the ConnectWise PSA API. All raise TallyError."""

    def agreement_types(self, name: str) -> Mapping[str, int]:
        """Ids by name of the agreement types that are active; all of them, so that near misses can be named."""
        ...

    def products(self, identifier: str) -> Mapping[str, int]:
        """Ids by identifier of the catalog products whose identifier resembles ``identifier`` but for case and spaces."""
        ...

    def companies(self) -> Iterable[ConnectWiseCompany]:
        """All companies that are not deleted."""
        ...

    def company(self, company_id: int) -> ConnectWiseCompany | None:
        """One company by id, a deleted one too; None if there is none."""
        ...

    def agreements(self, type_id: int) -> Iterable[Agreement]:
        """All agreements of that type, active or not."""
        ...

    def agreement(self, agreement_id: int) -> Agreement:
        """One agreement. Raises NotFoundError."""
        ...

    def additions(
        self, agreement_id: int, *, since: date | None = None, products: Collection[int] = ()
    ) -> Sequence[Addition]:
        """All Additions of one agreement.

        One that cannot be read is an error, unless it ended before ``since``, or is of none of ``products``.
        """
        ...

    def create_addition(self, new: NewAddition) -> Addition:
        """POST, once, never repeated. AmbiguousError: it may exist. Any other TallyError: it does not."""
        ...

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """PATCH of the quantity alone; safe to repeat, and repeated where the answer did not come."""
        ...

    def take_over(
        self, *, agreement_id: int, addition_id: int, text: str, cancelled: date
    ) -> Addition:
        """PATCH of the text and the cancelled date together; safe to repeat, and repeated as ``set_quantity`` (OPEN-6)."""
        ...

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """PATCH of the terms that are not None; safe to repeat, and repeated as ``set_quantity`` (OPEN-5).

        The Addition as it was answered may show others.
        """
        ...


class Ledger(Protocol):
    """The DynamoDB table. Reads named ``all_…`` come from the index and may lag; the others are consistent.

    ``within``: of those companies alone. What cannot be read is set aside in lists, as its company's own trouble
    (``Unreadable``), and raises UnreadableItemError where it is asked for by itself. A standing comes as far as it can be read.
    """

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        """Remember ``tick`` if it is the newest, and its month as the first if there is none; answer what is known now.

        So is its month remembered for each of the services that no tick has named before.
        """
        ...

    def note_lists(self, tick: datetime) -> None:
        """Remember that the tick, and so one of its month, read GravityZone's lists and noted what they say (OPEN-9)."""
        ...

    def note_products(self, products: Mapping[str, int]) -> None:
        """Remember which product each service is billed by, in place of what was known of it (SAFE-9). A tick must have begun."""
        ...

    def finish_tick(self, tick: datetime) -> None:
        """Remember that the tick planned everything."""
        ...

    def ticks(self) -> Ticks | None:
        """What is known of ticks, or None before the first."""
        ...

    def all_links(self) -> Iterable[CompanyLink | Unreadable]:
        """Every company's link; those that were untied too, so that nobody ties them by their names again."""
        ...

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterable[Standing]:
        """Every company's standing, by company id."""
        ...

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterable[UsageRecord | Unreadable]:
        """Every record that is not settled, of whatever month (CLOSE-3), by company id, month and service."""
        ...

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterable[UsageRecord | Unreadable]:
        """The month's records that are settled, by company id and service."""
        ...

    def record(self, key: RecordKey) -> UsageRecord | None:
        """One record."""
        ...

    def history(self, key: RecordKey) -> Sequence[HistoryEntry]:
        """The record's transitions, oldest first."""
        ...

    def link(self, company_id: str) -> CompanyLink | None:
        """One company's link; also one that was untied."""
        ...

    def link_history(self, company_id: str) -> Sequence[HistoryEntry]:
        """The changes of a company's link, oldest first."""
        ...

    def standing(self, company_id: str) -> Standing | None:
        """One company's standing."""
        ...

    def save(self, transition: Transition, change: LinkChange | None = None) -> None:
        """Write the record and its history in one transaction, if its version is the expected one; else ConflictError.

        ``change``: write it in the same transaction, as ``change_link`` does.
        """
        ...

    def tie(self, link: CompanyLink) -> None:
        """Tie a company that has no link to a ConnectWise company that nobody is tied to; else ConflictError."""
        ...

    def change_link(self, change: LinkChange) -> None:
        """Write the link and its history in one transaction, if its version is the expected one; else ConflictError.

        Also ConflictError: the ConnectWise company is tied to another company.
        """
        ...

    def save_standing(self, standing: Standing) -> None:
        """Write the standing as version ``standing.version + 1`` if the ledger is at ``standing.version``; else ConflictError."""
        ...

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """Save many, several at a time, each on its own; answer how many were left out because somebody was first.

        UnsavedError says which could not be written, after all others were; where none could, the table's own error is raised.
        """
        ...


class JobQueue(Protocol):
    """The queue between planner and worker."""

    def backlog(self) -> int:
        """Messages that wait or are delayed, those in flight not counted; approximate."""
        ...

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Put each job on the queue, to be seen after its delay (whole seconds, at most LONGEST_DELAY).

        UnsentError: it will never take some of them; all others are sent.
        """
        ...


class Deliveries(Protocol):
    """The worker's end of the queue."""

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Hide the message just received for so long, instead of the queue's visibility timeout."""
        ...


class Announcements(Protocol):
    """The topic that people listen to."""

    def publish(self, *, subject: str, text: str) -> None:
        """Send it to all subscribers; they may get it twice. Raises TallyError."""
        ...


class Clock(Protocol):
    """Wall-clock time, for ages only; the tick decides everything else."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...
