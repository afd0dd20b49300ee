"""Checks of invariants 4 and 7 before each write to ConnectWise: announced as sent, and allowed."""

import json
from collections.abc import Mapping
from datetime import timedelta

import requests

from simulators.connectwise.api_records import TERMS
from tally.domain.record.record_key import RecordKey
from tally.domain.record.writes import Create, SetQuantity, SetTerms, TakeOver, Write
from verification.simulation.addition_checks import AdditionChecks, asked_for
from verification.simulation.books import Books
from verification.simulation.msp import Firm
from verification.simulation.standing_checks import StandingChecks
from verification.simulation.story import ViolationError

_JUST_NOW = timedelta(minutes=2)
_LICENCE_HOLDS = timedelta(hours=24)


class WriteChecks:
    """Looks at the writes of one run, each as it is about to be sent."""

    def __init__(
        self, books: Books, additions: AdditionChecks, standings: Mapping[str, StandingChecks]
    ) -> None:
        self.books = books
        self.msp = books.msp
        self._additions = additions
        self._standings = standings

    def look(self, request: requests.PreparedRequest) -> None:
        """Check that a write opens an Addition, or changes only what it may.

        It may change the number, asked terms, or the fields of a take-over.
        """
        url, body = request.url or "", request.body
        payload = json.loads(body or b"null")
        if request.method == "POST":
            self._announced(
                self._additions.key_of_text(payload.get("invoiceDescription", "")),
                Create,
                payload["quantity"],
                url,
            )
        elif request.method == "PATCH":
            addition_id, values = (
                int(url.rpartition("/")[2]),
                {each["path"]: each["value"] for each in payload},
            )
            if TERMS.issuperset(values):
                self._asked_for(addition_id, values, url)
            elif set(values) == {"quantity"}:
                self._announced(
                    self._additions.key_of_id(addition_id), SetQuantity, values["quantity"], url
                )
            elif (
                set(values) == {"invoiceDescription", "cancelledDate"}
                and addition_id in self.msp.given
            ):
                self._announced(
                    self._additions.key_of_text(values["invoiceDescription"]),
                    TakeOver,
                    addition_id,
                    url,
                )
            else:
                raise ViolationError(7, f"a PATCH of {payload} on {url}")
        else:
            raise ViolationError(7, f"{request.method} {url} is never to be sent")

    def _announced(self, key: RecordKey | None, kind: type, number: object, url: str) -> None:
        record = None if key is None else self.books.heads.get(key)
        claim = None if record is None or record.claim is None else record.claim.write
        if claim is not None and type(claim) is kind and _number(claim) == number:
            self._allowed(key, claim)
        else:
            what = (
                f"{kind.__name__} of {number} to {url} is about to be sent, and the claim in the "
                f"ledger is {claim}"
            )
            raise self.books.violation(7, what, key)

    def _asked_for(self, addition_id: int, terms: Mapping[str, object], url: str) -> None:
        """Check that terms are written as announced, and only asked ones (OPEN-5)."""
        key = self._additions.key_of_id(addition_id)
        line = None if key is None else self.books.heads[key].newest
        self._announced(key, SetTerms, None, url)
        if addition_id not in self.msp.carried or not asked_for(line, terms):
            raise self.books.violation(
                7, f"{dict(terms)} is about to be sent to {url}, and nobody has asked for it", key
            )

    def _allowed(self, key: RecordKey | None, claim: Write) -> None:
        """Check that a write is no fall, no growth, no closed month (READ-7, FOLLOW-4, OPEN-9)."""
        firm = None if key is None else self.msp.by_id.get(key.company_id)
        if key is None or firm is None or isinstance(claim, SetTerms):
            return
        head, quantity = self.books.heads[key], claim.quantity
        line = head.newest if isinstance(claim, SetQuantity) else None
        stands = 0 if line is None else line.pushed
        if quantity < stands and not self.books.chosen.get(key):
            raise self.books.violation(
                4, f"{quantity} is less than {stands}, and nobody has accepted it", key
            )
        more = quantity > stands
        closing = self.msp.setting.bill_minimum and head.seen_tick >= self.msp.closes(key.month)
        asked = isinstance(claim, TakeOver) or closing or bool(self.books.chosen.get(key))
        too_fast = self._standings[key.service].causes.counts.too_fast
        total = (head.stands if line is None else head.beside) + quantity
        if (
            more
            and not asked
            and too_fast(firm, key.month, total)
            and too_fast(firm, key.month, total, before_close=True)
        ):
            raise self.books.violation(
                4, f"{quantity} is far beyond the month before, and nobody has approved it", key
            )
        if isinstance(claim, Create) and not head.lines:
            self._may_open(firm, key)

    def _may_open(self, firm: Firm, key: RecordKey) -> None:
        """Check that a month may be opened (OPEN-8, OPEN-9, READ-3).

        It is not before the first month, and the company is licensed, and was in no trial at some
        moment of the last 24 hours. It must be before its last day for that, unless a person was
        asked, or ConnectWise refused it, before.
        """
        now, tick, ticks = (
            self.msp.clock.now(),
            self.books.heads[key].seen_tick,
            self.msp.ledger.ticks(),
        )
        company = self.msp.gravityzone.tenant.find(firm.id)
        first = self.msp.setting.first_month or (ticks.first_month if ticks else key.month)
        if key.month < first:
            raise self.books.violation(
                4, f"it is opened, and {first} is the first month to be billed", key
            )
        due = key.month.next.starts + timedelta(days=self.msp.setting.open_until_day - 1)
        if tick >= due and key not in self.books.asked:
            raise self.books.violation(
                4, f"it is opened by the tick {tick}, when it is too late for that", key
            )
        if now - firm.touched > _JUST_NOW and (
            company is None or not company.monthly or not firm.paid_since(now - _LICENCE_HOLDS)
        ):
            raise self.books.violation(
                4,
                f"it is opened, and its subscription is {company and company.subscription_type}",
                key,
            )
        seen = ticks is not None and key.month in ticks.planned
        if seen and tick >= key.month.next.starts and not firm.licensed_in(key.month):
            raise self.books.violation(
                4, "it is opened late, and was never licensed in that month", key
            )


def _number(claim: Write) -> int | None:
    """Return the number by which ConnectWise knows a write: a quantity, or a take-over's id."""
    if isinstance(claim, SetTerms):
        return None
    return claim.addition_id if isinstance(claim, TakeOver) else claim.quantity
