"""Read the lists of one tick: the links, GravityZone's tree, and ConnectWise's companies.

A list that cannot be read to its end is not used at all (SAFE-5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from tally.domain.model.company import Company, CompanyLink, ConnectWiseCompany
from tally.domain.planning.tick_context import Directory, Firms
from tally.domain.record.unreadable import readable
from tally.errors import TallyError
from tally.planner.connectwise_catalog import read_directory
from tally.planner.firms import find_firms
from tally.planner.gravityzone_tree import Roster, read_census, read_roster
from tally.planner.linking import link_by_name
from tally.planner.partners import Partners, read_partners, unread
from tally.ports import ConnectWise, GravityZone, Ledger
from tally.services import Names


@dataclass(slots=True, kw_only=True)
class TickLists:
    """The lists of one tick; None for each that could not be read.

    ``namesakes`` are ConnectWise's companies, until new companies are linked by name. ``troubles``
    maps the id of a company that cannot be planned to the reason. ``failures`` has a sentence for
    each list that could not be read.
    """

    links: dict[str, CompanyLink]
    troubles: dict[str, str]
    failures: list[str]
    roster: Roster | None = None
    partners: Partners = field(default_factory=Partners)
    namesakes: Sequence[ConnectWiseCompany] | None = None
    directory: Directory | None = None
    firms: Firms | None = None

    @property
    def are_whole(self) -> bool:
        """True if all of GravityZone's lists were read, but for those that it refuses."""
        return self.roster is not None and not self.roster.unread

    @property
    def customers(self) -> Mapping[str, Company]:
        """The customers that are listed as monthly-licensed, by id."""
        return {} if self.roster is None else self.roster.customers

    def refusals(self) -> Iterator[str]:
        """Name the lists that GravityZone refuses.

        They are no failure of the tick: they are the reason why companies below cannot be opened
        (READ-9).
        """
        if self.roster is not None:
            for each in sorted(self.roster.refused):
                yield (
                    "GravityZone refuses to list the companies below the partner "
                    f"{self.roster.partners[each].name}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """The result of matching by name.

    ``unlicensed`` are the customers without a monthly subscription; None if they were not listed.
    ``unlinked`` says why companies have no link, ``linked`` counts the companies linked just now.
    """

    unlicensed: dict[str, Company] | None = None
    unlinked: Mapping[str, str] = field(default_factory=dict)
    linked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReader:
    """Reads the lists of a tick; a list that fails becomes a sentence in ``failures``."""

    gravityzone: GravityZone
    connectwise: ConnectWise
    ledger: Ledger
    services: Mapping[str, Names]

    def read(self) -> TickLists:
        """Read all lists. Raises TallyError if the ledger cannot be read."""
        troubles: dict[str, str] = {}
        links = {link.company_id: link for link in readable(self.ledger.all_links(), troubles)}
        lists = TickLists(links=links, troubles=troubles, failures=[])
        self._read_tree(lists)
        lists.namesakes = self._namesakes(lists.failures)
        known = len(links.keys() | lists.customers.keys())
        lists.directory = self._directory(lists.failures, companies=known)
        lists.firms = self._firms(lists)
        return lists

    def match(self, lists: TickLists, tick: datetime, *, census: bool) -> Matched:
        """Link new companies to their namesakes in ConnectWise.

        With ``census`` all customers are listed, even if nobody is new: a customer without a
        monthly subscription is to be seen too (SAFE-7).
        """
        # Nobody needs the names after this, and planning needs the memory.
        namesakes, lists.namesakes = lists.namesakes, None
        known = lists.links.keys() | lists.troubles.keys()
        new = [each for each in lists.customers.values() if each.id not in known]
        if lists.roster is None or not (new or census):
            return Matched()
        try:
            return self._matched(lists, lists.roster, new, namesakes, tick)
        except TallyError as error:
            lists.failures.append(f"companies could not be matched by their names: {error}")
            return Matched()

    def _matched(
        self,
        lists: TickLists,
        roster: Roster,
        new: Sequence[Company],
        namesakes: Sequence[ConnectWiseCompany] | None,
        tick: datetime,
    ) -> Matched:
        census = read_census(self.gravityzone, roster)
        unlicensed = {each.id: each for each in census if each.id not in roster.customers}
        if not new or namesakes is None:
            return Matched(unlicensed=unlicensed)
        linking = link_by_name(
            new,
            roster=roster,
            everyone=chain(unlicensed.values(), roster.customers.values()),
            connectwise=namesakes,
            links=lists.links,
            ledger=self.ledger,
            tick=tick,
        )
        lists.troubles |= linking.troubles
        lists.links.update((link.company_id, link) for link in linking.linked)
        return Matched(unlicensed=unlicensed, unlinked=linking.unlinked, linked=len(linking.linked))

    def _read_tree(self, lists: TickLists) -> None:
        """Read GravityZone's companies, and the children of each partner to bill."""
        excluded = frozenset(
            each.company_id for each in lists.links.values() if each.excluded_since is not None
        )
        try:
            roster = read_roster(self.gravityzone, excluded=excluded)
        except TallyError as error:
            lists.failures.append(f"GravityZone's companies could not be listed: {error}")
            return
        lists.roster = roster
        lists.troubles |= roster.troubles
        lists.partners = read_partners(
            self.gravityzone, roster, ledger=self.ledger, links=lists.links
        )
        failed = roster.unread | {
            each: error
            for each, error in lists.partners.unread.items()
            if each not in roster.unread
        }
        lists.failures += [unread(each, error) for each, error in failed.items()]

    def _namesakes(self, failures: list[str]) -> Sequence[ConnectWiseCompany] | None:
        try:
            return tuple(self.connectwise.companies())
        except TallyError as error:
            failures.append(
                "ConnectWise's companies could not be listed, by whose names new ones are "
                f"matched: {error}"
            )
            return None

    def _directory(self, failures: list[str], *, companies: int) -> Directory | None:
        try:
            return read_directory(self.connectwise, self.services, companies=companies)
        except TallyError as error:
            failures.append(f"ConnectWise could not be read: {error}")
            return None

    def _firms(self, lists: TickLists) -> Firms | None:
        if lists.namesakes is None:
            return None
        try:
            return find_firms(
                lists.namesakes, self.connectwise, lists.links.values(), lists.directory
            )
        except TallyError as error:
            lists.failures.append(
                f"ConnectWise could not be asked for companies that its list lacks: {error}"
            )
            return None
