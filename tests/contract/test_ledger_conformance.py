"""What every ledger promises: the twin in memory, and the DynamoDB adapter on moto and on
MiniStack.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from cli.rehearsal.rehearsed_ledger import OverlayLedger
from local.errors import LocalError
from local.ministack import start_ministack
from local.processes import port_of, reserved_port, url_of
from tally.domain.holds import Moved
from tally.domain.model.company import EVERYBODY, CompanyLink, LinkChange, Stretch
from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Standing, StandingState
from tally.domain.model.terms import OtherTerms, Terms
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import Transition
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import Closing, RecordState, UsageRecord, unopened
from tally.domain.record.writes import Claim, SetTerms
from tally.errors import ConflictError
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.history_entry import paths
from tally.ledger.record_codec import record_fields
from tally.ports import Ledger
from testing.audit import replayed
from testing.ledger import MemoryLedger
from testing.ledger_table import create_ledger_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def dynamodb(endpoint: str | None = None) -> "DynamoDBClient":
    return boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def on_dynamodb(client: "DynamoDBClient", name: str) -> DynamoDBLedger:
    create_ledger_table(client, name)
    return DynamoDBLedger(client, name)


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[DynamoDBClient]":
    """A MiniStack of our own, DynamoDB alone being asked for."""
    files = tmp_path_factory.mktemp("ministack")
    with reserved_port() as listener:
        url = url_of(listener)
        try:
            child = start_ministack(files=files, log=files / "log", listener=listener, auth=False)
        except LocalError as error:
            pytest.skip(str(error))
    try:
        child.wait_for_port(port_of(url))
        yield dynamodb(url)
    finally:
        child.stop()


@pytest.fixture(params=["twin", "overlay", "moto", "ministack"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """An empty ledger."""
    with ExitStack() as ending:
        if request.param == "twin":
            yield MemoryLedger()
        elif request.param == "overlay":
            yield OverlayLedger(below=MemoryLedger())
        elif request.param == "moto":
            ending.enter_context(mock_aws())
            yield on_dynamodb(dynamodb(), "ledger")
        else:
            name = "".join(each if each.isalnum() else "-" for each in request.node.name)
            yield on_dynamodb(request.getfixturevalue("ministack"), name)


def key_of(company: str = "gz-1", month: Month = NOVEMBER, service: str = "endpoints") -> RecordKey:
    return RecordKey(company_id=company, month=month, service=service)


def first(
    key: RecordKey, *, quantity: int = 5, state: RecordState = RecordState.OPEN
) -> UsageRecord:
    line = Line(
        number=0,
        state=LineState.OPEN,
        place=Place(
            agreement_id=31,
            product_id=52,
            effective=date(2026, 11, 1),
            cancelled=date(2026, 11, 30),
        ),
        reference="TLY-ABCDEFGHIJKL",
        addition_id=900,
        written=Written(quantity=quantity, at=TICK),
    )
    return UsageRecord(key=key, version=1, seen_tick=TICK, state=state, lines=(line,))


def step(before: UsageRecord | None, after: UsageRecord, *, what: str = "pushed") -> Transition:
    before = before or unopened(after.key, TICK)
    return Transition(before=before, after=after, what=what, why="because", at=TICK, tick=TICK)


def pushed(before: UsageRecord, quantity: int) -> Transition:
    line = before.newest
    assert line is not None
    return step(
        before,
        replace(
            before.with_line(replace(line, written=replace(line.written, quantity=quantity))),
            version=before.version + 1,
        ),
    )


def opened(ledger: Ledger, key: RecordKey) -> UsageRecord:
    record = first(key)
    ledger.save(step(None, record, what="opened"))
    return record


def link(company: str = "gz-1", connectwise: int = 7) -> CompanyLink:
    return CompanyLink(
        company_id=company,
        company_name=f"Company {company}",
        connectwise_id=connectwise,
        connectwise_name=f"Company {company}",
        linked_by="tally",
        linked_at=TICK,
    )


def standing(company: str = "gz-1", *, version: int = 0, reason: str = "") -> Standing:
    cause = Cause(state=StandingState.FAILING, reason=reason, since=TICK)
    return Standing(
        company_id=company,
        company_name=f"Company {company}",
        tick=TICK,
        causes={WHOLE_COMPANY: cause},
        licensed_in=(OCTOBER, NOVEMBER),
        version=version,
    )


# Records


def test_products_are_remembered_as_they_were_last_found(ledger: Ledger) -> None:
    """SAFE-9: the ledger knows which product each service is billed by, from the first tick on; a
    new tick leaves it as it is.
    """
    with pytest.raises(ConflictError):
        ledger.note_products({"endpoints": 501})
    ledger.begin_tick(TICK, services=["endpoints"])
    for products in ({"endpoints": 501, "email": 502}, {"endpoints": 777}, {}):
        ledger.note_products(products)
        known = ledger.begin_tick(TICK + timedelta(hours=len(products)), services=["endpoints"])
        assert known.products == products
        assert ledger.ticks() == known
    ledger.finish_tick(TICK)


def test_nothing_is_there_at_first(ledger: Ledger) -> None:
    """An empty ledger knows nothing, and says so without an error."""
    assert ledger.record(key_of()) is None
    assert ledger.link("gz-1") is None
    assert ledger.standing("gz-1") is None
    assert ledger.ticks() is None
    assert list(ledger.history(key_of())) == []
    assert list(ledger.all_open_records()) == []
    assert list(ledger.all_settled_records(NOVEMBER)) == []
    assert list(ledger.all_links()) == []
    assert list(ledger.link_history("gz-1")) == []
    assert list(ledger.all_standings()) == []


def test_saved_record_is_read_back(ledger: Ledger) -> None:
    """A record is read as it was saved, and its history tells the transition."""
    record = opened(ledger, key_of())
    assert ledger.record(key_of()) == record
    (entry,) = ledger.history(key_of())
    assert (entry.version, entry.what, entry.why, entry.by, entry.at, entry.tick) == (
        1,
        "opened",
        "because",
        "tally",
        TICK,
        TICK,
    )
    assert entry.changes["lines.0.written.quantity"] == (None, 5)


def test_terms_are_read_back(ledger: Ledger) -> None:
    """OPEN-5: terms to be carried over are read to the cent as they were saved, and the history
    replays to them.
    """
    record = opened(ledger, key_of())
    terms = OtherTerms(
        before=Terms(
            unit_price=Decimal("3.90"),
            less_included=Decimal(0),
            taxable=False,
            bill_customer="NoCharge",
        ),
        now=Terms(
            unit_price=Decimal("4.505"),
            less_included=Decimal("2.5"),
            taxable=True,
            bill_customer="Billable",
        ),
        asked=True,
    )
    line = replace(record.lines[0], terms=terms)
    line = replace(line, written=replace(line.written, flag="NoCharge"))
    after = replace(
        record.with_line(line), version=2, claim=Claim(write=SetTerms(number=0), at=TICK)
    )
    ledger.save(step(record, after, what="terms intended"))
    assert ledger.record(key_of()) == after
    history = ledger.history(key_of())
    assert history[-1].changes["lines.0.terms.before.unit_price"] == (None, "3.90")
    assert replayed(history) == dict(paths(record_fields(after)))
    refused = replace(line, terms=replace(terms, asked=False, refused="no"))
    ledger.save(step(after, replace(after.with_line(refused), version=3, claim=None)))
    done = replace(after.with_line(replace(refused, terms=None)), version=4, claim=None)
    ledger.save(step(ledger.record(key_of()), done))
    assert ledger.record(key_of()) == done
    assert replayed(ledger.history(key_of())) == dict(paths(record_fields(done)))


@pytest.mark.parametrize("children", [None, (), ("a1", "b2")])
def test_children_are_read_back(ledger: Ledger, children: tuple[str, ...] | None) -> None:
    """READ-4: who stood below a partner is kept in the record, its hold and its answer; nobody is
    not the same as not known.
    """
    record = opened(ledger, key_of())
    hold = Moved(why="", since=TICK, counted=7, children=children or (), grown=True)
    kept = Ruling(said=Said.KEEP_CHILDREN, number=7, by="ann", at=TICK, about=children or ())
    after = replace(record, version=2, children=children, hold=hold, rulings=(kept,))
    ledger.save(step(record, after, what="held: children"))
    assert ledger.record(key_of()) == after
    assert list(ledger.all_open_records()) == [after]


def test_first_save_needs_that_there_is_no_record(ledger: Ledger) -> None:
    """OPEN-1: a record is opened once; the second to open it gets ConflictError and changes
    nothing.
    """
    record = opened(ledger, key_of())
    with pytest.raises(ConflictError):
        ledger.save(step(None, first(key_of(), quantity=9)))
    assert ledger.record(key_of()) == record
    assert len(ledger.history(key_of())) == 1


def test_of_two_on_one_version_one_wins(ledger: Ledger) -> None:
    """SAFE-3: of two transitions from one version the second gets ConflictError; nothing of it is
    kept.
    """
    record = opened(ledger, key_of())
    winner = pushed(record, 6)
    ledger.save(winner)
    with pytest.raises(ConflictError):
        ledger.save(pushed(record, 7))
    assert ledger.record(key_of()) == winner.after
    assert [
        entry.changes.get("lines.0.written.quantity") for entry in ledger.history(key_of())
    ] == [(None, 5), (5, 6)]


def test_an_equal_transition_conflicts_too(ledger: Ledger) -> None:
    """SAFE-3: two workers may want the very same thing at the same instant; still only one of them
    gets it.
    """
    transition = step(None, first(key_of()))
    ledger.save(transition)
    with pytest.raises(ConflictError):
        ledger.save(transition)


def test_a_record_that_is_gone_conflicts(ledger: Ledger) -> None:
    """A transition of a record that the ledger lacks (restored to an earlier point) is not
    written.
    """
    with pytest.raises(ConflictError):
        ledger.save(pushed(first(key_of()), 6))
    assert ledger.record(key_of()) is None


def test_a_transition_must_follow(ledger: Ledger) -> None:
    """A transition that skips a version is a bug of ours: ValueError, nothing written."""
    with pytest.raises(ValueError, match="does not follow"):
        ledger.save(step(None, replace(first(key_of()), version=2)))
    assert ledger.record(key_of()) is None


def test_history_is_in_order(ledger: Ledger) -> None:
    """A history is read oldest first, also past its tenth transition, and holds no other
    record's.
    """
    record = opened(ledger, key_of())
    opened(ledger, key_of(service="endpoints-extra"))
    opened(ledger, key_of(month=OCTOBER))
    opened(ledger, key_of(company="gz-10"))
    for quantity in range(6, 17):
        transition = pushed(record, quantity)
        ledger.save(transition)
        record = transition.after
    assert [entry.version for entry in ledger.history(key_of())] == list(range(1, 13))


def test_open_records_of_every_month_are_found(ledger: Ledger) -> None:
    """CLOSE-3: one read finds the open records of all months, also of one that an outage left
    behind, in order.
    """
    late, of_b, of_a = key_of("gz-b", OCTOBER), key_of("gz-b"), key_of("gz-a")
    records = {key: opened(ledger, key) for key in (of_b, late, of_a)}
    assert list(ledger.all_open_records()) == [records[of_a], records[late], records[of_b]]


def test_a_stretch_of_companies_is_read_by_itself(ledger: Ledger) -> None:
    """SAFE-5: standings and records of a stretch are those of its companies, in each month;
    stretches leave out nobody.
    """
    companies = ["1a", "1a0", "1b", "2", "20"]
    for company in companies:
        ledger.save_standing(standing(company))
        opened(ledger, key_of(company, OCTOBER))
        record = opened(ledger, key_of(company))
        ledger.save(
            step(record, replace(record, version=2, state=RecordState.WAIVED), what="waived")
        )

    def found(within: Stretch) -> list[list[str]]:
        return [
            [each.company_id for each in ledger.all_standings(within)],
            [each.key.company_id for each in ledger.all_open_records(within)],
            [each.key.company_id for each in ledger.all_settled_records(NOVEMBER, within)],
        ]

    assert found(Stretch(end="1b")) == [["1a", "1a0"]] * 3
    assert found(Stretch(first="1b", end="20")) == [["1b", "2"]] * 3
    assert found(Stretch(first="20")) == [["20"]] * 3
    assert [found(Stretch.alone(each)) for each in companies] == [
        [[each]] * 3 for each in companies
    ]
    assert found(EVERYBODY) == [companies] * 3


def test_closed_record_changes_lists(ledger: Ledger) -> None:
    """CLOSE-4: a closed record that was read once more is not among the open ones, but among its
    month's settled ones.
    """
    record = opened(ledger, key_of())
    other = opened(ledger, key_of("gz-2"))
    closed = replace(
        record, version=2, state=RecordState.CLOSED, closing=Closing(count=5, floor=10)
    )
    ledger.save(step(record, closed, what="closed"))
    assert list(ledger.all_open_records()) == [closed, other]
    assert list(ledger.all_settled_records(NOVEMBER)) == []
    reread = replace(closed, version=3, closing=Closing(count=5, floor=10, reread=True))
    ledger.save(step(closed, reread, what="read again"))
    assert list(ledger.all_open_records()) == [other]
    assert list(ledger.all_settled_records(NOVEMBER)) == [reread]
    assert list(ledger.all_settled_records(OCTOBER)) == []


def test_of_many_at_once_one_wins(ledger: Ledger, request: pytest.FixtureRequest) -> None:
    """SAFE-3: of workers that save at the same moment exactly one does, the others get
    ConflictError.
    """
    if "moto" in request.node.name:
        pytest.skip("moto does not lock its tables: two transactions at once are not its strength")
    record = opened(ledger, key_of())
    start = threading.Barrier(4)
    outcomes: list[str] = []

    def work(quantity: int) -> None:
        start.wait()
        try:
            ledger.save(pushed(record, quantity))
        except ConflictError:
            outcomes.append("conflict")
        else:
            outcomes.append("saved")

    workers = [threading.Thread(target=work, args=(quantity,)) for quantity in range(6, 10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(outcomes) == ["conflict", "conflict", "conflict", "saved"]
    assert len(ledger.history(key_of())) == 2


# Mappings


def test_linked_company_is_read_back(ledger: Ledger) -> None:
    """MATCH-1: a link is kept, and found both by company and among all, in order of company."""
    ledger.add_link(link("gz-2", 8))
    ledger.add_link(link("gz-1", 7))
    assert ledger.link("gz-1") == link("gz-1", 7)
    assert list(ledger.all_links()) == [link("gz-1", 7), link("gz-2", 8)]


def test_company_is_linked_once(ledger: Ledger) -> None:
    """MATCH-1: a company that is linked is not linked anew, and the other ConnectWise company stays
    free.
    """
    ledger.add_link(link("gz-1", 7))
    with pytest.raises(ConflictError):
        ledger.add_link(link("gz-1", 8))
    assert ledger.link("gz-1") == link("gz-1", 7)
    ledger.add_link(link("gz-2", 8))


def test_connectwise_company_is_linked_once(ledger: Ledger) -> None:
    """MATCH-1: a customer re-created in GravityZone is not linked to the ConnectWise company that
    has one already.
    """
    ledger.add_link(link("gz-1", 7))
    with pytest.raises(ConflictError):
        ledger.add_link(link("gz-2", 7))
    assert ledger.link("gz-2") is None
    assert list(ledger.all_links()) == [link("gz-1", 7)]


def change(before: CompanyLink | None, what: str = "changed", **fields: Any) -> LinkChange:  # noqa: ANN401 - of a link
    known = before or link(fields.pop("company_id", "gz-1"))
    after = replace(known, version=1 if before is None else before.version + 1, **fields)
    return LinkChange(before=before, after=after, what=what, why="because", by="ann", at=TICK)


def test_a_link_changes_by_version(ledger: Ledger) -> None:
    """SAFE-1: a link changes only from the version that it was read at; its history says what, by
    whom and why.
    """
    ledger.add_link(link())
    pinned = change(link(), "agreement pinned", pinned_agreement_id=31, kept_apart=(301, 302))
    ledger.change_link(pinned)
    with pytest.raises(ConflictError):
        ledger.change_link(change(link(), excluded_since=TICK))
    with pytest.raises(ConflictError):
        ledger.change_link(change(replace(link(), version=7)))
    assert ledger.link("gz-1") == pinned.after
    assert list(ledger.all_links()) == [pinned.after]
    first, second = ledger.link_history("gz-1")
    assert (first.version, first.what, first.by, first.changes["connectwise_id"]) == (
        1,
        "tied",
        "tally",
        (None, 7),
    )
    assert (second.version, second.what, second.why, second.by, second.at) == (
        2,
        "agreement pinned",
        "because",
        "ann",
        TICK,
    )
    assert second.changes == {"pinned_agreement_id": (None, 31), "kept_apart": (None, [301, 302])}


def test_a_partner_to_be_billed_is_read_back(ledger: Ledger) -> None:
    """READ-4, SAFE-1: that a partner's own machines are billed stands in its link, with since when,
    and in the history.
    """
    ledger.add_link(link())
    billed = change(link(), "partner billed", own_billed_since=TICK)
    ledger.change_link(billed)
    assert ledger.link("gz-1") == billed.after
    assert list(ledger.all_links()) == [billed.after]
    assert ledger.link_history("gz-1")[1].changes == {"own_billed_since": (None, TICK.isoformat())}


def test_an_unlinked_company_frees_the_other(ledger: Ledger) -> None:
    """MATCH-1: unlinked, the ConnectWise company is anybody's, once; the company's history goes on
    where it was.
    """
    ledger.add_link(link("gz-1", 7))
    unlinked = change(link("gz-1", 7), connectwise_id=None)
    ledger.change_link(unlinked)
    assert ledger.link("gz-1") == unlinked.after
    assert list(ledger.all_links()) == [unlinked.after]
    ledger.add_link(link("gz-2", 7))
    with pytest.raises(ConflictError):
        ledger.change_link(change(unlinked.after, connectwise_id=7))
    with pytest.raises(ConflictError):
        ledger.add_link(link("gz-1", 8))
    linked_again = change(unlinked.after, connectwise_id=8)
    ledger.change_link(linked_again)
    assert [entry.version for entry in ledger.link_history("gz-1")] == [1, 2, 3]
    assert ledger.link("gz-1") == linked_again.after


def test_a_company_is_linked_from_one_to_another(ledger: Ledger) -> None:
    """MATCH-1: linked elsewhere at once, the one is free and the other taken; one that has its
    company is not given up.
    """
    ledger.add_link(link("gz-1", 7))
    ledger.add_link(link("gz-2", 8))
    with pytest.raises(ConflictError):
        ledger.change_link(change(link("gz-1", 7), connectwise_id=8))
    assert len(ledger.link_history("gz-1")) == 1
    ledger.change_link(change(link("gz-1", 7), connectwise_id=9))
    ledger.change_link(change(link("gz-2", 8), connectwise_id=7))
    with pytest.raises(ConflictError):
        ledger.add_link(link("gz-3", 9))
    ledger.add_link(link("gz-3", 8))


def test_two_are_linked_to_one_by_a_person(ledger: Ledger) -> None:
    """MATCH-1: beside one that is as it was seen; by itself nobody is linked there until both have
    left, whoever goes first.
    """
    ledger.add_link(link("gz-1", 7))
    first = change(link("gz-1", 7), pinned_agreement_id=70)
    ledger.change_link(first)
    second = change(None, company_id="gz-2", connectwise_id=7, pinned_agreement_id=71)
    with pytest.raises(ConflictError):
        ledger.change_link(second)
    with pytest.raises(ConflictError):
        ledger.change_link(replace(second, beside=(link("gz-1", 7),)))
    ledger.change_link(replace(second, beside=(first.after,)))
    assert ledger.link("gz-2") == second.after
    left = change(first.after, connectwise_id=None)
    with pytest.raises(ConflictError):
        ledger.change_link(replace(left, beside=(replace(second.after, version=2),)))
    ledger.change_link(replace(left, beside=(second.after,)))
    with pytest.raises(ConflictError):
        ledger.add_link(link("gz-3", 7))
    ledger.change_link(change(second.after, connectwise_id=None))
    ledger.add_link(link("gz-3", 7))


def test_a_link_to_nobody_takes_nobody(ledger: Ledger) -> None:
    """CLOSE-5: a company never linked can be excluded; two of them stand in nobody's way."""
    for company in ("gz-1", "gz-2"):
        ledger.change_link(
            change(None, company_id=company, connectwise_id=None, excluded_since=TICK)
        )
    assert [each.excluded_since for each in ledger.all_links()] == [TICK, TICK]
    ledger.add_link(link("gz-3", 7))


