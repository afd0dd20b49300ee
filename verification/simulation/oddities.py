"""One company's oddity for a step: an unreadable ledger item, an odd row, an odd answer.

It concerns that company and no other, and the tick has not failed (SAFE-5).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from tally.domain.model.company import EVERYBODY, CompanyLink, Stretch
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing, StandingState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import UnreadableItemError
from testing.ledger import MemoryLedger
from verification.simulation import partners
from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Firm, Msp
from verification.simulation.odd_answers import KINDS_OF_ANSWERS, odd_answer
from verification.simulation.story import Tell

UNREADABLE, ODD_ROW, REFUSED = (
    "an item cannot be read",
    "a row is odd",
    "GravityZone does not tell of it",
)
KINDS = (UNREADABLE, ODD_ROW, REFUSED)
"""By the names under which a shape leaves them out."""

_OFTEN, _ODD_ANSWERS = 0.06, 0.04
_ITEMS = ("link", "standing", "records")
_ROWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("agreement", {"startDate": "soon"}),
    ("agreement", {"endDate": "2026-02-30T00:00:00Z"}),
    ("agreement", {"type": None}),
    ("addition", {"quantity": None}),
    ("addition", {"product": {"id": "501"}}),
)


_REFUSALS: tuple[tuple[int, str, int], ...] = (
    (-32001, "Not allowed.", 200),
    (-32001, "The company's license does not cover this.", 403),
    (-32000, "Internal error.", 200),
    (-32000, "Nobody can tell.", 400),
    (-32602, "The value is not one that was expected.", 200),
    (-32099, "Suspended.", 200),
)
"""Code, details and HTTP status of an error (READ-9): some are known for a licence, and some are
known to nobody."""


class Oddities:
    """Draws what is odd in each step; ``ledger`` is the one that planner and workers see."""

    def __init__(self, msp: Msp, tell: Tell) -> None:
        self._msp = msp
        self._tell = tell
        self._undo: Callable[[], object] = lambda: None
        self._wrong: Callable[[], str] = lambda: ""
        self.ledger = Ledger(msp.ledger)
        self.firm: Firm | None = None

    def draw(self, step: int) -> None:
        """Draw one oddity for this step, or none; an earlier one ends."""
        self.forget()
        self._draw_usual(step)
        if self.firm is None:
            self._draw_answer(step)

    def _draw_usual(self, step: int) -> None:
        draw = drawn(self._msp.setting.seed, Draw.ONE_COMPANY, step)
        there = [firm for firm in self._msp.firms if firm.there]
        if not there or draw.random() >= _OFTEN:
            return
        firm = draw.choice(there)
        kind, item, row, which = (
            draw.choice(KINDS),
            draw.choice(_ITEMS),
            draw.choice(_ROWS),
            draw.random(),
        )
        if not self._msp.shape.has(kind):
            return
        said = {
            UNREADABLE: lambda: self._spoil(firm, item),
            ODD_ROW: lambda: self._show(firm, row, which),
            REFUSED: lambda: self._refuse(firm, which),
        }[kind]()
        if said:
            self.firm = firm
            self._tell(self._msp.clock.now(), f"  ? {firm.name}: {said}")

    def _draw_answer(self, step: int) -> None:
        """Draw an odd answer by itself, so that seeds without one are as they were."""
        draw = drawn(self._msp.setting.seed, Draw.ODD_ANSWERS, step)
        there = [firm for firm in self._msp.firms if firm.there]
        if not there or draw.random() >= _ODD_ANSWERS:
            return
        firm, kind = draw.choice(there), draw.choice(KINDS_OF_ANSWERS)
        if not self._msp.shape.has(kind):
            return
        odd = odd_answer(self._msp, firm, kind, draw.random(), draw.random())
        if odd is not None:
            self.firm = firm
            said, self._undo, self._wrong = odd
            self._tell(self._msp.clock.now(), f"  ? {firm.name}: {said}")

    def forget(self) -> None:
        """Let everything be as it should be."""
        self._undo()
        self._undo = lambda: None
        self._wrong = lambda: ""
        self.ledger.spoilt = ("", "")
        self.firm = None

    def concerned(self) -> frozenset[str]:
        """Return the companies that the oddity may concern: it, partners, all below a refused one.

        A partner's own count needs those of all below it (READ-4).
        """
        if self.firm is None:
            return frozenset()
        tenant = self._msp.gravityzone.tenant
        refused = tenant.reach.refusals.keys()
        below = (
            each.id
            for each in tenant.companies()
            if not refused.isdisjoint(partners.above(self._msp, each.id))
        )
        return frozenset(
            (self.firm.id, *(each.id for each in self._msp.firms if each.partner), *below)
        )

    def told(self) -> str:
        """Return the news of a company that a tick failed to tell, "" for none.

        The tick has planned everybody.
        """
        company_id, item = self.ledger.spoilt
        standing = self._msp.ledger.standing(company_id) if company_id else None
        if standing is None or not self.ledger.has_shown or self.ledger.was_late:
            return self._wrong()
        shown = standing.shown
        right = shown.state is StandingState.FAILING and "cannot be read" in shown.reason
        return (
            ""
            if right
            else f"its {item} cannot be read, and it shows {shown.state.label}: {shown.reason}"
        )

    def _spoil(self, firm: Firm, item: str) -> str:
        self.ledger.spoilt = (firm.id, item)
        self.ledger.has_shown = self.ledger.was_late = False
        if self.ledger.has_spoilt:
            return f"its {item} in the ledger cannot be read"
        self.ledger.spoilt = ("", "")  # what this very step makes can be read
        return ""

    def _refuse(self, firm: Firm, which: float) -> str:
        """Refuse answers about a customer.

        It is never a partner: without its list, others would be unknown too.
        """
        reach = self._msp.gravityzone.tenant.reach
        if firm.partner:
            return ""
        code, details, status = _REFUSALS[int(which * len(_REFUSALS))]
        reach.refuse(firm.id, code=code, details=details, status=status)

        def tell_again() -> None:
            reach.refusals.pop(firm.id, None)

        self._undo = tell_again
        return f"GravityZone answers {code} ({details}) with status {status} for it"

    def _show(self, firm: Firm, row: tuple[str, dict[str, object]], which: float) -> str:
        kind, odd = row
        people, truth = self._msp.connectwise.people, self._msp.connectwise.truth
        known = [int(each["id"]) for each in self._msp.agreements(firm)]
        if kind == "addition":
            known = [
                each.id
                for agreement in known
                for each in truth.additions(agreement_id=agreement, deleted=False)
            ]
        if not known:
            return ""
        record_id = known[int(which * len(known))]
        people.show_oddly(kind, record_id, odd)  # type: ignore[arg-type]  # a literal of the rows above
        self._undo = lambda: people.show_truly(kind, record_id)  # type: ignore[arg-type]
        return f"ConnectWise shows {kind} {record_id} with {odd}"


class Ledger:
    """A ledger in memory with unreadable items of one company: ``spoilt`` has its id and the items.

    ``has_shown``: somebody has come upon one since; the index lags, and may not have it yet.
    ``was_late``: some standings were written meanwhile, so the tick's own were not taken.
    """

    def __init__(self, inner: MemoryLedger) -> None:
        self._inner = inner
        self.spoilt = ("", "")
        self.has_shown = self.was_late = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the ledger has
        return getattr(self._inner, name)

    @property
    def has_spoilt(self) -> bool:
        """True if there is any such item."""
        company_id, item = self.spoilt
        if item == "link":
            return company_id in self._inner.links()
        if item == "standing":
            return self._inner.standing(company_id) is not None
        return any(
            each.key.company_id == company_id and not each.settled
            for each in self._inner.every_record()
        )

    def all_links(self) -> Iterator[CompanyLink | Unreadable]:
        """As the ledger's."""
        for each in self._inner.all_links():
            yield (
                Unreadable(each.company_id, self._why())
                if self._is(each.company_id, "link")
                else each
            )

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterator[Standing]:
        """As the ledger's: a standing comes as far as it can be read."""
        return map(self._standing, self._inner.all_standings(within))

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        """As the ledger's."""
        return self._records(self._inner.all_open_records(within))

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterator[UsageRecord | Unreadable]:
        """As the ledger's."""
        return self._records(self._inner.all_settled_records(month, within))

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """As the ledger's."""
        late = self._inner.save_standings(standings)
        self.was_late = self.was_late or late > 0
        return late

    def link(self, company_id: str) -> CompanyLink | None:
        """As the ledger's."""
        self._check(company_id, "link")
        return self._inner.link(company_id)

    def record(self, key: RecordKey) -> UsageRecord | None:
        """As the ledger's."""
        found = self._inner.record(key)
        if found is not None:
            self._check(key.company_id, "records")
        return found

    def standing(self, company_id: str) -> Standing | None:
        """As the ledger's."""
        found = self._inner.standing(company_id)
        return None if found is None else self._standing(found)

    def _standing(self, standing: Standing) -> Standing:
        return (
            replace(standing, unreadable=self._why())
            if self._is(standing.company_id, "standing")
            else standing
        )

    def _records(self, records: Iterable[UsageRecord]) -> Iterator[UsageRecord | Unreadable]:
        for each in records:
            company_id = each.key.company_id
            yield Unreadable(company_id, self._why()) if self._is(company_id, "records") else each

    def _is(self, company_id: str, item: str) -> bool:
        if self.spoilt != (company_id, item):
            return False
        self.has_shown = True
        return True

    def _check(self, company_id: str, item: str) -> None:
        if self._is(company_id, item):
            raise UnreadableItemError(self._why())

    def _why(self) -> str:
        company_id, item = self.spoilt
        return f"the ledger's item COMPANY#{company_id} {item} cannot be read (a test)"
