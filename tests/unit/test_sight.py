"""MATCH-8: what a list lacks is a fact only where the list shows what is there."""

import pytest

from tally.domain.planning.role_sight import unseen_agreements, unseen_companies


@pytest.mark.parametrize(
    ("seen", "linked", "said"),
    [
        (set(), {1, 2, 3}, "sees 0 of 3 companies"),
        (set(), {1}, "sees 0 of 1 companies"),
        (set(), set(), "sees no company"),
        ({7, 8}, {1, 2}, "sees 0 of 2 companies"),
        ({7, 8}, {1}, ""),
        ({7, 2}, {1, 2}, ""),
        ({7}, set(), ""),
    ],
)
def test_companies_that_nobody_sees(seen: set[int], linked: set[int], said: str) -> None:
    """MATCH-8: a ConnectWise without companies, or without any of several that are linked, is a
    role that may not see them.
    """
    found = unseen_companies(seen, linked)
    assert said in found
    assert bool(found) is bool(said)
    assert not found or "is its role Inquire All (Companies > Company Maintenance)?" in found


@pytest.mark.parametrize(
    ("seen", "companies", "said"),
    [(set(), 2, "sees 0 of 2 companies"), (set(), 1, "0 of 1"), (set(), 0, ""), ({7}, 2, "")],
)
def test_agreements_that_nobody_sees(seen: set[int], companies: int, said: str) -> None:
    """MATCH-8: where not one agreement of the type is seen, ended ones included, the role is asked
    about first.
    """
    found = unseen_agreements(seen, companies, "Security")
    assert said in found
    assert bool(found) is bool(said)
    assert (
        not found
        or "'Security' in ConnectWise: is its role Inquire All (Finance > Agreements)?" in found
    )
