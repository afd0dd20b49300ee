"""One company-month in the domain's own terms, and an agreement in memory to carry decisions out
on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tally.domain.facts.job_facts import NO_MONTH_BEFORE, Facts, Known, Offer, Permit, When
from tally.domain.model.agreement import Addition, Agreement, NewAddition
from tally.domain.model.invoicing import Invoicing, LateUsage
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.reading import Count
from tally.domain.model.standing import Cause, Unsaid
from tally.domain.model.terms import Terms
from tally.domain.record.history import Transition
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey, reference
from tally.domain.record.usage_record import UsageRecord, unopened
from tally.errors import NotYetError
from tally.worker.rounds import Rounds

MONTH = Month(2026, 11)
KEY = RecordKey(company_id="c" * 24, month=MONTH, service="endpoints")
TICK = datetime(2026, 11, 10, 8, tzinfo=UTC)
CLOSE = datetime(2026, 12, 2, tzinfo=UTC)
SETTLE = timedelta(minutes=5)
POLICY = Policy(
    time_zone=ZoneInfo("UTC"),
    cycles=frozenset({"Monthly"}),
    close_day=2,
    open_until_day=10,
    settle=SETTLE,
    text="Active endpoints",
    bill_minimum=False,
    growth_percent=50,
    growth_seats=20,
    first_month_seats=500,
    invoicing=Invoicing.ARREARS,
    late_usage=LateUsage.HOLD,
)
AGREEMENT = Agreement(
    id=31,
    name="Managed security",
    type_id=18,
    company_id=7,
    starts=date(2020, 1, 1),
    billing_cycle="Monthly",
    version="v1",
)
INVOICED = replace(AGREEMENT, next_invoice=date(2027, 1, 1))
PERMIT = Permit(newest_tick=TICK, linked_to=7, excluded=False, monthly=True)
PRODUCT_ID = 501
PLACE = Place(
    agreement_id=AGREEMENT.id, product_id=PRODUCT_ID, effective=MONTH.first, cancelled=MONTH.last
)
UNOPENED = unopened(KEY, TICK)


def facts(**told: Any) -> Facts:  # noqa: ANN401 - any field of the facts, of their time, or of the offer
    """A customer with four endpoints and its agreement in order, unless told otherwise."""
    agreement = told.pop("agreement", AGREEMENT)
    tick = told.pop("tick", TICK)
    when = When(
        tick=tick,
        now=told.pop("now", tick),
        before=told.pop("before_tick", None),
        month=MONTH,
        policy=told.pop("policy", POLICY),
    )
    offer = Offer(
        agreement=agreement,
        product_id=told.pop("product_id", PRODUCT_ID),
        connectwise_id=7,
        listed=told.pop("listed", True),
        only_if_used=told.pop("only_if_used", False),
        late=told.pop("late", False),
        permit=told.pop("permit", PERMIT),
    )
    known = {} if agreement is None else {agreement.id: Known(agreement=agreement, read_at=tick)}
    told = {
        "company": "Harbor Dental",
        "reading": Count(4),
        "children": None,
        "before": NO_MONTH_BEFORE,
        "agreements": known,
        "others": (),
        **told,
    }
    return Facts(when=when, offer=offer, **told)


def a_line(number: int = 0, quantity: int = 4, **told: Any) -> Line:  # noqa: ANN401 - any field of a line
    """The month's line, confirmed an hour ago, unless told otherwise."""
    written = {name: told.pop(name) for name in ("at", "unsure", "echoes") if name in told}
    place = {
        name: told.pop(name)
        for name in ("agreement_id", "late", "effective", "cancelled")
        if name in told
    }
    told = {
        "number": number,
        "state": LineState.OPEN,
        "place": replace(PLACE, **place),
        "reference": reference(KEY, number),
        "addition_id": 900 + number,
        "written": Written(**{"quantity": quantity, "at": TICK - timedelta(hours=1), **written}),
        **told,
    }
    return Line(**told)


def a_record(*lines: Line, **told: Any) -> UsageRecord:  # noqa: ANN401 - any field of a record
    """A record with these lines, at its third version."""
    return UsageRecord(**{"key": KEY, "version": 3, "seen_tick": TICK, "lines": lines, **told})


