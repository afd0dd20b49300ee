"""The check of invariant 9: invoices bill a month's final count, or something says why."""

from collections import defaultdict
from collections.abc import Mapping

from simulators.connectwise.billing_truth import API, Invoice
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from verification.simulation.msp import Msp
from verification.simulation.story import ViolationError

_NAMED = ("about the time when", "must be credited there by hand")
"""Words of notices that name a difference between a month and its invoices."""


class InvoiceChecks:
    """Looks at every invoice once, and at the end at what was billed in all."""

    def __init__(self, msp: Msp) -> None:
        self.msp = msp
        self.compared = 0
        """Months whose invoices were compared."""
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

    def look_at_all(self, heads: Mapping[RecordKey, UsageRecord]) -> None:
        """Check that each closed month's invoices bill its closing number."""
        self.look()
        for key, record in heads.items():
            if record.state is RecordState.CLOSED:
                self._look_at(key, record)

    def _look_at(self, key: RecordKey, record: UsageRecord) -> None:
        """Invariant 9: check that past and coming invoices bill a month's closing number."""
        found = {
            each.id: each
            for line in record.lines
            for each in self._billed.get(line.addition_id or 0, ())
        }
        invoices = list(found.values())
        if not invoices or self._is_named(record, invoices):
            return
        self.compared += 1
        ours = {line.addition_id for line in record.lines}
        billed = sum(
            line.quantity
            for invoice in invoices
            for line in invoice.lines
            if line.addition_id in ours
        )
        to_come = sum(
            line.pushed or 0 for line in record.lines if not self._billed.get(line.addition_id or 0)
        )
        final = owed(record, bill_minimum=self.msp.setting.bill_minimum)
        credited = record.credited + (0 if record.credit is None else record.credit.quantity)
        if billed + to_come - credited != final:
            firm = self.msp.by_id.get(key.company_id)
            raise ViolationError(
                9,
                (
                    f"closed with {final}, the invoices bill {billed}, and {to_come} are to come: "
                    f"{record}; {invoices}"
                ),
                company=key.company_id if firm is None else firm.name,
                month=str(key.month),
            )

    def _is_named(self, record: UsageRecord, invoices: list[Invoice]) -> bool:
        """Return True if a hold or notice names the difference, or a known cause makes one.

        People changed the billed Additions, or the invoices cover no calendar months.
        """
        if len({(invoice.agreement_id, invoice.first) for invoice in invoices}) < len(invoices):
            return True  # a period billed twice
        truth = self.msp.connectwise.truth
        if record.hold is not None or any(
            name in notice for name in _NAMED for notice in record.notices
        ):
            return True
        if any(_is_moved(self.msp, line.agreement_id) for line in record.lines):
            return True
        for line in record.lines:
            addition = truth.addition(line.addition_id or 0)
            if (
                addition.created_by != API
                or any(change.by != API for change in addition.changes)
                or addition.deleted
            ):
                return True
        return any(
            invoice.first.day != 1
            or invoice.last != Month(invoice.first.year, invoice.first.month).last
            for invoice in invoices
        )


def owed(record: UsageRecord, *, bill_minimum: bool) -> int:
    """Return the number that a closed record's lines must bill (CLOSE-2, LATE-2).

    It is the count, or its floor where that is billed and was not left out.
    """
    count, floor, answer = record.count or 0, record.floor or 0, record.ruling(Said.LEAVE_OUT)
    final = max(count, floor) if bill_minimum else count
    left_out = answer is not None and record.stands < final <= answer.number
    return record.stands if left_out else final


def _is_moved(msp: Msp, agreement_id: int) -> bool:
    """Return True if a person moved the agreement's invoice date, or changed its type or cycle."""
    return agreement_id in msp.moved
