"""The checks of GravityZone: address, key, the key's rights, and somebody to bill."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from cli.doctor.addresses import gravityzone_advice, in_front_advice
from cli.doctor.finding import Finding, found, needs_setup, ok
from cli.doctor.installation import Installation
from tally.domain.model.company import CompanyKind
from tally.errors import (
    ContractError,
    CredentialsError,
    DeclinedError,
    InFrontError,
    MissingRightError,
    NotFoundError,
    TallyError,
)
from tally.ports import GravityZone

_NOBODY = "0" * 24
"""An id that no company has: an enabled API says so, and one that is not says that instead."""


def key(gravityzone: GravityZone, *, url: str) -> Iterator[Finding]:
    """Check that the address answers and takes the key; only an answer to the key proves it."""
    try:
        _ask_for_the_key(gravityzone)
    except InFrontError as error:
        yield needs_setup(
            (
                f"Something in front of GravityZone at {url} answers in its place, so that nothing "
                f"can be told of the key. It said: {error}."
            ),
            in_front_advice("GravityZone", url),
        )
        return
    except MissingRightError:
        pass  # GravityZone knows the key; its rights are the next check's
    except CredentialsError as error:
        yield needs_setup(
            f"GravityZone at {url} does not take the API key. It said: {error}.",
            gravityzone_advice(url),
        )
        return
    except NotFoundError as error:
        yield needs_setup(
            f"Nothing answers as GravityZone at {url}. It said: {error}.", gravityzone_advice(url)
        )
        return
    yield ok(f"GravityZone at {url} takes the API key.")


def apis(gravityzone: GravityZone) -> Iterator[Finding]:
    """Check that the key has the three APIs that Tally reads.

    GravityZone lists the APIs of the key, and each is asked one harmless question.
    """
    ticked = _ticked(gravityzone)
    said = {
        name: _outcome(ask, listed=ticked is not None)
        for name, ask in _questions(gravityzone).items()
    }
    failed = {name: error for name, error in said.items() if error is not None}
    missing = [name for name, error in failed.items() if _lacks(name, error, ticked)]
    if missing:
        yield _missing(missing)
    for name, error in failed.items():
        if name not in missing:
            yield _unsure(name, error, listed=ticked is not None)
    if not failed:
        yield ok("The APIs Companies, Network and Licensing answer to the API key.")


def _lacks(name: str, error: TallyError, ticked: frozenset[str] | None) -> bool:
    """Return True if the key has no right to an API that did not answer."""
    unlisted = ticked is not None and name.lower() not in ticked
    return unlisted or isinstance(error, MissingRightError)


def _missing(names: Sequence[str]) -> Finding:
    return needs_setup(
        f"The API key lacks the API{'s' if len(names) > 1 else ''} {' and '.join(names)}.",
        f"In Control Center > My Account > API keys, tick {' and '.join(names)} on this key; or "
        "make a key with all three, and store it with `tally secrets set`.",
    )


def _unsure(name: str, error: TallyError, *, listed: bool) -> Finding:
    among = f" GravityZone lists {name} among the APIs of the key." if listed else ""
    return found(
        f"Whether the API {name} answers to the key could not be seen.{among} It said: {error}.",
        "Try again in some minutes. If it stays so, see in Control Center that the account which "
        "made the key may see all your companies.",
    )


def customers(installation: Installation) -> Iterator[Finding]:
    """Check that there is somebody whose usage GravityZone counts by the month."""
    own = installation.own_company
    if own.kind is CompanyKind.CUSTOMER:
        yield needs_setup(
            (
                f"The API key belongs to {own.name}, which is a customer: it sees none of your "
                "other customers."
            ),
            (
                "Make the key as a user of your own company, the one above all customers, and "
                "store it with `tally secrets set`."
            ),
        )
        return
    roster = installation.roster
    for partner_id, error in roster.unread.items():
        name = roster.partners[partner_id].name
        yield found(
            f"The companies below the partner {name} could not be listed. It said: {error}.",
            "Try again; until they can be listed, Tally plans nothing for them.",
        )
    # GravityZone's own no is about that partner alone (READ-9).
    for partner_id, error in roster.refused.items():
        name = roster.partners[partner_id].name
        yield found(
            (
                f"GravityZone refuses to list the companies below the partner {name}. It said: "
                f"{error}."
            ),
            "Nobody new is linked by name as long as that is so. If it stays so, leave the partner "
            f"out, with all below it: `tally companies exclude {partner_id} --why …`.",
        )
    if roster.customers:
        yield ok(
            f"Customers of {own.name} with a monthly subscription: {len(roster.customers)}; "
            f"partners: {len(roster.partners)}."
        )
        return
    # It takes a further call for each partner, so only where there is something to explain.
    others = len(installation.everyone)
    seen = f"and {others} with another licence" if others else "and no other"
    yield needs_setup(
        (
            f"{own.name} has no customer with a monthly subscription in GravityZone, {seen}: there "
            "is nothing to bill."
        ),
        "Give a customer a monthly subscription (for any other licence GravityZone counts "
        "nothing), or make the key as a user of the company above your customers.",
    )


def _ask_for_the_key(gravityzone: GravityZone) -> None:
    """Ask a question that needs no API, or, of an edition without it, for the key's own company."""
    try:
        gravityzone.enabled_apis()
    except (MissingRightError, NotFoundError, ContractError):
        gravityzone.own_company()


def _ticked(gravityzone: GravityZone) -> frozenset[str] | None:
    """Return the APIs that GravityZone lists for the key, None if it does not tell."""
    try:
        return frozenset(each.lower() for each in gravityzone.enabled_apis())
    except TallyError:
        return None


def _questions(gravityzone: GravityZone) -> Mapping[str, Callable[[], object]]:
    try:
        own = gravityzone.own_company().id
    except TallyError:
        own = _NOBODY
    return {
        "Companies": gravityzone.own_company,
        "Network": lambda: gravityzone.children(own, kind=CompanyKind.CUSTOMER, monthly_only=True),
        "Licensing": lambda: gravityzone.is_monthly(own),
    }


def _outcome(ask: Callable[[], object], *, listed: bool) -> TallyError | None:
    """Return None if the API has answered, else the error instead of an answer.

    If GravityZone lists the key's APIs, a no is an answer: it is about the company in question.
    """
    try:
        ask()
    except TallyError as error:
        return None if listed and isinstance(error, DeclinedError) else error
    return None
