"""The checks of each customer: its link, its one agreement, and no Addition of others."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from cli.doctor.addresses import role_advice
from cli.doctor.finding import Finding, found, needs_setup, ok
from cli.doctor.installation import Customer, Installation
from tally.domain.model.agreement import Addition, Agreement
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause
from tally.domain.planning.role_sight import AGREEMENTS, COMPANIES, linked_ids, unseen_companies
from tally.domain.record.unreadable import readable
from tally.domain.texts.changed_additions import described, of_others
from tally.errors import TallyError
from tally.services import Names


def linked(installation: Installation) -> Iterator[Finding]:
    """Check that each customer has its ConnectWise company, and name likely ones for the rest."""
    # First: in a list that a role makes empty everybody would be missing (MATCH-8).
    if unseen := unseen_companies(
        installation.connectwise_companies, linked_ids(installation.links.values())
    ):
        yield needs_setup(unseen, role_advice(COMPANIES))
        return
    customers = [each for each in installation.customers if not each.excluded]
    left = [each for each in customers if each.connectwise_id is None]
    for customer in left:
        yield found(customer.unlinked, _whom(installation, customer))
    if not left:
        yield _all_linked(customers, excluded=len(installation.customers) - len(customers))


def _all_linked(customers: list[Customer], *, excluded: int) -> Finding:
    new = sum(each.link is None for each in customers)
    at_next = f", {new} will be at the next tick, by their names" if new else ""
    besides = f"; {excluded} are excluded by a person" if excluded else ""
    return ok(
        f"No customer lacks its ConnectWise company: {len(customers) - new} are "
        f"linked{at_next}{besides}."
    )


def agreements(installation: Installation) -> Iterator[Finding]:
    """Check that each customer has exactly one active agreement of each billed type.

    The rules are MATCH-3 and MATCH-5.
    """
    chosen = 0
    faults = 0
    for names, type_id in _types(installation):
        if unseen := installation.unseen_agreements(names, type_id):
            faults += 1
            yield needs_setup(unseen, role_advice(AGREEMENTS))
            continue
        for customer in _billed(installation):
            agreement = installation.agreement(customer, type_id)
            if isinstance(agreement, Cause):
                faults += 1
                yield found(agreement.reason, _for_agreement(customer, names))
            else:
                chosen += 1
    if not faults:
        yield ok(
            f"No linked customer lacks its one active agreement to be billed on ({chosen} found)."
        )


def other_additions(installation: Installation) -> Iterator[Finding]:
    """Check that nobody else bills the product: a person, or Bitdefender's integration (OPEN-6)."""
    # By their ids, since a person may have rewritten the text that has our reference.
    ours = frozenset(
        line.addition_id
        for record in readable(installation.ledger.all_open_records())
        for line in record.lines
    )
    clean = True
    for names, type_id in _types(installation):
        product_id = installation.product_id(names)
        if isinstance(product_id, int):
            for finding in _others(installation, names, type_id, product_id, ours):
                clean = False
                yield finding
    if clean:
        yield ok(
            f"No Addition of others bills the product to a customer in {installation.month.label}."
        )


def _others(
    installation: Installation, names: Names, type_id: int, product_id: int, ours: frozenset[int]
) -> Iterator[Finding]:
    """Yield a finding for each agreement of a type with Additions of others, or unreadable ones."""
    owners = _owners(installation, type_id)
    agreements = [each for _, each in owners.values()]
    for agreement, additions in installation.additions(agreements, product_id=product_id):
        customer, _ = owners[agreement.id]
        if isinstance(additions, TallyError):
            yield _unread(customer, agreement, additions)
            continue
        # What a person keeps apart may bill beside ours (OPEN-6).
        known = ours.union(customer.link.kept_apart if customer.link else ())
        foreign = _foreign(additions, product_id, installation.month, known)
        if foreign:
            yield _left(customer, agreement, foreign, names)


