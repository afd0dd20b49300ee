"""Fifth question: what follows: write, close, hold, wait or nothing?

A table of rows about what is seen, in order: the first row that applies answers.
``without_a_write`` says what follows where nothing is to be written, with or without a look.
"""

from tally.domain.decision import changes, write_changes
from tally.domain.decision.case import Forget, Wanted
from tally.domain.decision.recovery import recover
from tally.domain.decision.scene import Do, Done, Outcome, Record, Row, Scene
from tally.domain.decision.without_a_write import without_a_write
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.sighting import (
    Arrived,
    AsLeft,
    Changed,
    Doubled,
    Gone,
    Lagging,
    Sighting,
    additions_of,
)
from tally.domain.holds import Broken, SettledEdited, Strangers
from tally.domain.model.agreement import Addition
from tally.domain.model.reading import MOST_SEATS
from tally.domain.record.lines import SETTLED, Line, LineState
from tally.domain.record.record_key import reference
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetQuantity, SetTerms, TakeOver
from tally.domain.texts import changed_additions as texts
from tally.domain.texts import notices


def reconcile(record: UsageRecord, wanted: Wanted, seen: Sighting, facts: Facts) -> Outcome:
    """Return the answer of the first row that applies."""
    scene = Scene(record=record, wanted=wanted, seen=seen, facts=facts)
    return next(found for row in SEEN if (found := row(scene)) is not None)


def voiding(scene: Scene) -> Outcome | None:
    """OPEN-1: what somebody else wrote there is no obstacle to setting it to 0."""
    line = scene.record.newest
    if line is None or line.state is not LineState.VOIDING:
        return None
    # A copy that bears our reference would be billed as well, so each is set to 0.
    standing = tuple(each for each in scene.seen.shown(line.number) if each.quantity != 0)
    if not standing:
        return _at_zero(scene, line)
    write = SetQuantity(number=line.number, quantity=0)
    if scene.wanted.write != write:
        return Done(scene.wanted.say)
    return Do(write, standing[0], copies=standing[1:])


def _at_zero(scene: Scene, line: Line) -> Outcome:
    """Call the line void, once no list can lag behind a write of ours to it."""
    shown = scene.seen.shown(line.number)
    # A list that lags may still show the quantity from before our 0.
    until = scene.facts.when.settles(line.written.at)
    if until and (not shown or line.highest):
        return scene.wait(line, until)
    there = "stands at 0" if shown else "is gone from the agreement"
    why = f"Addition {line.addition_id} {there}"
    return Record(changes.voided(scene.record, line, scene.facts, why=why))


def unknown_lines(scene: Scene) -> Outcome | None:
    """SAFE-8: lines of ours that the ledger does not know are taken in."""
    change = recover(scene.record, scene.seen, scene.facts)
    if change is None:
        return None
    if isinstance(change, Broken):
        return scene.hold(change)
    hold = change.after.hold
    if hold is None:
        return Record(change)
    return Done(notices.held(change.after, scene.facts, hold.why), change)


def opening_found(scene: Scene) -> Outcome | None:
    """SAFE-2, OPEN-1: the claimed Addition is there by its reference; or twice."""
    opening, it = scene.opening, scene.seen.opening
    if opening is None or isinstance(it, Gone):
        return None
    if isinstance(it, Doubled):
        why = texts.doubled(it.additions, reference(scene.record.key, opening.number))
        return scene.hold(Broken(why=why, since=scene.facts.when.tick, total=scene.wanted.total))
    (found,) = additions_of(it)
    before = scene.seen.looked.terms_before
    why = f"found Addition {found.id} by its reference"
    return Record(write_changes.opened(scene.record, found, scene.facts, before=before, why=why))


def head_not_listed(scene: Scene) -> Outcome | None:
    """FOLLOW-3: within the settle time, absence means nothing."""
    if scene.head is None:
        return None
    line, it = scene.head
    return scene.wait(line, it.until) if isinstance(it, Lagging) and it.addition is None else None


def head_lost(scene: Scene) -> Outcome | None:
    """FOLLOW-3, OPEN-1: ours is gone, or there twice."""
    if scene.head is None:
        return None
    line, it = scene.head
    if isinstance(it, Gone):
        why = texts.gone(scene.record, line, scene.facts)
    elif isinstance(it, Doubled):
        why = texts.doubled(it.additions, line.reference, known=line.addition_id)
    else:
        return None
    return scene.hold(Broken(why=why, since=scene.facts.when.tick, total=scene.wanted.total))


def strangers(scene: Scene) -> Outcome | None:
    """OPEN-6: others bill the product in the month, where ours stands or is to be opened."""
    record, given = scene.record, scene.record.ruling(Said.GIVE)
    # The one that a person gave to us is about to be ours.
    others = [each for each in scene.seen.strangers if given is None or each.id != given.number]
    if not others or not _concerns_others(scene):
        return None
    write = scene.wanted.write
    wanted = write.quantity if isinstance(write, Create | TakeOver) else scene.wanted.total
    why = texts.beside(record, others, scene.facts.company, wanted=wanted, counted=scene.counted)
    # The person who gave it to us has to see why it is asked about again.
    if record.refusal is not None and isinstance(record.refusal.write, TakeOver):
        why = f"{why} It could not be taken over: {record.refusal.why}"
    of_others, tick = texts.of_others(others), scene.facts.when.tick
    return scene.hold(Strangers(why=why, since=tick, wanted=wanted, additions=of_others))


