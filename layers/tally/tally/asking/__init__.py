"""Ask people in service tickets, and take their answers (ASK-1 to 8).

``round`` goes through questions and tickets. ``making``, ``looking``, ``renewing``, ``answering``
and ``closing`` are the life of a ticket: the ledger is told before each effect and after it, so
each can be cut off anywhere and be made again (SAFE-1, SAFE-2). ``questions`` reads what is to be
asked. Nothing is decided here: ``domain.asking`` says what follows. May import ``domain.asking``,
``people``, and what all rooms share, and no adapter.
"""
