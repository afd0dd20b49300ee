"""Decide what a job does: compare what should stand with what stands, and answer the difference.

A job asks five questions, each in one module, each a pure function of a few small values. Three of
them ask what is so, and stand in ``domain.facts``; two decide, and stand here:

1. ``facts.owed``: how many are to be billed in all? (count, rulings, floor)
2. ``facts.place``: where may a line stand, for which days? (agreement, period, policy)
3. ``wanted``: what should stand? It knows no Addition. A table of rows: the first that applies
   answers.
4. ``facts.sighting``: what does stand? The only reader of Additions.
5. ``reconcile``: what follows? A table of rows again: write, close, hold, wait, or nothing.

``look`` says between them whether ConnectWise is called at all, and what is claimed before.
``recovery`` takes in what a restored ledger does not know. ``changes`` are the ways in which a
record changes. May import all of the domain but ``planning``, ``linking`` and ``reporting``.
"""
