"""Reading ConnectWise's side of a tick: the agreement type, the product, and the agreements (MATCH-2, MATCH-4)."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tally.domain.agreement import Agreement
from tally.domain.matching import resolve
from tally.domain.planning import Directory
from tally.errors import AmbiguousNameError
from tally.ports import ConnectWise


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the operator named in the settings, case-sensitive as Bitdefender's own set-up has it."""

    agreement_type: str
    product: str


def read_directory(connectwise: ConnectWise, names: Names) -> Directory:
    """The ids behind the names, and all agreements of the type; a name that is not there is the directory's problem.

    Raises TallyError if a list cannot be read to its end.
    """
    type_id = _resolved(
        connectwise.agreement_types, names.agreement_type, what="agreement type", setting="AgreementType"
    )
    product_id = _resolved(connectwise.products, names.product, what="product", setting="Product")
    problems = [each for each in (type_id, product_id) if isinstance(each, str)]
    by_company: defaultdict[int, list[Agreement]] = defaultdict(list)
    by_id: dict[int, Agreement] = {}
    if isinstance(type_id, int):
        for agreement in connectwise.agreements(type_id):
            by_company[agreement.company_id].append(agreement)
            by_id[agreement.id] = agreement
    return Directory(
        product_id=product_id if isinstance(product_id, int) else None,
        agreements=by_company,
        by_id=by_id,
        problem=" ".join(problems) or None,
    )


def _resolved(read: Callable[[str], Mapping[str, int]], name: str, *, what: str, setting: str) -> int | str:
    """The id of what is named so; else why there is none, two of one name among the reasons."""
    try:
        ids = read(name)
    except AmbiguousNameError as error:
        return f"{error} (setting {setting})."
    return resolve(name, ids, what=what, setting=setting)
