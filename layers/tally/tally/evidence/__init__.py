"""Gather evidence: walk the inventory, and ask about machines (PROOF-1).

``walk`` and ``look`` are the use cases, ``delivery`` hands a job to one of them, ``drain`` takes
the jobs from the queue, ``queue_port`` is what they need besides the ports of others. May import
the domain, ``ports``, ``messages`` and ``errors``, and no adapter. Nothing that bills imports it
(PROOF-2).
"""
