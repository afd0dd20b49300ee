"""Ask people in ConnectWise tickets, and read their answers (ASK-1 to 8).

``question`` says what is asked and which answers are offered, ``ticket`` what is remembered of a
ticket, ``seen`` what ConnectWise shows of it, ``answer`` which note is an answer, ``still_ours``
whether the ticket is ours to act on, ``next_step`` what follows, ``words`` what is written there.
``tickets_port`` and ``asking_ledger_port`` are what is needed of the world. May import
``domain.reporting`` and what that imports.
"""
