"""Find the ConnectWise companies that customers are linked to and that are gone (MATCH-7)."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

from tally.domain.model.company import CompanyLink, ConnectWiseCompany
from tally.domain.planning.tick_context import Directory, Firms
from tally.errors import TallyError, TransientError
from tally.ports import ConnectWise

_DELETED = "was deleted there"
_ABSENT = (
    "is not there any more: deleted, merged into another one, or hidden from our key (its role "
    "must be Inquire All)"
)
_MOST_ASKED_FOR = 20
"""The most companies missing from the list that are asked for by id.

A list that lacks more, and most of all linked companies, is not whole (MATCH-8).
"""

_MOST_IN_A_ROW = 3
"""Failures one after another that are the server's: no more of a tick's time is spent on it."""


def find_firms(
    listed: Collection[ConnectWiseCompany],
    connectwise: ConnectWise,
    links: Iterable[CompanyLink],
    directory: Directory | None,
) -> Firms | None:
    """Return the names of linked companies, and how some are gone; None if the list is doubtful.

    Each company that the list lacks is asked for by id: absence from a list is no fact (MATCH-8).
    One that is not answered for is that company's trouble alone (SAFE-5).
    """
    linked = _linked_names(links)
    missing = linked.keys() - {each.id for each in listed if not each.deleted}
    if missing and not _is_believable(listed, missing=len(missing), linked=len(linked)):
        return None
    gone, unanswered = _asked_for(sorted(missing), connectwise)
    holders = _with_agreements(directory) - linked.keys()
    return Firms(gone=gone, names={**linked, **_names(listed, holders)}, unanswered=unanswered)


def _asked_for(
    missing: Iterable[int], connectwise: ConnectWise
) -> tuple[Mapping[int, str], Mapping[int, str]]:
    """Return how some of the companies are gone, and why others are not answered for."""
    gone: dict[int, str] = {}
    unanswered: dict[int, str] = {}
    why, in_a_row = "", 0
    for each in missing:
        if in_a_row == _MOST_IN_A_ROW:
            unanswered[each] = f"ConnectWise did not answer for others either: {why}"
            continue
        try:
            how = _how_gone(connectwise, each)
        except TallyError as error:
            unanswered[each] = why = str(error)
            in_a_row = in_a_row + 1 if isinstance(error, TransientError) else 0
        else:
            in_a_row = 0
            gone.update({each: how} if how else {})
    return gone, unanswered


def _linked_names(links: Iterable[CompanyLink]) -> Mapping[int, str]:
    return {
        each.connectwise_id: each.connectwise_name
        for each in links
        if each.connectwise_id is not None
    }


def _is_believable(listed: Collection[ConnectWiseCompany], *, missing: int, linked: int) -> bool:
    return bool(listed) and (missing <= _MOST_ASKED_FOR or 2 * missing <= linked)


def _with_agreements(directory: Directory | None) -> AbstractSet[int]:
    return set() if directory is None else {each.company_id for each in directory.by_id.values()}


def _how_gone(connectwise: ConnectWise, connectwise_id: int) -> str:
    found = connectwise.company(connectwise_id)
    if found is None:
        return _ABSENT
    return _DELETED if found.deleted else ""


def _names(listed: Iterable[ConnectWiseCompany], wanted: Collection[int]) -> Mapping[int, str]:
    return {each.id: each.name for each in listed if each.id in wanted}
