"""Invariant 9: what ConnectWise's invoices bill of a company's month is its final count, or something says why not."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime

from local.simulation.msp import Msp
from local.simulation.story import ViolationError
from local.simulators.connectwise.truth import API, Invoice
from tally.domain.record import RecordKey, RecordState, UsageRecord


class InvoiceChecks:
    """Looks at every invoice once, and at the end at what was billed in all."""

    def __init__(self, msp: Msp) -> None:
        self.msp = msp
        self.early = 0
        """Invoices that were made before a month closed which they cover: what they bill too little is LATE-2's."""
        self._seen = 0
        self._billed: defaultdict[int, list[Invoice]] = defaultdict(list)

    def look(self) -> None:
        """Take note of the invoices made since the last look."""
        truth = self.msp.connectwise.truth
        if self._seen == truth.last_invoice_id:
            return
        for invoice in truth.invoices(after=self._seen):
            for line in invoice.lines:
                self._billed[line.addition_id].append(invoice)
        self._seen = truth.last_invoice_id

    def look_at_all(self, heads: Mapping[RecordKey, UsageRecord], closed: Mapping[RecordKey, datetime]) -> None:
        """What the invoices made after a month's close bill of it is what it closed with."""
        self.look()
        for key, record in heads.items():
            if record.state is RecordState.CLOSED:
                self._look_at(key, record, closed[key])

    def _look_at(self, key: RecordKey, record: UsageRecord, closed_at: datetime) -> None:
        invoices = [invoice for line in record.lines for invoice in self._billed.get(line.addition_id or 0, ())]
        if not invoices or self._is_named(key, record, invoices):
            return
        if any(invoice.made_at < closed_at for invoice in invoices):
            self.early += 1
            return
        ours = {line.addition_id for line in record.lines}
        billed = sum(line.quantity for invoice in invoices for line in invoice.lines if line.addition_id in ours)
        final = sum(line.pushed or 0 for line in record.lines)
        if billed != final:
            firm = self.msp.by_id.get(key.company_id)
            raise ViolationError(
                9,
                f"closed with {final}, and the invoices bill {billed}: {invoices}",
                company=key.company_id if firm is None else firm.name,
                month=str(key.month),
            )

    def _is_named(self, key: RecordKey, record: UsageRecord, invoices: list[Invoice]) -> bool:
        """Whether people changed what was billed, or billed a period twice, or invoices do not cover calendar months (MATCH-5)."""
        if len({(invoice.agreement_id, invoice.first) for invoice in invoices}) < len(invoices):
            return True
        truth = self.msp.connectwise.truth
        for line in record.lines:
            addition = truth.addition(line.addition_id or 0)
            if addition.created_by != API or any(change.by != API for change in addition.changes) or addition.deleted:
                return True
        periods = Counter(invoice.first.day for invoice in invoices)
        return set(periods) != {1} or any(
            (invoice.first, invoice.last) != (key.month.first, key.month.last) for invoice in invoices
        )
