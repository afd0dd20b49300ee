"""Items of the ledger: what is stored is what is read, and the history tells how it came about."""

from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.holds import KINDS, Fallen
from tally.domain.model.company import CompanyLink, LinkChange, first_link
from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Standing, StandingState
from tally.domain.model.terms import OtherTerms, Terms
from tally.domain.record.history import Transition
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Ruling
from tally.domain.record.usage_record import Closing, Credit, RecordState, UsageRecord, unopened
from tally.domain.record.writes import Claim, Create, Refusal, SetQuantity, SetTerms, TakeOver
from tally.errors import ContractError
from tally.ledger import items, keys, ticks_item
from tally.ledger.form import instant, instant_text
from tally.ledger.history_entry import (
    check,
    check_change,
    entry_of,
    entry_of_change,
    paths,
)
from tally.ledger.record_codec import record_fields
from tests.unit.drawn_scopes import RECORD_SCOPES, SCOPES
from tests.unit.ledger_values import A_LINK, TICK

NOVEMBER = Month(2026, 11)


def every_field_of(cls: type, **given_fields: Any) -> st.SearchStrategy[Any]:  # noqa: ANN401 - of any field
    """All fields are varied, those with defaults too: one that is not stored cannot hide behind its
    default.
    """
    names = [each.name for each in fields(cls)] if is_dataclass(cls) else cls._fields  # type: ignore[attr-defined]  # a named tuple
    return st.builds(cls, **{name: given_fields.get(name, ...) for name in names})


months = st.builds(Month, st.integers(2000, 2100), st.integers(1, 12))
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(2000, 1, 2), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001 - bounds
counts = st.integers(0, 10**9)
record_keys = st.builds(
    RecordKey, company_id=st.text(min_size=1), month=months, service=st.text(min_size=1)
)
amounts = st.none() | st.decimals(-(10**9), 10**9, places=9)
terms = every_field_of(
    Terms, unit_price=amounts, less_included=amounts, bill_customer=st.none() | st.text(min_size=1)
)
# Terms of which none differs are not kept.
some_terms = terms.filter(lambda each: each != Terms())
places = every_field_of(Place, effective=days, cancelled=days)
writes = st.one_of(
    every_field_of(Create, place=places),
    every_field_of(TakeOver, place=places),
    every_field_of(SetQuantity),
    every_field_of(SetTerms),
)
line_fields = {
    "place": places,
    "written": every_field_of(Written, at=instants),
    "terms": st.none() | every_field_of(OtherTerms, before=some_terms, now=some_terms),
}
records = every_field_of(
    UsageRecord,
    key=record_keys,
    version=st.integers(1, 10**6),
    seen_tick=instants,
    # Lines are told apart by their number, in its order.
    lines=st.integers(0, 3).flatmap(
        lambda last: st.tuples(
            *(every_field_of(Line, number=st.just(n), **line_fields) for n in range(last))
        )
    ),
    claim=st.none() | every_field_of(Claim, write=writes, at=instants),
    hold=st.none() | st.one_of(*(every_field_of(kind, since=instants) for kind in KINDS)),
    rulings=st.lists(every_field_of(Ruling, at=instants), max_size=3).map(tuple),
    refusal=st.none() | every_field_of(Refusal, at=instants, write=writes),
    closing=st.none()
    | every_field_of(Closing, credit=st.none() | every_field_of(Credit, unit_price=amounts)),
)
causes = every_field_of(Cause, since=st.none() | instants, until=st.none() | instants)
standings = every_field_of(
    Standing,
    tick=instants,
    causes=st.dictionaries(SCOPES, causes, max_size=3),
    licensed_in=st.lists(months, max_size=3).map(tuple),
    untold_in=st.lists(months, max_size=3).map(tuple),
    last_reading=st.none() | instants,
    looked=st.dictionaries(RECORD_SCOPES, instants, max_size=3),
    seen_monthly=st.none() | instants,
)
optional_instants = st.none() | instants
links = every_field_of(
    CompanyLink,
    linked_at=instants,
    excluded_since=optional_instants,
    own_billed_since=optional_instants,
)


