"""Stand in for the world in tests: a whole Tally in one process, on virtual time.

``world`` puts it together over the simulators, with ``ledger`` and ``queue`` in memory; ``audit``
compares its books with the simulators' own truth. May import the product and ``simulators``.
"""
