"""Events in ConnectWise by people: they make, change and end agreements, and edit Additions.

Each act returns its story, "" for nothing.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from random import Random

from simulators.connectwise.api_records import BILLING_FORMS, TERMS, Fields, day_of, midnight
from simulators.connectwise.billing_truth import API, AdditionTruth
from tally.domain.model.month import Month
from verification.simulation.billed_services import ENDPOINTS, Billed
from verification.simulation.bundles import OTHER_TYPE, invoice, merge
from verification.simulation.msp import Firm, Msp

INVOICED = "invoices run"
MERGED = "merged in ConnectWise"


def _some_agreement(msp: Msp, firm: Firm, draw: Random) -> Fields | None:
    known = msp.agreements(firm)
    return draw.choice(known[-2:]) if known else None


def _cancel_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    agreement = _some_agreement(msp, firm, draw)
    if agreement is None:
        return ""
    if agreement["cancelledFlag"]:
        msp.connectwise.people.edit_agreement(
            agreement["id"], {"cancelledFlag": False, "dateCancelled": None}
        )
        return f"agreement {agreement['id']} is not cancelled any more"
    day = msp.clock.now().date() + timedelta(days=draw.choice((-3, 0, 0, 1, 10, 30)))
    msp.connectwise.people.edit_agreement(
        agreement["id"], {"cancelledFlag": True, "dateCancelled": midnight(day)}
    )
    return f"agreement {agreement['id']} is cancelled as of {day}"


def _end_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    agreement = _some_agreement(msp, firm, draw)
    if agreement is None:
        return ""
    day = msp.clock.now().date() + timedelta(days=draw.choice((-1, 0, 5, 25, 60)))
    msp.connectwise.people.expire_agreement(agreement["id"], day)
    return f"agreement {agreement['id']} ends on {day}"


def _double_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    agreement = _some_agreement(msp, firm, draw)
    if agreement is None:
        return ""
    twin = msp.connectwise.people.double_agreement(agreement["id"])
    firm.agreements.append(twin)
    return f"agreement {agreement['id']} is doubled as {twin}"


def _renew_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    """End the newest agreement and make one like it, mostly from the month's start."""
    known = msp.agreements(firm)
    today = msp.clock.now().date()
    month = Month(today.year, today.month)
    on = draw.choice(
        (
            month.next.first,
            month.next.first,
            month.first,
            today,
            today + timedelta(days=draw.randrange(1, 40)),
        )
    )
    if not known or (day_of(known[-1]["startDate"]) or date.max) >= on:
        return ""
    renewed = int(known[-1]["id"])
    fresh = msp.connectwise.people.renew_agreement(renewed, on=on)
    firm.agreements.append(fresh)
    return f"agreement {renewed} is renewed as {fresh}, from {on}"


def _make_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    """One more, where none is left: to begin before, on, or after this day."""
    going_on = {
        each["type"]["id"]
        for each in msp.agreements(firm)
        if not each["cancelledFlag"] and each["noEndingDateFlag"]
    }
    lacking = [each for each in msp.setting.services if each.type_id not in going_on]
    if not firm.connectwise_id or (going_on and msp.setting.second is None) or not lacking:
        return ""
    day = msp.clock.now().date() + timedelta(days=draw.choice((-400, -20, -1, 0, 1, 12, 40)))
    made = msp.agree(firm, start=day, of=lacking[0])
    return f"agreement {made} is made, from {day}"


def _delete_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    agreement = _some_agreement(msp, firm, draw)
    if agreement is None or len(firm.agreements) == 1:
        return ""
    msp.connectwise.people.delete_agreement(agreement["id"])
    return f"agreement {agreement['id']} is deleted"


def _edit_agreement(msp: Msp, firm: Firm, draw: Random) -> str:
    """Terms that billing depends on, or only seems to."""
    agreement = _some_agreement(msp, firm, draw)
    if agreement is None:
        return ""
    day = midnight(msp.clock.now().date() + timedelta(days=draw.randrange(-40, 40)))
    fields: Fields = draw.choice(
        (
            {"billStartDate": day},
            {"nextInvoiceDate": day},
            {"name": f"Security {draw.randrange(9)}"},
            {
                "billingCycle": draw.choice(
                    ({"id": 3, "name": "Quarterly"}, {"id": 2, "name": "Monthly"})
                )
            },
            {"type": draw.choice((OTHER_TYPE, *_types(msp)))},
        )
    )
    msp.connectwise.people.edit_agreement(agreement["id"], fields)
    msp.moved.add(agreement["id"])
    return f"agreement {agreement['id']} is changed: {fields}"


