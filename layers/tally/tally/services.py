"""Read the setting ``Services``: what is billed beside the endpoints, or instead (READ-5, READ-6).

A JSON object of services by name::

    {"email": {"counter": "emailSecurityMonthlyUsage", "product": "GZ-EMAIL"},
     "edr": {"counter": "edrMonthlyUsage", "productTypes": [0, 3], "product": "GZ-EDR",
             "agreementType": "EDR"}}

``endpoints`` need not be named: it is billed by the settings Product and AgreementType. If it is
named, its entry counts; ``"endpoints": false`` leaves it out.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from tally.domain.model.overlap import overlap_refusal
from tally.domain.model.reading import ENDPOINT_SECURITY, ENDPOINTS, PRODUCT_TYPES, Service
from tally.errors import SetupError

_NAME = re.compile(r"[a-z][a-z0-9-]{0,19}")
_COUNTER = re.compile(r"[A-Za-z][A-Za-z0-9]{0,79}")

_TAKEN = frozenset({"failed"})
"""Words with a meaning of their own in a job's outcome, which goes by service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledService:
    """A service with its product and its agreement type; "" means the settings' own."""

    service: Service
    product: str = ""
    agreement_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that the operator gave for one service, and the settings that have them.

    They are case-sensitive, as in Bitdefender's own set-up.
    """

    agreement_type: str
    product: str
    agreement_type_setting: str = "AgreementType"
    product_setting: str = "Product"


def read_services(text: str) -> tuple[BilledService, ...]:
    """Read the services, ``endpoints`` first; an empty setting means ``endpoints`` alone.

    Raises ValueError that says what each wrong part must be, or which counters would bill the same
    machine twice (READ-5).
    """
    given = _object(text)
    problems: list[str] = []
    services = [] if ENDPOINTS.name in given else [BilledService(service=ENDPOINTS)]
    for name, entry in given.items():
        if name == ENDPOINTS.name and entry is False:
            continue
        service = _service(name, entry, problems)
        if service is not None:
            services.append(service)
    if problems:
        raise ValueError("; ".join(problems))
    if not services:
        raise ValueError("nothing is billed by it: name a service, or leave it empty")
    reason = overlap_refusal([each.service for each in services])
    if reason is not None:
        raise ValueError(
            f'{reason}. Take one of them out: "endpoints": false leaves out the one that is '
            "there by itself"
        )
    return tuple(sorted(services, key=lambda each: each.service.name != ENDPOINTS.name))


def evidence_of(services: Iterable[BilledService]) -> str:
    """Return the service whose count evidence of machines stands behind; "" if none is billed.

    It is the one that bills GravityZone's count of all endpoints, of the ordinary product type.
    READ-5 lets no two services do that.
    """
    for each in services:
        service = each.service
        if service.counter == ENDPOINTS.counter and ENDPOINT_SECURITY in service.product_types:
            return service.name
    return ""


def places(
    services: Iterable[BilledService], *, product: str, agreement_type: str
) -> Mapping[str, Names]:
    """Return each service's names; ``product`` and ``agreement_type`` are the settings' values.

    Raises SetupError for two services with the same product and agreement type: their Additions
    could not be told apart.
    """
    named = {
        each.service.name: _names(each, product=product, agreement_type=agreement_type)
        for each in services
    }
    for (one, its), (other, others) in combinations(named.items(), 2):
        if (its.product, its.agreement_type) == (others.product, others.agreement_type):
            raise SetupError(
                f"The function cannot start: the services {one!r} and {other!r} are both billed as "
                f"product {its.product!r} on agreements of type {its.agreement_type!r}, so that "
                "neither's Addition could be told from the other's: give one of them a product of "
                "its own in the parameter Services and deploy again."
            )
    return named


def _names(billed: BilledService, *, product: str, agreement_type: str) -> Names:
    name = billed.service.name
    return Names(
        agreement_type=billed.agreement_type or agreement_type,
        product=billed.product or product,
        agreement_type_setting=f"Services, agreementType of {name}"
        if billed.agreement_type
        else "AgreementType",
        product_setting=f"Services, product of {name}" if billed.product else "Product",
    )


def _object(text: str) -> Mapping[str, Any]:
    if not text.strip():
        return {}
    try:
        given = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise ValueError("it is no JSON of ours: it goes too deep") from None
    if not isinstance(given, dict):
        # pydantic makes a problem of a ValueError alone.
        raise ValueError(  # noqa: TRY004
            'it must be a JSON object of services by name, as in {"email": {…}}'
        )
    return given


def _once(pairs: Sequence[tuple[str, object]]) -> Mapping[str, object]:
    """Refuse a name that comes twice: JSON would keep the last and drop the others silently."""
    twice = {name for name, _ in pairs if sum(name == each for each, _ in pairs) > 1}
    if twice:
        raise ValueError(f"{_quoted(twice)} is named twice")
    return dict(pairs)


def _service(name: str, entry: object, problems: list[str]) -> BilledService | None:
    """Read one service's entry; if it is wrong, return None and add to the problems."""
    wrong = _wrong(name, entry)
    if wrong or not isinstance(entry, dict):
        problems += wrong
        return None
    default = ENDPOINTS if name == ENDPOINTS.name else None
    return BilledService(
        service=Service(
            name=name,
            counter=entry.get("counter") or ENDPOINTS.counter,
            product_types=tuple(sorted(entry.get("productTypes", (ENDPOINT_SECURITY,)))),
            text=entry.get("text") or ("" if default else f"Bitdefender GravityZone {name}"),
        ),
        product=entry.get("product", ""),
        agreement_type=entry.get("agreementType", ""),
    )


