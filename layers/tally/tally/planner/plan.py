"""The planner's use case: one tick. It reads in bulk, decides what is due, and puts one job per company-month on the queue."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING

from tally.domain.model.company import Company, CompanyLink, ConnectWiseCompany
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.ticks import Ticks
from tally.domain.planning.tick_context import Circumstances, Directory, Firms
from tally.domain.record.unreadable import OddRows, readable
from tally.domain.reporting.vitals import Vitals
from tally.errors import IncompletePlanError, SetupError, TallyError
from tally.messages import Job, UnsentError
from tally.planner.company_states import Companies, tied_together
from tally.planner.connectwise_catalog import read_directory
from tally.planner.firms import find_firms
from tally.planner.gravityzone_tree import Roster, read_census, read_roster
from tally.planner.ledger_snapshot import read_known
from tally.planner.linking import tie_by_name
from tally.planner.one_by_one import OneByOne
from tally.planner.partners import Partners, read_partners, unread
from tally.planner.sweep import NotSent, Sweep
from tally.ports import BATCH, LONGEST_DELAY, Clock, ConnectWise, GravityZone, JobQueue, Ledger
from tally.services import Names

if TYPE_CHECKING:
    from tally.planner.absent import Absent

_OTHER_CLOCKS = timedelta(hours=1)
"""By so much the clock of whoever wrote the newest tick may be ahead."""

_OF_THE_PACE = 0.98
"""How much of the pace that GravityZone allows a sweep asks for: at all of it, what came late once stays late to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a tick did, for the log and the metrics.

    ``skipped`` says why nothing was put on the queue; ``overdue`` is then how many seconds ago the tick was whose jobs
    still wait, as far as can be told. ``vitals`` is None where a newer tick has the word. ``troubles`` are the first things
    that went wrong with single companies, whose standings say so, and ``unplaced`` rows of the vendors' lists, of which nobody
    can tell whom they concern. With ``unsaved`` standings the tick has not finished: who was seen licensed is in them (OPEN-9).
    """

    companies: int = 0
    jobs: int = 0
    tied: int = 0
    standings: int = 0
    backlog: int = 0
    skipped: str = ""
    overdue: int | None = None
    vitals: Vitals | None = None
    troubles: tuple[str, ...] = ()
    unplaced: int = 0
    unsaved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The use case with what it needs.

    ``services`` are what is billed, and where. ``calls_per_second`` is the pace at which GravityZone may be read.
    ``companies_at_once``: so many are read from the ledger and planned before the next ones are, for memory's sake.
    ``odd_rows`` hears of rows of the vendors' lists that nobody can place.
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
        self, tick: datetime, *, on_planned: Callable[[Planned], None] = lambda _: None
    ) -> Planned:
        """Plan one tick. ``on_planned`` is told what was planned, also where lists could not be read.

        Raises:
            SetupError: the tick lies in the future.
            IncompletePlanError: lists could not be read; what does not need them was planned (SAFE-5).
            TallyError: the ledger or the queue failed.
        """
        if tick > self.clock.now():
            raise SetupError(
                f"The tick {tick:%Y-%m-%dT%H:%M:%SZ} lies in the future: ticks are played "
                "in order, up to now."
            )
        ticks = self.ledger.begin_tick(tick, services=self.services).knowing(
            self.services, Month.of(tick)
        )
        self._check_newest(ticks)
        if tick < ticks.newest:
            return Planned(skipped=f"superseded by the tick {ticks.newest:%Y-%m-%dT%H:%M:%SZ}")
        failures: list[str] = []
        troubles: dict[str, str] = {}
        links = {link.company_id: link for link in readable(self.ledger.all_links(), troubles)}
        roster = self._read_roster(links, failures)
        troubles |= {} if roster is None else roster.troubles
        partners = self._read_partners(roster, links, failures)
        listed = self._read_companies(failures)
        directory = self._read_directory(failures, companies=len(links.keys() | _listed(roster)))
        firms = self._find_firms(listed, links, directory, failures)
        told = [*failures, *_refused(roster)]
        whole = roster is not None and not roster.unread
        at = self._circumstances(tick, ticks, directory, firms, told, lists_read=whole)
        self._note_products(at)
        new_day = ticks.finished is None or ticks.finished.date() != tick.date()
        unlicensed, untied, tied = self._match(
            roster, listed, links, tick, census=new_day, troubles=troubles, failures=failures
        )
        del listed  # each is known by its name by now, or tied
        unasked: list[str] = []
        companies = Companies(
            absent=cache(
                partial(self._absent, roster, daily=unlicensed is not None, failures=unasked)
            ),
            roster=roster,
            unlicensed=unlicensed,
            partners=partners,
            links=links,
            untied=untied,
            shared=tied_together(links.values()),
            troubles=troubles,
        )
        unwritten: list[str] = []
        planned = self._plan(companies, at, unwritten)
        unplaced, first = self.odd_rows.taken()
        planned = replace(
            planned, tied=tied, unplaced=unplaced, troubles=(*first, *planned.troubles)
        )
        on_planned(planned)
        written = not (unwritten or planned.unsaved)
        if at.lists_read and written and at.month not in ticks.planned:
            self.ledger.note_lists(tick)
        failures += unwritten
        if written and not (failures or planned.skipped):
            self.ledger.finish_tick(tick)
        if failures or unasked:
            incomplete = "; ".join((*failures, *unasked))
            raise IncompletePlanError(
                f"{incomplete}. {planned.jobs} jobs that do not need it were planned."
            )
        return planned

    def _check_newest(self, ticks: Ticks) -> None:
        """Refuse to go on where the ledger's newest tick is one that cannot have been: every tick would be older for ever."""
        if ticks.newest > self.clock.now() + _OTHER_CLOCKS:
            raise SetupError(
                f"The ledger's newest tick, {ticks.newest:%Y-%m-%dT%H:%M:%SZ}, lies in the "
                "future, so that no tick is planned "
                "any more: it was written by hand, or by a clock that was wrong. Set "
                "`newest` of its item TICKS TICKS right."
            )

    def _read_roster(self, links: Mapping[str, CompanyLink], failures: list[str]) -> Roster | None:
        excluded = frozenset(
            each.company_id for each in links.values() if each.excluded_since is not None
        )
        try:
            roster = read_roster(self.gravityzone, excluded=excluded)
        except TallyError as error:
            failures.append(f"GravityZone's companies could not be listed: {error}")
            return None
        failures.extend(unread(each, error) for each, error in roster.unread.items())
        return roster

    def _absent(self, roster: Roster | None, *, daily: bool, failures: list[str]) -> "Absent":
        from tally.planner.absent import Absent  # noqa: PLC0415 - at most ticks everybody is listed

        return Absent(
            gravityzone=self.gravityzone,
            ledger=self.ledger,
            roster=roster,
            daily=daily,
            failures=failures,
        )

    def _read_partners(
        self, roster: Roster | None, links: Mapping[str, CompanyLink], failures: list[str]
    ) -> Partners:
        if roster is None:
            return Partners()
        partners = read_partners(self.gravityzone, roster, ledger=self.ledger, links=links)
        failures.extend(
            unread(each, error)
            for each, error in partners.unread.items()
            if each not in roster.unread
        )
        return partners

    def _read_companies(self, failures: list[str]) -> Sequence[ConnectWiseCompany] | None:
        try:
            return tuple(self.connectwise.companies())
        except TallyError as error:
            failures.append(
                "ConnectWise's companies could not be listed, by whose names new ones are "
                f"matched: {error}"
            )
            return None

    def _find_firms(
        self,
        listed: Sequence[ConnectWiseCompany] | None,
        links: Mapping[str, CompanyLink],
        directory: Directory | None,
        failures: list[str],
    ) -> Firms | None:
        try:
            return (
                None
                if listed is None
                else find_firms(listed, self.connectwise, links.values(), directory)
            )
        except TallyError as error:
            failures.append(
                f"ConnectWise could not be asked for companies that its list lacks: {error}"
            )
            return None

    def _read_directory(self, failures: list[str], *, companies: int) -> Directory | None:
        try:
            return read_directory(self.connectwise, self.services, companies=companies)
        except TallyError as error:
            failures.append(f"ConnectWise could not be read: {error}")
            return None

    def _circumstances(
        self,
        tick: datetime,
        ticks: Ticks,
        directory: Directory | None,
        firms: Firms | None,
        failures: list[str],
        *,
        lists_read: bool,
    ) -> Circumstances:
        return Circumstances(
            tick=tick,
            ticks=ticks,
            first_month=self.first_month or ticks.first_month,
            services=tuple(self.services),
            policy=self.policy,
            directory=directory,
            firms=firms,
            failures=tuple(failures),
            lists_read=lists_read,
        )

    def _note_products(self, at: Circumstances) -> None:
        """Let workers know what the settings' products are, where that has changed: a job is not believed alone (SAFE-9)."""
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

    def _match(
        self,
        roster: Roster | None,
        listed: Sequence[ConnectWiseCompany] | None,
        links: dict[str, CompanyLink],
        tick: datetime,
        *,
        census: bool,
        troubles: dict[str, str],
        failures: list[str],
    ) -> tuple[dict[str, Company] | None, Mapping[str, str], int]:
        """Customers that are not licensed, None if not read; why companies are not tied, and how many were tied just now."""
        known = links.keys() | troubles.keys()
        new = (
            []
            if roster is None
            else [each for each in roster.customers.values() if each.id not in known]
        )
        if roster is None or not (new or census):
            return None, {}, 0
        try:
            # Once a day also where nobody is new: a customer without a monthly subscription is to
            # be seen too (SAFE-7).
            others = (
                each
                for each in read_census(self.gravityzone, roster)
                if each.id not in roster.customers
            )
            unlicensed = {each.id: each for each in others}
            if not new or listed is None:
                return unlicensed, {}, 0
            tying = tie_by_name(
                new,
                roster=roster,
                everyone=chain(unlicensed.values(), roster.customers.values()),
                connectwise=listed,
                links=links,
                ledger=self.ledger,
                tick=tick,
            )
            troubles |= tying.troubles
        except TallyError as error:
            failures.append(f"companies could not be matched by their names: {error}")
            return None, {}, 0
        links.update((link.company_id, link) for link in tying.tied)
        return unlicensed, tying.untied, len(tying.tied)

    def _plan(self, companies: Companies, at: Circumstances, failures: list[str]) -> Planned:
        """Plan all companies, stretch by stretch, and send what is due: what is kept of each is its jobs alone."""
        planning = OneByOne(ledger=self.ledger, companies=companies, at=at, failures=failures)
        for within, listed in companies.stretches(self.companies_at_once):
            planning.plan(listed, read_known(self.ledger, within, at.month))
        planned = Planned(
            companies=planning.seen,
            jobs=len(planning.sweep),
            standings=planning.written,
            unsaved=planning.unsaved,
            vitals=planning.gauge.vitals(),
        )
        backlog = self.queue.backlog()
        if backlog * 2 > planned.jobs:
            since = at.ticks.finished
            overdue = None if since is None else int((at.tick - since).total_seconds())
            skipped = f"{backlog} of the last sweep's messages still wait"
            planned = replace(planned, jobs=0, backlog=backlog, skipped=skipped, overdue=overdue)
        else:
            not_sent = self._send(planning.sweep, at)
            planning.tell_not_sent(not_sent)
            planned = replace(planned, jobs=planned.jobs - len(not_sent), backlog=backlog)
        return replace(planned, troubles=tuple(planning.troubles))

    def _send(self, sweep: Sweep, at: Circumstances) -> Sequence[NotSent]:
        """Put the jobs on the queue; answer those that it will never take."""
        refused: Sequence[NotSent] = ()
        try:
            self.queue.send(self._paced(sweep.jobs(at)))
        except UnsentError as error:
            refused = [NotSent.of(job, why) for job, why in error.refused]
        return [*sweep.unmade, *refused]

    def _paced(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, timedelta]]:
        position = 0
        for job in jobs:
            yield job, self._delay(position)
            position += job.companies

    def _delay(self, position: int) -> timedelta:
        """Jobs become visible by the batch, a little below the pace at which GravityZone may be asked.

        Whoever waits, for a token or in GravityZone's queue, is paid for. Below the pace by smaller batches, not by longer
        times between them: as SQS knows whole seconds alone, those would be far between, and waits grow until the next.
        """
        batch = math.floor(position / (BATCH * _OF_THE_PACE))
        return min(
            timedelta(seconds=math.floor(batch * BATCH / self.calls_per_second)), LONGEST_DELAY
        )


def _refused(roster: Roster | None) -> Iterator[str]:
    """Which lists GravityZone refuses: no failure of the tick, but why companies below cannot be opened (READ-9)."""
    if roster is not None:
        for each in sorted(roster.refused):
            yield (
                "GravityZone refuses to list the companies below the partner "
                f"{roster.partners[each].name}"
            )


def _listed(roster: Roster | None) -> Iterable[str]:
    return () if roster is None else roster.customers.keys()
