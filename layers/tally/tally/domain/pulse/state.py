"""The memory of the pulse between two firings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from tally.domain.pulse.account import Account, Expected
from tally.domain.pulse.proof import Before, Shares, Verdict
from tally.domain.pulse.total import Counts, Rest, Total

NEEDED = 3
"""The complete sweeps in a row that have to agree before totals are believed (PULSE-3)."""


_MOST_FOUND = 2_000
"""The most companies that are remembered as found: the item has to stay below 400 kB."""


_OTHER_TENANT = "the key is another company's than before"


class Trust(StrEnum):
    """Whether totals are believed: ``unproven`` at first, then ``proven``.

    ``off`` after a contradiction, until a person switches the pulse on again.
    """

    UNPROVEN = "unproven"
    PROVEN = "proven"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What has been seen for and against believing the totals.

    ``agreed`` counts sweeps in a row, ``rise_seen`` says that a rise was seen in a company and the
    same at its partner. ``shares`` are the partners' own, as of the last complete sweep, whose
    companies had the checksum ``basis``, and their counts ``check`` (those that it wanted) and
    ``failed`` (those that it did not get). ``why`` is the last reason against, or who has switched
    the pulse on again since.
    """

    trust: Trust = Trust.UNPROVEN
    agreed: int = 0
    rise_seen: bool = False
    shares: Shares = field(default_factory=dict)
    totals: Mapping[str, Total] = field(default_factory=dict)
    basis: int = 0
    check: int = 0
    failed: int = 0
    why: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Searches:
    """The memory of searches.

    ``last`` is the firing of the last one, ``busy_until`` the latest end of one that runs.
    ``found`` are the counts that they have found and the ledger may lack still, by company; empty
    for a company of which they could not tell: a total tells a move once, whatever becomes of its
    job. ``rest`` is what the root's total has beyond the companies that are followed.
    None follows before ``quiet_until``: the last one has read so many.
    """

    last: datetime | None = None
    busy_until: datetime | None = None
    quiet_until: datetime | None = None
    found: Mapping[str, Counts] = field(default_factory=dict)
    rest: Rest | None = None

    def is_running(self, now: datetime) -> bool:
        """Return True if a search may still run."""
        return self.busy_until is not None and now < self.busy_until

    def is_quiet(self, at: datetime) -> bool:
        """Return True if no search may follow the last one yet."""
        return self.quiet_until is not None and at < self.quiet_until

    def has_died(self, now: datetime) -> bool:
        """Return True if a search should have ended, and has not said so."""
        return self.busy_until is not None and now >= self.busy_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The memory of the pulse.

    ``root`` is the key's own company. ``totals`` are those read before the last complete sweep or
    search, by company. ``swept`` is the tick of the last complete sweep, ``asked`` why the next
    tick must make one. ``expected`` are the jobs of a sweep or sample that still runs; ``sampled``
    is the last company of the newest sample. ``basis`` is the checksum of the companies, ``code``
    that of the deployed code and settings, at the last full sweep.
    """

    version: int = 0
    root: str = ""
    proof: Proof = Proof()
    totals: Mapping[str, Total] = field(default_factory=dict)
    swept: datetime | None = None
    asked: str = ""
    searches: Searches = Searches()
    expected: Expected | None = None
    sampled: str = ""
    basis: int = 0
    code: str = ""

    @property
    def is_proven(self) -> bool:
        """True if totals may spare readings."""
        return self.proof.trust is Trust.PROVEN

    def before(self, account: Account) -> Before:
        """Return what the running sweep can be compared with: one over the same companies."""
        proof, expected = self.proof, self.expected
        assert expected is not None
        companies = (expected.basis, expected.check, account.failed)
        # Other companies, or others that failed, make other sums, and in another month counters
        # began anew: such sweeps say nothing of each other.
        same = (proof.basis, proof.check, proof.failed) == companies and all(
            proof.totals[each].month == total.month
            for each, total in expected.totals.items()
            if each in proof.totals
        )
        return Before(shares=proof.shares, totals=proof.totals) if same else Before()

    def judged(self, verdict: Verdict, at: datetime) -> "Pulse":
        """Return it after the expected jobs have all ended."""
        assert self.expected is not None
        if self.expected.sample:
            return replace(self, expected=None, proof=_after_sample(self.proof, verdict, at))
        return replace(
            self,
            expected=None,
            # PULSE-2: the totals before the sweep. Later ones may have a rise that it missed.
            totals=self.expected.totals,
            swept=self.expected.tick,
            # Each company has been read since, or is failing and planned at every tick.
            searches=replace(self.searches, found={}),
            proof=_after_sweep(self.proof, self.expected, verdict, at),
        )

    @property
    def is_off(self) -> bool:
        """True after a contradiction, until a person switches the pulse on again."""
        return self.proof.trust is Trust.OFF

    @property
    def is_sweeping(self) -> bool:
        """True if the jobs of a full sweep have not all ended, as far as is known."""
        return self.expected is not None and not self.expected.sample

    def newest_sweep(self, tick: datetime) -> datetime | None:
        """Return the tick of the newest full sweep; None if it was not complete.

        It is one whose jobs have all ended, or may still run: a large one takes longer than a tick.
        The tick's own is none: if the tick comes again, it may have been killed before it sent any.
        """
        sweep = self.expected
        if sweep is None or sweep.sample:
            return self.swept
        may_run = sweep.until is not None and sweep.tick < tick < sweep.until
        return sweep.tick if may_run else None

    def is_waited_for(self, tick: datetime) -> bool:
        """Return True if the jobs of a full sweep may still run at this tick."""
        return self.is_sweeping and self.newest_sweep(tick) is not None

    def expecting(self, expected: Expected, *, root: str, code: str, sampled: str = "") -> "Pulse":
        """Return it with the jobs of a sweep, or of a sample up to ``sampled``, that are now sent.

        The next sample follows that company.
        """
        if expected.sample:
            return replace(self, expected=expected, sampled=sampled)
        return replace(
            self,
            expected=expected,
            root=root,
            # Another key may see another tree, whose totals have proven nothing yet.
            proof=self.proof if root == self.root or not self.root else Proof(why=_OTHER_TENANT),
            asked="",
            basis=expected.basis,
            code=code,
            # The sweep reads what a search that died has left unread: it is waited for no more.
            searches=replace(self.searches, busy_until=None),
        )

    def asking(self, why: str) -> "Pulse":
        """Return it with a reason for the next tick to read every company; the first one stays."""
        searches = replace(self.searches, busy_until=None)
        return replace(self, asked=self.asked or why, searches=searches)

    def doubting(self, why: str) -> "Pulse":
        """Return it after totals that could not be read: they prove nothing."""
        if self.proof.trust is not Trust.UNPROVEN:
            return self
        return replace(self, proof=replace(self.proof, agreed=0, why=why))

    def at_work(self, at: datetime, *, now: datetime, until: datetime) -> "Pulse":
        """Return it with the search of the firing ``at``, unless another one works now."""
        if self.searches.is_running(now):
            return self
        return replace(self, searches=replace(self.searches, last=at, busy_until=until))

    def after_search(
        self, totals: Mapping[str, Total], searches: Searches, *, since: "Pulse"
    ) -> "Pulse":
        """Return it after a search that found out where ``totals`` come from.

        They do not count if a sweep has been sent since the search began.
        """
        done = replace(self, searches=searches)
        if len(searches.found) > _MOST_FOUND:
            done = replace(self, searches=replace(searches, found={}))
            done = done.asking("more companies moved than can be remembered")
        if self.is_sweeping or self.swept != since.swept:
            return done
        return replace(done, totals={**self.totals, **totals})

    def switched_on(self, at: datetime, *, by: str = "a person") -> "Pulse":
        """Return it as a person switches it on again: it has to prove itself anew."""
        return replace(
            self,
            proof=Proof(since=at, why=f"it was switched on again by {by}"),
            asked="the pulse was switched on again",
        )


def _after_sweep(proof: Proof, expected: Expected, verdict: Verdict, at: datetime) -> Proof:
    known = replace(
        proof,
        shares=verdict.shares,
        totals=expected.totals,
        basis=expected.basis,
        check=expected.check,
        failed=verdict.failed,
    )
    if verdict.against and proof.trust is not Trust.UNPROVEN:
        return _switched_off(known, verdict.against, at)
    # Trust stays: an unclear sweep is no contradiction, and an unproven pulse has none to lose.
    if not verdict.agrees:
        seen = known.rise_seen and not verdict.against
        return replace(known, agreed=0, rise_seen=seen, why=verdict.against or verdict.unclear)
    agreed = min(proof.agreed + 1, NEEDED)
    rise_seen = proof.rise_seen or verdict.rise_seen
    if proof.trust is Trust.UNPROVEN and agreed == NEEDED and rise_seen:
        return replace(known, trust=Trust.PROVEN, agreed=agreed, rise_seen=True, why="", since=at)
    return replace(known, agreed=agreed, rise_seen=rise_seen, why="")


def _after_sample(proof: Proof, verdict: Verdict, at: datetime) -> Proof:
    if not verdict.against:
        return proof
    if proof.trust is Trust.PROVEN:
        return _switched_off(proof, verdict.against, at)
    return replace(proof, agreed=0, why=verdict.against)


def _switched_off(proof: Proof, why: str, at: datetime) -> Proof:
    if proof.trust is Trust.OFF:
        return proof
    return replace(proof, trust=Trust.OFF, agreed=0, rise_seen=False, why=why, since=at)
