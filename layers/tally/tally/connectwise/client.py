"""The ConnectWise port over the PSA REST API (OpenAPI description and developer guide, 2025.x)."""

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date

from requests.adapters import BaseAdapter

from tally.connectwise.calls import Calls
from tally.connectwise.dialect import API_VERSION, dialect
from tally.connectwise.models import (
    AdditionRow,
    AgreementRow,
    AgreementTypeRow,
    CompanyRow,
    ProductRow,
)
from tally.connectwise.odd import OddAddition, OddAgreement, read_addition, read_agreement
from tally.connectwise.parent_agreements import Parents
from tally.connectwise.site import Keys, Site
from tally.connectwise.writes import Writes
from tally.domain.model.agreement import Addition, Agreement, NewAddition
from tally.domain.model.company import ConnectWiseCompany
from tally.domain.model.terms import Terms
from tally.errors import (
    AmbiguousNameError,
    ContractError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
    TransientError,
)
from tally.transport.failures import Effect
from tally.transport.http_call import Listener, Transport, no_deadline
from tally.transport.session import DIRECT, Network

_BUNDLE = "Bundle"


class ConnectWiseClient:
    """Reads ConnectWise and keeps Additions there. Implements ``tally.ports.ConnectWise``.

    ``url`` is the API host, ``company`` the company of the login, and ``api_version`` the version
    of the API that is asked for. ``on_odd_row`` is told of rows that name nobody. The other
    arguments are those of ``Transport``. ConnectWise narrows each search, and the client filters
    the answer again (MATCH-4).
    """

    def __init__(
        self,
        *,
        url: str,
        company: str,
        keys: Keys,
        api_version: str = API_VERSION,
        local_http_host: str = "",
        timeout: float = 10.0,
        deadline: Callable[[], float] = no_deadline,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        adapter: BaseAdapter | None = None,
        listener: Listener | None = None,
        on_odd_row: Callable[[str], None] = lambda _: None,
        network: Network = lambda _: DIRECT,
    ) -> None:
        site = Site(
            url,
            company=company,
            keys=keys,
            api_version=api_version,
            local_http_host=local_http_host,
        )
        transport = Transport(
            dialect(api_version),
            secrets=site.secrets,
            timeout=timeout,
            deadline=deadline,
            sleep=sleep,
            jitter=jitter,
            adapter=adapter,
            listener=listener,
            network=network,
        )
        self._calls = Calls(site, transport, on_odd_row=on_odd_row)
        self._parents = Parents(self._calls)
        self._writes = Writes(self._calls)

    @property
    def calls(self) -> Calls:
        """Make other calls to the same site, with the same keys."""
        return self._calls

    def agreement_types(self, name: str) -> Mapping[str, int]:
        """Return the ids of all active agreement types by name, so that near misses can be named.

        Raises AmbiguousNameError if two types have the very name that is asked for.
        """
        rows = self._calls.rows("/finance/agreements/types", AgreementTypeRow.model_validate)
        return _ids_by_name(
            ((row.name, row.id) for row in rows if not row.inactive_flag),
            what="agreement types",
            wanted=name,
        )

    def products(self, identifier: str) -> Mapping[str, int]:
        """Return ids by identifier of the products that are called ``identifier``, or nearly so.

        Case and spaces may differ. Inactive products and bundles, which cannot be Additions, are
        left out. Raises AmbiguousNameError if two products have the very identifier.
        """
        # The narrow search serves the usual case alone. Nobody documents how a quote is quoted in
        # it, nor if `=` minds case: unless it finds the very identifier, the whole catalog is read.
        found: dict[str, int] = {}
        if '"' not in identifier and "\\" not in identifier:
            try:
                found = self._products(identifier, conditions=f'identifier="{identifier}"')
            except RateLimitedError:
                raise
            except (ContractError, MissingRightError, NotFoundError, TransientError):
                # The server may refuse, or fail at, this search alone.
                found = {}
        return found if identifier in found else self._products(identifier, conditions="")

    def companies(self) -> Iterable[ConnectWiseCompany]:
        """Return all companies that are not deleted."""
        # `deletedFlag` may be null. Merged companies are deleted too: their agreements go to the
        # one that stays (another vendor's pages; about 65 % sure).
        rows = self._calls.rows(
            "/company/companies", CompanyRow.model_validate, conditions="deletedFlag=false"
        )
        return [row.company() for row in rows if not row.deleted_flag]

    def company(self, company_id: int) -> ConnectWiseCompany | None:
        """Return one company, even a deleted one; None if it is not found.

        Cloud sites also answer a wrong key so (seen in public client code).
        """
        try:
            answer = self._calls.send(
                "GET", f"/company/companies/{company_id:d}", effect=Effect.NONE
            )
        except NotFoundError:
            return None
        row = self._calls.parse(answer, CompanyRow.of)
        if row.id != company_id:
            raise self._calls.unreadable(answer, f"it answered company {row.id}")
        return row.company()

    def agreements(self, type_id: int) -> Iterable[Agreement]:
        """Return all agreements of that type, active or not."""
        # A tenant was reported whose searches with "and" found nothing, so there is one condition.
        rows = self._calls.rows(
            "/finance/agreements", read_agreement, conditions=f"type/id={type_id:d}"
        )
        parents: dict[int, int] = {}
        found = [self._read(row, parents) for row in rows if row.type_id in {None, type_id}]
        return self._parents.through(found, parents) if parents else found

    def agreement(self, agreement_id: int) -> Agreement:
        """Return one agreement.

        Raises NotFoundError. Cloud sites also answer a wrong key so (seen in public client code).
        """
        # Searches can lag a write by minutes (seen live). A record by its id is read here instead.
        answer = self._calls.send(
            "GET", f"/finance/agreements/{agreement_id:d}", effect=Effect.NONE
        )
        row = self._calls.parse(answer, AgreementRow.of)
        if row.id != agreement_id:
            raise self._calls.unreadable(answer, f"it answered agreement {row.id}")
        parents: dict[int, int] = {}
        agreement = self._read(row, parents)
        return self._parents.through([agreement], parents)[0] if parents else agreement

    def additions(
        self, agreement_id: int, *, since: date | None = None, products: Collection[int] = ()
    ) -> Sequence[Addition]:
        """Return all Additions of one agreement, and none of the agreements below it.

        One that cannot be read is left out if it ended before ``since``, or bills none of
        ``products``. Otherwise it raises ContractError.
        """
        # A parent's list may show its children's Additions (from another vendor's pages; unsure).
        path, mine = f"/finance/agreements/{agreement_id:d}/additions", {None, agreement_id}
        below: set[int] = set()

        def belongs(row: AdditionRow | OddAddition) -> bool:
            if row.agreement_id in mine:
                return True
            if not below:
                below.update(self._parents.below(agreement_id))
            return row.agreement_id in below

        found: list[Addition] = []
        for row in self._calls.rows(path, read_addition, belongs=belongs, of_many=False):
            if row.agreement_id not in mine:
                continue
            if not isinstance(row, OddAddition):
                found.append(row.addition(agreement_id))
            elif row.concerns(since, products):
                raise ContractError(f"ConnectWise GET {path}: {row.why}")
        return found

    def create_addition(self, new: NewAddition) -> Addition:
        """POST an Addition, once, and never again.

        Raises:
            AmbiguousError: it may exist.
            TallyError: any other one means that it does not.
        """
        return self._writes.create_addition(new)

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """PATCH the quantity alone; it is safe to repeat, and repeated if no answer came.

        Raises:
            AmbiguousError: it may have happened, or was answered as done with another quantity.
        """
        return self._writes.set_quantity(
            agreement_id=agreement_id, addition_id=addition_id, quantity=quantity
        )

    def take_over(
        self, *, agreement_id: int, addition_id: int, text: str, cancelled: date
    ) -> Addition:
        """PATCH text and cancelled date together; it is safe to repeat, and repeated likewise.

        Raises:
            AmbiguousError: it may have happened, or was answered as done with another text or date.
        """
        return self._writes.take_over(
            agreement_id=agreement_id, addition_id=addition_id, text=text, cancelled=cancelled
        )

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """PATCH the terms that are not None; it is safe to repeat, and repeated likewise.

        The caller compares the answer with the terms: ConnectWise may compute some of them itself.
        """
        return self._writes.set_terms(
            agreement_id=agreement_id, addition_id=addition_id, terms=terms
        )

    @staticmethod
    def _read(row: AgreementRow | OddAgreement, parents: dict[int, int]) -> Agreement:
        """Return the agreement of a row; add its parent, if it has one, to ``parents``."""
        if isinstance(row, AgreementRow) and row.parent_agreement is not None:
            parents[row.id] = row.parent_agreement
        return row.agreement()

    def _products(self, identifier: str, *, conditions: str) -> dict[str, int]:
        rows = self._calls.rows(
            "/procurement/catalog", ProductRow.model_validate, conditions=conditions
        )
        alike = [
            row
            for row in rows
            if _folded(row.identifier) == _folded(identifier) and _can_be_added(row)
        ]
        return _ids_by_name(
            ((row.identifier, row.id) for row in alike), what="products", wanted=identifier
        )


def _can_be_added(product: ProductRow) -> bool:
    return not product.inactive_flag and product.product_class != _BUNDLE


def _folded(text: str) -> str:
    # Names in ConnectWise can end in spaces (seen live).
    return "".join(text.split()).casefold()


def _ids_by_name(rows: Iterable[tuple[str, int]], *, what: str, wanted: str) -> dict[str, int]:
    ids: dict[str, int] = {}
    for name, row_id in rows:
        if name == wanted and name in ids:
            raise AmbiguousNameError(
                f"Two {what} in ConnectWise are named {wanted!r}: ids {ids[name]} and {row_id}"
            )
        ids.setdefault(name, row_id)
    return ids
