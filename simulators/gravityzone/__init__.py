"""The GravityZone simulator: one tenant's JSON-RPC API, its companies and machines, and its truth.

Import the simulator and its options, tenant and truth from here. The modules import the rest of
`simulators`, but not the ConnectWise simulator.
"""

from simulators.gravityzone.control_calls import GRAVITYZONE_HELP
from simulators.gravityzone.count_truth import Truth
from simulators.gravityzone.counters import MISSING
from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.options import Options, TotalsTold
from simulators.gravityzone.simulator import GravityZoneSimulator, RateLimits
from simulators.gravityzone.tenant import Company, Tenant

__all__ = [
    "GRAVITYZONE_HELP",
    "MISSING",
    "Company",
    "Endpoint",
    "GravityZoneSimulator",
    "Options",
    "RateLimits",
    "Tenant",
    "TotalsTold",
    "Truth",
]
