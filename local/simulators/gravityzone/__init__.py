"""The GravityZone simulator: the JSON-RPC API of one tenant, its companies and machines, and their truth."""

from local.simulators.gravityzone.control import GRAVITYZONE_HELP
from local.simulators.gravityzone.counters import MISSING
from local.simulators.gravityzone.methods import Options
from local.simulators.gravityzone.simulator import GravityZoneSimulator, RateLimits
from local.simulators.gravityzone.tenant import Company, Endpoint, Tenant
from local.simulators.gravityzone.truth import Truth

__all__ = [
    "GRAVITYZONE_HELP",
    "MISSING",
    "Company",
    "Endpoint",
    "GravityZoneSimulator",
    "Options",
    "RateLimits",
    "Tenant",
    "Truth",
]
