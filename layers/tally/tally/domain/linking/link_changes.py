"""Changes of a company's link by a person's word (MATCH-1, MATCH-3, OPEN-6, CLOSE-5, READ-4).

Each function returns the change, or a text that says why it is not possible.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tally.domain.model.agreement import Agreement
from tally.domain.model.company import CompanyLink, ConnectWiseCompany, LinkChange
from tally.domain.record.rulings import Person
from tally.domain.record.usage_record import UsageRecord


def link_to(
    link: CompanyLink | None,
    person: Person,
    *,
    company_id: str,
    name: str,
    to: ConnectWiseCompany,
    agreement: Agreement | None = None,
    beside: Sequence[CompanyLink] = (),
) -> LinkChange | str:
    """Link the company to a ConnectWise company, with the ``agreement`` to bill on if one is given.

    What a person said about agreements and Additions of the one before is forgotten. ``beside`` are
    the links of others that are linked to the same company: then each needs an agreement of its
    own.
    """
    if link is not None and link.connectwise_id == to.id:
        return f"{name} is linked to ConnectWise company {to.name!r} (id {to.id}) already."
    # An agreement of another customer would put this company's usage on that customer's invoice.
    if agreement is not None and agreement.company_id != to.id:
        return _of_another(agreement, name=name, to=f"{to.name!r} (id {to.id})")
    if refused := _not_beside(beside, name=name, to=to, agreement=agreement):
        return refused
    after = replace(
        link or _unlinked(person, company_id=company_id, name=name),
        company_name=name,
        connectwise_id=to.id,
        connectwise_name=to.name,
        linked_by=person.by,
        linked_at=person.at,
        pinned_agreement_id=None if agreement is None else agreement.id,
        kept_apart=(),
    )
    # The word of the histories that are stored, and of the command that a person gives.
    return _change(link, after, person, what="tied")


def _not_beside(
    beside: Sequence[CompanyLink], *, name: str, to: ConnectWiseCompany, agreement: Agreement | None
) -> str | None:
    """Return the reason why it cannot be linked beside others; None if it can.

    Each of them has to be billed on an agreement of its own.
    """
    if not beside:
        return None
    lacking = [each for each in beside if each.pinned_agreement_id is None]
    if agreement is None or lacking:
        first = "".join(f"pin one for {_named(each)}, " for each in lacking)
        return (
            f"ConnectWise company {to.name!r} (id {to.id}) is linked to "
            f"{', '.join(map(_named, beside))}. {name} can be linked to it as well if each is "
            f"billed on an agreement of its own: {first}and name the one for {name} as you link it "
            "(--agreement)."
        )
    return _pinned_already(agreement, beside)


def _pinned_already(agreement: Agreement, beside: Iterable[CompanyLink]) -> str | None:
    for each in beside:
        if each.pinned_agreement_id == agreement.id:
            return f"Agreement {agreement.named} is pinned for {_named(each)}: each needs its own."
    return None


def _named(link: CompanyLink) -> str:
    return f"{link.company_name} ({link.company_id})"


def _of_another(agreement: Agreement, *, name: str, to: str) -> str:
    return (
        f"Agreement {agreement.named} is one of ConnectWise company "
        f"{agreement.company_id}; {name} is linked to {to}."
    )


def unlink(link: CompanyLink, person: Person) -> LinkChange | str:
    """Leave the company without a ConnectWise company until a person links it again."""
    if link.connectwise_id is None:
        return _not_linked(link)
    # The exclusion and the opt-in are about the GravityZone company, so they outlive its link.
    unlinked = replace(
        _unlinked(person, company_id=link.company_id, name=link.company_name),
        excluded_since=link.excluded_since,
        own_billed_since=link.own_billed_since,
    )
    return _change(link, unlinked, person, what="untied")


def pin(
    link: CompanyLink, person: Person, *, agreement: Agreement, beside: Sequence[CompanyLink] = ()
) -> LinkChange | str:
    """Choose the agreement that the company's months are opened on, where it has several (MATCH-3).

    It must not be pinned for ``beside``, the companies linked to the same ConnectWise company.
    """
    if link.connectwise_id is None:
        return _not_linked(link)
    if agreement.company_id != link.connectwise_id:
        whom = f"{link.connectwise_name!r} (id {link.connectwise_id})"
        return _of_another(agreement, name=link.company_name, to=whom)
    if link.pinned_agreement_id == agreement.id:
        return f"Agreement {agreement.named} is pinned for {link.company_name} already."
    if taken := _pinned_already(agreement, beside):
        return taken
    return _change(
        link, replace(link, pinned_agreement_id=agreement.id), person, what="agreement pinned"
    )


def unpin(
    link: CompanyLink, person: Person, *, beside: Sequence[CompanyLink] = ()
) -> LinkChange | str:
    """Remove the pin; refuse if others (``beside``) are linked to the same ConnectWise company."""
    if link.pinned_agreement_id is None:
        return f"No agreement is pinned for {link.company_name}."
    if beside:
        whom = f"{link.connectwise_name!r} (id {link.connectwise_id})"
        return (
            f"{', '.join(map(_named, beside))} and {link.company_name} are linked to {whom}, each "
            "with its own agreement: pin another."
        )
    return _change(link, replace(link, pinned_agreement_id=None), person, what="agreement unpinned")


def exclude(
    link: CompanyLink | None, person: Person, *, company_id: str, name: str
) -> LinkChange | str:
    """Open no more months for the company, linked or not; open ones go on (CLOSE-5)."""
    if link is not None and link.excluded_since is not None:
        return f"{name} has been excluded since {link.excluded_since:%Y-%m-%d}."
    # A company may be excluded before it is linked: the link is where that is kept.
    before = link or _never_linked(person, company_id=company_id, name=name)
    return _change(link, replace(before, excluded_since=person.at), person, what="excluded")


def include(link: CompanyLink, person: Person) -> LinkChange | str:
    """Bill the company again."""
    if link.excluded_since is None:
        return f"{link.company_name} is not excluded."
    return _change(link, replace(link, excluded_since=None), person, what="included")


def bill_partner(
    link: CompanyLink | None, person: Person, *, company_id: str, name: str
) -> LinkChange | str:
    """Bill a partner's own machines, from the present month on, once it is linked (READ-4)."""
    if link is not None and link.own_billed_since is not None:
        return (
            f"The own machines of {name} have been billed since {link.own_billed_since:%Y-%m-%d}."
        )
    before = link or _never_linked(person, company_id=company_id, name=name)
    after = replace(before, company_name=name, own_billed_since=person.at)
    return _change(link, after, person, what="partner billed")


