"""A planner alone, with any number of companies; its answers are made as it asks.

So no memory but the planner's own grows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from simulators.clock import VirtualClock
from tally.domain.model.agreement import Agreement
from tally.domain.model.company import (
    Company,
    CompanyKind,
    CompanyLink,
    ConnectWiseCompany,
    Stretch,
)
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.model.standing import Cause, RecordScope, Scope, Standing, StandingState
from tally.domain.model.ticks import Ticks
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey, reference
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.ledger.items import (
    link_from,
    link_item,
    record_from,
    record_item,
    standing_from,
    standing_item,
)
from tally.messages import Job
from tally.planner.plan import Plan
from tally.services import places, read_services
from testing.world import AGREEMENT_TYPE, PRODUCT, PRODUCT_ID, TYPE_ID, World

_MONTH = Month(2026, 11)
_BEFORE = datetime(2026, 11, 5, 11, 50, tzinfo=UTC)
TICK = datetime(2026, 11, 5, 12, 5, tzinfo=UTC)
CAUSES: Mapping[Scope, Cause] = {
    RecordScope(_MONTH, ENDPOINTS.name): Cause(state=StandingState.BILLING, since=_BEFORE)
}
"""The causes in each company's standing."""
_A_PARTNER = 500


def _id(number: int) -> str:
    return f"{number:024x}"


def _name(number: int) -> str:
    return f"Customer {number} Limited"


def agreement(number: int) -> Agreement:
    """The agreement of one company, which runs and is invoiced at the month's end."""
    return Agreement(
        id=100_000_000 + number,
        name=f"Managed security {number}",
        company_id=200_000_000 + number,
        type_id=TYPE_ID,
        starts=date(2020, 1, 1),
        billing_cycle="Monthly",
        version="2026-11-01T08:00:00Z",
        next_invoice=date(2026, 12, 1),
    )


def open_record(number: int) -> UsageRecord:
    """Return one company's record of this month.

    It is open, and confirmed at a count of ``number`` modulo 50.
    """
    key = RecordKey(company_id=_id(number), month=_MONTH, service=ENDPOINTS.name)
    line = Line(
        number=0,
        state=LineState.OPEN,
        place=Place(
            agreement_id=100_000_000 + number,
            product_id=PRODUCT_ID,
            effective=_MONTH.first,
            cancelled=_MONTH.last,
        ),
        reference=reference(key, 0),
        addition_id=300_000_000 + number,
        written=Written(quantity=number % 50, at=_BEFORE),
    )
    return UsageRecord(key=key, version=2, seen_tick=_BEFORE, state=RecordState.OPEN, lines=(line,))


class _GravityZone:
    """Lists any number of customers below partners; a partner's come at once, as the API does."""

    def __init__(self, companies: int) -> None:
        self._companies = companies
        self._partners = 1 + companies // _A_PARTNER

    def own_company(self) -> Company:
        return Company(id=_id(1 << 90), name="The MSP", kind=CompanyKind.PARTNER, parent_id="")

    def children(
        self, parent_id: str, *, kind: CompanyKind, monthly_only: bool
    ) -> Sequence[Company]:
        del monthly_only
        above = int(parent_id, 16)
        if above == 1 << 90:
            partners = range(self._partners) if kind is CompanyKind.PARTNER else ()
            return [
                self._company(each + (1 << 80), f"Partner {each}", kind, parent_id)
                for each in partners
            ]
        if kind is CompanyKind.PARTNER:
            return []
        first = (above - (1 << 80)) * _A_PARTNER
        last = min(first + _A_PARTNER, self._companies)
        return [self._company(each, _name(each), kind, parent_id) for each in range(first, last)]

    @staticmethod
    def _company(number: int, name: str, kind: CompanyKind, parent_id: str) -> Company:
        return Company(id=_id(number), name=name, kind=kind, parent_id=parent_id)


