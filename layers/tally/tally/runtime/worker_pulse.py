"""Make the worker's end of the pulse; a function without the pulse does not import it."""

from tally.aws.clients import AwsClients
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tally.runtime.settings import WorkerSettings
from tally.worker.sweep_account import SweepAccount


def sweep_account(settings: WorkerSettings, aws: AwsClients) -> SweepAccount:
    """Make the account that a worker reports the ends of its jobs to."""
    return SweepAccount(DynamoDBPulse(aws.client("dynamodb"), settings.table_name))
