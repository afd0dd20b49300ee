"""Ask by id for companies that the ledger knows and GravityZone's lists lack (SAFE-7)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tally.domain.model.company import Company, CompanyKind, CompanyLink
from tally.domain.model.standing import Cause, Standing
from tally.domain.planning.company_refusals import (
    asked_in_vain,
    below_a_refused_one,
    earlier_refusal,
    still_holds,
)
from tally.domain.planning.tick_context import Presence, known_absence
from tally.domain.record.partner import Children, unlisted_children
from tally.domain.record.usage_record import UsageRecord
from tally.errors import DeclinedError, TallyError
from tally.planner.gravityzone_tree import Found, Roster
from tally.planner.partners import children_left_out, unread
from tally.ports import GravityZone, Ledger

MOST_ASKED = 300
"""The most calls of a tick for this: a minute of the pace. The next tick asks for the rest."""
_OF_NO_ANSWER = 30
"""The cost of a call without an answer, in calls: it takes as long as so many others."""
_DEEPEST = 5
"""The most levels that are climbed from a company to a known partner above it."""


@dataclass(slots=True, kw_only=True)
class Absent:
    """Asks for companies that are in no list.

    ``troubles`` grows by a sentence for each company without an answer. With ``daily``, once a
    day, companies are asked for again whose last answer may have changed.
    """

    gravityzone: GravityZone
    ledger: Ledger
    roster: Roster | None
    daily: bool
    troubles: list[str]
    left: int = MOST_ASKED
    _parents: dict[str, str] = field(default_factory=dict)

    def find(
        self,
        company_id: str,
        standing: Standing | None,
        link: CompanyLink | None,
        *,
        name: str,
        followed: bool,
    ) -> Found:
        """Return what GravityZone says of one company. ``followed``: it has open records."""
        roster, known = self.roster, known_absence(standing)
        if roster is None or roster.unread:
            return Found(known or Presence.UNREAD)
        if known is None and _is_excluded(link):
            # It may stand below a partner that is excluded too: then its open month goes on.
            return Found(Presence.UNREAD if roster.has_gaps else Presence.UNLISTED)
        presence = known or Presence.UNREAD
        if not self._is_asked_for(known, standing, roster, followed=followed):
            return Found(presence, refused=earlier_refusal(standing))
        return self._answered(company_id, name, roster) if self.left > 0 else Found(presence)

    def _answered(self, company_id: str, name: str, roster: Roster) -> Found:
        try:
            return self._asked(company_id, roster)
        except DeclinedError as error:
            return Found(Presence.UNREAD, refused=asked_in_vain(company_id, str(error)))
        except TallyError as error:
            self.left -= _OF_NO_ANSWER
            self.troubles.append(
                f"{name} ({company_id}) is in no list and could not be asked for: {error}"
            )
            return Found(Presence.UNREAD)

    def children(
        self, company_id: str, name: str, records: Sequence[UsageRecord]
    ) -> Children | Cause:
        """Return the children of a partner to bill that stands below an excluded one (READ-4)."""
        assert self.roster is not None
        try:
            return children_left_out(
                self.gravityzone, self.roster, company_id, name, ledger=self.ledger, records=records
            )
        except TallyError as error:
            self.troubles.append(unread(company_id, error))
            return unlisted_children(name, str(error))

    def _is_asked_for(
        self, known: Presence | None, standing: Standing | None, roster: Roster, *, followed: bool
    ) -> bool:
        match known:
            case Presence.GONE:
                return False
            case Presence.UNLICENSED:
                # All customers are listed once a day: an unlicensed one that is not among them
                # may be gone.
                return self.daily
            case Presence.LEFT_OUT if roster.excluded:
                return self.daily and followed
        refusal = earlier_refusal(standing)
        if refusal is None:
            # All that a refused list hides are missing at once: the day's one look asks for them.
            return self.daily or not roster.refused
        refused = [roster.partners[each].name for each in roster.refused]
        return self.daily or not still_holds(refusal, refused)

    def _asked(self, company_id: str, roster: Roster) -> Found:
        self.left -= 1
        company = self.gravityzone.company(company_id)
        if company is None:
            return Found(Presence.GONE)
        hidden_by = self._hidden_by(company, roster) if roster.has_gaps else None
        if hidden_by:
            return _hidden(company.name, roster, by={hidden_by})
        presence = Presence.PARTNER
        if company.kind is not CompanyKind.PARTNER:
            # GravityZone's details of a company do not tell its licence: that is another call.
            self.left -= 1
            monthly = self.gravityzone.is_monthly(company_id)
            presence = Presence.LICENSED if monthly else Presence.UNLICENSED
        if hidden_by is None or presence is Presence.UNLICENSED:
            return Found(presence, company.name)
        # Lists show all partners and licensed customers, so one of the unread ones has it.
        return _hidden(company.name, roster, by=roster.excluded or roster.refused.keys())

    def _hidden_by(self, company: Company, roster: Roster) -> str | None:
        """Return the partner above it whose list is not read; "" if unknown, None if there is none.

        Some editions of GravityZone tell no parent.
        """
        above: Collection[str] = {*roster.excluded, *roster.refused}
        parent = company.parent_id
        for _ in range(_DEEPEST):
            if parent in above or parent == "":
                return parent
            if roster.is_walked(parent):
                return None
            if parent not in self._parents:
                self.left -= 1
                found = self.gravityzone.company(parent)
                # GravityZone has folders too: they have an id, and no company of that id.
                self._parents[parent] = roster.root_id if found is None else found.parent_id
            parent = self._parents[parent]
        return None


def _hidden(name: str, roster: Roster, *, by: Collection[str]) -> Found:
    """Return what is known of a company below one of these partners, whose lists are not read."""
    refused = " or ".join(roster.partners[each].name for each in by if each in roster.refused)
    if refused:
        return Found(Presence.UNREAD, name, below_a_refused_one(refused))
    return Found(Presence.LEFT_OUT, name)


def _is_excluded(link: CompanyLink | None) -> bool:
    return link is not None and link.excluded_since is not None
