"""Books of closed months in a bucket: when an edition is written, and what is in it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tally.domain.book.edition import MonthBooks
from tally.domain.model.company import EVERYBODY, Stretch
from tally.domain.model.month import Month
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.domain.statement.statement import Statement
from tally.errors import (
    BugError,
    ConflictError,
    ContractError,
    NotStartedError,
    SetupError,
    TransientError,
    UnreadableItemError,
)
from tally.publishing.pages import Pages
from tally.statements.drawing import Form, drawn
from testing.books import MemoryBooks
from tests.functional.book_world import (
    AFTER_THE_CLOSE,
    NOVEMBER,
    OCTOBER,
    BookWorld,
    closing_days,
    key,
    october_closed,
)
from tests.functional.instants import gmt


@pytest.fixture
def msp() -> BookWorld:
    """October is closed."""
    return october_closed()


def test_a_closed_month_is_published(msp: BookWorld) -> None:
    """PROOF-4: every statement and the index, then the manifest with the hash of each."""
    assert msp.publish(AFTER_THE_CLOSE) == ["2026-10/1"]
    manifest = msp.manifest(OCTOBER, 1)
    assert (manifest["month"], manifest["edition"], manifest["stage"]) == ("2026-10", 1, "final")
    assert manifest["before"] is manifest["replaces"] is None
    names = [each["name"] for each in manifest["files"]]
    assert names == sorted(names)
    assert len(names) == 4
    assert "index.html" in names
    for each in manifest["files"]:
        content = msp.bucket.objects[key(OCTOBER, 1, each["name"])]
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
        assert each["bytes"] == len(content)
    assert set(msp.bucket.objects) == {key(OCTOBER, 1, name) for name in (*names, "manifest.json")}
    assert "Harbor Dental" in msp.bucket.objects[key(OCTOBER, 1, "index.html")].decode()
    assert set(msp.bucket.media_types.values()) == {"text/html; charset=utf-8", "application/json"}


def test_the_ledger_knows_the_edition(msp: BookWorld) -> None:
    """Its manifest's hash, so that a manifest that is made anew shows (PROOF-6)."""
    msp.publish(AFTER_THE_CLOSE)
    edition = msp.books.read(OCTOBER).newest
    assert edition is not None
    stored = msp.bucket.objects[key(OCTOBER, 1)]
    assert edition.sha256 == hashlib.sha256(stored).hexdigest()
    assert (edition.number, edition.final, edition.files) == (1, True, 4)
    assert edition.published == AFTER_THE_CLOSE


def test_nothing_new_is_no_edition(msp: BookWorld) -> None:
    """PROOF-4: the same records make no second edition, whoever asks again and however often."""
    msp.publish(AFTER_THE_CLOSE)
    before, known = dict(msp.bucket.objects), msp.books.read(OCTOBER)
    for at in ("2026-11-02 05:30", "2026-11-02 17:30", "2026-11-03 05:30"):
        assert msp.publish(at, run=at) == []
    assert msp.bucket.objects == before
    assert msp.books.read(OCTOBER) == known


@pytest.mark.parametrize("at", ["2026-11-01 05:30", "2026-11-01 23:59"])
def test_a_month_before_its_close_has_no_book(at: str) -> None:
    """Its records are still followed."""
    msp = october_closed(through=0)
    msp.world.play(gmt("2026-11-01 00:05"))
    assert msp.publish(at) == []
    assert msp.bucket.objects == {}


