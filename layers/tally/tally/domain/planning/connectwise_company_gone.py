"""ConnectWise companies that are deleted or merged while a customer is linked to them (MATCH-7)."""

from collections.abc import Iterator, Sequence

from tally.domain.model.agreement import Agreement
from tally.domain.model.company import CompanyLink
from tally.domain.model.standing import Cause, StandingState, failing, needs_setup
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.record.lines import LAID_DOWN
from tally.domain.record.usage_record import RecordState, UsageRecord

# Standings are stored, and `_found_before` knows this cause again by how it begins: the end of a
# long one is cut off.
_NOTHING_CLOSES = "Nothing is opened or closed for it at present."


def moved_away(company: CompanyState, at: TickContext) -> Cause | None:
    """Return the cause if its ConnectWise company is gone, or has lost an agreement of it.

    Where ConnectWise's companies cannot be listed at this tick, the cause of an earlier tick stays.
    """
    link = company.link
    if link is None or link.connectwise_id is None:
        return None
    if at.firms is None:
        return _found_before(company)
    if why := at.firms.unanswered.get(link.connectwise_id):
        return _unanswered(company, link, why)
    gone = at.firms.gone.get(link.connectwise_id, "")
    lost = _lost_agreements(company, link, at, is_gone=bool(gone))
    if not gone and not lost:
        return None
    where = (_where(each, at) for each in lost)
    return needs_setup(" ".join((_NOTHING_CLOSES, _event(link, gone), *where, _advice(lost))))


def _lost_agreements(
    company: CompanyState, link: CompanyLink, at: TickContext, *, is_gone: bool
) -> Sequence[Agreement]:
    """Return the agreements that it is billed on and that are now another company's, each once."""
    lost = {
        agreement.id: agreement
        for agreement, certain in _billed_on(company, link, at)
        if agreement.company_id != link.connectwise_id and (is_gone or certain)
    }
    return [*lost.values()]


def _found_before(company: CompanyState) -> Cause | None:
    """Return the cause of an earlier tick, if that one found the company moved."""
    before = company.cause_before
    return before if before is not None and before.reason.startswith(_NOTHING_CLOSES) else None


def _unanswered(company: CompanyState, link: CompanyLink, why: str) -> Cause:
    """Return the cause of one that nobody can tell of; what was known of it stays."""
    before = _found_before(company)
    if before is not None and before.state is StandingState.NEEDS_SETUP:
        return before
    return failing(
        f"{_NOTHING_CLOSES} {_named(link)}, to which it is linked, is in no list and could not be "
        f"asked for: {why.rstrip('.')}."
    )


def _named(link: CompanyLink) -> str:
    return f"ConnectWise company {link.connectwise_name!r} (id {link.connectwise_id})"


def _event(link: CompanyLink, gone: str) -> str:
    if gone:
        return f"{_named(link)}, to which it is linked, {gone}."
    return f"It is linked to {_named(link)}, which has lost an agreement of it."


def _billed_on(
    company: CompanyState, link: CompanyLink, at: TickContext
) -> Iterator[tuple[Agreement, bool]]:
    """Give the listed agreements that it is billed on, each with True if it is certainly its own.

    A certain one belonged to the company that it is linked to. A month that was open before a
    person linked it elsewhere stays on its agreement, which is no sign of a merger.
    """
    pinned = at.agreement(link.pinned_agreement_id)
    if pinned is not None:
        yield pinned, True
    for record in company.records:
        agreement = at.agreement(_stands_on(record))
        if agreement is not None and agreement != pinned:
            # At version 1 the link was never changed: all that is open was opened under it.
            yield agreement, link.version == 1 or link.linked_at < record.key.month.starts


def _stands_on(record: UsageRecord) -> int | None:
    line = record.newest
    # What is closed is never written again, wherever its agreement is now.
    if record.state is not RecordState.OPEN or line is None or line.state in LAID_DOWN:
        return None
    return line.agreement_id


def _where(agreement: Agreement, at: TickContext) -> str:
    name = "" if at.firms is None else at.firms.names.get(agreement.company_id, "")
    of = (
        f"{name!r} (id {agreement.company_id})"
        if name
        else f"the company of id {agreement.company_id}, which ConnectWise does not list"
    )
    return f"Its agreement {agreement.named} is now one of {of}."


def _advice(lost: Sequence[Agreement]) -> str:
    if lost:
        return (
            "Link it to that one, with this agreement if that one has another of its own; or have "
            "the agreement moved back."
        )
    return "Link it to the company that has its agreement now."
