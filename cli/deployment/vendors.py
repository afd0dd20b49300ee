"""The clients of GravityZone and ConnectWise, which call through this machine's own network."""

import os
from collections.abc import Callable

from tally.aws.secret import ApiKeys
from tally.connectwise.documents import Documents
from tally.connectwise.tickets.client import TicketClient
from tally.gravityzone.pace import TokenBucket
from tally.ports import ConnectWise, GravityZone
from tally.runtime.parts import bootstrap
from tally.runtime.settings import PlannerSettings
from tally.transport.operators import operators_network


def gravityzone(
    settings: PlannerSettings,
    keys: ApiKeys,
    *,
    calls_per_second: float,
    on_odd_row: Callable[[str], None] = lambda _: None,
) -> GravityZone:
    """Return GravityZone with these keys, called at that pace."""
    return bootstrap.gravityzone_client(
        settings,
        keys,
        # Without a burst: workers may take theirs of the same key meanwhile (template.yaml).
        bucket=TokenBucket(rate=calls_per_second, depth=1),
        network=operators_network(os.environ),
        on_odd_row=on_odd_row,
    )


def connectwise(
    settings: PlannerSettings, keys: ApiKeys, *, on_odd_row: Callable[[str], None] = lambda _: None
) -> ConnectWise:
    """Return ConnectWise with these keys."""
    return bootstrap.connectwise_client(
        settings, keys, network=operators_network(os.environ), on_odd_row=on_odd_row
    )


def documents(settings: PlannerSettings, keys: ApiKeys) -> Documents:
    """Return the documents of ConnectWise's agreements."""
    client = bootstrap.connectwise_client(settings, keys, network=operators_network(os.environ))
    return Documents(client.calls)


def tickets(settings: PlannerSettings, keys: ApiKeys) -> TicketClient:
    """Return ConnectWise's service tickets."""
    client = bootstrap.connectwise_client(settings, keys, network=operators_network(os.environ))
    return TicketClient(client.calls)
