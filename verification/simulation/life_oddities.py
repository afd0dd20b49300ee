"""Rare events in ConnectWise, which Tally must call by their names.

Each act returns its story, "" for nothing. They draw from a generator of their own, so the usual
life of every company stays the same.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random

from simulators.connectwise.api_records import BILLING_FORMS, Fields, day_of, midnight
from verification.simulation.draws import Draw, drawn
from verification.simulation.life_connectwise import ours
from verification.simulation.msp import Firm, Msp

MOVED, DATED, OFFBOARDED, COPIED, TAKEN_BACK, RULE = (
    "Addition moved",
    "agreement dated cancelled",
    "customer offboarded",
    "agreement copied with its Additions",
    "invoice taken back",
    "rule rewrites Additions",
)
KINDS_OF_ODDITIES = (MOVED, DATED, OFFBOARDED, COPIED, TAKEN_BACK, RULE)
_WEIGHTS = (8, 2, 2, 2, 4, 1)
_FIRST_NUMBER = 20_000
"""The numbers of these events, so that the numbers of all others stay the same."""
_OFTEN = 0.3
"""The probability of each in a company's month, where life is as lively as can be."""


def life_of(msp: Msp, firm: Firm) -> Iterator[tuple[datetime, int, str, int]]:
    """Yield a company's rare events: instant, number, kind and draw."""
    setting = msp.setting
    for number, month in enumerate(setting.months, start=_FIRST_NUMBER):
        draw = drawn(setting.seed, Draw.ODDITIES, firm.number, number)
        at = month.starts + (month.next.starts - month.starts) * draw.random()
        if draw.random() < _OFTEN * setting.lively and month.next.starts > firm.arrives:
            (kind,) = draw.choices(KINDS_OF_ODDITIES, _WEIGHTS)
            yield max(at.replace(microsecond=0), firm.arrives), number, kind, draw.getrandbits(32)


def _move_addition(msp: Msp, firm: Firm, draw: Random) -> str:
    """Other fields of ours than those that people change in an ordinary life."""
    addition = ours(msp, firm)
    if addition is None or addition.effective is None:
        return ""
    days = draw.choice((1, 1, 31, -3))
    earlier = midnight(addition.effective - timedelta(days=days))
    fields: Fields = draw.choice(
        (
            {"effectiveDate": earlier},
            {"effectiveDate": None},
            {
                "effectiveDate": earlier,
                "cancelledDate": midnight(
                    addition.cancelled and addition.cancelled - timedelta(days=1)
                ),
            },
            {"product": {"id": 777, "identifier": "OTHER"}},
            {"billCustomer": draw.choice(BILLING_FORMS)},
        )
    )
    msp.connectwise.people.edit_addition(addition.id, fields)
    return f"Addition {addition.id} is changed: {fields}"


def _date_cancelled(msp: Msp, firm: Firm, draw: Random) -> str:
    """A cancelled date without its flag, or none any more."""
    known = msp.agreements(firm)
    if not known or known[-1]["cancelledFlag"]:
        return ""
    agreement = known[-1]
    day = None
    if day_of(agreement["dateCancelled"]) is None:
        day = msp.clock.now().date() - timedelta(days=draw.choice((0, 2, 20)))
    msp.connectwise.people.edit_agreement(agreement["id"], {"dateCancelled": midnight(day)})
    return f"agreement {agreement['id']} is dated cancelled {day}, without its flag"


def _offboard(msp: Msp, firm: Firm, draw: Random) -> str:
    known = msp.agreements(firm)
    if not known:
        return ""
    day = msp.clock.now().date() - timedelta(days=draw.choice((0, 0, 3)))
    msp.connectwise.people.offboard(known[-1]["id"], day)
    return f"agreement {known[-1]['id']} is cancelled as of {day}, and its Additions with it"


def _copy_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    del draw
    known = msp.agreements(firm)
    if not known:
        return ""
    twin = msp.connectwise.people.double_agreement(known[-1]["id"], with_additions=True)
    firm.agreements.append(twin)
    return f"agreement {known[-1]['id']} is copied as {twin}, with its Additions"


def _take_back_invoice(msp: Msp, firm: Firm, draw: Random) -> str:
    del draw
    for agreement in reversed(msp.agreements(firm)):
        invoice = msp.connectwise.people.delete_invoice(agreement["id"], by="books")
        if invoice is not None:
            msp.moved.add(agreement["id"])
            return f"invoice {invoice} of agreement {agreement['id']} is deleted"
    return ""


def _rule(msp: Msp, firm: Firm, draw: Random) -> str:
    """A rule of the MSP's changes what the API writes, for everybody; or it is gone again."""
    del firm
    options = msp.connectwise.options
    fields: Fields = draw.choice(
        ({"billCustomer": "NoCharge"}, {"cancelledDate": None}, {"effectiveDate": None})
    )
    options.rewrites = {} if options.rewrites else fields
    return f"a rule rewrites what the API writes: {options.rewrites or 'no more'}"


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    MOVED: _move_addition,
    DATED: _date_cancelled,
    OFFBOARDED: _offboard,
    COPIED: _copy_agreement,
    TAKEN_BACK: _take_back_invoice,
    RULE: _rule,
}