class _ConnectWise:
    """Has one agreement of the type for each."""

    def __init__(self, companies: int) -> None:
        self._companies = companies

    def agreement_types(self, name: str) -> Mapping[str, int]:
        return {name: TYPE_ID}

    def products(self, identifier: str) -> Mapping[str, int]:
        return {identifier: PRODUCT_ID}

    def agreements(self, type_id: int) -> Iterator[Agreement]:
        assert type_id == TYPE_ID
        for number in range(self._companies):
            yield agreement(number)

    def companies(self) -> Iterator[ConnectWiseCompany]:
        for number in range(self._companies):
            yield ConnectWiseCompany(
                id=200_000_000 + number, identifier=f"C{number}", name=_name(number)
            )


class _Ledger:
    """Knows each company: linked, billing, with a record.

    Each read makes new objects out of items.
    """

    def __init__(self, companies: int) -> None:
        self._companies = companies
        self.saved = 0

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        return Ticks(
            newest=tick,
            first_month=_MONTH,
            finished=_BEFORE,
            services=dict.fromkeys(services, _MONTH),
            products=dict.fromkeys(services, PRODUCT_ID),
        )

    def note_lists(self, tick: datetime) -> None:
        del tick

    def finish_tick(self, tick: datetime) -> None:
        del tick

    def all_links(self) -> Iterator[CompanyLink]:
        for number in range(self._companies):
            yield link_from(
                link_item(
                    CompanyLink(
                        company_id=_id(number),
                        company_name=_name(number),
                        connectwise_id=200_000_000 + number,
                        connectwise_name=_name(number),
                        linked_by="tally",
                        linked_at=_BEFORE,
                    )
                )
            )

    def all_standings(self, within: Stretch) -> Iterator[Standing]:
        for number in self._numbers(within):
            yield standing_from(
                standing_item(
                    Standing(
                        company_id=_id(number),
                        company_name=_name(number),
                        tick=_BEFORE,
                        causes=CAUSES,
                        licensed_in=(_MONTH,),
                        last_reading=_BEFORE,
                        version=3,
                    )
                )
            )

    def all_open_records(self, within: Stretch) -> Iterator[UsageRecord]:
        for number in self._numbers(within):
            yield record_from(record_item(open_record(number)))

    def all_settled_records(self, month: Month, within: Stretch) -> Iterable[UsageRecord]:
        del month, within
        return ()

    def _numbers(self, within: Stretch) -> range:
        """Return the numbers of the companies in the stretch.

        The key's own company and partners come after them.
        """
        first = int(within.first, 16) if within.first else 0
        end = self._companies if within.end is None else int(within.end, 16)
        return range(first, min(end, self._companies))

    def save_standings(self, standings: Iterable[Standing]) -> int:
        self.saved += sum(1 for _ in standings)
        return 0


class Sink:
    """A queue that counts the jobs, and keeps none."""

    def __init__(self) -> None:
        self.jobs = 0

    def backlog(self) -> int:
        """Nothing waits."""
        return 0

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Render each as for the queue, and count it."""
        for job, _ in jobs:
            job.model_dump_json(exclude_defaults=True)
            self.jobs += 1


def planner(companies: int) -> tuple[Plan, Sink]:
    """A planner whose tick at ``TICK`` finds everything as it was, and the queue that it fills."""
    sink = Sink()
    policy = World(clock=VirtualClock(TICK)).policy
    plan = Plan(
        gravityzone=_GravityZone(companies),  # type: ignore[arg-type]  # what a tick does not ask for is not there
        connectwise=_ConnectWise(companies),  # type: ignore[arg-type]  # as above
        ledger=_Ledger(companies),  # type: ignore[arg-type]  # as above
        queue=sink,
        clock=VirtualClock(TICK),
        policy=policy,
        services=places(read_services(""), product=PRODUCT, agreement_type=AGREEMENT_TYPE),
        calls_per_second=5,
    )
    return plan, sink
