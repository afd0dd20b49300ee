"""`tally book verify`'s use case: whatever is changed, missing or added is named (PROOF-6)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tally.domain.book.edition import MonthBooks
from tally.domain.book.manifest import read_manifest, sha256
from tally.domain.model.month import Month
from tally.errors import SetupError, UnreadableItemError
from testing.books import MemoryBooks, MemoryBucket
from tests.functional.book_world import NOVEMBER, OCTOBER, BookWorld, key, october_closed
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow


@pytest.fixture
def msp() -> BookWorld:
    """Books of October, with its second reading, and of November."""
    found = october_closed(through=1)
    found.publish("2026-11-02 05:30")
    found.world.play(gmt("2026-11-10 00:05"), gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05"))
    found.publish("2026-11-10 05:30")
    found.publish("2026-12-02 05:30")
    assert set(found.books.months) == {OCTOBER, NOVEMBER}
    return found


def page(msp: BookWorld, month: Month = OCTOBER, edition: int = 1) -> str:
    """The name of a statement of a book."""
    names = [each["name"] for each in msp.manifest(month, edition)["files"]]
    return next(each for each in names if each.startswith("harbor-dental"))


def test_whole_books_have_no_differences(msp: BookWorld) -> None:
    """And it says how much was looked at."""
    verified = msp.verify()
    assert verified.differences == verified.strays == ()
    assert (verified.editions, verified.files) == (3, 12)


def test_before_the_first_book_there_is_nothing() -> None:
    """A stack that was deployed a minute ago."""
    verified = BookWorld().verify()
    assert (verified.editions, verified.files, verified.differences) == (0, 0, ())


def test_a_changed_page_is_named(msp: BookWorld) -> None:
    """PROOF-6: one byte is enough."""
    name = page(msp)
    msp.bucket.objects[key(OCTOBER, 1, name)] += b" "
    [found] = msp.differences()
    assert found.startswith(f"2026-10/1 {name} was changed: its SHA-256 is ")


def test_a_missing_page_is_named(msp: BookWorld) -> None:
    """PROOF-6: once, and by its name."""
    name = page(msp)
    del msp.bucket.objects[key(OCTOBER, 1, name)]
    assert msp.differences() == [f"2026-10/1 {name} is missing"]


def test_an_extra_page_is_named(msp: BookWorld) -> None:
    """PROOF-6: a page that nobody published, and an object that is of no book."""
    msp.bucket.objects[key(NOVEMBER, 1, "new.html")] = b""
    msp.bucket.objects["books/readme.txt"] = b""
    verified = msp.verify()
    assert verified.strays == ("books/readme.txt",)
    [found] = msp.differences()
    assert found == ("2026-11/1 new.html is not named in the manifest: it was put there by others")


@pytest.mark.parametrize("month", ["2000-01", "2026-09", "2027-01", "2999-12", "9999-12"])
def test_a_month_that_nobody_can_have_published_is_of_no_book(msp: BookWorld, month: str) -> None:
    """SAFE-10: an object of a month before the first or still to come is told by its key, and no
    month is looked for on its strength.
    """
    msp.bucket.objects[f"books/{month}/1/index.html"] = b""
    verified = msp.verify()
    assert verified.strays == (f"books/{month}/1/index.html",)
    assert verified.differences == ()


def test_books_whose_ledger_was_lost_are_told_for_what_they_are(msp: BookWorld) -> None:
    """PROOF-6: of a ledger without a tick no month is expected, and each book is unknown."""
    msp.world.ledger = BookWorld().world.ledger
    msp.books.months.clear()
    verified = msp.verify()
    assert verified.strays == ()
    assert [each.what[:30] for each in verified.differences] == [
        "the ledger does not know of it"
    ] * 3


def test_a_page_that_was_changed_with_its_manifest_shows(msp: BookWorld) -> None:
    """PROOF-6: whoever makes the manifest anew as well does not have the ledger's hash, nor those
    of the editions that are chained to it.
    """
    name = page(msp)
    msp.bucket.objects[key(OCTOBER, 2, name)] = b"another number"
    manifest = read_manifest(msp.bucket.objects[key(OCTOBER, 2)])
    files = [each for each in manifest.files if each.name != name]
    forged = replace(
        manifest,
        files=(
            *files,
            replace(manifest.files[0], name=name, size=14, sha256=sha256(b"another number")),
        ),
    )
    msp.bucket.objects[key(OCTOBER, 2)] = forged.to_bytes()
    assert msp.differences() == [
        "2026-10/2  manifest.json is not the one that was published",
        (
            "2026-11/1  the manifest of the month before it, October 2026, edition 2, is not the "
            "one that it was chained to"
        ),
    ]


def _without(msp: BookWorld, beginning: str) -> None:
    for each in [each for each in msp.bucket.objects if each.startswith(beginning)]:
        del msp.bucket.objects[each]


def test_a_missing_month_is_named(msp: BookWorld) -> None:
    """PROOF-6: by the ledger, and by the month that is chained to it."""
    _without(msp, f"books/{OCTOBER}/")
    assert msp.differences() == [
        "2026-10/1  is missing: the ledger knows that it was published",
        "2026-10/2  is missing: the ledger knows that it was published",
        "2026-11/1  the month before it, October 2026, edition 2, is missing",
    ]


def test_a_month_that_was_never_published_is_named(msp: BookWorld) -> None:
    """PROOF-6: between the first and the newest there is no gap."""
    msp.world.play(gmt("2027-01-20 00:05"))
    msp.publish("2027-01-20 05:30")
    _without(msp, f"books/{NOVEMBER}/")
    del msp.books.months[NOVEMBER]
    found = msp.differences()
    assert found[0] == "2026-11/0  there is no book of it"
    assert found[1].startswith("2026-12/1  the month before it, November 2026, edition 2, is mis")


def test_the_newest_edition_that_is_gone_is_named(msp: BookWorld) -> None:
    """PROOF-6: nothing in the bucket is chained to the newest; the ledger knows of it."""
    _without(msp, f"books/{NOVEMBER}/")
    assert msp.differences() == ["2026-11/1  is missing: the ledger knows that it was published"]


def test_an_edition_that_the_ledger_does_not_know_is_named(msp: BookWorld) -> None:
    """PROOF-6: a whole book of somebody else's making."""
    manifest = replace(read_manifest(msp.bucket.objects[key(NOVEMBER, 1)]), edition=2)
    for each in manifest.files:
        content = msp.bucket.objects[key(NOVEMBER, 1, each.name)]
        msp.bucket.objects[key(NOVEMBER, 2, each.name)] = content
    msp.bucket.objects[key(NOVEMBER, 2)] = manifest.to_bytes()
    assert msp.differences() == [
        "2026-11/2  the ledger does not know of it: it was put there by others",
        "2026-11/2  its manifest leaves out the edition that it replaces",
    ]


