"""The ConnectWise port over the PSA REST API (ConnectWise's OpenAPI description and developer guide, 2025.x)."""

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

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
from tally.connectwise.site import Keys, Site
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

if TYPE_CHECKING:
    from tally.connectwise.odd import OddAgreement
    from tally.connectwise.parents import Parents
    from tally.connectwise.writes import Writes

_BUNDLE = "Bundle"


class ConnectWiseClient:
    """Reads ConnectWise and keeps Additions there. Implements ``tally.ports.ConnectWise``.

    ``url``: the API host. ``company``: the company of the login. ``api_version``: the one that is asked for. ``on_odd_row`` is
    told of rows that nobody can place. The others are ``Transport``'s. Searches are narrowed on their side and filtered again
    on ours (MATCH-4).
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

    def agreement_types(self, name: str) -> Mapping[str, int]:
        """Ids by name of the agreement types that are active; all of them, so that near misses can be named.

        Raises AmbiguousNameError if two have the very name that is asked for.
        """
        rows = self._calls.rows("/finance/agreements/types", AgreementTypeRow.model_validate)
        return _ids_by_name(
            ((row.name, row.id) for row in rows if not row.inactive_flag),
            what="agreement types",
            wanted=name,
        )

    def products(self, identifier: str) -> Mapping[str, int]:
        """Ids by identifier of the catalog products whose identifier resembles ``identifier`` but for case and spaces.

        Inactive products and bundles, which cannot be Additions, are left out. Raises AmbiguousNameError if two have the very
        identifier that is asked for.
        """
        # How a quote is quoted is not documented, and whether `=` minds case neither: the narrow
        # search serves the
        # usual case alone, and when it does not find the very identifier, the whole catalog is
        # read.
        found: dict[str, int] = {}
        if '"' not in identifier and "\\" not in identifier:
            try:
                found = self._products(identifier, conditions=f'identifier="{identifier}"')
            except RateLimitedError:
                raise
            except (ContractError, MissingRightError, NotFoundError, TransientError):
                found = {}  # it may be the search alone that is refused, or that fails
        return found if identifier in found else self._products(identifier, conditions="")

    def companies(self) -> Iterable[ConnectWiseCompany]:
        """All companies that are not deleted."""
        rows = self._calls.rows(
            "/company/companies", CompanyRow.model_validate, conditions="deletedFlag=false"
        )
        return [row.company() for row in rows if not row.deleted_flag]

    def company(self, company_id: int) -> ConnectWiseCompany | None:
        """One company, a deleted one too; None if it is not found, which on cloud sites is also the answer to a wrong key."""
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
        """All agreements of that type, active or not."""
        from tally.connectwise.odd import read_agreement

        rows = self._calls.rows(
            "/finance/agreements", read_agreement, conditions=f"type/id={type_id:d}"
        )
        parents: dict[int, int] = {}
        found = [self._read(row, parents) for row in rows if row.type_id in {None, type_id}]
        return self._parents.through(found, parents) if parents else found

    def agreement(self, agreement_id: int) -> Agreement:
        """One agreement. Raises NotFoundError, which on cloud sites is also the answer to a wrong key."""
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
        """All Additions of one agreement, without those of agreements below it, which its list may show too.

        Those that cannot be read are left out if they ended before ``since``, or are of none of ``products``.
        """
        # Imported where a list is read: a worker whose count has not changed reads none.
        from tally.connectwise.odd import OddAddition, read_addition

        path, mine = f"/finance/agreements/{agreement_id:d}/additions", {None, agreement_id}
        below: set[int] = set()

        def belongs(row: "AdditionRow | OddAddition") -> bool:
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
        """POST, once, never repeated. AmbiguousError: it may exist. Any other TallyError: it does not."""
        return self._writes.create_addition(new)

    def set_quantity(self, *, agreement_id: int, addition_id: int, quantity: int) -> Addition:
        """PATCH of the quantity alone; safe to repeat, and repeated where the answer did not come.

        AmbiguousError: also where it was answered as done with a quantity that is not ours.
        """
        return self._writes.set_quantity(
            agreement_id=agreement_id, addition_id=addition_id, quantity=quantity
        )

    def take_over(
        self, *, agreement_id: int, addition_id: int, text: str, cancelled: date
    ) -> Addition:
        """PATCH of the text and the cancelled date together; safe to repeat, and repeated where the answer did not come.

        AmbiguousError: also where it was answered as done with another text or date.
        """
        return self._writes.take_over(
            agreement_id=agreement_id, addition_id=addition_id, text=text, cancelled=cancelled
        )

    def set_terms(self, *, agreement_id: int, addition_id: int, terms: Terms) -> Addition:
        """PATCH of the terms that are not None; safe to repeat, and repeated where the answer did not come.

        Whether the answer shows them is the caller's to see: what ConnectWise computes may not be for anybody to set.
        """
        return self._writes.set_terms(
            agreement_id=agreement_id, addition_id=addition_id, terms=terms
        )

    @cached_property
    def _writes(self) -> "Writes":
        # Imported where the first Addition is written: most invocations write none, and no planner
        # does.
        from tally.connectwise.writes import Writes

        return Writes(self._calls)

    @cached_property
    def _parents(self) -> "Parents":
        # Imported where an agreement has a parent: many an MSP bundles none.
        from tally.connectwise.parents import Parents

        return Parents(self._calls)

    @staticmethod
    def _read(row: "AgreementRow | OddAgreement", parents: dict[int, int]) -> Agreement:
        """The agreement of a row; its parent, if it has one, is added to ``parents``."""
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
