"""Causes on Additions: people's acts on a record's own, and foreign ones beside them."""

from collections.abc import Iterator

from simulators.connectwise.billing_truth import AdditionTruth
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.record.lines import SETTLED, Line, LineState
from tally.domain.record.usage_record import UsageRecord
from verification.simulation.billed_services import Billed
from verification.simulation.books import Books
from verification.simulation.causes_agreements import Agreements
from verification.simulation.msp import Firm


class Additions:
    """Compares the Additions of one service's product with what the ledger left there."""

    def __init__(self, books: Books, billed: Billed, agreements: Agreements) -> None:
        self.books = books
        self.billed = billed
        self.msp = books.msp
        self._agreements = agreements

    def oddities(self, firm: Firm, record: UsageRecord, line: Line) -> Iterator[str]:
        """Yield people's acts on the record's Additions, or beside them.

        `line` is its newest line.
        """
        if self._is_changed(record, line):
            yield "changed by people"
        if self._carried_changed(record):
            yield "changed by people"
        if any(self._copied_elsewhere(firm, record, each) for each in record.lines):
            yield "changed by people"
        yield from self._beside(firm, record, line)

    def is_another_there(self, firm: Firm, month: Month, agreement_id: int) -> bool:
        """Return True if a foreign Addition stands where the month's goes (OPEN-6).

        One that somebody keeps apart does not count.
        """
        link = self.books.link(firm)
        return any(
            _covers(each, month)
            and not _is_apart(link, each)
            and not self._is_ours(firm, month, each)
            for each in self._agreements.standing(agreement_id)
        )

    def _is_changed(self, record: UsageRecord, line: Line) -> bool:
        """Return True if any field that Tally writes differs on the line's Addition."""
        theirs, place = self.msp.connectwise.truth.addition(line.addition_id), line.place
        written = (place.effective, place.cancelled, place.product_id, line.pushed)
        shown = (
            theirs.effective,
            theirs.cancelled,
            theirs.fields["product"]["id"],
            theirs.quantity,
        )
        return (
            theirs.deleted
            or shown != written
            or line.reference not in theirs.text
            or _is_free(record, line, theirs)
        )

    def _carried_changed(self, record: UsageRecord) -> bool:
        """Return True if a frozen line's Addition is not as it was left, or a voided one bills."""
        truth = self.msp.connectwise.truth
        return any(
            (other.state is LineState.FROZEN and self._is_changed(record, other))
            or (other.state is LineState.VOID and truth.addition(other.addition_id).quantity > 0)
            for other in record.lines[:-1]
        )

    def _copied_elsewhere(self, firm: Firm, record: UsageRecord, line: Line) -> bool:
        """Return True if a copy stands on another agreement of the customer.

        It need not be of the service's product: ours may have had another one when it was copied.
        """
        link = self.books.link(firm)
        return any(
            line.reference in each.text and not _is_apart(link, each)
            for agreement_id in self._agreements.others(firm, line, record.key.month)
            for each in self.msp.connectwise.truth.additions(
                agreement_id=agreement_id, deleted=False
            )
        )

    def _beside(self, firm: Firm, record: UsageRecord, line: Line) -> Iterator[str]:
        """Yield foreign Additions beside its lines, on their agreements or the late one."""
        link = self.books.link(firm)
        ours = {each.addition_id for each in record.lines}
        carried = {each.agreement_id for each in record.lines if each.state in SETTLED}
        for agreement_id in {line.agreement_id, *carried, *self._agreements.next_place(firm, line)}:
            for each in self.msp.connectwise.truth.additions(
                agreement_id=agreement_id, deleted=False
            ):
                if each.id in ours or _is_apart(link, each):
                    continue
                if any(other.reference in each.text for other in record.lines):
                    yield "changed by people"  # a copy, whatever its product is
                elif (
                    each.product == self.billed.product
                    and _covers(each, record.key.month)
                    and not self._is_late(record, each)
                ):
                    yield "beside another"

    def _is_late(self, record: UsageRecord, addition: AdditionTruth) -> bool:
        """Return True if it bills late usage of an earlier month, which may stand here."""
        return any(
            line.number > 0 and line.reference in addition.text
            for key, other in self.books.heads.items()
            if key.company_id == record.key.company_id and key.month < record.key.month
            for line in other.lines
        )

    def _is_ours(self, firm: Firm, month: Month, addition: AdditionTruth) -> bool:
        record = self.books.head(firm, month, self.billed)
        lines = () if record is None else record.lines
        return any(
            line.addition_id == addition.id or line.reference in addition.text for line in lines
        )


def _is_free(record: UsageRecord, line: Line, addition: AdditionTruth) -> bool:
    """Return True if its billing differs from what was written, and nobody approved that."""
    flag = addition.fields["billCustomer"]
    agreed = None if line.terms is None else line.terms.before.bill_customer
    left = f"line {line.number} has bill customer {flag}" in record.left_so
    return line.written.flag != "" and flag not in (line.written.flag, agreed) and not left


def _is_apart(link: CompanyLink | None, addition: AdditionTruth) -> bool:
    return link is not None and addition.id in link.kept_apart


def _covers(addition: AdditionTruth, month: Month) -> bool:
    if addition.quantity == 0 and addition.cancelled is not None and "[TLY-" in addition.text:
        return False  # of Tally's own one at 0 bills nothing
    begins = addition.effective is None or addition.effective <= month.last
    return begins and (addition.cancelled is None or addition.cancelled >= month.first)
