"""Tying GravityZone companies to ConnectWise companies by name, the first time only: rules MATCH-1 and MATCH-2."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tally.domain.company import Company, ConnectWiseCompany

_NOT_IN_WORDS = re.compile(r"[\W_]+")
_LEGAL_FORM = re.compile(
    "(?<=.)(ab|ag|bv|co|corp|corporation|gmbh|inc|incorporated|limited|llc|llp|ltd|plc|pty|sa|srl)$"
)
_MOST_SHOWN = 5


def likeness(name: str) -> str:
    """What is left of a name without case, spaces, punctuation and legal form; near misses share it."""
    left = _NOT_IN_WORDS.sub("", name.casefold())
    while (shorter := _LEGAL_FORM.sub("", left)) != left:
        left = shorter
    return left


def near_misses(name: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """The candidates that differ from ``name`` by case, spaces, punctuation or legal form only, sorted."""
    wanted = likeness(name)
    return tuple(sorted({each for each in candidates if each != name and likeness(each) == wanted}))


def resolve(name: str, ids: Mapping[str, int], *, what: str, setting: str) -> int | str:
    """The id of what is named exactly so, or a sentence for the operator with the near misses (MATCH-2)."""
    found = ids.get(name)
    if found is not None:
        return found
    close = near_misses(name, ids)
    hint = f" There is {_quoted(close)}: the setting minds case and spaces." if close else ""
    return f"ConnectWise has no {what} {name!r} (setting {setting}).{hint}"


class Tie(NamedTuple):
    """The one ConnectWise company with exactly this name."""

    company: ConnectWiseCompany


class NoTie(NamedTuple):
    """Why a person has to tie it."""

    reason: str


class NameIndex:
    """ConnectWise's companies by name; built once a tick, asked once for each company without a mapping."""

    def __init__(self, companies: Iterable[ConnectWiseCompany], *, tied: Mapping[int, str]) -> None:
        """``tied`` maps ConnectWise ids to the name of the GravityZone company that each is tied to."""
        self._tied = tied
        self._by_name: dict[str, list[ConnectWiseCompany]] = defaultdict(list)
        self._by_likeness: dict[str, list[ConnectWiseCompany]] = defaultdict(list)
        for company in companies:
            if not company.deleted:
                self._by_name[company.name].append(company)
                self._by_likeness[likeness(company.name)].append(company)

    def tie(self, company: Company, *, namesakes: int) -> Tie | NoTie:
        """Tie ``company`` where nothing is ambiguous; ``namesakes`` counts the GravityZone companies of its name, itself included."""
        same = self._by_name.get(company.name, [])
        if len(same) == 1 and namesakes == 1:
            holder = self._tied.get(same[0].id)
            if holder is None:
                return Tie(company=same[0])
            return NoTie(
                reason=f"ConnectWise company {_with_ids(same)} has this name, but it is already tied to the GravityZone company {holder}. "
                "Both may be tied to it by hand, each with an agreement of its own; if that one was deleted and made again, give it up for this one."
            )
        if namesakes > 1:
            return NoTie(reason=f"{namesakes} GravityZone companies are named {company.name!r}: tie each by hand.")
        if same:
            return NoTie(
                reason=f"{len(same)} ConnectWise companies are named {company.name!r}: {_with_ids(same)}. Tie one by hand."
            )
        close = self._by_likeness.get(likeness(company.name), [])
        if close:
            return NoTie(
                reason=f"No ConnectWise company is named exactly {company.name!r}. Nearly so: {_with_ids(close)}. Tie one by hand, or rename it."
            )
        return NoTie(
            reason=f"No ConnectWise company is named {company.name!r} or nearly so. Make one, or tie another by hand."
        )


def count_names(companies: Iterable[Company]) -> Counter[str]:
    """How many companies bear each name."""
    return Counter(company.name for company in companies)


def _with_ids(companies: Sequence[ConnectWiseCompany]) -> str:
    shown = ", ".join(f"{company.name!r} (id {company.id})" for company in companies[:_MOST_SHOWN])
    rest = len(companies) - _MOST_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
