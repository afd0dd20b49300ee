"""Checks of invariants 1, 2 and 6: each write to ConnectWise, once, against its true Additions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulators.connectwise.api_records import TERMS, day_of
from simulators.connectwise.billing_truth import API, AdditionTruth, Change
from simulators.core import CallLog
from tally.domain.model.month import Month
from tally.domain.record.lines import Line, LineState
from tally.domain.record.record_key import RecordKey, reference
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.record.writes import Create, TakeOver
from verification.simulation.books import Books

_REFERENCE = re.compile(r"\[(TLY-[A-Z2-7]{12})\]$")
_OF_TAKE_OVER = frozenset({"invoiceDescription", "cancelledDate"})
_JUST_NOW = timedelta(minutes=1)
_ON_ITS_WAY = timedelta(minutes=2)
"""For how long a POST may be under way since the agreement was read."""
_VOIDED = frozenset({LineState.VOIDING, LineState.VOID})


@dataclass(slots=True)
class _Seen:
    """The part of an Addition's story that has been looked at."""

    changes: int = 0


class AdditionChecks:
    """Looks at the Additions of one run as they are written."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.msp = books.msp
        self._keys: dict[str, tuple[RecordKey, int]] = {}
        self._ids: dict[int, RecordKey] = {}
        self._confirmed: dict[RecordKey, set[int]] = {}
        self._made: dict[str, list[AdditionTruth]] = {}
        self._seen: dict[int, _Seen] = {}
        self._ours: dict[int, RecordKey] = {}

    def know(self, record: UsageRecord) -> None:
        """Remember which record references and Additions are of, and what was confirmed."""
        key = record.key
        for line in record.lines:
            self._know(line.reference, key, line.number)
            self._ids[line.addition_id] = key
            self._confirmed.setdefault(key, set()).add(line.pushed)
        claim = None if record.claim is None else record.claim.write
        if isinstance(claim, Create | TakeOver):
            self._know(reference(key, claim.number), key, claim.number)

    def _know(self, mark: str, key: RecordKey, number: int) -> None:
        known = self._keys.setdefault(mark, (key, number))
        if known != (key, number):
            raise self.books.violation(1, f"the reference {mark} stands for {known} too", key)

    def key_of_text(self, text: str) -> RecordKey | None:
        """The record whose reference a text ends with."""
        found = _REFERENCE.search(text)
        known = self._keys.get(found[1]) if found else None
        return None if known is None else known[0]

    def key_of_id(self, addition_id: int) -> RecordKey | None:
        """The record that the ledger has an Addition on, or whose reference it bears."""
        return self._ids.get(addition_id) or self.key_of_text(
            self.msp.connectwise.truth.addition(addition_id).text
        )

    def look(self, calls: CallLog) -> None:
        """Look at the agreements that the API wrote to."""
        agreements = {
            int(call.path.split("/")[6])
            for call in calls
            if call.method != "GET" and "/additions" in call.path
        }
        for agreement_id in agreements:
            for addition in self.msp.connectwise.truth.additions(agreement_id=agreement_id):
                self._look_at(addition)

    def look_at_all(self) -> None:
        """Look at all of them once more, at the end.

        Closed lines must be as they closed, unless people changed them.
        """
        for addition in self.msp.connectwise.truth:
            self._look_at(addition)
            key = self._ours.get(addition.id)
            record = None if key is None else self.books.heads.get(key)
            if (
                record is None
                or key is None
                or record.state is not RecordState.CLOSED
                or addition.deleted
            ):
                continue
            line = next((line for line in record.lines if line.addition_id == addition.id), None)
            if line is None:
                if addition.id not in self.msp.given and not any(
                    change.by != API for change in addition.changes
                ):
                    raise self.books.violation(
                        1, f"Addition {addition.id} is in no line of the closed record", key
                    )
            elif addition.quantity != line.pushed and not _by_people(addition, "quantity"):
                raise self.books.violation(
                    3,
                    f"Addition {addition.id} is at {addition.quantity}, closed with {line.pushed}",
                    key,
                )

    def look_at_close(self, line: Line, key: RecordKey, at: datetime) -> None:
        """Invariant 3: check that at the close the Addition truly stood at the final quantity.

        Only what lists could show by then counts.
        """
        addition = self.msp.connectwise.truth.addition(line.addition_id or 0)
        if addition.deleted:
            # A copy with our reference that a person has put in its place is as good.
            twins = self.msp.connectwise.truth.additions(
                agreement_id=addition.agreement_id, deleted=False
            )
            addition = next((each for each in twins if line.reference in each.text), addition)
        stood = _quantity_at(addition, at)
        lag = self.msp.connectwise.options.list_lag
        just_now = any(
            at - lag - timedelta(minutes=1) <= change.at and change.by != API
            for change in addition.changes
        )
        gone = addition.deleted_at is not None and addition.deleted_at < at - lag - timedelta(
            minutes=1
        )
        if (stood != line.pushed or gone) and not just_now:
            raise self.books.violation(
                3,
                (
                    f"closed at {line.pushed}, and Addition {addition.id} stood at "
                    f"{'nothing' if gone else stood}"
                ),
                key,
            )
        if addition.cancelled != line.place.cancelled and not just_now:
            what = (
                f"closed to end on {line.place.cancelled}, and Addition {addition.id} ends on "
                f"{addition.cancelled}"
            )
            raise self.books.violation(6, what, key)

    def _look_at(self, addition: AdditionTruth) -> None:
        seen = self._seen.get(addition.id)
        if seen is None:
            seen = self._seen[addition.id] = _Seen()
            if addition.created_by == API:
                self._look_at_new(addition)
        if seen.changes < len(addition.changes):
            for position in range(seen.changes, len(addition.changes)):
                if addition.changes[position].by == API:
                    self._look_at_change(addition, position)
            seen.changes = len(addition.changes)

    def _look_at_new(self, addition: AdditionTruth) -> None:
        created = addition.created
        found = _REFERENCE.search(created["invoiceDescription"] or "")
        if found is None or found[1] not in self._keys:
            raise self.books.violation(
                1,
                f"Addition {addition.id} was made without a reference of the ledger's: {created}",
                None,
            )
        key, number = self._keys[found[1]]
        before = self._made.setdefault(found[1], [])
        if standing := [
            each.id
            for each in before
            if each.deleted_at is None
            or each.deleted_at >= addition.created_at - self.msp.setting.settle
        ]:
            raise self.books.violation(
                1, f"Additions {[*standing, addition.id]} are all of line {number}", key
            )
        before.append(addition)
        self._ours[addition.id] = key
        self._look_at_service(addition, key)
        self._look_at_dates(addition, key, number)
        self._look_beside(addition, key)

    def _look_beside(self, addition: AdditionTruth, key: RecordKey) -> None:
        """Invariant 2: check that nothing of ours is made beside a foreign Addition.

        A foreign one counts if it bills the same (OPEN-6).
        """
        link = self.msp.ledger.links().get(key.company_id)
        apart = () if link is None else link.kept_apart
        firm = self.msp.by_id.get(key.company_id)
        if firm is None or firm.touched >= addition.created_at:
            return
        shown = addition.created_at - self.msp.connectwise.options.list_lag - _JUST_NOW
        for each in self.msp.connectwise.truth.additions(agreement_id=addition.agreement_id):
            if (
                each.created_by == API
                or each.id in apart
                or each.created_at > shown
                or each.product != addition.product
                or self._passes_for_ours(each, key)
            ):
                continue
            gone = each.deleted_at is not None and each.deleted_at < addition.created_at
            changed = any(change.at > shown for change in each.changes)
            if not gone and not changed and _overlaps(each, key.month):
                raise self.books.violation(
                    2, f"Addition {addition.id} was made beside {each.id} of {each.created_by}", key
                )

    def _passes_for_ours(self, addition: AdditionTruth, key: RecordKey) -> bool:
        """Return True if a person's copy passes for ours by its reference.

        It bills this month, or a late line, or nothing.
        """
        found = _REFERENCE.search(addition.text or "")
        known = self._keys.get(found[1]) if found else None
        if known is None:
            return False
        of, number = known
        return (
            of == key or addition.quantity == 0 or (of.company_id == key.company_id and number > 0)
        )

    def _look_at_service(self, addition: AdditionTruth, key: RecordKey) -> None:
        """Invariant 2: check the service's own product and agreement type (READ-6, MATCH-3)."""
        billed, firm = self.msp.billed(key.service), self.msp.by_id.get(key.company_id)
        if addition.created["product"]["identifier"] != billed.product:
            raise self.books.violation(
                2, f"Addition {addition.id} of {key.service} bills {addition.product}", key
            )
        agreement = self.msp.connectwise.tenant.agreements.get(addition.agreement_id)
        shown = self.books.heads[key].seen_tick - self.msp.connectwise.options.list_lag
        of_type = None if agreement is None else agreement.fields["type"]["id"]
        if firm is not None and firm.touched < shown and of_type not in {None, billed.type_id}:
            raise self.books.violation(
                2,
                f"Addition {addition.id} of {key.service} is on an agreement of type {of_type}",
                key,
            )

    def _look_at_dates(self, addition: AdditionTruth, key: RecordKey, number: int) -> None:
        """Invariant 6."""
        created = addition.created
        effective, cancelled = day_of(created["effectiveDate"]), day_of(created["cancelledDate"])
        month: Month = key.month
        if effective is None or cancelled is None:
            raise self.books.violation(
                6, f"Addition {addition.id} is open-ended: {effective} to {cancelled}", key
            )
        own = month.first <= effective <= cancelled == month.last
        if not own and (number == 0 or effective > cancelled):
            raise self.books.violation(
                6, f"Addition {addition.id} is of {effective} to {cancelled}", key
            )
        agreement = self.msp.connectwise.tenant.agreements.get(addition.agreement_id)
        firm = self.msp.by_id.get(key.company_id)
        if firm is None or agreement is None:
            return
        terms = agreement.fields
        starts = max(
            filter(None, (day_of(terms["startDate"]), day_of(terms["billStartDate"]))),
            default=effective,
        )
        if effective < starts and firm.touched < addition.created_at:
            raise self.books.violation(
                6,
                (
                    f"Addition {addition.id} is effective {effective}, its agreement bills from "
                    f"{starts}"
                ),
                key,
            )
        today = addition.created_at.astimezone(self.msp.setting.time_zone).date()
        if (own and effective > today) or addition.created_at < month.starts:
            raise self.books.violation(
                6,
                (
                    f"Addition {addition.id} of {effective} was made on {addition.created_at}, the "
                    f"{today} there"
                ),
                key,
            )
        if addition.company_id != firm.connectwise_id:
            raise self.books.violation(
                2, f"Addition {addition.id} is on ConnectWise company {addition.company_id}", key
            )
        type_id, cycle = terms["type"]["id"], terms["billingCycle"]["name"]
        billed = (
            type_id == self.msp.billed(key.service).type_id and cycle in self.msp.setting.cycles
        )
        if not billed and addition.created_at - firm.touched > _ON_ITS_WAY:
            raise self.books.violation(
                6,
                f"Addition {addition.id} is on an agreement of type {type_id}, billed {cycle}",
                key,
            )

    def _look_at_change(self, addition: AdditionTruth, position: int) -> None:
        """Invariant 2: check that only our Additions change, and only in quantity or asked terms.

        No change is allowed where a person had changed the Addition.
        """
        change = addition.changes[position]
        key = self._ours.get(addition.id) or self.key_of_text(addition.text)
        given = addition.id in self.msp.given
        if key is None and not given:
            raise self.books.violation(
                2, f"Addition {addition.id} of {addition.created_by} was changed: {change}", None
            )
        carried = addition.id in self.msp.carried and change.field in TERMS
        if (
            change.field != "quantity"
            and not carried
            and not (given and change.field in _OF_TAKE_OVER)
        ):
            raise self.books.violation(2, f"Addition {addition.id}: {change}", key)
        if carried and key is not None and change.after not in self._had_before(key, change.field):
            raise self.books.violation(
                2, f"Addition {addition.id}: {change} is not what the month before ever had", key
            )
        before = [each for each in addition.changes[:position] if each.field == "quantity"]
        if before and key is not None and self._overwrites(before, change, key):
            raise self.books.violation(
                2, f"Addition {addition.id}: {before[-1]} was overwritten by {change}", key
            )

    def _had_before(self, key: RecordKey, name: str) -> set[object]:
        """The values that a field ever had in the Additions of the month before."""
        before = replace(key, month=key.month.previous)
        ids = [each for each, of in (self._ids | self._ours).items() if of == before]
        return {
            value for each in ids for value in _had(self.msp.connectwise.truth.addition(each), name)
        }

    def _overwrites(self, before: list[Change], change: Change, key: RecordKey) -> bool:
        """Return True if a person's quantity was overwritten after lists had shown it."""
        last = before[-1]
        if (
            last.by == API
            or change.at - last.at <= self.msp.connectwise.options.list_lag + timedelta(minutes=3)
        ):
            return False
        if change.after == 0 and any(line.state in _VOIDED for line in self.books.heads[key].lines):
            return False  # a person wants it at 0, whatever stands there
        # A number that we had sent ourselves cannot be told from ours.
        sent = {each.after for each in before if each.by == API} | {each.before for each in before}
        # Nor can one that we were just about to send, or that a person has accepted since.
        return last.after not in sent | self._confirmed.get(key, set()) | self.books.chosen.get(
            key, set()
        )


