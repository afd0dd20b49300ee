"""Items of the ledger that this version cannot read: their company's trouble, and nobody else's."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.errors import SetupError
from tally.people.read_statements import read_statements
from tally.reporter.digest_due import DigestDue
from tally.reporter.report import Report
from testing.books import MemoryBooks
from testing.world import PRODUCT, Customer
from tests.functional.instants import gmt
from tests.functional.services_world import EMAIL, options_of, setting
from tests.functional.stored_world import TABLE, StoredWorld, stored_world

pytestmark = pytest.mark.slow

FIRST = gmt("2026-11-01 00:05")
QUARTER = timedelta(minutes=15)
NESTED = '{"a":' * 50_000 + "1" + "}" * 50_000

SPOILT = {
    "standing-unknown-state": (
        "STANDING",
        "causes",
        {"S": '{"2026-11 endpoints": {"state": "paused"}}'},
    ),
    "standing-causes-a-list": ("STANDING", "causes", {"S": "[1]"}),
    "standing-nested": ("STANDING", "causes", {"S": NESTED}),
    "standing-unknown-scope": ("STANDING", "causes", {"S": '{"next month": {"state": "held"}}'}),
    "standing-looked-at-no-record": (
        "STANDING",
        "looked",
        {"S": '{"company": "2026-11-01T00:00:00+00:00"}'},
    ),
    "standing-tick-a-number": ("STANDING", "tick", {"N": "1"}),
    "standing-version-a-text": ("STANDING", "version", {"S": "x"}),
    "standing-without-a-version": ("STANDING", "version", {"NULL": True}),
    "standing-tick-at-the-end": ("STANDING", "tick", {"S": "9999-12-31T23:59:59-23:59"}),
    "standing-tick-to-come": ("STANDING", "tick", {"S": "2999-12-31T00:00:00+00:00"}),
    "standing-read-in-time-to-come": (
        "STANDING",
        "last_reading",
        {"S": "2027-11-01T00:00:00+00:00"},
    ),
    "standing-licence-seen-in-time-to-come": (
        "STANDING",
        "seen_monthly",
        {"S": "2027-11-01T00:00:00+00:00"},
    ),
    "standing-looked-in-time-to-come": (
        "STANDING",
        "looked",
        {"S": '{"2026-11 endpoints": "2027-11-01T00:00:00+00:00"}'},
    ),
    "standing-name-a-number": ("STANDING", "company_name", {"N": "12"}),
    "standing-notices-no-texts": (
        "STANDING",
        "causes",
        {"S": '{"company": {"state": "held", "notices": [1]}}'},
    ),
    "link-id-a-text": ("MAPPING", "connectwise_id", {"S": "12"}),
    "link-linked-at": ("MAPPING", "tied_at", {"S": "long ago"}),
    "link-kept-apart": ("MAPPING", "kept_apart", {"S": '["12"]'}),
    "record-unknown-hold": (
        "RECORD#2026-11#endpoints",
        "hold",
        {"S": '{"kind": "later", "quantity": 1}'},
    ),
    "record-tick-to-come": (
        "RECORD#2026-11#endpoints",
        "seen_tick",
        {"S": "2027-11-01T00:00:00+00:00"},
    ),
    "record-claim-to-come": (
        "RECORD#2026-11#endpoints",
        "claim",
        {
            "S": '{"write": {"write": "patch", "number": 0, "quantity": 5}, '
            '"at": "2027-11-01T00:00:00+00:00"}'
        },
    ),
    "record-place-at-the-end": (
        "RECORD#2026-11#endpoints",
        "lines",
        {
            "S": '[{"number": 0, "state": "open", "place": {"agreement_id": 1, "product_id": 1, '
            '"effective": "2026-11-01", "cancelled": "9999-12-31"}, "reference": "TLY-A", '
            '"addition_id": 5, "written": {"quantity": 1, "at": "2026-11-01T00:00:00+00:00"}}]'
        },
    ),
    "record-unknown-state": ("RECORD#2026-11#endpoints", "state", {"S": "paused"}),
    "record-nested": ("RECORD#2026-11#endpoints", "lines", {"S": "[" * 100_000}),
    "record-a-later-schema": ("RECORD#2026-11#endpoints", "schema", {"N": "2"}),
    "record-schema-a-text": ("RECORD#2026-11#endpoints", "schema", {"S": "1"}),
    "record-count-a-list": ("RECORD#2026-11#endpoints", "closing", {"S": '{"count": []}'}),
    "record-price": (
        "RECORD#2026-11#endpoints",
        "closing",
        {"S": '{"count": 1, "credit": {"billed": 2, "counted": 1, "unit_price": "4,50"}}'},
    ),
    "record-price-no-number": (
        "RECORD#2026-11#endpoints",
        "closing",
        {"S": '{"count": 1, "credit": {"billed": 2, "counted": 1, "unit_price": "NaN"}}'},
    ),
    "record-agreement-a-list": (
        "RECORD#2026-11#endpoints",
        "lines",
        {
            "S": '[{"number": 0, "state": "open", "place": {"agreement_id": [], "product_id": 1, '
            '"effective": "2026-11-01", "cancelled": "2026-11-30"}, "reference": "TLY-A", '
            '"addition_id": 5, "written": {"quantity": 1, "at": "2026-11-01T00:00:00+00:00"}}]'
        },
    ),
    "record-quantity-true": (
        "RECORD#2026-11#endpoints",
        "hold",
        {
            "S": (
                '{"kind": "growth", "why": "grown", "agreed": true, "since": '
                '"2026-11-01T00:00:00+00:00"}'
            )
        },
    ),
    "record-hold-with-more-to-it": (
        "RECORD#2026-11#endpoints",
        "hold",
        {
            "S": (
                '{"kind": "growth", "why": "grown", "agreed": 5, "by": 1, "since": '
                '"2026-11-01T00:00:00+00:00"}'
            )
        },
    ),
}


@pytest.fixture
def stored() -> Iterator[StoredWorld]:
    with stored_world(gmt("2026-11-01 00:00")) as world:
        yield world


def _three(stored: StoredWorld) -> list[Customer]:
    customers = [
        stored.world.add_customer(name) for name in ("Anchor Law", "Harbor Dental", "Zenith Foods")
    ]
    for customer in customers:
        stored.world.check_in(customer, 4)
    return customers


@pytest.mark.parametrize("kind", SPOILT)
def test_unreadable_item_is_its_companys(stored: StoredWorld, kind: str) -> None:
    """SAFE-5, SAFE-7: an item that cannot be read, in whatever way, is its company's `failing`,
    named by its key; others go on.
    """
    anchor, harbor, zenith = _three(stored)
    stored.tick(FIRST)
    sort, attribute, value = SPOILT[kind]
    stored.put(harbor, sort, **{attribute: value})
    key = f"COMPANY#{harbor.id} {sort}"
    if "to-come" not in kind:  # only a tick has a clock
        before = stored.shown(harbor)
        assert before.state is StandingState.FAILING
        assert key in before.reason
    for customer in (anchor, zenith):
        stored.world.check_in(customer, 3)
    planned = stored.tick(FIRST + QUARTER)
    assert [stored.world.additions(each)[0][0] for each in (anchor, zenith)] == [7, 7]
    assert planned.jobs == 2
    assert any(key in each for each in planned.troubles)
    shown = stored.shown(harbor)
    assert shown.state is StandingState.FAILING
    assert key in shown.reason
    assert len(shown.reason) < 1_000
    assert [stored.shown(each).state for each in (anchor, zenith)] == [StandingState.BILLING] * 2
    assert (
        len(
            stored.world.connectwise.truth.additions(
                agreement_id=harbor.agreement_id, deleted=False
            )
        )
        == 1
    )


@pytest.mark.parametrize("kind", [kind for kind in SPOILT if kind.startswith("standing")])
def test_unreadable_standing_heals(stored: StoredWorld, kind: str) -> None:
    """SAFE-5: a standing is made anew from what is known, so that one which cannot be read fails
    for one tick alone.
    """
    _, harbor, _ = _three(stored)
    stored.tick(FIRST)
    sort, attribute, value = SPOILT[kind]
    stored.put(harbor, sort, **{attribute: value})
    stored.tick(FIRST + QUARTER)
    stored.world.check_in(harbor, 2)
    stored.tick(FIRST + 2 * QUARTER)
    assert stored.shown(harbor).state is StandingState.BILLING
    assert stored.world.additions(harbor)[0][0] == 6


def test_what_can_be_read_of_a_standing_stays(stored: StoredWorld) -> None:
    """OPEN-9: that a company was seen licensed is not forgotten with a cause that cannot be
    read.
    """
    _, harbor, _ = _three(stored)
    stored.tick(FIRST)
    stored.put(harbor, "STANDING", causes={"S": '{"2026-11 endpoints": {"state": "paused"}}'})
    stored.tick(FIRST + QUARTER)
    standing = stored.ledger.standing(harbor.id)
    assert standing is not None
    assert [str(each) for each in standing.licensed_in] == ["2026-11"]


def test_a_job_under_way_tells_of_an_unreadable_record(stored: StoredWorld) -> None:
    """SAFE-7: a worker that meets an item it cannot read says so in the standing, and calls
    nobody.
    """
    anchor, harbor, _ = _three(stored)
    stored.tick(FIRST)
    stored.world.check_in(harbor, 2)
    stored.world.check_in(anchor, 2)
    stored.tick(FIRST + QUARTER, work=False)
    stored.put(harbor, "RECORD#2026-11#endpoints", state={"S": "paused"})
    stored.world.work(deliver=stored.world.worker(wrap=stored.wrap))
    standing = stored.ledger.standing(harbor.id)
    assert standing is not None
    assert standing.shown.state is StandingState.FAILING
    assert f"COMPANY#{harbor.id} RECORD#2026-11#endpoints" in standing.shown.reason
    assert stored.world.additions(harbor)[0][0] == 4
    assert stored.world.additions(anchor)[0][0] == 6


def test_unreadable_link_is_linked_to_nobody_else(stored: StoredWorld) -> None:
    """MATCH-1: a company whose link cannot be read is not linked anew by its name."""
    _, harbor, _ = _three(stored)
    stored.tick(FIRST)
    stored.put(harbor, "MAPPING", tied_at={"S": "long ago"})
    planned = stored.tick(FIRST + timedelta(days=1))
    assert planned.linked == 0
    assert "MAPPING cannot be read" in stored.shown(harbor).reason
    stored.put(harbor, "MAPPING", tied_at={"S": "2026-11-01T00:05:00+00:00"})
    stored.tick(FIRST + timedelta(days=1) + QUARTER)
    assert stored.shown(harbor).state is StandingState.BILLING


def test_newest_tick_in_the_future_is_told(stored: StoredWorld) -> None:
    """SAFE-9: a newest tick that cannot have been is an error that says so: every tick would be
    older than it for ever.
    """
    _three(stored)
    stored.tick(FIRST)
    stored.client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": "TICKS"}, "sk": {"S": "TICKS"}},
        UpdateExpression="SET newest = :newest",
        ExpressionAttributeValues={":newest": {"S": "9999-12-31T23:59:59+00:00"}},
    )
    with pytest.raises(SetupError, match=r"newest tick, 9999-12-31T23:59:59Z, lies in the future"):
        stored.tick(FIRST + QUARTER)


def test_digest_tells_of_an_unreadable_item(stored: StoredWorld) -> None:
    """SAFE-7: the digest is sent, names the company as failing with the item, and tells the others'
    as ever.
    """
    _, harbor, _ = _three(stored)
    stored.tick(FIRST)
    stored.put(harbor, "RECORD#2026-11#endpoints", state={"S": "paused"})
    sent: list[str] = []

    class Topic:
        def publish(self, *, subject: str, text: str) -> None:
            sent.extend((subject, text))

    due = DigestDue.of({"digest": "weekly", "at": "2026-11-02T08:00:00Z"})
    report = Report(
        ledger=stored.ledger,
        announcements=Topic(),
        close_day=2,
        stack="tally",
        books=MemoryBooks(),
    )
    report(due.digest, due.at)
    assert "Harbor Dental" in sent[1]
    assert f"COMPANY#{harbor.id} RECORD#2026-11#endpoints" in " ".join(sent[1].split())


def test_an_unreadable_item_is_told_in_its_months_statements(stored: StoredWorld) -> None:
    """SAFE-5: a record that cannot be read is missing in its own month alone, and a link is told in
    the months of which its customer has a record. Neither customer has a statement as well.
    """
    anchor, harbor, _ = _three(stored)
    stored.tick(FIRST)
    stored.put(harbor, "RECORD#2026-11#endpoints", state={"S": "paused"})
    stored.put(anchor, "MAPPING", connectwise_id={"S": "12"})
    assert _book(stored, Month(2026, 10)) == ([], {})
    stated, november = _book(stored, Month(2026, 11))
    assert stated == ["Zenith Foods"]
    assert sorted(november) == sorted([anchor.id, harbor.id])
    assert november[harbor.id].startswith("Harbor Dental: ")
    assert f"COMPANY#{harbor.id} RECORD#2026-11#endpoints" in november[harbor.id]
    assert november[anchor.id].startswith("Anchor Law: ")
    assert f"COMPANY#{anchor.id} MAPPING" in november[anchor.id]


def test_a_statement_never_lacks_a_service_that_cannot_be_read() -> None:
    """SAFE-5, PROOF-3: one service's record that cannot be read keeps back the customer's whole
    statement, which would bill less than is billed, and not one of several numbers.
    """
    two = setting(endpoints={"product": PRODUCT}, email=EMAIL)
    with stored_world(gmt("2026-11-01 00:00"), settings=lambda: options_of(two)) as stored:
        _, harbor, _ = _three(stored)
        stored.tick(FIRST)
        stored.put(harbor, "RECORD#2026-11#email", state={"S": "paused"})
        stated, november = _book(stored, Month(2026, 11))
        assert stated == ["Anchor Law", "Zenith Foods"]
        assert list(november) == [harbor.id]


def _book(stored: StoredWorld, month: Month) -> tuple[list[str], dict[str, str]]:
    """Who has a statement in the month's book, and why others have none."""
    unreadable: dict[str, str] = {}
    found = read_statements(stored.ledger, month, zone="UTC", unreadable=unreadable)
    return [each.customer.name for each in found], unreadable
