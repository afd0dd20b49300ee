"""Collect the jobs of one tick: those that may open a month are sent before all others."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, Self

from pydantic import ValidationError

from tally.domain.model.standing import Cause, RecordScope, Standing
from tally.domain.planning.company_plan import CompanyPlan
from tally.domain.planning.due_services import Due
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.record.partner import Children
from tally.messages import Job, JobService, problems_of
from tally.planner.tick_lists import TickLists

if TYPE_CHECKING:
    from tally.domain.pulse.outlook import Outlook, Standings


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The parts of a job until it is sent; small, because a sweep holds one for each company.

    ``branch`` is set if its end goes into the sweep's account (PULSE-2). ``outlook`` is what the
    tick may expect of it; None where nobody asks.
    """

    company_id: str
    company_name: str
    connectwise_id: int | None
    due: Due
    licensed: bool
    causes: Mapping[str, Cause]
    last_reading: datetime | None
    children: Children | None
    branch: str = ""
    outlook: "Outlook | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A job that could not be made, or that the queue will never take.

    ``scopes`` are those of its records in the company's standing.
    """

    company_id: str
    company_name: str
    scopes: Sequence[RecordScope]
    why: str

    @classmethod
    def of(cls, job: Job, why: str) -> Self:
        """Make it from a job that the queue refused."""
        scopes = [RecordScope(job.month, each.service) for each in job.services]
        return cls(company_id=job.company_id, company_name=job.company_name, scopes=scopes, why=why)


class Course(Protocol):
    """The course of a tick: it chooses which of the due company-months are read.

    ``finishes``: the tick counts as one that planned everything. ``small`` is a number of jobs that
    may be sent though so many others still wait.
    """

    finishes: bool
    small: int

    def begin(self, lists: TickLists, at: TickContext) -> None:
        """Take in the lists of the tick, before its companies are planned."""
        ...

    def outlook(
        self,
        company: CompanyState,
        due: Due,
        standings: "Standings",
        at: TickContext,
        before: int,
    ) -> "Outlook | None":
        """Return what may be expected of a company-month; ``before`` is the month before's bill."""
        ...

    def choose(self, waiting: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return what is sent at once, in this order."""
        ...

    def search(self, send: Callable[[Waiting], None]) -> int:
        """Look for more among the others, and send it; return how much was sent."""
        ...


class WholeSweep:
    """The course of a tick that sends everything that is due."""

    finishes = True
    small = 0

    def begin(self, lists: TickLists, at: TickContext) -> None:
        """Take nothing in."""

    def outlook(
        self,
        company: CompanyState,  # noqa: ARG002
        due: Due,  # noqa: ARG002
        standings: "Standings",  # noqa: ARG002
        at: TickContext,  # noqa: ARG002
        before: int,  # noqa: ARG002
    ) -> "Outlook | None":
        """Expect nothing: everything is read."""
        return None

    def choose(self, waiting: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:  # noqa: ARG002
        """Return everything."""
        return waiting

    def search(self, send: Callable[[Waiting], None]) -> int:  # noqa: ARG002
        """Look for nothing."""
        return 0


class Sweep:
    """The jobs of a tick: add all companies first, in the order of ids, then take the jobs."""

    def __init__(self, course: Course, at: TickContext) -> None:
        self._course, self._at = course, at
        self._first: list[Waiting] = []
        self._later: list[Waiting] = []
        self._unmade: list[NotSent] = []

    def add(
        self, company: CompanyState, plan: CompanyPlan, standings: "Standings", *, before: int
    ) -> None:
        """Add one job for each month of the company that is due.

        The last of its ``standings`` is the planned one. ``before`` is what it was billed for the
        month before the tick's.
        """
        standing = standings[-1]
        for due in plan.due:
            waiting = Waiting(
                company_id=company.id,
                company_name=company.name,
                connectwise_id=None if company.link is None else company.link.connectwise_id,
                due=due,
                licensed=company.licensed,
                causes=_by_service(due, standing),
                last_reading=standing.last_reading,
                children=company.below if isinstance(company.below, Children) else None,
                outlook=self._course.outlook(company, due, standings, self._at, before),
            )
            may_open = any(service.may_open for service in due.services)
            (self._first if may_open else self._later).append(waiting)

    def in_order(self) -> Sequence[Waiting]:
        """Return those that may open a month first, then the others, by company and month.

        A month that is not open yet is on no invoice; all others are.
        """
        return (*self._first, *self._later)

    def jobs(self, waiting: Iterable[Waiting]) -> Iterator[Job]:
        """Make the jobs of ``waiting``; those that cannot be made are in ``unmade_now``."""
        for each in waiting:
            try:
                job = _job(each, self._at)
            except ValidationError as error:
                self._unmade.append(_unmade(each, error))
            else:
                yield job

    def unmade_now(self) -> list[NotSent]:
        """Return the jobs that could not be made, each once."""
        found, self._unmade = self._unmade, []
        return found


def _unmade(waiting: Waiting, error: ValidationError) -> NotSent:
    return NotSent(
        company_id=waiting.company_id,
        company_name=waiting.company_name,
        scopes=waiting.due.scopes,
        why=f"No job can be made of it: {problems_of(error)}.",
    )


def _by_service(due: Due, standing: Standing) -> Mapping[str, Cause]:
    return {
        scope.service: standing.causes[scope] for scope in due.scopes if scope in standing.causes
    }


def _job(waiting: Waiting, at: TickContext) -> Job:
    due = waiting.due
    return Job(
        tick=at.tick,
        company_id=waiting.company_id,
        company_name=waiting.company_name,
        connectwise_id=waiting.connectwise_id,
        month=due.month,
        services=tuple(
            JobService(
                service=each.service,
                agreement_id=None if each.agreement is None else each.agreement.id,
                product_id=each.product_id,
                listed=each.listed,
                may_open=each.may_open,
                only_if_used=each.only_if_used,
                late=each.late,
                others=each.others,
                look=each.look,
                stays_open=each.stays_open,
            )
            for each in due.services
        ),
        agreements=tuple(
            {each.agreement.id: each.agreement for each in due.services if each.agreement}.values()
        ),
        licensed=waiting.licensed,
        tick_before=at.ticks.finished,
        standing=dict(waiting.causes),
        last_reading=waiting.last_reading,
        children=waiting.children,
        branch=waiting.branch,
        check_licence=due.check_licence,
    )