def _concerns_others(scene: Scene) -> bool:
    """True if ours stands beside them, or was claimed or held to be opened there."""
    record = scene.record
    if isinstance(scene.wanted.write, Create | TakeOver) and (
        record.claim or record.held_by_connectwise
    ):
        return True
    return record.is_standing and not record.was_voided and scene.opening is None


def head_changed(scene: Scene) -> Outcome | None:
    """FOLLOW-3, OPEN-3: somebody changed ours."""
    if scene.head is None or not isinstance(scene.head[1], Changed):
        return None
    line, it = scene.head
    assert isinstance(it, Changed)
    total = scene.wanted.total
    return scene.hold(
        changes.change_hold(scene.record, line, it.addition, it.found, scene.facts, total=total)
    )


def head_arrived(scene: Scene) -> Outcome | None:
    """SAFE-2: a write whose answer was lost is there."""
    if scene.head is None or not isinstance(scene.head[1], Arrived):
        return None
    line, it = scene.head
    (found,) = additions_of(it)
    # It is a quantity that we sent, so it is whole.
    quantity = int(found.quantity)
    why = f"ConnectWise shows {quantity}"
    # The worker that sent it was killed, or its answer was lost, after ConnectWise had it.
    return Record(write_changes.confirmed(scene.record, line, quantity, scene.facts, why=why))


def terms_claimed(scene: Scene) -> Outcome | None:
    """OPEN-5: what is to be replaced is still there, or the claim is over."""
    claim = None if scene.record.claim is None else scene.record.claim.write
    if scene.head is None or not isinstance(claim, SetTerms):
        return None
    shown = additions_of(scene.head[1])
    if not shown:
        return None
    change = write_changes.terms_seen(scene.record, shown[0])
    if change is not None:
        return Record(change)
    return Do(claim, shown[0]) if scene.claim_is_wanted else None


def settled_lines(scene: Scene) -> Outcome | None:
    """FOLLOW-3, LATE-2: a line that is not written any more is as we left it, or a person lets it.

    Of one that was voided only what bills matters, and only once another line stands in its place.
    """
    record = scene.record
    # An opening that is wanted no more is given up first (``claim``); the next round looks anew.
    if scene.opening is not None and not scene.claim_is_wanted:
        return None
    for line in record.lines:
        it = scene.seen.lines[line.number]
        if line.state not in (*SETTLED, LineState.VOID) or isinstance(it, AsLeft):
            continue
        bills = any(each.quantity for each in additions_of(it))
        if line.state is LineState.VOID and (record.lacks_line or not bills):
            continue
        if isinstance(it, Lagging):
            return scene.wait(line, it.until)
        if texts.shown_words(record, line, additions_of(it)) not in record.left_so:
            return _settled_edited(scene, line, additions_of(it))
    return None


def _settled_edited(scene: Scene, line: Line, shown: tuple[Addition, ...]) -> Outcome:
    why = texts.settled_edited(scene.record, line, shown, scene.facts.company, scene.counted)
    return scene.hold(
        SettledEdited(
            why=why,
            since=scene.facts.when.tick,
            total=scene.wanted.total,
            line=line.number,
            shown=texts.shown_words(scene.record, line, shown),
            stands=texts.billed_there(shown),
        )
    )


def claim(scene: Scene) -> Outcome | None:
    """SAFE-3: what was claimed is written if it is what is wanted now, else given up."""
    record = scene.record
    if record.claim is None:
        return None
    if not scene.claim_is_wanted:
        return Record(
            write_changes.dropped(record, why=f"{scene.wanted.total} is to be billed by now")
        )
    write = record.claim.write
    if isinstance(write, Create):
        return Do(write, None)
    if isinstance(write, TakeOver):
        return _take_over(scene, write)
    # Every other write is to the head: a line to be voided has a row of its own.
    assert scene.head is not None
    return Do(write, additions_of(scene.head[1])[0])


def _take_over(scene: Scene, write: TakeOver) -> Outcome:
    theirs = next((each for each in scene.seen.strangers if each.id == write.addition_id), None)
    if theirs is None:
        why = "it no longer bills the product in this month on the agreement"
    elif not texts.of_others([theirs]):
        why = "it bears the reference of another month by now"
    elif not 0 <= theirs.quantity <= MOST_SEATS:
        why = f"it stands at {texts.plain(theirs.quantity)}, which is no number of seats"
    else:
        return Do(write, theirs)
    return Record(changes.forgotten(scene.record, Forget(Said.GIVE), why=why))


def head_echoes(scene: Scene) -> Outcome | None:
    """CLOSE-2: the list shows what stood there before our last write: not the end yet."""
    if scene.head is None:
        return None
    line, it = scene.head
    return scene.wait(line, it.until) if isinstance(it, Lagging) else None


def put_right(scene: Scene) -> Outcome | None:
    """FOLLOW-3, OPEN-6: what held it in ConnectWise is gone, or answered."""
    if not scene.record.held_by_connectwise:
        return None
    why = "what held it in ConnectWise is put right, or answered"
    return Record(changes.lifted(scene.record, why=why))


def quiet(scene: Scene) -> Outcome:
    """All stands as we left it."""
    return without_a_write(scene.record, scene.wanted, scene.facts, scene.seen)


SEEN: tuple[Row, ...] = (
    voiding,
    unknown_lines,
    opening_found,
    head_not_listed,
    head_lost,
    strangers,
    head_changed,
    head_arrived,
    terms_claimed,
    settled_lines,
    claim,
    head_echoes,
    put_right,
    quiet,
)
"""What the ledger does not know comes before what it knows; what must wait for a list or a person
comes before anything is written; a hold is lifted only when no echo can be what is seen."""
