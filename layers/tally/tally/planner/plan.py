"""Plan one tick: read all lists, decide what is due, put one job per company-month on the queue."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial

from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.ticks import Ticks
from tally.domain.planning.tick_context import TickContext
from tally.domain.record.dated import OTHER_CLOCKS
from tally.domain.record.unreadable import OddRows
from tally.domain.reporting.vitals import Vitals
from tally.errors import IncompletePlanError, SetupError
from tally.messages import Job, UnsentError
from tally.planner.absent import Absent
from tally.planner.company_states import Companies, linked_together
from tally.planner.ledger_snapshot import read_known
from tally.planner.one_by_one import OneByOne
from tally.planner.sweep import Course, NotSent, Sweep, Waiting, WholeSweep
from tally.planner.tick_lists import ListReader, Matched, TickLists
from tally.ports import BATCH, LONGEST_DELAY, Clock, ConnectWise, GravityZone, JobQueue, Ledger
from tally.services import Names

_OF_THE_PACE = 0.98
"""The part of GravityZone's pace that a sweep uses.

At the full pace, workers that fall behind once would stay behind to the end of the sweep.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The result of a tick, for the log and the metrics.

    ``skipped`` says why nothing was put on the queue. ``overdue`` is then the age in seconds of the
    tick whose jobs still wait; None if nobody can tell. ``vitals`` is None if a newer tick has
    planned. ``troubles`` are the first problems of single companies, whose standings tell them too.
    ``unplaced`` counts rows of the vendors' lists that belong to no known company. A tick with
    ``unsaved`` standings has not finished: they say who was seen licensed (OPEN-9). ``pulse`` says
    which companies were read, and why (PULSE-4).
    """

    companies: int = 0
    jobs: int = 0
    linked: int = 0
    standings: int = 0
    backlog: int = 0
    skipped: str = ""
    overdue: int | None = None
    vitals: Vitals | None = None
    troubles: tuple[str, ...] = ()
    unplaced: int = 0
    unsaved: int = 0
    pulse: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The use case with what it needs.

    ``services`` are the billed services and their places. ``calls_per_second`` is the pace at which
    GravityZone may be read. ``companies_at_once`` is the number of companies that are read from the
    ledger and planned together; it bounds the memory. ``odd_rows`` collects rows of the vendors'
    lists that belong to no known company.
    """

    gravityzone: GravityZone
    connectwise: ConnectWise
    ledger: Ledger
    queue: JobQueue
    clock: Clock
    policy: Policy
    services: Mapping[str, Names]
    calls_per_second: float
    first_month: Month | None = None
    companies_at_once: int = 2_000
    odd_rows: OddRows = field(default_factory=OddRows)

    def __call__(
        self,
        tick: datetime,
        *,
        on_planned: Callable[[Planned], None] = lambda _: None,
        course: Course | None = None,
    ) -> Planned:
        """Plan one tick. ``on_planned`` gets the result, also if lists could not be read.

        ``course`` chooses what is read; by default everything that is due.

        Raises:
            SetupError: the tick lies in the future.
            IncompletePlanError: lists could not be read; only the rest was planned (SAFE-5).
            TallyError: the ledger or the queue failed.
        """
        if tick > self.clock.now():
            raise SetupError(
                f"The tick {tick:%Y-%m-%dT%H:%M:%SZ} lies in the future: ticks are played in "
                "order, up to now."
            )
        ticks = self.ledger.begin_tick(tick, services=self.services).knowing(
            self.services, Month.of(tick)
        )
        self._check_newest(ticks)
        if tick < ticks.newest:
            return Planned(skipped=f"superseded by the tick {ticks.newest:%Y-%m-%dT%H:%M:%SZ}")
        reader = ListReader(
            gravityzone=self.gravityzone,
            connectwise=self.connectwise,
            ledger=self.ledger,
            services=self.services,
        )
        lists = reader.read()
        at = self._circumstances(tick, ticks, lists)
        self._note_products(at)
        new_day = ticks.finished is None or ticks.finished.date() != tick.date()
        matched = reader.match(lists, tick, census=new_day)
        unasked: list[str] = []
        companies = self._companies(lists, matched, unasked)
        unwritten: list[str] = []
        course = course or WholeSweep()
        course.begin(lists, at)
        planned = self._plan(companies, at, course, unwritten)
        # Each is its company's own trouble: the lists were read, or the tick fails anyway (SAFE-5).
        troubles = (*planned.troubles, *unasked)
        planned = replace(planned, linked=matched.linked, troubles=troubles)
        on_planned(planned)
        self._note_progress(at, planned, lists.failures, unwritten, course)
        if problems := [*lists.failures, *unwritten]:
            raise IncompletePlanError(
                f"{'; '.join(problems)}. {planned.jobs} jobs that do not need it were planned."
            )
        return planned

    def _check_newest(self, ticks: Ticks) -> None:
        """Raise SetupError if the ledger's newest tick lies in the future.

        Every real tick would be older than it for ever.
        """
        if ticks.newest > self.clock.now() + OTHER_CLOCKS:
            raise SetupError(
                f"The ledger's newest tick, {ticks.newest:%Y-%m-%dT%H:%M:%SZ}, lies in the future, "
                "so that no tick is planned any more: it was written by hand, or by a clock that "
                "was wrong. Set `newest` of its item TICKS TICKS right."
            )

    def _circumstances(self, tick: datetime, ticks: Ticks, lists: TickLists) -> TickContext:
        return TickContext(
            tick=tick,
            ticks=ticks,
            first_month=self.first_month or ticks.first_month,
            services=tuple(self.services),
            policy=self.policy,
            directory=lists.directory,
            firms=lists.firms,
            failures=(*lists.failures, *lists.refusals()),
            lists_read=lists.are_whole,
        )

    def _companies(self, lists: TickLists, matched: Matched, unasked: list[str]) -> Companies:
        """Put the companies together; ``unasked`` grows by those that could not be asked for."""
        # Made with the first company that is in no list: at most ticks there is none.
        absent = partial(
            Absent,
            gravityzone=self.gravityzone,
            ledger=self.ledger,
            roster=lists.roster,
            daily=matched.unlicensed is not None,
            troubles=unasked,
        )
        return Companies(
            absent=cache(absent),
            roster=lists.roster,
            unlicensed=matched.unlicensed,
            partners=lists.partners,
            links=lists.links,
            unlinked=matched.unlinked,
            shared=linked_together(lists.links.values()),
            troubles=lists.troubles,
        )

    def _note_products(self, at: TickContext) -> None:
        """Tell workers the ids of the settings' products, if they have changed.

        A worker compares them with its job's: a job is not believed alone (SAFE-9).
        """
        places = {} if at.directory is None else at.directory.places
        found = {
            name: place.product_id for name, place in places.items() if place.product_id is not None
        }
        products = {
            **{name: at.ticks.products[name] for name in at.services if name in at.ticks.products},
            **found,
        }
        if products != at.ticks.products:
            self.ledger.note_products(products)

    def _note_progress(
        self,
        at: TickContext,
        planned: Planned,
        failures: Sequence[str],
        unwritten: Sequence[str],
        course: Course,
    ) -> None:
        """Remember that this tick read the lists (OPEN-9), and that it planned everything."""
        written = not (unwritten or planned.unsaved)
        if at.lists_read and written and at.month not in at.ticks.planned:
            self.ledger.note_lists(at.tick)
        if course.finishes and written and not (failures or planned.skipped):
            self.ledger.finish_tick(at.tick)

    def _plan(
        self, companies: Companies, at: TickContext, course: Course, unwritten: list[str]
    ) -> Planned:
        """Plan all companies, stretch by stretch, and send what the course chooses.

        Only a company's jobs are kept after its stretch. ``unwritten`` grows by a sentence if the
        standings could not be written.
        """
        planning = OneByOne(
            ledger=self.ledger,
            companies=companies,
            at=at,
            sweep=Sweep(course, at),
            failures=unwritten,
        )
        for within, listed in companies.stretches(self.companies_at_once):
            known = read_known(self.ledger, within, at.month, self.clock.now())
            planning.plan(listed, known)
        chosen = course.choose(planning.sweep.in_order(), at)
        planned = Planned(
            companies=planning.seen,
            jobs=len(chosen),
            standings=planning.written,
            unsaved=planning.unsaved,
            vitals=planning.gauge.vitals(),
        )
        backlog = self.queue.backlog()
        # More jobs behind a sweep that is not done would only make the queue longer. SQS's counts
        # are approximate, so a few waiting messages are no reason to skip a sweep.
        if backlog * 2 > max(planned.jobs, course.small):
            since = at.ticks.finished
            overdue = None if since is None else int((at.tick - since).total_seconds())
            skipped = f"{backlog} of the last sweep's messages still wait"
            planned = replace(planned, jobs=0, backlog=backlog, skipped=skipped, overdue=overdue)
        else:
            not_sent = self._send(planning.sweep, chosen)
            found = course.search(lambda each: not_sent.extend(self._send(planning.sweep, [each])))
            planning.tell_not_sent(not_sent)
            sent = planned.jobs + found - len(not_sent)
            planned = replace(planned, jobs=sent, backlog=backlog)
        unplaced, first = self.odd_rows.taken()
        return replace(planned, unplaced=unplaced, troubles=(*first, *planning.troubles))

    def _send(self, sweep: Sweep, waiting: Sequence[Waiting]) -> list[NotSent]:
        """Put the jobs on the queue; return those that it will never take."""
        refused: list[NotSent] = []
        try:
            self.queue.send(self._paced(sweep.jobs(waiting)))
        except UnsentError as error:
            refused = [NotSent.of(job, why) for job, why in error.refused]
        return [*sweep.unmade_now(), *refused]

    def _paced(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, timedelta]]:
        position = 0
        for job in jobs:
            yield job, self._delay(position)
            position += job.companies

    def _delay(self, position: int) -> timedelta:
        """Return the delay of a job: batches become visible a little below GravityZone's pace.

        A worker that waits for its turn is paid for while it waits.
        """
        # Smaller batches keep it below the pace, not longer times between them: SQS takes whole
        # seconds alone, so longer times would be rare, and waits would grow up to each of them.
        batch = math.floor(position / (BATCH * _OF_THE_PACE))
        return min(
            timedelta(seconds=math.floor(batch * BATCH / self.calls_per_second)), LONGEST_DELAY
        )