def test_a_change_that_does_not_follow_is_refused(ledger: Ledger) -> None:
    """A change of a link that skips a version is a bug of ours: ValueError, nothing written."""
    with pytest.raises(ValueError, match="does not follow"):
        ledger.change_link(replace(change(None), after=replace(link(), version=2)))
    assert ledger.link("gz-1") is None


def test_a_record_and_a_link_change_together(ledger: Ledger) -> None:
    """OPEN-6, SAFE-1: an answer that is remembered on the link is written with the record's
    transition, or not at all.
    """
    record = opened(ledger, key_of())
    ledger.add_link(link())
    kept = change(link(), "kept apart", kept_apart=(301,))
    ledger.save(pushed(record, 6), kept)
    assert ledger.link("gz-1") == kept.after
    with pytest.raises(ConflictError):
        ledger.save(pushed(pushed(record, 6).after, 7), change(link(), excluded_since=TICK))
    with pytest.raises(ConflictError):
        ledger.save(pushed(record, 7), change(kept.after, excluded_since=TICK))
    assert ledger.record(key_of()) == pushed(record, 6).after
    assert ledger.link("gz-1") == kept.after
    assert (len(ledger.history(key_of())), len(ledger.link_history("gz-1"))) == (2, 2)


# Standings


def test_standing_is_written_as_its_next_version(ledger: Ledger) -> None:
    """SAFE-7: a standing is kept, as the version after the one it was made from."""
    ledger.save_standing(standing(reason="no answer"))
    assert ledger.standing("gz-1") == standing(version=1, reason="no answer")
    ledger.save_standing(standing(version=1, reason="still none"))
    assert ledger.standing("gz-1") == standing(version=2, reason="still none")
    assert list(ledger.all_standings()) == [standing(version=2, reason="still none")]