def asked_for(line: Line | None, values: Mapping[str, object]) -> bool:
    """Return True if a person asked for these terms, as the line has them from the month before."""
    if line is None or line.terms is None or not line.terms.asked:
        return False
    before = line.terms.before
    told: dict[str, object] = {
        "unitPrice": None if before.unit_price is None else float(before.unit_price),
        "lessIncluded": None if before.less_included is None else float(before.less_included),
        "taxableFlag": before.taxable,
        "billCustomer": before.bill_customer,
    }
    return all(value is not None and told[name] == value for name, value in values.items())


def _had(addition: AdditionTruth, name: str) -> set[object]:
    """The values that a field ever had."""
    changes = [change for change in addition.changes if change.field == name]
    return {
        addition.fields[name],
        *(value for change in changes for value in (change.before, change.after)),
    }


def _by_people(addition: AdditionTruth, name: str) -> bool:
    return any(change.by != API and change.field == name for change in addition.changes)


def _overlaps(addition: AdditionTruth, month: Month) -> bool:
    begins = addition.effective is None or addition.effective <= month.last
    return begins and (addition.cancelled is None or addition.cancelled >= month.first)


def _quantity_at(addition: AdditionTruth, at: datetime) -> float:
    quantity = float(addition.created["quantity"])
    for change in addition.changes:
        if change.field == "quantity" and change.at <= at:
            quantity = float(change.after)
    return quantity
