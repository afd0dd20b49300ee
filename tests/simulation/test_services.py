"""The simulation with a second service (READ-6): what goes wrong with one of the two is found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tally import counting
from tally.connectwise.client import ConnectWiseClient
from tally.domain.decision import growth, wanted
from tally.domain.decision.case import Case, Wanted
from tally.domain.holds import Grown
from tally.domain.model.agreement import Addition
from tally.domain.model.reading import (
    ENDPOINT_SECURITY,
    Reading,
    Service,
    UsagePerProductType,
    read_sum,
)
from tally.domain.model.standing import waiting
from tally.services import BilledService, Names, places
from testing import world
from verification.simulation.play import play
from verification.simulation.setting import Setting, Shape, setting_of
from verification.simulation.story import ViolationError

# Seeds repeat what others prove, and take twice as long while branches are counted.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

_SMALL = 30
"""Companies times months: such a seed is played in a fraction of a second."""


def small_settings(*, name: str = "email", own_type: bool = False) -> list[Setting]:
    """Small seeds that bill that service beside endpoints, on agreements of its own type or of the
    same.
    """
    return [
        each
        for each in map(setting_of, range(400))
        if each.second is not None
        and each.companies * len(each.months) <= _SMALL
        and each.second.name == name
        and own_type is (each.second.type_id != world.TYPE_ID)
    ]


def first_violation(settings: Iterable[Setting]) -> ViolationError:
    """The first that these seeds run into."""
    for each in settings:
        try:
            play(Shape(seed=each.seed))
        except ViolationError as violation:
            return violation
    pytest.fail("nobody noticed")


def placed_by(monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    """Planners take the services' names as ``change`` leaves them."""

    def changed(
        services: Iterable[BilledService], *, product: str, agreement_type: str
    ) -> Mapping[str, Names]:
        assert callable(change)
        named: Mapping[str, Names] = change(
            places(services, product=product, agreement_type=agreement_type)
        )
        return named

    monkeypatch.setattr(world, "places", changed)


@pytest.mark.parametrize("name", ["email", "edr"])
@pytest.mark.parametrize("own_type", [False, True])
def test_seeds(name: str, own_type: bool) -> None:
    """READ-6: every invariant holds for both services, on one agreement and on two."""
    played = [
        play(Shape(seed=each.seed)) for each in small_settings(name=name, own_type=own_type)[:2]
    ]
    assert sum(each.company_months for each in played) > 0


HELD_AND_GONE = Shape(seed=70_012, companies=frozenset({16}))
"""One customer: EDR of August is held for its growth, one of its two counters is answered as -1,
and the customer is deleted.
"""


def test_growth_that_is_held_stays_held_without_a_count() -> None:
    """CLOSE-5: the last reading waits for a person; what was no count after it makes it neither
    right nor wrong.
    """
    assert play(HELD_AND_GONE).company_months > 0


def test_a_held_number_that_was_not_counted_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 4: a person is asked of one machine more than there were by then, and none can be
    counted any more.
    """

    def one_more(**told: Any) -> Grown:  # noqa: ANN401 - the fields of a hold
        return Grown(**{**told, "agreed": told["agreed"] + 1})

    monkeypatch.setattr(growth, "Grown", one_more)
    with pytest.raises(
        ViolationError,
        match=r"invariant 4, .* 2025-08 edr: the truth is one of \['never written'\]",
    ):
        play(HELD_AND_GONE)


def test_a_hold_that_is_not_shown_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 4: EDR is held for its growth, and is said to wait for its close, since it can be
    counted no more.
    """

    def hidden(case: Case) -> Wanted | None:
        if (
            case.record.key.service == "edr"
            and case.record.lines
            and isinstance(case.record.hold, Grown)
        ):
            return case.stay(waiting(f"{case.why} What stands stays until the month closes."))
        return wanted.question_kept(case)

    rows = tuple(hidden if row is wanted.question_kept else row for row in wanted.UNCOUNTED)
    monkeypatch.setattr(wanted, "UNCOUNTED", rows)
    with pytest.raises(
        ViolationError,
        match=r"invariant 4, .* 2025-08 edr: the truth is one of \['grown, and unread'\]",
    ):
        play(HELD_AND_GONE)


def test_a_product_type_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariants 3 to 5: a second service of two product types of which one is read."""

    def first_type_only(usage: UsagePerProductType, service: Service) -> Reading:
        return read_sum(usage, replace(service, product_types=(ENDPOINT_SECURITY,)))

    monkeypatch.setattr(counting, "read_sum", first_type_only)
    assert first_violation(small_settings(name="edr")).invariant in {3, 4, 5}


def test_taking_the_others_addition_for_foreign_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 4: whoever tells no product from another holds each service for the other's
    Addition.
    """
    additions = ConnectWiseClient.additions

    def all_of_one_product(
        self: ConnectWiseClient,
        agreement_id: int,
        **which: Any,  # noqa: ANN401
    ) -> Sequence[Addition]:
        return [
            replace(each, product_id=world.PRODUCT_ID)
            for each in additions(self, agreement_id, **which)
        ]

    monkeypatch.setattr(ConnectWiseClient, "additions", all_of_one_product)
    violation = first_violation(small_settings())
    assert violation.invariant == 4
    signs = ("bills the same product", "has no record", "nothing keeps it open")
    assert any(sign in violation.what for sign in signs)


def test_swapped_products_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 2: a service's count on the other's product."""

    def swapped(named: Mapping[str, Names]) -> Mapping[str, Names]:
        return dict(zip(named, reversed(named.values()), strict=True))

    placed_by(monkeypatch, swapped)
    violation = first_violation(small_settings())
    assert violation.invariant == 2
    told = violation.what
    assert "bills GZ-EMAIL" in told or "of email bills GZ-ENDPOINT" in told


def test_an_agreement_of_the_wrong_type_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 2, MATCH-3: a service with an agreement type of its own on the agreement of the
    other.
    """

    def all_of_one_type(named: Mapping[str, Names]) -> Mapping[str, Names]:
        return {
            name: replace(each, agreement_type=world.AGREEMENT_TYPE) for name, each in named.items()
        }

    placed_by(monkeypatch, all_of_one_type)
    violation = first_violation(small_settings(own_type=True))
    assert violation.invariant in {2, 4}


def test_a_forgotten_service_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 4: nothing stands in the way of the second service, and it has no record."""
    placed_by(monkeypatch, lambda named: {"endpoints": named["endpoints"]})
    violation = first_violation(small_settings())
    assert violation.invariant == 4
    assert violation.month.endswith(" email")
