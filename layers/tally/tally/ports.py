"""The interfaces that the use cases need of the world.

Their adapters are in ``gravityzone``, ``connectwise``, ``ledger``, ``aws`` and ``runtime``.
"""

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
"""The longest delay of a job that is sent: a message's ``DelaySeconds`` (SQS quotas)."""

BATCH = 10
"""The number of jobs that a worker gets at once, the template's ``BatchSize``.

SQS gives no more messages in one answer (SQS quotas).
"""


class GravityZone(Protocol):
    """Reads of the GravityZone Public API. All raise TallyError; none changes anything there."""

    def enabled_apis(self) -> frozenset[str]:
        """Return the services that are ticked on the API key, as GravityZone names them."""
        ...

    def own_company(self) -> Company:
        """Return the company that the API key belongs to: the MSP itself."""
        ...

    def children(
        self, parent_id: str, *, kind: CompanyKind, monthly_only: bool
    ) -> Sequence[Company]:
        """List the companies of one kind directly below a partner; customers have no such list."""
        ...

    def company(self, company_id: str) -> Company | None:
        """Return one company by id, or None if GravityZone has none within our reach.

        Raises DeclinedError if GravityZone refuses to say.
        """
        ...

    def is_monthly(self, company_id: str) -> bool:
        """Return True if its subscription is a paid monthly one now (``subscriptionType`` 3)."""
        ...

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """Return the counters of that month; ``targetMonth`` is always sent (READ-1)."""
        ...

    def usage_per_product_type(self, company_id: str, *, month: Month) -> UsagePerProductType:
        """Return the counters of that month for each product type (READ-6, READ-1)."""
        ...


class ConnectWise(Protocol):
    """Calls of the ConnectWise PSA API. All raise TallyError."""

    def agreement_types(self, name: str) -> Mapping[str, int]:
        """Return the ids of all active agreement types, by name.

        A message about a name that is missing lists similar ones.
        """
        ...

    def products(self, identifier: str) -> Mapping[str, int]:
        """Return the ids of products with that ``identifier``, whatever its case and spaces."""
        ...

    def companies(self) -> Iterable[ConnectWiseCompany]:
        """List all companies that are not deleted."""
        ...

    def company(self, company_id: int) -> ConnectWiseCompany | None:
        """Return one company by id, a deleted one too; None if there is none."""
        ...

    def agreements(self, type_id: int) -> Iterable[Agreement]:
        """List all agreements of that type, active or not."""
        ...

    def agreement(self, agreement_id: int) -> Agreement:
        """Return one agreement. Raises NotFoundError."""
        ...

    def additions(
        self, agreement_id: int, *, since: date | None = None, products: Collection[int] = ()
    ) -> Sequence[Addition]:
        """List all Additions of one agreement.

        An unreadable one is an error, unless it ended before ``since``, or is of another product
        than ``products``.
        """
        ...

    def create_addition(self, new: NewAddition) -> Addition:
        """POST once, never again. After AmbiguousError it may exist; after others it does not."""
        ...

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """PATCH the quantity alone; it is safe to repeat, and repeated if the answer is lost."""
        ...

    def take_over(
        self, *, agreement_id: int, addition_id: int, text: str, cancelled: date
    ) -> Addition:
        """PATCH text and cancelled date together (OPEN-6); repeated like ``set_quantity``."""
        ...

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """PATCH the terms that are not None (OPEN-5); repeated like ``set_quantity``.

        The Addition of the answer may show other terms.
        """
        ...


class Ledger(Protocol):
    """The DynamoDB table. Reads named ``all_…`` use the index and may lag; others are consistent.

    ``within`` limits a list to those companies. An item that cannot be read is ``Unreadable`` in a
    list, and raises UnreadableItemError if it is asked for alone. A standing is read as far as
    possible.
    """

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        """Remember ``tick`` if it is the newest; return what is known of ticks now.

        Its month becomes the first month if there is none, and the first month of each service that
        no tick has named before.
        """
        ...

    def note_lists(self, tick: datetime) -> None:
        """Remember that a tick of this month read GravityZone's lists and noted them (OPEN-9)."""
        ...

    def note_products(self, products: Mapping[str, int]) -> None:
        """Remember the product of each service (SAFE-9), in place of the products known before.

        A tick must have begun.
        """
        ...

    def finish_tick(self, tick: datetime) -> None:
        """Remember that the tick planned everything."""
        ...

    def ticks(self) -> Ticks | None:
        """Return what is known of ticks, or None before the first."""
        ...

    def all_links(self) -> Iterable[CompanyLink | Unreadable]:
        """List every company's link, also of unlinked ones: nobody must link them by name again."""
        ...

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterable[Standing]:
        """List every company's standing, by company id."""
        ...

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterable[UsageRecord | Unreadable]:
        """List the records of any month that are not settled, by company id, month and service.

        CLOSE-3 finds months here that an outage kept from closing.
        """
        ...

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterable[UsageRecord | Unreadable]:
        """List the month's settled records, by company id and service."""
        ...

    def record(self, key: RecordKey) -> UsageRecord | None:
        """Return one record, or None if there is none."""
        ...

    def history(self, key: RecordKey) -> Sequence[HistoryEntry]:
        """List the record's transitions, oldest first."""
        ...

    def link(self, company_id: str) -> CompanyLink | None:
        """Return one company's link, also if it was unlinked."""
        ...

    def link_history(self, company_id: str) -> Sequence[HistoryEntry]:
        """List the changes of a company's link, oldest first."""
        ...

    def standing(self, company_id: str) -> Standing | None:
        """Return one company's standing, or None if there is none."""
        ...

    def save(self, transition: Transition, change: LinkChange | None = None) -> None:
        """Write the record and its history in one transaction, with the ``change`` of the link.

        Raises ConflictError if the record's version is not the expected one.
        """
        ...

    def add_link(self, link: CompanyLink) -> None:
        """Link a company without a link to a ConnectWise company that nobody is linked to.

        Raises ConflictError if either is linked already.
        """
        ...

    def change_link(self, change: LinkChange) -> None:
        """Write the link and its history in one transaction.

        Raises ConflictError if the link's version is not the expected one, or if the ConnectWise
        company is linked to another company.
        """
        ...

    def save_standing(self, standing: Standing) -> None:
        """Write the standing with the next version. Raises ConflictError if somebody was first."""
        ...

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """Write many standings, each on its own; return how many others had written first.

        Raises UnsavedError for those that could not be written, after all others were written. If
        none could be written, the table's own error is raised.
        """
        ...


class JobQueue(Protocol):
    """The queue between planner and worker."""

    def backlog(self) -> int:
        """Return about how many messages wait or are delayed, without those in flight."""
        ...

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Put each job on the queue, visible after its delay (at most LONGEST_DELAY).

        Raises UnsentError for jobs that the queue will never take; all others are sent.
        """
        ...


class Deliveries(Protocol):
    """The worker's end of the queue."""

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Hide the received message for so long, in place of the queue's visibility timeout."""
        ...


class Announcements(Protocol):
    """The topic that people listen to."""

    def publish(self, *, subject: str, text: str) -> None:
        """Send a text to all subscribers, who may get it twice. Raises TallyError."""
        ...


class Clock(Protocol):
    """Wall-clock time, for ages only: the tick decides everything else."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...
