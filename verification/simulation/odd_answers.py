"""Odd answers about one company: a refusal in odd form, nobody who can tell of it, an odd row."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from verification.simulation.msp import Firm, Msp

ODD_FORM, UNTOLD, OPEN_TO_READERS = (
    "GravityZone refuses it in odd form",
    "ConnectWise cannot tell of its company",
    "a row is open to its readers",
)
KINDS_OF_ANSWERS = (ODD_FORM, UNTOLD, OPEN_TO_READERS)
"""By the names under which a shape leaves them out."""

_FORMS: tuple[object, ...] = (
    "Suspended.",
    ["Suspended."],
    {"code": "-32001", "message": "Server error"},
    {"code": None, "message": "Suspended."},
    {"code": 1.5, "message": ["Suspended.", "Ask sales."]},
    {"code": -32000, "message": None, "data": ["Suspended."]},
    {"code": -32001, "message": "API Solutions Ltd is suspended"},
)
"""Errors that are not what JSON-RPC promises, or have a word that could be of the key (READ-9)."""
_STATUSES = (200, 400, 403)
_UNTOLD = (400, 403, 500)
_NAN = float("nan")
_UNPLACED = (b'"company":{"id":1}', b'"id":999', b'"deletedFlag":true')
"""Of these nobody can tell whom they concern: a list of such rows alone is no list (SAFE-5)."""
_ROWS: tuple[tuple[Literal["company", "agreement", "addition"], object], ...] = (
    ("agreement", {"endDate": _NAN}),
    ("agreement", {"type": {"id": _NAN}}),
    ("agreement", b'"endDate":"2024-10-31T00:00:00Z","endDate":null'),
    ("agreement", b'"cancelledFlag":true'),
    ("agreement", b'"company":{"id":1}'),
    ("agreement", b'"id":999'),
    ("addition", {"quantity": _NAN}),
    ("addition", b'"quantity":3'),
    ("addition", b'"effectiveDate":"2024-10-31T00:00:00Z"'),
    ("company", {"name": _NAN}),
    ("company", b'"name":"Another"'),
    ("company", b'"deletedFlag":true'),
)
"""Rows with what JSON does not have, or a name twice, of which nobody knows the value (READ-8)."""


class OddAnswer(NamedTuple):
    """An odd answer in words, what ends it, and what a tick that planned everybody told wrong."""

    said: str
    undo: Callable[[], object]
    wrong: Callable[[], str] = lambda: ""


def odd_answer(msp: Msp, firm: Firm, kind: str, which: float, other: float) -> OddAnswer | None:
    """Let answers about a company be odd; None where there is nothing to answer oddly about."""
    if kind == ODD_FORM:
        return _refuse(msp, firm, _one_of(_FORMS, which), _one_of(_STATUSES, other))
    if kind == UNTOLD:
        return _keep_untold(msp, firm, _one_of(_UNTOLD, which))
    row_kind, odd = _one_of(_ROWS, which)
    return _show(msp, firm, row_kind, odd, other)


def _one_of[T](choices: Sequence[T], which: float) -> T:
    return choices[int(which * len(choices))]


def _refuse(msp: Msp, firm: Firm, form: object, status: int) -> OddAnswer | None:
    """Refuse a customer, or the partner above it: then nobody below that one can be listed."""
    tenant = msp.gravityzone.tenant
    company = tenant.find(firm.id)
    if company is None or firm.partner:
        return None
    above = company.parent_id
    is_below = above in msp.partners and firm.number % 2 == 0
    refused = above if is_below and above is not None else firm.id
    tenant.reach.refuse(refused, form=form, status=status)
    who = "the partner above it" if is_below else "it"
    return OddAnswer(
        f"GravityZone answers {form!r} with status {status} for {who}",
        lambda: tenant.reach.refusals.pop(refused, None),
    )


def _keep_untold(msp: Msp, firm: Firm, status: int) -> OddAnswer | None:
    """Let the list show the linked company as deleted, and its id be answered with an error."""
    link = msp.ledger.links().get(firm.id)
    connectwise, linked = msp.connectwise, None if link is None else link.connectwise_id
    if linked is None or linked not in connectwise.tenant.companies:
        return None
    faults, path = connectwise.faults, f"/company/companies/{linked}"
    order = Fault(
        kind=FaultKind.STATUS, status=status, operation="GET companies/{id}", contains=path
    )
    faults.add(order)
    connectwise.people.show_oddly("company", linked, {"deletedFlag": True})

    def undo() -> None:
        faults.take_back(order)
        connectwise.people.show_truly("company", linked)

    return OddAnswer(
        f"ConnectWise lists company {linked} as deleted, and answers {status} for its id",
        undo,
        lambda: _claimed(msp, firm),
    )


def _claimed(msp: Msp, firm: Firm) -> str:
    """Return what its standing claims of a company that nobody has told of (MATCH-7)."""
    standing = msp.ledger.standing(firm.id)
    if standing is None or standing.shown.state is not StandingState.NEEDS_SETUP:
        return ""
    reason = standing.shown.reason
    gone = any(each in reason for each in ("was deleted there", "is not there any more"))
    return f"nobody could tell of its ConnectWise company, and it shows: {reason}" if gone else ""


def _show(
    msp: Msp,
    firm: Firm,
    kind: Literal["company", "agreement", "addition"],
    odd: object,
    which: float,
) -> OddAnswer | None:
    people, truth = msp.connectwise.people, msp.connectwise.truth
    known = [int(each["id"]) for each in msp.agreements(firm)]
    if kind == "addition":
        known = [
            each.id
            for agreement in known
            for each in truth.additions(agreement_id=agreement, deleted=False)
        ]
    elif kind == "company":
        there = firm.connectwise_id in msp.connectwise.tenant.companies
        known = [firm.connectwise_id] if there else []
    if not known:
        return None
    record_id = _one_of(known, which)
    if odd in _UNPLACED and _is_alone(msp, kind, record_id):
        return None
    people.show_oddly(kind, record_id, odd)
    return OddAnswer(
        f"ConnectWise shows {kind} {record_id} with {odd!r}",
        lambda: people.show_truly(kind, record_id),
    )


def _is_alone(msp: Msp, kind: str, record_id: int) -> bool:
    """Return True if nothing else is in its list: companies that stay, agreements of its type."""
    tenant, now = msp.connectwise.tenant, msp.clock.now()
    if kind == "company":
        return sum(not each.fields["deletedFlag"] for each in tenant.companies.listed(now)) == 1
    types = {each.fields["id"]: each.fields["type"]["id"] for each in tenant.agreements.listed(now)}
    return list(types.values()).count(types.get(record_id)) < 2  # noqa: PLR2004 - itself and another
