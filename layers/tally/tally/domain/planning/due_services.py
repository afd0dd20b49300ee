"""The services of a company-month that are due at a tick, and the draft of a plan with them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, RecordScope, Scope
from tally.domain.planning.tick_context import CompanyState, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class DueService:
    """One service of a company-month: the agreement and product that it is, or would be, billed on.

    ``late``: the agreement is the one that runs now, not the month's own. ``others`` are the
    company's further agreements, by id. ``look``: its Additions are to be looked at, whatever the
    count says (FOLLOW-5). ``stays_open``: the month must not close, as ConnectWise's company is
    gone (MATCH-7).
    """

    service: str
    agreement: Agreement | None
    product_id: int | None = None
    listed: bool = False
    may_open: bool = True
    only_if_used: bool = False
    late: bool = False
    others: tuple[int, ...] = ()
    look: bool = False
    stays_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One company-month to bring up to date.

    ``check_licence``: the company's licence is to be checked for the month that comes (READ-3).
    """

    month: Month
    services: tuple[DueService, ...]
    check_licence: bool = False

    @property
    def scopes(self) -> Sequence[RecordScope]:
        """The scopes of its records."""
        return [RecordScope(self.month, each.service) for each in self.services]


@dataclass(slots=True, kw_only=True)
class PlanDraft:
    """A plan in the making.

    ``due`` are the services that are due in each month, ``words`` the causes of each service in
    each month. ``causes`` are the other causes, by scope. ``moved`` is the cause of its ConnectWise
    company (MATCH-7).
    """

    due: dict[Month, list[DueService]] = field(default_factory=dict)
    words: dict[Month, dict[str, Cause]] = field(default_factory=dict)
    causes: dict[Scope, Cause] = field(default_factory=dict)
    moved: Cause | None = None

    def add(self, month: Month, due: DueService) -> None:
        """Add a service that is due in the month."""
        self.due.setdefault(month, []).append(due)

    def say(self, month: Month, service: str, cause: Cause) -> None:
        """Set the cause of a service in the month."""
        self.words.setdefault(month, {})[service] = cause


def other_agreements(
    company: CompanyState,
    place: Place | None,
    month: Month,
    agreement: Agreement | None,
    *,
    stands_on: Agreement | None = None,
) -> tuple[int, ...]:
    """Return the customer's other agreements that did not end before the month, by id (SAFE-8).

    ``stands_on`` is that of the record's newest line. After a merger it is another company's, and
    so may be copies of ours: that company's agreements are among them (MATCH-7).
    """
    known = [*company.agreements(place)]
    if place is not None and stands_on is not None:
        known += place.agreements.get(stands_on.company_id, ())
    chosen = None if agreement is None else agreement.id
    # A ledger that was restored may have our Addition on any agreement that ran in the month.
    return tuple(
        sorted({each.id for each in known if not each.ended_before(month.first)} - {chosen})
    )
