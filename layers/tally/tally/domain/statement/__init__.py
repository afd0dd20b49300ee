"""State one customer's month for a bookkeeper: what was billed, since when, why, and what is open.

``draw_up`` makes a ``statement`` of records, histories and evidence, ``course`` follows the
quantity through them, ``last_count`` says what GravityZone counted, ``sentences`` has the words,
``machines`` those of the machines that were seen active, ``canonical`` the form that is hashed. May
import ``domain.record``, ``domain.evidence`` and ``domain.model``; nothing that bills imports it
(PROOF-2).
"""
