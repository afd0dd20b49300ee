"""The ConnectWise PSA simulator: the REST API of one tenant, as far as billing needs it, and its truth."""

from local.simulators.connectwise.controls import CONNECTWISE_HELP
from local.simulators.connectwise.options import ConnectWiseOptions, Credentials, Right
from local.simulators.connectwise.people import People
from local.simulators.connectwise.simulator import ConnectWiseSimulator
from local.simulators.connectwise.tenant import Tenant
from local.simulators.connectwise.truth import API, AdditionTruth, Change, Invoice, InvoiceLine, Truth

__all__ = [
    "API",
    "CONNECTWISE_HELP",
    "AdditionTruth",
    "Change",
    "ConnectWiseOptions",
    "ConnectWiseSimulator",
    "Credentials",
    "Invoice",
    "InvoiceLine",
    "People",
    "Right",
    "Tenant",
    "Truth",
]
