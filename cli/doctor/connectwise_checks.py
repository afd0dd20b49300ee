"""The checks of ConnectWise: address, keys, the API member's rights, and the names in the settings.

The rights to write are tried on an agreement that does not exist: nothing can change, whatever
ConnectWise answers.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from cli.doctor.addresses import connectwise_advice, in_front_advice, role_advice
from cli.doctor.finding import Finding, found, needs_setup, ok
from cli.doctor.installation import Installation
from cli.suggestions import Names
from tally.connectwise.dialect import API_VERSION
from tally.domain.model.agreement import NewAddition
from tally.domain.planning.role_sight import COMPANIES, unseen_companies
from tally.errors import (
    AmbiguousNameError,
    ApiVersionError,
    CredentialsError,
    InFrontError,
    MissingRightError,
    NotFoundError,
    RefusedError,
    SetupError,
    TallyError,
)
from tally.ports import ConnectWise

_NOT_THERE = 2_147_483_647
"""The id of no agreement, Addition or product: the last one that ConnectWise could count up to."""

_NO_TYPE = 0
"""The id of no agreement type: its list of agreements is empty, and tells of the right anyway."""

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2000, 1, 31)

_DOCUMENTS = "Companies > Manage Documents"

_ROLE = "In ConnectWise, System > Security Roles, give the API member's role"


def keys(connectwise: ConnectWise, *, url: str, company: str) -> Iterator[Finding]:
    """Check that the address answers, knows the company, and takes the keys."""
    try:
        # `/system/info` may be answered without valid keys (seen live): a list of types is not.
        connectwise.agreement_types("")
    except InFrontError as error:
        yield needs_setup(
            (
                f"Something in front of ConnectWise at {url} answers in its place, so that nothing "
                f"can be told of the keys. It said: {error}."
            ),
            in_front_advice("ConnectWise", url),
        )
        return
    except ApiVersionError as error:
        yield needs_setup(
            (
                f"ConnectWise at {url} does not know the version of its API that Tally asks for. "
                f"It said: {error}."
            ),
            f"Bring ConnectWise up to {API_VERSION} or newer; or deploy again with "
            "ConnectWiseApiVersion set to a version that it knows, and look at `tally plan` "
            "before the next tick.",
        )
        return
    except (MissingRightError, AmbiguousNameError):
        pass  # it knows the keys
    except CredentialsError as error:
        yield needs_setup(
            (
                f"ConnectWise at {url} does not take the keys of the API member for the company "
                f"{company!r}. It said: {error}."
            ),
            "Make a new key pair for the API member (System > Members > API Members > API Keys), "
            "check the client id, and store them with `tally secrets set`. "
            f"{connectwise_advice(url)}",
        )
        return
    # The cloud may answer a wrong key with 404, too (public client code).
    except NotFoundError as error:
        yield needs_setup(
            (
                f"ConnectWise at {url} does not find what every ConnectWise has, or does not take "
                f"the keys. It said: {error}."
            ),
            (
                f"{connectwise_advice(url)} If both are right, store the keys anew with `tally "
                "secrets set`."
            ),
        )
        return
    except SetupError as error:
        yield needs_setup(
            f"ConnectWise cannot be used at {url}. It said: {error}.", connectwise_advice(url)
        )
        return
    yield ok(
        f"ConnectWise at {url} knows the company {company!r} and takes the keys. Tally is made for "
        f"version {API_VERSION} of its API or newer."
    )


def reading(installation: Installation) -> Iterator[Finding]:
    """Check that the API member may read what Tally reads."""
    connectwise = installation.connectwise
    asked: Sequence[tuple[str, Callable[[], object]]] = (
        ("System > Table Setup: Inquire All", lambda: connectwise.agreement_types("")),
        # Any name will do: the right is asked for, and not a product.
        ("Procurement > Product Catalog: Inquire All", lambda: connectwise.products("Tally")),
        (
            "Companies > Company Maintenance: Inquire All",
            lambda: installation.connectwise_companies,
        ),
        ("Finance > Agreements: Inquire All", lambda: connectwise.agreements(_NO_TYPE)),
    )
    missing = False
    for right, ask in asked:
        if not _may(ask):
            missing = True
            yield needs_setup(
                f"The API member may not read: it lacks {right}.", f"{_ROLE} {right}."
            )
    # A role of Inquire Mine answers 200 and an empty list, not 403 (MATCH-8).
    if not missing and (unseen := unseen_companies(installation.connectwise_companies, ())):
        yield needs_setup(unseen, role_advice(COMPANIES))
    elif not missing:
        yield ok(
            "The API member may read companies, agreement types, products, agreements and "
            "Additions."
        )


def writing(connectwise: ConnectWise) -> Iterator[Finding]:
    """Check that it may make and change Additions, as far as that shows without doing so."""
    try:
        connectwise.agreement(_NOT_THERE)
    # The only good answer: where nothing is, nothing can be changed by trying.
    except NotFoundError:
        pass
    else:
        yield found(
            (
                f"The rights to write were not tried, as an agreement {_NOT_THERE} exists, and "
                "nothing may change by trying."
            ),
            "See for yourself that the API member's role has Finance > Agreements: Add and Edit.",
        )
        return
    new = NewAddition(
        agreement_id=_NOT_THERE,
        product_id=_NOT_THERE,
        # If one should be made all the same, it bills nothing.
        quantity=0,
        effective=_FIRST_DAY,
        cancelled=_LAST_DAY,
        text="Tally",
    )
    tried: Sequence[tuple[str, Callable[[], object]]] = (
        ("Add", lambda: connectwise.create_addition(new)),
        (
            "Edit",
            lambda: connectwise.set_quantity(
                agreement_id=_NOT_THERE, addition_id=_NOT_THERE, quantity=0
            ),
        ),
    )
    told = 0
    for right, attempt in tried:
        try:
            attempt()
        except MissingRightError:
            told += 1
            yield needs_setup(
                f"The API member may not write Additions: it lacks Finance > Agreements: {right}.",
                f"{_ROLE} Finance > Agreements: {right}.",
            )
        # ConnectWise has looked for the agreement, or at the content: the right was not refused.
        except (NotFoundError, RefusedError):
            continue
        except TallyError as error:
            told += 1
            yield found(
                (
                    f"Whether the API member has Finance > Agreements: {right} could not be told. "
                    f"It said: {error}."
                ),
                "Try again; or look at the API member's role in ConnectWise.",
            )
    if not told:
        yield ok(
            "The API member is not refused making and changing Additions; it was tried on an "
            "agreement that does not exist, so that the first month's Addition is the proof."
        )


def agreement_types(installation: Installation) -> Iterator[Finding]:
    """Check that each agreement type of the settings is there, under that very name."""
    # Several services may be billed under the same names: each pair is told once.
    for names in dict.fromkeys(installation.places.values()):
        found_id = installation.type_id(names)
        if isinstance(found_id, int):
            yield ok(f"The agreement type {names.agreement_type!r} is there (id {found_id}).")
            continue
        every = Names({each: each for each in installation.agreement_types})
        alike = [each for each, _ in every.nearest(names.agreement_type)]
        there_are = (
            f" The most alike: {_quoted(alike)}."
            # The reason names near misses already, if there are some.
            if alike and not any(each in found_id for each in alike)
            else ""
        )
        yield needs_setup(
            f"{found_id}{there_are}",
            (
                f"Deploy again with {names.agreement_type_setting} exactly as in ConnectWise, "
                "upper and lower case included; or make such a type."
            ),
        )


def products(installation: Installation) -> Iterator[Finding]:
    """Check that each product of the settings is in the catalog, under that very identifier."""
    for names in dict.fromkeys(installation.places.values()):
        found_id = installation.product_id(names)
        if isinstance(found_id, int):
            yield ok(f"The product {names.product!r} is in the catalog (id {found_id}).")
            continue
        yield needs_setup(
            found_id,
            f"Deploy again with {names.product_setting} exactly as the product's identifier in "
            "ConnectWise, upper and lower case included. It must be active, and no bundle.",
        )


def documents(installation: Installation) -> Iterator[Finding]:
    """Check that the API member may list documents, where statements are attached (PROOF-7)."""
    if not installation.attaches_statements:
        yield ok("AttachStatements is false: no document is listed or added in ConnectWise.")
        return
    if not installation.publishes_books:
        yield needs_setup(
            "AttachStatements is true, and Books is false: a statement is attached after its book, "
            "so none is.",
            "Deploy again with Books true, or with AttachStatements false.",
        )
        return
    agreement_id = installation.any_agreement()
    if agreement_id is None:
        yield found(
            "The right to documents was not tried, as there is no agreement of a billed type.",
            f"See for yourself that the API member's role has {_DOCUMENTS}: Add, Inquire All.",
        )
        return
    try:
        installation.documents.of_agreement(agreement_id)
    except MissingRightError:
        yield needs_setup(
            f"Statements cannot be attached: the API member lacks {_DOCUMENTS}: Inquire All.",
            f"{_ROLE} {_DOCUMENTS}: Add, Inquire All; or deploy again with AttachStatements false.",
        )
        return
    yield ok(
        f"The API member may list the documents of an agreement (id {agreement_id}). If it may add "
        "them cannot be tried without adding one: the first statement that is attached is the "
        f"proof of {_DOCUMENTS}: Add."
    )


def _may(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except MissingRightError:
        return False
    # It has looked for the name, so it has let the API member read.
    except (NotFoundError, AmbiguousNameError):
        return True
    return True


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(each) for each in names)
