"""The ConnectWise PSA simulator: one tenant's REST API, as far as billing needs it, and its truth.

Import the simulator and its options, acts and truth from here. The modules import the rest of
`simulators`, but not the GravityZone simulator.
"""

from simulators.connectwise.billing_truth import (
    API,
    AdditionTruth,
    Change,
    Invoice,
    InvoiceLine,
    Truth,
)
from simulators.connectwise.control_calls import CONNECTWISE_HELP
from simulators.connectwise.documents import Documents, DocumentTruth
from simulators.connectwise.options import ConnectWiseOptions, Credentials, Right
from simulators.connectwise.people import People
from simulators.connectwise.simulator import ConnectWiseSimulator
from simulators.connectwise.tenant import Tenant

__all__ = [
    "API",
    "CONNECTWISE_HELP",
    "AdditionTruth",
    "Change",
    "ConnectWiseOptions",
    "ConnectWiseSimulator",
    "Credentials",
    "DocumentTruth",
    "Documents",
    "Invoice",
    "InvoiceLine",
    "People",
    "Right",
    "Tenant",
    "Truth",
]