def addition(addition_id: int = 900, **told: Any) -> Addition:  # noqa: ANN401 - any field of an Addition
    """Our Addition of the month at quantity 4, unless told otherwise."""
    told = {
        "agreement_id": AGREEMENT.id,
        "product_id": PRODUCT_ID,
        "quantity": Decimal(4),
        "effective": MONTH.first,
        "cancelled": MONTH.last,
        "text": f"Active endpoints, November 2026 [{reference(KEY, 0)}]",
        "updated_by": "TallyAPI",
        **told,
    }
    return Addition(id=addition_id, **told)


@dataclass(slots=True, kw_only=True)
class Rig:
    """Runs jobs on Additions that show every write at once; it is ConnectWise, ledger and clock in
    one.

    Each write must be what the record has claimed at this very moment (SAFE-1).
    """

    there: list[Addition] = field(default_factory=list)
    current: Agreement = AGREEMENT
    record: UsageRecord = UNOPENED
    time: datetime = TICK
    transitions: list[Transition] = field(default_factory=list)
    posts: list[NewAddition] = field(default_factory=list)
    patches: list[int] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)
    looks: int = 0
    waits: int = 0
    rereads: int = 0

    def run(self, known: Facts, *, look_due: bool = False) -> Cause | Unsaid:
        """Run jobs until one has its say; a job that is to come back comes at its time."""
        self.time = max(self.time, known.when.now)
        for _ in range(6):
            rounds = Rounds(
                connectwise=self,  # type: ignore[arg-type]  # the calls that are made of it
                ledger=self,  # type: ignore[arg-type]  # likewise
                clock=self,
                facts=known,
                record=self.record,
                look_due=look_due,
            )
            try:
                return rounds.run()
            except NotYetError as error:
                self.waits += 1
                self.time += (error.retry_after or timedelta()) + timedelta(seconds=1)
        raise AssertionError("the job waits for ever")

    @property
    def done(self) -> list[str]:
        """What was recorded, in words."""
        return [each.what for each in self.transitions]

    def now(self) -> datetime:
        """The clock."""
        return self.time

    def save(self, transition: Transition) -> None:
        """The ledger: each transition starts from what the one before left."""
        assert transition.before == self.record
        assert transition.after.version == self.record.version + 1
        self.record = transition.after
        self.transitions.append(transition)

    def link(self, company_id: str) -> None:
        """Nothing is kept apart."""

    def additions(self, agreement_id: int, **_: object) -> Sequence[Addition]:
        """ConnectWise's list."""
        self.looks += 1
        return [each for each in self.there if each.agreement_id == agreement_id]

    def agreement(self, agreement_id: int) -> Agreement:
        """The agreement as it is now."""
        self.rereads += 1
        return replace(self.current, id=agreement_id)

    def create_addition(self, new: NewAddition) -> Addition:
        """A POST."""
        self._announced("Create", new.quantity)
        self.posts.append(new)
        made = addition(
            1000 + len(self.posts),
            agreement_id=new.agreement_id,
            product_id=new.product_id,
            quantity=Decimal(new.quantity),
            effective=new.effective,
            cancelled=new.cancelled,
            text=new.text,
        )
        self.there.append(made)
        return made

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """A PATCH of the quantity."""
        del agreement_id
        self._announced("SetQuantity", quantity)
        self.patches.append(quantity)
        return self._changed(addition_id, quantity=Decimal(quantity))

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """A PATCH of terms."""
        del agreement_id
        self._announced("SetTerms", None)
        self.terms.append(terms)
        known = next(each for each in self.there if each.id == addition_id)
        return self._changed(addition_id, terms=overlaid(known.terms, terms))

    def _changed(self, addition_id: int, **change: Any) -> Addition:  # noqa: ANN401 - any field of an Addition
        self.there = [
            replace(each, **change) if each.id == addition_id else each for each in self.there
        ]
        return next(each for each in self.there if each.id == addition_id)

    def _announced(self, kind: str, quantity: int | None) -> None:
        claim = self.record.claim
        assert claim is not None
        assert (type(claim.write).__name__, claim.at) == (kind, self.time)
        assert getattr(claim.write, "quantity", None) == quantity


def overlaid(terms: Terms, change: Terms) -> Terms:
    """The terms with those of the change that are not None put in their place."""
    told = {each.name: getattr(change, each.name) for each in fields(Terms)}
    return replace(terms, **{name: value for name, value in told.items() if value is not None})