def _wrong(name: str, entry: object) -> list[str]:
    if name in _TAKEN:
        return [f"the service name {name!r} is not to be had: take another"]
    if _NAME.fullmatch(name) is None:
        return [
            (
                f"the service name {name[:40]!r} must be a lower-case letter and up to 19 "
                "lower-case letters, digits and hyphens"
            )
        ]
    if not isinstance(entry, dict):
        return [f'the service {name!r} must be an object, as in {{"counter": "…", "product": "…"}}']
    return _wrong_fields(name, entry)


def _wrong_fields(name: str, entry: Mapping[str, object]) -> list[str]:
    needed = () if name == ENDPOINTS.name else ("counter", "product")
    wrong = [f"the service {name!r} lacks its {each}" for each in needed if each not in entry]
    if unknown := entry.keys() - _FIELDS.keys():
        wrong.append(
            f"the service {name!r} takes no {_quoted(unknown)}: there are {', '.join(_FIELDS)}"
        )
    wrong += [
        f"the {field} of the service {name!r} must be {what}"
        for field, (right, what) in _FIELDS.items()
        if field in entry and not right(entry[field])
    ]
    return wrong


def _text(longest: int) -> tuple[Callable[[object], bool], str]:
    def right(value: object) -> bool:
        return (
            isinstance(value, str)
            and value == value.strip()
            and value.isprintable()
            and 0 < len(value) <= longest
        )

    return right, f"1 to {longest} characters, all printable, without spaces at either end"


def _is_counter(value: object) -> bool:
    return isinstance(value, str) and _COUNTER.fullmatch(value) is not None


def _are_product_types(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    # GravityZone answers with no entry for an unknown type: it would be counted as 0 for ever.
    return all(type(each) is int and each in PRODUCT_TYPES for each in value) and len(value) == len(
        set(value)
    )


_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "counter": (
        _is_counter,
        "the name of a GravityZone counter, such as emailSecurityMonthlyUsage",
    ),
    "productTypes": (
        _are_product_types,
        (
            "a list of some of "
            f"{', '.join(f'{number} ({what})' for number, what in PRODUCT_TYPES.items())}, each "
            "once"
        ),
    ),
    "product": _text(60),
    "agreementType": _text(50),
    "text": _text(200),
}


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(each[:40]) for each in sorted(names))
