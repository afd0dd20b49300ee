"""Anything that a job may meet, for laws: records, what a job knows, and what ConnectWise has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tally.domain.facts.job_facts import Facts, Permit
from tally.domain.holds import Broken, Edited, Fallen, Grown, Hold, LateUsage, Strangers, Unplaced
from tally.domain.model.agreement import Addition
from tally.domain.model.reading import Count, Unknown
from tally.domain.model.terms import OtherTerms, Terms
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Claim, Create, Refusal, SetQuantity, SetTerms
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    MONTH,
    PERMIT,
    PLACE,
    PRODUCT_ID,
    SETTLE,
    TICK,
    UNOPENED,
    Rig,
    a_line,
    a_record,
    addition,
    facts,
)

QUANTITIES = st.integers(0, 6)
AGES = st.sampled_from(
    [timedelta(seconds=1), SETTLE, SETTLE + timedelta(seconds=1), timedelta(hours=2)]
)
UNKNOWN = Unknown("GravityZone has nothing to say.")
CATALOG, AGREED, OTHER = (Terms(unit_price=Decimal(price)) for price in ("4.50", "3.90", "3.50"))


@dataclass(frozen=True, kw_only=True)
class Met:
    """A record, what its job knows, and what stands in ConnectWise."""

    record: UsageRecord
    known: Facts
    there: Sequence[Addition]

    def rig(self, *, there: Sequence[Addition] | None = None) -> Rig:
        """It, to be run."""
        return Rig(record=self.record, there=list(self.there if there is None else there))


def _hold(kind: type[Hold], number: int) -> Hold:
    told = {"why": "because", "since": TICK}
    match kind.__name__:
        case "Fallen":
            return Fallen(counted=number, **told)
        case "Grown":
            return Grown(agreed=number, **told)
        case "Edited":
            return Edited(total=number, stands=number, **told)
        case "Broken":
            return Broken(total=number, **told)
        case "Strangers":
            return Strangers(wanted=number, additions=(70,), **told)
        case "Unplaced":
            return Unplaced(total=number, **told)
    return LateUsage(total=number, **told)


SEEN_HOLDS: list[type[Hold]] = [Broken, Strangers]
HOLDS: list[type[Hold]] = [*SEEN_HOLDS, Edited, Fallen, Grown, LateUsage, Unplaced]


@st.composite
def unopened(draw: st.DrawFn) -> UsageRecord:
    """A month without a line, as crashes and people may leave it."""
    if draw(st.booleans()):
        return UNOPENED
    create = Create(number=0, place=PLACE, quantity=draw(QUANTITIES))
    claim = draw(st.none() | AGES.map(lambda age: Claim(write=create, at=TICK - age)))
    kind = draw(st.none() | st.sampled_from(SEEN_HOLDS))
    refusal = Refusal(why="refused", at=TICK, write=create, version="v1", total=4)
    return a_record(
        claim=claim,
        hold=None if kind is None or claim is not None else _hold(kind, draw(QUANTITIES)),
        refusal=draw(st.sampled_from([None, None, refusal])),
    )


@st.composite
def opened(draw: st.DrawFn) -> UsageRecord:
    """A month with a line, in any state that crashes, people and lags may leave it in."""
    terms = draw(
        st.none()
        | st.builds(OtherTerms, before=st.just(AGREED), now=st.just(CATALOG), asked=st.booleans())
    )
    stands = draw(QUANTITIES)
    unsure = draw(st.lists(QUANTITIES, max_size=2, unique=True))
    # `changes.released` keeps no other.
    line = a_line(
        quantity=stands,
        at=TICK - draw(AGES),
        unsure=tuple(each for each in unsure if each != stands),
        echoes=tuple(draw(st.lists(QUANTITIES, max_size=2, unique=True))),
        terms=terms,
    )
    writes: list[SetQuantity | SetTerms] = [SetQuantity(number=0, quantity=draw(QUANTITIES))]
    if terms is not None and terms.asked:
        writes.append(SetTerms(number=0))
    write = draw(st.sampled_from(writes))
    claim = draw(st.none() | AGES.map(lambda age: Claim(write=write, at=TICK - age)))
    kind = draw(st.none() | st.sampled_from(HOLDS))
    refusal = Refusal(
        why="no", at=TICK, write=SetQuantity(number=0, quantity=3), version="v1", total=3
    )
    return a_record(
        line,
        claim=claim,
        hold=None if kind is None or claim is not None else _hold(kind, draw(QUANTITIES)),
        refusal=draw(st.sampled_from([None, None, refusal])),
    )


FOREIGN = st.lists(
    st.one_of(
        st.builds(
            addition,
            st.just(70),
            text=st.just("a person's"),
            effective=st.sampled_from([date(2026, 1, 1), MONTH.first]),
            cancelled=st.sampled_from([None, date(2026, 10, 31), MONTH.last]),
        ),
        st.builds(addition, st.just(71), text=st.just(""), product_id=st.just(999)),
        st.builds(addition, st.just(901), quantity=QUANTITIES.map(Decimal)),
    ),
    max_size=1,
)
"""Another's of the product, another product's, or a copy of ours."""


PERMITS = st.none() | st.builds(
    Permit,
    newest_tick=st.sampled_from([TICK, TICK + timedelta(days=2)]),
    linked_to=st.sampled_from([7, 7, 7, 8, None]),
    excluded=st.sampled_from([False, False, True]),
    monthly=st.sampled_from([True, True, False]),
)


@st.composite
def knowing(draw: st.DrawFn) -> Facts:
    """Anything a job may know."""
    cancelled = replace(AGREEMENT, cancelled=True)
    tick = draw(st.sampled_from([TICK, CLOSE]))
    return facts(
        reading=draw(st.builds(Count, QUANTITIES) | st.just(UNKNOWN)),
        agreement=draw(st.sampled_from([AGREEMENT, AGREEMENT, AGREEMENT, cancelled, None])),
        product_id=draw(st.sampled_from([PRODUCT_ID, PRODUCT_ID, PRODUCT_ID, None])),
        permit=draw(st.just(PERMIT) | PERMITS),
        only_if_used=draw(st.booleans()),
        tick=tick,
        now=max(tick, CLOSE if draw(st.booleans()) else TICK),
    )


@st.composite
def cases(draw: st.DrawFn) -> Met:
    """Anything: ours as we left it or may have left it, changed, or gone; and others beside it."""
    record, known = draw(unopened() | opened()), draw(knowing())
    there = list(draw(FOREIGN))
    line = record.newest
    ours = draw(st.sampled_from(["as left", "as left", "as left", "changed", "gone"]))
    if ours == "gone" or (ours == "as left" and line is None):
        return Met(record=record, known=known, there=there)
    left = [4] if line is None else [line.pushed, *line.written.unsure, *line.written.echoes]
    sent = [getattr(record.claim.write, "quantity", 4)] if record.claim is not None else []
    fraction = [Decimal("2.5")] if ours == "changed" else []
    quantity = draw(st.sampled_from([*map(Decimal, left + sent), *fraction]))
    dates = [MONTH.last, MONTH.last, None, MONTH.first] if ours == "changed" else [MONTH.last]
    terms = draw(st.sampled_from([CATALOG, CATALOG, AGREED, OTHER, Terms()]))
    it = addition(900, quantity=quantity, cancelled=draw(st.sampled_from(dates)), terms=terms)
    return Met(record=record, known=known, there=[it, *there])