def test_same_standing_twice_is_once(ledger: Ledger) -> None:
    """A standing that stands there as it would be written is no conflict: boto repeats a put whose
    answer was lost.
    """
    ledger.save_standing(standing(reason="no answer"))
    ledger.save_standing(standing(reason="no answer"))
    assert ledger.standing("gz-1") == standing(version=1, reason="no answer")


@pytest.mark.parametrize("version", [0, 1, 3])
def test_standing_of_another_version_conflicts(ledger: Ledger, version: int) -> None:
    """SAFE-4: a standing made from another version than the ledger's is not written: planner and
    worker may both have news.
    """
    ledger.save_standing(standing(reason="no answer"))
    ledger.save_standing(standing(version=1, reason="still none"))
    with pytest.raises(ConflictError):
        ledger.save_standing(standing(version=version, reason="other"))
    assert ledger.standing("gz-1") == standing(version=2, reason="still none")


def test_many_standings_are_saved_each_on_its_own(ledger: Ledger) -> None:
    """SAFE-5: of many standings those that somebody else was first with are left out and counted,
    the others are saved.
    """
    ledger.save_standing(standing("gz-05", reason="the worker's"))
    companies = [f"gz-{number:02}" for number in range(20)]
    assert (
        ledger.save_standings(standing(company, reason="the planner's") for company in companies)
        == 1
    )
    found = {each.company_id: each.causes[WHOLE_COMPANY].reason for each in ledger.all_standings()}
    assert found == dict.fromkeys(companies, "the planner's") | {"gz-05": "the worker's"}