def _types(msp: Msp) -> list[Fields]:
    types = {each.type_id: each.agreement_type for each in msp.setting.services}
    return [{"id": type_id, "name": name} for type_id, name in types.items()]


def _one_of(msp: Msp, draw: Random) -> Billed:
    """One of what is billed."""
    return ENDPOINTS if msp.setting.second is None else draw.choice(msp.setting.services)


def _rename(msp: Msp, firm: Firm, draw: Random) -> str:
    if not firm.connectwise_id:
        return ""
    name = draw.choice((firm.name, firm.name, f"{firm.name} Holding"))
    msp.connectwise.people.rename_company(firm.connectwise_id, name)
    return f"is called {name!r} in ConnectWise"


def ours(msp: Msp, firm: Firm) -> AdditionTruth | None:
    """The newest Addition that Tally made for the company and that still stands."""
    made = [each for each in _additions(msp, firm) if each.created_by == API]
    return made[-1] if made else None


def _additions(msp: Msp, firm: Firm) -> list[AdditionTruth]:
    truth = msp.connectwise.truth
    return [
        each
        for agreement in firm.agreements
        for each in truth.additions(agreement_id=agreement, deleted=False)
    ]


def _edit_addition(msp: Msp, firm: Firm, draw: Random) -> str:
    """A person changes ours: the quantity, its dates, or what is none of Tally's business."""
    addition = ours(msp, firm)
    if addition is None:
        return ""
    people = msp.connectwise.people
    match draw.randrange(5):
        case 0 | 1:
            quantity = draw.choice((0, 1, addition.quantity + 1, addition.quantity + 5, 2.5))
            people.set_quantity(addition.id, quantity)
            return f"Addition {addition.id} is set to {quantity} by a person"
        case 2:
            day = (
                None
                if addition.cancelled is None
                else draw.choice((None, addition.cancelled + timedelta(days=31)))
            )
            people.cancel_addition(addition.id, day)
            return f"Addition {addition.id} is cancelled as of {day} by a person"
        case 3:
            return _agree_terms(msp, firm, draw)
    if not _known(msp, addition.id):
        return ""
    people.edit_addition(addition.id, {"invoiceDescription": "Endpoints"})
    return f"Addition {addition.id} gets another text"


def _agree_terms(msp: Msp, firm: Firm, draw: Random) -> str:
    """Something else than the catalog's terms is agreed for ours."""
    addition = ours(msp, firm)
    if addition is None:
        return ""
    terms: Fields = {"unitPrice": draw.choice((1.25, 0.0, 3.333, 2.0))}
    if draw.random() < 0.4:  # noqa: PLR2004 - more often than not the price alone
        terms |= {
            "lessIncluded": 2.0,
            "taxableFlag": False,
            "billCustomer": draw.choice(BILLING_FORMS),
        }
    msp.connectwise.people.edit_addition(addition.id, terms)
    return f"Addition {addition.id} gets other terms: {terms}"


def _put_right(msp: Msp, firm: Firm, draw: Random) -> str:
    """A person takes back what people did to ours, and cancels what stands beside it."""
    del draw
    said, products = [], {each.product for each in msp.setting.services}
    for addition in _additions(msp, firm):
        if addition.created_by != API:
            if addition.cancelled is None and addition.product in products:
                msp.connectwise.people.delete_addition(addition.id)
                said.append(f"Addition {addition.id} is deleted")
            continue
        by_people = [
            change for change in addition.changes if change.by != API and change.field not in TERMS
        ]
        before = {
            change.field: change.before
            for change in reversed(by_people)
            if not _later(addition, change.field, change.at)
        }
        if before:
            msp.connectwise.people.edit_addition(addition.id, before)
            said.append(f"Addition {addition.id} is put right: {before}")
    return "; ".join(said)


def _later(addition: AdditionTruth, name: str, at: datetime) -> bool:
    changes = (each for each in addition.changes if each.by == API and each.field == name)
    return any(each.at > at for each in changes)


