"""The shared knowledge of one run's checks: the MSP, and the ledger's contents so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from verification.simulation.billed_services import Billed
from verification.simulation.msp import Firm, Msp
from verification.simulation.story import ViolationError


@dataclass(slots=True, kw_only=True)
class Books:
    """Every record as of the last transition that was looked at, and people's words about it."""

    msp: Msp
    heads: dict[RecordKey, UsageRecord] = field(default_factory=dict)
    earlier: dict[RecordKey, UsageRecord] = field(default_factory=dict)
    """Each record before the last tick that changed it."""
    chosen: dict[RecordKey, set[int]] = field(default_factory=dict)
    """The numbers that a person has chosen between, by record."""
    asked: set[RecordKey] = field(default_factory=set)
    """Records that a person was asked about, or that ConnectWise refused, while their months could
    still be opened."""
    terms_at: dict[RecordKey, datetime] = field(default_factory=dict)
    """The last time that terms were written, by record: no line tells it."""
    failed_ticks: set[datetime] = field(default_factory=set)
    """Ticks whose lists could not all be read: their looks see a record's own agreement alone."""
    as_of: datetime | None = None
    """The last tick, once the run has ended. Its jobs may not have seen what is counted since
    then."""

    def head(self, firm: Firm, month: Month, billed: Billed) -> UsageRecord | None:
        """A service's record of a company's month."""
        return self.heads.get(RecordKey(company_id=firm.id, month=month, service=billed.name))

    def written(self, firm: Firm) -> Iterator[datetime]:
        """Yield the instants of the last writes to the company's records.

        An Addition of one month may be seen beside another month's.
        """
        for key, record in self.heads.items():
            if key.company_id == firm.id:
                yield from (each.written.at for each in record.lines if each.written.at is not None)
        yield from (at for key, at in self.terms_at.items() if key.company_id == firm.id)

    def link(self, firm: Firm) -> CompanyLink | None:
        """Return the company's link to ConnectWise, with people's decisions about it."""
        return self.msp.ledger.links().get(firm.id)

    def violation(self, invariant: int, what: str, key: RecordKey | None) -> ViolationError:
        """The error that names the company and month of a record."""
        if key is None:
            return ViolationError(invariant, what)
        firm = self.msp.by_id.get(key.company_id)
        return ViolationError(
            invariant,
            what,
            company=key.company_id if firm is None else firm.name,
            month=str(key.month),
        )
