"""The ConnectWise PSA simulator: the REST API of one tenant, as far as billing needs it, and its truth."""

from simulators.connectwise.controls import CONNECTWISE_HELP
from simulators.connectwise.options import ConnectWiseOptions, Credentials, Right
from simulators.connectwise.people import People
from simulators.connectwise.simulator import ConnectWiseSimulator
from simulators.connectwise.tenant import Tenant
from simulators.connectwise.truth import API, AdditionTruth, Change, Invoice, InvoiceLine, Truth

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
