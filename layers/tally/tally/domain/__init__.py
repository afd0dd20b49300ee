"""Hold the rules of billing, as pure functions over frozen data: no I/O, no clock.

A rule stands in the room of what it speaks of:

* ``model``: what GravityZone answers, and what of it is a count (READ); agreements, the choice of
  one, its periods and invoices (MATCH-3, 5, 6, OPEN-2, 3, LATE-1)
* ``linking``: which ConnectWise company a customer is (MATCH)
* ``planning``: which months are due at a tick, on which agreement (OPEN-4, 8, 9, CLOSE-1, 3)
* ``facts`` and ``decision``: what becomes of one month in a job, by five questions in this order

  1. ``facts.owed``: how many are to be billed in all?
  2. ``facts.place``: where may a line stand, for which days, and can it still grow?
  3. ``decision.wanted``: what should stand, and who is asked first?
  4. ``facts.sighting``: what does stand, and what has somebody else done there?
  5. ``decision.reconcile``: what follows: write, close, hold, wait or nothing?

* ``holds``: why a record waits for a person, and what each answer does, a class a kind
* ``record``: what is known of one month: its lines, claim, hold and rulings
* ``texts`` and ``reporting``: the wording of all that people are told
* ``statement``: one customer's month on a page, with what it proves and what not (PROOF)

``worker.rounds`` and ``worker.sync`` say in which order a job does what, so that a crash or a
second worker doubles nothing (SAFE-1 to 4). The domain imports the standard library and itself
alone.
"""
