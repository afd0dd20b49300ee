"""Write a digest: read what the ledger shows, and send it to the topic.

``report`` is the use case. May import the domain, ``people.read_overview``, and what all rooms
share, and no adapter.
"""