def step(before: UsageRecord | None, after: UsageRecord) -> Transition:
    before = before or unopened(after.key, TICK)
    return Transition(before=before, after=after, what="pushed", why="12 to 14", at=TICK, tick=TICK)


@st.composite
def lives(draw: st.DrawFn) -> list[Transition]:
    """Transitions of one record from nothing, each following on the one before."""
    key = draw(record_keys)
    steps: list[Transition] = []
    before = None
    for version in range(1, draw(st.integers(1, 4)) + 1):
        drawn = draw(records)
        values = {each.name: getattr(drawn, each.name) for each in fields(UsageRecord)}
        after = UsageRecord(**{**values, "key": key, "version": version})
        steps.append(step(before, after))
        before = after
    return steps


@pytest.mark.slow
@given(records)
def test_record_round_trip(record: UsageRecord) -> None:
    """A record read from its item is the record that was written, whatever it holds."""
    assert items.record_from(items.record_item(record)) == record


@given(standings)
def test_standing_round_trip(standing: Standing) -> None:
    """A standing read from its item is the standing that was written."""
    assert items.standing_from(items.standing_item(standing)) == standing


@given(links)
def test_link_round_trip(link: CompanyLink) -> None:
    """A link read from its item is the link that was written."""
    assert items.link_from(items.link_item(link)) == link


@pytest.mark.slow
@given(lives())
def test_history_round_trip(steps: list[Transition]) -> None:
    """A history entry read from its item is the one that was written."""
    for each in steps:
        entry = entry_of(each)
        assert items.entry_from(items.history_item(each.after.key, entry, transaction="t")) == entry


@pytest.mark.slow
@given(lives())
def test_history_replays_to_the_record(steps: list[Transition]) -> None:
    """SAFE-1: the history's changes, played from nothing, give the record as it is; each says what
    it replaced.
    """
    replayed: dict[str, object] = {}
    for each in steps:
        for path, (before, after) in entry_of(each).changes.items():
            assert replayed.pop(path, None) == before
            if after is not None:
                replayed[path] = after
    assert replayed == dict(paths(record_fields(steps[-1].after)))


@pytest.mark.slow
@given(records)
def test_record_that_stays_the_same_has_no_changes(record: UsageRecord) -> None:
    """What has not changed is not in the history, and neither is the version, which the entry
    itself has.
    """
    following = UsageRecord(
        **{
            **{each.name: getattr(record, each.name) for each in fields(UsageRecord)},
            "version": record.version + 1,
        }
    )
    assert entry_of(step(record, following)).changes == {}


@given(instants, instants)
def test_instants_sort_as_text(one: datetime, other: datetime) -> None:
    """DynamoDB compares instants as text (the newest tick), so texts sort as they do, whatever zone
    they came in.
    """
    assert (instant_text(one) < instant_text(other)) == (one < other)
    assert instant(instant_text(one)) == one


