"""The ConnectWise client's take-over: what is sent, what counts as done, and what an error
means.
"""

import json
from datetime import date

import pytest
import requests
from requests.exceptions import ConnectionError as Reset

from simulators.connectwise.billing_truth import API
from simulators.connectwise.example import FOREIGN_ADDITION, HARBOR_AGREEMENT
from tally.connectwise.client import ConnectWiseClient
from tally.domain.model.agreement import Addition
from tally.errors import AmbiguousError, NotFoundError, RefusedError, TallyError
from tests.unit.connectwise_caller import INFO, World, make_client
from tests.unit.scripted import Loose, Scripted, Step, answer, error_of

ENDS = date(2026, 11, 30)
TEXT = "Endpoints [TLY-ABCDEFGHIJKL]"


def take_over(
    client: ConnectWiseClient, *, addition_id: int = FOREIGN_ADDITION, text: str = TEXT
) -> Addition:
    return client.take_over(
        agreement_id=HARBOR_AGREEMENT, addition_id=addition_id, text=text, cancelled=ENDS
    )


def row(**changes: Loose) -> Step:
    """An answer to the PATCH."""
    fields = {
        "id": FOREIGN_ADDITION,
        "product": {"id": 1},
        "quantity": 9.0,
        "agreementId": HARBOR_AGREEMENT,
        "invoiceDescription": TEXT,
        "cancelledDate": "2026-11-30T00:00:00Z",
        **changes,
    }
    return answer(200, json.dumps(fields))


def taking(*steps: Step) -> TallyError:
    """The error of a take-over that meets these steps."""
    return error_of(lambda: take_over(make_client(Scripted([INFO, *steps]))))


def test_text_and_end_are_set_at_once() -> None:
    """OPEN-6: one PATCH with bare paths sets the text and the cancelled date, and nothing else; the
    answer is as it stands.
    """
    world = World()
    before = next(
        each for each in world.client.additions(HARBOR_AGREEMENT) if each.id == FOREIGN_ADDITION
    )
    taken = take_over(world.client)
    assert (taken.id, taken.text, taken.cancelled, taken.quantity) == (
        FOREIGN_ADDITION,
        TEXT,
        ENDS,
        before.quantity,
    )
    (call,) = world.simulator.calls.of("PATCH additions/{id}")
    assert json.loads(call.body) == [
        {"op": "replace", "path": "invoiceDescription", "value": TEXT},
        {"op": "replace", "path": "cancelledDate", "value": "2026-11-30T00:00:00Z"},
    ]
    changes = world.simulator.truth.addition(FOREIGN_ADDITION).changes_by(API)
    assert {each.field for each in changes} <= {"invoiceDescription", "cancelledDate"}


def test_twice_is_once() -> None:
    """SAFE-2: a take-over that is repeated changes nothing more."""
    world = World()
    assert take_over(world.client).text == take_over(world.client).text == TEXT


def test_a_text_may_be_shown_with_other_spaces() -> None:
    """OPEN-6: ConnectWise shows a line break as a space: that is the text that was sent."""
    assert (
        take_over(World().client, text="two\nlines [TLY-ABCDEFGHIJKL]").text
        == "two lines [TLY-ABCDEFGHIJKL]"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"invoiceDescription": "Endpoints"},
        {"invoiceDescription": None},
        {"cancelledDate": None},
        {"cancelledDate": "2026-12-31T00:00:00Z"},
        {"id": 302},
        {"agreementId": 999},
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_doubtful(changes: dict[str, Loose]) -> None:
    """SAFE-2: answered as done and not so, it may or may not have happened: it is looked for before
    the next write.
    """
    assert isinstance(taking(row(**changes)), AmbiguousError)


def test_a_lost_answer_is_repeated() -> None:
    """SAFE-6: it sets values, so an answer that never came is asked for again."""
    client = make_client(Scripted([INFO, Reset(), row()]))
    assert take_over(client).text == TEXT


@pytest.mark.parametrize(
    ("status", "expected"), [(400, RefusedError), (404, NotFoundError), (500, AmbiguousError)]
)
def test_what_an_error_means(status: int, expected: type[TallyError]) -> None:
    """SAFE-2: refused is refused; what is not there has not happened; a 5xx may have."""

    def network(request: requests.PreparedRequest) -> Step:
        return (
            INFO
            if "companyinfo" in (request.url or "")
            else answer(status, '{"code": "X", "message": "no"}')
        )

    assert isinstance(error_of(lambda: take_over(make_client(Scripted(network)))), expected)
