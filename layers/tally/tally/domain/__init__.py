"""The rules of billing as pure functions over frozen data: standard library only, no I/O, no clock.

Where does a rule stand? By what it speaks of:

* what GravityZone answers, and what of it is a count (READ): ``reading``, ``partner``, ``overlap``
* which ConnectWise company, agreement and product (MATCH): ``matching``, ``mapping``, ``place``
* which months are due, at a tick (OPEN-4, 8, 9, CLOSE-1, 3): ``planning`` and what it is told
* what becomes of one month, in a job: ``decision``, by five questions in this order

  - how many are to be billed in all, by count, a person's word and contract? ``owed``
  - where may a line stand, for which days, and can it still grow? ``place``
  - what should stand, what waits, who is asked first? a row of ``wanted``
  - what does stand, and what has somebody else done there? ``sighting``, ``as_written``, ``recovery``
  - what follows: write, close, hold, wait or nothing? a row of ``reconcile``

  and between them whether ConnectWise is called at all: ``looking``
* why a record waits for a person, and what each answer does: ``holds``, a class a kind
* what a person can say besides: ``answers`` (a month), ``mapping`` (a customer)
* how it is worded: ``texts``, ``digest``, ``letter``
* what is known of a month: ``record`` (lines, claim, hold, rulings); of a customer: ``standing``

What a job does in which order, so that a crash or a second worker doubles nothing (SAFE-1 to 4), is no
decision: it stands outside, in ``rounds`` and ``sync``.
"""
