"""Keep the memory of the pulse, and the account of a sweep, in the ledger's table.

``pulse_table`` is the adapter, ``pulse_codec`` the stored form. May import ``ledger``'s keys and
forms, the domain, ``errors`` and ``aws``.
"""
