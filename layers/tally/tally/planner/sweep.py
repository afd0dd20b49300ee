"""Collect the jobs of one tick: those that may open a month are sent before all others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import ValidationError

from tally.domain.model.standing import Cause, Standing
from tally.domain.planning.company_plan import CompanyPlan
from tally.domain.planning.due_services import Due
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.record.partner import Children
from tally.messages import Job, JobService, problems_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """The parts of a job until it is sent; small, because a sweep holds one for each company."""

    company_id: str
    company_name: str
    connectwise_id: int | None
    due: Due
    licensed: bool
    causes: Mapping[str, Cause]
    last_reading: datetime | None
    children: Children | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """A job that could not be made, or that the queue will never take.

    ``scopes`` are those of the company's standing.
    """

    company_id: str
    company_name: str
    scopes: Sequence[str]
    why: str

    @classmethod
    def of(cls, job: Job, why: str) -> Self:
        """Make it from a job that the queue refused."""
        scopes = [f"{job.month} {each.service}" for each in job.services]
        return cls(company_id=job.company_id, company_name=job.company_name, scopes=scopes, why=why)


class Sweep:
    """The jobs of a tick: add all companies first, in the order of ids, then take the jobs.

    ``unmade`` are the jobs that could not be made.
    """

    def __init__(self) -> None:
        self._first: list[_Waiting] = []
        self._later: list[_Waiting] = []
        self.unmade: list[NotSent] = []

    def __len__(self) -> int:
        return len(self._first) + len(self._later)

    def add(self, company: CompanyState, plan: CompanyPlan, standing: Standing) -> None:
        """Add one job for each month of the company that is due."""
        for due in plan.due:
            waiting = _Waiting(
                company_id=company.id,
                company_name=company.name,
                connectwise_id=None if company.link is None else company.link.connectwise_id,
                due=due,
                licensed=company.licensed,
                causes=_of_month(due, standing),
                last_reading=standing.last_reading,
                children=company.below if isinstance(company.below, Children) else None,
            )
            may_open = any(service.may_open for service in due.services)
            (self._first if may_open else self._later).append(waiting)

    def jobs(self, at: TickContext) -> Iterator[Job]:
        """Give jobs that may open a month first, then the others, by company and month.

        A month that is not open yet is on no invoice; all others are.
        """
        for each in (*self._first, *self._later):
            try:
                job = _job(each, at)
            except ValidationError as error:
                self.unmade.append(_unmade(each, error))
            else:
                yield job


def _unmade(waiting: _Waiting, error: ValidationError) -> NotSent:
    return NotSent(
        company_id=waiting.company_id,
        company_name=waiting.company_name,
        scopes=[f"{waiting.due.month} {each.service}" for each in waiting.due.services],
        why=f"No job can be made of it: {problems_of(error)}.",
    )


def _of_month(due: Due, standing: Standing) -> Mapping[str, Cause]:
    prefix = f"{due.month} "
    return {scope: cause for scope, cause in standing.causes.items() if scope.startswith(prefix)}


def _job(waiting: _Waiting, at: TickContext) -> Job:
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
        check_licence=due.check_licence,
    )
