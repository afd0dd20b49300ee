"""Put the pulse around the planner; a function without the pulse does not import it."""

import zlib
from pathlib import Path

import tally
from tally.aws.clients import AwsClients
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tally.planner.plan import Plan
from tally.pulse.firing import Firing
from tally.pulse.partner_totals import PartnerTotals
from tally.runtime.settings import PlannerSettings


def firing_around(plan: Plan, settings: PlannerSettings, aws: AwsClients) -> Firing:
    """Put the pulse around the plain plan of the planner."""
    return Firing(
        plan=plan,
        ledger=DynamoDBPulse(aws.client("dynamodb"), settings.table_name),
        totals=PartnerTotals(
            gravityzone=plan.gravityzone,
            services=tuple(each.service for each in settings.services),
        ),
        clock=plan.clock,
        code=fingerprint(repr(settings)),
    )


def fingerprint(settings: str) -> str:
    """Return a short text that differs if the package's code or the ``settings`` differ.

    AWS names no version of a function or its layers to the function itself.
    """
    known = zlib.crc32(settings.encode())
    for path in sorted(Path(tally.__file__).parent.rglob("*.py")):
        known = zlib.crc32(path.read_bytes(), known)
    return f"{known:08x}"
