"""Read Bitdefender's GravityZone Public API.

``client`` is the adapter; ``refusals`` says whom a refusal concerns. May import the domain,
``errors`` and ``transport``. Nothing is ever written to GravityZone.
"""
