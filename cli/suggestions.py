"""Likely ConnectWise companies for each company without a link, by the likeness of their names."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from tally.domain.linking.likeness import likeness
from tally.domain.model.company import CompanyLink, ConnectWiseCompany
from tally.domain.model.standing import WHOLE_COMPANY, Standing, StandingState
from tally.domain.planning.tick_context import known_absence
from tally.domain.record.unreadable import readable
from tally.ports import Ledger

_LEAST = 60.0  # of 100
_MOST = 3


class Names[K: Hashable]:
    """Names to be told apart, by their keys: which of them are most like another one.

    They are compared as names are matched: without case, punctuation and legal form.
    """

    def __init__(self, names: Mapping[K, str]) -> None:
        self._plain = {key: likeness(name) for key, name in names.items()}

    def nearest(self, name: str) -> Sequence[tuple[K, int]]:
        """Return the few that are most like ``name``, the likeliest first, and their likeness."""
        found = process.extract(
            likeness(name), self._plain, scorer=fuzz.WRatio, limit=_MOST, score_cutoff=_LEAST
        )
        return [(key, round(score)) for _, score, key in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A ConnectWise company, and its likeness, of 100. ``linked_to`` names who has it already."""

    id: int
    name: str
    likeness: int
    linked_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A company that is linked to nobody, why, and whom it may be, the likeliest first."""

    company_id: str
    name: str
    reason: str
    near: Sequence[Near]


def suggestions(ledger: Ledger, companies: Iterable[ConnectWiseCompany]) -> Sequence[Suggestion]:
    """Return one for each company that needs a link, by name.

    Excluded and unlicensed companies need none, nor do partners.
    """
    links = {each.company_id: each for each in readable(ledger.all_links())}
    linked = {
        each.connectwise_id: each.company_name
        for each in links.values()
        if each.connectwise_id is not None
    }
    known = {each.id: each for each in companies if not each.deleted}
    names = Names({each.id: each.name for each in known.values()})
    return [
        Suggestion(
            company_id=standing.company_id,
            name=standing.company_name,
            reason=standing.causes[WHOLE_COMPANY].reason,
            near=[
                Near(id=key, name=known[key].name, likeness=score, linked_to=linked.get(key, ""))
                for key, score in names.nearest(standing.company_name)
            ],
        )
        for standing in _unlinked(ledger.all_standings(), links)
    ]


def _unlinked(
    standings: Iterable[Standing], links: Mapping[str, CompanyLink]
) -> Sequence[Standing]:
    unlinked = [
        each
        for each in standings
        if _waits_for_a_link(links.get(each.company_id)) and _needs_setup(each)
    ]
    return sorted(unlinked, key=lambda each: (each.company_name.casefold(), each.company_id))


def _waits_for_a_link(link: CompanyLink | None) -> bool:
    return link is None or (link.connectwise_id is None and link.excluded_since is None)


def _needs_setup(standing: Standing) -> bool:
    cause = standing.causes.get(WHOLE_COMPANY)
    return (
        cause is not None
        and cause.state is StandingState.NEEDS_SETUP
        and known_absence(standing) is None
    )
