"""Matching of GravityZone companies to ConnectWise companies by name (MATCH-1, MATCH-2).

A company is matched once: until it has a link.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from tally.domain.linking.likeness import NearNames, is_seen, near_misses, quoted
from tally.domain.model.company import Company, ConnectWiseCompany

_MOST_SHOWN = 5


def resolve(name: str, ids: Mapping[str, int], *, what: str, setting: str) -> int | str:
    """Return the id of the thing with exactly this name, or a sentence for the operator (MATCH-2).

    The sentence gives the near misses.
    """
    found = ids.get(name)
    if found is not None:
        return found
    close = [quoted(each, beside=name) for each in near_misses(name, ids)]
    hint = (
        f"There is {', '.join(close)}: the setting minds case and spaces."
        if close
        else "If it is there, let the API member's role be Inquire All."
    )
    return f"ConnectWise has no {what} {name!r} (setting {setting}). {hint}"


class Linked(NamedTuple):
    """The one ConnectWise company with exactly this name."""

    company: ConnectWiseCompany


class NotLinked(NamedTuple):
    """The reason why a person has to link it."""

    reason: str


class NameIndex:
    """ConnectWise's companies by name; built once a tick, asked for each company without a link."""

    def __init__(
        self, companies: Iterable[ConnectWiseCompany], *, linked: Mapping[int, str]
    ) -> None:
        """Index the companies; ``linked`` maps ConnectWise ids to the names of linked companies."""
        self._linked = linked
        self._by_name: dict[str, list[ConnectWiseCompany]] = defaultdict(list)
        for company in companies:
            # A deleted namesake would make a name ambiguous that is unique for people (MATCH-1).
            if not company.deleted:
                self._by_name[company.name].append(company)

    def link(self, company: Company, *, namesakes: int) -> Linked | NotLinked:
        """Link ``company`` where nothing is ambiguous.

        ``namesakes`` is the number of GravityZone companies with its name, itself included.
        """
        # Two names of nothing but blanks are equal, and say nothing about whose they are.
        if not is_seen(company.name):
            return NotLinked(
                reason=(
                    f"Its name in GravityZone, {company.name!r}, shows nothing: name it there, or "
                    "link it by hand."
                )
            )
        same = self._by_name.get(company.name, [])
        if len(same) == 1 and namesakes == 1:
            # MATCH-1: a customer deleted and made again in GravityZone would be billed twice.
            holder = self._linked.get(same[0].id)
            if holder is None:
                return Linked(company=same[0])
            return NotLinked(
                reason=(
                    f"ConnectWise company {_with_ids(same, beside=company.name)} has this name, "
                    f"but it is already linked to the GravityZone company {holder}. Both may be "
                    "linked to it by hand, each with an agreement of its own; or take the link "
                    "from that one if it was deleted and made again as this one."
                )
            )
        if namesakes > 1:
            return NotLinked(
                reason=(
                    f"{namesakes} GravityZone companies are named {company.name!r}: link each by "
                    "hand."
                )
            )
        if same:
            return NotLinked(
                reason=(
                    f"{len(same)} ConnectWise companies are named {company.name!r}: "
                    f"{_with_ids(same, beside=company.name)}. Link one by hand."
                )
            )
        return self._nearly(company.name)

    def _nearly(self, name: str) -> NotLinked:
        """Return the reason why a name without an exact match is not linked, with near names."""
        close = self._near_names.of(name)
        if not close:
            return NotLinked(
                reason=(
                    f"No ConnectWise company is named {name!r} or nearly so. Make one, or link "
                    "another by hand; if it is there, let the API member's role be Inquire All."
                )
            )
        return NotLinked(
            reason=(
                f"No ConnectWise company is named exactly {quoted(name, beside=close[0].name)}. "
                f"Nearly so: {_with_ids(close, beside=name)}. Link one by hand, or rename it."
            )
        )

    @cached_property
    def _near_names(self) -> NearNames[ConnectWiseCompany]:
        return NearNames((each, each.name) for same in self._by_name.values() for each in same)


def count_names(companies: Iterable[Company]) -> Counter[str]:
    """Return the number of companies with each name."""
    return Counter(company.name for company in companies)


def _with_ids(companies: Sequence[ConnectWiseCompany], *, beside: str) -> str:
    shown = ", ".join(
        f"{quoted(each.name, beside=beside)} (id {each.id})" for each in companies[:_MOST_SHOWN]
    )
    rest = len(companies) - _MOST_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
