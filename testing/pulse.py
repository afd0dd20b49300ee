"""The pulse's memory and account, in memory: it promises what the DynamoDB one does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tally.domain.pulse.account import Account, Answer, checksum
from tally.domain.pulse.state import Pulse
from tally.errors import ConflictError

_ATTEMPTS = 5


@dataclass(slots=True)
class MemoryPulse:
    """The pulse's two items in memory."""

    pulse: Pulse = field(default_factory=Pulse)
    newest: Account | None = None

    def read(self) -> Pulse:
        """Return the memory."""
        return self.pulse

    def change(self, change: Callable[[Pulse], Pulse]) -> Pulse:
        """Write what ``change`` makes of the memory; it is called again if others were first."""
        for _ in range(_ATTEMPTS):
            known = self.pulse
            changed = change(known)
            if self.pulse.version != known.version:
                continue
            if changed != known:
                self.pulse = replace(changed, version=known.version + 1)
            return self.pulse
        raise ConflictError("the memory of the pulse was not taken")

    def account(self) -> Account | None:
        """Return the newest sweep's account."""
        return self.newest

    def open_account(self, tick: datetime) -> None:
        """Begin the account of a sweep."""
        self.newest = Account(tick=tick)

    def add_to_account(self, tick: datetime, answers: Sequence[Answer], *, at: datetime) -> bool:
        """Add the ends of jobs, unless another sweep has begun."""
        known = self.newest
        if known is None or known.tick != tick:
            return False
        sums = {branch: dict(counts) for branch, counts in known.sums.items()}
        rises = dict(known.rises)
        for each in answers:
            of_branch = sums.setdefault(each.branch, {}) if each.counts else {}
            for service, count in each.counts.items():
                of_branch[service] = of_branch.get(service, 0) + count
            for service, rise in each.rises.items():
                rises[service] = rises.get(service, 0) + rise
        self.newest = replace(
            known,
            answered=known.answered + len(answers),
            check=known.check + checksum(name for each in answers for name in each.asked),
            failed=known.failed + checksum(name for each in answers for name in each.missing),
            sums=sums,
            rises=rises,
            changed=at,
        )
        return True