def unbill_partner(link: CompanyLink, person: Person) -> LinkChange | str:
    """Open no more months for a partner's own machines; open ones go on (READ-4, CLOSE-5)."""
    if link.own_billed_since is None:
        return f"The own machines of {link.company_name} are not billed."
    return _change(link, replace(link, own_billed_since=None), person, what="partner unbilled")


def keep_apart(link: CompanyLink, person: Person, *, additions: Iterable[int]) -> LinkChange | None:
    """Remember Additions of others to bill beside ours (OPEN-6); None if all are remembered."""
    kept = tuple(dict.fromkeys((*link.kept_apart, *additions)))
    if kept == link.kept_apart:
        return None
    return _change(link, replace(link, kept_apart=kept), person, what="kept apart")


def what_stays(records: Iterable[UsageRecord]) -> str:
    """Describe the open months, which a change of the link leaves where their Additions are."""
    stays = [_of_month(record) for record in sorted(records, key=lambda record: record.key)]
    return " ".join(stays) or "No month of it is open at present."


def _of_month(record: UsageRecord) -> str:
    month = f"{record.key.month.label} ({record.key.service})"
    line = record.newest
    if line is None:
        return f"{month} has no Addition yet."
    return (
        f"{month} goes on: Addition {line.addition_id} on agreement {line.agreement_id} follows "
        "the count until the month closes."
    )


def _unlinked(person: Person, *, company_id: str, name: str) -> CompanyLink:
    return CompanyLink(
        company_id=company_id,
        company_name=name,
        connectwise_id=None,
        connectwise_name="",
        linked_by=person.by,
        linked_at=person.at,
    )


def _never_linked(person: Person, *, company_id: str, name: str) -> CompanyLink:
    return replace(_unlinked(person, company_id=company_id, name=name), linked_by="")


def _not_linked(link: CompanyLink) -> str:
    return f"{link.company_name} is not linked to a ConnectWise company."


def _change(
    before: CompanyLink | None, after: CompanyLink, person: Person, *, what: str
) -> LinkChange:
    version = 1 if before is None else before.version + 1
    return LinkChange(
        before=before,
        after=replace(after, version=version),
        what=what,
        why=person.why,
        by=person.by,
        at=person.at,
    )
