"""The GravityZone simulator: the JSON-RPC API of one tenant, its companies and machines, and their truth."""

from simulators.gravityzone.control import GRAVITYZONE_HELP
from simulators.gravityzone.counters import MISSING
from simulators.gravityzone.methods import Options
from simulators.gravityzone.simulator import GravityZoneSimulator, RateLimits
from simulators.gravityzone.tenant import Company, Endpoint, Tenant
from simulators.gravityzone.truth import Truth

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
