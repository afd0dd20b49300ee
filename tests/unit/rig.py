"""One company-month in the domain's own terms, and an agreement in memory to carry decisions out on."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tally.domain.agreement import Addition, Agreement
from tally.domain.carrying import carried
from tally.domain.decide import decide
from tally.domain.invoicing import Invoicing, LateUsage
from tally.domain.month import Month
from tally.domain.policy import Policy
from tally.domain.reading import Count
from tally.domain.record import RecordKey, Transition, UsageRecord, reference
from tally.domain.situation import (
    ComeBack,
    Continue,
    Finished,
    Look,
    OpeningFacts,
    Patch,
    Post,
    SetTerms,
    Situation,
    Step,
)
from tally.domain.terms import Terms
from tally.domain.transitions import confirmed, opened

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
FACTS = OpeningFacts(newest_tick=TICK, tied_to=7, excluded=False, monthly=True)
PRODUCT_ID = 501


def situation(**fields: Any) -> Situation:  # noqa: ANN401 - any field of a situation
    """A customer with four endpoints, its agreement in order and no record yet, unless told otherwise."""
    told: dict[str, Any] = {
        "key": KEY,
        "company": "Harbor Dental",
        "reading": Count(4),
        "record": None,
        "agreement": AGREEMENT,
        "expected_agreement": AGREEMENT,
        "product_id": PRODUCT_ID,
        "connectwise_id": 7,
        "policy": POLICY,
        "tick": TICK,
        "now": TICK,
        "opening": FACTS,
    }
    return Situation(**{**told, **fields})


def addition(addition_id: int = 900, **fields: Any) -> Addition:  # noqa: ANN401 - any field of an Addition
    """Our Addition of the month at quantity 4, unless told otherwise."""
    told: dict[str, Any] = {
        "agreement_id": AGREEMENT.id,
        "product_id": PRODUCT_ID,
        "quantity": Decimal(4),
        "effective": MONTH.first,
        "cancelled": MONTH.last,
        "text": f"Active endpoints, November 2026 [{reference(KEY, 0)}]",
        "updated_by": "TallyAPI",
    }
    return Addition(id=addition_id, **{**told, **fields})


@dataclass(slots=True, kw_only=True)
class Rig:
    """Carries decisions out as `sync` does, on Additions that show every write at once; counts what it does."""

    additions: list[Addition] = field(default_factory=list)
    agreement: Agreement = AGREEMENT
    transitions: list[Transition] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)
    terms: list[SetTerms] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def run(self, at: Situation, *, most: int = 12) -> Situation:
        """Go on until there is nothing left to do; what comes back comes back at once, at its time."""
        for _ in range(most):
            step = decide(at)
            self.steps.append(step)
            match step:
                case Finished():
                    return self._written(at, step.transition) if step.transition else at
                case ComeBack():
                    at = self._written(at, step.transition) if step.transition else at
                    at = replace(at, now=step.until + timedelta(seconds=1), additions=None)
                case Continue():
                    at = self._written(at, step.transition)
                case Look():
                    at = self._written(at, step.transition) if step.transition else at
                    agreement = self.agreement if step.reread else at.agreement
                    at = replace(at, agreement=agreement, additions=tuple(self.additions))
                case Post():
                    at = self._posted(at, step)
                case Patch():
                    at = self._patched(at, step)
                case SetTerms():
                    at = self._carried(at, step)
        raise AssertionError(f"no end after {[type(step).__name__ for step in self.steps]}")

    def _written(self, at: Situation, transition: Transition) -> Situation:
        assert transition.before == at.record
        self.transitions.append(transition)
        return replace(at, record=transition.after, additions=None)

    def _posted(self, at: Situation, step: Post) -> Situation:
        self.posts.append(step)
        made = addition(
            1000 + len(self.posts),
            agreement_id=step.new.agreement_id,
            product_id=step.new.product_id,
            quantity=Decimal(step.new.quantity),
            effective=step.new.effective,
            cancelled=step.new.cancelled,
            text=step.new.text,
        )
        self.additions.append(made)
        assert at.record is not None
        assert at.record.line is not None
        return self._written(at, opened(at, at.record.line, made, why="created"))

    def _patched(self, at: Situation, step: Patch) -> Situation:
        self.patches.append(step)
        self.additions = [
            replace(each, quantity=Decimal(step.quantity)) if each.id == step.addition_id else each
            for each in self.additions
        ]
        assert at.record is not None
        assert at.record.line is not None
        return self._written(at, confirmed(at, at.record.line, quantity=step.quantity, why="patched"))

    def _carried(self, at: Situation, step: SetTerms) -> Situation:
        self.terms.append(step)
        ours = next(each for each in self.additions if each.id == step.addition_id)
        now = replace(ours, terms=overlaid(ours.terms, step.terms))
        self.additions = [now if each.id == ours.id else each for each in self.additions]
        assert at.record is not None
        assert at.record.line is not None
        return self._written(at, carried(at, at.record.line, now))


def overlaid(terms: Terms, change: Terms) -> Terms:
    """The terms with those of the change that are not None put in their place."""
    told = {each.name: getattr(change, each.name) for each in fields(Terms)}
    return replace(terms, **{name: value for name, value in told.items() if value is not None})


def open_record(
    quantity: int = 4, *, additions: Sequence[Addition] = (), now: datetime = TICK - timedelta(hours=1)
) -> tuple[Rig, UsageRecord]:
    """A month opened an hour ago at that quantity, and the agreement that it stands on."""
    rig = Rig(additions=list(additions))
    at = rig.run(situation(reading=Count(quantity), tick=now, now=now))
    assert at.record is not None
    return Rig(additions=rig.additions), at.record