def _owners(installation: Installation, type_id: int) -> Mapping[int, tuple[Customer, Agreement]]:
    """Return the agreements of a type that are active this month, each with its customer, by id."""
    month = installation.month
    active = [
        (customer, agreement)
        for customer in _billed(installation)
        for agreement in installation.agreements_of(type_id, customer.connectwise_id or 0)
        # One that begins or ends within the month bills some of its days.
        if agreement.active_on(month.first) or agreement.active_on(month.last)
    ]
    # Of two customers at one ConnectWise company, an agreement is that one's for whom it is pinned
    # (MATCH-1): it comes last, and so it stays.
    return {each[1].id: each for each in sorted(active, key=lambda each: _is_pinned(*each))}


def _is_pinned(customer: Customer, agreement: Agreement) -> bool:
    return customer.link is not None and customer.link.pinned_agreement_id == agreement.id


def _foreign(
    additions: Iterable[Addition], product_id: int, month: Month, known: Collection[int]
) -> list[Addition]:
    """Return the Additions of others that bill the product in the month, but for known ones."""
    covering = [
        each
        for each in additions
        if each.product_id == product_id and each.covers(month) and each.id not in known
    ]
    others = set(of_others(covering))
    return [each for each in covering if each.id in others]


def odd_rows(installation: Installation) -> Iterator[Finding]:
    """Check that every row of the vendors' lists could be placed (SAFE-5).

    One that could not may be any customer's.
    """
    for _, type_id in _types(installation):
        # Nobody has the id 0: it is the reading of the list that counts its odd rows.
        installation.agreements_of(type_id, 0)
    count, first = installation.stack.odd_rows.taken()
    for row in first:
        yield found(
            (
                "A row of a list cannot be placed, so that whomever it concerns goes without it. "
                f"{row}"
            ),
            (
                "Look at it in GravityZone or ConnectWise, where somebody's import or integration "
                "may have left it, and have it put right."
            ),
        )
    if count > len(first):
        yield found(f"So cannot {count - len(first)} more.", "See the first of them.")
    if not count:
        yield ok("Every row of the lists of companies and agreements names whom it concerns.")


def _left(
    customer: Customer, agreement: Agreement, foreign: list[Addition], names: Names
) -> Finding:
    endless = any(each.cancelled is None for each in foreign)
    what = (
        "without an end, as Bitdefender's classic integration leaves them"
        if endless
        else "in this month"
    )
    where = f"On agreement {agreement.name!r} (id {agreement.id}) of {customer.name}"
    return found(
        (
            f"{where}, {described(foreign)} bills {names.product!r} {what}, and is not Tally's: "
            "the customer is held rather than billed twice."
        ),
        "Switch the other integration off. Then give it a cancelled date in ConnectWise, or answer "
        "for the customer: `tally take-over`, `tally keep-apart` or `tally waive`.",
    )


def _unread(customer: Customer, agreement: Agreement, error: TallyError) -> Finding:
    return found(
        (
            f"The Additions of agreement {agreement.name!r} (id {agreement.id}) of "
            f"{customer.name} cannot be read: {error}"
        ),
        "Look at it in ConnectWise, and have it put right: until then the customer fails.",
    )


def _types(installation: Installation) -> Iterator[tuple[Names, int]]:
    for names in dict.fromkeys(installation.places.values()):
        type_id = installation.type_id(names)
        if isinstance(type_id, int):
            yield names, type_id


def _billed(installation: Installation) -> list[Customer]:
    return [
        each
        for each in installation.customers
        if each.connectwise_id is not None and not each.excluded
    ]


def _whom(installation: Installation, customer: Customer) -> str:
    alike = installation.candidates(customer)
    link = f"tally companies tie {customer.company.id}"
    if not alike:
        return (
            f"Find its ConnectWise company, or make it, then `{link} CONNECTWISE_ID --why …`; or "
            "`tally companies exclude`."
        )
    first, *others = (f"{each.name!r} (`{link} {each.id} --why …`)" for each in alike)
    return f"It may be {first}" + "".join(f", or {each}" for each in others) + "."


def _for_agreement(customer: Customer, names: Names) -> str:
    return (
        f"Leave {customer.name} one active agreement of the type {names.agreement_type!r} on a "
        f"monthly cycle; of several, `tally companies pin {customer.company.id} AGREEMENT_ID --why "
        "…` chooses."
    )
