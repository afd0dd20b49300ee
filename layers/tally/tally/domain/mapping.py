"""How a company's mapping changes by a person's word: rules MATCH-1, MATCH-3, OPEN-6, CLOSE-5 and READ-4.

Each function gives the change, or a text that says why it cannot be.
"""

from collections.abc import Iterable
from dataclasses import replace

from tally.domain.agreement import Agreement
from tally.domain.answers import Person
from tally.domain.company import ConnectWiseCompany, Mapping, MappingChange
from tally.domain.record import LineState, UsageRecord


def tie(
    mapping: Mapping | None, person: Person, *, company_id: str, name: str, to: ConnectWiseCompany
) -> MappingChange | str:
    """Tie the company to a ConnectWise company. What was said of another one's agreements and Additions is forgotten."""
    if mapping is not None and mapping.connectwise_id == to.id:
        return f"{name} is tied to ConnectWise company {to.name!r} (id {to.id}) already."
    after = replace(
        mapping or _untied(person, company_id=company_id, name=name),
        company_name=name,
        connectwise_id=to.id,
        connectwise_name=to.name,
        tied_by=person.by,
        tied_at=person.at,
        pinned_agreement_id=None,
        kept_apart=(),
    )
    return _change(mapping, after, person, what="tied")


def untie(mapping: Mapping, person: Person) -> MappingChange | str:
    """Leave the company without a ConnectWise company until a person ties it again."""
    if mapping.connectwise_id is None:
        return _not_tied(mapping)
    untied = replace(
        _untied(person, company_id=mapping.company_id, name=mapping.company_name),
        excluded_since=mapping.excluded_since,
        own_billed_since=mapping.own_billed_since,
    )
    return _change(mapping, untied, person, what="untied")


def pin(mapping: Mapping, person: Person, *, agreement: Agreement) -> MappingChange | str:
    """Choose the agreement that the company's months are opened on, where it has several (MATCH-3)."""
    if mapping.connectwise_id is None:
        return _not_tied(mapping)
    if agreement.company_id != mapping.connectwise_id:
        return (
            f"Agreement '{agreement.name}' (id {agreement.id}) is one of ConnectWise company {agreement.company_id}; "
            f"{mapping.company_name} is tied to {mapping.connectwise_name!r} (id {mapping.connectwise_id})."
        )
    if mapping.pinned_agreement_id == agreement.id:
        return f"Agreement '{agreement.name}' (id {agreement.id}) is pinned for {mapping.company_name} already."
    return _change(mapping, replace(mapping, pinned_agreement_id=agreement.id), person, what="agreement pinned")


def unpin(mapping: Mapping, person: Person) -> MappingChange | str:
    """Choose no agreement any more."""
    if mapping.pinned_agreement_id is None:
        return f"No agreement is pinned for {mapping.company_name}."
    return _change(mapping, replace(mapping, pinned_agreement_id=None), person, what="agreement unpinned")


def exclude(mapping: Mapping | None, person: Person, *, company_id: str, name: str) -> MappingChange | str:
    """Open no more months for the company, whether it is tied or not; what is open goes on (CLOSE-5)."""
    if mapping is not None and mapping.excluded_since is not None:
        return f"{name} has been excluded since {mapping.excluded_since:%Y-%m-%d}."
    before = mapping or _untied(person, company_id=company_id, name=name)
    return _change(mapping, replace(before, excluded_since=person.at), person, what="excluded")


def include(mapping: Mapping, person: Person) -> MappingChange | str:
    """Bill the company again."""
    if mapping.excluded_since is None:
        return f"{mapping.company_name} is not excluded."
    return _change(mapping, replace(mapping, excluded_since=None), person, what="included")


def bill_partner(mapping: Mapping | None, person: Person, *, company_id: str, name: str) -> MappingChange | str:
    """Bill a partner's own machines, from the present month on, once it is tied (READ-4)."""
    if mapping is not None and mapping.own_billed_since is not None:
        return f"The own machines of {name} have been billed since {mapping.own_billed_since:%Y-%m-%d}."
    before = mapping or _untied(person, company_id=company_id, name=name)
    after = replace(before, company_name=name, own_billed_since=person.at)
    return _change(mapping, after, person, what="partner billed")


def unbill_partner(mapping: Mapping, person: Person) -> MappingChange | str:
    """Open no more months for a partner's own machines; what is open goes on, as after an exclusion (READ-4, CLOSE-5)."""
    if mapping.own_billed_since is None:
        return f"The own machines of {mapping.company_name} are not billed."
    return _change(mapping, replace(mapping, own_billed_since=None), person, what="partner unbilled")


def keep_apart(mapping: Mapping, person: Person, *, additions: Iterable[int]) -> MappingChange | None:
    """Remember Additions of others that are to be billed beside ours (OPEN-6); None if they are all remembered."""
    kept = tuple(dict.fromkeys((*mapping.kept_apart, *additions)))
    if kept == mapping.kept_apart:
        return None
    return _change(mapping, replace(mapping, kept_apart=kept), person, what="kept apart")


def what_stays(records: Iterable[UsageRecord]) -> str:
    """What a change of the mapping leaves as it is: each open month stands where its Addition is, and goes on there."""
    stays = [_of_month(record) for record in sorted(records, key=lambda record: record.key)]
    return " ".join(stays) or "No month of it is open at present."


def _of_month(record: UsageRecord) -> str:
    month = f"{record.key.month.label} ({record.key.service})"
    line = record.line
    if line is None or line.state is LineState.OPENING:
        return f"{month} has no Addition yet."
    return f"{month} goes on: Addition {line.addition_id} on agreement {line.agreement_id} follows the count until the month closes."


def _untied(person: Person, *, company_id: str, name: str) -> Mapping:
    return Mapping(
        company_id=company_id,
        company_name=name,
        connectwise_id=None,
        connectwise_name="",
        tied_by=person.by,
        tied_at=person.at,
    )


def _not_tied(mapping: Mapping) -> str:
    return f"{mapping.company_name} is not tied to a ConnectWise company."


def _change(before: Mapping | None, after: Mapping, person: Person, *, what: str) -> MappingChange:
    version = 1 if before is None else before.version + 1
    return MappingChange(
        before=before, after=replace(after, version=version), what=what, why=person.why, by=person.by, at=person.at
    )
