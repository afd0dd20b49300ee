"""Events in Tally by people: answers to holds, and set-up.

They approve or reject holds, give Additions or keep them apart, and link companies by hand.
"""

from collections.abc import Callable, Mapping
from random import Random

from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import TallyError
from tally.people.company_setup import SetUp
from tally.people.hold_answers import Answers
from verification.simulation.msp import Firm, Msp

TERMS_CARRIED = "terms carried over"
_WHO = "mkoch"


def _held(msp: Msp, firm: Firm, draw: Random) -> UsageRecord | None:
    held = [
        record
        for record in msp.ledger.every_record()
        if record.key.company_id == firm.id and record.hold is not None
    ]
    return draw.choice(held) if held else None


def _said(what: str, answer: Callable[[], object]) -> str:
    """Return the words for an answer; one that is refused is told as well, and changes nothing."""
    try:
        answer()
    except TallyError as error:
        return f"{what}: {error}"
    return what


def _answer(msp: Msp, firm: Firm, draw: Random) -> str:
    record = _held(msp, firm, draw)
    return "" if record is None else answer_hold(msp, record, draw)


def answer_hold(msp: Msp, record: UsageRecord, draw: Random) -> str:
    """Have a person answer a record's hold by command; "" if nothing is held."""
    if record.hold is None:
        return ""
    answers, key = Answers(ledger=msp.ledger, clock=msp.clock), record.key
    if record.hold.foreign:
        foreign = record.hold.foreign
        match draw.randrange(3):
            case 0:
                return _said(
                    f"{foreign} are kept apart in {key.month}",
                    lambda: answers.keep_apart(key, by=_WHO, why="ok"),
                )
            case 1:
                return _said(
                    f"{key.month} is waived",
                    lambda: answers.waive(key, by=_WHO, why="not this time"),
                )
        given = draw.choice(foreign)
        said = _said(
            f"Addition {given} is given to us",
            lambda: answers.take_over(key, given, by=_WHO, why="ours now"),
        )
        after = msp.ledger.record(key)
        if after is not None and after.ruling(Said.GIVE) is not None:
            msp.given.add(given)
        return said
    if draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
        return _said(
            f"{record.hold.kind} of {key.month} is approved",
            lambda: answers.approve(key, by=_WHO, why="yes"),
        )
    return _said(
        f"{record.hold.kind} of {key.month} is rejected",
        lambda: answers.reject(key, by=_WHO, why="no"),
    )


def _carry_terms(msp: Msp, firm: Firm, draw: Random) -> str:
    """Have a person carry over the terms of the month before, if told that they differ."""
    month = Month.of(msp.clock.now())
    keys = [
        RecordKey(company_id=firm.id, month=each, service=billed.name)
        for each in (month, month.previous)
        for billed in msp.setting.services
    ]
    records = [msp.ledger.record(each) for each in keys]
    told = [
        each
        for each in records
        if each is not None and each.newest is not None and each.newest.terms is not None
    ]
    if not told:
        return ""
    record = draw.choice(told)
    said = _said(
        f"terms of {record.key.month} are to be carried over",
        lambda: Answers(ledger=msp.ledger, clock=msp.clock).carry_terms(
            record.key, by=_WHO, why="agreed"
        ),
    )
    after = msp.ledger.record(record.key)
    if after is not None and after.newest is not None and after is not record:
        msp.carried.add(after.newest.addition_id)
    return said


def _set_up(msp: Msp, firm: Firm, draw: Random) -> str:
    setup = SetUp(ledger=msp.ledger, connectwise=msp.operator, clock=msp.clock)
    known = msp.ledger.links().get(firm.id)
    if msp.ledger.standing(firm.id) is None:
        return ""
    if known is None or known.connectwise_id is None:
        return _link(setup, firm, "is linked by hand", why="I know them")
    if known.connectwise_id != firm.connectwise_id and firm.connectwise_id:
        return _link(setup, firm, "is linked to the survivor", why="merged")
    if known.excluded_since is not None:
        _touch_below(msp, firm)
        return _said("is included", lambda: setup.include(firm.id, by=_WHO, why="again"))
    if known.pinned_agreement_id is not None and draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
        return _said(
            "has no agreement pinned any more", lambda: setup.unpin(firm.id, by=_WHO, why="no more")
        )
    agreements = msp.agreements(firm)
    if len(agreements) > 1:
        chosen = int(draw.choice(agreements)["id"])
        return _said(
            f"agreement {chosen} is pinned",
            lambda: setup.pin(firm.id, chosen, by=_WHO, why="this one"),
        )
    if draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
        _touch_below(msp, firm)
        return _said("is excluded", lambda: setup.exclude(firm.id, by=_WHO, why="our own"))
    return _said("is unlinked", lambda: setup.unlink(firm.id, by=_WHO, why="a mistake"))


def _link(setup: SetUp, firm: Firm, said: str, *, why: str) -> str:
    if not firm.connectwise_id:
        return ""
    return _said(said, lambda: setup.link(firm.id, firm.connectwise_id, by=_WHO, why=why))


def _touch_below(msp: Msp, firm: Firm) -> None:
    """Note a change of all below a partner.

    They come into billing or leave, so names become unique or clash.
    """
    for each in msp.firms if firm.partner else ():
        each.touched = msp.clock.now()


def _void(msp: Msp, firm: Firm, draw: Random) -> str:
    """A line is called wrong: with another agreement made and pinned first, mostly."""
    open_ones = [
        record
        for record in msp.ledger.every_record()
        if record.key.company_id == firm.id and record.state is RecordState.OPEN and record.lines
    ]
    if not open_ones:
        return ""
    key = draw.choice(open_ones).key
    answers = Answers(ledger=msp.ledger, clock=msp.clock)
    setup = SetUp(ledger=msp.ledger, connectwise=msp.operator, clock=msp.clock)
    known = msp.ledger.links().get(firm.id)
    pinned = ""
    if known is not None and known.connectwise_id == firm.connectwise_id and draw.random() < 0.8:  # noqa: PLR2004 - mostly
        right = msp.agree(firm, of=msp.billed(key.service))
        pinned = _said(
            f", with agreement {right} pinned",
            lambda: setup.pin(firm.id, right, by=_WHO, why="the right one"),
        )
    return (
        _said(f"{key.month} is voided", lambda: answers.void(key, by=_WHO, why="the wrong one"))
        + pinned
    )


def _credit(msp: Msp, firm: Firm, draw: Random) -> str:
    owed = [
        record
        for record in msp.ledger.every_record()
        if record.key.company_id == firm.id and record.credit is not None
    ]
    if not owed:
        return ""
    key = draw.choice(owed).key
    answers = Answers(ledger=msp.ledger, clock=msp.clock)
    return _said(
        f"{key.month} is credited", lambda: answers.credit_done(key, by=_WHO, why="credit memo")
    )


def _redrive(msp: Msp, firm: Firm, draw: Random) -> str:
    """Somebody moves what is dead back onto the queue, however old it is (OPEN-7, SAFE-4)."""
    del firm, draw
    dead = len(msp.world.queue.dead)
    msp.world.queue.redrive()
    return f"{dead} dead messages come again" if dead else ""


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    "hold answered": _answer,
    "set up by hand": _set_up,
    "line voided": _void,
    "credit done": _credit,
    TERMS_CARRIED: _carry_terms,
    "dead letters redriven": _redrive,
}
WEIGHTS = (
    ("hold answered", 7),
    ("set up by hand", 4),
    ("line voided", 1),
    ("credit done", 2),
    ("dead letters redriven", 1),
)
