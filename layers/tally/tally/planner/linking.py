"""Link companies that are new in GravityZone to their namesakes in ConnectWise (MATCH-1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tally.domain.linking.matching import NameIndex, NotLinked, count_names
from tally.domain.model.company import Company, CompanyLink, ConnectWiseCompany
from tally.domain.planning.role_sight import unseen_companies
from tally.domain.record.history import TALLY
from tally.errors import ConflictError, SetupError, TallyError
from tally.planner.gravityzone_tree import Roster
from tally.ports import Ledger

_MOST_NAMED = 3


@dataclass(slots=True, kw_only=True)
class Linking:
    """The new links, the reasons why other companies have none, and those that were not written."""

    linked: list[CompanyLink] = field(default_factory=list)
    unlinked: dict[str, str] = field(default_factory=dict)
    troubles: dict[str, str] = field(default_factory=dict)


def link_by_name(
    companies: Sequence[Company],
    *,
    roster: Roster,
    everyone: Iterable[Company],
    connectwise: Iterable[ConnectWiseCompany],
    links: Mapping[str, CompanyLink],
    ledger: Ledger,
    tick: datetime,
) -> Linking:
    """Link each company whose name is unique on both sides, and whose namesake nobody is linked to.

    ``everyone`` are all customers in GravityZone, unlicensed ones too: a name must be unique among
    them and the partners.
    """
    linked = {
        each.connectwise_id: each.company_name
        for each in links.values()
        if each.connectwise_id is not None
    }
    listed = list(connectwise)
    unseen = unseen_companies({each.id for each in listed}, linked)
    if unseen:
        return Linking(unlinked={company.id: unseen for company in companies})
    index = NameIndex(listed, linked=linked)
    known = {company.id: company for company in (*everyone, *companies, *roster.partners.values())}
    names = count_names(known.values())
    hidden = hidden_names(roster)
    result = Linking()
    for company in companies:
        found = index.link(company, namesakes=names[company.name])
        if isinstance(found, NotLinked):
            result.unlinked[company.id] = found.reason
        elif hidden:
            result.unlinked[company.id] = hidden
        else:
            _write(ledger, company, found.company, tick, result)
    return result


def _write(
    ledger: Ledger, company: Company, to: ConnectWiseCompany, tick: datetime, result: Linking
) -> None:
    """Write one link to the ledger, and its outcome to ``result``."""
    link = CompanyLink(
        company_id=company.id,
        company_name=company.name,
        connectwise_id=to.id,
        connectwise_name=to.name,
        linked_by=TALLY,
        linked_at=tick,
    )
    try:
        ledger.add_link(link)
    except ConflictError:
        result.unlinked[company.id] = (
            f"ConnectWise company {to.name!r} (id {to.id}) was linked elsewhere just now."
        )
    except SetupError:
        raise
    except TallyError as error:
        result.troubles[company.id] = f"It could not be linked: {error}"
    else:
        result.linked.append(link)


def hidden_names(roster: Roster) -> str:
    """Say why nobody can be linked by name while partners' lists are unread; "" if all are read."""
    hidden = [roster.partners[each] for each in sorted({*roster.unread, *roster.refused})]
    if not hidden:
        return ""
    named = ", ".join(f"{each.name} ({each.id})" for each in hidden[:_MOST_NAMED])
    more = f" and {len(hidden) - _MOST_NAMED} more" if len(hidden) > _MOST_NAMED else ""
    refused = (
        ""
        if not roster.refused
        else " If GravityZone refuses that for good, exclude the partner, or link this one by hand."
    )
    return (
        "It is linked by its name once the companies of all partners can be listed, as another may "
        f"bear the same name; those below {named}{more} could not be.{refused}"
    )