def test_instant_without_zone_is_refused() -> None:
    """A naive instant is a bug of ours or a change by hand: it is neither stored nor read."""
    with pytest.raises(ValueError, match="time zone"):
        instant_text(datetime(2026, 11, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        instant("2026-11-01T00:00:00")


def november(*, version: int = 1, **given_fields: Any) -> UsageRecord:  # noqa: ANN401 - of any field
    key = RecordKey(company_id="gz-1", month=NOVEMBER, service="endpoints")
    return UsageRecord(key=key, version=version, seen_tick=TICK, **given_fields)


def a_line(quantity: int = 12) -> Line:
    return Line(
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


def test_open_record_item() -> None:
    """The stored shape: scalars as attributes, what is nested as JSON text, nothing for what there
    is not.
    """
    assert items.record_item(november(version=3, lines=(a_line(),))) == {
        "pk": {"S": "COMPANY#gz-1"},
        "sk": {"S": "RECORD#2026-11#endpoints"},
        "ipk": {"S": "OPEN"},
        "isk": {"S": "gz-1#2026-11#endpoints"},
        "version": {"N": "3"},
        "schema": {"N": "1"},
        "state": {"S": "open"},
        "seen_tick": {"S": "2026-11-03T00:15:00+00:00"},
        "lines": {
            "S": '[{"number": 0, "state": "open", "place": {"agreement_id": 31, "product_id": 52, '
            '"effective": "2026-11-01", "cancelled": "2026-11-30"}, '
            '"reference": "TLY-ABCDEFGHIJKL", "addition_id": 900, "written": {"quantity": 12, '
            '"at": "2026-11-03T00:15:00+00:00"}}]'
        },
    }


def test_a_later_schema_is_not_read() -> None:
    """SAFE-5: after a rollback, a record of a later form is that company's failing, and never a
    guess.
    """
    later = {**items.record_item(november()), "schema": {"N": "2"}}
    with pytest.raises(
        ContractError, match=r"COMPANY#gz-1 RECORD#2026-11#endpoints cannot be read .*schema"
    ):
        items.record_from(later)  # type: ignore[arg-type]


def test_closed_record_leaves_the_open_ones() -> None:
    """CLOSE-4: a closed record is among the open ones until it has been read once more, then under
    its month.
    """
    closed = november(state=RecordState.CLOSED, closing=Closing(count=4))
    assert items.record_item(closed)["ipk"] == {"S": "OPEN"}
    again = replace(closed, closing=Closing(count=4, reread=True))
    assert items.record_item(again)["ipk"] == {"S": "SETTLED#2026-11"}


def test_credited_record_leaves_the_open_ones() -> None:
    """LATE-3: what is to be credited keeps a closed record in sight, until a person marks it
    done.
    """
    closing = Closing(count=3, reread=True, credit=Credit(billed=5, counted=3))
    owed = november(state=RecordState.CLOSED, closing=closing)
    assert items.record_item(owed)["ipk"] == {"S": "OPEN"}
    done = replace(owed, closing=replace(closing, credit=None, credited=2))
    assert items.record_item(done)["ipk"] == {"S": "SETTLED#2026-11"}


def test_history_names_what_changed() -> None:
    """A transition is stored as what changed, from and to, one path a field; a line's has its
    number.
    """
    claim = Claim(write=SetQuantity(number=0, quantity=14), at=TICK)
    pushing, pushed = (
        november(lines=(a_line(),), claim=claim),
        november(version=2, lines=(a_line(14),)),
    )
    assert entry_of(step(pushing, pushed)).changes == {
        "claim.at": ("2026-11-03T00:15:00+00:00", None),
        "claim.write.number": (0, None),
        "claim.write.quantity": (14, None),
        "claim.write.write": ("patch", None),
        "lines.0.written.quantity": (12, 14),
    }


def test_hold_and_its_end_are_in_the_history() -> None:
    """A hold that came and went leaves both in the history."""
    hold = Fallen(why="12 became 9", counted=9, since=TICK)
    came = entry_of(step(november(), november(version=2, hold=hold)))
    went = entry_of(step(november(version=2, hold=hold), november(version=3)))
    assert came.changes["hold.kind"] == (None, "fall")
    assert went.changes["hold.kind"] == ("fall", None)


def test_history_keys_sort_by_version() -> None:
    """A record's history is read in the order of its keys, so version 10 sorts after version 9."""
    key = november().key
    sort_keys = [
        keys.history_key(key, version)["sk"]["S"] for version in (1, 2, 9, 10, 99, 100, 12345)
    ]
    assert all(one < other for one, other in pairwise(sort_keys))
    assert all(text.startswith(keys.history_prefix(key)) for text in sort_keys)


@given(record_keys, record_keys)
def test_no_two_records_share_an_item(one: RecordKey, other: RecordKey) -> None:
    """Different records have different keys, whatever ids and names hold; a key read back is the
    same one.
    """
    assert (keys.record_key(one) == keys.record_key(other)) == (one == other)
    assert keys.record_key_in(keys.record_key(one)) == one


def test_transition_that_skips_a_version_is_refused() -> None:
    """A transition leads to the very next version of the same record: anything else is a bug of
    ours.
    """
    other = UsageRecord(
        key=RecordKey(company_id="gz-2", month=NOVEMBER, service="endpoints"),
        version=2,
        seen_tick=TICK,
    )
    for before, after in (
        (None, november(version=2)),
        (november(), november(version=3)),
        (november(), other),
    ):
        with pytest.raises(ValueError, match="does not follow"):
            check(step(before, after))


def test_attributes_of_a_later_version_are_ignored() -> None:
    """An attribute that we don't know does not keep an item from being read."""
    assert items.record_from({**items.record_item(november()), "colour": {"M": {}}}) == november()


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("state", {"S": "asleep"}),
        ("state", {"N": "1"}),
        ("seen_tick", {"S": "yesterday"}),
        ("seen_tick", {"S": "2026-11-03T00:15:00"}),
        ("version", {"S": "1"}),
        ("version", {"N": "one"}),
        ("lines", {"S": "[{}]"}),
        ("lines", {"S": "[{"}),
        ("hold", {"S": '{"kind": "surge"}'}),
        ("sk", {"S": "RECORD#2026-13#endpoints"}),
        ("sk", {"S": "RECORD#2026-11"}),
    ],
)
def test_unreadable_record_is_named(attribute: str, value: Any) -> None:  # noqa: ANN401 - of any type
    """An item that this version cannot read gives no record made of guesses, but an error that
    names the item.
    """
    with pytest.raises(ContractError, match=r"COMPANY#gz-1 RECORD#.* cannot be read"):
        items.record_from({**items.record_item(november()), attribute: value})


def test_other_unreadable_items_are_named() -> None:
    """So do a link, a standing, a history entry and the ticks."""
    item = {
        "pk": {"S": "COMPANY#gz-1"},
        "sk": {"S": "X"},
        "causes": {"S": '{"company": {"state": "asleep"}}'},
    }
    for read in (items.link_from, items.standing_from, items.entry_from, ticks_item.ticks_from):
        with pytest.raises(ContractError, match="COMPANY#gz-1 X cannot be read"):
            read(item)  # type: ignore[arg-type]


def test_standing_state_is_stored_by_name() -> None:
    """The order of seriousness may get new states in between, so a state is stored by its name, not
    its number.
    """
    standing = Standing(
        company_id="gz-1",
        company_name="A",
        tick=TICK,
        causes={WHOLE_COMPANY: Cause(state=StandingState.NEEDS_SETUP)},
    )
    assert items.standing_item(standing)["causes"] == {"S": '{"company": {"state": "needs_setup"}}'}


def test_link_history_says_who_linked() -> None:
    """MATCH-1: the history of a link says who linked the company, when, and to what."""
    item = items.link_history_item("gz-1", entry_of_change(first_link(A_LINK)), transaction="t")
    assert item["sk"] == {"S": "HISTORY#MAPPING#000001"}
    assert item["by"] == {"S": "tally"}
    assert '"connectwise_id": [null, 7]' in item["changes"]["S"]


@given(links, links, instants)
def test_link_history_round_trip(one: CompanyLink, other: CompanyLink, at: datetime) -> None:
    """A change of a link read from its item is the one that was written."""
    after = replace(other, company_id=one.company_id, version=one.version + 1)
    entry = entry_of_change(
        LinkChange(before=one, after=after, what="tied", why="because", by="ann", at=at)
    )
    assert items.entry_from(items.link_history_item("gz-1", entry, transaction="t")) == entry


def test_a_change_must_follow() -> None:
    """A change of a link that skips a version, or is another company's, is a bug of ours."""
    one = CompanyLink(
        company_id="gz-1",
        company_name="A",
        connectwise_id=7,
        connectwise_name="A",
        linked_by="x",
        linked_at=TICK,
    )
    for before, after in (
        (None, replace(one, version=2)),
        (one, one),
        (one, replace(one, version=2, company_id="gz-2")),
    ):
        with pytest.raises(ValueError, match="does not follow"):
            check_change(
                LinkChange(before=before, after=after, what="tied", why="", by="ann", at=TICK)
            )
