"""What happens while time passes: life's events, and the functions beside the billing."""

from datetime import datetime

from verification.simulation.desk_play import DeskPlay
from verification.simulation.evidence_play import Gatherer
from verification.simulation.life import Event, happen, script
from verification.simulation.outages import out
from verification.simulation.stage import Stage


class Happenings:
    """The events of one run, its walks and jobs of evidence, and its runs of tickets."""

    def __init__(self, stage: Stage) -> None:
        self._stage, msp = stage, stage.msp
        self._script = script(msp)
        self._next_event = 0
        self._firms = {firm.number: firm for firm in msp.firms}
        self.gatherer = Gatherer(
            msp,
            stage.trouble,
            stage.tell,
            ledger=stage.oddities.ledger,
            out=lambda at: out(stage.outages, at),
            race=self._race,
        )
        self.desk = DeskPlay(
            msp,
            stage.trouble,
            stage.checks,
            stage.tell,
            wrap=stage.way_out,
            out=lambda at: out(stage.outages, at),
            is_odd=lambda: stage.oddities.firm is not None,
        )

    def live(self, until: datetime) -> None:
        """Let everything happen that is due by then, at its time or once the clock is there."""
        clock = self._stage.clock
        while (at := self.next_moment()) is not None and at <= until:
            if at > clock.now():
                clock.set(at)
            if at == self.gatherer.next_moment():
                self.gatherer.act(at)
            elif at == self.desk.next_moment():
                self.desk.act()
            else:
                self._happen()
        if until > clock.now():
            clock.set(until)

    def next_moment(self) -> datetime | None:
        """Return when the next event is due, or the functions beside have something to do."""
        moments = (self._event_at(), self.gatherer.next_moment(), self.desk.next_moment())
        return min((each for each in moments if each is not None), default=None)

    def rest(self) -> None:
        """Let nothing more happen to companies, nor at the desk."""
        self._next_event = len(self._script)
        self.desk.rest()

    def _event_at(self) -> datetime | None:
        return self._script[self._next_event].at if self._next_event < len(self._script) else None

    def _happen(self) -> None:
        event: Event = self._script[self._next_event]
        self._next_event += 1
        happen(self._stage.msp, event, self._firms[event.firm], self._stage.tell)
        self._stage.played.lived[event.kind] += 1

    def _race(self, at: datetime) -> bool:
        """Let the next event happen if it is one of this instant; return False if it is not."""
        if self._event_at() != at:
            return False
        self._happen()
        return True