# Ticks


def test_first_tick_sets_the_first_month(ledger: Ledger) -> None:
    """OPEN-8: the month of the first tick is remembered as the first, whatever ticks follow."""
    assert ledger.begin_tick(TICK) == Ticks(newest=TICK, first_month=NOVEMBER)
    later = TICK + timedelta(days=40)
    assert ledger.begin_tick(later) == Ticks(newest=later, first_month=NOVEMBER)
    assert ledger.ticks() == Ticks(newest=later, first_month=NOVEMBER)


def test_the_first_month_of_each_service_stays(ledger: Ledger) -> None:
    """OPEN-8: the month of the first tick that knew a service is remembered for it, also while it
    is not named for a time.
    """
    december = TICK + timedelta(days=30)
    ledger.begin_tick(TICK, services=["endpoints"])
    ledger.begin_tick(december, services=["e-mail", "endpoints"])
    ledger.begin_tick(december + timedelta(hours=1))
    ledger.begin_tick(TICK + timedelta(hours=1), services=["edr"])
    january = TICK + timedelta(days=61)
    ledger.finish_tick(january)
    known = ledger.begin_tick(january, services=["e-mail", "edr", "endpoints"])
    assert known.services == {"endpoints": NOVEMBER, "e-mail": NOVEMBER.next, "edr": Month(2027, 1)}
    assert ledger.ticks() == known


