"""The stored form of the pulse's memory, and the attributes of a sweep's account."""

import json
import zlib
from typing import TYPE_CHECKING

from tally.domain.pulse.account import Account, Expected
from tally.domain.pulse.proof import Share
from tally.domain.pulse.state import Proof, Pulse, Searches, Trust
from tally.domain.pulse.total import Rest, Total
from tally.ledger.form import INSTANT, MONTH, TEXT, TRUTH, WHOLE, instant, mapping, shape, word
from tally.ledger.keys import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

STATE, VERSION = "state", "version"
TICK, ANSWERED, CHECK, FAILED = "tick", "answered", "check", "failed"
CHANGED = "changed"
_SUM, _RISE = "sum ", "rise "


_TOTAL = shape(Total, month=MONTH, counters=mapping(TEXT), counts=mapping(WHOLE))
_TOTALS = mapping(_TOTAL)
_SHARE = shape(Share, low=WHOLE, high=WHOLE)
_PROOF = shape(
    Proof,
    trust=word(Trust),
    agreed=WHOLE,
    rise_seen=TRUTH,
    shares=mapping(mapping(_SHARE)),
    totals=_TOTALS,
    basis=WHOLE,
    check=WHOLE,
    failed=WHOLE,
    why=TEXT,
    since=INSTANT,
)
_EXPECTED = shape(
    Expected,
    tick=INSTANT,
    jobs=WHOLE,
    check=WHOLE,
    basis=WHOLE,
    totals=_TOTALS,
    sample=TRUTH,
    until=INSTANT,
)
_PULSE = shape(
    Pulse,
    version=WHOLE,
    root=TEXT,
    proof=_PROOF,
    totals=_TOTALS,
    swept=INSTANT,
    asked=TEXT,
    searches=shape(
        Searches,
        last=INSTANT,
        busy_until=INSTANT,
        quiet_until=INSTANT,
        found=mapping(mapping(WHOLE)),
        rest=shape(Rest, basis=WHOLE, counts=mapping(WHOLE)),
    ),
    expected=_EXPECTED,
    sampled=TEXT,
    basis=WHOLE,
    code=TEXT,
)


def packed(pulse: Pulse) -> bytes:
    """Write the memory as packed text: the vectors of 31 partners would be beyond 400 kB else."""
    return zlib.compress(json.dumps(_PULSE.write(pulse), ensure_ascii=False).encode())


def unpacked(packed: bytes) -> Pulse:
    """Read such a text. Raises ValueError, TypeError, KeyError or zlib's error."""
    return _PULSE.read(json.loads(zlib.decompress(packed)))


def sum_name(branch: str, service: str) -> str:
    """Return the attribute that adds up the counts of one branch and service."""
    return f"{_SUM}{branch} {service}"


def rise_name(service: str) -> str:
    """Return the attribute that adds up the rises of one service."""
    return f"{_RISE}{service}"


def account_from(item: Item) -> Account:
    """Read an account's item. Raises ValueError, TypeError or KeyError."""
    sums: dict[str, dict[str, int]] = {}
    rises: dict[str, int] = {}
    for name, value in item.items():
        if name.startswith(_SUM):
            branch, service = name.removeprefix(_SUM).rsplit(" ", 1)
            sums.setdefault(branch, {})[service] = _number(value)
        elif name.startswith(_RISE):
            rises[name.removeprefix(_RISE)] = _number(value)
    return Account(
        tick=instant(item[TICK]["S"]),
        answered=_number(item[ANSWERED]),
        check=_number(item[CHECK]),
        failed=_number(item[FAILED]),
        sums=sums,
        rises=rises,
        changed=instant(item[CHANGED]["S"]) if CHANGED in item else None,
    )


def _number(value: "AttributeValueTypeDef") -> int:
    return int(value["N"])


def number(value: int) -> "AttributeValueTypeDef":
    """Write a whole number as an attribute's value."""
    return {"N": str(value)}
