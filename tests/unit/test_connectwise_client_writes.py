"""The ConnectWise client's two writes: what is sent, what counts as done, and what an error
means.
"""

import base64
import json
import traceback
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as Reset
from requests.exceptions import ConnectTimeout

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseSimulator, Right
from simulators.connectwise.example import (
    ENDPOINT,
    HARBOR_AGREEMENT,
    OLD_MILL_AGREEMENT,
    example_world,
)
from simulators.faults import Fault, FaultKind, Garble
from tally.connectwise.client import ConnectWiseClient
from tally.connectwise.site import Keys
from tally.connectwise.writes import AdditionToCreate, ProductReference, QuantityPatch
from tally.domain.model.agreement import Addition, NewAddition
from tally.domain.model.terms import Terms
from tally.errors import (
    AmbiguousError,
    CredentialsError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    SetupError,
    TallyError,
    TransientError,
)
from tests.unit.scripted import Loose, Scripted, Step, answer, error_of

SECRETS = ("public-k3y", "private-k3y", "client-1d")
KEYS = Keys(
    public=SecretStr(SECRETS[0]), private=SecretStr(SECRETS[1]), client_id=SecretStr(SECRETS[2])
)
ENCODED = base64.b64encode(b"brightlantern+public-k3y:private-k3y").decode()
INFO = answer(200, '{"Codebase": "v2025_1/"}')
NEW = NewAddition(
    agreement_id=HARBOR_AGREEMENT,
    product_id=ENDPOINT,
    quantity=12,
    effective=date(2026, 11, 1),
    cancelled=date(2026, 11, 30),
    text="Active endpoints, November 2026 (TLY-ABC)",
)


def make_client(adapter: BaseAdapter) -> ConnectWiseClient:
    return ConnectWiseClient(
        url="https://api-eu.psa.test",
        company="brightlantern",
        keys=KEYS,
        sleep=lambda _: None,
        jitter=lambda: 0.0,
        adapter=adapter,
    )


class World:
    """A simulator, and the client that calls it."""

    def __init__(self) -> None:
        self.simulator = ConnectWiseSimulator(
            VirtualClock(datetime(2026, 11, 5, 12, tzinfo=UTC)), example_world()
        )
        self.client = make_client(SimulatorAdapter(self.simulator))

    def ours(self) -> list[Addition]:
        """The Additions that stand there with our text."""
        return [each for each in self.client.additions(HARBOR_AGREEMENT) if "TLY-" in each.text]

    def set(self, quantity: int) -> Addition:
        # Fmt: skip.
        return self.client.set_quantity(
            agreement_id=HARBOR_AGREEMENT, addition_id=self.ours()[0].id, quantity=quantity
        )


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def opened(world: World) -> World:
    """A world in which our Addition stands."""
    world.client.create_addition(NEW)
    return world


def creating(*steps: Step) -> TallyError:
    """The error of a POST that meets these steps."""
    return error_of(lambda: make_client(Scripted([INFO, *steps])).create_addition(NEW))


def setting(*steps: Step) -> TallyError:
    """The error of a PATCH to 12 that meets these steps."""
    client = make_client(Scripted([INFO, *steps]))
    return error_of(
        lambda: client.set_quantity(agreement_id=HARBOR_AGREEMENT, addition_id=301, quantity=12)
    )


def row(**changes: Loose) -> Step:
    """The answer to a write: an Addition."""
    fields = {
        "id": 301,
        "product": {"id": ENDPOINT},
        "quantity": 12.0,
        "agreementId": HARBOR_AGREEMENT,
        **changes,
    }
    return answer(200, json.dumps(fields))


def test_an_addition_is_made(world: World) -> None:
    """OPEN-1, OPEN-3: what is made is what was asked for, and is answered as it stands there."""
    made = world.client.create_addition(NEW)
    assert made == world.ours()[0]
    assert made.quantity == NEW.quantity
    assert (made.effective, made.cancelled, made.text) == (NEW.effective, NEW.cancelled, NEW.text)
    assert (made.product_id, made.updated_by) == (ENDPOINT, "TallyAPI")