@pytest.mark.parametrize(
    "earlier", [timedelta(), timedelta(microseconds=1), timedelta(seconds=1), timedelta(days=40)]
)
def test_newest_tick_stays(ledger: Ledger, earlier: timedelta) -> None:
    """SAFE-4: an old or repeated tick is told what the newest one is, and changes nothing."""
    ledger.begin_tick(TICK)
    assert ledger.begin_tick(TICK - earlier) == Ticks(newest=TICK, first_month=NOVEMBER)
    assert ledger.ticks() == Ticks(newest=TICK, first_month=NOVEMBER)


@pytest.mark.parametrize("ends", [True, False])
def test_planned_months_are_remembered(ledger: Ledger, *, ends: bool) -> None:
    """OPEN-9: the months in which a tick read the lists are remembered, the newest three, in
    whatever order they come.
    """
    ledger.begin_tick(TICK)
    note = ledger.finish_tick if ends else ledger.note_lists
    for month, planned in (
        (11, (11,)),
        (11, (11,)),
        (9, (9, 11)),
        (12, (9, 11, 12)),
        (10, (10, 11, 12)),
        (9, (10, 11, 12)),
    ):
        note(datetime(2026, month, 1, tzinfo=UTC))
        ticks = ledger.ticks()
        assert ticks is not None
        assert ticks.planned == tuple(Month(2026, number) for number in planned)
    assert ledger.begin_tick(TICK + timedelta(minutes=15)).planned == tuple(
        Month(2026, number) for number in (10, 11, 12)
    )


