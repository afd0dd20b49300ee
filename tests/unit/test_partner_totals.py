"""The totals that are read of partners, and those that say nothing."""

from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS, Usage
from tally.pulse.partner_totals import PartnerTotals

_NOVEMBER = Month(2026, 11)


class _Counting:
    """A GravityZone that answers one counter for each partner."""

    def __init__(self, **counts: int) -> None:
        self._counts = counts

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """Answer the partner's counter."""
        del month
        return Usage(counters={ENDPOINTS.counter: self._counts[company_id]})


def _read(**counts: int) -> set[str]:
    totals = PartnerTotals(gravityzone=_Counting(**counts), services=(ENDPOINTS,))  # type: ignore[arg-type]
    return set(totals.of_all(counts, _NOVEMBER, root_id="root"))


def test_a_partner_with_zeros_says_nothing() -> None:
    """GravityZone answers zeros for a company without a monthly subscription (documented): that is
    no total of the companies below it, and contradicts nothing.
    """
    assert _read(root=7, north=7, south=0) == {"root", "north"}


def test_zeros_of_the_root_are_kept() -> None:
    """PULSE-3: a total of all that is always 0 has to contradict the first sweep."""
    assert _read(root=0, north=7) == {"root", "north"}
