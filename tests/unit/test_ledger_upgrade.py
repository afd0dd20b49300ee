"""Usage records of the version before schema 1, where a whole month does not show it: what was
refused, and what cannot be.
"""

from typing import Any

import pytest

from tally.domain.record.lines import LineState, Place
from tally.domain.record.writes import Create, SetQuantity, TakeOver
from tally.ledger.record_codec import record_of
from tally.ledger.upgrade import upgraded
from tests.unit.rig import KEY, PLACE, TICK

AT = TICK.isoformat()
PLAIN_PLACE = {
    "agreement_id": 31,
    "product_id": 501,
    "effective": "2026-11-01",
    "cancelled": "2026-11-30",
}
OPENING = {"number": 0, "state": "opening", "reference": "TLY-A", **PLAIN_PLACE}
OPEN = {**OPENING, "state": "open", "addition_id": 900, "pushed": 4, "pushed_at": AT}


def before(*lines: dict[str, Any], **told: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of an earlier version
    """The fields of such a record."""
    return {"state": "open", "seen_tick": AT, "lines": list(lines), **told}


@pytest.mark.parametrize(
    ("lines", "fingerprint", "write", "version"),
    [
        (
            [OPENING],
            "post 31 v7 2026-11-01 501 2026-11-10",
            Create(number=0, place=PLACE, quantity=6),
            "v7",
        ),
        ([OPEN], "patch 6 2026-11-10 v7", SetQuantity(number=0, quantity=6), "v7"),
        ([OPEN], "patch 6 2026-11-10 ", SetQuantity(number=0, quantity=6), ""),
        (
            [OPENING],
            "take-over 70",
            TakeOver(number=0, place=PLACE, quantity=6, addition_id=70),
            "",
        ),
    ],
)
def test_what_was_refused(
    lines: list[dict[str, Any]], fingerprint: str, write: object, version: str
) -> None:
    """SAFE-2: the write that ConnectWise refused, and of which version of the agreement: it is not
    tried again before its time.
    """
    refusal = {"why": "no", "fingerprint": fingerprint, "since": AT, "total": 6}
    record = record_of(KEY, 3, upgraded(before(*lines, refusal=refusal), month="2026-11"))
    assert record.refusal is not None
    assert (record.refusal.write, record.refusal.version, record.refusal.at) == (
        write,
        version,
        TICK,
    )
    assert record.refusal.total == 6
    assert len(record.lines) == (lines[0]["state"] != "opening")


@pytest.mark.parametrize(
    ("lines", "late"),
    [
        ([{**OPEN, "state": "frozen"}, {**OPEN, "number": 1, "addition_id": 901}], [False, True]),
        (
            [{**OPEN, "state": "void", "pushed": 0}, {**OPEN, "number": 1, "addition_id": 901}],
            [False, False],
        ),
        ([{**OPEN, "effective": "2026-12-01", "cancelled": "2026-12-31"}], [True]),
    ],
)
def test_which_lines_are_for_late_usage(lines: list[dict[str, Any]], late: list[bool]) -> None:
    """LATE-2: told once, by a line's days and by those before it."""
    record = record_of(KEY, 3, upgraded(before(*lines), month="2026-11"))
    assert [line.place.late for line in record.lines] == late
    assert all(isinstance(line.place, Place) and line.state in LineState for line in record.lines)


@pytest.mark.parametrize("gone", ["state", "seen_tick"])
def test_what_no_version_wrote_is_not_read(gone: str) -> None:
    """SAFE-5: an item that lacks what each version wrote is its company's failing."""
    spoilt = before(OPEN)
    del spoilt[gone]
    with pytest.raises(KeyError):
        record_of(KEY, 3, spoilt)
