"""The planner's use case: one tick. It reads in bulk, decides what is due, and puts one job per company-month on the queue."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tally.directory import read_directory
from tally.domain.circumstances import Circumstances, CompanyState, Directory, Presence, known_absence
from tally.domain.company import Company
from tally.domain.company import Mapping as CompanyMapping
from tally.domain.month import Month
from tally.domain.next_standing import next_standing
from tally.domain.partner import Children
from tally.domain.planning import CompanyPlan, Due, plan_company
from tally.domain.policy import Policy
from tally.domain.record import RecordState, UsageRecord
from tally.domain.standing import Standing
from tally.domain.ticks import Ticks
from tally.domain.vitals import Vitals, vitals
from tally.errors import IncompletePlanError, SetupError, TallyError
from tally.messages import Job, JobService
from tally.partners import Partners, read_partners, to_be_billed
from tally.ports import LONGEST_DELAY, Clock, ConnectWise, GravityZone, JobQueue, Ledger
from tally.roster import Roster, look_for, read_census, read_roster
from tally.services import Names
from tally.tying import tie_by_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a tick did, for the log and the metrics.

    ``skipped`` says why nothing was put on the queue; ``overdue`` is then how many seconds ago the tick was whose jobs
    still wait, as far as can be told. ``vitals`` is None where a newer tick has the word.
    """

    companies: int = 0
    jobs: int = 0
    tied: int = 0
    standings: int = 0
    backlog: int = 0
    skipped: str = ""
    overdue: int | None = None
    vitals: Vitals | None = None