def test_the_body_of_a_post(world: World) -> None:
    """OPEN-5: exactly these fields go out: no price, no cost, no tax, which ConnectWise takes from
    the catalog.
    """
    world.client.create_addition(replace(NEW, text=" two\nlines \t here "))
    assert json.loads(world.simulator.calls.of("POST additions")[0].body) == {
        "product": {"id": ENDPOINT},
        "quantity": 12,
        "billCustomer": "Billable",
        "effectiveDate": "2026-11-01T00:00:00Z",
        "cancelledDate": "2026-11-30T00:00:00Z",
        "invoiceDescription": "two lines here",
    }


def test_the_body_of_a_patch(opened: World) -> None:
    """FOLLOW-1: one absolute quantity under its bare path, and nothing else."""
    assert opened.set(17).quantity == 17
    call = opened.simulator.calls.of("PATCH additions/{id}")[0]
    assert json.loads(call.body) == [{"op": "replace", "path": "quantity", "value": 17}]
    assert opened.ours()[0].quantity == 17


@given(quantity=st.integers(0, 10**6), day=st.dates(), text=st.text())
def test_whatever_is_sent_is_well_formed(quantity: int, day: date, text: str) -> None:
    """OPEN-3: any date goes out as midnight Z, to the second, and any text on one line, unharmed
    but for its blanks.
    """
    network = Scripted([INFO, answer(400)])
    new = replace(NEW, quantity=quantity, effective=day, cancelled=day, text=text)
    error_of(lambda: make_client(network).create_addition(new))
    body = json.loads(network.requests[1].body or b"")
    assert body["effectiveDate"] == body["cancelledDate"] == f"{day.isoformat()}T00:00:00Z"
    assert body["invoiceDescription"].split() == text.split()
    assert "\n" not in body["invoiceDescription"]
    assert body["quantity"] == quantity


def test_only_what_is_allowed_can_be_sent() -> None:
    """OPEN-5: a field more, a negative quantity, another path or another billing form cannot even
    be written down.
    """
    product, day = ProductReference(id=1), date(2026, 11, 1)
    fields: dict[str, Any] = {
        "quantity": 1,
        "effective_date": day,
        "cancelled_date": day,
        "invoice_description": "",
    }
    AdditionToCreate(product=product, **fields)
    for wrong in ({"unitPrice": 0}, {"quantity": -1}, {"billCustomer": "NoCharge"}):
        with pytest.raises(ValidationError):
            AdditionToCreate(product=product, **(fields | wrong))
    for patch in ({"value": -1}, {"value": 1, "path": "Quantity"}, {"value": 1, "op": "add"}):
        with pytest.raises(ValidationError):
            QuantityPatch(**patch)


@pytest.mark.parametrize(
    ("kind", "there"),
    [(FaultKind.TIMEOUT_BEFORE, 0), (FaultKind.TIMEOUT_AFTER, 1), (FaultKind.GARBLED, 1)],
)
def test_a_post_without_a_readable_answer(world: World, kind: FaultKind, there: int) -> None:
    """SAFE-2: whether it happened cannot be told, so it is ambiguous, and it went out once."""
    world.simulator.faults.add(Fault(kind=kind, operation="POST *"))
    error = error_of(lambda: world.client.create_addition(NEW))
    assert type(error) is AmbiguousError
    assert f"ConnectWise POST /finance/agreements/{HARBOR_AGREEMENT}/additions" in str(error)
    assert world.simulator.calls.count("POST additions") == 1
    assert len(world.ours()) == there


