"""Causes on agreements: their dates and invoices that stop a line."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time

from simulators.connectwise.api_records import Fields, day_of
from simulators.connectwise.billing_truth import API, AdditionTruth
from simulators.connectwise.periods import moved
from tally.domain.model.month import Month
from tally.domain.record.lines import SETTLED, Line
from tally.domain.record.usage_record import UsageRecord
from verification.simulation.billed_services import Billed
from verification.simulation.books import Books
from verification.simulation.msp import Firm


class Agreements:
    """Reads off ConnectWise a company's agreement for one service's lines, and its obstacles."""

    def __init__(self, books: Books, billed: Billed) -> None:
        self.books = books
        self.billed = billed
        self.msp = books.msp

    def are_there(self) -> bool:
        """Return True if any company has an agreement that can be billed, old ones included.

        If there is none at all, that is asked about first (MATCH-8).
        """
        types = {each.type_id for each in self.msp.billed_now}
        listed = self.msp.connectwise.tenant.agreements.current()
        return any(each.fields["type"]["id"] in types for each in listed)

    def active(
        self, firm: Firm, month: Month, tick: datetime, *, pinned: int | None
    ) -> list[Fields]:
        """The agreements of the type that run on the day that decides, or else begin after it."""
        return self._active_on(firm, self._decisive(month, tick), pinned=pinned)

    def of_terms(self, agreement: Fields, month: Month, tick: datetime) -> Iterator[str]:
        """Yield the obstacles to opening the month: its cycle, its start, its billing start."""
        if agreement["billingCycle"]["name"] not in self.msp.setting.cycles:
            yield "not monthly"
        effective = max(
            filter(
                None,
                (month.first, day_of(agreement["startDate"]), day_of(agreement["billStartDate"])),
            )
        )
        begins = datetime.combine(
            effective, time.min, tzinfo=self.msp.setting.time_zone
        ).astimezone(UTC)
        if effective > month.last:
            yield "bills later"
        elif tick < max(month.starts, begins):
            yield "not begun"

    def of_invoicing(
        self, agreement: Fields, firm: Firm, month: Month, tick: datetime
    ) -> Iterator[str]:
        """Yield the obstacles in the agreement's invoices (LATE-1).

        They follow from its next invoice date and the MSP's way of invoicing.
        """
        setting = self.msp.setting
        record = self.books.head(firm, month, self.billed)
        if _is_covered(agreement, month.last, setting.invoicing) or (
            record is not None and record.refusal is not None
        ):
            yield "invoiced already"
            yield "late, to be asked"
            yield "invoiced, and nothing was used"
            yield from self._places(firm, self._day_of_place(record, month, tick))
        elif setting.invoicing == "advance" and setting.late_usage == "hold":
            yield "invoiced already"

    def places_late_usage(self, firm: Firm, tick: datetime) -> Iterator[str]:
        """Yield the obstacles to a further line on the agreement that runs now (LATE-2)."""
        return self._places(firm, self._local(tick))

    def _places(self, firm: Firm, day: date) -> Iterator[str]:
        link = self.books.link(firm)
        if link is None or link.connectwise_id is None:
            yield "not linked"
        pinned = None if link is None else link.pinned_agreement_id
        active = self._active_on(firm, day, pinned=pinned)
        if len(active) != 1:
            yield "several agreements" if active else "no agreement"
            return
        if active[0]["billingCycle"]["name"] != "Monthly":
            yield "not monthly"
        ends = _ends(active[0])
        if ends is not None and _is_covered(active[0], ends, self.msp.setting.invoicing):
            yield "no period is left"
        if any(
            each.product == self.billed.product and each.created_by != API
            for each in self.standing(int(active[0]["id"]))
        ):
            yield "beside another"

    def next_place(self, firm: Firm, line: Line) -> list[int]:
        """Return the agreement that runs at the last tick, if the line is frozen.

        Return nothing where it is not the only one.
        """
        link = self.books.link(firm)
        if line.state not in SETTLED or self.books.as_of is None or link is None:
            return []
        active = self._active_on(
            firm, self._local(self.books.as_of), pinned=link.pinned_agreement_id
        )
        monthly = [
            int(each["id"])
            for each in active
            if each["billingCycle"]["name"] in self.msp.setting.cycles
        ]
        return monthly if len(active) == 1 else []

    def others(self, firm: Firm, line: Line, month: Month) -> Iterator[int]:
        """Yield the customer's other agreements of the type that reach the month (SAFE-8).

        Copies of ours are looked for there.
        """
        for each in self.msp.agreements(firm):
            of_type, ends = each["type"]["id"] == self.billed.type_id, _ends(each)
            if (
                of_type
                and each["id"] != line.agreement_id
                and (ends is None or ends >= month.first)
            ):
                yield int(each["id"])

    def standing(self, agreement_id: int) -> list[AdditionTruth]:
        """Return all present Additions of the service's product on an agreement."""
        return [
            each
            for each in self.msp.connectwise.truth.additions(
                agreement_id=agreement_id, deleted=False
            )
            if each.product == self.billed.product
        ]

    def _active_on(self, firm: Firm, day: date, *, pinned: int | None) -> list[Fields]:
        known = self.msp.agreements(firm)
        types = {each.type_id for each in self.msp.billed_now} - {self.billed.type_id}
        if types and any(each["id"] == pinned and each["type"]["id"] in types for each in known):
            pinned = None  # it is pinned for another service
        candidates = [
            each
            for each in known
            if each["type"]["id"] == self.billed.type_id and pinned in {None, each["id"]}
        ]
        return [each for each in candidates if _runs(each, day)] or [
            each for each in candidates if _to_come(each, day)
        ]

    def _day_of_place(self, record: UsageRecord | None, month: Month, tick: datetime) -> date:
        """Return the day whose agreement takes late usage: today, with one exception.

        A month that GravityZone still counts and that has no line takes one of its own days. East
        of Greenwich the next month, and its agreement, begin hours before that one ends.
        """
        carried = record is not None and any(line.state in SETTLED for line in record.lines)
        return (
            self._local(tick) if carried or month < Month.of(tick) else self._decisive(month, tick)
        )

    def _local(self, tick: datetime) -> date:
        return tick.astimezone(self.msp.setting.time_zone).date()

    def _decisive(self, month: Month, tick: datetime) -> date:
        return min(max(self._local(tick), month.first), month.last)


def _is_covered(agreement: Fields, last: date, invoicing: str) -> bool:
    """Return True if, by the next invoice date, invoices cover all days up to ``last``."""
    following = day_of(agreement["nextInvoiceDate"])
    if following is None:
        return False
    return last < (following if invoicing == "advance" else moved(following, "monthly", periods=-1))


def _runs(agreement: Fields, day: date) -> bool:
    cancelled = day_of(agreement["dateCancelled"])
    if agreement["cancelledFlag"] and cancelled is None:
        return False
    if cancelled is not None and cancelled <= day:
        return False
    starts = day_of(agreement["startDate"])
    ends = None if agreement["noEndingDateFlag"] else day_of(agreement["endDate"])
    return (starts is None or starts <= day) and (ends is None or day <= ends)


def _ends(agreement: Fields) -> date | None:
    """Return the last day on which it can be billed, None if it has none.

    For a cancelled one, it is the day as of which it is cancelled.
    """
    ends = None if agreement["noEndingDateFlag"] else day_of(agreement["endDate"])
    return min(filter(None, (ends, day_of(agreement["dateCancelled"]))), default=None)


def _to_come(agreement: Fields, day: date) -> bool:
    starts = day_of(agreement["startDate"])
    return starts is not None and day < starts and _runs(agreement, starts)
