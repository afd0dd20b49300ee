"""Keep what is remembered of service tickets in the ledger's table.

``ticket_table`` is the adapter, ``ticket_codec`` the stored form. May import ``ledger``'s keys,
attributes and forms, the domain, ``errors`` and ``aws``.
"""
