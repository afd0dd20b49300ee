"""Linked companies that ConnectWise's list lacks are asked for by id (MATCH-7)."""

from datetime import UTC, datetime
from typing import cast

from tally.domain.model.company import CompanyLink, ConnectWiseCompany
from tally.errors import TransientError
from tally.planner.firms import find_firms
from tally.ports import ConnectWise


class Desk:
    """Companies by id: all are deleted, and for the ``odd`` ones the server answers 500."""

    def __init__(self, odd: set[int]) -> None:
        self.odd = odd
        self.asked: list[int] = []

    def company(self, company_id: int) -> ConnectWiseCompany | None:
        """Answer for one company."""
        self.asked.append(company_id)
        if company_id in self.odd:
            raise TransientError(f"GET {company_id}: HTTP 500")
        return ConnectWiseCompany(
            id=company_id, identifier=f"C{company_id}", name="Harbor", deleted=True
        )


def linked(*ids: int) -> list[CompanyLink]:
    """One customer's link to each of these companies."""
    return [
        CompanyLink(
            company_id=f"{each}",
            company_name="Harbor",
            connectwise_id=each,
            connectwise_name="Harbor",
            linked_by="tally",
            linked_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
        for each in ids
    ]


def found(desk: Desk) -> tuple[set[int], dict[int, str]]:
    """Who is gone, and who is not answered for, of companies 1 to 9; the list has company 100."""
    listed = [ConnectWiseCompany(id=100, identifier="C", name="Other")]
    firms = find_firms(listed, cast("ConnectWise", desk), linked(*range(1, 10)), None)
    assert firms is not None
    return set(firms.gone), dict(firms.unanswered)


def test_one_that_is_never_answered_for_keeps_back_no_other() -> None:
    """SAFE-5: two companies for which the server fails are those two's trouble alone."""
    gone, unanswered = found(Desk({1, 2, 5}))
    assert gone == {3, 4, 6, 7, 8, 9}
    assert unanswered == {each: f"GET {each}: HTTP 500" for each in (1, 2, 5)}


def test_a_server_that_is_down_is_not_asked_for_all() -> None:
    """SAFE-6: after three failures in a row no more time is spent; nobody counts as gone."""
    desk = Desk(set(range(1, 10)))
    gone, unanswered = found(desk)
    assert (gone, desk.asked) == (set(), [1, 2, 3])
    assert set(unanswered) == set(range(1, 10))
    assert unanswered[9] == "ConnectWise did not answer for others either: GET 3: HTTP 500"
