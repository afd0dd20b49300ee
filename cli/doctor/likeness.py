"""Names that are likely meant, by rapidfuzz: for a person to choose from, never to act on."""

from collections.abc import Iterable, Sequence

from rapidfuzz import fuzz, process, utils

from tally.domain.company import ConnectWiseCompany

_ALIKE = 75.0
"""Of 100: below it, names have no more in common than any two."""

_MOST = 3


def closest(name: str, candidates: Iterable[str]) -> list[str]:
    """The few of ``candidates`` that are most like ``name``, the likeliest first."""
    found = process.extract(
        name, list(candidates), scorer=fuzz.WRatio, processor=utils.default_process, limit=_MOST, score_cutoff=_ALIKE
    )
    return [each for each, _score, _index in found]


def closest_companies(name: str, companies: Sequence[ConnectWiseCompany]) -> list[ConnectWiseCompany]:
    """The few companies whose names are most like ``name``, the likeliest first."""
    found = process.extract(
        name,
        [each.name for each in companies],
        scorer=fuzz.WRatio,
        processor=utils.default_process,
        limit=_MOST,
        score_cutoff=_ALIKE,
    )
    return [companies[index] for _name, _score, index in found]
