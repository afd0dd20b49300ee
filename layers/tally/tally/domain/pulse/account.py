"""The account of one sweep: who was to be read, who was, and the sums of counts (PULSE-2)."""

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tally.domain.pulse.total import Counts, Total

type Sums = Mapping[str, Counts]
"""Sums of counts by branch: the id of a company directly below the key's own, or its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The result of one job for the account.

    ``counts`` are those of its ``services`` that could be counted. ``rises`` are the counts beyond
    what the ledger had for the company.
    """

    company_id: str
    branch: str
    services: Collection[str]
    counts: Counts
    rises: Counts = field(default_factory=dict)

    @property
    def asked(self) -> Sequence[str]:
        """The names of the counts that were wanted."""
        return count_names(self.company_id, self.services)

    @property
    def missing(self) -> Sequence[str]:
        """The names of those that it does not have."""
        return count_names(
            self.company_id, [each for each in self.services if each not in self.counts]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The jobs of the sweep of ``tick`` that have ended, as their workers added them.

    ``answered`` counts them, and ``check`` is the checksum of the counts that they were to read: a
    job that was counted twice cannot stand for one that is missing. ``failed`` is the checksum of
    the counts that they did not get. ``sums`` and ``rises`` add up the others. It was ``changed``
    last at that instant; None before the first end.
    """

    tick: datetime
    answered: int = 0
    check: int = 0
    failed: int = 0
    sums: Sums = field(default_factory=dict)
    rises: Counts = field(default_factory=dict)
    changed: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The jobs that were sent for the account of ``tick``, and the totals read before them.

    ``check`` is the checksum of the counts that they read, ``basis`` that of everybody who is
    billed or could be: only sweeps over the same counts of the same companies can be compared. A
    ``sample`` is no sweep: it only tests the totals. At GravityZone's pace its jobs may run
    ``until`` then.
    """

    tick: datetime
    jobs: int
    check: int
    basis: int
    totals: Mapping[str, Total]
    sample: bool = False
    until: datetime | None = None

    def is_met_by(self, account: Account | None) -> bool:
        """Return True if each job has ended once, with a count or as failing."""
        # SQS may deliver a job twice: by the number alone it could stand for one that is missing.
        return account is not None and (account.tick, account.answered, account.check) == (
            self.tick,
            self.jobs,
            self.check,
        )


def count_names(company_id: str, services: Iterable[str]) -> Sequence[str]:
    """Return the names of a company's counts: it may be billed for a service more, or less."""
    return [f"{company_id} {service}" for service in services]


def checksum(ids: Iterable[str]) -> int:
    """Return a number that says whether the ids are the same, in whatever order they come."""
    # A sum, as workers add their ends in any order. Plus 1, so that no id counts as nothing.
    return sum(zlib.crc32(each.encode(errors="replace")) + 1 for each in ids)
