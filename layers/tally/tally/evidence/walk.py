"""Walk the inventory: record each customer's machines, and queue the looks at them (PROOF-1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tally.domain.evidence.evidence import Evidence, Fate
from tally.domain.evidence.inventory_port import Listed
from tally.domain.evidence.walked import Visit, after_walk, has_unseen
from tally.domain.evidence.whereabouts import Whereabouts
from tally.domain.evidence.whom_to_ask import whom_to_ask
from tally.domain.model.month import Month
from tally.errors import (
    ConflictError,
    ContractError,
    SetupError,
    TransientError,
    UnreadableItemError,
    in_words,
)
from tally.evidence.customers import customers_of, who_may_have_been_recorded
from tally.evidence.jobs import EvidenceJob, Task
from tally.evidence.means import Means

_MOST_IN_A_ROW = 5
"""Failures one after another that are the world's rather than each customer's own."""

_CONCLUDED_FOR = 7
"""Days from the close day on whose walks conclude a month: one that failed is made up for."""


@dataclass(slots=True, kw_only=True)
class Walked:
    """The outcome of a walk: ``troubles`` has the reason for each customer that was left out.

    ``skipped`` says why nothing was done at all. ``goes_on`` is True if a job does the rest.
    """

    customers: int = 0
    looks: int = 0
    concluded: int = 0
    troubles: dict[str, str] = field(default_factory=dict)
    skipped: str = ""
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The use case. From ``close_day`` on the month before is concluded, for a week."""

    means: Means
    close_day: int

    def __call__(self, at: datetime, after: str = "") -> Walked:
        """Make the walk that was due ``at``, from the customer after ``after`` on.

        A walk that comes when its month is over does nothing: what it would see is no more of that
        month (PROOF-5). Raises TallyError if nothing can be read at all.
        """
        means = self.means
        if not means.service:
            return Walked(skipped="no service bills endpoints")
        if not means.is_in(Month.of(at)):
            return Walked(skipped=f"{Month.of(at)} is over")
        walked = Walked()
        # A walk that goes on as a job has queued these already.
        if 0 <= at.day - self.close_day < _CONCLUDED_FOR and not after:
            self._conclude(at, walked)
        counts = customers_of(means.ledger, Month.of(at), means.service)
        _Round(means=means, at=at, counts=counts, walked=walked).go(after)
        return walked

    def _conclude(self, at: datetime, walked: Walked) -> None:
        """Queue a look into the group "Deleted" of each customer who lost machines last month.

        By what is known of the machines, not by the day: whose look was lost has another.
        """
        means, month = self.means, Month.of(at).previous
        troubles = _Troubles(walked.troubles)
        for company_id in customers_of(means.ledger, month, means.service):
            with troubles.of(company_id):
                evidence = means.recorder.read(company_id, month)
                if evidence is not None and has_unseen(evidence):
                    job = EvidenceJob(task=Task.CONCLUDE, walk=at, company_id=company_id)
                    means.queue.send([job.body])
                    walked.concluded += 1


