"""The names of agreement type and product, and searches that are not trusted."""

from copy import replace

import pytest

from simulators.clock import VirtualClock
from simulators.core import Request, Response
from simulators.scenario import Agreement as AgreementScript
from simulators.scenario import AgreementType, CatalogProduct, ConnectWiseCompany
from tally.domain.model.standing import StandingState
from testing.world import PRODUCT, PRODUCT_ID, TYPE_ID, World, plain_connectwise
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"agreement_type": "endpoint security"},
            ("'endpoint security'", "'Endpoint Security'", "AgreementType"),
        ),
        (
            {"agreement_type": "Endpoint  Security"},
            ("'Endpoint  Security'", "'Endpoint Security'", "AgreementType"),
        ),
        ({"product": "gz-endpoint"}, ("'gz-endpoint'", "'GZ-ENDPOINT'", "Product")),
        ({"product": "GZ -ENDPOINT"}, ("'GZ -ENDPOINT'", "'GZ-ENDPOINT'", "Product")),
    ],
)
@pytest.mark.parametrize("strict", [False, True], ids=["search minds no case", "search minds case"])
def test_a_setting_wrong_by_case_names_the_near_miss(
    settings: dict[str, str], said: tuple[str, ...], *, strict: bool
) -> None:
    """MATCH-2: type and product mind case, whatever ConnectWise's own search does; what is meant is
    named.
    """
    world = World(clock=VirtualClock(FIRST), **settings)  # type: ignore[arg-type]  # both are texts
    world.connectwise.options.strict_strings = strict
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(FIRST, SECOND)
    assert world.additions(harbor) == []
    assert world.record(harbor, "2026-11") is None
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    for each in said:
        assert each in shown.reason


@pytest.mark.parametrize("settings", [{"agreement_type": "Backups"}, {"product": "BACKUP"}])
def test_a_setting_that_is_like_nothing(settings: dict[str, str]) -> None:
    """MATCH-2: a name that nothing resembles is said to be missing, and no near miss is made up."""
    world = World(clock=VirtualClock(FIRST), **settings)  # type: ignore[arg-type]  # both are texts
    harbor = world.add_customer("Harbor Dental")
    world.play(FIRST)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    (wrong,) = settings.values()
    assert repr(wrong) in shown.reason
    assert "There is" not in shown.reason


@pytest.mark.parametrize("wrong", ["type", "product"])
def test_open_records_go_on_while_a_name_is_wrong(world: World, wrong: str) -> None:
    """MATCH-2: renaming type or product stops new months and no open one, which goes on by its ids
    until its close.
    """
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(FIRST)
    if wrong == "type":
        world.connectwise.people.edit_agreement_type(TYPE_ID, {"name": "endpoint security"})
    else:
        world.connectwise.people.edit_product(PRODUCT_ID, {"identifier": "gz-endpoint"})
    world.check_in(harbor, 3)
    world.play(SECOND)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP
    world.check_in(harbor, 1)
    world.play(gmt("2026-12-02 00:00"))
    assert world.additions(harbor) == [(6, "2026-11-01", "2026-11-30")]
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.state == "closed"


def test_a_name_put_right_opens_the_month(world: World) -> None:
    """MATCH-2: needs set-up is the standing until its cause is gone, then the month is opened."""
    world.connectwise.people.edit_agreement_type(TYPE_ID, {"name": "endpoint security"})
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(FIRST)
    assert world.additions(harbor) == []
    world.connectwise.people.edit_agreement_type(TYPE_ID, {"name": "Endpoint Security"})
    world.play(SECOND)
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def a_crowd() -> World:
    """A ConnectWise in which much resembles what is looked for: a deleted namesake, other types,
    other products.
    """
    plain = plain_connectwise()
    (product,) = plain.products
    crowded = replace(
        plain,
        companies=(
            ConnectWiseCompany(id=90, identifier="Old", name="Harbor Dental", deleted=True),
        ),
        agreement_types=(
            AgreementType(id=3, name="Endpoint Security Server"),
            *plain.agreement_types,
        ),
        products=(
            CatalogProduct(
                id=500,
                identifier=f"{PRODUCT}-SERVER",
                description="Server",
                unit_price=product.unit_price,
                unit_cost=product.unit_cost,
            ),
            *plain.products,
        ),
        agreements=(
            AgreementScript(
                id=70,
                name="Old",
                type_id=TYPE_ID,
                company_id=90,
                start=gmt("2020-01-01 00:00").date(),
            ),
        ),
    )
    return World(clock=VirtualClock(FIRST), connectwise_world=crowded)


def test_conditions_that_are_ignored_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """MATCH-4: a server that answers everything, whatever the conditions, gets the very same
    Additions.
    """
    world = a_crowd()
    handle = world.connectwise.handle
    ignored: list[str] = []

    def careless(request: Request) -> Response:
        ignored.extend(value for name, value in request.query.items() if name == "conditions")
        return handle(
            replace(
                request,
                query={
                    name: value for name, value in request.query.items() if name != "conditions"
                },
            )
        )

    monkeypatch.setattr(world.connectwise, "handle", careless)
    harbor = world.add_customer("Harbor Dental")
    server = world.connectwise.people.add_agreement(
        harbor.connectwise_id, 3, "Servers", start=gmt("2020-01-01 00:00").date()
    )
    world.check_in(harbor, 2)
    world.play(FIRST, SECOND)
    assert ignored
    link = world.ledger.link(harbor.id)
    assert link is not None
    assert link.connectwise_id == harbor.connectwise_id
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]
    assert world.additions(replace(harbor, agreement_id=server)) == []
    (made,) = world.connectwise.truth.made_by_api()
    assert made.product == PRODUCT


def test_conditions_that_find_nothing_write_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """MATCH-4: an empty answer is weak evidence: it opens nothing, and the company is told of, not
    taken for gone.
    """
    world = World(clock=VirtualClock(FIRST))
    handle = world.connectwise.handle

    def blind(request: Request) -> Response:
        return handle(
            replace(request, path=request.path, query={**request.query, "conditions": "id=0"})
        )

    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(FIRST)
    world.check_in(harbor, 1)
    monkeypatch.setattr(
        world.connectwise,
        "handle",
        lambda request: blind(request) if "conditions" in request.query else handle(request),
    )
    world.play(SECOND, gmt("2026-12-01 00:00"))
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP
