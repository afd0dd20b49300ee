"""Companies in stretches, by their ids."""

from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.company import Stretch, stretches

_IDS = st.text(alphabet="0123456789abcdef", min_size=1, max_size=3)


@given(known=st.lists(_IDS, unique=True), size=st.integers(1, 4), other=_IDS)
def test_every_company_is_in_one_stretch(known: list[str], size: int, other: str) -> None:
    """SAFE-7: whoever is in the ledger alone, and in no list, is in one stretch too; those listed
    are where they belong.
    """
    found = list(stretches(sorted(known), size))
    assert sum(other in within for within, _ in found) == 1
    assert [each for _, listed in found for each in listed] == sorted(known)
    assert all(each in within for within, listed in found for each in listed)
    assert all(len(listed) <= size for _, listed in found)


@given(_IDS, _IDS)
def test_a_stretch_of_one(one: str, other: str) -> None:
    """READ-4: a partner's records are read by themselves, not with those of a company whose id
    begins alike.
    """
    assert (other in Stretch.alone(one)) == (other == one)
