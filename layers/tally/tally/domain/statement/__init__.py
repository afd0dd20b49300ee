"""State one customer's month for a bookkeeper: what was billed, since when, why, and what is open.

``draw_up`` makes a ``statement`` of records and their histories, ``course`` follows the quantity
through them, ``last_count`` says what GravityZone counted, ``sentences`` has the words,
``canonical`` the form that is hashed. May import ``domain.record`` and ``domain.model``; nothing
that bills imports it (PROOF-2).
"""
