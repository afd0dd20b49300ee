"""Put the pulse around the planner; a function without the pulse does not import it."""

from tally.aws.clients import AwsClients
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tally.planner.plan import Plan
from tally.pulse.firing import Firing
from tally.pulse.partner_totals import PartnerTotals
from tally.runtime.deployed_code import fingerprint
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