@dataclass(slots=True, kw_only=True)
class _Known:
    """The ledger's side of a tick, by company."""

    mappings: dict[str, CompanyMapping]
    standings: dict[str, Standing]
    records: dict[str, list[UsageRecord]]
    settled: dict[str, set[tuple[Month, str]]]
    waived: dict[str, set[tuple[Month, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The use case with what it needs.

    ``services`` are what is billed, and where. ``calls_per_second`` is the pace at which GravityZone may be read.
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

    def __call__(self, tick: datetime, *, on_planned: Callable[[Planned], None] = lambda _: None) -> Planned:
        """Plan one tick. ``on_planned`` is told what was planned, also where lists could not be read.

        Raises:
            SetupError: the tick lies in the future.
            IncompletePlanError: lists could not be read; what does not need them was planned (SAFE-5).
            TallyError: the ledger or the queue failed.
        """
        if tick > self.clock.now():
            raise SetupError(
                f"The tick {tick:%Y-%m-%dT%H:%M:%SZ} lies in the future: ticks are played in order, up to now."
            )
        ticks = self.ledger.begin_tick(tick, services=self.services).knowing(self.services, Month.of(tick))
        if tick < ticks.newest:
            return Planned(skipped=f"superseded by the tick {ticks.newest:%Y-%m-%dT%H:%M:%SZ}")
        failures: list[str] = []
        known = self._known(Month.of(tick))
        roster = self._read_roster(failures)
        partners = self._read_partners(roster, known, failures)
        at = self._circumstances(tick, ticks, failures)
        new_day = ticks.finished is None or ticks.finished.date() != tick.date()
        everyone, untied, tied = self._match(roster, known, tick, census=new_day, failures=failures)
        plans = [
            (company, plan_company(company, at))
            for company in self._companies(roster, everyone, untied, known, failures, partners=partners)
        ]
        planned = self._carry_out(plans, at, tied=tied, failures=failures)
        on_planned(planned)
        if failures:
            raise IncompletePlanError(f"{'; '.join(failures)}. {planned.jobs} jobs that do not need it were planned.")
        if not planned.skipped:
            self.ledger.finish_tick(tick)
        return planned

    def _known(self, month: Month) -> _Known:
        records: defaultdict[str, list[UsageRecord]] = defaultdict(list)
        for record in self.ledger.all_open_records():
            records[record.key.company_id].append(record)
        settled: defaultdict[str, set[tuple[Month, str]]] = defaultdict(set)
        waived: defaultdict[str, set[tuple[Month, str]]] = defaultdict(set)
        for each in (month.previous, month):
            for record in self.ledger.all_settled_records(each):
                settled[record.key.company_id].add((record.key.month, record.key.service))
                if record.state is RecordState.WAIVED:
                    waived[record.key.company_id].add((record.key.month, record.key.service))
        return _Known(
            mappings={mapping.company_id: mapping for mapping in self.ledger.all_mappings()},
            standings={standing.company_id: standing for standing in self.ledger.all_standings()},
            records=records,
            settled=settled,
            waived=waived,
        )

    def _read_roster(self, failures: list[str]) -> Roster | None:
        try:
            roster = read_roster(self.gravityzone)
        except TallyError as error:
            failures.append(f"GravityZone's companies could not be listed: {error}")
            return None
        failures.extend(
            f"the companies below partner {each} could not be listed: {error}" for each, error in roster.unread.items()
        )
        return roster

    def _read_partners(self, roster: Roster | None, known: _Known, failures: list[str]) -> Partners:
        billed = to_be_billed(known.mappings, known.records)
        partners = read_partners(self.gravityzone, roster, billed=billed, standings=known.standings)
        failures.extend(
            f"the companies below partner {each} could not be listed: {error}"
            for each, error in partners.unread.items()
            if roster is None or each not in roster.unread
        )
        return partners

    def _circumstances(self, tick: datetime, ticks: Ticks, failures: list[str]) -> Circumstances:
        directory: Directory | None = None
        try:
            directory = read_directory(self.connectwise, self.services)
        except TallyError as error:
            failures.append(f"ConnectWise's agreements could not be listed: {error}")
        return Circumstances(
            tick=tick,
            ticks=ticks,
            first_month=self.first_month or ticks.first_month,
            services=tuple(self.services),
            policy=self.policy,
            directory=directory,
            failures=tuple(failures),
        )

    def _match(
        self, roster: Roster | None, known: _Known, tick: datetime, *, census: bool, failures: list[str]
    ) -> tuple[Sequence[Company] | None, Mapping[str, str], int]:
        """All customers, None if they were not read; why companies are not tied, and how many were tied just now."""
        new = (
            []
            if roster is None
            else [company for company in roster.customers.values() if company.id not in known.mappings]
        )
        if roster is None or not (new or census):
            return None, {}, 0
        try:
            # Once a day also where nobody is new: a customer without a monthly subscription is to be seen too (SAFE-7).
            everyone = read_census(self.gravityzone, roster)
            if not new:
                return everyone, {}, 0
            tying = tie_by_name(
                new,
                roster=roster,
                everyone=everyone,
                connectwise=self.connectwise.companies(),
                mappings=known.mappings,
                ledger=self.ledger,
                tick=tick,
            )
        except TallyError as error:
            failures.append(f"companies could not be matched by their names: {error}")
            return None, {}, 0
        known.mappings.update((mapping.company_id, mapping) for mapping in tying.tied)
        return everyone, tying.untied, len(tying.tied)

    def _companies(
        self,
        roster: Roster | None,
        everyone: Sequence[Company] | None,
        untied: Mapping[str, str],
        known: _Known,
        failures: list[str],
        *,
        partners: Partners,
    ) -> Iterator[CompanyState]:
        """Every company that GravityZone or the ledger knows, by id."""
        # Not those that were licensed: the one list may have been read before they were moved there, the other after.
        listed: dict[str, tuple[str, Presence]] = {
            company.id: (company.name, Presence.UNLICENSED)
            for company in everyone or ()
            if company.id not in known.records and not _was_licensed(known.standings.get(company.id))
        }
        if roster is not None:
            listed |= {
                company.id: (company.name, partners.presences.get(company.id, Presence.PARTNER))
                for company in roster.partners.values()
            }
            listed |= {company.id: (company.name, Presence.LICENSED) for company in roster.customers.values()}
        for company_id in sorted({*listed, *known.standings, *known.records, *known.mappings}):
            name, presence = listed.get(company_id) or self._absent(
                company_id, roster, known, failures, listed_all=everyone is not None
            )
            yield CompanyState(
                id=company_id,
                name=name,
                presence=presence,
                mapping=known.mappings.get(company_id),
                untied=untied.get(company_id, ""),
                standing=known.standings.get(company_id),
                records=known.records.get(company_id, ()),
                settled=_months(known.settled.get(company_id)),
                waived=_months(known.waived.get(company_id)),
                below=None if presence in _NOT_READ else partners.below.get(company_id),
            )

    def _absent(
        self, company_id: str, roster: Roster | None, known: _Known, failures: list[str], *, listed_all: bool
    ) -> tuple[str, Presence]:
        standing, mapping = known.standings.get(company_id), known.mappings.get(company_id)
        name = standing.company_name if standing else mapping.company_name if mapping else company_id
        presence = known_absence(standing)
        if roster is None or roster.unread:
            return name, presence or Presence.UNREAD
        # Once a day all customers are listed: an unlicensed one that is not among them may be gone by now.
        if presence is Presence.GONE or (presence is Presence.UNLICENSED and not listed_all):
            return name, presence
        try:
            company, presence = look_for(self.gravityzone, company_id)
        except TallyError as error:
            failures.append(f"{name} ({company_id}) is in no list and could not be asked for: {error}")
            return name, Presence.UNREAD
        return name if company is None else company.name, presence

    def _carry_out(
        self, plans: Sequence[tuple[CompanyState, CompanyPlan]], at: Circumstances, *, tied: int, failures: list[str]
    ) -> Planned:
        standings = {company.id: next_standing(company, plan, at) for company, plan in plans}
        changed = [
            replace(standings[company.id], tick=at.tick)
            for company, _ in plans
            if standings[company.id] != company.standing
        ]
        left_out = len(changed)
        try:
            # Before the jobs, so that a worker finds the standing that its own word is to be merged into.
            left_out = self.ledger.save_standings(changed)
        except TallyError as error:
            failures.append(f"standings could not be written: {error}")
        # What may have to be opened comes first: it is on no invoice yet, what is followed is.
        due = sorted(
            ((company, each) for company, plan in plans for each in plan.due),
            key=lambda each: not any(service.may_open for service in each[1].services),
        )
        backlog = self.queue.backlog()
        planned = Planned(
            companies=len(plans),
            jobs=len(due),
            tied=tied,
            standings=len(changed) - left_out,
            backlog=backlog,
            vitals=vitals([(company, plan, standings[company.id]) for company, plan in plans], at),
        )
        if backlog * 2 > len(due):
            skipped = f"{backlog} of the last sweep's messages still wait"
            since = at.ticks.finished
            overdue = None if since is None else int((at.tick - since).total_seconds())
            return replace(planned, jobs=0, skipped=skipped, overdue=overdue)
        self.queue.send(self._paced(_job(company, each, standings[company.id], at) for company, each in due))
        return planned

    def _paced(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, timedelta]]:
        position = 0
        for job in jobs:
            yield job, self._delay(position)
            position += job.companies

    def _delay(self, position: int) -> timedelta:
        """Jobs become visible at the pace at which GravityZone may be asked, so that workers seldom wait for a token.

        Whoever waits for one is paid for: with a backlog a worker would wait as long as it works.
        """
        return min(timedelta(seconds=math.floor(position / self.calls_per_second)), LONGEST_DELAY)


_NOT_READ = frozenset({Presence.GONE, Presence.UNLICENSED})
"""Of such a company no count is read, so whoever stands below it changes nothing."""


_NO_MONTHS: frozenset[tuple[Month, str]] = frozenset()


def _months(found: set[tuple[Month, str]] | None) -> frozenset[tuple[Month, str]]:
    """Of most companies there are none, for which Python would make an empty set of 200 bytes each."""
    return frozenset(found) if found else _NO_MONTHS


def _was_licensed(standing: Standing | None) -> bool:
    return standing is not None and bool(standing.licensed_in) and known_absence(standing) is None


def _job(company: CompanyState, due: Due, standing: Standing, at: Circumstances) -> Job:
    return Job(
        tick=at.tick,
        company_id=company.id,
        company_name=company.name,
        connectwise_id=None if company.mapping is None else company.mapping.connectwise_id,
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
            )
            for each in due.services
        ),
        agreements=tuple({each.agreement.id: each.agreement for each in due.services if each.agreement}.values()),
        licensed=company.licensed,
        tick_before=at.ticks.finished,
        standing={scope: cause for scope, cause in standing.causes.items() if scope.startswith(f"{due.month} ")},
        last_reading=standing.last_reading,
        children=company.below if isinstance(company.below, Children) else None,
    )
