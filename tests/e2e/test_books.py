"""The book as deployed: with the role that the template gives it, the function publishes what the
command accepts.
"""

from datetime import UTC, datetime

import pytest

from tests.e2e.command_line import document, run
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e

LOOK = datetime(2025, 4, 2, 5, 30, tzinfo=UTC)


def test_a_closed_month_is_published_and_verified(msp: Msp) -> None:
    """PROOF-6: one look publishes the month, the next one nothing; the command finds the book
    whole, and names the page that somebody changes.
    """
    msp.check_in(msp.add_customer("Copper Lane Press"), 4, FIRST)
    for tick in (
        FIRST,
        datetime(2025, 4, 1, 0, 5, tzinfo=UTC),
        datetime(2025, 4, 2, 0, 5, tzinfo=UTC),
    ):
        msp.tick(tick)
    event = {"at": LOOK.isoformat()}
    assert msp.stack.invoke("book", event) == {"written": ["2025-03/1"], "unchanged": 0}
    assert msp.stack.invoke("book", event) == {"written": [], "unchanged": 1}
    assert [line["written"] for line in msp.logged("book", "published")] == [["2025-03/1"], []]

    [march] = document(msp, "book", "list")
    [edition] = march["editions"]
    assert (edition["stage"], edition["files"]) == ("final", 2)
    assert document(msp, "book", "verify") == {
        "editions": 1,
        "files": 2,
        "differences": [],
        "of_no_book": [],
    }
    objects = msp.stack.client("s3")
    objects.put_object(Bucket=march["bucket"], Key=edition["index"], Body=b"changed")
    assert "index.html: was changed" in run(msp, "book", "verify", code=1)
