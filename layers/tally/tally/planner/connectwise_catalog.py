"""Read ConnectWise's catalog for a tick: types, products, agreements (MATCH-2, MATCH-4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.linking.matching import resolve
from tally.domain.model.agreement import Agreement
from tally.domain.planning.role_sight import unseen_agreements
from tally.domain.planning.tick_context import Directory, Place
from tally.errors import AmbiguousNameError
from tally.ports import ConnectWise
from tally.services import Names


def read_directory(
    connectwise: ConnectWise, services: Mapping[str, Names], *, companies: int = 0
) -> Directory:
    """Return the ids behind each service's names, and all agreements of the types.

    A name that ConnectWise lacks is a problem of its service alone. So are the agreements, if not
    one of so many ``companies`` has an agreement of any type (MATCH-8). Services that share a type
    share one request. Raises TallyError if a list cannot be read to its end.
    """
    listed: dict[str, _Listed] = {}
    of_types = {
        service: _of_type(connectwise, names, listed) for service, names in services.items()
    }
    if not any(each.agreements for each in of_types.values()):
        of_types = {
            service: each
            if each.problem
            else _Listed(problem=unseen_agreements((), companies, services[service].agreement_type))
            for service, each in of_types.items()
        }
    places = {
        service: _place(connectwise, names, of_types[service])
        for service, names in services.items()
    }
    by_id = {
        agreement.id: agreement
        for each in listed.values()
        for of_company in each.agreements.values()
        for agreement in of_company
    }
    return Directory(places=places, by_id=by_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """The agreements of one type by ConnectWise company.

    ``problem`` says that there is no such type, or that our key sees none of its agreements.
    """

    agreements: Mapping[int, Sequence[Agreement]] = field(default_factory=dict)
    problem: str = ""


def _of_type(connectwise: ConnectWise, names: Names, listed: dict[str, _Listed]) -> _Listed:
    known = listed.get(names.agreement_type)
    if known is not None:
        return known
    type_id = _resolved(
        connectwise.agreement_types,
        names.agreement_type,
        what="agreement type",
        setting=names.agreement_type_setting,
    )
    if isinstance(type_id, str):
        return _Listed(problem=type_id)
    # Most companies have one agreement: a tuple of one takes half the memory of a list.
    by_company: dict[int, tuple[Agreement, ...]] = {}
    for agreement in connectwise.agreements(type_id):
        by_company[agreement.company_id] = (*by_company.get(agreement.company_id, ()), agreement)
    found = listed[names.agreement_type] = _Listed(agreements=by_company)
    return found


def _place(connectwise: ConnectWise, names: Names, of_type: _Listed) -> Place:
    product_id = _resolved(
        connectwise.products, names.product, what="product", setting=names.product_setting
    )
    problems = [of_type.problem, product_id if isinstance(product_id, str) else ""]
    return Place(
        product_id=product_id if isinstance(product_id, int) else None,
        agreements=of_type.agreements,
        listed=not of_type.problem,
        problem=" ".join(filter(None, problems)) or None,
    )


def _resolved(
    read: Callable[[str], Mapping[str, int]], name: str, *, what: str, setting: str
) -> int | str:
    """Return the id behind a name, or a sentence that says why there is none."""
    try:
        ids = read(name)
    except AmbiguousNameError as error:
        return f"{error} (setting {setting})."
    return resolve(name, ids, what=what, setting=setting)
