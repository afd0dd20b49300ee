"""Judge by a complete sweep whether the totals of partners may be believed (PULSE-3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain

from tally.domain.pulse.account import Account, Expected
from tally.domain.pulse.total import Counts, Total

_QUIET = timedelta(minutes=10)
"""The time after a search in which a sample proves nothing.

The ledger may not have the companies yet that the search found.
"""


@dataclass(frozen=True, slots=True)
class Share:
    """A partner's own share of its total: at least ``low``, at most ``high``.

    Both are the same if the total did not move while the companies below were read.
    """

    low: int
    high: int

    @property
    def is_exact(self) -> bool:
        """True if nothing moved during the sweep."""
        return self.low == self.high


type Shares = Mapping[str, Mapping[str, Share]]
"""Own shares by partner and service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The result of a complete sweep or sample for the proof.

    ``against`` says in words how the totals were contradicted, and ``vectors`` has all that was
    read, for the log. ``unclear`` says why they neither agree nor contradict. ``rise_seen``:
    companies rose, and their partner's total by the same number.
    """

    agrees: bool = False
    against: str = ""
    vectors: str = ""
    unclear: str = ""
    rise_seen: bool = False
    shares: Shares = field(default_factory=dict)
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The last complete sweep, if this one can be compared with it; else empty."""

    shares: Shares = field(default_factory=dict)
    totals: Mapping[str, Total] = field(default_factory=dict)


def judge_sweep(
    expected: Expected, account: Account, after: Mapping[str, Total], before: Before, *, root: str
) -> Verdict:
    """Compare the totals before and after a complete sweep with the sums of what was read.

    ``root`` is the key's own company, whose total contains everybody's. Counts only rise within a
    month, so the sums lie between what they were at both ends.
    """
    shares: dict[str, dict[str, Share]] = {}
    for partner, first in expected.totals.items():
        last = after.get(partner)
        if last is None or last.month != first.month:
            return Verdict(unclear="a total could not be read again after the sweep")
        # A company that left or lost its licence takes its count with it: no habit of totals.
        if any(change < 0 for change in last.beyond(first).values()):
            return Verdict(unclear="a total fell during the sweep")
        sums = sums_below(account, partner, root=root)
        shares[partner] = {
            service: Share(
                count - sums.get(service, 0), last.counts[service] - sums.get(service, 0)
            )
            for service, count in first.counts.items()
        }
    against = next(chain(_negative(shares), _fallen(shares, before.shares)), "")
    # A total that rises by more than its companies may be the partner's own machines at work.
    unclear = next(_risen(shares, before.shares), "")
    return Verdict(
        agrees=not (against or unclear),
        against=against,
        vectors=against and told(expected.totals, after, account),
        unclear=unclear,
        rise_seen=_rise_seen(expected, before, shares),
        shares=shares,
        failed=account.failed,
    )


def judge_sample(
    expected: Expected,
    account: Account,
    after: Mapping[str, Total],
    baseline: Mapping[str, Total],
    *,
    searched: datetime | None,
) -> Verdict:
    """Contradict the totals if a company of the sample rose and no total has moved since.

    ``baseline`` are the totals that a move is measured from, ``searched`` the last search.
    """
    rises = {service: rise for service, rise in account.rises.items() if rise > 0}
    # A total that has moved brings a search, which finds the rise by itself.
    moved = any(after[each].has_moved_since(baseline.get(each)) for each in after)
    just_found = searched is not None and expected.tick - searched < _QUIET
    if not rises or moved or just_found:
        return Verdict()
    text = ", ".join(f"{service} by {rise}" for service, rise in sorted(rises.items()))
    return Verdict(
        against=(
            f"of {expected.jobs} companies that were read as a sample some rose ({text}), and the "
            "total had not moved"
        ),
        vectors=told(baseline, after, account),
    )


def sums_below(account: Account, partner: str, *, root: str) -> Counts:
    """Return the sums of all companies below a partner, by service."""
    # Accounts add up by branch, and all branches are below the root.
    if partner != root:
        return account.sums.get(partner, {})
    total: dict[str, int] = {}
    for sums in account.sums.values():
        for service, count in sums.items():
            total[service] = total.get(service, 0) + count
    return total


def told(before: Mapping[str, Total], after: Mapping[str, Total], account: Account) -> str:
    """Word both vectors and what was read, for the log."""
    vectors = "; ".join(
        f"{partner}: {_pairs(before[partner].counters) if partner in before else 'none'} before, "
        f"{_pairs(total.counters)} after"
        for partner, total in after.items()
    )
    read = "; ".join(f"{branch}: {_pairs(sums)}" for branch, sums in sorted(account.sums.items()))
    return f"{vectors}. Read: {read}."


def _pairs(of: Mapping[str, object]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in of.items())


def _negative(shares: Shares) -> Iterator[str]:
    for partner, service, share in _each(shares):
        if share.high < 0:
            yield (
                f"the total of {partner} for {service} is {-share.high} below the sum of its "
                "companies"
            )


def _fallen(shares: Shares, before: Shares) -> Iterator[str]:
    for partner, service, share in _each(shares):
        known = before.get(partner, {}).get(service)
        if known is not None and share.high < known.low:
            yield (
                f"companies below {partner} rose in {service} by {known.low - share.high} more "
                "than its total"
            )


def _risen(shares: Shares, before: Shares) -> Iterator[str]:
    for partner, service, share in _each(shares):
        known = before.get(partner, {}).get(service)
        if known is not None and share.low > known.high:
            yield (
                f"the total of {partner} rose in {service} by {share.low - known.high} more than "
                "its companies"
            )


def _rise_seen(expected: Expected, before: Before, shares: Shares) -> bool:
    """Return True if a total and the sum below it rose by the same number since the last sweep."""
    for partner, service, share in _each(shares):
        known = before.shares.get(partner, {}).get(service)
        earlier = before.totals.get(partner)
        if known is None or earlier is None or not share.is_exact or known.low != share.low:
            continue
        # What is left of the total before either sweep is the same: both rose by the same number.
        if expected.totals[partner].beyond(earlier).get(service, 0) > 0:
            return True
    return False


def _each(shares: Shares) -> Iterator[tuple[str, str, Share]]:
    for partner, by_service in shares.items():
        for service, share in by_service.items():
            yield partner, service, share