@dataclass(slots=True, kw_only=True)
class _Round:
    """One walk over all customers. ``rows`` are the root's by customer; None if it was refused."""

    means: Means
    at: datetime
    counts: Mapping[str, int]
    walked: Walked
    rows: dict[str, list[Listed]] | None = None
    read_at: datetime | None = None
    whereabouts: Whereabouts = field(default_factory=Whereabouts)

    def go(self, after: str) -> None:
        """Visit each customer after that one; leave the rest to a job if time is nearly over."""
        # A machine may come from a customer who was recorded, and is billed no more.
        recorded = who_may_have_been_recorded(self.means.ledger)
        # Before any row is read: a machine that has moved is told by where it stood until now.
        for company_id in sorted({*self.counts, *recorded}):
            self._remember(company_id)
        self._read_root()
        troubles = _Troubles(self.walked.troubles)
        for company_id in (each for each in self.counts if each > after):
            # At least one customer each time, or a walk could go on as a job for ever.
            if not self.means.has_time() and self.walked.customers:
                self._leave(after)
                return
            with troubles.of(company_id):
                self._visit(company_id)
            self.walked.customers += 1
            after = company_id

    def _leave(self, after: str) -> None:
        job = EvidenceJob(task=Task.WALK, walk=self.at, after=after)
        self.means.queue.send([job.body])
        self.walked.goes_on = True

    def _remember(self, company_id: str) -> None:
        """Take in where the customer's machines stood; what is stored and unreadable is told.

        Raises what else fails: who does not know where machines were might take one for proven by
        what it did there (PROOF-1). The walk comes again.
        """
        month = Month.of(self.at)
        for each, remember in (
            (month, self.whereabouts.remember),
            (month.previous, self.whereabouts.remember_last_month),
        ):
            try:
                evidence = self.means.recorder.read(company_id, each)
            except ContractError as error:
                self.walked.troubles[company_id] = in_words(error)
                continue
            if evidence is not None:
                remember(evidence)

    def _read_root(self) -> None:
        """Read the whole inventory at once, if GravityZone allows it and gives all of it."""
        try:
            found = _managed(self.means.inventory.machines())
        # That one walk crosses companies is seen in public code alone. Else each is walked on its
        # own.
        except ContractError:
            return
        self.read_at = self.means.clock.now()
        self.rows = {}
        for row in found:
            if row.company_id in self.counts:
                self.rows.setdefault(row.company_id, []).append(row)
        self.whereabouts.find(found, self.read_at)

    def _visit(self, company_id: str) -> None:
        """Record one customer's machines, and queue a look at them if there is need of one."""
        month, count = Month.of(self.at), self.counts[company_id]
        visit = self._visit_of(company_id)
        # Read after the month's end: what is listed by then is the next month's.
        if Month.of(visit.at) != month:
            return
        evidence = self.means.recorder.change(
            company_id, month, lambda before: after_walk(before, visit, self.whereabouts)
        )
        if evidence is not None and whom_to_ask(evidence, count=count, at=self.at):
            job = EvidenceJob(task=Task.LOOK, walk=self.at, company_id=company_id)
            self.means.queue.send([job.body])
            self.walked.looks += 1

    def _visit_of(self, company_id: str) -> Visit:
        """Return the customer's machines, out of the root's or by a walk of its own.

        That the root leaves a customer out is no fact where machines are known of it (READ-9).
        """
        rows = None if self.rows is None else self.rows.get(company_id)
        if rows is None and self.rows is not None and not self._has_machines(company_id):
            rows = []
        if rows is not None and self.read_at is not None:
            return Visit(company_id=company_id, at=self.read_at, rows=rows)
        found = _managed(self.means.inventory.machines(company_id))
        at = self.means.clock.now()
        self.whereabouts.find(found, at)
        return Visit(
            company_id=company_id,
            at=at,
            rows=[each for each in found if each.company_id == company_id],
        )

    def _has_machines(self, company_id: str) -> bool:
        """Return True if the customer has a count, or machines that were listed before."""
        if self.counts[company_id]:
            return True
        known = self.means.recorder.read(company_id, Month.of(self.at))
        return known is not None and _lists_machines(known)


def _lists_machines(evidence: Evidence) -> bool:
    return any(each.fate is Fate.LISTED for each in evidence.machines)


def _managed(rows: Iterable[Listed]) -> list[Listed]:
    """Read rows to their end. A machine that is not managed is not counted: it is no evidence."""
    return [each for each in rows if each.managed]


class _Troubles:
    """Keeps one customer's trouble from the others (SAFE-5). The operator's stops the walk."""

    def __init__(self, told: dict[str, str]) -> None:
        self._told = told
        self._in_a_row = 0
        self._company_id = ""

    def of(self, company_id: str) -> "_Troubles":
        """Begin with a customer: a context manager that takes its trouble."""
        self._company_id = company_id
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if error is None:
            self._in_a_row = 0
            return False
        if not isinstance(error, Exception) or isinstance(error, SetupError):
            return False
        self._told[self._company_id] = in_words(error)
        # A conflict is another job at the same item, and no sign of an outage.
        if isinstance(error, TransientError) and not isinstance(error, ConflictError):
            self._in_a_row += 1
        # An answer, however odd, says that GravityZone is there; an item of the ledger says nothing
        # of it.
        elif isinstance(error, ContractError) and not isinstance(error, UnreadableItemError):
            self._in_a_row = 0
        return self._in_a_row < _MOST_IN_A_ROW
