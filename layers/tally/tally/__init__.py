"""Keep the GravityZone endpoint count of each customer on its ConnectWise agreement.

Six Lambda functions and the command ``tally`` are made of this package:

* ``planner/`` decides at each tick what is due, and ``pulse/`` around it what is read; ``worker/``
  does one job, ``reporter/`` writes the digest, ``people/`` has what people read and answer
* ``publishing/`` and ``attaching/`` bring statements into a bucket and to ConnectWise,
  ``evidence/`` records machines, ``asking/`` asks in tickets
* ``domain/`` holds the rules, as pure functions over frozen data; ``statements/`` draws its
  statements of a month
* ``gravityzone/``, ``connectwise/``, ``ledger/`` and ``aws/`` are the adapters; ``transport/`` is
  the HTTP below the first two
* ``runtime/parts/`` puts a function together out of all of these, in what ``runtime/`` gives it

Beside the rooms stand what all of them share: ``errors``, ``ports``, ``messages``, ``redaction``,
``services`` and ``standings``. They may import the domain, and nothing else of the product.
"""
