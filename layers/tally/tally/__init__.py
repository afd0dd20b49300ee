"""Keep the GravityZone endpoint count of each customer on its ConnectWise agreement.

Three Lambda functions and the command ``tally`` are made of this package. Each has its room:

* ``planner/`` decides at each tick what is due, ``worker/`` does one job, ``reporter/`` writes the
  digest, ``people/`` has what people do by the command
* ``domain/`` holds the rules, as pure functions over frozen data; ``statements/`` draws its
  statements of a month
* ``gravityzone/``, ``connectwise/``, ``ledger/`` and ``aws/`` are the adapters; ``transport/`` is
  the HTTP below the first two
* ``runtime/`` puts a function together out of all of these

Beside the rooms stand what all of them share: ``errors``, ``ports``, ``messages``, ``redaction``,
``services`` and ``standings``. They may import the domain, and nothing else of the product.
"""
