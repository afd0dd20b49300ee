"""The core: compute what should stand, look at what stands, and write the difference.

A job asks five questions, each in one module, each a pure function of a few small values:

* ``owed``: how many are to be billed in all? (count, rulings, floor)
* ``place``: where may a line stand, for which days? (agreement, period, policy)
* ``wanted``: what should stand? No ConnectWise in it. A table of rows; the first that applies answers.
* ``sighting``: what does stand? The only reader of Additions.
* ``reconcile``: what follows? A table of rows again: write, close, hold, wait, or nothing.

``looking`` says between them whether ConnectWise is called at all, and what is claimed before;
``recovery`` takes in what a restored ledger does not know; ``changes`` are the ways in which a record
changes. A rule about numbers stands in ``owed``, one about agreements and dates in ``place``, one
about what is asked or waited for in a row of ``wanted``, one about what somebody else did in
ConnectWise in ``sighting`` (what is seen) and a row of ``reconcile`` (what is done about it). A kind
of hold, its question and its answers stand in ``holds``.
"""
