"""Make the planner's and the worker's part of the pulse.

Each imports its own as it is made: a function does not pay for the other's, nor for any without the
pulse.
"""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import tally
from tally.aws.clients import AwsClients
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tally.ports import Clock
from tally.runtime.settings import PlannerSettings, WorkerSettings

if TYPE_CHECKING:
    from tally.planner.plan import Plan
    from tally.pulse.firing import Firing
    from tally.worker.sweep_account import SweepAccount


def firing_around(plan: "Plan", settings: PlannerSettings, aws: AwsClients) -> "Firing":
    """Put the pulse around the plain plan of the planner."""
    from tally.pulse.firing import Firing
    from tally.pulse.partner_totals import PartnerTotals

    return Firing(
        plan=plan,
        ledger=DynamoDBPulse(aws.client("dynamodb"), settings.table_name),
        totals=PartnerTotals(
            gravityzone=plan.gravityzone,
            services=tuple(each.service for each in settings.services),
        ),
        clock=plan.clock,
        # PULSE-4: after a deployment, or with other settings, every company is read once.
        code=fingerprint(repr(settings)),
        calls_per_second=settings.sweep_calls_per_second,
    )


def sweep_account(settings: WorkerSettings, aws: AwsClients, clock: Clock) -> "SweepAccount":
    """Make the account that a worker reports the ends of its jobs to."""
    from tally.worker.sweep_account import SweepAccount

    return SweepAccount(DynamoDBPulse(aws.client("dynamodb"), settings.table_name), clock)


def fingerprint(settings: str) -> str:
    """Return a short text that differs if the package's code or the ``settings`` differ.

    AWS names no version of a function or its layers to the function itself.
    """
    known = zlib.crc32(settings.encode())
    # Sorted, as a file system lists in any order, and the same code must give the same text.
    for path in sorted(Path(tally.__file__).parent.rglob("*.py")):
        known = zlib.crc32(path.read_bytes(), known)
    return f"{known:08x}"
