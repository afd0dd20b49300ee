"""Stand-ins for the world in tests: a whole Tally in one process, on virtual time.

`world` puts it together over the simulators, with `ledger` and `queue` in memory, and `audit`
compares its books with the simulators' truth. The modules import the product, `simulators` and
`local`'s places, but never `verification`.
"""
