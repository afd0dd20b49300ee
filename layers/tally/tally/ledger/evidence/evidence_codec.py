"""The stored form of a month's evidence: compressed JSON, cut into parts that DynamoDB takes."""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tally.domain.evidence.evidence import Evidence, Fate, Machine, MachineProof
from tally.domain.model.month import Month
from tally.ledger.form import DAY, INSTANT, TEXT, WHOLE, many, shape, word

LARGEST_PART = 350_000
"""The most bytes of one part. DynamoDB takes 400 kB an item, names and keys included."""

_MACHINE = shape(
    Machine,
    id=TEXT,
    name=TEXT,
    fqdn=TEXT,
    listed=DAY,
    proof=shape(MachineProof, seen=INSTANT, read=INSTANT),
    fate=word(Fate),
    gone=DAY,
    moved_in=INSTANT,
    asked=WHOLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """The fields of evidence that its key does not hold."""

    begun: datetime
    walked: datetime
    machines: tuple[Machine, ...]


_KEPT = shape(_Kept, begun=INSTANT, walked=INSTANT, machines=many(_MACHINE))


def packed(evidence: Evidence) -> Sequence[bytes]:
    """Write the evidence as one or more parts."""
    kept = _Kept(begun=evidence.begun, walked=evidence.walked, machines=evidence.machines)
    text = json.dumps(_KEPT.write(kept), ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate, which JSON can carry in a name, is no UTF-8.
    whole = zlib.compress(text.encode(errors="surrogatepass"))
    return [whole[start : start + LARGEST_PART] for start in range(0, len(whole), LARGEST_PART)]


def unpacked(parts: Sequence[bytes], *, company_id: str, month: Month, version: int) -> Evidence:
    """Read such parts. Raises ValueError, TypeError, KeyError or zlib's error."""
    text = zlib.decompress(b"".join(parts)).decode(errors="surrogatepass")
    kept = _KEPT.read(json.loads(text))
    return Evidence(
        company_id=company_id,
        month=month,
        begun=kept.begun,
        walked=kept.walked,
        machines=kept.machines,
        version=version,
    )
