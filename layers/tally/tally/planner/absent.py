"""What became of companies that the ledger knows and GravityZone's lists lack: each is asked for by its id (SAFE-7)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from tally.domain.model.company import Company, CompanyKind, CompanyLink
from tally.domain.model.standing import COMPANY_SCOPE, Cause, Standing
from tally.domain.planning.company_refusals import asked_in_vain, below_a_refused_one, is_refused
from tally.domain.planning.tick_context import Presence, known_absence
from tally.domain.record.partner import Children, unlisted_children
from tally.domain.record.usage_record import UsageRecord
from tally.errors import DeclinedError, TallyError
from tally.planner.gravityzone_tree import Found, Roster
from tally.planner.partners import children_left_out, unread
from tally.ports import GravityZone, Ledger

MOST_ASKED = 300
"""Calls that a tick makes for it at most: a minute of the pace. Who is left is asked for at the next tick."""
_OF_NO_ANSWER = 30
"""What a call without an answer counts for: it takes as long as so many others."""
_DEEPEST = 5
"""Levels that are climbed to find whom a company stands below."""


@dataclass(slots=True, kw_only=True)
class Absent:
    """Asks for those that no list names; ``failures`` is added to where GravityZone gives no answer.

    ``daily``: once a day those are asked for too of whom an answer is known that may not hold for ever.
    """

    gravityzone: GravityZone
    ledger: Ledger
    roster: Roster | None
    daily: bool
    failures: list[str]
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
        """What became of one company; ``followed``: it has open records."""
        roster, known = self.roster, known_absence(standing)
        if roster is None or roster.unread:
            return Found(known or Presence.UNREAD)
        if known is None and link is not None and link.excluded_since is not None:
            # It may stand below a partner that is excluded as well, and then its open month goes
            # on.
            return Found(
                Presence.UNREAD if roster.excluded or roster.refused else Presence.UNLISTED
            )
        if not self._is_asked_for(known, standing, roster, followed=followed):
            return Found(known or Presence.UNREAD, refused=_as_refused(standing))
        if self.left <= 0:
            return Found(known or Presence.UNREAD)
        try:
            return self._asked(company_id, roster)
        except DeclinedError as error:
            return Found(Presence.UNREAD, refused=asked_in_vain(company_id, str(error)))
        except TallyError as error:
            self.left -= _OF_NO_ANSWER
            self.failures.append(
                f"{name} ({company_id}) is in no list and could not be asked for: {error}"
            )
            return Found(Presence.UNREAD)

    def children(
        self, company_id: str, name: str, records: Sequence[UsageRecord]
    ) -> Children | Cause:
        """Who stands directly below a partner to bill that is left out with the one above it (READ-4)."""
        assert self.roster is not None
        try:
            return children_left_out(
                self.gravityzone, self.roster, company_id, name, ledger=self.ledger, records=records
            )
        except TallyError as error:
            self.failures.append(unread(company_id, error))
            return unlisted_children(name, str(error))

    def _is_asked_for(
        self, known: Presence | None, standing: Standing | None, roster: Roster, *, followed: bool
    ) -> bool:
        match known:
            case Presence.GONE:
                return False
            case Presence.UNLICENSED:
                # Once a day all customers are listed: an unlicensed one that is not among them may
                # be gone by now.
                return self.daily
            case Presence.LEFT_OUT if roster.excluded:
                return self.daily and followed
        may_be_known = _as_refused(standing) is not None or roster.refused
        return self.daily or not may_be_known

    def _asked(self, company_id: str, roster: Roster) -> Found:
        self.left -= 1
        company = self.gravityzone.company(company_id)
        if company is None:
            return Found(Presence.GONE)
        if roster.excluded or roster.refused:
            hidden_by = self._hidden_by(company, roster)
            if hidden_by in roster.refused:
                return Found(
                    Presence.UNREAD,
                    company.name,
                    below_a_refused_one(roster.partners[hidden_by].name),
                )
            if hidden_by is not None:
                return Found(Presence.LEFT_OUT, company.name)
        if company.kind is CompanyKind.PARTNER:
            return Found(Presence.PARTNER, company.name)
        self.left -= 1
        monthly = self.gravityzone.is_monthly(company_id)
        return Found(Presence.LICENSED if monthly else Presence.UNLICENSED, company.name)

    def _hidden_by(self, company: Company, roster: Roster) -> str | None:
        """The partner for whose sake it is in no list; "" where that cannot be told, None where there is none.

        An edition that tells no parent leaves only the guess that somebody is excluded for it.
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
                # A folder, as it seems.
                self._parents[parent] = roster.root_id if found is None else found.parent_id
            parent = self._parents[parent]
        return None


def _as_refused(standing: Standing | None) -> Cause | None:
    """What an earlier tick was refused, which is not asked again at every one."""
    cause = None if standing is None else standing.causes.get(COMPANY_SCOPE)
    return cause if cause is not None and is_refused(cause) else None
