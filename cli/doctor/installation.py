"""One installed Tally as the checks see it. Each part is read once, when a check asks for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cli.doctor.account import Account
from cli.output import Step
from cli.stack import Stack
from cli.suggestions import Names
from tally import services
from tally.aws.secret import ApiKeys, read_keys
from tally.connectwise.tickets.client import TicketClient
from tally.domain.asking.asking_ledger_port import AskingLedger
from tally.domain.attaching.ports import Documents
from tally.domain.linking.matching import NameIndex, NotLinked, count_names, resolve
from tally.domain.model.agreement import Addition, Agreement, choose_agreement, decisive_day
from tally.domain.model.company import Company, CompanyLink, ConnectWiseCompany
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause
from tally.domain.planning.agreement_choice import left_unlinked, pin_of
from tally.domain.planning.role_sight import unseen_agreements
from tally.domain.record.unreadable import readable
from tally.errors import ContractError, NotFoundError, TallyError
from tally.gravityzone.pace import TokenBucket
from tally.planner.gravityzone_tree import Roster, read_census, read_roster
from tally.planner.linking import hidden_names
from tally.ports import ConnectWise, GravityZone, Ledger
from tally.runtime.parts.tickets import TicketSettings
from tally.runtime.settings import PlannerSettings

_CALLS_A_SECOND = 10
"""The pace of calls to ConnectWise: 1,000 a minute are said to be safe, and workers call it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A company that GravityZone counts by the month, or a partner whose own machines are billed.

    ``connectwise_id`` is the company that it is linked to, or will be at the next tick. Without
    one, ``unlinked`` says why.
    """

    company: Company
    link: CompanyLink | None
    connectwise_id: int | None
    unlinked: str = ""

    @property
    def name(self) -> str:
        """Its name in GravityZone."""
        return self.company.name

    @property
    def excluded(self) -> bool:
        """True if a person has left it out of billing."""
        return self.link is not None and self.link.excluded_since is not None


class Installation:
    """A stack, and both vendors behind it. Whatever cannot be read raises TallyError.

    ``step`` is told how far the reading of many things is.
    """

    def __init__(self, stack: Stack, *, step: Step) -> None:
        self.stack = stack
        self.account = Account(name=stack.name, client=stack.client, outputs=stack.outputs)
        self.step = step
        self._pace = TokenBucket(
            rate=_CALLS_A_SECOND,
            depth=_CALLS_A_SECOND,
            # The stack's clock: in tests, time passes by `sleep` alone.
            monotonic=lambda: stack.clock.now().timestamp(),
            sleep=stack.sleep,
        )
        self._agreements: dict[int, Mapping[int, Sequence[Agreement]]] = {}

    @property
    def settings(self) -> PlannerSettings:
        """The planner's settings."""
        return self.stack.settings()

    @cached_property
    def gravityzone(self) -> GravityZone:
        """GravityZone, with the keys in the secret."""
        return self.stack.gravityzone()

    @cached_property
    def connectwise(self) -> ConnectWise:
        """ConnectWise, with the keys in the secret."""
        return self.stack.connectwise()

    @cached_property
    def documents(self) -> Documents:
        """The documents of ConnectWise's agreements, with the keys in the secret."""
        return self.stack.documents()

    @property
    def attaches_statements(self) -> bool:
        """True if final statements are attached to agreements."""
        return self.stack.environment("BookFunction").get("ATTACH_STATEMENTS") == "true"

    @property
    def publishes_books(self) -> bool:
        """True if the months' books are published: the reporter is told where, to tell people."""
        return bool(self.stack.environment("ReporterFunction").get("BOOKS_BUCKET"))

    @property
    def asks_in_tickets(self) -> bool:
        """True if questions are asked in tickets, or if that cannot be told."""
        try:
            return bool(self._of_tickets().get("TICKET_BOARD"))
        # In doubt the checks of tickets are listed: they tell what cannot be read.
        except TallyError:
            return True

    @cached_property
    def ticket_settings(self) -> TicketSettings:
        """The settings of the function that asks in tickets."""
        return TicketSettings.from_env(self._of_tickets())

    @cached_property
    def tickets(self) -> TicketClient:
        """ConnectWise's service tickets, with the keys in the secret."""
        return self.stack.tickets()

    @property
    def asking(self) -> AskingLedger:
        """The ledger's memory of tickets."""
        return self.stack.asking()

    def _of_tickets(self) -> Mapping[str, str]:
        """Return the environment of that function; empty for a template that has none."""
        if "TicketsFunction" not in self.stack.outputs():
            return {}
        return self.stack.environment("TicketsFunction")

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        return self.stack.ledger()

    @property
    def month(self) -> Month:
        """The present month."""
        return Month.of(self.stack.clock.now())

    def keys(self) -> ApiKeys:
        """Return the keys in the secret."""
        return read_keys(self.stack.client("secretsmanager"), self.settings.secret_id)

    @cached_property
    def places(self) -> Mapping[str, services.Names]:
        """The names under which each service is billed."""
        settings = self.settings
        return services.places(
            settings.services, product=settings.product, agreement_type=settings.agreement_type
        )

    @cached_property
    def own_company(self) -> Company:
        """The company that the GravityZone key belongs to."""
        return self.gravityzone.own_company()

    @cached_property
    def roster(self) -> Roster:
        """GravityZone's customers with a monthly subscription, and its partners."""
        return read_roster(self.gravityzone, excluded=self._excluded())

    @cached_property
    def everyone(self) -> Sequence[Company]:
        """All customers in GravityZone, whatever their licence."""
        return list(read_census(self.gravityzone, self.roster))

    @cached_property
    def links(self) -> Mapping[str, CompanyLink]:
        """The ledger's links, by GravityZone id."""
        return {each.company_id: each for each in readable(self.ledger.all_links())}

    @cached_property
    def connectwise_companies(self) -> Mapping[int, ConnectWiseCompany]:
        """ConnectWise's companies by id, without the deleted ones."""
        return {each.id: each for each in self.connectwise.companies() if not each.deleted}

    def candidates(self, customer: Customer) -> Sequence[ConnectWiseCompany]:
        """Return the likeliest companies for a customer, of those still free."""
        return [
            self.connectwise_companies[key] for key, _ in self._free_names.nearest(customer.name)
        ]

    @cached_property
    def _free_names(self) -> Names[int]:
        taken = {each.connectwise_id for each in self.customers}
        # Links of companies that GravityZone lists no more hold their ConnectWise companies too.
        taken |= {each.connectwise_id for each in self.links.values()}
        return Names(
            {key: each.name for key, each in self.connectwise_companies.items() if key not in taken}
        )

    @cached_property
    def customers(self) -> Sequence[Customer]:
        """The customers that Tally is to bill, also those that it cannot, by name."""
        roster = self.roster
        partners = [
            partner
            for partner in roster.partners.values()
            if (known := self.links.get(partner.id)) is not None
            and known.own_billed_since is not None
        ]
        linked = {
            each.connectwise_id: each.company_name
            for each in self.links.values()
            if each.connectwise_id is not None
        }
        index = NameIndex(self.connectwise_companies.values(), linked=linked)
        # A name that two companies bear links neither, and one of them may be on trial or a partner
        # (MATCH-1): so all of them are counted.
        names = count_names(self._all_known().values())
        billed = sorted(
            [*roster.customers.values(), *partners],
            key=lambda each: (each.name.casefold(), each.id),
        )
        return [self._customer(company, index, names[company.name]) for company in billed]

    def type_id(self, names: services.Names) -> int | str:
        """Return the id of the agreement type, or the reason why there is none (MATCH-2)."""
        return resolve(
            names.agreement_type,
            self.agreement_types,
            what="agreement type",
            setting=names.agreement_type_setting,
        )

    @cached_property
    def agreement_types(self) -> Mapping[str, int]:
        """Ids of the active agreement types by name."""
        found: dict[str, int] = {}
        for wanted in {each.agreement_type for each in self.places.values()}:
            found.update(self.connectwise.agreement_types(wanted))
        return found

    def product_id(self, names: services.Names) -> int | str:
        """Return the id of the product, or the reason why there is none (MATCH-2)."""
        ids = self._products.get(names.product)
        if ids is None:
            ids = self._products[names.product] = self.connectwise.products(names.product)
        return resolve(names.product, ids, what="product", setting=names.product_setting)

    def unseen_agreements(self, names: services.Names, type_id: int) -> str:
        """Say that no agreement of any billed type is seen, though customers wait; else "".

        The rule is MATCH-8.
        """
        types = (self.type_id(each) for each in self.places.values())
        if self._of_type(type_id) or any(
            self._of_type(each) for each in types if isinstance(each, int)
        ):
            return ""
        linked = [
            each for each in self.customers if each.connectwise_id is not None and not each.excluded
        ]
        return unseen_agreements((), len(linked), names.agreement_type)

    def agreements_of(self, type_id: int, connectwise_id: int) -> Sequence[Agreement]:
        """Return a company's agreements of a type, active or not."""
        return self._of_type(type_id).get(connectwise_id, ())

    def any_agreement(self) -> int | None:
        """Return the id of an agreement of a billed type; None if there is none."""
        types = (self.type_id(each) for each in self.places.values())
        of_types = (self._of_type(each) for each in types if isinstance(each, int))
        several = (agreements for by_company in of_types for agreements in by_company.values())
        return next((agreements[0].id for agreements in several), None)

    def _of_type(self, type_id: int) -> Mapping[int, Sequence[Agreement]]:
        of_type = self._agreements.get(type_id)
        if of_type is None:
            by_company: defaultdict[int, list[Agreement]] = defaultdict(list)
            for agreement in self.connectwise.agreements(type_id):
                by_company[agreement.company_id].append(agreement)
            of_type = self._agreements[type_id] = by_company
        return of_type

    def agreement(self, customer: Customer, type_id: int) -> Agreement | Cause:
        """Return the agreement that the present month is billed on, or why there is none.

        The rules are MATCH-3 and MATCH-5.
        """
        now, policy = self.stack.clock.now(), self.settings.policy
        types = {self.type_id(each) for each in self.places.values()}
        of_company = {
            each: self.agreements_of(each, customer.connectwise_id or 0)
            for each in types
            if isinstance(each, int)
        }
        pinned = None if customer.link is None else customer.link.pinned_agreement_id
        return choose_agreement(
            of_company[type_id],
            company=customer.name,
            day=decisive_day(self.month, now, policy.time_zone),
            pinned=pin_of(pinned, of_company, type_id),
            cycles=policy.cycles,
        )

    def additions(
        self, agreements: Sequence[Agreement], *, product_id: int
    ) -> Iterator[tuple[Agreement, Sequence[Addition] | TallyError]]:
        """Yield each agreement with its Additions, at ConnectWise's pace.

        An Addition that cannot be read is passed over where a job passes over it. Else it is an
        error, which takes the place of that agreement's Additions (SAFE-5).
        """
        for number, agreement in enumerate(agreements):
            self._pace.take()
            self.step(done=number, total=len(agreements))
            yield agreement, self._additions(agreement.id, product_id)

    def _additions(self, agreement_id: int, product_id: int) -> Sequence[Addition] | TallyError:
        try:
            return self.connectwise.additions(
                agreement_id, since=self.month.first, products=[product_id]
            )
        # Others are raised: they may be the site's, and the next agreement's, too.
        except (ContractError, NotFoundError) as error:
            return error

    @cached_property
    def _products(self) -> dict[str, Mapping[str, int]]:
        return {}

    def _excluded(self) -> Collection[str]:
        """Return the companies that a person has left out; none if the ledger cannot be read.

        Another check says that it cannot.
        """
        try:
            return {
                each.company_id for each in self.links.values() if each.excluded_since is not None
            }
        except TallyError:
            return ()

    def _all_known(self) -> Mapping[str, Company]:
        known: Iterable[Company] = (
            *self.everyone,
            *self.roster.customers.values(),
            *self.roster.partners.values(),
        )
        return {company.id: company for company in known}

    def _customer(self, company: Company, index: NameIndex, namesakes: int) -> Customer:
        link = self.links.get(company.id)
        if link is None:
            found = index.link(company, namesakes=namesakes)
            if isinstance(found, NotLinked):
                return Customer(
                    company=company, link=None, connectwise_id=None, unlinked=found.reason
                )
            # As at a tick: a namesake may be below a partner whose list is not known (MATCH-1).
            if hidden := hidden_names(self.roster):
                return Customer(
                    company=company,
                    link=None,
                    connectwise_id=None,
                    unlinked=f"{company.name}: {hidden}",
                )
            return Customer(company=company, link=None, connectwise_id=found.company.id)
        if link.connectwise_id is None:
            left = f"{company.name}: {left_unlinked(link)}"
            return Customer(company=company, link=link, connectwise_id=None, unlinked=left)
        # The list has no deleted companies: a link to one of them waits for a person.
        if link.connectwise_id not in self.connectwise_companies:
            whom = f"{link.connectwise_name!r} (id {link.connectwise_id})"
            gone = (
                f"{company.name} is linked to ConnectWise company {whom}, which is deleted there."
            )
            return Customer(company=company, link=link, connectwise_id=None, unlinked=gone)
        return Customer(company=company, link=link, connectwise_id=link.connectwise_id)
