"""The jobs of one tick: kept until all of them are known, since what may have to be opened is sent first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from pydantic import ValidationError

from tally.domain.model.standing import Cause, Standing
from tally.domain.planning.company_plan import CompanyPlan, Due
from tally.domain.planning.tick_context import Circumstances, CompanyState
from tally.domain.record.partner import Children
from tally.messages import Job, JobService, problems_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """What becomes a job once it is sent: of its company no more than that needs, as there is one for each."""

    company_id: str
    company_name: str
    connectwise_id: int | None
    due: Due
    licensed: bool
    causes: Mapping[str, Cause]
    last_reading: datetime | None
    children: Children | None


class NotSent(NamedTuple):
    """A job that the queue will never take, or that could not be made: whose, its scopes of the standing, and why."""

    company_id: str
    company_name: str
    scopes: Sequence[str]
    why: str

    @classmethod
    def of(cls, job: Job, why: str) -> Self:
        """A job that was made."""
        scopes = [f"{job.month} {each.service}" for each in job.services]
        return cls(company_id=job.company_id, company_name=job.company_name, scopes=scopes, why=why)


class Sweep:
    """Add what is due of each company, by id; then there are the jobs. ``unmade`` are those that could not be made."""

    def __init__(self) -> None:
        self._first: list[_Waiting] = []
        self._later: list[_Waiting] = []
        self.unmade: list[NotSent] = []

    def __len__(self) -> int:
        return len(self._first) + len(self._later)

    def add(self, company: CompanyState, plan: CompanyPlan, standing: Standing) -> None:
        """One job for each month of the company that is due."""
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

    def jobs(self, at: Circumstances) -> Iterator[Job]:
        """What may have to be opened comes first: it is on no invoice yet, what is followed is. Then by company and month."""
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


def _job(waiting: _Waiting, at: Circumstances) -> Job:
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
    )