@pytest.mark.parametrize("garble", Garble)
def test_a_post_whose_answer_is_garbled(world: World, garble: Garble) -> None:
    """SAFE-2: an unreadable 2xx to a POST is no success and no failure."""
    world.simulator.faults.add(Fault(kind=FaultKind.GARBLED, garble=garble, operation="POST *"))
    assert type(error_of(lambda: world.client.create_addition(NEW))) is AmbiguousError


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Reset(ConnectionResetError())], AmbiguousError),
        ([answer(500)], AmbiguousError),
        ([answer(502, "<html>")], AmbiguousError),
        ([answer(204)], AmbiguousError),
        ([answer(200, "[]")], AmbiguousError),
        ([row(id=0)], AmbiguousError),
        ([ConnectTimeout()], TransientError),
        ([answer(409)], TransientError),
        ([answer(400, "plain words")], RefusedError),
        ([answer(401)], CredentialsError),
        ([answer(403)], MissingRightError),
        ([answer(404), INFO], NotFoundError),
        ([answer(400, "Cannot route. Codebase/company is invalid"), INFO], NotFoundError),
        ([answer(404), answer(500)], TransientError),
        ([answer(429, headers={"Retry-After": "1"})], RateLimitedError),
        ([answer(302, headers={"Location": "https://elsewhere.test"})], SetupError),
    ],
)
def test_what_an_error_of_a_post_means(steps: list[Step], expected: type[TallyError]) -> None:
    """SAFE-2: AmbiguousError if and only if the Addition may be there."""
    assert type(creating(*steps)) is expected


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"product": {"id": 1}}, {"product_id": 1}),
        ({"agreementId": 1}, {"agreement_id": 1}),
        ({"effectiveDate": "2026-10-31T00:00:00Z"}, {"effective": date(2026, 10, 31)}),
        ({"cancelledDate": None}, {"cancelled": None}),
        ({"quantity": 2147483648.0}, {"quantity": Decimal(2147483648)}),
        ({"billCustomer": "DoNotBill"}, {"terms": Terms(bill_customer="DoNotBill")}),
    ],
)
def test_a_post_that_is_answered_otherwise(
    fields: dict[str, Loose], shown: dict[str, object]
) -> None:
    """OPEN-3: what was made otherwise than it was sent was made all the same, and is shown as it
    was answered.
    """
    made = make_client(Scripted([INFO, row(**fields)])).create_addition(NEW)
    assert {name: getattr(made, name) for name in shown} == shown


def test_a_refused_content(world: World) -> None:
    """SAFE-2: a 400 is a refusal, with ConnectWise's own words, field and request id, and nothing
    was made.
    """
    error = error_of(
        lambda: world.client.create_addition(replace(NEW, agreement_id=OLD_MILL_AGREEMENT))
    )
    assert type(error) is RefusedError
    assert "HTTP 400" in str(error)
    assert (
        "effectiveDate: effectiveDate cannot be less than the agreement billing start date"
        in str(error)
    )
    assert "(request 0000000" in str(error)
    assert world.client.additions(OLD_MILL_AGREEMENT) == []


def test_a_missing_right_to_write(world: World) -> None:
    """A 403 names the call that the role must allow; nothing was made."""
    world.simulator.options.taken_rights = frozenset({Right.AGREEMENTS_ADD})
    error = error_of(lambda: world.client.create_addition(NEW))
    assert type(error) is MissingRightError
    assert "POST" in str(error)
    assert world.ours() == []


def test_a_post_follows_the_codebase_once(world: World) -> None:
    """SAFE-2: a POST answered 404 has not happened; where the codebase has moved it is made there,
    and once.
    """
    world.client.additions(HARBOR_AGREEMENT)
    world.simulator.move_codebase("v2026_1")
    world.client.create_addition(NEW)
    assert len(world.ours()) == 1
    assert world.simulator.calls.count("POST additions") == 2


def test_a_post_to_an_agreement_that_is_gone(world: World) -> None:
    """SAFE-2: where the codebase has not moved, a 404 is not tried a second time."""
    assert (
        type(error_of(lambda: world.client.create_addition(replace(NEW, agreement_id=999))))
        is NotFoundError
    )
    assert world.simulator.calls.count("POST additions") == 1


