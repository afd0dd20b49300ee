"""GravityZone: is the address right, is the key, may it do what is needed, and is there anybody to bill."""

from collections.abc import Callable, Iterator

from cli.doctor.addresses import gravityzone_advice, in_front_advice
from cli.doctor.finding import Finding, found, needs_setup, ok
from cli.doctor.installation import Installation
from tally.domain.company import CompanyKind
from tally.errors import ContractError, CredentialsError, InFrontError, MissingRightError, NotFoundError
from tally.ports import GravityZone

_NOBODY = "0" * 24
"""An id in the right form that no company has: an API that is enabled says so, one that is not says that instead."""


def key(gravityzone: GravityZone, *, url: str) -> Iterator[Finding]:
    """Whether the address answers and takes the key."""
    try:
        gravityzone.own_company()
    except InFrontError as error:
        yield needs_setup(
            f"Something in front of GravityZone at {url} answers in its place, so that nothing can be told of the key. It said: {error}.",
            in_front_advice("GravityZone", url),
        )
        return
    except MissingRightError:
        pass  # it knows the key; what the key may do is the next check's
    except CredentialsError as error:
        yield needs_setup(f"GravityZone at {url} does not take the API key. It said: {error}.", gravityzone_advice(url))
        return
    except NotFoundError as error:
        yield needs_setup(f"Nothing answers as GravityZone at {url}. It said: {error}.", gravityzone_advice(url))
        return
    yield ok(f"GravityZone at {url} takes the API key.")


def apis(gravityzone: GravityZone) -> Iterator[Finding]:
    """Whether the key has the three APIs that Tally reads; each is asked one harmless question."""
    try:
        own = gravityzone.own_company().id
    except (CredentialsError, ContractError):
        own = _NOBODY
    asked: dict[str, Callable[[], object]] = {
        "Companies": gravityzone.own_company,
        "Network": lambda: gravityzone.children(own, kind=CompanyKind.CUSTOMER, monthly_only=True),
        "Licensing": lambda: gravityzone.is_monthly(own),
    }
    missing = [name for name, ask in asked.items() if not _is_enabled(ask)]
    if not missing:
        yield ok("The API key has the APIs Companies, Network and Licensing.")
        return
    several = len(missing) > 1
    yield needs_setup(
        f"The API key lacks the API{'s' if several else ''} {' and '.join(missing)}.",
        f"In Control Center > My Account > API keys, tick {' and '.join(missing)} on this key; or make a key with all three, and store it with "
        "`tally secrets set`.",
    )


def customers(installation: Installation) -> Iterator[Finding]:
    """Whether there is anybody whose usage GravityZone counts by the month."""
    own = installation.own_company
    if own.kind is CompanyKind.CUSTOMER:
        yield needs_setup(
            f"The API key belongs to {own.name}, which is a customer: it sees none of your other customers.",
            "Make the key as a user of your own company, the one above all customers, and store it with `tally secrets set`.",
        )
        return
    roster = installation.roster
    for partner_id, error in roster.unread.items():
        name = roster.partners[partner_id].name
        yield found(
            f"The companies below the partner {name} could not be listed. It said: {error}.",
            "Try again; until they can be listed, Tally plans nothing for them.",
        )
    if roster.customers:
        yield ok(
            f"Customers of {own.name} with a monthly subscription: {len(roster.customers)}; partners: {len(roster.partners)}."
        )
        return
    others = len(installation.everyone)
    seen = f"and {others} with another licence" if others else "and no other"
    yield needs_setup(
        f"{own.name} has no customer with a monthly subscription in GravityZone, {seen}: there is nothing to bill.",
        "Give a customer a monthly subscription (for any other licence GravityZone counts nothing), or make the key as a user of the company "
        "above your customers.",
    )


def _is_enabled(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except CredentialsError:
        return False
    except ContractError:  # it answered, though not to such a question
        return True
    return True