def test_a_book_that_is_being_written_is_no_difference(msp: BookWorld) -> None:
    """A book without a manifest does not count; the ledger has its announcement."""
    msp.bucket.objects[key(NOVEMBER, 2, "index.html")] = b""
    assert msp.differences() == ["2026-11/2  manifest.json is missing"]
    known = msp.books.read(NOVEMBER)
    msp.books.save(known.claimed("run 9", until=gmt("2026-12-02 06:00")))
    assert msp.differences() == []


def test_a_book_that_is_published_meanwhile_is_no_difference() -> None:
    """PROOF-6: what came after the bucket was listed is looked for once more."""
    msp = october_closed()

    class Busy(MemoryBucket):
        """Its book is published just after it was listed for the first time."""

        listed = 0

        def keys(self, beginning: str) -> Iterator[str]:
            found = list(super().keys(beginning))
            self.listed += 1
            if self.listed == 1:
                msp.publish("2026-11-02 05:30")
            return iter(found)

    msp.bucket = Busy()
    verified = msp.verify()
    assert (verified.differences, verified.editions) == ((), 1)


class _Damaged(MemoryBooks):
    """Its item of October cannot be read."""

    def read(self, month: Month) -> MonthBooks:
        if month == OCTOBER:
            raise UnreadableItemError("the item BOOK#2026-10 BOOK cannot be read")
        return super().read(month)


