"""Keep the results of one job until they are told: outcomes, failures, causes and counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, RecordScope, failing
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ConflictError, NotStartedError, NotYetError, in_words
from tally.messages import JobService

UNCHANGED = "unchanged"

_NOTHING_SAID = (NotYetError, ConflictError, NotStartedError)
"""Errors that change no standing: another job brings the record up to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The results of one job so far.

    ``done``, ``failures`` and ``counts`` go by service, ``causes`` and ``looked`` by scope of the
    standing.
    """

    done: dict[str, str] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)
    causes: dict[RecordScope, Cause | None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    looked: set[RecordScope] = field(default_factory=set)

    @property
    def is_quiet(self) -> bool:
        """True if no service failed, and nothing was written for any."""
        return not self.failures and all(each == UNCHANGED for each in self.done.values())

    def failing_causes(self, month: Month) -> Mapping[RecordScope, Cause]:
        """Word the failures as causes of the standing."""
        return {
            RecordScope(month, service): failing(in_words(error))
            for service, error in self.failures.items()
            if not isinstance(error, _NOTHING_SAID)
        }

    def rises(self, due: Mapping[JobService, UsageRecord]) -> Mapping[str, int]:
        """Return by how much each count is beyond a record that followed it plainly before."""
        return {
            each.service: self.counts[each.service] - record.stands
            for each, record in due.items()
            if each.service in self.counts and record.is_plain
        }