def test_an_open_record_makes_the_book_provisional() -> None:
    """PROOF-4: what waits for an answer is published as it is, and anew when it is answered."""
    msp = october_closed(through=0)
    wild = msp.add("Lakeside Library", 600)
    msp.world.play(gmt("2026-10-21 00:05"), gmt("2026-11-01 00:05"), gmt("2026-11-02 00:05"))
    assert msp.publish(AFTER_THE_CLOSE) == ["2026-10/1"]
    assert msp.manifest(OCTOBER, 1)["stage"] == "provisional"
    assert msp.publish("2026-11-02 17:30") == []
    record = RecordKey(company_id=wild.id, month=OCTOBER, service="endpoints")
    msp.world.answers().approve(record, by="ann", why="they are that many")
    msp.world.play(gmt("2026-11-02 18:05"))
    assert msp.publish("2026-11-03 05:30") == ["2026-10/2"]
    second = msp.manifest(OCTOBER, 2)
    assert second["stage"] == "final"
    assert second["replaces"] == {
        "month": "2026-10",
        "edition": 1,
        "sha256": hashlib.sha256(msp.bucket.objects[key(OCTOBER, 1)]).hexdigest(),
    }
    assert msp.differences() == []


def test_a_record_that_cannot_be_read_makes_the_book_provisional(msp: BookWorld) -> None:
    """SAFE-5: the others are published, and the book is published anew once it can be read."""
    ledger = msp.world.ledger
    sound = ledger.all_open_records  # a closed record is among them until its second reading
    harbor = msp.customers[0].id

    def odd(within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        for each in sound(within):
            is_harbors = isinstance(each, UsageRecord) and each.key.company_id == harbor
            damaged = Unreadable(harbor, "Harbor's item is damaged", OCTOBER)
            yield damaged if is_harbors else each

    ledger.all_open_records = odd  # type: ignore[method-assign, assignment]
    assert msp.publish(AFTER_THE_CLOSE) == ["2026-10/1"]
    assert msp.publish("2026-11-02 17:30") == []
    manifest = msp.manifest(OCTOBER, 1)
    assert (manifest["stage"], len(manifest["files"])) == ("provisional", 3)
    index = msp.bucket.objects[key(OCTOBER, 1, "index.html")].decode()
    assert "item is damaged" in index
    ledger.all_open_records = sound  # type: ignore[method-assign]
    assert msp.publish("2026-11-03 05:30") == ["2026-10/2"]
    assert msp.manifest(OCTOBER, 2)["stage"] == "final"


DAMAGED = {
    "an item that cannot be read": UnreadableItemError("Harbor's history is damaged"),
    "a field that nobody wrote": None,
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_history_that_cannot_be_read_makes_the_book_provisional(
    msp: BookWorld, damage: UnreadableItemError | None
) -> None:
    """SAFE-5: the others are published; the customer's page comes once its history can be read."""
    ledger, harbor = msp.world.ledger, msp.customers[0].id
    sound = ledger.history

    def odd(of: RecordKey) -> Sequence[HistoryEntry]:
        if of.company_id == harbor and damage is not None:
            raise damage
        spoilt = {"lines.0.written.quantity": (None, "many")}
        found = sound(of)
        return (
            [replace(each, changes=spoilt) for each in found] if of.company_id == harbor else found
        )

    ledger.history = odd  # type: ignore[method-assign]
    assert msp.publish(AFTER_THE_CLOSE) == ["2026-10/1"]
    assert msp.publish("2026-11-02 17:30") == []
    manifest = msp.manifest(OCTOBER, 1)
    assert (manifest["stage"], len(manifest["files"])) == ("provisional", 3)
    assert "is missing here" in msp.bucket.objects[key(OCTOBER, 1, "index.html")].decode()
    ledger.history = sound  # type: ignore[method-assign]
    assert msp.publish("2026-11-03 05:30") == ["2026-10/2"]
    manifest = msp.manifest(OCTOBER, 2)
    assert (manifest["stage"], len(manifest["files"])) == ("final", 4)
    assert msp.publish("2026-11-03 17:30") == []
    assert msp.differences() == []


def test_a_page_that_cannot_be_drawn_makes_one_provisional_book(
    msp: BookWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-5: one edition lacks the customer's page, and one more has it once it can be drawn."""
    harbor, drawings = msp.customers[0].id, 0

    def refusing(statement: Statement, form: Form) -> bytes:
        nonlocal drawings
        drawings += 1
        if drawings > 50:
            pytest.fail("it is drawn again and again")
        if statement.customer.id == harbor:
            raise ValueError("a sign that no font has")
        return drawn(statement, form)

    with monkeypatch.context() as patch:
        patch.setattr("tally.statements.book.drawn", refusing)
        assert msp.publish(AFTER_THE_CLOSE) == ["2026-10/1"]
        assert msp.publish("2026-11-02 17:30") == []
    assert msp.manifest(OCTOBER, 1)["stage"] == "provisional"
    assert "no font has" in msp.bucket.objects[key(OCTOBER, 1, "index.html")].decode()
    assert msp.publish("2026-11-03 05:30") == ["2026-10/2"]
    manifest = msp.manifest(OCTOBER, 2)
    assert (manifest["stage"], len(manifest["files"])) == ("final", 4)


def test_a_record_that_cannot_be_read_is_its_months_trouble(msp: BookWorld) -> None:
    """SAFE-5, PROOF-4: an open record of this month that cannot be read leaves the closed months'
    books as they are, when it is damaged and when it is mended.
    """
    msp.publish("2026-11-10 05:30")
    ledger = msp.world.ledger
    sound = ledger.all_open_records
    harbor = msp.customers[0].id

    def odd(within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        yield from sound(within)
        yield Unreadable(harbor, "Harbor's item is damaged", NOVEMBER)

    ledger.all_open_records = odd  # type: ignore[method-assign, assignment]
    assert msp.publish("2026-11-10 17:30") == []
    msp.books.months.clear()  # and a book that is drawn meanwhile does not name it
    msp.bucket.objects.clear()
    assert msp.publish("2026-11-11 05:30") == ["2026-10/1"]
    assert msp.manifest(OCTOBER, 1)["stage"] == "final"
    assert "damaged" not in msp.bucket.objects[key(OCTOBER, 1, "index.html")].decode()
    ledger.all_open_records = sound  # type: ignore[method-assign]
    assert msp.publish("2026-11-11 17:30") == []


def test_a_month_whose_only_record_cannot_be_read_is_provisional() -> None:
    """SAFE-5, PROOF-5: what cannot be read is not called a month of which nothing was recorded."""
    msp = BookWorld()
    harbor = msp.add("Harbor Dental", 3)
    msp.world.play(gmt("2026-10-01 00:05"), *closing_days(OCTOBER))

    def odd(within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        assert within is EVERYBODY
        yield Unreadable(harbor.id, "Harbor's item is damaged", OCTOBER)

    msp.world.ledger.all_open_records = odd  # type: ignore[method-assign, assignment]
    assert msp.publish(AFTER_THE_CLOSE) == ["2026-10/1"]
    assert msp.manifest(OCTOBER, 1)["stage"] == "provisional"
    assert "damaged" in msp.bucket.objects[key(OCTOBER, 1, "index.html")].decode()


def test_the_second_reading_is_published(msp: BookWorld) -> None:
    """PROOF-4: what the month was read once more for stands in a new edition beside the old one."""
    msp.publish(AFTER_THE_CLOSE)
    first = dict(msp.bucket.objects)
    msp.world.play(gmt("2026-11-10 00:05"))
    assert msp.publish("2026-11-10 05:30") == ["2026-10/2"]
    assert {each: msp.bucket.objects[each] for each in first} == first
    assert msp.publish("2026-11-10 17:30") == []


def test_a_month_is_chained_to_the_one_before() -> None:
    """PROOF-6: the manifest names the newest edition of the month before by its hash."""
    msp = october_closed(through=2)
    assert msp.publish("2026-12-02 05:30") == ["2026-10/1", "2026-11/1"]
    assert msp.manifest(NOVEMBER, 1)["before"] == {
        "month": "2026-10",
        "edition": 1,
        "sha256": hashlib.sha256(msp.bucket.objects[key(OCTOBER, 1)]).hexdigest(),
    }
    assert msp.differences() == []


def test_a_month_without_records_keeps_the_chain_whole(msp: BookWorld) -> None:
    """PROOF-6: after the first book no month is left out, so that a missing one shows; before it
    nothing is made up (PROOF-5).
    """
    msp.world.play(gmt("2027-01-20 00:05"))
    assert msp.publish("2027-01-20 05:30") == ["2026-10/1", "2026-11/1", "2026-12/1"]
    assert [each["name"] for each in msp.manifest(Month(2026, 12), 1)["files"]] == ["index.html"]
    fresh = BookWorld()
    fresh.world.play(gmt("2026-10-01 00:05"), gmt("2026-12-02 00:05"))
    assert fresh.publish("2026-12-02 05:30") == []


def test_a_ledger_without_a_tick_has_no_book() -> None:
    """A stack that was deployed a minute ago."""
    assert BookWorld().publish(AFTER_THE_CLOSE) == []


def test_a_year_is_looked_back(msp: BookWorld) -> None:
    """A correction of the last thirteen months is published, with no word on older ones."""
    msp.publish(AFTER_THE_CLOSE)
    written = msp.publish("2027-12-02 05:30")
    assert (written[0], written[-1], len(written)) == ("2026-11/1", "2027-11/1", 13)
    assert msp.differences() == []


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize(
    "error", [SetupError("the bucket b cannot be used"), TransientError("the bucket b is busy")]
)
def test_a_bucket_that_refuses_is_tried_again(msp: BookWorld, error: Exception) -> None:
    """SAFE-6: the run fails with the bucket's sentence, the ledger keeps it for the digest, and the
    next run goes on at once.
    """
    msp.bucket.failure = error
    with pytest.raises(type(error), match=str(error)):
        msp.publish(AFTER_THE_CLOSE)
    known = msp.books.read(OCTOBER)
    assert known.trouble is not None
    assert (known.trouble.why, known.trouble.at) == (str(error), AFTER_THE_CLOSE)
    assert known.newest is known.claim is None
    msp.bucket.failure = None
    assert msp.publish(AFTER_THE_CLOSE, run="run 2") == ["2026-10/1"]
    assert msp.books.read(OCTOBER).trouble is None


def test_a_month_that_fails_stops_no_other() -> None:
    """SAFE-5: the next month's book is published, and chained once the first one is there."""
    msp = october_closed(through=2)

    class Odd(MemoryBooks):
        """Its October cannot be read."""

        broken = True

        def read(self, month: Month) -> MonthBooks:
            if month == OCTOBER and self.broken:
                raise ContractError("October cannot be read")
            return super().read(month)

    msp.books = Odd()
    with pytest.raises(ContractError, match="October cannot be read"):
        msp.publish("2026-12-02 05:30")
    assert set(msp.books.months) == {NOVEMBER}
    msp.books.broken = False
    assert msp.publish("2026-12-02 17:30") == ["2026-10/1"]
    assert msp.differences() == []


def test_an_old_month_that_cannot_be_read_stops_no_other() -> None:
    """SAFE-5: nor does the one to which the oldest of them is chained; it is told all the same."""
    msp = october_closed()
    msp.publish(AFTER_THE_CLOSE)
    msp.world.play(gmt("2027-12-10 00:05"))

    class Odd(MemoryBooks):
        """Its October cannot be read; thirteen later months have passed their close."""

        def read(self, month: Month) -> MonthBooks:
            if month == OCTOBER:
                raise UnreadableItemError("October cannot be read")
            return super().read(month)

    msp.books = Odd(months=msp.books.months)
    msp.books.months[NOVEMBER] = replace(
        MonthBooks(month=NOVEMBER), editions=msp.books.months[OCTOBER].editions
    )
    with pytest.raises(UnreadableItemError, match="October cannot be read"):
        msp.publish("2027-12-10 05:30")
    assert Month(2027, 11) in msp.books.months


def test_a_bug_in_one_month_stops_no_other() -> None:
    """SAFE-5: the other months are published; then it is raised."""
    msp = october_closed(through=2)
    whole = Pages(
        ledger=msp.world.ledger, evidence=msp.evidence, evidence_of="endpoints", zone="UTC"
    )
    msp.pages = lambda month, aside: (
        [("index.html", None)]  # type: ignore[list-item]
        if month == OCTOBER
        else whole(month, aside)
    )
    with pytest.raises(TypeError):
        msp.publish("2026-12-02 05:30")
    assert [len(msp.books.read(month).editions) for month in (OCTOBER, NOVEMBER)] == [0, 1]


def test_a_bug_is_told_in_the_ledger(msp: BookWorld) -> None:
    """SAFE-6: an error that nobody foresaw is the reason that people read, too."""
    msp.pages = lambda *_: iter([("index.html", None)])  # type: ignore[list-item]
    with pytest.raises(TypeError):
        msp.publish(AFTER_THE_CLOSE)
    trouble = msp.books.read(OCTOBER).trouble
    assert trouble is not None
    assert trouble.why.startswith(str(BugError.of(TypeError()))[:15])


def test_a_run_that_writes_is_left_alone(msp: BookWorld) -> None:
    """PROOF-4: of two runs at once the second one writes nothing, until the first must be over."""
    claimed = MonthBooks(month=OCTOBER).claimed("other", until=gmt("2026-11-02 05:45"))
    msp.books.save(claimed)
    with pytest.raises(ConflictError, match="Another run is writing the book of October 2026"):
        msp.publish("2026-11-02 05:44")
    assert msp.bucket.objects == {}
    assert msp.publish("2026-11-02 05:45") == ["2026-10/1"]


def test_its_own_repeat_goes_on(msp: BookWorld) -> None:
    """Lambda repeats an event under the same name: what its first attempt announced is its own."""
    msp.books.save(MonthBooks(month=OCTOBER).claimed("run 1", until=gmt("2026-11-02 06:00")))
    assert msp.publish("2026-11-02 05:31", run="run 1") == ["2026-10/1"]


def test_what_the_time_does_not_suffice_for_is_left_to_the_repeat() -> None:
    """An edition that is begun must be finished: with little time left a further one is not, and
    the repeat goes on there.
    """
    msp = october_closed(through=2)
    msp.seconds = 200
    with pytest.raises(NotStartedError, match="the book of November 2026"):
        msp.publish("2026-12-02 05:30")
    assert set(msp.books.months) == {OCTOBER}
    assert msp.publish("2026-12-02 05:45") == ["2026-11/1"]


def test_a_manifest_that_stands_is_taken_as_it_is(msp: BookWorld) -> None:
    """PROOF-4: after the ledger was restored to an earlier point, the editions of the bucket are
    recorded again, not written over.
    """
    msp.publish(AFTER_THE_CLOSE)
    objects, known = dict(msp.bucket.objects), msp.books.read(OCTOBER)
    msp.books.months.clear()
    assert msp.publish("2026-11-03 05:30") == ["2026-10/1"]
    assert msp.bucket.objects == objects
    again = msp.books.read(OCTOBER).newest
    assert again is not None
    assert known.newest is not None
    assert replace(again, published=known.newest.published) == known.newest
    assert msp.differences() == []


def test_what_stands_in_the_manifests_place_is_told(msp: BookWorld) -> None:
    """SAFE-6: something else under the manifest's name is not written over."""
    msp.bucket.objects[key(OCTOBER, 1)] = b"{}"
    with pytest.raises(ContractError, match=r"books/2026-10/1/manifest\.json of the bucket books"):
        msp.publish(AFTER_THE_CLOSE)
    assert msp.bucket.objects == {key(OCTOBER, 1): b"{}"}
