"""Decide what a job does: compare what should stand with what stands, and answer the difference.

A job asks five questions, each in one module, each a pure function of a few small values. Three of
them ask what is so, and stand in ``domain.facts``; two decide, and stand here:

1. ``facts.owed``: how many are to be billed in all?
2. ``facts.place``: where may a line stand, for which days, and can it still grow?
3. ``wanted``: what should stand, and who is asked first? It knows no Addition. A table of rows:
   the first that applies answers. ``may_write`` and ``growth`` have the rows that ask a person,
   ``case`` what the rows are asked of.
4. ``facts.sighting``: what does stand, and what has somebody else done there? The only reader of
   Additions.
5. ``reconcile``: what follows: write, close, hold, wait or nothing? A table of rows again, with
   ``scene`` as what they are asked of. ``without_a_write`` and ``closing`` answer where nothing is
   written.

``look`` says between them whether ConnectWise is called at all, and what is claimed before.
``recovery`` takes in what a restored ledger does not know. ``changes`` and ``write_changes`` are
the ways in which a record changes. May import all of the domain but ``planning``, ``linking`` and
``reporting``.
"""
