"""Causes that stop the billing of a company, by the truth alone (invariant 4)."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from simulators.gravityzone.tenant import PAID_MONTHLY
from tally.domain.model.month import Month
from tally.domain.record.usage_record import UsageRecord
from verification.simulation import partners
from verification.simulation.billed_services import Billed
from verification.simulation.books import Books
from verification.simulation.causes_additions import Additions
from verification.simulation.causes_agreements import Agreements
from verification.simulation.causes_counts import Counts
from verification.simulation.causes_table import MERGED
from verification.simulation.msp import UNSEEN, Firm
from verification.simulation.story import ViolationError


class Causes:
    """Reads causes off the simulators; of the ledger, only people's decisions and closed counts."""

    def __init__(self, books: Books, billed: Billed) -> None:
        self.books = books
        self.billed = billed
        self.msp = books.msp
        self.agreements = Agreements(books, billed)
        self.additions = Additions(books, billed, self.agreements)
        self.counts = Counts(books, billed)

    def of_company(self, firm: Firm) -> str:
        """Return the cause that stops the company as a whole, "" for none.

        The first cause is that its open months cannot close (MATCH-7).
        """
        merged = MERGED if self.merged(firm) else ""
        unsettled = any(
            key.company_id == firm.id and not each.settled for key, each in self.books.heads.items()
        )
        stopped = (merged if unsettled else "") or self._of_firm(firm) or merged
        stopped = stopped or ("" if self.has_product() else "product not found")
        return stopped or ("" if self.agreements.are_there() else "no agreement seen")

    def merged(self, firm: Firm) -> bool:
        """Return True if ConnectWise no longer has the company that it is linked to."""
        link = self.books.link(firm)
        linked = None if link is None else link.connectwise_id
        return linked is not None and linked not in self.msp.connectwise.tenant.companies

    def _of_firm(self, firm: Firm) -> str:
        if partners.is_left_out(self.msp, firm.id):
            return "left out"
        company, link = self.msp.gravityzone.tenant.find(firm.id), self.books.link(firm)
        if company is None:
            return "gone from GravityZone"
        if firm.partner:
            records = (
                record for key, record in self.books.heads.items() if key.company_id == firm.id
            )
            if cause := partners.stopped(self.msp, firm, records):
                excluded = link is not None and link.excluded_since is not None
                return "excluded" if excluded and cause == "a partner" else cause
        if company.subscription_type not in {3, 4, 5}:
            return "no monthly subscription"
        if link is None:
            if self.tieable(firm) and not self._are_names_hidden():
                raise ViolationError(4, "it has one namesake, and is not linked", company=firm.name)
            return "not linked"
        if link.excluded_since is not None:
            return "excluded"
        return "not linked" if link.connectwise_id is None else ""

    def _are_names_hidden(self) -> bool:
        """Return True if GravityZone refuses a partner's list.

        Another there may bear the same name, so nobody is linked by name then (MATCH-1).
        """
        return not self.msp.gravityzone.tenant.reach.refusals.keys().isdisjoint(self.msp.partners)

    def said_instead(self, firm: Firm) -> frozenset[str]:
        """Return the other causes that its own standing may name in place of that one.

        If nobody asks about the company any more, its standing says the reason.
        """
        link = self.books.link(firm)
        said = {"excluded"} if link is not None and link.excluded_since is not None else set()
        if partners.is_left_out(self.msp, firm.id):
            said |= {"gone from GravityZone", "no monthly subscription", "a partner"}
        return frozenset(said)

    def unlicensed_since_today(self, firm: Firm, tick: datetime) -> bool:
        """Return True if nobody may have seen its loss of the licence yet.

        Only the first tick of a day lists customers without a monthly licence.
        """
        since, _ = firm.licences[-1]
        return self._of_firm(firm) == "no monthly subscription" and since.date() == tick.date()

    def excluded_without_product(self, firm: Firm) -> bool:
        """Return True if the product is not found, and the standing says that billing ended."""
        return self._of_firm(firm) in {"excluded", "a partner"} and not self.has_product()

    def has_product(self) -> bool:
        """Return True if ConnectWise has the service's product, as new lines need (MATCH-2)."""
        product = self.msp.connectwise.tenant.products.get(self.billed.product_id)
        return product is not None and not product.fields["inactiveFlag"]

    def tieable(self, firm: Firm, *, to: int | None = None) -> bool:
        """Return True if its name links it to that ConnectWise company, or any (MATCH-1).

        One of which ConnectWise shows no name stands in nobody's way (SAFE-5), nor does one that
        the API member's role hides.
        """
        companies, options = self.msp.connectwise.tenant.companies, self.msp.connectwise.options
        tenant = self.msp.gravityzone.tenant
        names = Counter(
            each.name
            for each in tenant.companies()
            if tenant.find(each.id) is not None and not partners.is_left_out(self.msp, each.id)
        )
        company = tenant.company(firm.id)
        if company.name in UNSEEN:
            return False
        same = [
            document.fields
            for document in companies.current()
            if document.fields["name"] == company.name
            and not document.fields["deletedFlag"]
            and document.fields["id"] not in companies.odd
            and (not options.sees_mine or document.fields["id"] in options.mine)
        ]
        if len(same) != 1 or names[company.name] != 1 or company.subscription_type not in {3, 4, 5}:
            return False
        taken = {
            link.connectwise_id
            for link in self.msp.ledger.links().values()
            if link.company_id != firm.id
        }
        return same[0]["id"] not in taken and to in {None, same[0]["id"]}

    def in_the_way(self, firm: Firm, month: Month, tick: datetime) -> Iterator[str]:
        """Yield the causes that stop the month from being opened now."""
        company = self.msp.gravityzone.tenant.find(firm.id)
        ticks = self.msp.ledger.ticks()
        first = self.msp.setting.first_month or (ticks.first_month if ticks else month)
        since = ticks.services.get(self.billed.name) if ticks else None
        if month < first or (
            since is not None and ticks is not None and ticks.first_month < since > month
        ):
            yield "before the first month"
        if company is not None and company.subscription_type in {4, 5}:
            yield "a trial"
        if nonsense := self.counts.nonsense(firm, month):
            yield nonsense
        link = self.books.link(firm)
        if link is None or link.connectwise_id is None:
            yield "not linked"
        active = self.agreements.active(
            firm, month, tick, pinned=None if link is None else link.pinned_agreement_id
        )
        if len(active) != 1:
            yield "several agreements" if active else "no agreement"
            return
        yield from self.agreements.of_terms(active[0], month, tick)
        yield from self.agreements.of_invoicing(active[0], firm, month, tick)
        if self.additions.is_another_there(firm, month, int(active[0]["id"])):
            yield "beside another"
        if self.counts.grows_too_fast(firm, month) or self.counts.grew_too_fast(firm, month, tick):
            yield "grown"

    def oddities(self, firm: Firm, record: UsageRecord, *, closing: bool) -> Iterator[str]:
        """Yield people's acts on the record's Addition or beside it, and GravityZone's falls."""
        line, month = record.newest, record.key.month
        assert line is not None
        if self.msp.connectwise.tenant.agreements.get(line.agreement_id) is None:
            yield "agreement is gone"
            return
        if firm.partner and partners.others_below(self.msp, firm, record):
            yield "others below it"
        yield from self.additions.oddities(firm, record, line)
        if self.counts.count(firm, month) < record.beside + line.highest and not self.counts.right(
            firm, record, closing=closing
        ):
            yield "fallen"
        if self.counts.grows_too_fast(firm, month) or self.counts.grew_too_fast(
            firm, month, record.seen_tick
        ):
            yield "grown"

    def is_doubted(self, firm: Firm, record: UsageRecord, tick: datetime) -> bool:
        """Return True if a 0 is no count (READ-3).

        It was read at the close or later, while the licence is not the paid monthly one.
        """
        company = self.msp.gravityzone.tenant.find(firm.id)
        if (
            company is None
            or company.subscription_type == PAID_MONTHLY
            or tick < self.msp.closes(record.key.month)
        ):
            return False
        return self.counts.count(firm, record.key.month) == 0

    def unread(self, firm: Firm, record: UsageRecord) -> bool:
        """Return True if no count is to be had, without error (CLOSE-5).

        The month closes as it stands. So it is for a partner, too, where those below it count more
        than the whole, and a person keeps the present number as long as others stand below it than
        before (READ-4).
        """
        company = self.msp.gravityzone.tenant.find(firm.id)
        if company is None or not (company.monthly or firm.partner):
            return True
        if firm.partner and self._of_firm(firm) == "no monthly subscription":
            return True
        if not firm.partner or self.counts.nonsense(firm, record.key.month, record):
            return False
        return self.counts.is_kept(firm, record) and self.counts.count(firm, record.key.month) < 0

    def kept_open(self, firm: Firm, record: UsageRecord) -> bool:
        """Return True if something keeps a record open after its close."""
        if record.head is None or len(record.lines) > 1:
            return True
        return bool(
            record.refusal
            or self.counts.nonsense(firm, record.key.month, record)
            or list(self.oddities(firm, record, closing=True))
        )
