"""The list that a newcomer works down: keys first, then the two vendors, AWS, and each customer."""

from collections.abc import Sequence

from cli.doctor import (
    aws_checks,
    connectwise_checks,
    customer_checks,
    gravityzone_checks,
    listeners,
    ticket_checks,
)
from cli.doctor.checklist import Check
from cli.doctor.installation import Installation

_DEPLOY = "Deploy again with the parameters set right: `sam deploy --guided`."
_STORE = "Store the keys with `tally secrets set`."
_RIGHTS = "Use an AWS identity that may read all of the stack."

SETTINGS = Check[Installation](
    name="settings", title="Settings", look=aws_checks.settings, remedy=_DEPLOY
)

# A need that is in no list counts as met: `tally secrets set` leaves out the check of the secret.
KEYS: tuple[Check[Installation], ...] = (
    Check(
        name="gravityzone-key",
        title="GravityZone: address and key",
        look=lambda it: gravityzone_checks.key(it.gravityzone, url=it.settings.gravityzone_url),
        remedy=(
            "Compare GravityZoneUrl with the access URL in Control Center > My Account > Control "
            "Center API, and store the key anew with `tally secrets set`."
        ),
        needs=("settings", "secret"),
    ),
    Check(
        name="gravityzone-apis",
        title="GravityZone: what the key may do",
        look=lambda it: gravityzone_checks.apis(it.gravityzone),
        needs=("gravityzone-key",),
    ),
    Check(
        name="connectwise-keys",
        title="ConnectWise: address, company and keys",
        look=lambda it: connectwise_checks.keys(
            it.connectwise, url=it.settings.connectwise_url, company=it.settings.connectwise_company
        ),
        remedy=(
            "Compare ConnectWiseUrl and ConnectWiseCompany with what you log in with, and store "
            "the keys anew with `tally secrets set`."
        ),
        needs=("settings", "secret"),
    ),
    Check(
        name="connectwise-reading",
        title="ConnectWise: rights to read",
        look=connectwise_checks.reading,
        needs=("connectwise-keys",),
    ),
    Check(
        name="connectwise-writing",
        title="ConnectWise: rights to write",
        look=lambda it: connectwise_checks.writing(it.connectwise),
        needs=("connectwise-reading",),
    ),
)
"""The checks of the keys alone: `tally secrets set` carries them out with the new keys."""

CHECKS: tuple[Check[Installation], ...] = (
    SETTINGS,
    Check(name="clock", title="This machine's clock", look=aws_checks.clock, remedy=_RIGHTS),
    Check(
        name="time-zone", title="Billing time zone", look=aws_checks.time_zone, needs=("settings",)
    ),
    Check(
        name="secret",
        title="Keys in the secret",
        look=aws_checks.secret,
        remedy=_STORE,
        needs=("settings",),
    ),
    *KEYS,
    Check(
        name="gravityzone-customers",
        title="GravityZone: customers by the month",
        look=gravityzone_checks.customers,
        needs=("gravityzone-apis",),
    ),
    Check(
        name="agreement-type",
        title="ConnectWise: agreement type",
        look=connectwise_checks.agreement_types,
        remedy="Rename one of them in ConnectWise.",
        needs=("connectwise-reading",),
    ),
    Check(
        name="product",
        title="ConnectWise: product",
        look=connectwise_checks.products,
        remedy="Rename one of them in ConnectWise.",
        needs=("connectwise-reading",),
    ),
    Check(
        name="table",
        title="AWS: ledger",
        look=aws_checks.table,
        remedy=_RIGHTS,
        needs=("settings",),
    ),
    Check(
        name="queues",
        title="AWS: queues",
        look=aws_checks.queues,
        remedy=_RIGHTS,
        needs=("settings",),
    ),
    Check(name="schedule", title="AWS: schedule", look=aws_checks.schedule, remedy=_RIGHTS),
    Check(
        name="looks",
        title="AWS: schedule of looks",
        look=aws_checks.looks,
        remedy=_RIGHTS,
        needs=("settings", "schedule"),
    ),
    Check(
        name="last-tick",
        title="AWS: last tick",
        look=aws_checks.last_tick,
        remedy=_RIGHTS,
        needs=("table",),
    ),
    Check(
        name="pulse",
        title="GravityZone: totals of partners",
        look=aws_checks.pulse,
        remedy=_RIGHTS,
        needs=("table",),
    ),
    Check(
        name="alarms",
        title="AWS: alarms",
        look=aws_checks.alarms,
        remedy="Deploy the present template.",
    ),
    Check(
        name="alarm-mail",
        title="AWS: who hears of alarms",
        look=listeners.subscriptions,
        remedy=_RIGHTS,
        needs=("alarms",),
    ),
    Check(
        name="companies",
        title="Customers: linked to ConnectWise",
        look=customer_checks.linked,
        needs=("gravityzone-customers", "connectwise-reading", "table"),
    ),
    Check(
        name="agreements",
        title="Customers: their agreements",
        look=customer_checks.agreements,
        needs=("companies", "agreement-type"),
    ),
    Check(
        name="other-additions",
        title="Customers: Additions of others",
        look=customer_checks.other_additions,
        needs=("companies", "agreement-type", "product"),
    ),
    Check(
        # Behind the checks that read the lists: it tells what these could not place.
        name="odd-rows",
        title="Lists: rows that nobody can place",
        look=customer_checks.odd_rows,
        needs=("companies",),
    ),
    Check(
        name="documents",
        title="ConnectWise: documents of agreements",
        look=connectwise_checks.documents,
        remedy="Deploy the present template.",
        needs=("agreement-type",),
    ),
)
"""Every check, in the order in which it makes sense to put things right."""

TICKETS: tuple[Check[Installation], ...] = (
    Check(
        name="tickets",
        title="Tickets: board, statuses and names",
        look=ticket_checks.desk,
        remedy=(
            "Deploy again with the name exactly as in ConnectWise, upper and lower case included; "
            "or make it there, as docs/tickets.md says."
        ),
        needs=("connectwise-reading",),
    ),
    Check(
        name="ticket-rights",
        title="Tickets: rights",
        look=ticket_checks.rights,
        needs=("tickets",),
    ),
    Check(
        name="ticket-answerers",
        title="Tickets: who may answer",
        look=ticket_checks.answerers,
        needs=("tickets",),
    ),
    Check(
        name="ticket-schedule",
        title="Tickets: schedule",
        look=ticket_checks.schedule,
        remedy=_RIGHTS,
        needs=("tickets",),
    ),
    Check(
        name="ticket-questions",
        title="Tickets: what waits for an answer",
        look=ticket_checks.questions,
        remedy=_RIGHTS,
        needs=("tickets", "table"),
    ),
)
"""The checks of questions in tickets, after all others; only where a board for them is set."""


def checks_of(installation: Installation) -> Sequence[Check[Installation]]:
    """Return the checks that are about what this installation does."""
    return (*CHECKS, *TICKETS) if installation.asks_in_tickets else CHECKS
