"""Runs of the tickets' function, under the same trouble as everything else, and what goes on there.

In the deployment it runs each quarter of an hour. Here it does after anything has happened that may
concern it, and every few hours while something is open: else nothing could come of it.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import requests

from tally.asking.round import Asked, Round
from tally.domain.asking.ticket import Ticket, TicketState
from tally.errors import TallyError
from testing.asking import asking_round
from testing.effects import KilledError
from verification.simulation.checks import Checks
from verification.simulation.desk_life import DeskLife
from verification.simulation.desk_memory import Asking
from verification.simulation.desk_setting import desk_of
from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Msp
from verification.simulation.outages import SCHEDULE
from verification.simulation.story import Tell, ViolationError
from verification.simulation.ticket_checks import TicketChecks
from verification.simulation.trouble import Gate, Trouble

_QUARTER = timedelta(minutes=15)
_AFTER_A_TICK = timedelta(minutes=5)
_APART = timedelta(hours=4)
_RUNS_AFTER_NEWS = 2
_SETTLED_AFTER = 4
"""Runs in peace after which nothing is left to be done."""
_HOURS_BETWEEN = (9, 14, 19)
_LONGEST = timedelta(minutes=15)
"""No function runs longer (Lambda's limit)."""
_COLD_START = timedelta(seconds=1)
_DAY = timedelta(days=1)
_STILL_LISTED = "and lists it"
"""Why one ticket may fail in peace: it was deleted, and is in lists for a while."""
_NO_COMPANY = re.compile(r"\(company: company ([0-9]+) not found\)")
"""Another reason: the company was deleted or merged in ConnectWise, and its link is not put right
yet."""


class DeskPlay:
    """Tickets of one run; it does nothing where the seed has none."""

    def __init__(
        self,
        msp: Msp,
        trouble: Trouble,
        checks: Checks,
        tell: Tell,
        *,
        wrap: Callable[[Gate], Callable[[Any], Any]],
        out: Callable[[datetime], frozenset[str]],
        is_odd: Callable[[], bool],
    ) -> None:
        self._msp, self._trouble, self._checks, self._tell = msp, trouble, checks, tell
        self._wrap, self._out, self._is_odd = wrap, out, is_odd
        self._clock = msp.clock
        self.lived: Counter[str] = Counter()
        self._due: datetime | None = None
        self._news = 0
        self._runs = self._betweens = 0
        self._last = msp.clock.now()
        self._broken: ViolationError | None = None
        """A broken rule that was found within a run, where the product catches every error."""
        self._setting = desk_of(msp.shape)
        if self._setting is None:
            return
        tell(self._clock.now(), str(self._setting))
        self._memory = Asking(
            now=self._clock.now, index_lag=msp.setting.index_lag, saved=self._saved
        )
        self._life = DeskLife(msp, self._setting, tell, is_known=self._is_known)
        self._tickets = TicketChecks(
            books=checks.books,
            life=self._life,
            open_now=lambda: sum(1 for _ in self._memory.inner.all_open_tickets()),
        )
        checks.records.ruled = self._tickets.ruled
        self._ways = [self._round(), self._round()]

    def next_moment(self) -> datetime | None:
        """Return when the next run or the next act of people is due."""
        if self._setting is None:
            return None
        moments = (self._due, self._life.next_moment())
        return min((each for each in moments if each is not None), default=None)

    def act(self) -> None:
        """Let that run or act happen."""
        if self._due is not None and self._due == self.next_moment():
            self._run()
        else:
            self._live()

    def is_due(self) -> None:
        """Have a run soon, as a tick has been; of ticks in close order, not after each."""
        if self._setting is not None:
            self._run_by(max(self._clock.now() + _AFTER_A_TICK, self._last + _APART))

    def meanwhile(self) -> bool:
        """Let another run, or people, act between two moments; False if it is for others to."""
        if self._setting is None or len(self._tickets.begun) > 1:
            return False
        self._betweens += 1
        luck = drawn(self._msp.setting.seed, Draw.DESK_BETWEEN, self._betweens).random()
        if luck < 0.3:  # noqa: PLR2004 - others have the rest
            self._run()
            return True
        if luck < 0.6 and self._tickets.begun and self._life.next_moment() is not None:  # noqa: PLR2004
            self._live()
            return True
        return False

    def before_write(self, request: requests.PreparedRequest) -> None:
        """Check a write to ConnectWise, whoever makes it."""
        if self._setting is None:
            self._checks.before_write(request)
            return
        try:
            if not self._tickets.before_write(request):
                self._checks.before_write(request)
        except ViolationError as violation:
            self._broken = self._broken or violation
            raise

    def rest(self) -> None:
        """Let people do nothing more at the desk."""
        if self._setting is not None:
            self._life.rest()

    def settle(self) -> None:
        """Run as often as in an hour, so that what was answered is carried out."""
        for _ in range(_SETTLED_AFTER if self._setting is not None else 0):
            self._clock.advance(_QUARTER)
            self._run()

    def end(self) -> None:
        """Run for more than a day in peace, and look at all that is left."""
        if self._setting is None:
            return
        self.settle()
        self._clock.advance(_DAY)
        self.settle()
        self.settle()
        self._tickets.at_the_end()

    def _round(self) -> Round:
        assert self._setting is not None
        return asking_round(
            self._msp.world,
            self._memory,  # type: ignore[arg-type]  # a port like it, whose index lags
            wrap=self._wrap(_Between(self._trouble, self._life)),
            standings=self._setting.standings,
            answerers=self._setting.answerers,
            most_open=self._setting.most_open,
        )

    def _live(self) -> None:
        self._life.act()
        self.lived.update(self._life.happened)
        self._life.happened.clear()
        self._run_by(self._clock.now() + _QUARTER)
        self._news = _RUNS_AFTER_NEWS

    def _run_by(self, at: datetime) -> None:
        self._due = at if self._due is None else min(self._due, at)

    def _run(self) -> None:
        """Run once, if the schedule does, and look at what came of it."""
        now = self._clock.now()
        if SCHEDULE in self._out(now):
            self._due = now + timedelta(hours=_HOURS_BETWEEN[-1])
            return
        self._runs += 1
        self._last = now
        draw = drawn(self._msp.setting.seed, Draw.DESK_RUNS, self._runs)
        before = None if self._trouble.idle else self._trouble.luck(draw)
        self._life.prepare()
        self._tickets.begun.append(now)
        done = None
        try:
            done = self._ran()
        finally:
            if before is not None:
                self._trouble.luck(before)
            if len(self._tickets.begun) == 1:
                self._life.after()
            self._look(done, quiet=before is None)
            self._tickets.begun.pop()
        self._plan_next()

    def _ran(self) -> Asked | None:
        which = len(self._tickets.begun) - 1
        try:
            return self._ways[which]()
        except TallyError as error:
            self._tell(self._clock.now(), f"  the run of tickets failed: {error}")
            if self._trouble.idle and not self._is_odd():
                raise ViolationError(18, f"the run of tickets failed: {error}") from error
        except KilledError:
            self._clock.advance(_COLD_START)
            self._ways[which] = self._round()
        return None

    def _look(self, done: Asked | None, *, quiet: bool) -> None:
        if self._broken is not None:
            raise self._broken
        self._checks.records.follow()
        made = self._life.notice()
        if made:
            self.lived["tickets made"] += made
            self._news = _RUNS_AFTER_NEWS
        for subject, why in ({} if done is None else done.failures).items():
            self._tell(self._clock.now(), f"  the ticket of {subject}: {why}")
            if quiet and not self._is_odd() and not self._is_expected(why):
                raise ViolationError(18, f"the ticket of {subject}: {why}")
        self._tickets.after_run(quiet=quiet and done is not None and not done.failures)

    def _is_expected(self, why: str) -> bool:
        """Return True if a ticket may fail so in peace: a gone company must be linked still."""
        gone = _NO_COMPANY.search(why)
        if gone is None:
            return _STILL_LISTED in why
        links = self._msp.ledger.links().values()
        return any(each.connectwise_id == int(gone[1]) for each in links)

    def _plan_next(self) -> None:
        now = self._clock.now()
        waits = any(not each.is_over for each in self._memory.inner.tickets.values())
        held = any(each.hold for each in self._msp.ledger.every_record())
        if self._news > 0:
            self._news -= 1
            self._due = now + _QUARTER
        elif waits or held:
            hours = _HOURS_BETWEEN[self._runs % len(_HOURS_BETWEEN)]
            self._due = now + timedelta(hours=hours)
        else:
            self._due = None

    def _is_known(self, ticket: int) -> bool:
        return any(each.ticket_id == ticket for each in self._memory.inner.tickets.values())

    def _saved(self, before: Ticket | None, after: Ticket) -> None:
        """Hear what is remembered of a ticket from now on."""
        if after.state is not TicketState.OPEN or before is None or before.state != after.state:
            self._news = _RUNS_AFTER_NEWS
            self.lived[f"tickets {after.state}"] += 1
        had = before is not None and before.given is not None
        if after.given is not None and not had:
            self.lived["answers taken"] += 1
        try:
            self._tickets.saved(before, after)
            if after.given is not None and after.ticket_id is not None and not had:
                self._life.answered(after.ticket_id)
        except ViolationError as violation:
            self._broken = self._broken or violation
            raise


class _Between(Gate):
    """A gate at whose every effect people may act, where they are to do so in the middle."""

    def __init__(self, trouble: Trouble, life: DeskLife) -> None:
        super().__init__(trouble)
        self._life = life

    @property
    def idle(self) -> bool:
        """True if nothing can come between at present."""
        return super().idle and not self._life.waits

    def around[T](self, name: str, effect: Callable[[], T]) -> T:
        """Let one effect happen, if nothing comes between."""
        if self._life.waits:
            self._life.in_between()
        return super().around(name, effect)
