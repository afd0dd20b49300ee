"""Plausible bugs, planted one at a time into a copy of the product: `make mutations`.

A rule's test or the simulation must notice each; `catalogue` holds the bugs. The modules import
`local` and `verification.simulation`; nothing imports them but tests.
"""
