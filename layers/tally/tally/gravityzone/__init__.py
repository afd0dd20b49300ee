"""Read Bitdefender's GravityZone Public API.

``client`` is the adapter for billing, and ``inventory`` the one for evidence; ``json_rpc`` makes
their calls, and ``refusals`` says whom a refusal concerns. ``client`` never imports ``inventory``.
May import the domain, ``errors`` and ``transport``. Nothing is ever written to GravityZone.
"""
