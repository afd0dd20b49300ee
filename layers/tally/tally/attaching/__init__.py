"""Attach a month's final statements to the customers' agreements in ConnectWise (PROOF-7).

``attach_month`` is the use case, which the function ``book`` runs after the month's book.
``attach_one`` brings one agreement up to date. May import the domain, ``people`` and what all rooms
share, and no adapter.
"""