def test_the_newest_tick_that_ended_is_remembered(ledger: Ledger) -> None:
    """SAFE-7: what is done once a day is done again where the day's first tick could not plan
    everything.
    """
    ledger.begin_tick(TICK)
    for tick, finished in (
        (TICK, TICK),
        (TICK - timedelta(hours=1), TICK),
        (TICK + timedelta(hours=1), None),
    ):
        ledger.finish_tick(tick)
        ticks = ledger.ticks()
        assert ticks is not None
        assert ticks.finished == (finished or tick)


def test_a_tick_that_looked_need_not_have_ended(ledger: Ledger) -> None:
    """OPEN-9: what a tick read is remembered whether it could plan everything or not, and its end
    takes nothing of it away.
    """
    ledger.begin_tick(TICK)
    ledger.note_lists(TICK)
    ticks = ledger.ticks()
    assert ticks is not None
    assert (ticks.planned, ticks.finished) == ((NOVEMBER,), None)
    ledger.finish_tick(TICK + timedelta(days=30))
    ledger.note_lists(TICK + timedelta(days=61))
    ticks = ledger.ticks()
    assert ticks is not None
    assert ticks.planned == (NOVEMBER, NOVEMBER.next, NOVEMBER.next.next)
    assert ticks.finished == TICK + timedelta(days=30)