def test_an_item_that_cannot_be_read_hides_no_other_difference(msp: BookWorld) -> None:
    """SAFE-5: it is named; its editions are held to their manifests and chain, and not called
    unknown; all other months are looked at as ever.
    """
    msp.books = _Damaged(months=msp.books.months)
    msp.bucket.objects[key(OCTOBER, 1, page(msp))] += b" "
    msp.bucket.objects[key(NOVEMBER, 1, page(msp, NOVEMBER))] += b" "
    found = msp.differences()
    assert len(found) == 3
    assert found[0] == "2026-10/0  the item BOOK#2026-10 BOOK cannot be read"
    assert "was changed" in found[1]
    assert "was changed" in found[2]
    assert len(msp.differences(NOVEMBER)) == 1


Change = Callable[[dict[str, object]], object]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda of: of.pop("files"), "manifest.json cannot be read: it is no manifest"),
        (lambda of: of.update(form=2), "manifest.json cannot be read: its form is 2"),
        (lambda of: of.update(edition=True), "manifest.json cannot be read"),
        (lambda of: of.update(stage="done"), "manifest.json cannot be read"),
        (lambda of: of.update(files=[{"name": "", "sha256": "0" * 64, "bytes": 1}]), "a file with"),
        (lambda of: of.update(edition=7), "manifest.json is that of 2026-11, edition 7"),
        (lambda of: of.update(before=None), "its manifest leaves out the month before it"),
        (
            lambda of: of.update(before={"month": "2026-11", "edition": 1, "sha256": "0" * 64}),
            "its manifest calls November 2026, edition 1 the month before",
        ),
        (
            lambda of: of.update(before={"month": "2026-10", "edition": 2, "sha256": "0" * 64}),
            "is not the one that it was chained to",
        ),
        (
            lambda of: of.update(replaces={"month": "2026-10", "edition": 1, "sha256": "0" * 64}),
            "its manifest says that it replaces October 2026, edition 1",
        ),
    ],
)
def test_a_manifest_that_was_made_anew_is_told_for_what_it_says(
    msp: BookWorld, change: Change, told: str
) -> None:
    """PROOF-6: also where the ledger is not asked: what it says of others must hold."""
    content = json.loads(msp.bucket.objects[key(NOVEMBER, 1)])
    change(content)
    msp.bucket.objects[key(NOVEMBER, 1)] = json.dumps(content).encode()
    assert any(told in each for each in msp.differences()), msp.differences()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"12"])
def test_nonsense_is_no_manifest(msp: BookWorld, content: bytes) -> None:
    """SAFE-10: whatever stands there is told, and breaks nothing."""
    msp.bucket.objects[key(NOVEMBER, 1)] = content
    assert [each for each in msp.differences() if "manifest.json cannot be read" in each]


def test_one_month_is_looked_at_alone(msp: BookWorld) -> None:
    """What differs in others is not told, nor read; what it is chained to is."""
    msp.bucket.objects[key(NOVEMBER, 1, page(msp, NOVEMBER))] = b""
    msp.bucket.objects["books/readme.txt"] = b""
    assert msp.differences(OCTOBER) == []
    verified = msp.verify(OCTOBER)
    assert (verified.editions, verified.files, verified.strays) == (2, 8, ())
    assert len(msp.differences(NOVEMBER)) == 1


def test_what_the_bucket_has_let_go_is_not_missing(msp: BookWorld) -> None:
    """A book past its time is deleted by the bucket's own rule; the month after it is not chained
    to nothing by that.
    """
    _without(msp, f"books/{OCTOBER}/1/")
    _without(msp, f"books/{OCTOBER}/2/index.html")
    msp.world.clock.set(gmt("2027-10-20 00:05"))
    assert msp.verify(kept_months=12).differences
    msp.world.clock.set(gmt("2027-11-20 00:05"))
    verified = msp.verify(kept_months=12)
    assert (verified.differences, verified.editions) == ((), 1)
    assert msp.verify(kept_months=0).differences


def test_a_bucket_that_refuses_is_no_difference(msp: BookWorld) -> None:
    """SAFE-6: what could not be read is not called changed."""
    msp.bucket.failure = SetupError("the bucket b cannot be used")
    with pytest.raises(SetupError, match="the bucket b cannot be used"):
        msp.verify()
