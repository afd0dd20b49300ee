"""Plan company by company: what goes wrong with one shows in its standing alone (SAFE-5)."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tally.domain.model.screen import LONGEST
from tally.domain.model.standing import Standing, failing
from tally.domain.planning.company_plan import plan_company
from tally.domain.planning.next_standing import bare_standing, failing_standing, next_standing
from tally.domain.planning.tick_context import CompanyState, Presence, TickContext
from tally.domain.reporting.vitals import Gauge
from tally.errors import ContractError, TallyError, UnsavedError
from tally.planner.company_states import Companies, ids_of
from tally.planner.ledger_snapshot import Known
from tally.planner.sweep import NotSent, Sweep
from tally.ports import Ledger
from tally.redaction import told
from tally.standings import note

_MOST_TOLD = 20
"""The most troubles of single companies in a tick's log; each is in its company's standing too."""


class OneByOne:
    """Plans companies and writes their standings.

    ``seen`` counts companies, ``written`` standings, and ``unsaved`` the standings that are left to
    the next tick. ``troubles`` are the first problems of single companies. If the table takes no
    standings, ``failures`` grows by a sentence, and no more standings are written.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        companies: Companies,
        at: TickContext,
        sweep: Sweep,
        failures: list[str],
    ) -> None:
        self.sweep, self.gauge = sweep, Gauge(at)
        self.seen = self.written = self.unsaved = 0
        self.troubles: list[str] = []
        self._ledger, self._companies, self._at = ledger, companies, at
        self._failures = failures
        self._writable = True

    def plan(self, listed: Sequence[str], known: Known) -> None:
        """Plan the companies of one stretch, and write the standings that change."""
        changed = []
        for company_id in ids_of(listed, known):
            before = known.standings.get(company_id)
            standing = self._plan_one(company_id, known)
            self.seen += 1
            if standing != before or before.unreadable:
                changed.append(replace(standing, tick=self._at.tick))
        if not self._writable:
            return
        try:
            # Before the jobs are sent: a worker merges its result into this standing.
            self.written += self._write(changed)
        except TallyError as error:
            self._failures.append(f"standings could not be written: {error}")
            self._writable = False

    def tell_not_sent(self, not_sent: Sequence[NotSent]) -> None:
        """Write into the standings that jobs could not be put on the queue."""
        for each in not_sent:
            self._trouble(each.company_id, each.why)
            try:
                note(
                    self._ledger,
                    company_id=each.company_id,
                    company_name=each.company_name,
                    tick=self._at.tick,
                    causes=dict.fromkeys(each.scopes, failing(each.why)),
                    known=None,
                    last_reading=None,
                    good_reading=False,
                )
            except TallyError as error:
                self._trouble(each.company_id, f"its standing could not be written: {error}")

    def _plan_one(self, company_id: str, known: Known) -> Standing:
        company: CompanyState | None = None
        try:
            company = self._companies.state(company_id, known)
            plan = plan_company(company, self._at)
            standing = next_standing(company, plan, self._at)
            was = known.standings.get(company_id)
            standings = (standing,) if was is None else (was, standing)
            self.sweep.add(company, plan, standings, before=known.billed_before.get(company_id, 0))
            self.gauge.add(company, plan, standing)
        except Exception as error:  # noqa: BLE001 - a bug of ours must stop nobody else
            why = _told(error)
            licensed = company is not None and company.presence is Presence.LICENSED
            before = known.standings.get(company_id)
            standing = failing_standing(company_id, before, why, self._at, licensed=licensed)
            self.gauge.add_failing(standing)
            self._trouble(company_id, why)
            return standing
        if company.trouble:
            self._trouble(company_id, company.trouble)
        return standing

    def _write(self, changed: Sequence[Standing]) -> int:
        """Write standings; return how many were written."""
        try:
            return len(changed) - self._ledger.save_standings(changed)
        except UnsavedError as error:
            bare = self._instead(changed, error.failures)
            return len(changed) - error.left_out - len(error.failures) + bare

    def _instead(self, changed: Sequence[Standing], failures: Mapping[str, TallyError]) -> int:
        """Write a short standing in place of each that the ledger refuses; return how many."""
        written = 0
        for standing in changed:
            error = failures.get(standing.company_id)
            if error is None:
                continue
            why = f"its standing could not be written: {error}"
            self._trouble(standing.company_id, why)
            if isinstance(error, ContractError):
                written += self._write_bare(bare_standing(standing, why, self._at))
            else:
                self.unsaved += 1
        return written

    def _write_bare(self, standing: Standing) -> bool:
        try:
            self._ledger.save_standing(standing)
        except TallyError:
            return False
        return True

    def _trouble(self, company_id: str, why: str) -> None:
        if len(self.troubles) < _MOST_TOLD:
            self.troubles.append(f"{company_id}: {why}")


def _told(error: Exception) -> str:
    """Word an error for a person; a bug of ours with its place, so that it can be reported."""
    if isinstance(error, TallyError):
        return str(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    return told(
        f"A bug in Tally kept it from being planned: {error!r} in {where}. Please report it.",
        LONGEST,
    )