def test_no_tick_ends_before_one_has_begun(ledger: Ledger) -> None:
    """An end without a beginning leaves no half of an item behind."""
    for note in (ledger.finish_tick, ledger.note_lists):
        with pytest.raises(ConflictError):
            note(TICK)
    assert ledger.ticks() is None


# All together

type Step = Callable[[Ledger], object]


def _save(key: RecordKey, version: int, quantity: int, state: RecordState) -> Step:
    after = replace(first(key, quantity=quantity, state=state), version=version + 1)
    before = replace(first(key), version=version) if version else None
    return lambda ledger: ledger.save(step(before, after))


def _version(ledger: Ledger, company: str) -> int:
    known = ledger.link(company)
    return 0 if known is None else known.version


_keys = st.builds(key_of, st.sampled_from(["a", "b"]), st.sampled_from([OCTOBER, NOVEMBER]))
_steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(_save, _keys, st.integers(0, 2), st.integers(0, 3), st.sampled_from(RecordState)),
    st.builds(
        lambda company, connectwise: lambda ledger: ledger.add_link(link(company, connectwise)),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 2),
    ),
    st.builds(
        lambda company, version, connectwise: (
            lambda ledger: ledger.change_link(
                LinkChange(
                    before=ledger.link(company)
                    if version is None
                    else replace(link(company), version=version),
                    after=replace(
                        link(company),
                        connectwise_id=connectwise,
                        version=1 + (_version(ledger, company) if version is None else version),
                    ),
                    what="changed",
                    why="",
                    by="ann",
                    at=TICK,
                )
            )
        ),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([None, None, 1, 2]),
        st.sampled_from([None, 1, 2]),
    ),
    st.builds(
        lambda company, version: (
            lambda ledger: ledger.save_standing(standing(company, version=version))
        ),
        st.sampled_from(["a", "b"]),
        st.integers(0, 2),
    ),
    st.builds(
        lambda hours: lambda ledger: ledger.begin_tick(TICK + timedelta(hours=hours)),
        st.integers(-2, 2),
    ),
    st.builds(
        lambda days: lambda ledger: ledger.note_lists(TICK + timedelta(days=days)),
        st.integers(-90, 90),
    ),
    st.builds(
        lambda days: lambda ledger: ledger.finish_tick(TICK + timedelta(days=days)),
        st.integers(-90, 90),
    ),
)