def _delete_addition(msp: Msp, firm: Firm, draw: Random) -> str:
    del draw
    addition = ours(msp, firm)
    if addition is None:
        return ""
    msp.connectwise.people.delete_addition(addition.id)
    return f"Addition {addition.id} is deleted by a person"


def _add_beside(msp: Msp, firm: Firm, draw: Random) -> str:
    """An Addition of the product, of another product, or a copy of ours."""
    agreement = _some_agreement(msp, firm, draw)
    if agreement is None:
        return ""
    today = msp.clock.now().date()
    month = Month(today.year, today.month)
    first, last = draw.choice(
        ((month.first, None), (month.first, month.last), (month.next.first, None), (today, today))
    )
    fields: Fields = {}
    product = _one_of(msp, draw).product
    mine = ours(msp, firm)
    if mine is not None and draw.random() < 0.3:  # noqa: PLR2004 - now and then a copy
        fields, product = {"invoiceDescription": mine.text}, mine.product
        first, last = mine.effective or first, mine.cancelled
    made = msp.connectwise.people.add_addition(
        agreement["id"],
        product,
        quantity=draw.randrange(50),
        effective=first,
        cancelled=last,
        fields=fields,
    )
    return f"a person adds Addition {made} ({first} to {last}){' with our text' if fields else ''}"


def _known(msp: Msp, addition_id: int) -> bool:
    """Return True if the ledger has the Addition's id; else only its text tells that it is ours."""
    return any(
        line.addition_id == addition_id
        for record in msp.ledger.every_record()
        for line in record.lines
    )


def _change_product(msp: Msp, firm: Firm, draw: Random) -> str:
    """The catalog item is made inactive, or active again; rarely, since it concerns everybody."""
    del firm
    changed = _one_of(msp, draw)
    document = msp.connectwise.tenant.products.get(changed.product_id)
    if document is None or (not document.fields["inactiveFlag"] and draw.random() < 0.8):  # noqa: PLR2004 - rarely
        return ""
    inactive = not document.fields["inactiveFlag"]
    msp.connectwise.people.edit_product(changed.product_id, {"inactiveFlag": inactive})
    for each in msp.firms:
        each.touched = msp.clock.now()
    return f"the product {changed.product} is {'inactive' if inactive else 'active again'}"


def _run_invoices(msp: Msp, firm: Firm, draw: Random) -> str:
    """The bookkeeper's run: every agreement whose next invoice date has come."""
    del draw
    ahead = timedelta(days=12 if msp.setting.invoiced_when == "ahead" else 0)
    today = msp.connectwise.tenant.today() + ahead
    said = []
    for agreement in msp.agreements(firm):
        if (day_of(agreement["nextInvoiceDate"]) or date.max) <= today:
            said += invoice(msp.connectwise, agreement, today)
    return "; ".join(said)


def _merge(msp: Msp, firm: Firm, draw: Random) -> str:
    """Merge its company into another one."""
    merged = firm.connectwise_id
    survivor = merge(msp.connectwise, merged, draw)
    if survivor is None:
        return ""
    firm.connectwise_id = survivor
    return f"its company {merged} is merged into {survivor}"


ACTS: Mapping[str, Callable[[Msp, Firm, Random], str]] = {
    "agreement cancelled": _cancel_agreement,
    "agreement ended": _end_agreement,
    "agreement doubled": _double_agreement,
    "agreement made": _make_agreement,
    "agreement renewed": _renew_agreement,
    "agreement deleted": _delete_agreement,
    "agreement edited": _edit_agreement,
    "renamed in ConnectWise": _rename,
    "Addition edited": _edit_addition,
    "Addition put right": _put_right,
    "terms agreed": _agree_terms,
    "Addition deleted": _delete_addition,
    "Addition beside ours": _add_beside,
    "product changed": _change_product,
    INVOICED: _run_invoices,
    MERGED: _merge,
}
WEIGHTS = (
    ("agreement cancelled", 3),
    ("agreement ended", 2),
    ("agreement doubled", 2),
    ("agreement made", 6),
    ("agreement renewed", 4),
    ("agreement deleted", 1),
    ("agreement edited", 4),
    ("renamed in ConnectWise", 2),
    ("Addition edited", 4),
    ("Addition put right", 6),
    ("terms agreed", 4),
    ("Addition deleted", 2),
    ("Addition beside ours", 3),
    ("product changed", 1),
)
