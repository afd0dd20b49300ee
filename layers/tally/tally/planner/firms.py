"""ConnectWise's companies at a tick: which of those that customers are tied to are not there any more (MATCH-7)."""

from collections.abc import Collection, Iterable, Mapping

from tally.domain.model.company import CompanyLink, ConnectWiseCompany
from tally.domain.planning.tick_context import Directory, Firms
from tally.ports import ConnectWise

_DELETED = "was deleted there"
_ABSENT = (
    "is not there any more: deleted, merged into another one, or hidden from our key (its role "
    "must be Inquire All)"
)
_MOST_ASKED_FOR = 20
"""So many companies that the list lacks are asked for by id; where it lacks more of them, and most, it is not whole."""


def find_firms(
    listed: Collection[ConnectWiseCompany],
    connectwise: ConnectWise,
    links: Iterable[CompanyLink],
    directory: Directory | None,
) -> Firms | None:
    """What is known of the companies that customers are tied to; None where the list is not to be believed (MATCH-8).

    Each that it lacks is asked for by id: absence from a list is no fact. Raises TallyError if that cannot be answered.
    """
    names = {
        each.connectwise_id: each.connectwise_name
        for each in links
        if each.connectwise_id is not None
    }
    missing = names.keys() - {each.id for each in listed if not each.deleted}
    if missing and (
        not listed or (len(missing) > _MOST_ASKED_FOR and 2 * len(missing) > len(names))
    ):
        return None
    gone = {each: how for each in sorted(missing) if (how := _how_gone(connectwise, each))}
    holders = (
        {}
        if directory is None
        else {each.company_id for each in directory.by_id.values()} - names.keys()
    )
    return Firms(gone=gone, names={**names, **_names(listed, holders)})


def _how_gone(connectwise: ConnectWise, connectwise_id: int) -> str:
    found = connectwise.company(connectwise_id)
    if found is None:
        return _ABSENT
    return _DELETED if found.deleted else ""


def _names(listed: Iterable[ConnectWiseCompany], wanted: Collection[int]) -> Mapping[int, str]:
    return {each.id: each.name for each in listed if each.id in wanted}
