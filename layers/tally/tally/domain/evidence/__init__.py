"""Name the machines behind a count: seen active within the month, or not (PROOF-1 to 5).

``evidence`` has the values that are kept, ``inventory_port`` and ``ledger_port`` what is needed of
the world. ``walked`` and ``whereabouts`` say what a walk makes of them, ``whom_to_ask`` which
machines to ask about, and ``proofs`` what an answer proves. May import ``domain.model`` alone;
nothing that bills imports it (PROOF-2).
"""