def test_an_ambiguous_post_never_follows_the_codebase() -> None:
    """SAFE-2: the second codebase is for a 404 alone; a doubt ends the call."""
    network = Scripted([INFO, answer(404), answer(200, '{"Codebase": "v2026_1/"}'), answer(500)])
    assert type(error_of(lambda: make_client(network).create_addition(NEW))) is AmbiguousError
    assert len(network.requests) == 4


@pytest.mark.parametrize(
    "kind", [FaultKind.REFUSED, FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER, FaultKind.STATUS]
)
def test_a_patch_is_repeated(opened: World, kind: FaultKind) -> None:
    """FOLLOW-1: a quantity is absolute, so a PATCH without an answer is sent again, and the
    Addition is right.
    """
    opened.simulator.faults.add(Fault(kind=kind, operation="PATCH *", times=2))
    assert opened.set(20).quantity == 20
    assert opened.ours()[0].quantity == 20


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([Reset(ConnectionResetError())], AmbiguousError),
        ([answer(500)], AmbiguousError),
        ([answer(200, "<html>")], AmbiguousError),
        ([row(id=302)], AmbiguousError),
        ([row(agreementId=1)], AmbiguousError),
        ([answer(503), answer(404)], AmbiguousError),
        ([ConnectTimeout()], TransientError),
        ([answer(409)], TransientError),
        ([answer(400, '{"message": "addition object is invalid"}')], RefusedError),
        ([answer(403)], MissingRightError),
        ([answer(404), INFO], NotFoundError),
        ([answer(429)], RateLimitedError),
    ],
)
def test_what_an_error_of_a_patch_means(steps: list[Step], expected: type[TallyError]) -> None:
    """FOLLOW-1: AmbiguousError if and only if the new quantity may stand there, whichever attempt
    may have done it.
    """
    error = setting(*steps)
    assert type(error) is expected
    assert f"ConnectWise PATCH /finance/agreements/{HARBOR_AGREEMENT}/additions/301" in str(error)


@pytest.mark.parametrize("stands", [11.0, 12.5, 0])
def test_a_false_success(stands: float) -> None:
    """FOLLOW-1, SAFE-2: a 200 whose quantity is not ours is not taken for done: it is looked at
    before the next write.
    """
    error = setting(row(quantity=stands))
    assert type(error) is AmbiguousError
    assert f"stands at {Decimal(str(stands)).normalize():f}" in str(error)
    assert "and not at 12" in str(error)


def test_a_fraction_of_nothing_is_none() -> None:
    """ConnectWise's quantities are doubles: 12.0 is 12."""
    client = make_client(Scripted([INFO, row(quantity=12.0, agreementId=None)]))
    assert client.set_quantity(
        agreement_id=HARBOR_AGREEMENT, addition_id=301, quantity=12
    ).quantity == Decimal(12)


@pytest.mark.parametrize(
    "step",
    [
        answer(401, " ".join((*SECRETS, ENCODED))),
        answer(
            400,
            json.dumps(
                {
                    "code": "x",
                    "message": " ".join((*SECRETS, ENCODED)),
                    "errors": [{"message": None}],
                }
            ),
        ),
        answer(201, " ".join((*SECRETS, ENCODED))),
        answer(500, " ".join((*SECRETS, ENCODED))),
        Reset(" ".join((*SECRETS, ENCODED))),
    ],
)
def test_the_keys_are_in_no_error(step: Step) -> None:
    """Secrets are never in errors, plain or encoded, even where the other side or the network's
    error repeats them.
    """
    for error in (creating(step), setting(step)):
        shown = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
        assert not [secret for secret in (*SECRETS, ENCODED) if secret in shown]


def test_the_keys_are_in_no_repr(world: World) -> None:
    """Secrets are in no repr of the client or of the keys."""
    shown = repr(KEYS) + repr(world.client) + repr(vars(world.client))
    assert not [secret for secret in SECRETS if secret in shown]