def _outcome(ledger: Ledger, act: Step) -> object:
    try:
        return act(ledger)
    except ConflictError:
        return ConflictError


def _everything(ledger: Ledger) -> Sequence[Any]:
    keys = [key_of(company, month) for company in ("a", "b") for month in (OCTOBER, NOVEMBER)]
    return [
        ledger.ticks(),
        list(ledger.all_links()),
        list(ledger.all_standings()),
        list(ledger.all_open_records()),
        *(list(ledger.all_settled_records(month)) for month in (OCTOBER, NOVEMBER)),
        *(ledger.record(key) for key in keys),
        *(list(ledger.history(key)) for key in keys),
        *(ledger.link(company) for company in ("a", "b", "c")),
        *(list(ledger.link_history(company)) for company in ("a", "b", "c")),
    ]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_steps, max_size=15))
def test_twin_and_dynamodb_agree(steps: list[Step]) -> None:
    """Whatever is done to a ledger, the twin answers and ends up as the DynamoDB adapter does."""
    with mock_aws():
        ledgers: list[Ledger] = [MemoryLedger(), on_dynamodb(dynamodb(), "ledger")]
        for act in steps:
            in_memory, in_dynamodb = (_outcome(ledger, act) for ledger in ledgers)
            assert in_memory == in_dynamodb
        in_memory, in_dynamodb = (_everything(ledger) for ledger in ledgers)
        assert in_memory == in_dynamodb
